//! One open file, how far it has been read, and whether it is still what it was.
//!
//! Writers and rotators run between any two of our calls, so no call says anything about another.
//! What is read is therefore read together with the bytes before it: where those are still the
//! ones that were read there, the rest continues them; where not, the file was truncated and filled
//! again, and what came is of its new content. The first bytes are then compared as well.

mod former_content;
mod verified_reading;

use std::cmp::Ordering;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::batch::{LEAD_BYTES, LineBatch};
use super::error::Compression;
use super::files::{FileState, LogFile};
use super::line_buffer::{BYTE_ORDER_MARK, LineBuffer};
use super::position::{FINGERPRINT_BYTES_MAX, FileMark, Fingerprint, Position};
use super::siblings::{Candidate, head_of};
use super::unpack::{StoredBytes, read_full};

pub(super) use former_content::FormerContent;

/// For how long after a change a file is compared at every look, although it looks the same: two
/// changes within the granularity of its modification time cannot be told apart by it. The coarsest
/// in use is that of FAT.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// How much is compared at a time when a stretch is read again, in bytes.
const COMPARED_BYTES: usize = 4096;

/// Which part of a file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// The first byte.
    pub(super) from: u64,
    /// Up to here the lines were read by an earlier run.
    pub(super) warm_until: u64,
    /// Whether nothing is read behind that.
    pub(super) warm_only: bool,
}

/// An open file. Being held open, its inode cannot become another file's.
#[derive(Debug)]
pub(super) struct FollowedFile {
    file: Box<dyn LogFile>,
    mark: Arc<FileMark>,
    max_line_bytes: usize,
    /// How it was at the last look. Nothing beyond that size is read, so that a round has an end.
    state: FileState,
    /// What of that is known to be of the content that is being read.
    verified: Verified,
    /// Its first bytes, as many as are known: all that the fingerprint covers.
    head: Vec<u8>,
    /// The last bytes before `offset`: [`LEAD_BYTES`] of them, or all.
    before: Vec<u8>,
    /// How far it has been read; what is held of an unfinished line is before that.
    offset: u64,
    span: Span,
    /// Its size when following began: what is before that is caught up with.
    goal_bytes: u64,
    /// When it need not be compared any more.
    settled_at: Option<Duration>,
    /// Whether it was found to be shorter than what is to be read of it.
    truncated: bool,
    /// Whether it is compressed, so that it has no lines to follow.
    ignored: bool,
    lines: LineBuffer,
}

#[derive(Clone, Copy, Debug)]
struct Verified {
    size_bytes: u64,
    modified_ns: i64,
}

impl Verified {
    /// Of a file that is seen first, the size may be that of an earlier content than `head` is of.
    fn first(state: &FileState, head: &[u8]) -> Self {
        Self { size_bytes: in_file(head.len()), modified_ns: state.modified_ns }
    }

    fn of(state: &FileState) -> Self {
        Self { size_bytes: state.size_bytes, modified_ns: state.modified_ns }
    }
}

impl FollowedFile {
    /// Reads the plain file that was opened as `candidate`, at its first byte. Whether that is
    /// `recorded`, and known to begin as it did.
    pub(super) fn new(candidate: Candidate, recorded: bool, max_line_bytes: usize) -> Self {
        let Candidate { path, file, state, head, replaced, .. } = candidate;
        // Of what was truncated away meanwhile nothing is known but that it was there.
        let head = if replaced && !recorded { Vec::new() } else { head };
        Self {
            file,
            mark: Arc::new(FileMark::of(state.identity, &head, path)),
            max_line_bytes,
            state,
            verified: Verified::first(&state, &head),
            head,
            before: Vec::new(),
            offset: 0,
            span: Span::default(),
            goal_bytes: state.size_bytes,
            settled_at: None,
            truncated: replaced,
            ignored: false,
            lines: LineBuffer::at_file_start(max_line_bytes),
        }
    }

    /// Goes to where `span` begins. A line that began before that is skipped.
    pub(super) fn seek(&mut self, span: Span) -> io::Result<()> {
        self.span = span;
        if span.from == 0 {
            return Ok(());
        }
        let (from, before) = self.read_before(span.from)?;
        self.offset = span.from;
        // Where it was replaced since its first bytes were read, these may be of what it is now.
        if from < span.from || !self.verify_head()? {
            self.truncated = true;
        } else {
            self.before = before;
        }
        self.lines = LineBuffer::new(self.max_line_bytes);
        self.skip_begun_line();
        Ok(())
    }

