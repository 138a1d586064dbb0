//! When each line is due.

use std::time::Duration;

/// What a sum of floats may be short of a whole line by: lines are due when their time has come,
/// not a rounding error later.
const ROUNDING: f64 = 1e-6;

/// A stretch of time with one rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// How long it lasts; at most [`Duration::MAX`], which is for good.
    pub lasts: Duration,
    /// Lines a second, 0 or more.
    pub rate: f64,
}

/// How many lines are due when: rates, one after another, exact on average whatever they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    steps: Vec<Step>,
}

impl Pace {
    /// `rate` lines a second for `lasts`, or for good.
    pub fn constant(rate: f64, lasts: Option<Duration>) -> Self {
        Self::swinging(vec![Step { lasts: lasts.unwrap_or(Duration::MAX), rate }])
    }

    /// One rate after another; the last one's end is the end.
    pub const fn swinging(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    /// How many lines are due in the first `elapsed`. The first is due after a line's time, not at
    /// once.
    pub fn lines_due(&self, elapsed: Duration) -> u64 {
        let mut lines = 0.0;
        let mut left = elapsed;
        for step in &self.steps {
            lines += step.rate * left.min(step.lasts).as_secs_f64();
            left = left.saturating_sub(step.lasts);
        }
        whole(lines + ROUNDING)
    }

    /// After what time line `number` (from 1) is due; `None` where the end comes before it.
    pub fn due_at(&self, number: u64) -> Option<Duration> {
        let mut lines = as_float(number);
        let mut begins = Duration::ZERO;
        for step in &self.steps {
            let of_step = step.rate * step.lasts.as_secs_f64();
            if lines <= of_step + ROUNDING {
                // Rounded up to the next nanosecond, so that the line is due when its time comes.
                let within = Duration::try_from_secs_f64(lines / step.rate).ok()?;
                let within = within.saturating_add(Duration::from_nanos(1)).min(step.lasts);
                return begins.checked_add(within);
            }
            lines -= of_step;
            begins = begins.checked_add(step.lasts)?;
        }
        None
    }
}

/// The whole lines in `lines`; nothing where it is negative or not a number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, which is what is wanted of more lines than there are numbers"
)]
const fn whole(lines: f64) -> u64 {
    lines as u64
}

/// The number as a float.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 2^53 lines: 285 years at a million a second"
)]
const fn as_float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_constant_pace_has_its_lines_evenly_apart() {
        let pace = Pace::constant(4.0, None);
        assert_eq!(pace.lines_due(Duration::ZERO), 0);
        assert_eq!(pace.lines_due(Duration::from_millis(249)), 0);
        assert_eq!(pace.lines_due(Duration::from_millis(250)), 1);
        assert_eq!(pace.lines_due(secs(3_600)), 14_400);
    }

    #[test]
    fn rates_that_floats_cannot_say_lose_no_line() {
        assert_eq!(Pace::constant(0.1, None).lines_due(secs(30)), 3);
        assert_eq!(Pace::constant(0.7, None).lines_due(secs(1_000_000)), 700_000);
        let thirds = Pace::swinging(vec![Step { lasts: secs(1), rate: 1.0 / 3.0 }; 3]);
        assert_eq!(thirds.lines_due(secs(3)), 1);
    }

    #[test]
    fn a_pace_ends_with_its_last_step() {
        let pace = Pace::constant(2.0, Some(secs(3)));
        assert_eq!(pace.lines_due(secs(100)), 6);
        assert!(pace.due_at(6).is_some_and(|at| at <= secs(3)));
        assert_eq!(pace.due_at(7), None);
        assert_eq!(Pace::swinging(Vec::new()).due_at(1), None);
    }

    #[test]
    fn a_swinging_pace_may_stand_still_for_a_while() {
        let pace = Pace::swinging(vec![
            Step { lasts: secs(10), rate: 1.0 },
            Step { lasts: secs(10), rate: 0.0 },
            Step { lasts: secs(10), rate: 5.0 },
        ]);
        assert_eq!(pace.lines_due(secs(15)), 10);
        assert_eq!(pace.lines_due(secs(30)), 60);
        assert_eq!(pace.due_at(11), Some(secs(20) + Duration::from_nanos(200_000_001)));
    }

    proptest! {
        #[test]
        fn a_line_is_due_when_its_time_comes_and_not_long_before(
            steps in prop::collection::vec((1_u64..100, 0.0..1_000.0_f64), 1..5),
            number in 1_u64..100_000,
        ) {
            let steps = steps.into_iter().map(|(s, rate)| Step { lasts: secs(s), rate });
            let pace = Pace::swinging(steps.collect());
            match pace.due_at(number) {
                Some(at) => {
                    prop_assert!(pace.lines_due(at) >= number);
                    let before = at.saturating_sub(Duration::from_millis(1));
                    prop_assert!(pace.lines_due(before) <= number);
                }
                None => prop_assert!(pace.lines_due(Duration::MAX) < number),
            }
        }
    }
}
