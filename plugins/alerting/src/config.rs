//! The monitor's settings.

use serde::Deserialize;
use weir_monitor::{Problem, Problems, Setting, Span};

/// The shortest interval: a tenth of the log's resolution, below which a rate means nothing.
const INTERVAL_MIN: Span = Span::from_millis(100);

/// What can be set.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Setting)]
#[serde(default, deny_unknown_fields)]
#[setting(check = Config::check_threshold)]
pub struct Config {
    /// The rate that is still normal, in requests a second: above 0.
    pub threshold: f64,
    /// The stretch of time over which the rate is taken: 100 ms to 24 h.
    #[setting(range = INTERVAL_MIN..=Span::WINDOW_MAX)]
    pub interval: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self { threshold: 10.0, interval: Span::from_secs(120) }
    }
}

impl Config {
    /// Above nought there is no least threshold that a range could name.
    fn check_threshold(&self, problems: &mut Problems) {
        if !(self.threshold.is_finite() && self.threshold > 0.0) {
            let message = format!("must be a number above 0, not {}", self.threshold);
            problems.push(Problem::new("threshold", message));
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
    fn a_threshold_must_be_a_number_above_nought() {
        for (threshold, found) in
            [(0.0, "0"), (-1.5, "-1.5"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")]
        {
            let problems = Config { threshold, ..Config::default() }.check().unwrap_err();
            let message = format!("must be a number above 0, not {found}");
            assert_eq!(problems.as_slice(), [Problem::new("threshold", message)]);
        }
    }

    #[test]
    fn everything_out_of_range_is_named() {
        let config = Config { threshold: 0.0, interval: Span::from_secs(90_000) };
        let problems = config.check().unwrap_err();
        assert_eq!(
            problems.as_slice(),
            [
                Problem::new("interval", "must be between 100ms and 24h, not 25h"),
                Problem::new("threshold", "must be a number above 0, not 0"),
            ]
        );
    }
}
