//! What the lines of one run come to in one lane.

use super::block::{Ids, Rows};
use super::intern::{Pairs, UNSET, index};
use super::keys::Keys;
use super::plan::{Lane, Source};
use super::sketch::quantile;
use crate::record::Record;

/// The bits of a code that say which bucket of a sketch it is; the bits above say whose sketch.
pub(crate) const BUCKET_BITS: u32 = 12;

const _: () = assert!(quantile::BUCKETS <= 1 << BUCKET_BITS);

/// What is kept of an integer field: of the lines that have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) sum: u128,
    pub(crate) present: u64,
    pub(crate) min: u64,
    pub(crate) max: u64,
}

impl Measure {
    /// Of no line.
    pub(crate) const NONE: Self = Self { sum: 0, present: 0, min: u64::MAX, max: 0 };

    #[inline]
    fn add(&mut self, value: u64) {
        self.sum += u128::from(value);
        self.present += 1;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Of these lines and the others.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.present += other.present;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// So many values of a group in one bucket of a sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bucket {
    pub(crate) group: u32,
    /// Which sketch of the lane, and which of its buckets.
    pub(crate) code: u32,
    pub(crate) count: u32,
}

/// A value of a distinct field that was seen in a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) group: u32,
    /// Which distinct field of the lane.
    pub(crate) field: usize,
    pub(crate) value: u32,
}

/// Counts by number, with the numbers that were touched, in order.
#[derive(Debug, Default)]
struct Counters {
    counts: Vec<u32>,
    touched: Vec<u32>,
}

impl Counters {
    /// Adds to a number's count; nothing for [`UNSET`].
    #[inline]
    fn add(&mut self, id: u32, more: u32) {
        if let Some(count) = self.counts.get_mut(index(id)) {
            if *count == 0 {
                self.touched.push(id);
            }
            *count = count.saturating_add(more);
        } else if id != UNSET {
            self.grow(id);
            self.add(id, more);
        }
    }

    /// Makes room for a number; doubling, so that a growing dictionary costs each of its texts once.
    #[cold]
    fn grow(&mut self, id: u32) {
        self.counts.resize((index(id) + 1).next_power_of_two(), 0);
    }

    /// Hands over what was touched, in the order of its first appearance, and starts anew.
    fn drain(&mut self, mut visit: impl FnMut(u32, u32)) {
        for id in self.touched.drain(..) {
            if let Some(count) = self.counts.get_mut(index(id)) {
                visit(id, std::mem::take(count));
            }
        }
    }
}

/// One lane's counters for the run at hand, and what the closed runs came to.
#[derive(Debug)]
pub(crate) struct Tally {
    groups: Counters,
    measures: Vec<Measure>,
    /// The groups and codes of the sketches, paired unless there is but one group.
    codes: Pairs,
    buckets: Counters,
    /// For each distinct field, the groups and values, paired unless there is but one group.
    distinct: Vec<(Pairs, Counters)>,
    pub(crate) parts: Parts,
}

/// What closed runs came to, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) groups: Vec<u32>,
    pub(crate) counts: Vec<u32>,
    /// For each group, one for every measured field of the lane.
    pub(crate) measures: Vec<Measure>,
    pub(crate) buckets: Vec<Bucket>,
    pub(crate) seen: Vec<Seen>,
}

/// How far a run reaches into [`Parts`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ends {
    pub(crate) groups: usize,
    pub(crate) buckets: usize,
    pub(crate) seen: usize,
}

impl Tally {
    pub(crate) fn new(lane: &Lane) -> Self {
        Self {
            groups: Counters::default(),
            measures: Vec::new(),
            codes: Pairs::new(),
            buckets: Counters::default(),
            distinct: lane.distinct.iter().map(|_| (Pairs::new(), Counters::default())).collect(),
            parts: Parts::default(),
        }
    }

