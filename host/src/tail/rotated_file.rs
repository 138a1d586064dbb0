//! A file that no longer stands at its path, or a copy of one, compressed or not.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::batch::LineBatch;
use super::files::FileState;
use super::followed_file::{FollowedFile, FormerContent, Span};
use super::identity::FileIdentity;
use super::packed_file::PackedFile;
use super::position::{FileMark, Position};
use super::siblings::Candidate;

/// What one reading came to.
#[derive(Debug)]
pub(super) struct Read {
    /// How many bytes were read.
    pub(super) bytes: u64,
    /// Why reading ended there.
    pub(super) end: ReadEnd,
}

/// Why reading a file ended.
#[derive(Debug)]
pub(super) enum ReadEnd {
    /// The batch is full, or all that was there at the last look was read.
    Limit,
    /// There is less than at the last look.
    Input,
    /// The file was truncated and filled again.
    Replaced,
    /// Reading failed. What had been read until then is in the batch.
    Failed(io::Error),
}

/// A file that is drained: read to its end, and let go when nothing more can be expected.
#[derive(Debug)]
pub(super) struct RotatedFile {
    pub(super) content: Content,
    pub(super) quiet_since: Duration,
    /// What becomes of a last line without its newline.
    pub(super) last_line: LastLine,
    /// Whether it was looked for, and does not count among those that rotation left open.
    pub(super) found: bool,
}

/// What a last line without its newline is, once nothing more is written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastLine {
    /// A line.
    Whole,
    /// The beginning of one whose rest was truncated away: this is a copy of a truncated file.
    Cut,
}

/// How a file's lines are got at.
#[derive(Debug)]
pub(super) enum Content {
    /// By reading it.
    Plain(Box<FollowedFile>),
    /// By unpacking it.
    Packed(Box<PackedFile>),
}

impl Content {
    /// Reads `span` of the file that was opened as `candidate`.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn new(candidate: Candidate, span: Span, max_line_bytes: usize) -> io::Result<Self> {
        if candidate.compression.is_some() {
            return Ok(Self::Packed(Box::new(PackedFile::new(candidate, span, max_line_bytes))));
        }
        let recorded = span != Span::default();
        let mut file = FollowedFile::new(candidate, recorded, max_line_bytes);
        file.seek(span)?;
        Ok(Self::Plain(Box::new(file)))
    }

    pub(super) fn identity(&self) -> FileIdentity {
        self.mark().identity
    }

    pub(super) fn mark(&self) -> &Arc<FileMark> {
        match self {
            Self::Plain(file) => file.mark(),
            Self::Packed(file) => file.mark(),
        }
    }

    /// Its first bytes, as far as they are known.
    pub(super) fn head(&self) -> &[u8] {
        match self {
            Self::Plain(file) => file.head(),
            Self::Packed(file) => file.head(),
        }
    }

    /// Whether it is the file that has this mark.
    pub(super) fn is(&self, mark: &FileMark) -> bool {
        self.identity() == mark.identity
            && match self {
                Self::Plain(file) => file.begins_as(&mark.fingerprint),
                Self::Packed(file) => file.mark().fingerprint == mark.fingerprint,
            }
    }

    pub(super) fn rename(&mut self, path: &Path) {
        match self {
            Self::Plain(file) => file.rename(path),
            Self::Packed(file) => file.rename(path),
        }
    }

    /// Where the first byte is that was not told.
    pub(super) fn position(&self) -> Position {
        match self {
            Self::Plain(file) => file.position(),
            Self::Packed(file) => file.position(),
        }
    }

    /// How long it was at the last look, as far as it was unpacked.
    pub(super) fn size_bytes(&self) -> u64 {
        match self {
            Self::Plain(file) => file.size_bytes(),
            Self::Packed(file) => file.position().size_bytes,
        }
    }

    /// Whether no directory named it at the last look.
    pub(super) fn is_deleted(&self) -> bool {
        match self {
            Self::Plain(file) => file.is_deleted(),
            Self::Packed(_) => false,
        }
    }

    /// Whether all is read that there is to be read of it, ever.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Plain(file) => file.is_over(),
            Self::Packed(file) => file.is_over(),
        }
    }

    /// Whether it is read for the lines that an earlier run had read, and no others.
    pub(super) fn is_warm_only(&self) -> bool {
        match self {
            Self::Plain(file) => file.is_warm_only(),
            Self::Packed(file) => file.is_warm_only(),
        }
    }

    /// Whether it is not read at all.
    pub(super) fn is_ignored(&self) -> bool {
        match self {
            Self::Plain(file) => file.is_ignored(),
            Self::Packed(_) => false,
        }
    }

    /// Before anything is read: ignores a file from now on that cannot be followed, and says so.
    pub(super) fn ignore_compressed(&mut self) -> bool {
        match self {
            Self::Plain(file) => file.ignore_compressed(),
            Self::Packed(_) => false,
        }
    }

    /// Begins anew with what fills a truncated file now; returns what it was.
    pub(super) fn restart(&mut self) -> Option<FormerContent> {
        match self {
            Self::Plain(file) => Some(file.restart()),
            Self::Packed(_) => None,
        }
    }

    /// Whether what was there when following began was read.
    pub(super) fn is_caught_up(&self) -> bool {
        match self {
            Self::Plain(file) => file.is_caught_up(),
            Self::Packed(file) => file.is_over(),
        }
    }

    /// How many bytes are known to be there that were not read, compressed as they are.
    pub(super) fn unread_bytes(&self) -> u64 {
        match self {
            Self::Plain(file) => file.unread_bytes(),
            Self::Packed(file) => file.unread_bytes(),
        }
    }

    /// How many bytes were read of a line that is not told yet.
    pub(super) fn unfinished_bytes(&self) -> u64 {
        match self {
            Self::Plain(file) => file.unfinished_bytes(),
            Self::Packed(file) => file.unfinished_bytes(),
        }
    }

    /// Looks at the open file; whether it is what it was.
    pub(super) fn look(&mut self, now: Duration) -> io::Result<bool> {
        match self {
            Self::Plain(file) => file.look(now),
            Self::Packed(_) => Ok(true),
        }
    }

    /// Takes notice of how the file is by now; whether it is what it was.
    pub(super) fn saw(&mut self, state: FileState, now: Duration) -> io::Result<bool> {
        match self {
            Self::Plain(file) => file.saw(state, now),
            Self::Packed(_) => Ok(true),
        }
    }

    /// Fills an empty `batch` with what is unread.
    pub(super) fn read(&mut self, batch: &mut LineBatch) -> Read {
        match self {
            Self::Plain(file) => file.read(batch),
            Self::Packed(file) => file.read(batch),
        }
    }

    /// Ends its unfinished line: nothing more is written to it.
    pub(super) fn finish(&mut self, batch: &mut LineBatch) {
        match self {
            Self::Plain(file) => file.finish(batch),
            Self::Packed(file) => file.finish(batch),
        }
    }

    /// Whether `other` is a copy of what this file is or was.
    pub(super) fn covers(&mut self, other: &Candidate) -> bool {
        match self {
            Self::Plain(file) => file.covers(other),
            Self::Packed(file) => file.mark().fingerprint == other.fingerprint(),
        }
    }
}
