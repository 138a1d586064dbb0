//! A lane's running totals over one window: seconds are added as they enter it and taken away as
//! they leave it.

use std::collections::VecDeque;
use std::time::Duration;

use super::cell::{Cell, Part};
use super::intern::{UNSET, index};
use super::multiset::Multiset;
use super::plan::Lane;
use super::sketch::distinct;
use super::tally::{Bucket, Measure};
use crate::clock::Timestamp;

/// What is kept of an integer field of a group over the window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Total {
    pub(crate) sum: u128,
    pub(crate) present: u64,
    pub(crate) min: u64,
    pub(crate) max: u64,
    /// How many entries have the least value, and the greatest one: when the last of them leaves,
    /// the next one has to be looked for.
    min_entries: u32,
    max_entries: u32,
    /// Whether it has to.
    stale: bool,
}

impl Total {
    const NONE: Self = Self {
        sum: 0,
        present: 0,
        min: u64::MAX,
        max: 0,
        min_entries: 0,
        max_entries: 0,
        stale: false,
    };

    fn enter(&mut self, measure: &Measure) {
        self.sum += measure.sum;
        self.present += measure.present;
        if !self.stale {
            self.widen(measure);
        }
    }

    fn widen(&mut self, measure: &Measure) {
        if measure.present == 0 {
            return;
        }
        if measure.min < self.min || self.min_entries == 0 {
            (self.min, self.min_entries) = (measure.min, 0);
        }
        if measure.max > self.max || self.max_entries == 0 {
            (self.max, self.max_entries) = (measure.max, 0);
        }
        self.min_entries += u32::from(measure.min == self.min);
        self.max_entries += u32::from(measure.max == self.max);
    }

    /// Whether an extreme is unknown from now on that was known before.
    fn leave(&mut self, measure: &Measure) -> bool {
        if measure.present == 0 {
            return false;
        }
        self.sum -= measure.sum;
        self.present -= measure.present;
        if self.stale {
            return false;
        }
        self.min_entries -= u32::from(measure.min == self.min);
        self.max_entries -= u32::from(measure.max == self.max);
        if self.present == 0 {
            *self = Self::NONE;
            return false;
        }
        self.stale = self.min_entries == 0 || self.max_entries == 0;
        self.stale
    }
}

/// How many values of each group each bucket of each sketch has.
#[derive(Debug)]
enum Buckets {
    /// Of a lane with one group: by code.
    Dense(Vec<u64>),
    /// Of any other: by group and code.
    Sparse(Multiset),
}

impl Buckets {
    fn new(undivided: bool) -> Self {
        if undivided { Self::Dense(Vec::new()) } else { Self::Sparse(Multiset::new()) }
    }

    fn clear(&mut self) {
        match self {
            Self::Dense(counts) => counts.clear(),
            Self::Sparse(counts) => counts.clear(),
        }
    }

    fn add(&mut self, bucket: &Bucket) {
        match self {
            Self::Dense(counts) => {
                if index(bucket.code) >= counts.len() {
                    counts.resize(index(bucket.code) + 1, 0);
                }
                if let Some(count) = counts.get_mut(index(bucket.code)) {
                    *count += u64::from(bucket.count);
                }
            }
            Self::Sparse(counts) => {
                counts.add(key_of(bucket.group, bucket.code), u64::from(bucket.count));
            }
        }
    }

    fn remove(&mut self, bucket: &Bucket) {
        match self {
            Self::Dense(counts) => {
                if let Some(count) = counts.get_mut(index(bucket.code)) {
                    *count -= u64::from(bucket.count);
                }
            }
            Self::Sparse(counts) => {
                counts.remove(key_of(bucket.group, bucket.code), u64::from(bucket.count));
            }
        }
    }
}

/// The bits of a key that a bucket's code takes; its group takes those above.
const CODE_BITS: u32 = 32;

fn key_of(group: u32, code: u32) -> u64 {
    u64::from(group) << CODE_BITS | u64::from(code)
}

