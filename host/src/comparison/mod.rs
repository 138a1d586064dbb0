//! What two versions of a monitor say differently, event by event.
//!
//! A report or a fault belongs to the other side's of the same kind and the same instant. An alert
//! may fire earlier or later than the other side's and still be the same one: two firings of one key
//! belong together where the one fires before the other is over. So nothing is guessed from how far
//! apart two events are, and what waits for its counterpart is bounded by what can fire at once.

mod fields;

use std::collections::{BTreeMap, VecDeque};

pub use fields::{FieldChange, describe, heading};

use crate::clock::Timestamp;
use crate::event::{Edge, Event};

/// The most differences that are held back to be told in the order of time: behind an alert that
/// fires for long on one side only, later ones are told first.
pub const HELD_MAX: usize = 65_536;

/// Which of the two said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that is to be replaced.
    Old,
    /// The one that is to replace it.
    New,
}

/// Something that the two do not say alike.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// Only one side says it.
    Only(Side, Event),
    /// Both say it, but not in the same words.
    Changed {
        /// The old one's.
        old: Box<Event>,
        /// The new one's.
        new: Box<Event>,
        /// What differs: at least one field.
        fields: Vec<FieldChange>,
    },
}

/// How many events there were of each kind; a changed and an equal one are one for both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Said by the new one only.
    pub more: u64,
    /// Said by the old one only.
    pub less: u64,
    /// Said by both, not alike.
    pub changed: u64,
    /// Said by both alike.
    pub equal: u64,
}

impl Totals {
    /// Whether nothing differs.
    pub const fn are_equal(&self) -> bool {
        self.more == 0 && self.less == 0 && self.changed == 0
    }
}

/// `3 more, 1 less, 2 changed, 40 equal`.
impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { more, less, changed, equal } = self;
        write!(f, "{more} more, {less} less, {changed} changed, {equal} equal")
    }
}

/// Two streams of events that are compared while they come, each in the order of time.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Reports and faults of the running instant that have no counterpart yet, in their order.
    instant: Vec<Waiting>,
    now: Timestamp,
    /// The state of every alert that fires on a side or waits for a counterpart, by key.
    alerts: BTreeMap<String, Alert>,
    /// Differences that wait for those before them, by time and in the order of being known.
    held: BTreeMap<(Timestamp, u64), Difference>,
    known: u64,
    totals: Totals,
}

#[derive(Debug)]
struct Waiting {
    side: Side,
    event: Event,
}

/// The edges of one key that have no counterpart yet.
#[derive(Debug, Default)]
struct Alert {
    /// A firing: of one side only, since the other's would be its counterpart.
    firing: Option<Waiting>,
    /// The end of an alert that fired on both sides, and fires still on the other.
    resolved: Option<Waiting>,
    /// Whether both sides fired, and not both ends were seen.
    fired_on_both: bool,
}

impl Comparison {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the two said until now, as far as it is settled.
    pub const fn totals(&self) -> Totals {
        self.totals
    }

    /// Takes in the next event of a side; those that are neither a report, an alert nor a fault are
    /// the host's own and are passed over.
    pub fn push(&mut self, side: Side, event: Event) {
        let Some(time) = time_of(&event) else {
            return;
        };
        if time != self.now {
            self.settle_instant();
            self.now = time;
        }
        match &event {
            Event::Alert(change) => {
                let key = change.condition.key.clone();
                let edge = change.edge;
                self.push_edge(&key, edge, Waiting { side, event });
            }
            _ => self.push_said(Waiting { side, event }),
        }
    }

    /// There is no more: whatever still waits has no counterpart.
    pub fn finish(&mut self) {
        self.settle_instant();
        for (_, alert) in std::mem::take(&mut self.alerts) {
            for waiting in [alert.resolved, alert.firing].into_iter().flatten() {
                self.settle_alone(waiting);
            }
        }
    }

