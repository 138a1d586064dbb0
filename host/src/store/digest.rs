//! Lines -> what they come to: the part of the store's work that several threads can share.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::block::BLOCK_RECORDS_MAX;
use super::keys::Keys;
use super::plan::{Plan, SubscriptionId};
use super::rows::{RowSet, RowsView, row_sets};
use super::tally::{Ends, Tally};
use crate::record::Record;

/// The most pairs of groups and values that a lane remembers from one batch to the next.
const PAIRS_REMEMBERED_MAX: usize = 1 << 17;

/// Gives each digest its identity.
static DIGESTS: AtomicU64 = AtomicU64::new(0);

/// Consecutive lines stamped with the same second, as many as there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub second: i64,
    /// How many lines.
    pub lines: u32,
}

/// What a batch of lines comes to. Runs keep the order of the log, so that digesting batches on
/// several threads and absorbing their runs in order is the same as handling line after line.
///
/// A digest is meant to be used again and again ([`Self::clear`]): it remembers the texts that it
/// has numbered, and in the steady state it allocates nothing.
#[derive(Debug)]
pub struct Digest {
    plan: Arc<Plan>,
    /// Tells the store which digest's numbers it has seen, and
    identity: u64,
    /// since when they hold.
    generation: u64,
    keys: Keys,
    /// The lanes that look at each line.
    busy: Vec<usize>,
    tallies: Vec<Tally>,
    rows: Vec<RowSet>,
    /// The run at hand.
    open: Option<Run>,
    runs: Vec<Run>,
    /// For each run, how far it reaches in each lane,
    ends: Vec<Ends>,
    /// and in each row set.
    row_ends: Vec<usize>,
}

impl Digest {
    /// An empty digest.
    pub fn new(plan: Arc<Plan>) -> Self {
        let busy = plan.lanes.iter().enumerate().filter(|(_, lane)| !lane.only_counts_lines());
        Self {
            identity: DIGESTS.fetch_add(1, Ordering::Relaxed),
            generation: 0,
            keys: Keys::new(&plan),
            busy: busy.map(|(index, _)| index).collect(),
            tallies: plan.lanes.iter().map(Tally::new).collect(),
            rows: row_sets(&plan),
            open: None,
            runs: Vec::new(),
            ends: Vec::new(),
            row_ends: Vec::new(),
            plan,
        }
    }

    /// Takes in records. The last ones are in [`Self::runs`] once a record of another second
    /// follows, or [`Self::finish`] says that none does.
    pub fn extend<'line>(&mut self, records: impl IntoIterator<Item = Record<'line>>) {
        let mut records = records.into_iter();
        let mut block = [Record::default(); BLOCK_RECORDS_MAX];
        loop {
            let mut filled = 0;
            for (place, record) in block.iter_mut().zip(&mut records) {
                *place = record;
                filled += 1;
            }
            let mut rest = block.get(..filled).unwrap_or_default();
            if rest.is_empty() {
                return;
            }
            while let Some(first) = rest.first() {
                let others = rest.iter().position(|record| record.second != first.second);
                let (stretch, behind) = rest.split_at(others.unwrap_or(rest.len()));
                self.push(first.second, stretch);
                rest = behind;
            }
        }
    }

    /// Takes in a block of records of one second.
    fn push(&mut self, second: i64, records: &[Record<'_>]) {
        let lines = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let open = self.open.as_mut().filter(|run| run.second == second);
        match open.and_then(|run| Some((run.lines.checked_add(lines)?, run))) {
            Some((sum, run)) => run.lines = sum,
            None => self.open_run(second, lines),
        }
        if self.busy.is_empty() && self.rows.is_empty() {
            return;
        }
        let Self { plan, keys, busy, tallies, rows, .. } = self;
        keys.begin(plan, records);
        for &index in &*busy {
            let (Some(lane), Some(tally)) = (plan.lanes.get(index), tallies.get_mut(index)) else {
                continue;
            };
            let passing = keys.passing(lane.filter, records);
            if passing.is_empty() {
                continue;
            }
            for source in std::iter::once(lane.group).chain(lane.distinct.iter().map(|&(_, s)| s)) {
                keys.number(plan, source, records, passing);
            }
            tally.push(lane, keys, records, passing);
        }
        for (set, subscription) in rows.iter_mut().zip(&plan.subscriptions) {
            set.extend(second, records, keys.passing(subscription.filter, records));
        }
    }

    /// Closes the last run, after the last record of a batch.
    pub fn finish(&mut self) {
        self.close_run();
    }

    /// Begins a run.
    fn open_run(&mut self, second: i64, lines: u32) {
        self.close_run();
        self.open = Some(Run { second, lines });
    }

    fn close_run(&mut self) {
        let Some(run) = self.open.take() else { return };
        self.runs.push(run);
        for (lane, tally) in self.plan.lanes.iter().zip(&mut self.tallies) {
            self.ends.push(tally.close(lane, run.lines));
        }
        self.row_ends.extend(self.rows.iter().map(RowSet::len));
    }

    /// Forgets the batch and keeps the memory.
    pub fn clear(&mut self) {
        self.close_run();
        self.runs.clear();
        self.ends.clear();
        self.row_ends.clear();
        self.tallies.iter_mut().for_each(Tally::clear);
        self.rows.iter_mut().for_each(RowSet::clear);
        let full = self.keys.is_full()
            || self.tallies.iter().any(|tally| tally.is_fuller_than(PAIRS_REMEMBERED_MAX));
        if full {
            self.keys.clear();
            self.tallies.iter_mut().for_each(Tally::forget);
            self.generation += 1;
        }
    }

    /// The closed runs, in the order of the log.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// A subscription's rows of some of the runs.
    pub fn rows(&self, subscription: SubscriptionId, runs: Range<usize>) -> RowsView<'_> {
        let end_of = |runs: usize| {
            let before = runs.checked_sub(1).map(|run| run * self.rows.len() + subscription.0);
            before.and_then(|at| self.row_ends.get(at)).copied().unwrap_or(0)
        };
        let rows = end_of(runs.start)..end_of(runs.end.min(self.runs.len()));
        RowsView::new(self.rows.get(subscription.0), rows)
    }

    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    pub(crate) const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Who numbered the texts, and how often it began anew.
    pub(crate) const fn numbering(&self) -> (u64, u64) {
        (self.identity, self.generation)
    }

    /// A lane's part of a run: where it lies in the tally's parts.
    pub(crate) fn part(&self, run: usize, lane: usize) -> Option<(&Tally, Ends, Ends)> {
        let lanes = self.tallies.len();
        let start = match run.checked_sub(1) {
            Some(before) => self.ends.get(before * lanes + lane).copied()?,
            None => Ends::default(),
        };
        Some((self.tallies.get(lane)?, start, self.ends.get(run * lanes + lane).copied()?))
    }
}
