//! Numbers and how often each is there: the running counts of a sliding window.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

/// The slots of an empty table; a power of two.
const SLOTS_MIN: usize = 16;

/// An open-addressed table from which keys can be taken again. A slot is empty where its count is
/// zero.
#[derive(Debug)]
pub(crate) struct Multiset {
    slots: Vec<(u64, u64)>,
    used: usize,
    /// An odd multiplier of this table's own, so that nobody can choose keys that collide.
    multiplier: u64,
}

impl Multiset {
    pub(crate) fn new() -> Self {
        let multiplier = RandomState::default().build_hasher().finish() | 1;
        Self { slots: vec![(0, 0); SLOTS_MIN], used: 0, multiplier }
    }

    /// Takes everything away, and the memory of a table that has become much too large.
    pub(crate) fn clear(&mut self) {
        self.slots.truncate((self.used * 4).next_power_of_two().max(SLOTS_MIN));
        self.slots.shrink_to_fit();
        self.slots.fill((0, 0));
        self.used = 0;
    }

    #[inline]
    const fn home(&self, key: u64) -> usize {
        (key.wrapping_mul(self.multiplier) >> 32) as usize & (self.slots.len() - 1)
    }

    /// The slot of a key, or the one that it would take.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "hot: every index is masked to the table's length")]
    fn find(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = self.home(key);
        while self.slots[at].1 != 0 && self.slots[at].0 != key {
            at = (at + 1) & mask;
        }
        at
    }

    /// Adds a key `count` times, at least once; whether it was not there.
    #[inline]
    pub(crate) fn add(&mut self, key: u64, count: u64) -> bool {
        let at = self.find(key);
        let Some(slot) = self.slots.get_mut(at) else {
            return false;
        };
        let is_new = slot.1 == 0;
        *slot = (key, slot.1 + count);
        if is_new {
            self.used += 1;
            if self.used * 2 > self.slots.len() {
                self.grow();
            }
        }
        is_new
    }

    #[cold]
    fn grow(&mut self) {
        let grown = vec![(0, 0); self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, grown);
        for (key, count) in old.into_iter().filter(|&(_, count)| count > 0) {
            let at = self.find(key);
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = (key, count);
            }
        }
    }

    /// Takes a key away `count` times; whether it is gone with that.
    #[inline]
    pub(crate) fn remove(&mut self, key: u64, count: u64) -> bool {
        let at = self.find(key);
        let Some(slot) = self.slots.get_mut(at).filter(|slot| slot.1 > 0) else {
            return false;
        };
        slot.1 = slot.1.saturating_sub(count);
        let is_gone = slot.1 == 0;
        if is_gone {
            self.used -= 1;
            self.close_gap(at);
        }
        is_gone
    }

    /// Moves back what was pushed behind a slot that is empty now: deletion without tombstones
    /// (Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithm R).
    #[expect(clippy::indexing_slicing, reason = "hot: every index is masked to the table's length")]
    fn close_gap(&mut self, mut gap: usize) {
        let mask = self.slots.len() - 1;
        let mut at = (gap + 1) & mask;
        while self.slots[at].1 != 0 {
            let home = self.home(self.slots[at].0);
            // Whether the gap lies between its home and where it is.
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(gap) & mask) {
                self.slots[gap] = self.slots[at];
                self.slots[at] = (0, 0);
                gap = at;
            }
            at = (at + 1) & mask;
        }
    }

    /// Every key and how often it is there, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.slots.iter().copied().filter(|&(_, count)| count > 0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map_of_counts(
            steps in prop::collection::vec((any::<bool>(), 0..60_u64, 1..4_u64), 0..400),
        ) {
            let mut table = Multiset::new();
            let mut naive: BTreeMap<u64, u64> = BTreeMap::new();
            for (adds, key, count) in steps {
                let key = key << 40;
                let had = naive.get(&key).copied().unwrap_or(0);
                if adds {
                    prop_assert_eq!(table.add(key, count), had == 0);
                    naive.insert(key, had + count);
                } else {
                    let left = had.saturating_sub(count);
                    prop_assert_eq!(table.remove(key, count), had > 0 && left == 0);
                    if left == 0 {
                        naive.remove(&key);
                    } else {
                        naive.insert(key, left);
                    }
                }
                prop_assert_eq!(table.iter().collect::<BTreeMap<_, _>>(), naive.clone());
            }
            table.clear();
            prop_assert_eq!(table.iter().count(), 0);
        }
    }
}
