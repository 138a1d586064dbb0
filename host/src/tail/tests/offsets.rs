//! Where in its log each line ends, however it was read: what an alert's provenance stands on.

use std::io::Read;

use proptest::prelude::*;

use super::super::batch::{LineBatch, SourceId};
use super::super::line_buffer::{End, LineBuffer};

const LINE_BYTES_MAX: usize = 8;
const BATCH_BYTES: usize = 24;

/// An input that gives at most the sizes in `chunks` at a time, in turn.
struct Chunked<'input> {
    rest: &'input [u8],
    chunks: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl Read for Chunked<'_> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let count = self.chunks.next().unwrap().min(room.len()).min(self.rest.len());
        let (now, later) = self.rest.split_at(count);
        room[..count].copy_from_slice(now);
        self.rest = later;
        Ok(count)
    }
}

/// Each line of a batch, with where it says that it ends.
fn told(batch: &LineBatch) -> Vec<(Vec<u8>, u64)> {
    let mut end = 0;
    let lines = batch.lines().map(|line| {
        end += line.len() + 1;
        (line.to_vec(), batch.offset_behind(end))
    });
    lines.collect()
}

fn read_whole(input: &[u8], chunks: Vec<usize>, once: bool) -> Vec<(Vec<u8>, u64)> {
    let mut input = Chunked { rest: input, chunks: chunks.into_iter().cycle() };
    let mut lines = LineBuffer::at_file_start(LINE_BYTES_MAX);
    let (mut all, mut offset, mut ended) = (Vec::new(), 0, false);
    let mut batch = LineBatch::new(SourceId(0), BATCH_BYTES);
    while !ended {
        batch.clear();
        ended = if once {
            lines.read_once(&mut input, &mut batch).unwrap() == 0
        } else {
            matches!(lines.fill(&mut input, u64::MAX, &mut batch).end, End::Input)
        };
        offset += batch.covered_bytes;
        batch.end_offset = offset;
        all.extend(told(&batch));
    }
    batch.clear();
    lines.finish(&mut batch);
    batch.end_offset = offset + batch.covered_bytes;
    all.extend(told(&batch));
    all
}

/// The same by splitting the whole input.
fn split_whole(input: &[u8]) -> Vec<(Vec<u8>, u64)> {
    let mark = if input.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut end = mark;
    let lines = input[mark..].split_inclusive(|&byte| byte == b'\n').map(|line| {
        end += line.len();
        (line.strip_suffix(b"\n").unwrap_or(line).to_vec(), u64::try_from(end).unwrap())
    });
    lines.filter(|(line, _)| line.len() <= LINE_BYTES_MAX).collect()
}

proptest! {
    #[test]
    fn every_line_ends_where_it_does_in_the_whole(
        mark: bool,
        input in proptest::collection::vec(prop_oneof![4 => Just(b'x'), 1 => Just(b'\n')], 0..200),
        chunks in proptest::collection::vec(1_usize..40, 1..20),
        once: bool,
    ) {
        let mark: &[u8] = if mark { b"\xef\xbb\xbf" } else { b"" };
        let input = [mark, &input].concat();
        prop_assert_eq!(read_whole(&input, chunks, once), split_whole(&input));
    }
}