    /// The differences that are settled and before which none can come any more.
    pub fn take_settled(&mut self) -> VecDeque<Difference> {
        let waiting = self.instant.iter().map(|waiting| &waiting.event);
        let edges = self.alerts.values();
        let edges = edges.flat_map(|alert| [&alert.firing, &alert.resolved]).flatten();
        let first = waiting.chain(edges.map(|waiting| &waiting.event)).filter_map(time_of).min();
        let mut settled = VecDeque::new();
        while let Some(entry) = self.held.first_entry() {
            let is_next = first.is_none_or(|first| entry.key().0 < first);
            if !is_next && self.held.len() <= HELD_MAX {
                break;
            }
            settled.extend(self.held.pop_first().map(|(_, difference)| difference));
        }
        settled
    }

    fn push_said(&mut self, said: Waiting) {
        let same = self.instant.iter().position(|other| {
            other.side != said.side && fields::are_the_same_kind(&other.event, &said.event)
        });
        match same {
            Some(index) => {
                let other = self.instant.remove(index);
                self.settle_pair(other, said);
            }
            None => self.instant.push(said),
        }
    }

    fn push_edge(&mut self, key: &str, edge: Edge, said: Waiting) {
        let mut alert = self.alerts.remove(key).unwrap_or_default();
        match edge {
            Edge::Firing => match alert.firing.take() {
                Some(other) if other.side != said.side => {
                    self.settle_pair(other, said);
                    alert.fired_on_both = true;
                }
                before => {
                    if let Some(before) = before {
                        self.settle_alone(before);
                    }
                    alert.firing = Some(said);
                }
            },
            Edge::Resolved { .. } => self.push_resolved(&mut alert, said),
        }
        if alert.firing.is_some() || alert.resolved.is_some() || alert.fired_on_both {
            self.alerts.insert(key.to_owned(), alert);
        }
    }

    fn push_resolved(&mut self, alert: &mut Alert, said: Waiting) {
        // What this side fired alone is over before the other fired: neither edge has a counterpart.
        if let Some(fired) = alert.firing.take_if(|fired| fired.side == said.side) {
            self.settle_alone(fired);
            self.settle_alone(said);
            return;
        }
        match alert.resolved.take() {
            Some(other) if other.side != said.side => {
                self.settle_pair(other, said);
                alert.fired_on_both = false;
            }
            Some(other) => {
                self.settle_alone(said);
                alert.resolved = Some(other);
            }
            None if alert.fired_on_both => alert.resolved = Some(said),
            None => self.settle_alone(said),
        }
    }

    fn settle_instant(&mut self) {
        for waiting in std::mem::take(&mut self.instant) {
            self.settle_alone(waiting);
        }
    }

    fn settle_alone(&mut self, waiting: Waiting) {
        let Waiting { side, event } = waiting;
        match side {
            Side::Old => self.totals.less += 1,
            Side::New => self.totals.more += 1,
        }
        self.hold(Difference::Only(side, event));
    }

    fn settle_pair(&mut self, one: Waiting, other: Waiting) {
        let (old, new) =
            if one.side == Side::Old { (one.event, other.event) } else { (other.event, one.event) };
        let fields = fields::changes(&old, &new);
        if fields.is_empty() {
            self.totals.equal += 1;
        } else {
            self.totals.changed += 1;
            let (old, new) = (Box::new(old), Box::new(new));
            self.hold(Difference::Changed { old, new, fields });
        }
    }

    fn hold(&mut self, difference: Difference) {
        let first = match &difference {
            Difference::Only(_, event) => time_of(event),
            Difference::Changed { old, new, .. } => time_of(old).min(time_of(new)),
        };
        self.known += 1;
        self.held.insert((first.unwrap_or_default(), self.known), difference);
    }
}

/// When a monitor said it; `None` for what the host says.
fn time_of(event: &Event) -> Option<Timestamp> {
    match event {
        Event::Report(report) => Some(report.time),
        Event::Alert(change) => Some(change.time),
        Event::Fault(fault) => Some(fault.time.unwrap_or_default()),
        Event::Started { .. }
        | Event::Swapped(_)
        | Event::Lost(_)
        | Event::Account(_)
        | Event::Usage(_) => None,
    }
}

#[cfg(test)]
mod tests;
