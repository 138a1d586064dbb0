//! The monitor's settings.

use serde::Deserialize;
use weir_monitor::{Condition, Problem, Problems, Setting, Span};

/// The most requests that a baseline can be told to have.
const REQUESTS_MIN_MAX: u64 = 1_000_000_000;

/// What can be set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Setting)]
#[serde(default, deny_unknown_fields)]
#[setting(check = Config::check_baseline)]
pub struct Config {
    /// Which requests are listened for, such as those that are no health checks; all of them by
    /// default.
    #[serde(rename = "where")]
    pub heard: Condition,
    /// How long there must be none: 1 s to 24 h.
    #[setting(range = Span::RESOLUTION..=Span::WINDOW_MAX)]
    pub after: Span,
    /// How far back there must have been some: longer than `after`, up to 24 h.
    #[setting(range = Span::RESOLUTION..=Span::WINDOW_MAX)]
    pub baseline: Span,
    /// How many there must have been within the baseline, so that a site that is nearly always
    /// quiet raises no alert: 1 to 1,000,000,000.
    #[setting(range = 1..=REQUESTS_MIN_MAX)]
    pub requests_min: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            heard: Condition::default(),
            after: Span::from_secs(300),
            baseline: Span::from_secs(3_600),
            requests_min: 60,
        }
    }
}

impl Config {
    /// A silence can only be told from what came before it.
    fn check_baseline(&self, problems: &mut Problems) {
        if self.baseline <= self.after && self.baseline >= Span::RESOLUTION {
            let message =
                format!("must be longer than `after` ({}), not {}", self.after, self.baseline);
            problems.push(Problem::new("baseline", message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range() {
        assert_eq!(Config::default().check(), Ok(()));
    }

    #[test]
    fn everything_out_of_range_is_named() {
        let config = Config { after: Span::from_millis(10), requests_min: 0, ..Config::default() };
        let expected = [
            Problem::new("after", "must be between 1s and 24h, not 10ms"),
            Problem::new("requests_min", "must be between 1 and 1000000000, not 0"),
        ];
        assert_eq!(config.check().unwrap_err().as_slice(), expected);
    }

    #[test]
    fn a_baseline_reaches_behind_the_silence() {
        for (baseline, message) in [
            (Span::from_secs(300), "must be longer than `after` (5m), not 5m"),
            (Span::from_secs(90_000), "must be between 1s and 24h, not 25h"),
        ] {
            let problems = Config { baseline, ..Config::default() }.check().unwrap_err();
            assert_eq!(problems.as_slice(), [Problem::new("baseline", message)]);
        }
        let config = Config { baseline: Span::from_secs(301), ..Config::default() };
        assert_eq!(config.check(), Ok(()));
    }
}
