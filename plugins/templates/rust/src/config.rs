//! The monitor's settings.

use serde::Deserialize;
use weir_monitor::{Problems, Span};

/// The shortest window: the log's own resolution.
const WINDOW_MIN: Span = Span::from_secs(1);
/// The longest window: a day, as far back as the host keeps what it has seen.
const WINDOW_MAX: Span = Span::from_secs(24 * 3_600);
/// The most requests below which a share can be told to mean nothing.
const REQUESTS_MIN_MAX: u64 = 1_000_000_000;

/// What can be set.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The share of a section's requests that may fail, in percent: 0 to 100.
    pub errors_pct_max: f64,
    /// How many requests a section must have for a share of them to mean something: 1 to
    /// 1,000,000,000.
    pub requests_min: u64,
    /// How far back requests count: 1 s to 24 h.
    pub window: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self { errors_pct_max: 10.0, requests_min: 20, window: Span::from_secs(60) }
    }
}

impl Config {
    /// Refuses what is out of range, naming all of it.
    pub fn check(&self) -> Result<(), Problems> {
        let mut problems = Problems::new();
        problems.check_range("errors_pct_max", &self.errors_pct_max, &(0.0..=100.0));
        problems.check_range("requests_min", &self.requests_min, &(1..=REQUESTS_MIN_MAX));
        problems.check_range("window", &self.window, &(WINDOW_MIN..=WINDOW_MAX));
        problems.into_result()
    }

    /// Whether so many failures of so many requests are too many.
    pub fn is_too_much(&self, errors: f64, requests: f64) -> bool {
        requests >= self.requests_min as f64 && 100.0 * errors / requests > self.errors_pct_max
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
        let config = Config { errors_pct_max: 101.0, requests_min: 0, ..Config::default() };
        let expected = [
            Problem::new("errors_pct_max", "must be between 0 and 100, not 101"),
            Problem::new("requests_min", "must be between 1 and 1000000000, not 0"),
        ];
        assert_eq!(config.check().unwrap_err().as_slice(), expected);
    }

    #[test]
    fn a_share_must_be_over_the_largest_and_of_enough_requests() {
        let config = Config::default();
        assert!(config.is_too_much(3.0, 29.0));
        assert!(!config.is_too_much(3.0, 30.0));
        assert!(!config.is_too_much(19.0, 19.0));
    }
}
