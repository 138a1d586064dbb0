//! One open file, how far it has been read, and whether it is still what it was.
//!
//! Writers and rotators run between any two of our calls, so no call says anything about another.
//! What is read is therefore read together with the bytes before it: where those are still the
//! ones that were read there, the rest continues them; where not, the file was truncated and filled
//! again, and what came is of its new content. The first bytes are then compared as well.

use std::cmp::Ordering;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::batch::{LEAD_BYTES, LineBatch};
use super::error::Compression;
use super::files::{FileState, LogFile};
use super::line_buffer::{BYTE_ORDER_MARK, LineBuffer};
use super::position::{FINGERPRINT_BYTES_MAX, FileMark, Fingerprint, Position};
use super::rotated_file::{Read, ReadEnd};
use super::siblings::{Candidate, head_of};
use super::unpack::{StoredBytes, read_full};

/// How long after a change a file is compared once more, although it looks the same: two changes
/// within the granularity of its modification time cannot be told apart by it. The coarsest in use
/// is that of FAT.
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
    /// When it is compared once more.
    settled_at: Option<Duration>,
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
    fn of(state: &FileState) -> Self {
        Self { size_bytes: state.size_bytes, modified_ns: state.modified_ns }
    }
}

/// What a file was before it was truncated and filled again.
#[derive(Debug)]
pub(super) struct FormerContent {
    /// Where the first byte is that was not told.
    pub(super) position: Position,
    head: Vec<u8>,
    before: Vec<u8>,
    /// How far it had been read.
    offset: u64,
}