/// The totals of one window of a lane.
#[derive(Debug)]
pub(crate) struct View {
    window: Duration,
    measured: usize,
    distinct: usize,
    /// The seconds that are in: after the first, up to the second.
    span: Option<(i64, i64)>,
    /// Which values are sampled: the highest level of any second that is in.
    pub(crate) level: u8,
    /// Lines by group.
    pub(crate) counts: Vec<u64>,
    totals: Vec<Total>,
    stale: Vec<usize>,
    buckets: Buckets,
    values: Multiset,
    /// For each group, how many different values each distinct field has.
    different: Vec<u32>,
}

impl View {
    pub(crate) fn new(lane: &Lane, window: Duration) -> Self {
        Self {
            window,
            measured: lane.measured.len(),
            distinct: lane.distinct.len(),
            span: None,
            level: 0,
            counts: Vec::new(),
            totals: Vec::new(),
            stale: Vec::new(),
            buckets: Buckets::new(lane.by.is_empty()),
            values: Multiset::new(),
            different: Vec::new(),
        }
    }

    pub(crate) const fn window(&self) -> Duration {
        self.window
    }

    /// The seconds `(after, up_to)` that a window ending at `now` holds: those stamped after
    /// `now - window`, up to `now`.
    pub(crate) fn span_at(&self, now: Timestamp) -> (i64, i64) {
        (now.minus(self.window).secs(), now.secs())
    }

    /// Whether a second is in the totals.
    pub(crate) fn holds(&self, second: i64) -> bool {
        self.span.is_some_and(|(after, up_to)| second > after && second <= up_to)
    }

    /// Forgets the totals; they are summed up anew when they are asked for.
    pub(crate) fn reset(&mut self) {
        self.span = None;
        self.counts.clear();
        self.totals.clear();
        self.stale.clear();
        self.buckets.clear();
        self.values.clear();
        self.different.clear();
    }

    /// Moves the window to these seconds. `sampled` says whether any of them may be sampled; if so,
    /// the view follows the highest level among them.
    pub(crate) fn advance(
        &mut self,
        cells: &VecDeque<Cell>,
        sampled: bool,
        (after, up_to): (i64, i64),
    ) {
        let level = if sampled {
            within(cells, after, up_to).map(|cell| cell.level).max().unwrap_or(0)
        } else {
            0
        };
        let entering_after = match self.span {
            Some((old_after, old_up_to))
                if after >= old_after
                    && up_to >= old_up_to
                    && after < old_up_to
                    && level == self.level =>
            {
                for cell in within(cells, old_after, after) {
                    self.leave(cell.whole());
                }
                old_up_to
            }
            _ => {
                self.reset();
                self.level = level;
                after
            }
        };
        for cell in within(cells, entering_after, up_to) {
            self.enter(cell.whole());
        }
        self.span = Some((after, up_to));
    }

    /// Adds what entered the window.
    pub(crate) fn enter(&mut self, part: Part<'_>) {
        let Some(groups) = part.groups.iter().map(|&(group, _)| index(group) + 1).max() else {
            return;
        };
        if groups > self.counts.len() {
            self.counts.resize(groups, 0);
            self.totals.resize(groups * self.measured, Total::NONE);
            self.different.resize(groups * self.distinct, 0);
        }
        for &(group, lines) in part.groups {
            if let Some(count) = self.counts.get_mut(index(group)) {
                *count += u64::from(lines);
            }
        }
        if self.measured > 0 {
            for (&(group, _), run) in part.groups.iter().zip(part.measures.chunks(self.measured)) {
                for (at, measure) in (index(group) * self.measured..).zip(run) {
                    if let Some(total) = self.totals.get_mut(at) {
                        total.enter(measure);
                    }
                }
            }
        }
        for bucket in part.buckets {
            self.buckets.add(bucket);
        }
        for value in part.values {
            if distinct::is_sampled(value.hash, self.level)
                && self.values.add(value.hash, 1)
                && let Some(different) =
                    self.different.get_mut(index(value.group) * self.distinct + index(value.field))
            {
                *different += 1;
            }
        }
    }

