//! The monitor's settings.

use serde::Deserialize;
use weir_monitor::{Condition, Setting, Span};

/// The most paths that can be called normal: from there on the host estimates their number.
const PATHS_MAX: u64 = 100_000;

/// What can be set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Setting)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which requests are for something that is not there.
    #[serde(rename = "where")]
    pub missed: Condition,
    /// How many different paths one client may miss within the window: 1 to 100,000.
    #[setting(range = 1..=PATHS_MAX)]
    pub paths_max: u64,
    /// How far back requests count: 1 s to 24 h.
    #[setting(range = Span::RESOLUTION..=Span::WINDOW_MAX)]
    pub window: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            missed: Condition::new("status in (404, 410)"),
            paths_max: 50,
            window: Span::from_secs(300),
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
        let config =
            Config { paths_max: 100_001, window: Span::from_millis(999), ..Config::default() };
        let expected = [
            Problem::new("paths_max", "must be between 1 and 100000, not 100001"),
            Problem::new("window", "must be between 1s and 24h, not 999ms"),
        ];
        assert_eq!(config.check().unwrap_err().as_slice(), expected);
    }
}
