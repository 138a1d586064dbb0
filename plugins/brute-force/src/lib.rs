//! The monitor `brute-force`: an alert for every client whose requests are refused too often, as
//! when somebody tries passwords.

mod attack;
mod config;

use weir_monitor::{Alert, Instant, Monitor, Problems, Query, Setup, Severity, Span, to_count};

pub use attack::{Attack, attacks};
pub use config::Config;

/// How often failures are looked at: the log's own resolution.
const TICK: Span = Span::from_secs(1);

/// What is asked of the failures. A hundred clients are what somebody can look at, and as many
/// alerts fit into what a monitor may say at a tick.
const WORST_CLIENTS: &str = "by client | top 100 | count, distinct(user)";

/// The monitor: one question, and an alert for each client that it shows.
#[derive(Debug)]
pub struct BruteForce {
    failures_max: f64,
    worst: Query,
}

impl Monitor for BruteForce {
    type Config = Config;

    #[expect(clippy::cast_precision_loss, reason = "the range that was checked is exact")]
    fn configure(setup: &mut Setup, config: Config) -> Result<Self, Problems> {
        setup.tick_every(TICK)?;
        let worst = setup.query_where("where", &config.failed, WORST_CLIENTS, config.window)?;
        Ok(Self { failures_max: config.failures_max as f64, worst })
    }

    fn on_tick(&mut self, _now: Instant) {
        let worst = self.worst.answer();
        let rows = worst.rows().map(|([client], [failures, users])| (client, failures, users));
        for attack in attacks(rows, self.failures_max) {
            raise(&attack);
        }
    }
}

fn raise(attack: &Attack<'_>) {
    let alert = Alert::new(attack.client, &format!("Brute force by {}", attack.client))
        .severity(Severity::Warning)
        .value(attack.failures, "failures");
    match to_count(attack.users) {
        0 => alert.raise(),
        users => alert.label("users", &users.to_string()).raise(),
    }
}

weir_monitor::export!(BruteForce);
