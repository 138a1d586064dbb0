//! A lane: the cells of the seconds that its windows need, its groups, and its running totals.

use std::collections::VecDeque;

use super::cell::{Cell, Value};
use super::digest::Digest;
use super::groups::{Groups, Key};
use super::intern::{UNSET, index};
use super::limits::Limits;
use super::link::Link;
use super::plan::{Lane, Source};
use super::sketch::distinct;
use super::tally::{Bucket, Ends, Measure, Tally};
use super::window::{View, within};
use crate::clock::Timestamp;

/// How many dropped cells are kept for their memory.
const SPARE_CELLS_MAX: usize = 4;

/// How many groups there may be before it is worth forgetting those that no cell has.
const COLLECT_MIN: usize = 1_024;

/// The share of `distinct_max` under which the sampling of new cells becomes finer again.
const FINER_BELOW: usize = 4;

/// A run's part of a digest.
#[derive(Clone, Copy)]
struct Incoming<'digest> {
    digest: &'digest Digest,
    tally: &'digest Tally,
    start: Ends,
    end: Ends,
}

/// The state of a lane.
#[derive(Debug)]
pub(crate) struct LaneState {
    /// The seconds that have lines, in order.
    pub(crate) cells: VecDeque<Cell>,
    pub(crate) groups: Groups,
    pub(crate) views: Vec<View>,
    /// The bytes of all cells' groups and buckets.
    bytes: usize,
    /// The values of all cells.
    values: usize,
    /// The level at which new cells sample their values.
    level: u8,
    /// The last second that lines were left out of,
    lossy_until: i64,
    /// and the last one whose values are sampled.
    sampled_until: i64,
    /// How often the groups were numbered anew.
    generation: u64,
    /// How many groups there must be before the next look for dead ones.
    collect_at: usize,
    /// Whether cells were dropped since the last look, so that another may find something.
    dropped: bool,
    spare: Vec<Cell>,
    /// Scratch: [`UNSET`] for every group.
    places: Vec<u32>,
    key: Key,
}

impl LaneState {
    pub(crate) fn new(lane: &Lane) -> Self {
        let view = |&window| View::new(lane, window);
        Self {
            cells: VecDeque::new(),
            groups: Groups::new(),
            views: lane.windows.iter().map(view).collect(),
            bytes: 0,
            values: 0,
            level: 0,
            lossy_until: i64::MIN,
            sampled_until: i64::MIN,
            generation: 0,
            collect_at: COLLECT_MIN,
            dropped: false,
            spare: Vec::new(),
            places: Vec::new(),
            key: Key::default(),
        }
    }

    /// Adds a run's part.
    pub(crate) fn absorb(
        &mut self,
        index: usize,
        lane: &Lane,
        limits: &Limits,
        link: &mut Link,
        (digest, run, second): (&Digest, usize, i64),
    ) {
        let Some((tally, start, end)) = digest.part(run, index) else {
            return;
        };
        if start.groups == end.groups {
            return;
        }
        let at = self.cell_at(second);
        let Some(cell) = self.cells.get(at) else {
            return;
        };
        let (marks, level) = (cell.marks(), cell.level);
        let part = Incoming { digest, tally, start, end };
        self.take_groups(at, lane, limits, link, &part);
        self.take_values(at, lane, limits, link, &part);
        let Some(cell) = self.cells.get(at) else {
            return;
        };
        if cell.lossy {
            self.lossy_until = self.lossy_until.max(second);
        }
        for view in self.views.iter_mut().filter(|view| view.holds(second)) {
            if level > view.level {
                view.reset();
            } else {
                view.enter(cell.since(marks));
            }
        }
        if cell.wants_compaction() {
            self.compact(at);
        }
        if self.values > limits.distinct_max {
            self.sample(limits);
        }
    }

