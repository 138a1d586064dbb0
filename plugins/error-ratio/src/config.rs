//! The monitor's settings.

use std::ops::RangeInclusive;

use serde::Deserialize;
use weir_monitor::{Condition, Problem, Problems, Setting, Span};

use crate::burn::Budget;

/// The shortest and the longest window.
const WINDOWS: RangeInclusive<Span> = Span::RESOLUTION..=Span::WINDOW_MAX;
/// The objectives that leave a budget worth the name, in percent.
const OBJECTIVES: RangeInclusive<f64> = 50.0..=99.999;
/// The slowest burn that can be asked for: a tenth of what the objective grants.
const BURN_MIN: f64 = 0.1;
/// The most requests below which a ratio can be told to mean nothing.
const REQUESTS_MIN_MAX: u64 = 1_000_000_000;

/// What can be set.
///
/// The defaults are those of the SRE workbook, chapter 5, "Alerting on SLOs", section 6, but for
/// its windows of three days, which are longer than the host's: 14.4 times the budget over an hour
/// and five minutes, 6 times over six hours and half an hour.
#[derive(Clone, Debug, PartialEq, Deserialize, Setting)]
#[serde(default, deny_unknown_fields)]
#[setting(check = Config::check_alerts)]
pub struct Config {
    /// Which requests the objective is about; all of them by default.
    #[serde(rename = "where")]
    pub counted: Condition,
    /// Which of those are failures.
    pub errors: Condition,
    /// How many of the requests shall not fail, in percent: 50 to 99.999. What is left to 100 is
    /// the error budget.
    #[setting(range = OBJECTIVES)]
    pub objective: f64,
    /// How many times faster than the budget allows errors must come for a critical alert: 0.1 to
    /// less than what it takes for every request to fail.
    pub fast_burn: f64,
    /// The window that shows that it is no blip: 1 s to 24 h.
    #[setting(range = WINDOWS)]
    pub fast_long: Span,
    /// The window that shows that it is still going on: 1 s to less than `fast_long`.
    #[setting(range = WINDOWS)]
    pub fast_short: Span,
    /// As `fast_burn`, for a warning.
    pub slow_burn: f64,
    /// As `fast_long`, for a warning.
    #[setting(range = WINDOWS)]
    pub slow_long: Span,
    /// As `fast_short`, for a warning.
    #[setting(range = WINDOWS)]
    pub slow_short: Span,
    /// How many requests the long window must have for a ratio of them to mean something: 1 to
    /// 1,000,000,000.
    #[setting(range = 1..=REQUESTS_MIN_MAX)]
    pub requests_min: u64,
    /// Whether each section has its own budget, or all of the log has one.
    pub by_section: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            counted: Condition::default(),
            errors: Condition::new("status >= 500"),
            objective: 99.9,
            fast_burn: 14.4,
            fast_long: Span::from_secs(3_600),
            fast_short: Span::from_secs(300),
            slow_burn: 6.0,
            slow_long: Span::from_secs(6 * 3_600),
            slow_short: Span::from_secs(30 * 60),
            requests_min: 100,
            by_section: false,
        }
    }
}

impl Config {
    /// Refuses alerts that could never come, or never end.
    fn check_alerts(&self, problems: &mut Problems) {
        let fast = ["fast_long", "fast_short"];
        check_windows(fast, self.fast_long, self.fast_short, problems);
        let slow = ["slow_long", "slow_short"];
        check_windows(slow, self.slow_long, self.slow_short, problems);
        // Against a budget that is none a burn rate means nothing.
        if OBJECTIVES.contains(&self.objective) {
            let burn_max = Budget::of_objective(self.objective).burn_max();
            check_burn("fast_burn", self.fast_burn, burn_max, problems);
            check_burn("slow_burn", self.slow_burn, burn_max, problems);
        }
    }
}

/// Two windows, the first the longer one; `names` are theirs.
fn check_windows(
    [long_name, short_name]: [&str; 2],
    long: Span,
    short: Span,
    problems: &mut Problems,
) {
    if WINDOWS.contains(&long) && WINDOWS.contains(&short) && short >= long {
        let message = format!("must be shorter than `{long_name}` ({long}), not {short}");
        problems.push(Problem::new(short_name, message));
    }
}

/// A burn rate that errors can exceed: one that needs more of them than there are requests would be
/// an alert that never comes.
fn check_burn(name: &str, burn: f64, burn_max: f64, problems: &mut Problems) {
    if !(BURN_MIN..burn_max).contains(&burn) {
        let message = format!(
            "must be at least {BURN_MIN} and below {burn_max:.1}, where every request fails, not {burn}"
        );
        problems.push(Problem::new(name, message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(config: &Config) -> Vec<String> {
        let problems = config.check().expect_err("something is wrong");
        problems.as_slice().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_defaults_are_in_range() {
        assert_eq!(Config::default().check(), Ok(()));
    }

    #[test]
    fn everything_out_of_range_is_named() {
        let config = Config {
            fast_burn: 0.0,
            fast_long: Span::from_secs(90_000),
            slow_short: Span::default(),
            requests_min: 0,
            ..Config::default()
        };
        let expected = [
            "fast_long: must be between 1s and 24h, not 25h",
            "slow_short: must be between 1s and 24h, not 0s",
            "requests_min: must be between 1 and 1000000000, not 0",
            "fast_burn: must be at least 0.1 and below 1000.0, where every request fails, not 0",
        ];
        assert_eq!(complaints(&config), expected);
    }

    #[test]
    fn the_short_window_is_shorter_than_the_long_one() {
        let hour = Span::from_secs(3_600);
        let config = Config { fast_short: hour, ..Config::default() };
        let expected = ["fast_short: must be shorter than `fast_long` (1h), not 1h"];
        assert_eq!(complaints(&config), expected);
    }

    #[test]
    fn a_burn_that_not_even_failing_all_the_time_reaches_is_refused() {
        let config = Config { objective: 90.0, fast_burn: 14.4, ..Config::default() };
        let expected =
            "fast_burn: must be at least 0.1 and below 10.0, where every request fails, not 14.4";
        assert_eq!(complaints(&config), [expected]);
    }

    #[test]
    fn an_objective_without_a_budget_is_refused() {
        for (objective, found) in [(100.0, "100"), (49.0, "49"), (f64::NAN, "NaN")] {
            let config = Config { objective, ..Config::default() };
            let expected = format!("objective: must be between 50 and 99.999, not {found}");
            assert_eq!(complaints(&config), [expected]);
        }
    }
}
