//! The monitor's settings.

use serde::Deserialize;
use weir_monitor::{Setting, Span};

/// What can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Setting)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How often to report, and what stretch of the log each report covers: 100 ms to 24 h.
    #[setting(range = Span::PERIOD_MIN..=Span::WINDOW_MAX)]
    pub interval: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self { interval: Span::from_secs(10) }
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
    fn an_interval_out_of_range_is_refused() {
        for (interval, found) in [
            (Span::default(), "0s"),
            (Span::from_millis(99), "99ms"),
            (Span::from_secs(86_401), "86401s"),
        ] {
            let problems = Config { interval }.check().unwrap_err();
            assert_eq!(
                problems.as_slice(),
                [Problem::new("interval", format!("must be between 100ms and 24h, not {found}"))]
            );
        }
        for interval in [Span::PERIOD_MIN, Span::WINDOW_MAX] {
            assert_eq!(Config { interval }.check(), Ok(()));
        }
    }
}
