//! A rotated file that was compressed before it was read to its end. Nothing is written to it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::batch::LineBatch;
use super::error::Compression;
use super::files::LogFile;
use super::followed_file::{Span, in_file};
use super::line_buffer::{BYTE_ORDER_MARK, End, LineBuffer};
use super::position::{FileMark, Position};
use super::rotated_file::{Read, ReadEnd};
use super::siblings::Candidate;
use super::unpack::{StoredBytes, Unpacked};

/// A compressed file, read from its start: what is not to be told is unpacked as well.
pub(super) struct PackedFile {
    mark: Arc<FileMark>,
    /// What it begins with when it is unpacked.
    head: Vec<u8>,
    stored: Stored,
    compression: Option<Compression>,
    stored_bytes: u64,
    modified_ns: i64,
    /// How many bytes were unpacked.
    offset: u64,
    span: Span,
    lines: LineBuffer,
    ended: bool,
}

/// A decoder is only made when it is this file's turn, as it may need megabytes.
enum Stored {
    Unread(Option<Box<dyn LogFile>>),
    Read(Box<Unpacked<StoredBytes<Box<dyn LogFile>>>>),
}

impl PackedFile {
    /// Reads `span` of what is in the file that was opened as `candidate`.
    pub(super) fn new(candidate: Candidate, span: Span, max_line_bytes: usize) -> Self {
        let identity = candidate.identity();
        let lines = if span.from == 0 {
            LineBuffer::at_file_start(max_line_bytes)
        } else {
            LineBuffer::new(max_line_bytes)
        };
        Self {
            mark: Arc::new(FileMark::of(identity, &candidate.head, candidate.path)),
            head: candidate.head,
            stored: Stored::Unread(Some(candidate.file)),
            compression: candidate.compression,
            stored_bytes: candidate.state.size_bytes,
            modified_ns: candidate.state.modified_ns,
            offset: 0,
            span,
            lines,
            ended: false,
        }
    }

    pub(super) fn mark(&self) -> &Arc<FileMark> {
        &self.mark
    }

    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    pub(super) fn rename(&mut self, path: &Path) {
        if self.mark.path != path {
            self.mark = Arc::new(FileMark { path: path.to_owned(), ..FileMark::clone(&self.mark) });
        }
    }

    pub(super) fn position(&self) -> Position {
        let offset = self.offset - self.lines.unfinished_bytes();
        let told = self.span.from.max(self.span.warm_until);
        Position {
            file: Arc::clone(&self.mark),
            offset: offset.max(told),
            size_bytes: self.offset.max(told),
            modified_ns: self.modified_ns,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.ended || self.span.warm_only && self.offset >= self.span.warm_until
    }

    pub(super) fn is_warm_only(&self) -> bool {
        self.span.warm_only
    }

    pub(super) fn unread_bytes(&self) -> u64 {
        if self.is_over() {
            return 0;
        }
        let read = match &self.stored {
            Stored::Unread(_) => 0,
            Stored::Read(unpacked) => unpacked.stored().offset,
        };
        // A decoder may hold all that is stored and not have told all of it.
        self.stored_bytes.saturating_sub(read).max(1)
    }

    pub(super) fn unfinished_bytes(&self) -> u64 {
        self.lines.unfinished_bytes()
    }

    /// Fills an empty `batch` with the next lines, or unpacks as much that is not to be told.
    pub(super) fn read(&mut self, batch: &mut LineBatch) -> Read {
        if let Stored::Unread(file) = &mut self.stored
            && let Some(file) = file.take()
        {
            match Unpacked::new(StoredBytes { file, offset: 0 }, self.compression) {
                Ok(unpacked) => self.stored = Stored::Read(Box::new(unpacked)),
                Err(error) => {
                    return Read { bytes: 0, end: self.failed(error) };
                }
            }
        }
        let Stored::Read(unpacked) = &mut self.stored else {
            return Read { bytes: 0, end: ReadEnd::Limit };
        };
        let skipped = self.offset < self.span.from;
        let warm = !skipped && self.offset < self.span.warm_until;
        let until = match (skipped, warm) {
            (true, _) => self.span.from,
            (_, true) => self.span.warm_until,
            _ => u64::MAX,
        };
        // A byte is left free, so that an unfinished line can be given a newline.
        let room = in_file(batch.capacity_bytes().saturating_sub(self.lines.held_bytes() + 1));
        let filled = self.lines.fill(&mut **unpacked, room.min(until - self.offset), batch);
        self.offset += filled.bytes;
        if skipped {
            self.skip(batch);
        }
        let end = match filled.end {
            End::Limit => ReadEnd::Limit,
            End::Input => {
                self.ended = true;
                if self.offset < self.span.warm_until {
                    // It was compressed before its last line was whole, which was read since.
                    self.lines.discard();
                }
                ReadEnd::Limit
            }
            End::Failed(error) => self.failed(error),
        };
        if warm && self.offset >= self.span.warm_until {
            self.lines.finish(batch);
        }
        batch.warm = warm;
        batch.position = Some(self.position());
        batch.behind_bytes = self.unread_bytes();
        Read { bytes: filled.bytes, end }
    }

    /// What was unpacked lies before the span. Where the span begins in the middle of a line, the
    /// rest of that is skipped, too.
    fn skip(&mut self, batch: &mut LineBatch) {
        batch.clear();
        let in_line = self.lines.unfinished_bytes() > 0;
        self.lines.discard();
        if in_line && self.offset == self.span.from && self.offset > in_file(BYTE_ORDER_MARK.len())
        {
            self.lines.skip_line();
        }
    }

    fn failed(&mut self, error: std::io::Error) -> ReadEnd {
        self.ended = true;
        self.lines.discard();
        ReadEnd::Failed(error)
    }

    pub(super) fn finish(&mut self, batch: &mut LineBatch) {
        self.lines.finish(batch);
        batch.position = Some(self.position());
    }
}

impl fmt::Debug for PackedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackedFile")
            .field("mark", &self.mark)
            .field("offset", &self.offset)
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}
