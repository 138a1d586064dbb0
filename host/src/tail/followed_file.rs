//! One open file, and how far it has been read.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use super::batch::LineBatch;
use super::error::Compression;
use super::identity::FileIdentity;
use super::line_buffer::{Filled, LineBuffer};

/// Where reading a file begins that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// At its first byte.
    Beginning,
    /// Behind what is there.
    End,
    /// At `offset` if it is still the same file, and at its first byte otherwise.
    At { identity: FileIdentity, offset: u64 },
}

/// An open file. Being held open, its inode cannot become another file's.
#[derive(Debug)]
pub(super) struct FollowedFile {
    file: File,
    identity: FileIdentity,
    /// How far it has been read; what is held of an unfinished line is before that.
    offset: u64,
    /// How large it was at the last look; nothing beyond is read, so that a round has an end.
    size_bytes: u64,
    /// Whether no directory names it any more.
    deleted: bool,
    /// Whether it is compressed, so that it has no lines to follow.
    ignored: bool,
    lines: LineBuffer,
}

impl FollowedFile {
    pub(super) fn open(path: &Path, start: Start, max_line_bytes: usize) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        let identity = FileIdentity::of(&metadata);
        let size_bytes = metadata.len();
        let offset = match start {
            Start::End => size_bytes,
            Start::At { identity: then, offset } if then == identity && offset <= size_bytes => {
                offset
            }
            Start::Beginning | Start::At { .. } => 0,
        };
        let mut lines = LineBuffer::new(max_line_bytes);
        if offset > 0 {
            let mut before = [0];
            file.read_exact_at(&mut before, offset - 1)?;
            if before != *b"\n" {
                lines.skip_line();
            }
            file.seek(SeekFrom::Start(offset))?;
        }
        Ok(Self { file, identity, offset, size_bytes, deleted: false, ignored: false, lines })
    }

    pub(super) fn identity(&self) -> FileIdentity {
        self.identity
    }

    /// Whether no directory named it at the last [`Self::look`].
    pub(super) fn is_deleted(&self) -> bool {
        self.deleted
    }

    /// Whether it is not read at all.
    pub(super) fn is_ignored(&self) -> bool {
        self.ignored
    }

    /// How many bytes are known to be there that were not read.
    pub(super) fn unread_bytes(&self) -> u64 {
        if self.ignored { 0 } else { self.size_bytes.saturating_sub(self.offset) }
    }

    /// How many bytes would be lost if it were let go now: what is unread and what is held.
    pub(super) fn pending_bytes(&self) -> u64 {
        self.unread_bytes() + u64::try_from(self.lines.held_bytes()).unwrap_or(u64::MAX)
    }

    /// Looks at the open file itself, whatever its name is by now.
    pub(super) fn look(&mut self) -> io::Result<()> {
        let metadata = self.file.metadata()?;
        self.size_bytes = metadata.len();
        self.deleted = metadata.nlink() == 0;
        Ok(())
    }

    /// Takes notice of its size. A file that is shorter than what was read of it was truncated and
    /// is read from its start; then the result says how many bytes were lost with it.
    pub(super) fn saw_size(&mut self, size_bytes: u64) -> io::Result<Option<u64>> {
        if size_bytes >= self.offset {
            self.size_bytes = size_bytes;
            return Ok(None);
        }
        self.file.seek(SeekFrom::Start(0))?;
        let lost_bytes = self.pending_bytes();
        self.lines.discard();
        self.offset = 0;
        self.size_bytes = size_bytes;
        Ok(Some(lost_bytes))
    }

    /// Before its first byte is read: ignores it from now on if it is compressed, and says so.
    pub(super) fn ignore_compressed(&mut self) -> io::Result<bool> {
        if self.offset == 0 {
            let mut start = [0; Compression::MAGIC_BYTES];
            let count = self.file.read_at(&mut start, 0)?;
            self.ignored = start.get(..count).and_then(Compression::of).is_some();
        }
        Ok(self.ignored)
    }

    /// Fills an empty `batch` with what is unread, up to the size at the last look.
    pub(super) fn read(&mut self, batch: &mut LineBatch) -> Filled {
        let unread_bytes = self.unread_bytes();
        let filled = self.lines.fill(&mut self.file, unread_bytes, batch);
        self.offset += filled.bytes;
        filled
    }

    /// Ends its unfinished line: nothing more is written to it.
    pub(super) fn finish(&mut self, batch: &mut LineBatch) {
        self.lines.finish(batch);
    }
}
