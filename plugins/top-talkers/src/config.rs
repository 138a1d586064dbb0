//! The monitor's settings.

use serde::Deserialize;
use weir_monitor::{Condition, Setting, Span};

/// The most clients of a report: three measures each are what still reads as a list.
const CLIENTS_MAX: u64 = 50;
/// The smallest share, in percent: no more than a hundred clients can have more than that.
const SHARE_MIN: f64 = 1.0;
/// The most requests below which a share can be told to mean nothing.
const REQUESTS_MIN_MAX: u64 = 1_000_000_000;

/// What can be set.
#[derive(Clone, Debug, PartialEq, Deserialize, Setting)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which requests count; all of them by default.
    #[serde(rename = "where")]
    pub counted: Condition,
    /// How often to report, and what stretch of the log each report and each share cover: 1 s to
    /// 24 h.
    #[setting(range = Span::RESOLUTION..=Span::WINDOW_MAX)]
    pub interval: Span,
    /// How many clients a report names: 1 to 50.
    #[setting(range = 1..=CLIENTS_MAX)]
    pub clients: u64,
    /// The share of the requests that one client may have, in percent: 1 to 100. With 100 there is
    /// never an alert.
    #[setting(range = SHARE_MIN..=100.0)]
    pub share_max: f64,
    /// How many requests an interval must have for a share of them to mean something: 1 to
    /// 1,000,000,000.
    #[setting(range = 1..=REQUESTS_MIN_MAX)]
    pub requests_min: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            counted: Condition::default(),
            interval: Span::from_secs(60),
            clients: 10,
            share_max: 25.0,
            requests_min: 1_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use weir_monitor::Problem;

    use super::*;

    #[test]
    fn the_defaults_are_in_range() {
        assert_eq!(Config::default().check(), Ok(()));
    }

    #[test]
    fn everything_out_of_range_is_named() {
        let config = Config {
            counted: Condition::default(),
            interval: Span::default(),
            clients: 51,
            share_max: f64::NAN,
            requests_min: 0,
        };
        let expected = [
            Problem::new("interval", "must be between 1s and 24h, not 0s"),
            Problem::new("clients", "must be between 1 and 50, not 51"),
            Problem::new("share_max", "must be between 1 and 100, not NaN"),
            Problem::new("requests_min", "must be between 1 and 1000000000, not 0"),
        ];
        assert_eq!(config.check().unwrap_err().as_slice(), expected);
    }
}
