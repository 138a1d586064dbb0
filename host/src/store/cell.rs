//! What a lane keeps of one second.

use super::intern::{UNSET, index};
use super::sketch::distinct;
use super::tally::{Bucket, Measure};

/// How many entries a part of a cell may have before it is worth merging equal ones.
const COMPACT_MIN: usize = 16;

/// A value of a distinct field that was seen in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Value {
    /// Of the group, the field and the value.
    pub(crate) hash: u64,
    pub(crate) group: u32,
    pub(crate) field: u32,
}

/// One second. Runs are appended as they come, so that a group may be there more than once until
/// the cell is compacted; every sum over a cell is the same either way.
#[derive(Debug, Default)]
pub(crate) struct Cell {
    pub(crate) second: i64,
    /// Groups and their lines, in the order of their first appearance.
    pub(crate) groups: Vec<(u32, u32)>,
    /// For each of them, one for every measured field.
    pub(crate) measures: Vec<Measure>,
    pub(crate) buckets: Vec<Bucket>,
    pub(crate) values: Vec<Value>,
    /// Which of the values are sampled: see [`distinct`].
    pub(crate) level: u8,
    /// Whether lines were left out for lack of room.
    pub(crate) lossy: bool,
    /// How many groups, buckets and values there were after the last compaction.
    compacted: Marks,
}

/// Places in a cell's groups, buckets and values.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    groups: usize,
    buckets: usize,
    values: usize,
}

/// A stretch of a cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'cell> {
    pub(crate) groups: &'cell [(u32, u32)],
    pub(crate) measures: &'cell [Measure],
    pub(crate) buckets: &'cell [Bucket],
    pub(crate) values: &'cell [Value],
}

impl Cell {
    /// Makes it an empty cell of another second and keeps the memory.
    pub(crate) fn reset(&mut self, second: i64, level: u8) {
        self.groups.clear();
        self.measures.clear();
        self.buckets.clear();
        self.values.clear();
        (self.second, self.level, self.lossy) = (second, level, false);
        self.compacted = Marks::default();
    }

    /// Where its entries end now.
    pub(crate) const fn marks(&self) -> Marks {
        Marks { groups: self.groups.len(), buckets: self.buckets.len(), values: self.values.len() }
    }

    /// All of it.
    pub(crate) fn whole(&self) -> Part<'_> {
        self.since(Marks::default())
    }

    /// What was added since.
    pub(crate) fn since(&self, marks: Marks) -> Part<'_> {
        let stride = self.measures.len().checked_div(self.groups.len()).unwrap_or(0);
        Part {
            groups: self.groups.get(marks.groups..).unwrap_or_default(),
            measures: self.measures.get(marks.groups * stride..).unwrap_or_default(),
            buckets: self.buckets.get(marks.buckets..).unwrap_or_default(),
            values: self.values.get(marks.values..).unwrap_or_default(),
        }
    }

    /// The bytes of its groups and buckets.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.groups) + size_of_val(&*self.measures) + size_of_val(&*self.buckets)
    }

    /// Whether it has grown to more than twice of what the last compaction left, so that compacting
    /// costs each entry a constant.
    pub(crate) fn wants_compaction(&self) -> bool {
        let grown = |now: usize, before: usize| now > COMPACT_MIN.max(before * 2);
        grown(self.groups.len(), self.compacted.groups)
            || grown(self.buckets.len(), self.compacted.buckets)
            || grown(self.values.len(), self.compacted.values)
    }

    /// Merges equal entries. `places` is scratch with [`UNSET`] for every group, before and after.
    pub(crate) fn compact(&mut self, places: &mut [u32]) {
        self.compact_groups(places);
        self.buckets.sort_unstable();
        self.buckets.dedup_by(|next, kept| {
            let same = (next.group, next.code) == (kept.group, kept.code);
            if same {
                kept.count = kept.count.saturating_add(next.count);
            }
            same
        });
        self.values.sort_unstable();
        self.values.dedup();
        self.compacted = self.marks();
    }

    fn compact_groups(&mut self, places: &mut [u32]) {
        let stride = self.measures.len().checked_div(self.groups.len()).unwrap_or(0);
        let mut kept = 0;
        for from in 0..self.groups.len() {
            let Some(&(group, count)) = self.groups.get(from) else {
                break;
            };
            let Some(place) = places.get_mut(index(group)) else {
                continue;
            };
            let measures = from * stride..(from + 1) * stride;
            if *place == UNSET {
                *place = u32::try_from(kept).unwrap_or(UNSET);
                if let Some(entry) = self.groups.get_mut(kept) {
                    *entry = (group, count);
                }
                self.measures.copy_within(measures, kept * stride);
                kept += 1;
                continue;
            }
            let into = index(*place);
            if let Some(entry) = self.groups.get_mut(into) {
                entry.1 = entry.1.saturating_add(count);
            }
            let (before, behind) = self.measures.split_at_mut(measures.start);
            let merged = before.get_mut(into * stride..(into + 1) * stride).unwrap_or_default();
            for (measure, more) in merged.iter_mut().zip(behind) {
                measure.merge(more);
            }
        }
        self.groups.truncate(kept);
        self.measures.truncate(kept * stride);
        for &(group, _) in &self.groups {
            if let Some(place) = places.get_mut(index(group)) {
                *place = UNSET;
            }
        }
    }

    /// Drops the values that are not in the sample of that level.
    pub(crate) fn sample(&mut self, level: u8) {
        if level > self.level {
            self.level = level;
            self.values.retain(|value| distinct::is_sampled(value.hash, level));
            self.compacted.values = self.values.len();
        }
    }
}
