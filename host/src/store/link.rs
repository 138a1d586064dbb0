//! What a lane knows of a digest: its own numbers for the digest's, so that a text is looked up once
//! and not in every run.

use super::digest::Digest;
use super::intern::{UNSET, index};
use super::plan::{Lane, Source};
use super::sketch::distinct;
use super::tally::Seen;

/// What a lane knows of a digest's numbers.
#[derive(Debug, Default)]
pub(crate) struct Link {
    /// Since when the lane's groups have their numbers.
    generation: u64,
    /// The lane's groups by the digest's numbers.
    groups: Vec<u32>,
    /// For each distinct field, the hashes of its values by the digest's numbers; 0 where they are
    /// not known yet.
    values: Vec<Vec<u64>>,
}

impl Link {
    pub(crate) fn clear(&mut self) {
        self.groups.clear();
        self.values.clear();
    }

    /// The lane's group for a digest's number, if it is known and still holds.
    #[inline]
    pub(crate) fn group(&self, generation: u64, local: u32) -> Option<u32> {
        let group = self.groups.get(index(local)).copied().filter(|&group| group != UNSET)?;
        (self.generation == generation).then_some(group)
    }

    /// Keeps a group; those of an earlier generation are forgotten.
    pub(crate) fn keep_group(&mut self, generation: u64, local: u32, group: u32) {
        if self.generation != generation {
            self.groups.clear();
            self.generation = generation;
        }
        keep(&mut self.groups, local, group, UNSET);
    }

    /// The hash of a value of a distinct field.
    #[inline]
    pub(crate) fn value(&mut self, lane: &Lane, digest: &Digest, seen: &Seen) -> u64 {
        let known = self.values.get(seen.field).and_then(|hashes| hashes.get(index(seen.value)));
        match known {
            Some(&hash) if hash != 0 => hash,
            _ => self.new_value(lane, digest, seen),
        }
    }

    #[cold]
    fn new_value(&mut self, lane: &Lane, digest: &Digest, seen: &Seen) -> u64 {
        let source = lane.distinct.get(seen.field).map_or(Source::Whole, |&(_, source)| source);
        let hash = distinct::hash(digest.keys().text(source, seen.value));
        self.values.resize_with(lane.distinct.len(), Vec::new);
        if let Some(hashes) = self.values.get_mut(seen.field) {
            keep(hashes, seen.value, hash, 0);
        }
        hash
    }
}

/// Puts a value at a number's place, with `nothing` at those that are not known yet.
fn keep<T: Copy>(values: &mut Vec<T>, number: u32, value: T, nothing: T) {
    if index(number) >= values.len() {
        values.resize((index(number) + 1).next_power_of_two(), nothing);
    }
    if let Some(known) = values.get_mut(index(number)) {
        *known = value;
    }
}