    /// Adds the groups and their sketches.
    fn take_groups(
        &mut self,
        at: usize,
        lane: &Lane,
        limits: &Limits,
        link: &mut Link,
        part: &Incoming<'_>,
    ) {
        let Incoming { digest, tally, start, end } = *part;
        let stride = lane.measured.len();
        let group_bytes = size_of::<(u32, u32)>() + stride * size_of::<Measure>();
        let groups = tally.parts.groups.get(start.groups..end.groups).unwrap_or_default();
        for (entry, &local) in (start.groups..).zip(groups) {
            let group = self.group(lane, limits, link, digest, local);
            // The one group of an undivided lane takes next to nothing, whatever the window.
            let fits = lane.group == Source::Whole || self.fits(group_bytes, limits);
            let Some(cell) = self.cells.get_mut(at) else {
                return;
            };
            let (Some(group), true) = (group, fits) else {
                cell.lossy = true;
                continue;
            };
            let count = tally.parts.counts.get(entry).copied().unwrap_or(0);
            cell.groups.push((group, count));
            if stride > 0 {
                let measures = tally.parts.measures.get(entry * stride..(entry + 1) * stride);
                cell.measures.extend_from_slice(measures.unwrap_or_default());
            }
            self.bytes += group_bytes;
        }
        let buckets = tally.parts.buckets.get(start.buckets..end.buckets).unwrap_or_default();
        for bucket in buckets {
            let group = self.group(lane, limits, link, digest, bucket.group);
            let fits = self.fits(size_of::<Bucket>(), limits);
            let Some(cell) = self.cells.get_mut(at) else {
                return;
            };
            match group.filter(|_| fits) {
                Some(group) => {
                    cell.buckets.push(Bucket { group, ..*bucket });
                    self.bytes += size_of::<Bucket>();
                }
                None => cell.lossy = true,
            }
        }
    }

    const fn fits(&self, bytes: usize, limits: &Limits) -> bool {
        self.bytes + bytes <= limits.cell_bytes_max
    }

    /// Adds the distinct values.
    fn take_values(
        &mut self,
        at: usize,
        lane: &Lane,
        limits: &Limits,
        link: &mut Link,
        part: &Incoming<'_>,
    ) {
        let Incoming { digest, tally, start, end } = *part;
        let seen = tally.parts.seen.get(start.seen..end.seen).unwrap_or_default();
        for value in seen {
            let Some(group) = self.group(lane, limits, link, digest, value.group) else {
                continue;
            };
            let text = link.value(lane, digest, value);
            let field = u32::try_from(value.field).unwrap_or(UNSET);
            let hash = distinct::hash_within(self.groups.hash(group), field, text);
            let Some(cell) = self.cells.get_mut(at) else {
                return;
            };
            if distinct::is_sampled(hash, cell.level) {
                cell.values.push(Value { hash, group, field });
                self.values += 1;
            }
        }
    }

    /// The place of a second's cell, which is made if it is not there.
    fn cell_at(&mut self, second: i64) -> usize {
        let at = match self.cells.back() {
            Some(last) if last.second == second => return self.cells.len() - 1,
            Some(last) if last.second > second => {
                match self.cells.binary_search_by_key(&second, |cell| cell.second) {
                    Ok(at) => return at,
                    Err(at) => at,
                }
            }
            _ => self.cells.len(),
        };
        let mut cell = self.spare.pop().unwrap_or_default();
        cell.reset(second, self.level);
        if self.level > 0 {
            self.sampled_until = self.sampled_until.max(second);
        }
        self.cells.insert(at, cell);
        at
    }

    /// The group of a digest's number; `None` where there are too many.
    #[inline]
    fn group(
        &mut self,
        lane: &Lane,
        limits: &Limits,
        link: &mut Link,
        digest: &Digest,
        local: u32,
    ) -> Option<u32> {
        match link.group(self.generation, local) {
            Some(group) => Some(group),
            None => self.new_group(lane, limits, link, digest, local),
        }
    }

    #[cold]
    fn new_group(
        &mut self,
        lane: &Lane,
        limits: &Limits,
        link: &mut Link,
        digest: &Digest,
        local: u32,
    ) -> Option<u32> {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        digest.keys().visit(digest.plan(), lane.group, local, &mut |text| {
            key.push(text, limits.key_bytes_max);
        });
        let mut group = self.groups.find(&key);
        if group.is_none() {
            if self.groups.len() >= limits.groups_max && self.dropped {
                self.collect();
            }
            if self.groups.len() < limits.groups_max {
                group = Some(self.groups.add(&key));
                self.places.resize(self.groups.len(), UNSET);
            }
        }
        self.key = key;
        if let Some(group) = group {
            link.keep_group(self.generation, local, group);
        }
        group
    }

