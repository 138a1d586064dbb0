//! A lane's groups: their keys, numbered.

use super::intern::{Dictionary, UNSET, index};
use super::rows::TextBlock;
use super::sketch::distinct;
use crate::record::to_text;

/// The bytes that say how long a text of a key is.
const LENGTH_BYTES: usize = 4;

/// The groups that a lane tells apart.
#[derive(Debug)]
pub(crate) struct Groups {
    /// Keys, each as its texts with their lengths in front.
    keys: Dictionary,
    /// Whether a group's key was too long and is cut.
    cut: Vec<bool>,
    hashes: Vec<u64>,
}

/// A key that is being put together.
#[derive(Debug, Default)]
pub(crate) struct Key {
    bytes: Vec<u8>,
    cut: bool,
}

impl Key {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.cut = false;
    }

    /// Adds a text: as UTF-8, of at most `bytes_max` bytes.
    pub(crate) fn push(&mut self, text: &[u8], bytes_max: usize) {
        let text = to_text(text);
        let kept = text.get(..text.floor_char_boundary(bytes_max)).unwrap_or_default();
        self.cut |= kept.len() < text.len();
        let length = u32::try_from(kept.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(kept.as_bytes());
    }
}

impl Groups {
    pub(crate) fn new() -> Self {
        Self { keys: Dictionary::new(), cut: Vec::new(), hashes: Vec::new() }
    }

    pub(crate) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// The group of a key that is there. Keys that are cut to the same text share their group.
    pub(crate) fn find(&mut self, key: &Key) -> Option<u32> {
        let group = self.keys.find(&key.bytes)?;
        if let Some(cut) = self.cut.get_mut(index(group)) {
            *cut |= key.cut;
        }
        Some(group)
    }

    /// Adds a key that is not there.
    pub(crate) fn add(&mut self, key: &Key) -> u32 {
        self.add_bytes(&key.bytes, key.cut)
    }

    fn add_bytes(&mut self, bytes: &[u8], cut: bool) -> u32 {
        let group = self.keys.intern(bytes);
        if index(group) == self.cut.len() {
            self.cut.push(cut);
            self.hashes.push(distinct::hash(bytes));
        }
        group
    }

    pub(crate) fn is_cut(&self, group: u32) -> bool {
        self.cut.get(index(group)).copied().unwrap_or(false)
    }

    /// A hash of the key, the same in every lane and every run of the program.
    pub(crate) fn hash(&self, group: u32) -> u64 {
        self.hashes.get(index(group)).copied().unwrap_or(0)
    }

    /// Adds the texts of a group's key to `texts`.
    pub(crate) fn write(&self, group: u32, texts: &mut TextBlock) {
        let mut rest = self.keys.get(group);
        while let Some((length, after)) = rest.split_first_chunk::<LENGTH_BYTES>() {
            let length = index(u32::from_le_bytes(*length)).min(after.len());
            let (text, behind) = after.split_at(length);
            texts.push(text);
            rest = behind;
        }
    }

    /// Forgets the groups that are not live, and says which numbers the others have now.
    pub(crate) fn retain(&mut self, live: &[bool]) -> Vec<u32> {
        let old = std::mem::replace(self, Self::new());
        (0..)
            .zip(live)
            .map(
                |(group, &live)| {
                    if live {
                        self.add_bytes(old.keys.get(group), old.is_cut(group))
                    } else {
                        UNSET
                    }
                },
            )
            .collect()
    }
}
