//! The monitor's settings.

use serde::Deserialize;
use weir_monitor::{Condition, Setting, Span};

/// The most paths of a report: five measures each are what still reads as a list.
const PATHS_MAX: u64 = 50;
/// The least and the greatest rate that can be called normal, in MiB a second.
const RATE_MIN: f64 = 0.001;
const RATE_MAX: f64 = 1_000_000.0;

/// What can be set.
#[derive(Clone, Debug, PartialEq, Deserialize, Setting)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which requests count; all of them by default.
    #[serde(rename = "where")]
    pub counted: Condition,
    /// How often to report, and what stretch of the log each report and each rate cover: 1 s to
    /// 24 h.
    #[setting(range = Span::RESOLUTION..=Span::WINDOW_MAX)]
    pub interval: Span,
    /// How many paths a report names: 1 to 50.
    #[setting(range = 1..=PATHS_MAX)]
    pub paths: u64,
    /// How much one path may send over an interval, in MiB (1,048,576 bytes) a second: 0.001 to
    /// 1,000,000.
    #[setting(range = RATE_MIN..=RATE_MAX)]
    pub mib_per_second_max: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            counted: Condition::default(),
            interval: Span::from_secs(60),
            paths: 10,
            mib_per_second_max: 10.0,
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
            interval: Span::from_secs(90_000),
            paths: 0,
            mib_per_second_max: 0.0,
        };
        let expected = [
            Problem::new("interval", "must be between 1s and 24h, not 25h"),
            Problem::new("paths", "must be between 1 and 50, not 0"),
            Problem::new("mib_per_second_max", "must be between 0.001 and 1000000, not 0"),
        ];
        assert_eq!(config.check().unwrap_err().as_slice(), expected);
    }
}