    /// Merges the equal entries of a cell. Views count entries, so they let go of the cell meanwhile.
    fn compact(&mut self, at: usize) {
        let Some(cell) = self.cells.get_mut(at) else {
            return;
        };
        let holding = |view: &&mut View| view.holds(cell.second);
        self.views.iter_mut().filter(holding).for_each(|view| view.leave(cell.whole()));
        let before = (cell.bytes(), cell.values.len());
        cell.compact(&mut self.places);
        self.bytes -= before.0 - cell.bytes();
        self.values -= before.1 - cell.values.len();
        let holding = |view: &&mut View| view.holds(cell.second);
        self.views.iter_mut().filter(holding).for_each(|view| view.enter(cell.whole()));
    }

    /// Samples coarser until the values fit. They are compacted first, so that what is sampled does
    /// not depend on how the lines were batched.
    fn sample(&mut self, limits: &Limits) {
        for at in 0..self.cells.len() {
            self.compact(at);
        }
        while self.values > limits.distinct_max && self.level < distinct::LEVEL_MAX {
            self.level += 1;
            for cell in &mut self.cells {
                cell.sample(self.level);
            }
            let last = self.cells.back().map_or(i64::MIN, |cell| cell.second);
            self.sampled_until = self.sampled_until.max(last);
            self.values = self.cells.iter().map(|cell| cell.values.len()).sum();
            self.views.iter_mut().for_each(View::reset);
        }
    }

    /// Frees what no window that ends at `now` or later needs.
    pub(crate) fn evict(&mut self, lane: &Lane, limits: &Limits, now: Timestamp) {
        let oldest = now.minus(lane.horizon()).secs();
        while let Some(cell) = self.cells.pop_front_if(|cell| cell.second <= oldest) {
            self.views.iter_mut().for_each(|view| view.drop_cell(&cell));
            self.bytes -= cell.bytes();
            self.values -= cell.values.len();
            self.dropped = true;
            if self.spare.len() < SPARE_CELLS_MAX {
                self.spare.push(cell);
            }
        }
        if self.level > 0 && self.values < limits.distinct_max / FINER_BELOW {
            self.level -= 1;
        }
        if self.dropped && self.groups.len() >= self.collect_at {
            self.collect();
        }
    }

    /// Forgets the groups that no cell has any more, and numbers the others anew.
    fn collect(&mut self) {
        let mut live = vec![false; self.groups.len()];
        for cell in &self.cells {
            for &(group, _) in &cell.groups {
                if let Some(live) = live.get_mut(index(group)) {
                    *live = true;
                }
            }
        }
        self.dropped = false;
        let live_groups = live.iter().filter(|&&live| live).count();
        self.collect_at = COLLECT_MIN.max(live_groups * 2);
        if live_groups == live.len() {
            return;
        }
        let renumbered = self.groups.retain(&live);
        let number = |group: &mut u32| {
            *group = renumbered.get(index(*group)).copied().unwrap_or(UNSET);
        };
        for cell in &mut self.cells {
            cell.groups.iter_mut().for_each(|(group, _)| number(group));
            cell.buckets.iter_mut().for_each(|bucket| number(&mut bucket.group));
            cell.values.iter_mut().for_each(|value| number(&mut value.group));
        }
        self.views.iter_mut().for_each(View::reset);
        self.places.truncate(self.groups.len());
        self.generation += 1;
    }

    /// Whether a second after `after` may sample its values.
    pub(crate) const fn is_sampled_after(&self, after: i64) -> bool {
        self.sampled_until > after
    }

    /// Whether lines were left out of a second after `after`, up to `up_to`.
    pub(crate) fn is_lossy_within(&self, after: i64, up_to: i64) -> bool {
        self.lossy_until > after && within(&self.cells, after, up_to).any(|cell| cell.lossy)
    }

    /// Scratch with [`UNSET`] for every group, to be given back like that.
    pub(crate) const fn places(&mut self) -> &mut Vec<u32> {
        &mut self.places
    }
}