impl FollowedFile {
    /// Reads the plain file that was opened as `candidate`, at its first byte.
    pub(super) fn new(candidate: Candidate, max_line_bytes: usize) -> Self {
        let Candidate { path, file, state, head, .. } = candidate;
        let fingerprint = Fingerprint::of(&head);
        Self {
            file,
            mark: Arc::new(FileMark { identity: state.identity, fingerprint, path }),
            max_line_bytes,
            state,
            verified: Verified::of(&state),
            head,
            before: Vec::new(),
            offset: 0,
            span: Span::default(),
            goal_bytes: state.size_bytes,
            settled_at: None,
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
        if from < span.from {
            // It was truncated since it was looked at.
            self.restart();
            return Ok(());
        }
        self.offset = from;
        self.before = before;
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

    /// It is known under that name now.
    pub(super) fn rename(&mut self, path: &Path) {
        if self.mark.path != path {
            self.set_mark(path.to_owned());
        }
    }

    /// Lets the fingerprint cover what is known by now.
    fn refresh_mark(&mut self) {
        if usize::from(self.mark.fingerprint.bytes) != self.head.len() {
            self.set_mark(self.mark.path.clone());
        }
    }

    fn set_mark(&mut self, path: PathBuf) {
        let fingerprint = Fingerprint::of(&self.head);
        self.mark = Arc::new(FileMark { identity: self.state.identity, fingerprint, path });
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
        let settled = self.settled_at.is_some_and(|at| now >= at);
        if changed {
            self.settled_at = Some(now.saturating_add(SETTLED_AFTER));
        } else if settled {
            self.settled_at = None;
        }
        match state.size_bytes.cmp(&self.offset) {
            Ordering::Less => Ok(false),
            Ordering::Equal if (changed || settled) && !self.ignored => self.verify(),
            _ => Ok(true),
        }
    }

    /// Whether what was read is still there, as far as that is remembered.
    fn verify(&mut self) -> io::Result<bool> {
        let (_, before) = self.read_before(self.offset)?;
        Ok(before == self.before && self.verify_head()?)
    }

    /// Whether it begins as it did. Learns more of its first bytes where there are more.
    fn verify_head(&mut self) -> io::Result<bool> {
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
        let former = FormerContent {
            position,
            head: std::mem::replace(&mut self.head, head),
            before: std::mem::take(&mut self.before),
            offset: self.offset,
        };
        self.verified = Verified::of(&self.state);
        self.offset = 0;
        self.goal_bytes = 0;
        self.span = Span::default();
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

    /// Fills an empty `batch` with what is unread, up to the size at the last look, and says where
    /// its lines end. Lines that were read by an earlier run and others do not share a batch.
    pub(super) fn read(&mut self, batch: &mut LineBatch) -> Read {
        let warm = self.offset < self.span.warm_until;
        let end = if warm { self.end().min(self.span.warm_until) } else { self.end() };
        self.lines.begin(batch);
        let (bytes, read_end) = self.read_verified(end, batch);
        self.lines.cut(batch);
        if warm && self.offset == self.span.warm_until {
            self.lines.finish(batch);
            self.skip_begun_line();
        }
        batch.warm = warm;
        batch.position = Some(self.position());
        batch.behind_bytes = self.unread_bytes() + self.unfinished_bytes();
        Read { bytes, end: read_end }
    }

    fn read_verified(&mut self, end: u64, batch: &mut LineBatch) -> (u64, ReadEnd) {
        let (mut bytes, mut last) = (0, Chunk::default());
        let read_end = loop {
            match self.read_chunk(end, batch) {
                Ok(Step::Read(chunk)) => {
                    bytes += in_file(chunk.bytes);
                    last = chunk;
                }
                Ok(Step::Stop(end)) => break end,
                Err(error) => break ReadEnd::Failed(error),
            }
        };
        if bytes == 0 || matches!(read_end, ReadEnd::Replaced) {
            return (bytes, read_end);
        }
        match self.verify_head() {
            Ok(true) => (bytes, read_end),
            Ok(false) => {
                // Truncated before the last chunk was read, or since: if it is there again, before.
                if self.is_there(&last, batch) {
                    bytes -= in_file(last.bytes);
                    self.take_back(last, batch);
                }
                (bytes, ReadEnd::Replaced)
            }
            Err(error) => (bytes, ReadEnd::Failed(error)),
        }
    }

    /// Reads once more behind what is in `batch`.
    fn read_chunk(&mut self, end: u64, batch: &mut LineBatch) -> io::Result<Step> {
        let lead = self.before.len();
        let wanted = usize::try_from(end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        // A byte is left free, so that an unfinished line can be given a newline.
        let space = batch.spare().len().saturating_sub(1).min(wanted);
        let Some(room) = batch.spare_after(lead).get_mut(..lead + space).filter(|_| space > 0)
        else {
            return Ok(Step::Stop(ReadEnd::Limit));
        };
        let start = self.offset - in_file(lead);
        let result = read_beyond(&*self.file, room, start, lead);
        let (again, chunk) = room.split_at_mut(lead);
        let chunk = match &result {
            Ok(count) => chunk.get(..count.saturating_sub(lead)).unwrap_or_default(),
            Err(_) => &[],
        };
        // What was remembered is what the batch had there before.
        let continues = again == self.before && continues_head(&self.head, self.offset, chunk);
        again.copy_from_slice(&self.before);
        result?;
        if !continues {
            return Ok(Step::Stop(ReadEnd::Replaced));
        }
        if chunk.is_empty() {
            return Ok(Step::Stop(ReadEnd::Input));
        }
        let read =
            Chunk { bytes: chunk.len(), head_bytes: self.head.len(), before: self.before.clone() };
        self.accept(read.bytes, batch, lead);
        Ok(Step::Read(read))
    }

    /// Takes the `count` bytes that were read into the room of `batch` as this file's.
    fn accept(&mut self, count: usize, batch: &mut LineBatch, lead: usize) {
        let chunk = batch.spare().get(..count).unwrap_or_default();
        if let Ok(known) = usize::try_from(in_file(self.head.len()).saturating_sub(self.offset))
            && in_file(self.head.len()) >= self.offset
        {
            let missing = FINGERPRINT_BYTES_MAX.saturating_sub(self.head.len());
            self.head.extend(chunk.iter().skip(known).take(missing));
        }
        let kept = LEAD_BYTES.min(lead + count);
        let read = batch.spare_after(lead).get(..lead + count).unwrap_or_default();
        self.before = read.get(read.len() - kept..).unwrap_or_default().to_vec();
        self.offset += in_file(count);
        batch.grow(count);
    }

    /// Whether `chunk`, the last of `batch`, is what stands in the file now.
    fn is_there(&self, chunk: &Chunk, batch: &LineBatch) -> bool {
        let bytes = batch.bytes();
        let last = bytes.get(bytes.len() - chunk.bytes..).unwrap_or_default();
        is_at(&*self.file, self.offset - in_file(chunk.bytes), last)
    }

    /// Takes back `chunk`, the last of `batch`, which is not of the content that was read.
    fn take_back(&mut self, chunk: Chunk, batch: &mut LineBatch) {
        batch.truncate(batch.bytes().len() - chunk.bytes);
        self.offset -= in_file(chunk.bytes);
        self.head.truncate(chunk.head_bytes);
        self.before = chunk.before;
    }

    /// Ends its unfinished line: nothing more is written to it.
    pub(super) fn finish(&mut self, batch: &mut LineBatch) {
        self.lines.finish(batch);
        batch.position = Some(self.position());
    }

    /// Whether `other` is a copy of what this file is or was, or is it.
    pub(super) fn covers(&mut self, other: &Candidate) -> bool {
        // Where this fails, what is known has to do.
        let _ = self.verify_head();
        let complete = other.head.len() == FINGERPRINT_BYTES_MAX || other.compression.is_some();
        !other.head.is_empty()
            && self.head.starts_with(&other.head)
            && (complete || in_file(other.head.len()) >= other.state.size_bytes)
            && (other.compression.is_some() || self.ends_like(other))
    }

    /// Whether the last bytes of the plain file `other` stand here as well.
    fn ends_like(&self, other: &Candidate) -> bool {
        let end = other.state.size_bytes.min(self.state.size_bytes);
        let same = |before: io::Result<(u64, Vec<u8>)>| {
            before
                .is_ok_and(|(_, before)| is_at(&*other.file, end - in_file(before.len()), &before))
        };
        same(self.read_before(end))
    }
}

impl FormerContent {
    /// Whether `file` holds it still, or a part of it.
    pub(super) fn is_in(&self, file: &Candidate) -> bool {
        let begins = !file.head.is_empty()
            && (file.head.starts_with(&self.head) || self.head.starts_with(&file.head));
        let shorter = file.state.size_bytes < self.offset;
        let start = self.offset - in_file(self.before.len());
        begins
            && !self.head.is_empty()
            && (file.compression.is_some() || shorter || is_at(&*file.file, start, &self.before))
    }
}

/// What one read came to.
enum Step {
    Read(Chunk),
    Stop(ReadEnd),
}

/// A stretch that was read, and what was known before.
#[derive(Debug, Default)]
struct Chunk {
    bytes: usize,
    head_bytes: usize,
    before: Vec<u8>,
}

/// Reads once at `offset`, or as often as it takes to have more than `lead` bytes.
fn read_beyond(file: &dyn LogFile, room: &mut [u8], offset: u64, lead: usize) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = room.get_mut(filled..).filter(|rest| filled <= lead && !rest.is_empty())
    {
        match file.read_at(rest, offset + in_file(filled)) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Whether `chunk`, read at `offset`, agrees with the first bytes of the file as they are known.
fn continues_head(head: &[u8], offset: u64, chunk: &[u8]) -> bool {
    let known = usize::try_from(offset).ok().and_then(|offset| head.get(offset..));
    known.unwrap_or_default().iter().zip(chunk).all(|(known, read)| known == read)
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
