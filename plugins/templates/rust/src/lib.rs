//! The monitor {{name}}: an alert for every section of the site where too many requests fail.

mod config;

use std::collections::BTreeMap;

use weir_monitor::{Alert, Instant, Monitor, Problems, Query, Setup, Span, to_count};

pub use config::Config;

/// How often the log is looked at: its own resolution.
const TICK: Span = Span::from_secs(1);

/// How many sections are looked at: as many alerts as somebody can look at.
const ERRORS: &str = "where status >= 500 | by section | top 100 | count";
/// A section that is not among the thousand most frequent has too few requests for a share of them
/// to mean anything.
const REQUESTS: &str = "by section | top 1000 | count";

/// The monitor: failures and requests by section, over the same window.
pub struct ErrorShare {
    config: Config,
    errors: Query,
    requests: Query,
}

impl Monitor for ErrorShare {
    type Config = Config;

    fn configure(setup: &mut Setup, config: Config) -> Result<Self, Problems> {
        config.check()?;
        setup.tick_every(TICK)?;
        let errors = setup.query(ERRORS, config.window)?;
        let requests = setup.query(REQUESTS, config.window)?;
        Ok(Self { config, errors, requests })
    }

    fn on_tick(&mut self, _now: Instant) {
        let (errors, requests) = (self.errors.answer(), self.requests.answer());
        let requests: BTreeMap<&str, f64> =
            requests.rows().map(|([section], [count])| (section, count)).collect();
        for ([section], [errors]) in errors.rows() {
            let requests = requests.get(section).copied().unwrap_or_default();
            if self.config.is_too_much(errors, requests) {
                Alert::new(section, &format!("Server errors in {section}"))
                    .value(100.0 * errors / requests, "% of the requests")
                    .label("errors", &to_count(errors).to_string())
                    .label("requests", &to_count(requests).to_string())
                    .raise();
            }
        }
    }
}

weir_monitor::export!(ErrorShare);
