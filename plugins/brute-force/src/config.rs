//! The monitor's settings.

use serde::Deserialize;
use weir_monitor::{Condition, Setting, Span};

/// The most failures that can be called normal: beyond, no client would ever stand out.
const FAILURES_MAX: u64 = 1_000_000;

/// What can be set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Setting)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which requests are failures. A login form that answers a wrong password with its own page
    /// needs something like `method = "POST" and path = "/login" and status = 200`.
    #[serde(rename = "where")]
    pub failed: Condition,
    /// How many failures of one client within the window are still normal: 1 to 1,000,000.
    #[setting(range = 1..=FAILURES_MAX)]
    pub failures_max: u64,
    /// How far back failures count: 1 s to 24 h.
    #[setting(range = Span::RESOLUTION..=Span::WINDOW_MAX)]
    pub window: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            failed: Condition::new("status in (401, 403)"),
            failures_max: 20,
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
            Config { failures_max: 0, window: Span::from_secs(90_000), ..Config::default() };
        let expected = [
            Problem::new("failures_max", "must be between 1 and 1000000, not 0"),
            Problem::new("window", "must be between 1s and 24h, not 25h"),
        ];
        assert_eq!(config.check().unwrap_err().as_slice(), expected);
    }
}
