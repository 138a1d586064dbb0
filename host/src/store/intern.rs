//! Texts and pairs of numbers -> small dense numbers.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

/// No id: what a cache holds where nothing is known yet.
pub(crate) const UNSET: u32 = u32::MAX;

/// The slots of an empty table; a power of two.
const SLOTS_MIN: usize = 64;

/// An open-addressed table of ids. A slot holds an id and half of its key's hash, so that probing
/// seldom looks at a key that is not the one; it is empty where the id is [`UNSET`].
#[derive(Debug)]
struct Slots {
    slots: Vec<(u32, u32)>,
    used: usize,
}

/// The half of a hash that a slot keeps. The other half chooses the slot.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
const fn tag(hash: u64) -> u32 {
    hash as u32
}

impl Slots {
    fn new() -> Self {
        Self { slots: vec![(0, UNSET); SLOTS_MIN], used: 0 }
    }

    fn clear(&mut self) {
        self.slots.fill((0, UNSET));
        self.used = 0;
    }

    const fn home(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.slots.len() - 1)
    }

    /// The id with that hash for which `is_key` holds, or else the slot for a new one.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "hot: every index is masked to the table's length")]
    fn find(&self, hash: u64, is_key: impl Fn(u32) -> bool) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut at = self.home(hash);
        loop {
            let (found, id) = self.slots[at];
            if id == UNSET {
                return Err(at);
            }
            if found == tag(hash) && is_key(id) {
                return Ok(id);
            }
            at = (at + 1) & mask;
        }
    }

    /// Fills the slot that [`Self::find`] named; `hash_of` an id is asked where the table grows.
    fn fill(&mut self, slot: usize, hash: u64, id: u32, hash_of: impl Fn(u32) -> u64) {
        if let Some(empty) = self.slots.get_mut(slot) {
            *empty = (tag(hash), id);
            self.used += 1;
        }
        // At most half full: probes stay short.
        if self.used * 2 > self.slots.len() {
            let grown = vec![(0, UNSET); self.slots.len() * 2];
            let old = std::mem::replace(&mut self.slots, grown);
            for (_, id) in old.into_iter().filter(|&(_, id)| id != UNSET) {
                let hash = hash_of(id);
                if let Err(slot) = self.find(hash, |_| false)
                    && let Some(empty) = self.slots.get_mut(slot)
                {
                    *empty = (tag(hash), id);
                }
            }
        }
    }
}

/// How many short texts are remembered with their ids; a power of two.
const RECENT: usize = 512;

/// A text of at most 16 bytes as numbers, which are compared without a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Short {
    /// The first bytes and the last ones, which overlap as the length says.
    first: u64,
    last: u64,
    length: u32,
}

impl Short {
    #[inline]
    fn of(text: &[u8]) -> Option<Self> {
        let length = u32::try_from(text.len()).ok().filter(|&length| length <= 16)?;
        let (first, last) = match (text.first_chunk(), text.last_chunk()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => Self::ends_of_few(text),
        };
        Some(Self { first, last, length })
    }

    /// The first and last bytes of fewer than eight.
    #[inline]
    fn ends_of_few(text: &[u8]) -> (u64, u64) {
        if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            return (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into());
        }
        let byte = |at: usize| text.get(at).copied().map_or(0, u64::from);
        (byte(0) | byte(1) << 8, byte(2))
    }

    /// Where it is remembered: multiplicative hashing, as in [`hash_of_pair`].
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "few bits are left")]
    const fn place(self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29) ^ self.length as u64).wrapping_mul(MIX);
        (mixed >> (u64::BITS - RECENT.ilog2())) as usize
    }
}

/// 2^64 divided by the golden ratio, odd.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

/// A short text that was looked up, and its id; none where the id is [`UNSET`].
#[derive(Clone, Copy, Debug)]
struct Recent {
    text: Short,
    id: u32,
}

impl Recent {
    const NONE: Self = Self { text: Short { first: 0, last: 0, length: 0 }, id: UNSET };
}

/// Texts, each once, numbered in the order of their first appearance; their bytes lie in one block.
#[derive(Debug)]
pub(crate) struct Dictionary {
    slots: Slots,
    hasher: RandomState,
    bytes: Vec<u8>,
    /// Where each text ends.
    ends: Vec<u32>,
    recent: Vec<Recent>,
}

impl Dictionary {
    pub(crate) fn new() -> Self {
        let hasher = RandomState::default();
        let recent = vec![Recent::NONE; RECENT];
        Self { slots: Slots::new(), hasher, bytes: Vec::new(), ends: Vec::new(), recent }
    }

