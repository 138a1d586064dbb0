//! What a monitor uses, where others can read it while the monitor runs on a thread of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::instance::Instance;
use super::limits::exceeded;
use super::said::Said;
use crate::clock::Timestamp;
use crate::event::{Exceeded, Usage};

/// Seconds in which events are counted together.
const MINUTE_S: i64 = 60;

/// What a monitor uses, as of its last call. A clone shows the same.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<Mutex<Usage>>);

impl Gauge {
    pub(super) fn new(usage: Usage) -> Self {
        Self(Arc::new(Mutex::new(usage)))
    }

    /// What is used now.
    pub fn read(&self) -> Usage {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut Usage)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes in what an instance used, after a call of it.
    pub(super) fn called(&self, instance: &Instance) {
        self.update(|usage| {
            usage.memory_bytes = instance.memory_bytes();
            usage.memory_bytes_highest = usage.memory_bytes_highest.max(usage.memory_bytes);
            usage.call_last = instance.took();
            usage.call_longest = usage.call_longest.max(usage.call_last);
        });
    }
}

/// The events of a monitor in the current minute. An alert counts when it begins: raising again what
/// holds already tells nobody anything.
#[derive(Debug, Default)]
pub(super) struct Rate {
    minute: i64,
    events: usize,
    /// The alerts that hold, each with whether it was raised since the last completed tick. A new one
    /// is an event, so there are never more than a minute's events and those that held before.
    held: BTreeMap<String, bool>,
}

impl Rate {
    /// Counts what was said at `now`, and drops what is beyond the limit.
    pub(super) fn admit(
        &mut self,
        now: Timestamp,
        said: &mut Vec<Said>,
        limit: usize,
    ) -> Result<(), Exceeded> {
        let minute = now.secs().div_euclid(MINUTE_S);
        if minute != self.minute {
            (self.minute, self.events) = (minute, 0);
        }
        let within = said.iter().position(|said| {
            let is_event = match said {
                Said::Log(..) => false,
                Said::Report(_) => true,
                Said::Raised(condition) => match self.held.get_mut(&condition.key) {
                    Some(raised) => {
                        *raised = true;
                        false
                    }
                    None => true,
                },
            };
            if is_event && self.events >= limit {
                return true;
            }
            if let (true, Said::Raised(condition)) = (is_event, said) {
                self.held.insert(condition.key.clone(), true);
            }
            self.events += usize::from(is_event);
            false
        });
        match within {
            None => Ok(()),
            Some(beyond) => {
                said.truncate(beyond);
                Err(exceeded("events", limit + 1, limit))
            }
        }
    }

    /// A tick ran to its end: what was not raised since the one before is over.
    pub(super) fn tick_completed(&mut self) {
        self.held.retain(|_, raised| std::mem::take(raised));
    }

    /// How many there are in the minute of the last call.
    pub(super) fn events(&self) -> usize {
        self.events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Condition, Report, Severity};

    fn raised(key: &str) -> Said {
        Said::Raised(Condition {
            key: key.to_owned(),
            name: key.to_owned(),
            severity: Severity::default(),
            value: None,
            labels: Vec::new(),
        })
    }

    fn report() -> Said {
        let (monitor, title) = ("m".to_owned(), "t".to_owned());
        Said::Report(Report { monitor, title, time: Timestamp::default(), measures: Vec::new() })
    }

    fn admitted(rate: &mut Rate, second: i64, said: &[Said], limit: usize) -> (usize, bool) {
        let mut said = said.to_vec();
        let fits = rate.admit(Timestamp::from_secs(second), &mut said, limit).is_ok();
        rate.tick_completed();
        (said.len(), fits)
    }

    #[test]
    fn a_minute_has_so_many_events_and_the_next_one_as_many() {
        let mut rate = Rate::default();
        assert_eq!(admitted(&mut rate, 60, &[report(), report()], 3), (2, true));
        assert_eq!(admitted(&mut rate, 119, &[report(), report()], 3), (1, false));
        assert_eq!(rate.events(), 3);
        assert_eq!(admitted(&mut rate, 120, &[report(), report()], 3), (2, true));
    }

    #[test]
    fn an_alert_that_goes_on_counts_once_and_one_that_comes_again_counts_again() {
        let mut rate = Rate::default();
        for second in 0..50 {
            assert_eq!(admitted(&mut rate, second, &[raised("a")], 1), (1, true));
        }
        assert_eq!(admitted(&mut rate, 50, &[], 1), (0, true));
        assert_eq!(admitted(&mut rate, 51, &[raised("a")], 1), (0, false));
    }

    #[test]
    fn what_a_monitor_logs_is_no_event() {
        let log = Said::Log(super::super::LogLevel::Info, "hello".to_owned());
        let mut rate = Rate::default();
        assert_eq!(admitted(&mut rate, 0, &[log.clone(), report(), log], 1), (3, true));
    }
}
