//! Lines on their way to the parser, many at a time, in buffers that are used again.

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::position::Position;

/// The most unused batches that a pool keeps; further ones are freed.
const POOL_BATCHES_MAX: usize = 8;

/// One log among those read, numbered in the order of their discovery. A path keeps its number
/// across rotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// How much room a batch has before its first line: for the bytes that come before those read
/// next, which are read again with them to see that the file is still the same.
pub(super) const LEAD_BYTES: usize = 64;

/// Complete lines of one source.
///
/// The buffer keeps its length for good and a count says how much of it is in use, so that a batch
/// which is used again is never zeroed again. Lines are not counted here: the parser visits every
/// one of them anyway, and what it visits plus `too_long` is what was read.
#[derive(Debug)]
pub struct LineBatch {
    /// Where the lines come from.
    pub source: SourceId,
    /// Lines over the longest that is read, left out of this batch and counted once, when they
    /// have ended.
    pub too_long: u64,
    /// Lines that were ended without their newline, as nothing more was to come.
    pub partial: u64,
    /// Where reading goes on behind these lines; `None` for what cannot be read twice. Behind warm
    /// lines, that is where the earlier run had got to.
    pub position: Option<Position>,
    /// How many bytes of the log lie before the end of these lines, after decompression, for what has
    /// no position.
    pub(super) end_offset: u64,
    /// How many bytes of the source were known to wait behind these lines when they were read;
    /// of compressed files as they are stored.
    pub behind_bytes: u64,
    /// Whether an earlier run had read these lines, so that they only fill its windows again.
    pub warm: bool,
    /// [`LEAD_BYTES`] of room, what is in use, and what is free.
    buffer: Vec<u8>,
    used_bytes: usize,
    /// How many bytes of the log these lines and those left out between them take.
    pub(super) covered_bytes: u64,
    /// From where in use on how many bytes of the log are left out before it.
    left_out: Vec<(usize, u64)>,
}

impl LineBatch {
    /// An empty batch with room for `capacity_bytes`.
    pub fn new(source: SourceId, capacity_bytes: usize) -> Self {
        Self {
            source,
            too_long: 0,
            partial: 0,
            position: None,
            end_offset: 0,
            behind_bytes: 0,
            warm: false,
            buffer: vec![0; LEAD_BYTES + capacity_bytes],
            used_bytes: 0,
            covered_bytes: 0,
            left_out: Vec::new(),
        }
    }

    /// A batch of `lines`, each of which ends in a newline.
    pub fn from_lines(source: SourceId, lines: &[u8]) -> Self {
        let mut batch = Self::new(source, lines.len());
        batch.append(lines);
        batch
    }

    /// The lines, each ending in a newline.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.buffer.get(LEAD_BYTES..LEAD_BYTES + self.used_bytes).unwrap_or_default()
    }

    /// Every line without its newline; a carriage return before it is the line's own.
    #[inline]
    pub fn lines(&self) -> Lines<'_> {
        Lines { rest: self.bytes() }
    }

    /// Whether there is nothing to tell: no line, and none that was too long.
    pub fn is_empty(&self) -> bool {
        self.used_bytes == 0 && self.too_long == 0
    }

    /// Forgets the lines and everything about them but their source.
    pub fn clear(&mut self) {
        self.used_bytes = 0;
        self.too_long = 0;
        self.partial = 0;
        self.position = None;
        self.end_offset = 0;
        self.behind_bytes = 0;
        self.warm = false;
        self.covered_bytes = 0;
        self.left_out.clear();
    }

    /// Where in the log, in bytes after decompression, the line ends that ends behind so many of
    /// [`Self::bytes`], its newline counted. Of warm lines that is not known.
    pub fn offset_behind(&self, bytes: usize) -> u64 {
        let end = self.position.as_ref().map_or(self.end_offset, |position| position.offset);
        let before = self.left_out.iter().rev().find(|(from, _)| *from < bytes);
        let left_out = before.map_or(0, |(_, left_out)| *left_out);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        end.saturating_sub(self.covered_bytes.saturating_sub(bytes + left_out))
    }

    /// From `from` on, `bytes` of the log are left out before what is in use.
    pub(super) fn leave_out(&mut self, from: usize, bytes: u64) {
        if bytes != self.left_out.last().map_or(0, |(_, bytes)| *bytes) {
            self.left_out.push((from, bytes));
        }
    }

    /// How many bytes it has room for.
    pub fn capacity_bytes(&self) -> usize {
        self.buffer.len() - LEAD_BYTES
    }

    /// The room behind what is in use, to be read into and then claimed by [`Self::grow`].
    pub(super) fn spare(&mut self) -> &mut [u8] {
        self.spare_after(0)
    }

    /// The last `lead_bytes`, at most [`LEAD_BYTES`], before the room behind what is in use, and
    /// that room.
    pub(super) fn spare_after(&mut self, lead_bytes: usize) -> &mut [u8] {
        let start = (LEAD_BYTES + self.used_bytes).saturating_sub(lead_bytes);
        self.buffer.get_mut(start..).unwrap_or_default()
    }

    /// Takes `count` more bytes into use.
    pub(super) fn grow(&mut self, count: usize) {
        self.used_bytes = self.capacity_bytes().min(self.used_bytes + count);
    }

    /// Puts `bytes` behind what is in use; `false` where there is no room for them.
    pub(super) fn append(&mut self, bytes: &[u8]) -> bool {
        let Some(room) = self.spare().get_mut(..bytes.len()) else {
            return false;
        };
        room.copy_from_slice(bytes);
        self.grow(bytes.len());
        true
    }

    /// Keeps the first `count` bytes.
    pub(super) fn truncate(&mut self, count: usize) {
        self.used_bytes = self.used_bytes.min(count);
    }

    /// Moves `count` bytes in use from `from` down to `to`.
    pub(super) fn move_down(&mut self, from: usize, count: usize, to: usize) {
        if from != to {
            let from = LEAD_BYTES + from;
            self.buffer.copy_within(from..from + count, LEAD_BYTES + to);
        }
    }
}