    /// Forgets every text and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
        self.bytes.clear();
        self.ends.clear();
        self.recent.fill(Recent::NONE);
    }

    /// How many texts there are.
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many bytes they have together.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The text of an id.
    #[inline]
    pub(crate) fn get(&self, id: u32) -> &[u8] {
        text_of(&self.bytes, &self.ends, id)
    }

    #[inline]
    fn hash(&self, text: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(text);
        hasher.finish()
    }

    /// The id of a text that is there.
    pub(crate) fn find(&self, text: &[u8]) -> Option<u32> {
        self.slots.find(self.hash(text), |id| self.get(id) == text).ok()
    }

    /// The id of a text, which is added if it is not there. [`UNSET`] where there is no room: 4 GiB
    /// of texts or ids.
    #[inline]
    pub(crate) fn intern(&mut self, text: &[u8]) -> u32 {
        let Some(short) = Short::of(text) else {
            return self.intern_any(text);
        };
        let place = short.place();
        match self.recent.get(place) {
            Some(recent) if recent.text == short && recent.id != UNSET => recent.id,
            _ => self.intern_short(text, short, place),
        }
    }

    fn intern_short(&mut self, text: &[u8], short: Short, place: usize) -> u32 {
        let id = self.intern_any(text);
        if let Some(recent) = self.recent.get_mut(place) {
            *recent = Recent { text: short, id };
        }
        id
    }

    fn intern_any(&mut self, text: &[u8]) -> u32 {
        let hash = self.hash(text);
        match self.slots.find(hash, |id| self.get(id) == text) {
            Ok(id) => id,
            Err(slot) => self.add(text, hash, slot),
        }
    }

    #[cold]
    fn add(&mut self, text: &[u8], hash: u64, slot: usize) -> u32 {
        let end = u32::try_from(self.bytes.len() + text.len());
        let (Ok(end), Ok(id)) = (end, u32::try_from(self.ends.len())) else {
            return UNSET;
        };
        self.bytes.extend_from_slice(text);
        self.ends.push(end);
        let Self { slots, hasher, bytes, ends, .. } = self;
        slots.fill(slot, hash, id, |id| {
            let mut hasher = hasher.build_hasher();
            hasher.write(text_of(bytes, ends, id));
            hasher.finish()
        });
        id
    }
}

#[inline]
fn text_of<'bytes>(bytes: &'bytes [u8], ends: &[u32], id: u32) -> &'bytes [u8] {
    let id = index(id);
    let end = ends.get(id).map_or(0, |&end| index(end));
    let start = id.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |&end| index(end));
    bytes.get(start..end).unwrap_or_default()
}

/// An id as an index.
#[inline]
pub(crate) const fn index(id: u32) -> usize {
    id as usize
}

/// Pairs of numbers, each once, numbered in the order of their first appearance.
#[derive(Debug)]
pub(crate) struct Pairs {
    slots: Slots,
    /// An odd multiplier of this table's own, so that nobody can choose pairs that collide.
    multiplier: u64,
    keys: Vec<(u32, u32)>,
}

/// Multiplicative hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4): the
/// upper half of the product depends on all bits of the key, and comes to lie in the lower half.
#[inline]
const fn hash_of_pair((one, other): (u32, u32), multiplier: u64) -> u64 {
    let key = (one as u64) << 32 | other as u64;
    let product = (key ^ key >> 29).wrapping_mul(multiplier);
    (product ^ product >> 32).wrapping_mul(multiplier)
}

impl Pairs {
    pub(crate) fn new() -> Self {
        let multiplier = RandomState::default().build_hasher().finish() | 1;
        Self { slots: Slots::new(), multiplier, keys: Vec::new() }
    }

    /// Forgets every pair and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
        self.keys.clear();
    }

    /// How many pairs there are.
    pub(crate) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// The pair of an id.
    #[inline]
    pub(crate) fn get(&self, id: u32) -> (u32, u32) {
        self.keys.get(index(id)).copied().unwrap_or_default()
    }

    /// The id of a pair, which is added if it is not there; [`UNSET`] where there is no room.
    #[inline]
    pub(crate) fn intern(&mut self, one: u32, other: u32) -> u32 {
        let hash = hash_of_pair((one, other), self.multiplier);
        match self.slots.find(hash, |id| self.get(id) == (one, other)) {
            Ok(id) => id,
            Err(slot) => self.add((one, other), hash, slot),
        }
    }

    #[cold]
    fn add(&mut self, pair: (u32, u32), hash: u64, slot: usize) -> u32 {
        let Some(id) = u32::try_from(self.keys.len()).ok().filter(|&id| id != UNSET) else {
            return UNSET;
        };
        self.keys.push(pair);
        let Self { slots, multiplier, keys } = self;
        slots.fill(slot, hash, id, |id| {
            hash_of_pair(keys.get(index(id)).copied().unwrap_or_default(), *multiplier)
        });
        id
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_keeps_its_first_number(texts in prop::collection::vec("[a-c]{0,4}|[ab]{5,18}", 0..600)) {
            let mut dictionary = Dictionary::new();
            let mut naive = HashMap::new();
            for text in &texts {
                let next = u32::try_from(naive.len()).expect("few");
                let expected = *naive.entry(text.clone()).or_insert(next);
                let id = dictionary.intern(text.as_bytes());
                prop_assert_eq!(id, expected);
                prop_assert_eq!(dictionary.get(id), text.as_bytes());
            }
            prop_assert_eq!(dictionary.len(), naive.len());
            prop_assert_eq!(dictionary.find(b"not there"), None);
            dictionary.clear();
            prop_assert_eq!(dictionary.intern(b"anything"), 0);
        }

        #[test]
        fn a_pair_keeps_its_first_number(pairs in prop::collection::vec((0..30_u32, 0..30_u32), 0..900)) {
            let mut table = Pairs::new();
            let mut naive = HashMap::new();
            for &(one, other) in &pairs {
                let next = u32::try_from(naive.len()).expect("few");
                let expected = *naive.entry((one, other)).or_insert(next);
                prop_assert_eq!(table.intern(one, other), expected);
                prop_assert_eq!(table.get(expected), (one, other));
            }
            prop_assert_eq!(table.len(), naive.len());
        }
    }
}