    /// The bytes before `offset`, and where they end: there, or where the file does.
    fn read_before(&self, offset: u64) -> io::Result<(u64, Vec<u8>)> {
        let mut before = vec![0; LEAD_BYTES.min(usize::try_from(offset).unwrap_or(LEAD_BYTES))];
        let start = offset - in_file(before.len());
        let mut input = StoredBytes { file: &*self.file, offset: start };
        let count = read_full(&mut input, &mut before)?;
        before.truncate(count);
        Ok((start + in_file(count), before))
    }

    fn skip_begun_line(&mut self) {
        let behind_mark =
            self.offset == in_file(BYTE_ORDER_MARK.len()) && self.before == BYTE_ORDER_MARK;
        if self.before.last().is_some_and(|&byte| byte != b'\n') && !behind_mark {
            self.lines.skip_line();
        }
    }

    pub(super) fn mark(&self) -> &Arc<FileMark> {
        &self.mark
    }

    /// Its first bytes, as far as they are known.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Whether it begins with what the fingerprint covers, as far as that says anything.
    pub(super) fn begins_as(&self, fingerprint: &Fingerprint) -> bool {
        fingerprint.bytes == 0 || fingerprint.begins(&self.head)
    }

    /// It is known under that name now.
    pub(super) fn rename(&mut self, path: &Path) {
        if self.mark.path != path {
            self.set_mark(path.to_owned());
        }
    }

    /// Lets the fingerprint cover what is known by now.
    fn refresh_mark(&mut self) {
        if Fingerprint::of(&self.head) != self.mark.fingerprint {
            self.set_mark(self.mark.path.clone());
        }
    }

    fn set_mark(&mut self, path: PathBuf) {
        self.mark = Arc::new(FileMark::of(self.state.identity, &self.head, path));
    }

    /// Where the first byte is that was not told.
    pub(super) fn position(&self) -> Position {
        Position {
            file: Arc::clone(&self.mark),
            offset: (self.offset - self.lines.unfinished_bytes()).max(self.span.warm_until),
            size_bytes: self.verified.size_bytes.max(self.offset),
            modified_ns: self.verified.modified_ns,
        }
    }

    /// How long it was at the last look.
    pub(super) fn size_bytes(&self) -> u64 {
        self.state.size_bytes
    }

    /// Whether no directory named it at the last look.
    pub(super) fn is_deleted(&self) -> bool {
        self.state.deleted
    }

    /// Whether it is not read at all.
    pub(super) fn is_ignored(&self) -> bool {
        self.ignored
    }

    /// Whether all is read that there is to be read of it, ever.
    pub(super) fn is_over(&self) -> bool {
        self.span.warm_only && self.unread_bytes() == 0
    }

    /// Whether it is read for the lines that an earlier run had read, and no others.
    pub(super) fn is_warm_only(&self) -> bool {
        self.span.warm_only
    }

    /// Whether what was there when following began was read.
    pub(super) fn is_caught_up(&self) -> bool {
        self.ignored || self.is_over() || self.offset >= self.goal_bytes
    }

    /// How many bytes are known to be there that were not read.
    pub(super) fn unread_bytes(&self) -> u64 {
        if self.ignored { 0 } else { self.end().saturating_sub(self.offset) }
    }

    fn end(&self) -> u64 {
        if self.span.warm_only {
            self.state.size_bytes.min(self.span.warm_until)
        } else {
            self.state.size_bytes
        }
    }

    /// How many bytes were read of a line that is not told yet.
    pub(super) fn unfinished_bytes(&self) -> u64 {
        self.lines.unfinished_bytes()
    }

    /// Looks at the open file itself, whatever its name is by now; whether it is what it was.
    pub(super) fn look(&mut self, now: Duration) -> io::Result<bool> {
        let state = self.file.state()?;
        self.saw(state, now)
    }

    /// Takes notice of how it is by now. `false` where it was truncated; that it was filled again is
    /// seen here where nothing is to be read, and else with reading.
    pub(super) fn saw(&mut self, state: FileState, now: Duration) -> io::Result<bool> {
        let changed = (state.size_bytes, state.modified_ns)
            != (self.state.size_bytes, self.state.modified_ns);
        self.state = state;
        if changed {
            self.settled_at = Some(now.saturating_add(SETTLED_AFTER));
        }
        let unsettled = self.settled_at.is_some();
        if self.settled_at.is_some_and(|at| now >= at) {
            self.settled_at = None;
        }
        match state.size_bytes.cmp(&self.offset) {
            Ordering::Less => Ok(false),
            _ if self.truncated => Ok(false),
            // Others may have been there between nothing and what is there now.
            _ if changed && self.is_untouched() => Ok(false),
            Ordering::Equal if unsettled && !self.ignored => self.verify(),
            _ => Ok(true),
        }
    }

