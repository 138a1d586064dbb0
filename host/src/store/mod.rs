//! Store: records -> answers to windowed questions, computed as the lines arrive.
//!
//! ```text
//! Query, Filter -> PlanBuilder -> Plan            what has been asked, equal work merged
//! Record -> Digest::push -> Run                   a batch's counters, on any thread
//! Run -> Store::absorb -> cells by second -> running totals by window -> Answer
//! ```
//!
//! The work for a line is done in its batch's [`Digest`], by dense counters; the [`Store`] sees a
//! run of lines of the same second as one short list for each lane. A tick adds the seconds that
//! enter a window to its totals and takes those that leave it away.

pub mod query;

mod answer;
mod block;
mod cell;
mod digest;
mod groups;
mod intern;
mod keys;
mod lane;
mod limits;
mod link;
mod multiset;
mod plan;
mod rows;
mod sketch;
mod tally;
mod window;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

pub use answer::{ANSWER_ROWS_MAX, Answer};
pub use digest::{Digest, Run};
pub use limits::Limits;
pub use plan::{Plan, PlanBuilder, QuestionId, SubscriptionId};
pub use query::{Filter, Query, QueryError};
pub use rows::{ColumnView, RowsView, TextBlock, TextsView};

use crate::clock::Timestamp;
use lane::LaneState;
use link::Link;

/// How many digests' numbers are remembered: as many as can be under way at a time.
const DIGESTS_MAX: usize = 32;

/// How old a line may be where nobody asked for a window, in seconds.
const LATE_WITHOUT_WINDOW_S: i64 = 86_400;

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absorbed {
    /// It is in every window that it belongs to.
    Counted,
    /// It is older than every window, and in none.
    Late,
    /// It is too far ahead of the pipeline's time, and in no window.
    Future,
}

/// The pipeline's time when a run is taken in, in seconds since the epoch. It is a span, as ticks may
/// be behind the clock: after a restart, those that were missed are still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The earliest second that a tick may still ask about as its own time.
    pub from: i64,
    /// The clock's second.
    pub to: i64,
}

/// No tick is behind the clock.
impl From<i64> for Span {
    fn from(second: i64) -> Self {
        Self { from: second, to: second }
    }
}

/// Everything that the questions of a plan need to know of the recent lines.
#[derive(Debug)]
pub struct Store {
    plan: Arc<Plan>,
    limits: Limits,
    lanes: Vec<LaneState>,
    /// The longest window in whole seconds, rounded up.
    horizon_s: i64,
    /// What is known of the digests, the last used one first.
    links: VecDeque<Links>,
}

/// What is known of one digest.
#[derive(Debug)]
struct Links {
    identity: u64,
    generation: u64,
    lanes: Vec<Link>,
}

impl Store {
    /// An empty store.
    pub fn new(plan: Arc<Plan>, limits: Limits) -> Self {
        Self {
            lanes: plan.lanes.iter().map(LaneState::new).collect(),
            horizon_s: whole_seconds(plan.horizon()),
            links: VecDeque::new(),
            plan,
            limits,
        }
    }

    /// Takes in a run of a digest of the same plan. Absorbing the runs of all batches in order is
    /// the same as absorbing their lines one by one.
    ///
    /// `now` is the pipeline's time, a second where no tick is behind the clock. A run is late if it
    /// is outside every window that ends at its beginning or later; where nobody
    /// asked for a window, if it is more than a day behind that.
    pub fn absorb(&mut self, digest: &Digest, run: usize, now: impl Into<Span>) -> Absorbed {
        let span = now.into();
        let Some(&Run { second, .. }) = digest.runs().get(run) else {
            return Absorbed::Counted;
        };
        let oldest = match self.horizon_s {
            0 => LATE_WITHOUT_WINDOW_S + 1,
            horizon => horizon,
        };
        if second <= span.from.saturating_sub(oldest) {
            return Absorbed::Late;
        }
        if second > span.to.saturating_add(i64::from(self.limits.future_tolerance_s)) {
            return Absorbed::Future;
        }
        self.link(digest);
        let Some(links) = self.links.front_mut() else {
            return Absorbed::Counted;
        };
        let lanes = self.plan.lanes.iter().zip(&mut self.lanes).zip(&mut links.lanes);
        for (index, ((lane, state), link)) in lanes.enumerate() {
            if second > span.from.saturating_sub(whole_seconds(lane.horizon())) {
                state.absorb(index, lane, &self.limits, link, (digest, run, second));
            }
        }
        Absorbed::Counted
    }

    /// Brings what is known of a digest to the front, and up to date.
    fn link(&mut self, digest: &Digest) {
        let (identity, generation) = digest.numbering();
        match self.links.iter().position(|links| links.identity == identity) {
            Some(0) => {}
            Some(at) => self.links.swap(0, at),
            None => {
                self.links.truncate(DIGESTS_MAX - 1);
                let lanes = self.lanes.iter().map(|_| Link::default()).collect();
                self.links.push_front(Links { identity, generation, lanes });
            }
        }
        if let Some(links) = self.links.front_mut().filter(|links| links.generation != generation) {
            links.generation = generation;
            links.lanes.iter_mut().for_each(Link::clear);
        }
    }

    /// Answers a question over the window `(now - window, now]`.
    ///
    /// A question without `by` has one row, whatever there is; one with `by` has a row for each
    /// group that has lines, ordered by the first aggregate, most first, ties by which was seen
    /// first in the window. Asking again with a later `now` costs what entered and left meanwhile.
    pub fn answer(&mut self, question: QuestionId, now: Timestamp) -> Answer {
        let Some(question) = self.plan.questions.get(question.0) else {
            return Answer::default();
        };
        match (self.lanes.get_mut(question.lane), self.plan.lanes.get(question.lane)) {
            (Some(state), Some(lane)) => answer::answer(state, lane, question, now),
            _ => Answer::default(),
        }
    }

    /// Frees what no window that ends at `now` or later needs. To be called at every tick.
    pub fn evict(&mut self, now: Timestamp) {
        for (lane, state) in self.plan.lanes.iter().zip(&mut self.lanes) {
            state.evict(lane, &self.limits, now);
        }
    }
}

/// A duration in seconds, rounded up.
fn whole_seconds(duration: Duration) -> i64 {
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    seconds.saturating_add(i64::from(duration.subsec_nanos() > 0))
}
