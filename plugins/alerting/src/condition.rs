//! When traffic is high.

use weir_monitor::Span;

use crate::Config;

/// `requests in [now - interval, now] / interval > threshold`: both ends are in, the rate is
/// neither rounded nor scaled up while the log is younger than the interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    threshold: f64,
    interval: Span,
}

impl Condition {
    /// The condition that `config` describes.
    pub fn new(config: Config) -> Self {
        Self { threshold: config.threshold, interval: config.interval }
    }

    /// The host's window that holds what the closed interval does.
    ///
    /// The host's windows are open at their past end: `(now - window, now]`. Stamps and ticks are
    /// whole seconds, so the interval takes in the seconds `now - floor(interval)` to `now`, and
    /// one second more than its whole seconds is the window that takes in just those.
    pub fn window(&self) -> Span {
        Span::from_secs(self.interval.whole_secs() + 1)
    }

    /// The rate in requests a second, where `requests` of them within the window are too many.
    pub fn exceeded_by(&self, requests: f64) -> Option<f64> {
        let rate = self.interval.per_second(requests);
        (rate > self.threshold).then_some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(threshold: f64, interval: Span) -> Condition {
        Condition::new(Config { threshold, interval })
    }

    #[test]
    fn sixty_one_requests_in_a_minute_are_more_than_one_a_second_and_sixty_are_not() {
        let condition = condition(1.0, Span::from_secs(60));
        assert_eq!(condition.exceeded_by(60.0), None);
        assert_eq!(condition.exceeded_by(61.0), Some(61.0 / 60.0));
    }

    #[test]
    fn a_rate_that_equals_the_threshold_is_not_above_it_whatever_the_fractions() {
        let condition = condition(10.0, Span::from_millis(700));
        assert_eq!(condition.exceeded_by(7.0), None);
        assert!(condition.exceeded_by(8.0).is_some());
    }

    #[test]
    fn the_window_takes_in_the_seconds_that_the_closed_interval_does() {
        const NANOS_PER_SECOND: u64 = 1_000_000_000;
        for interval_ms in (100..4_000).step_by(50).chain([86_400_000]) {
            let interval = Span::from_millis(interval_ms);
            let window = condition(1.0, interval).window();
            // Every stamp is some whole seconds before the tick that it is seen from.
            for age_secs in (0..6).chain(86_398..86_403) {
                let age = age_secs * NANOS_PER_SECOND;
                let in_interval = age <= interval.nanos();
                let in_window = age < window.nanos();
                assert_eq!(in_window, in_interval, "{age_secs} s before, in {interval}");
            }
        }
    }
}