    /// Whether nothing was ever seen in it.
    fn is_untouched(&self) -> bool {
        self.offset == 0 && self.head.is_empty()
    }

    /// Whether what was read is still there, as far as that is remembered.
    fn verify(&mut self) -> io::Result<bool> {
        let (_, before) = self.read_before(self.offset)?;
        Ok(before == self.before && self.verify_head()?)
    }

    /// Whether it begins as it did. Learns more of its first bytes where there are more.
    fn verify_head(&mut self) -> io::Result<bool> {
        if self.truncated {
            // Nothing is learnt of what it is until what it was is done with.
            return Ok(false);
        }
        let head = head_of(&*self.file, None)?;
        if !head.starts_with(&self.head) {
            return Ok(false);
        }
        self.verified = Verified::of(&self.state);
        self.head = head;
        self.refresh_mark();
        Ok(true)
    }

    /// Begins anew with what fills it now; returns what it was.
    pub(super) fn restart(&mut self) -> FormerContent {
        self.refresh_mark();
        let position = self.position();
        self.state = self.file.state().unwrap_or(self.state);
        let head = head_of(&*self.file, None).unwrap_or_default();
        let from = position.offset.min(self.offset - self.lines.unfinished_bytes());
        let span = Span { from, warm_until: position.offset, warm_only: false };
        let former = FormerContent {
            position,
            span,
            head: std::mem::replace(&mut self.head, head),
            before: std::mem::take(&mut self.before),
            offset: self.offset,
        };
        self.verified = Verified::first(&self.state, &self.head);
        self.offset = 0;
        self.goal_bytes = 0;
        self.span = Span::default();
        self.truncated = false;
        self.ignored = false;
        self.lines = LineBuffer::at_file_start(self.max_line_bytes);
        self.set_mark(self.mark.path.clone());
        former
    }

    /// Before anything is read: ignores it from now on if it is compressed, and says so.
    pub(super) fn ignore_compressed(&mut self) -> bool {
        if self.head.len() < Compression::MAGIC_BYTES {
            // Where this fails, so does reading, which says so.
            let _ = self.verify_head();
        }
        self.ignored = Compression::of(&self.head).is_some();
        self.ignored
    }

    /// Ends its unfinished line: nothing more is written to it.
    pub(super) fn finish(&mut self, batch: &mut LineBatch) {
        self.lines.finish(batch);
        batch.position = Some(self.position());
    }

    /// Whether `other` is a copy of what this file is or was.
    pub(super) fn covers(&mut self, other: &Candidate) -> bool {
        // Where this fails, what is known has to do.
        let begins_so = self.verify_head().unwrap_or(true);
        let known_bytes = self.offset.max(self.verified.size_bytes);
        let is_as_long = self.file.state().map_or(true, |state| state.size_bytes >= known_bytes);
        // Truncated unseen: `other` may be a copy of what it was, which is looked for when that is seen.
        let truncated = !begins_so || !is_as_long;
        let complete = other.head.len() == FINGERPRINT_BYTES_MAX
            || other.compression.is_some()
            || in_file(other.head.len()) >= other.state.size_bytes;
        if other.head.is_empty() || !complete {
            return false;
        }
        let was = self.head.starts_with(&other.head);
        if was && truncated {
            return true;
        }
        let is_now = || head_of(&*self.file, None).is_ok_and(|head| head.starts_with(&other.head));
        let covers = (was || is_now()) && (other.compression.is_some() || self.ends_like(other));
        if covers && other.compression.is_none() {
            // So long it was at least, whatever becomes of it and of its copy.
            self.verified.size_bytes = self.verified.size_bytes.max(other.state.size_bytes);
        }
        covers
    }

    /// Whether this file is as long as the plain file `other`, and has its last bytes as well.
    fn ends_like(&self, other: &Candidate) -> bool {
        let end = other.state.size_bytes;
        let is_as_long = self.file.state().is_ok_and(|state| state.size_bytes >= end);
        let same =
            |(_, before): (u64, Vec<u8>)| is_at(&*other.file, end - in_file(before.len()), &before);
        is_as_long && self.read_before(end).is_ok_and(same)
    }
}

/// Whether `bytes` stand in `file` at `offset`.
fn is_at(file: &(dyn LogFile + 'static), offset: u64, bytes: &[u8]) -> bool {
    let mut input = StoredBytes { file, offset };
    let mut there = [0; COMPARED_BYTES];
    bytes.chunks(COMPARED_BYTES).all(|expected| {
        let room = there.get_mut(..expected.len()).unwrap_or_default();
        read_full(&mut input, room).is_ok_and(|count| count == expected.len()) && room == expected
    })
}

/// A length in memory as one in a file.
pub(super) fn in_file(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
