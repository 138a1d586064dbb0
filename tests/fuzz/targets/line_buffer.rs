//! Whatever the chunks, limits and room, the same lines come out as from splitting the whole.
//!
//! The input's first bytes say how it is read: the longest line, room beyond what is needed, flags,
//! how many chunk sizes follow, and those. The rest is a log.

#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use weir_fuzz::tail::batch::{LineBatch, SourceId};
use weir_fuzz::tail::line_buffer::{End, LineBuffer};

/// Where in a file the log begins.
#[derive(Clone, Copy, PartialEq)]
enum Begin {
    /// At its first byte.
    File,
    /// At a line's first byte.
    Line,
    /// Within a line.
    MidLine,
}

/// How a log is read.
struct Reading<'input> {
    line_bytes_max: usize,
    batch_bytes: usize,
    /// Whether a batch takes what one read gives, as for streams, or is filled.
    once: bool,
    begin: Begin,
    /// Whether another buffer takes over at some point, as after a restart.
    again: bool,
    /// How many bytes one read gives, and one filling may take, in turn.
    chunks: &'input [u8],
    log: &'input [u8],
}

impl<'input> Reading<'input> {
    fn new(input: &'input [u8]) -> Option<Self> {
        let (&[longest, room, flags, chunk_count], rest) = input.split_first_chunk()?;
        let (chunks, log) = rest.split_at_checked(usize::from(chunk_count % 16) + 1)?;
        let line_bytes_max = usize::from(longest) + 1;
        // As the settings demand: a held part of a line leaves as much room again to read into.
        let batch_bytes = 2 * line_bytes_max + usize::from(room);
        let begin = match flags % 3 {
            0 => Begin::File,
            1 => Begin::Line,
            _ => Begin::MidLine,
        };
        let (once, again) = (flags & 0x40 != 0, flags & 0x80 != 0);
        Some(Self { line_bytes_max, batch_bytes, once, begin, again, chunks, log })
    }
}

/// A log that gives at most the sizes in `chunks` at a time, in turn.
struct Chunked<'input> {
    rest: &'input [u8],
    chunks: std::iter::Cycle<std::slice::Iter<'input, u8>>,
}

impl Chunked<'_> {
    fn size(&mut self) -> usize {
        self.chunks.next().map_or(1, |&size| usize::from(size) + 1)
    }
}

impl Read for Chunked<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.size().min(room.len()).min(self.rest.len());
        let (now, later) = self.rest.split_at(count);
        room[..count].copy_from_slice(now);
        self.rest = later;
        Ok(count)
    }
}

/// What all batches say together: the lines, and how many were too long.
fn read(reading: &Reading<'_>) -> (Vec<Vec<u8>>, u64) {
    let mut input = Chunked { rest: reading.log, chunks: reading.chunks.iter().cycle() };
    let mut limits = Chunked { rest: &[], chunks: reading.chunks.iter().cycle() };
    let mut buffer = match reading.begin {
        Begin::File => LineBuffer::at_file_start(reading.line_bytes_max),
        Begin::Line | Begin::MidLine => LineBuffer::new(reading.line_bytes_max),
    };
    if reading.begin == Begin::MidLine {
        buffer.skip_line();
    }
    let (mut lines, mut too_long) = (Vec::new(), 0);
    let mut take = |batch: &LineBatch| {
        assert!(batch.bytes().last().is_none_or(|&last| last == b'\n'));
        lines.extend(batch.lines().map(<[u8]>::to_vec));
        too_long += batch.too_long;
    };
    let mut again = reading.again;
    loop {
        let mut batch = LineBatch::new(SourceId(0), reading.batch_bytes);
        let ended = if reading.once {
            buffer.read_once(&mut input, &mut batch).unwrap() == 0
        } else {
            let limit = u64::try_from(limits.size()).unwrap();
            let filled = buffer.fill(&mut input, limit, &mut batch);
            assert!(filled.bytes <= limit);
            matches!(filled.end, End::Input)
        };
        take(&batch);
        if ended {
            break;
        }
        // A later run begins behind the last line that was told, once there was one.
        if again && !batch.is_empty() {
            again = false;
            let unfinished = usize::try_from(buffer.unfinished_bytes()).unwrap();
            let read = reading.log.len() - input.rest.len();
            input.rest = &reading.log[read - unfinished..];
            buffer = LineBuffer::new(reading.line_bytes_max);
        }
    }
    assert!(input.rest.is_empty());
    let unfinished = buffer.unfinished_bytes() > 0;
    let mut last = LineBatch::new(SourceId(0), reading.batch_bytes);
    assert_eq!(buffer.finish(&mut last), unfinished);
    take(&last);
    (lines, too_long)
}

/// The same by splitting the whole log.
fn split(reading: &Reading<'_>) -> (Vec<Vec<u8>>, u64) {
    let log = match reading.begin {
        Begin::File => reading.log.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(reading.log),
        Begin::Line | Begin::MidLine => reading.log,
    };
    let mut lines: Vec<_> = log.split(|&byte| byte == b'\n').collect();
    if reading.begin == Begin::MidLine {
        lines.remove(0);
    }
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    let (fit, too_long): (Vec<_>, Vec<_>) =
        lines.into_iter().partition(|line| line.len() <= reading.line_bytes_max);
    (fit.into_iter().map(<[u8]>::to_vec).collect(), u64::try_from(too_long.len()).unwrap())
}

fuzz_target!(|input: &[u8]| {
    if let Some(reading) = Reading::new(input) {
        assert_eq!(read(&reading), split(&reading));
    }
});