/// By what they say, not by the room they have.
impl PartialEq for LineBatch {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
            && self.too_long == other.too_long
            && self.partial == other.partial
            && self.position == other.position
            && self.warm == other.warm
            && self.bytes() == other.bytes()
    }
}

/// The lines of a batch, in order.
#[derive(Clone, Debug)]
pub struct Lines<'batch> {
    rest: &'batch [u8],
}

impl<'batch> Iterator for Lines<'batch> {
    type Item = &'batch [u8];

    #[inline]
    fn next(&mut self) -> Option<&'batch [u8]> {
        let newline = memchr::memchr(b'\n', self.rest)?;
        let (line, rest) = self.rest.split_at(newline);
        self.rest = rest.get(1..).unwrap_or_default();
        Some(line)
    }
}

/// Where batches wait to be used again. A clone is the same pool, for another thread.
#[derive(Clone, Debug)]
pub struct BatchPool {
    capacity_bytes: usize,
    give: Sender<LineBatch>,
    take: Receiver<LineBatch>,
}

impl BatchPool {
    /// An empty pool of batches with room for `capacity_bytes` each.
    pub fn new(capacity_bytes: usize) -> Self {
        let (give, take) = bounded(POOL_BATCHES_MAX);
        Self { capacity_bytes, give, take }
    }

    /// An empty batch for `source`: one that was given back, or else a new one.
    pub fn take(&self, source: SourceId) -> LineBatch {
        match self.take.try_recv() {
            Ok(mut batch) => {
                batch.source = source;
                batch
            }
            Err(_none_is_waiting) => LineBatch::new(source, self.capacity_bytes),
        }
    }

    /// Takes a batch back that is no longer needed.
    pub fn give_back(&self, mut batch: LineBatch) {
        if batch.capacity_bytes() != self.capacity_bytes {
            return;
        }
        batch.clear();
        match self.give.try_send(batch) {
            Ok(()) => {}
            Err(TrySendError::Full(spare) | TrySendError::Disconnected(spare)) => drop(spare),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: SourceId = SourceId(3);

    #[test]
    fn lines_come_without_their_newlines_and_with_everything_else() {
        let batch = LineBatch::from_lines(LOG, b"one\n\ntwo\r\n\0\xff\n");
        let lines: Vec<_> = batch.lines().collect();
        assert_eq!(lines, [b"one".as_slice(), b"", b"two\r", b"\0\xff"]);
    }

    #[test]
    fn a_batch_given_back_is_taken_again_and_empty() {
        let pool = BatchPool::new(16);
        let mut batch = pool.take(LOG);
        assert!(batch.append(b"line\n"));
        batch.too_long = 1;
        let room = batch.bytes().as_ptr();
        pool.give_back(batch);
        let again = pool.take(SourceId(4));
        assert_eq!(again.bytes().as_ptr(), room);
        assert_eq!(again, LineBatch::new(SourceId(4), 16));
    }

    #[test]
    fn a_pool_keeps_a_bounded_number_of_batches() {
        let pool = BatchPool::new(16);
        for _ in 0..2 * POOL_BATCHES_MAX {
            pool.give_back(LineBatch::new(LOG, 16));
        }
        assert_eq!(pool.take.len(), POOL_BATCHES_MAX);
    }

    #[test]
    fn what_does_not_fit_is_not_appended() {
        let mut batch = LineBatch::new(LOG, 4);
        assert!(!batch.append(b"12345"));
        assert!(batch.is_empty());
    }
}