    /// Takes away what left the window.
    pub(crate) fn leave(&mut self, part: Part<'_>) {
        for &(group, lines) in part.groups {
            if let Some(count) = self.counts.get_mut(index(group)) {
                *count -= u64::from(lines);
            }
        }
        if self.measured > 0 {
            for (&(group, _), run) in part.groups.iter().zip(part.measures.chunks(self.measured)) {
                for (at, measure) in (index(group) * self.measured..).zip(run) {
                    if self.totals.get_mut(at).is_some_and(|total| total.leave(measure)) {
                        self.stale.push(at);
                    }
                }
            }
        }
        for bucket in part.buckets {
            self.buckets.remove(bucket);
        }
        for value in part.values {
            if distinct::is_sampled(value.hash, self.level)
                && self.values.remove(value.hash, 1)
                && let Some(different) =
                    self.different.get_mut(index(value.group) * self.distinct + index(value.field))
            {
                *different -= 1;
            }
        }
    }

    /// A cell is about to be dropped.
    pub(crate) fn drop_cell(&mut self, cell: &Cell) {
        if self.holds(cell.second) {
            self.leave(cell.whole());
            if let Some((after, _)) = &mut self.span {
                *after = cell.second;
            }
        }
    }

    /// Finds the extremes that left the window.
    pub(crate) fn refresh(&mut self, cells: &VecDeque<Cell>) {
        let Some((after, up_to)) = self.span.filter(|_| !self.stale.is_empty()) else {
            return;
        };
        for &at in &self.stale {
            if let Some(total) = self.totals.get_mut(at) {
                (total.min_entries, total.max_entries) = (0, 0);
                (total.min, total.max) = (Total::NONE.min, Total::NONE.max);
            }
        }
        for cell in within(cells, after, up_to) {
            for (&(group, _), run) in cell.groups.iter().zip(cell.measures.chunks(self.measured)) {
                for (at, measure) in (index(group) * self.measured..).zip(run) {
                    if let Some(total) = self.totals.get_mut(at).filter(|total| total.stale) {
                        total.widen(measure);
                    }
                }
            }
        }
        for at in self.stale.drain(..) {
            if let Some(total) = self.totals.get_mut(at) {
                total.stale = false;
            }
        }
    }

    /// Every group, code and count of the sketches' buckets; in order where there is one group.
    pub(crate) fn buckets(&self, mut visit: impl FnMut(u32, u32, u64)) {
        match &self.buckets {
            Buckets::Dense(counts) => {
                let counts = (0..).zip(counts).filter(|&(_, &count)| count > 0);
                counts.for_each(|(code, &count)| visit(0, code, count));
            }
            Buckets::Sparse(counts) => {
                for (key, count) in counts.iter() {
                    let group = u32::try_from(key >> CODE_BITS).unwrap_or(UNSET);
                    let code = u32::try_from(key & u64::from(u32::MAX)).unwrap_or(UNSET);
                    visit(group, code, count);
                }
            }
        }
    }

    /// What is kept of a group's measured field.
    pub(crate) fn total(&self, group: u32, field: usize) -> Option<&Total> {
        self.totals.get(index(group) * self.measured + field)
    }

    /// How many lines a group has.
    pub(crate) fn count(&self, group: u32) -> u64 {
        self.counts.get(index(group)).copied().unwrap_or(0)
    }

    /// How many different values a distinct field has in a group.
    pub(crate) fn different(&self, group: u32, field: usize) -> f64 {
        let kept = self.different.get(index(group) * self.distinct + field);
        distinct::estimate(kept.copied().unwrap_or(0), self.level)
    }
}

/// The cells of the seconds after `after`, up to `up_to`.
pub(crate) fn within(
    cells: &VecDeque<Cell>,
    after: i64,
    up_to: i64,
) -> impl Iterator<Item = &Cell> {
    let start = cells.partition_point(|cell| cell.second <= after);
    cells.range(start..).take_while(move |cell| cell.second <= up_to)
}
