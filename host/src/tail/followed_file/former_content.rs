//! What was truncated away.

use super::super::position::Position;
use super::super::siblings::Candidate;
use super::{Span, in_file, is_at};

/// What a file was before it was truncated and filled again.
#[derive(Debug)]
pub(in super::super) struct FormerContent {
    /// Where the first byte is that was not told.
    pub(in super::super) position: Position,
    /// What is still to be read of it: from the first byte that was not told, in warm batches as far
    /// as an earlier run had read it.
    pub(in super::super) span: Span,
    /// Its first bytes.
    pub(in super::super) head: Vec<u8>,
    pub(super) before: Vec<u8>,
    /// How far it had been read.
    pub(super) offset: u64,
}

impl FormerContent {
    /// Whether it was nothing, as far as was seen.
    pub(in super::super) fn is_empty(&self) -> bool {
        self.offset == 0 && self.head.is_empty()
    }

    /// Whether `file` holds it still, or a part of it.
    pub(in super::super) fn is_in(&self, file: &Candidate) -> bool {
        let begins = !file.head.is_empty()
            && (file.head.starts_with(&self.head) || self.head.starts_with(&file.head));
        let shorter = file.state.size_bytes < self.offset;
        let start = self.offset - in_file(self.before.len());
        begins
            && !self.head.is_empty()
            && (file.compression.is_some() || shorter || is_at(&*file.file, start, &self.before))
    }
}
