//! Reading what continues what was read before, and nothing else.

use std::io::{self, ErrorKind};

use super::super::batch::{LEAD_BYTES, LineBatch};
use super::super::files::LogFile;
use super::super::position::FINGERPRINT_BYTES_MAX;
use super::super::rotated_file::{Read, ReadEnd};
use super::{FollowedFile, in_file, is_at};

impl FollowedFile {
    /// Fills an empty `batch` with what is unread, up to the size at the last look, and says where
    /// its lines end. Lines that were read by an earlier run and others do not share a batch.
    pub(in super::super) fn read(&mut self, batch: &mut LineBatch) -> Read {
        if self.truncated {
            return Read { bytes: 0, end: ReadEnd::Replaced };
        }
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
