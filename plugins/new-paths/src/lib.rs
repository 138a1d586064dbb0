//! The monitor `new-paths`: an alert for every client that asks for many different paths that are
//! not there, as scanners do that look for something to break into.

mod config;
mod scan;

use weir_monitor::{Alert, Instant, Monitor, Problems, Query, Setup, Severity, Span, to_count};

pub use config::Config;
pub use scan::{Scan, scans};

/// How often clients are looked at: the log's own resolution.
const TICK: Span = Span::from_secs(1);

/// What is asked of the requests for what is not there. A hundred clients are what somebody can
/// look at, and as many alerts fit into what a monitor may say at a tick.
const WORST_CLIENTS: &str = "by client | top 100 | distinct(path), count";

/// The monitor: one question, and an alert for each client that it shows.
#[derive(Debug)]
pub struct NewPaths {
    paths_max: f64,
    worst: Query,
}

impl Monitor for NewPaths {
    type Config = Config;

    #[expect(clippy::cast_precision_loss, reason = "the range that was checked is exact")]
    fn configure(setup: &mut Setup, config: Config) -> Result<Self, Problems> {
        setup.tick_every(TICK)?;
        let worst = setup.query_where("where", &config.missed, WORST_CLIENTS, config.window)?;
        Ok(Self { paths_max: config.paths_max as f64, worst })
    }

    fn on_tick(&mut self, _now: Instant) {
        let worst = self.worst.answer();
        let rows = worst.rows().map(|([client], [paths, requests])| (client, paths, requests));
        for scan in scans(rows, self.paths_max) {
            Alert::new(scan.client, &format!("Path scan by {}", scan.client))
                .severity(Severity::Warning)
                .value(scan.paths, "paths not found")
                .label("requests", &to_count(scan.requests).to_string())
                .raise();
        }
    }
}

weir_monitor::export!(NewPaths);