    /// Forgets the closed runs and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.parts.groups.clear();
        self.parts.counts.clear();
        self.parts.measures.clear();
        self.parts.buckets.clear();
        self.parts.seen.clear();
    }

    /// Whether it remembers more than `pairs_max` pairs.
    pub(crate) fn is_fuller_than(&self, pairs_max: usize) -> bool {
        self.codes.len() > pairs_max
            || self.distinct.iter().any(|(pairs, _)| pairs.len() > pairs_max)
    }

    /// Forgets the pairs, whose groups got other numbers.
    pub(crate) fn forget(&mut self) {
        self.codes.clear();
        self.distinct.iter_mut().for_each(|(pairs, _)| pairs.clear());
    }

    /// Counts some of a block's records, which are numbered in all sources of the lane.
    pub(crate) fn push(&mut self, lane: &Lane, keys: &Keys, records: &[Record<'_>], rows: Rows) {
        let groups = keys.ids(lane.group);
        if lane.group == Source::Whole {
            self.groups.add(0, rows.count());
        } else {
            rows.ids(groups).for_each(|(_, group)| self.groups.add(group, 1));
        }
        if !lane.measured.is_empty() {
            self.measure(lane, groups, records, rows);
        }
        for (sketch, &field) in (0..).zip(&lane.sketched) {
            for (row, record) in rows.of(records) {
                let group = groups.get(row).copied().unwrap_or(UNSET);
                if let Some(value) = record.integer(field).filter(|_| group != UNSET) {
                    let code = sketch << BUCKET_BITS | quantile::bucket(value);
                    let whole = lane.group == Source::Whole;
                    let id = if whole { code } else { self.codes.intern(group, code) };
                    self.buckets.add(id, 1);
                }
            }
        }
        for ((pairs, counters), &(_, source)) in self.distinct.iter_mut().zip(&lane.distinct) {
            for ((_, group), (_, value)) in rows.ids(groups).zip(rows.ids(keys.ids(source))) {
                if group == UNSET || value == UNSET || Keys::is_absent(source, value) {
                    continue;
                }
                let whole = lane.group == Source::Whole;
                counters.add(if whole { value } else { pairs.intern(group, value) }, 1);
            }
        }
    }

    fn measure(&mut self, lane: &Lane, groups: &Ids, records: &[Record<'_>], rows: Rows) {
        let stride = lane.measured.len();
        for ((_, record), (_, group)) in rows.of(records).zip(rows.ids(groups)) {
            if group == UNSET {
                continue;
            }
            let from = index(group) * stride;
            if from + stride > self.measures.len() {
                self.measures.resize((from + stride).next_power_of_two(), Measure::NONE);
            }
            let measures = self.measures.get_mut(from..from + stride).unwrap_or_default();
            for (measure, &field) in measures.iter_mut().zip(&lane.measured) {
                if let Some(value) = record.integer(field) {
                    measure.add(value);
                }
            }
        }
    }

    /// Closes a run of so many lines, and says how far it reaches.
    pub(crate) fn close(&mut self, lane: &Lane, lines: u32) -> Ends {
        let Self { groups, measures, codes, buckets, distinct, parts } = self;
        let whole = lane.group == Source::Whole;
        if lane.only_counts_lines() {
            parts.groups.push(0);
            parts.counts.push(lines);
        }
        let stride = lane.measured.len();
        groups.drain(|group, count| {
            parts.groups.push(group);
            parts.counts.push(count);
            if stride > 0 {
                let from = index(group) * stride;
                let run = measures.get_mut(from..from + stride).unwrap_or_default();
                parts.measures.extend_from_slice(run);
                run.fill(Measure::NONE);
            }
        });
        buckets.drain(|id, count| {
            let (group, code) = if whole { (0, id) } else { codes.get(id) };
            parts.buckets.push(Bucket { group, code, count });
        });
        for (field, (pairs, counters)) in distinct.iter_mut().enumerate() {
            counters.drain(|id, _| {
                let (group, value) = if whole { (0, id) } else { pairs.get(id) };
                parts.seen.push(Seen { group, field, value });
            });
        }
        Ends { groups: parts.groups.len(), buckets: parts.buckets.len(), seen: parts.seen.len() }
    }
}
