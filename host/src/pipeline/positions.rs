//! How far each log counts at a tick: what an alert that rests on it says of the logs.
//!
//! A log's position at a tick is behind the last line that counts and is stamped no later than the
//! tick, in the order of reading. Lines of the second that has begun may have been read already; they
//! do not move it, and so it does not depend on how soon lines are read.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::event::{LOGS_TOLD_MAX, LogPosition};
use crate::tail::{FileMark, SourceId};

/// The most seconds ahead of the last tick that are told apart in one log: more than are stamped
/// ahead and still count, and than are made up for after a restart.
const SECONDS_AHEAD_MAX: usize = 8_192;

/// The positions of all logs.
#[derive(Debug, Default)]
pub(super) struct Positions {
    logs: Vec<Log>,
    /// The last tick that was asked about, and the answer.
    last: Option<(Timestamp, Arc<At>)>,
}

/// The positions at one tick.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct At {
    /// Those of the first logs, in the order in which they were opened.
    pub(super) logs: Vec<LogPosition>,
    /// How many further logs there are.
    pub(super) left_out: usize,
}

#[derive(Debug)]
struct Log {
    source: String,
    /// Behind the last line stamped at or before `until`.
    settled: Option<Place>,
    until: i64,
    /// Behind the last line of each later second.
    ahead: BTreeMap<i64, Place>,
    /// Counts the stretches of lines, so that it is known which one came last.
    stretches: u64,
}

#[derive(Clone, Debug)]
struct Place {
    stretch: u64,
    file: Option<Arc<FileMark>>,
    offset: u64,
}

impl Positions {
    /// One more log.
    pub(super) fn open(&mut self, source: String) {
        let ahead = BTreeMap::new();
        self.logs.push(Log { source, settled: None, until: i64::MIN, ahead, stretches: 0 });
    }

    /// Lines of this second count, and end there.
    pub(super) fn taken_in(
        &mut self,
        source: SourceId,
        second: i64,
        file: Option<&Arc<FileMark>>,
        offset: u64,
    ) {
        let index = usize::try_from(source.0).unwrap_or(usize::MAX);
        let Some(log) = self.logs.get_mut(index) else {
            return;
        };
        log.stretches += 1;
        let place = Place { stretch: log.stretches, file: file.cloned(), offset };
        if second <= log.until {
            log.settled = Some(place);
        } else {
            log.ahead.insert(second, place);
            if log.ahead.len() > SECONDS_AHEAD_MAX
                && let Some((_, place)) = log.ahead.pop_first()
            {
                log.settle(place);
            }
        }
        self.last = None;
    }

    /// The positions at a tick. Ticks come in order.
    pub(super) fn at(&mut self, tick: Timestamp) -> Arc<At> {
        if let Some((_, at)) = self.last.as_ref().filter(|(last, _)| *last == tick) {
            return Arc::clone(at);
        }
        for log in &mut self.logs {
            log.settle_until(tick.secs());
        }
        let at = Arc::new(self.told(|log| log.settled.as_ref()));
        self.last = Some((tick, Arc::clone(&at)));
        at
    }

    /// The positions behind everything that counts, for what is said about rows.
    pub(super) fn now(&self) -> At {
        self.told(Log::newest)
    }

    fn told<'a>(&'a self, place: impl Fn(&'a Log) -> Option<&'a Place>) -> At {
        let mut at = At::default();
        for log in &self.logs {
            let Some(Place { file, offset, .. }) = place(log) else {
                continue;
            };
            if at.logs.len() == LOGS_TOLD_MAX {
                at.left_out += 1;
                continue;
            }
            let file = file.as_ref().map(|file| file.path.display().to_string());
            let file = file.filter(|file| *file != log.source);
            at.logs.push(LogPosition { source: log.source.clone(), file, offset: *offset });
        }
        at
    }
}

impl Log {
    fn settle_until(&mut self, second: i64) {
        self.until = self.until.max(second);
        while let Some(entry) = self.ahead.first_entry().filter(|entry| *entry.key() <= second) {
            let place = entry.remove();
            self.settle(place);
        }
    }

    fn settle(&mut self, place: Place) {
        if self.settled.as_ref().is_none_or(|settled| settled.stretch < place.stretch) {
            self.settled = Some(place);
        }
    }

    fn newest(&self) -> Option<&Place> {
        self.ahead.values().chain(&self.settled).max_by_key(|place| place.stretch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: SourceId = SourceId(0);

    fn opened() -> Positions {
        let mut positions = Positions::default();
        positions.open("a.log".into());
        positions
    }

    fn offset_at(positions: &mut Positions, second: i64) -> Option<u64> {
        positions.at(Timestamp::from_secs(second)).logs.first().map(|log| log.offset)
    }

    #[test]
    fn lines_of_the_second_that_has_begun_do_not_move_the_position() {
        let mut positions = opened();
        positions.taken_in(LOG, 10, None, 100);
        positions.taken_in(LOG, 11, None, 150);
        assert_eq!(offset_at(&mut positions, 10), Some(100));
        assert_eq!(offset_at(&mut positions, 11), Some(150));
        assert_eq!(positions.now().logs[0].offset, 150);
    }

    #[test]
    fn a_late_line_moves_the_position_of_the_tick_that_it_is_in() {
        let mut positions = opened();
        positions.taken_in(LOG, 11, None, 100);
        positions.taken_in(LOG, 9, None, 200);
        assert_eq!(offset_at(&mut positions, 10), Some(200));
        positions.taken_in(LOG, 8, None, 300);
        assert_eq!(offset_at(&mut positions, 10), Some(300));
        assert_eq!(offset_at(&mut positions, 11), Some(300), "it was read last");
    }

    #[test]
    fn a_log_without_a_line_that_counts_has_no_position() {
        assert_eq!(offset_at(&mut opened(), 10), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut positions = opened();
        for second in 0..20_000_u32 {
            positions.taken_in(LOG, i64::from(second), None, u64::from(second));
        }
        assert_eq!(positions.logs[0].ahead.len(), SECONDS_AHEAD_MAX);
        assert_eq!(offset_at(&mut positions, 15_000), Some(15_000));
        for log in 0..2 * LOGS_TOLD_MAX {
            positions.open(log.to_string());
            positions.taken_in(SourceId(u32::try_from(log).unwrap() + 1), 1, None, 1);
        }
        let at = positions.at(Timestamp::from_secs(20_000));
        assert_eq!((at.logs.len(), at.left_out), (LOGS_TOLD_MAX, LOGS_TOLD_MAX + 1));
    }
}
