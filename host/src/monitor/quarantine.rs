//! What follows from a failure: a wait that doubles, and after too many in a row none at all.

use std::time::Duration;

use super::limits::Limits;
use crate::clock::Timestamp;
use crate::event::Consequence;

/// The failures of a monitor without a good stretch in between.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Failures {
    in_a_row: u32,
    last: Timestamp,
}

impl Failures {
    /// One more, at `now`; what follows from it.
    pub(super) fn failed(&mut self, now: Timestamp, limits: &Limits) -> Consequence {
        let wait = backoff(limits, self.in_a_row);
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.last = now;
        if limits.quarantine_after > 0 && self.in_a_row >= limits.quarantine_after {
            Consequence::Quarantined { failures: self.in_a_row }
        } else {
            Consequence::RetryIn(wait)
        }
    }

    /// A call at `now` went well. Once that has been so for longer than the longest wait, the failures
    /// before are forgotten.
    pub(super) fn went_well(&mut self, now: Timestamp, limits: &Limits) {
        if now.since(self.last) > limits.backoff_max {
            self.in_a_row = 0;
        }
    }

    /// How many there are.
    pub(super) fn in_a_row(self) -> u32 {
        self.in_a_row
    }
}

/// How long after the `failures`-th failure in a row a fresh instance waits: doubling, bounded.
fn backoff(limits: &Limits, failures: u32) -> Duration {
    let doubled = limits.backoff_min.saturating_mul(2u32.saturating_pow(failures.min(31)));
    doubled.min(limits.backoff_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(second)
    }

    #[test]
    fn each_failure_in_a_row_waits_twice_as_long_up_to_the_most() {
        let limits = Limits::default();
        let waits: Vec<u64> = (0..8).map(|n| backoff(&limits, n).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff(&limits, u32::MAX), limits.backoff_max);
    }

    #[test]
    fn the_last_failure_of_too_many_is_the_last() {
        let limits = Limits { quarantine_after: 2, ..Limits::default() };
        let mut failures = Failures::default();
        let first = failures.failed(at(10), &limits);
        assert_eq!(first, Consequence::RetryIn(Duration::from_secs(1)));
        failures.went_well(at(70), &limits);
        assert_eq!(failures.failed(at(71), &limits), Consequence::Quarantined { failures: 2 });
    }

    #[test]
    fn a_good_stretch_begins_the_count_anew() {
        let limits = Limits { quarantine_after: 2, ..Limits::default() };
        let mut failures = Failures::default();
        failures.failed(at(10), &limits);
        failures.went_well(at(71), &limits);
        assert_eq!(failures.in_a_row(), 0);
        let next = failures.failed(at(80), &limits);
        assert_eq!(next, Consequence::RetryIn(Duration::from_secs(1)));
    }

    #[test]
    fn none_are_too_many_where_the_limit_is_zero() {
        let limits = Limits { quarantine_after: 0, ..Limits::default() };
        let mut failures = Failures::default();
        for second in 0..1_000 {
            let next = failures.failed(at(second), &limits);
            assert!(matches!(next, Consequence::RetryIn(_)), "{next:?}");
        }
    }
}
