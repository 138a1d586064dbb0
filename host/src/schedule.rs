//! What is due now: every monitor is ticked at the multiples of its own period since the epoch, so
//! that a tick's time does not depend on when the program started. Pure: it reads no clock.

use std::time::Duration;

use crate::clock::Timestamp;

/// The ticks to come.
#[derive(Debug)]
pub struct Schedule {
    cadences: Vec<Cadence>,
}

#[derive(Debug)]
struct Cadence {
    /// Nanoseconds, over 0.
    period: i64,
    next: Timestamp,
}

impl Schedule {
    /// One cadence a period, in the order of the monitors; nothing is due before `start`.
    pub fn new(periods: &[Duration], start: Timestamp) -> Self {
        let cadences = periods
            .iter()
            .map(|period| {
                let period = i64::try_from(period.as_nanos()).unwrap_or(i64::MAX).max(1);
                Cadence { period, next: first_multiple(period, start) }
            })
            .collect();
        Self { cadences }
    }

    /// Begins a monitor's ticks behind the last one that it had in an earlier run.
    pub fn resume(&mut self, monitor: usize, ticked: Timestamp) {
        if let Some(cadence) = self.cadences.get_mut(monitor) {
            let behind = Timestamp::from_nanos(ticked.nanos().saturating_add(1));
            cadence.next = first_multiple(cadence.period, behind);
        }
    }

    /// The time of the next tick; `None` without monitors.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.cadences.iter().map(|cadence| cadence.next).min()
    }

    /// The earliest tick that is due at `now`, if any, with the monitors whose tick it is, in order.
    /// Each tick is given out once.
    pub fn take_due(&mut self, now: Timestamp, monitors: &mut Vec<usize>) -> Option<Timestamp> {
        monitors.clear();
        let at = self.next_at().filter(|next| *next <= now)?;
        for (monitor, cadence) in self.cadences.iter_mut().enumerate() {
            if cadence.next == at {
                monitors.push(monitor);
                cadence.next = Timestamp::from_nanos(at.nanos().saturating_add(cadence.period));
            }
        }
        Some(at)
    }

    /// Leaves out every tick before `start`.
    pub fn skip_to(&mut self, start: Timestamp) {
        for cadence in &mut self.cadences {
            cadence.next = cadence.next.max(first_multiple(cadence.period, start));
        }
    }
}

/// The first multiple of `period` that is not before `start`.
fn first_multiple(period: i64, start: Timestamp) -> Timestamp {
    let past = start.nanos().rem_euclid(period);
    let wait = if past == 0 { 0 } else { period - past };
    Timestamp::from_nanos(start.nanos().saturating_add(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks_until(schedule: &mut Schedule, now: i64) -> Vec<(i64, Vec<usize>)> {
        let (mut ticks, mut due) = (Vec::new(), Vec::new());
        while let Some(at) = schedule.take_due(Timestamp::from_secs(now), &mut due) {
            ticks.push((at.nanos() / 1_000_000, due.clone()));
        }
        ticks
    }

    #[test]
    fn ticks_are_multiples_of_the_period_since_the_epoch() {
        let periods = [Duration::from_secs(10), Duration::from_secs(4)];
        let mut schedule = Schedule::new(&periods, Timestamp::from_secs(103));
        let expected = [(104, vec![1]), (108, vec![1]), (110, vec![0]), (112, vec![1])];
        let found: Vec<_> = ticks_until(&mut schedule, 113)
            .into_iter()
            .map(|(at, due)| (at / 1_000, due))
            .collect();
        assert_eq!(found, expected);
        assert!(ticks_until(&mut schedule, 113).is_empty());
    }

    #[test]
    fn monitors_that_are_due_together_tick_together_in_their_order() {
        let periods = [Duration::from_secs(5), Duration::from_secs(1), Duration::from_secs(5)];
        let mut schedule = Schedule::new(&periods, Timestamp::from_secs(5));
        assert_eq!(ticks_until(&mut schedule, 5), [(5_000, vec![0, 1, 2])]);
    }

    #[test]
    fn a_fractional_period_keeps_to_its_multiples() {
        let mut schedule = Schedule::new(&[Duration::from_millis(2_500)], Timestamp::from_secs(6));
        let at: Vec<i64> = ticks_until(&mut schedule, 13).into_iter().map(|(at, _)| at).collect();
        assert_eq!(at, [7_500, 10_000, 12_500]);
    }

    #[test]
    fn a_resumed_monitor_goes_on_behind_its_last_tick() {
        let periods = [Duration::from_secs(10), Duration::from_secs(1)];
        let mut schedule = Schedule::new(&periods, Timestamp::from_secs(95));
        schedule.resume(0, Timestamp::from_secs(70));
        let ticks = ticks_until(&mut schedule, 95);
        assert_eq!(ticks, [(80_000, vec![0]), (90_000, vec![0]), (95_000, vec![1])]);
    }

    #[test]
    fn skipping_leaves_out_what_lies_before() {
        let mut schedule = Schedule::new(&[Duration::from_secs(10)], Timestamp::from_secs(0));
        schedule.skip_to(Timestamp::from_secs(95));
        assert_eq!(schedule.next_at(), Some(Timestamp::from_secs(100)));
        schedule.skip_to(Timestamp::from_secs(20));
        assert_eq!(schedule.next_at(), Some(Timestamp::from_secs(100)));
    }
}
