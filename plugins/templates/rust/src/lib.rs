//! The monitor {{name}}: an alert for every section of the site where too many requests fail.

use std::collections::BTreeMap;

use serde::Deserialize;
use weir_monitor::{Alert, Instant, Monitor, Problems, Query, Setting, Setup, Span, to_count};

/// How often the log is looked at: its own resolution.
const TICK: Span = Span::from_secs(1);

/// How many sections are looked at: as many alerts as somebody can look at.
const ERRORS: &str = "where status >= 500 | by section | top 100 | count";
/// A section that is not among the thousand most frequent has too few requests for a share of them
/// to mean anything.
const REQUESTS: &str = "by section | top 1000 | count";

/// What can be set.
#[derive(Clone, Debug, PartialEq, Deserialize, Setting)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The share of a section's requests that may fail, in percent.
    #[setting(range = 0.0..=100.0)]
    pub errors_pct_max: f64,
    /// How many requests a section must have for a share of them to mean something.
    #[setting(range = 1..=1_000_000_000)]
    pub requests_min: u64,
    /// How far back requests count.
    #[setting(range = Span::RESOLUTION..=Span::WINDOW_MAX)]
    pub window: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self { errors_pct_max: 10.0, requests_min: 20, window: Span::from_secs(60) }
    }
}

impl Config {
    /// Whether so many failures of so many requests are too many.
    pub fn is_too_much(&self, errors: f64, requests: f64) -> bool {
        requests >= self.requests_min as f64 && 100.0 * errors / requests > self.errors_pct_max
    }
}

/// The monitor: failures and requests by section, over the same window.
pub struct ErrorShare {
    config: Config,
    errors: Query,
    requests: Query,
}

impl Monitor for ErrorShare {
    type Config = Config;

    fn configure(setup: &mut Setup, config: Config) -> Result<Self, Problems> {
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

#[cfg(test)]
mod tests {
    use weir_monitor::testing::Host;

    use super::*;

    #[test]
    fn a_section_with_too_many_errors_is_an_alert() {
        let mut host = Host::<ErrorShare>::start(r#"{ "errors_pct_max": 20 }"#).unwrap();
        host.answer(0, &[(&["api"], &[30.0]), (&["shop"], &[10.0])]);
        host.answer(1, &[(&["api"], &[100.0]), (&["shop"], &[50.0])]);
        let alerts = host.tick(Instant::from_nanos(0)).alerts;
        assert_eq!(alerts.len(), 1);
        assert_eq!(alerts[0].name, "Server errors in api");
        assert_eq!(alerts[0].value, Some((30.0, "% of the requests".to_owned())));
    }

    #[test]
    fn a_share_of_few_requests_means_nothing() {
        let config = Config::default();
        assert!(config.is_too_much(3.0, 29.0));
        assert!(!config.is_too_much(19.0, 19.0));
    }

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        let refused = Host::<ErrorShare>::start(r#"{ "errors_pct_max": 101 }"#).err().unwrap();
        let expected = "errors_pct_max: must be between 0 and 100, not 101";
        assert_eq!(refused.as_slice()[0].to_string(), expected);
    }
}
