//! The one piece that turns chunks of bytes into whole lines.

use std::io::{self, ErrorKind, Read};

use memchr::{memchr, memrchr};

use super::batch::LineBatch;

/// Cuts what is read at line ends and holds the last, unfinished line until its newline comes.
/// However the bytes are cut into chunks, the same lines come out.
#[derive(Clone, Debug)]
pub struct LineBuffer {
    /// The unfinished line: never more than `max_line_bytes`, and no newline in it.
    held: Vec<u8>,
    skip: Skip,
    /// Whether nothing but a part of a byte order mark has been seen of a file.
    at_start: bool,
    max_line_bytes: usize,
}

/// The UTF-8 byte order mark that some writers put at a file's start: no part of its first line.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether the rest of the current line is to be dropped, up to its newline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Skip {
    No,
    /// It began before reading did, and counts nowhere.
    Begun,
    /// It is too long, and is counted at its newline.
    TooLong {
        /// How much of it has been read.
        bytes: u64,
    },
}

/// What one filling of a batch came to.
#[derive(Debug)]
pub struct Filled {
    /// How many bytes were read.
    pub bytes: u64,
    /// Why reading ended there.
    pub end: End,
}

/// Why reading into a batch ended.
#[derive(Debug)]
pub enum End {
    /// The batch is full or as many bytes were read as were asked for; there may be more.
    Limit,
    /// The input has nothing more, at least for now.
    Input,
    /// Reading failed. What had been read until then is in the batch.
    Failed(io::Error),
}

impl LineBuffer {
    /// A buffer for lines of at most `max_line_bytes`, newlines not counted.
    pub fn new(max_line_bytes: usize) -> Self {
        Self { held: Vec::new(), skip: Skip::No, at_start: false, max_line_bytes }
    }

    /// The same for what is read from a file's first byte on, where a byte order mark is dropped.
    pub fn at_file_start(max_line_bytes: usize) -> Self {
        Self { at_start: true, ..Self::new(max_line_bytes) }
    }

    /// Drops what comes up to the next newline and counts it nowhere: for a reader that begins in
    /// the middle of a line.
    pub fn skip_line(&mut self) {
        self.skip = Skip::Begun;
    }

    /// How many bytes were read of a line that was not told or counted yet. So many before what is
    /// read next is where another buffer has to begin to give the lines that this one still will.
    pub fn unfinished_bytes(&self) -> u64 {
        match self.skip {
            Skip::No => u64::try_from(self.held.len()).unwrap_or(u64::MAX),
            Skip::Begun => 0,
            Skip::TooLong { bytes } => bytes,
        }
    }

    /// How many bytes go before what is read next: none of a line that is too long.
    pub(super) fn held_bytes(&self) -> usize {
        self.held.len()
    }

    /// Forgets the unfinished line: its rest will never come.
    pub fn discard(&mut self) {
        self.held.clear();
        self.skip = Skip::No;
    }

    /// Fills an empty `batch` from `input`: until it is full, `bytes_max` are read, or the input
    /// has nothing more. Leaves whole lines in it.
    pub fn fill(&mut self, input: &mut impl Read, bytes_max: u64, batch: &mut LineBatch) -> Filled {
        self.begin(batch);
        let mut bytes = 0;
        let end = loop {
            let wanted = usize::try_from(bytes_max - bytes).unwrap_or(usize::MAX);
            let spare = batch.spare();
            let room = spare.len().min(wanted);
            let Some(room) = spare.get_mut(..room).filter(|room| !room.is_empty()) else {
                break End::Limit;
            };
            match input.read(room) {
                Ok(0) => break End::Input,
                Ok(count) => {
                    batch.grow(count);
                    bytes += u64::try_from(count).unwrap_or(u64::MAX);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break End::Failed(error),
            }
        };
        self.cut(batch);
        Filled { bytes, end }
    }

    /// Reads into an empty `batch` what one read of `input` gives, for inputs that make a reader
    /// wait for more. Returns how many bytes that were; 0 is the input's end.
    pub fn read_once(
        &mut self,
        input: &mut impl Read,
        batch: &mut LineBatch,
    ) -> Result<usize, io::Error> {
        self.begin(batch);
        let result = loop {
            match input.read(batch.spare()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        if let Ok(count) = result {
            batch.grow(count);
        }
        self.cut(batch);
        result
    }

    /// Ends the unfinished line as if its newline had come, and adds it to a `batch` with room for
    /// it. Returns whether there was one.
    pub fn finish(&mut self, batch: &mut LineBatch) -> bool {
        if batch.is_empty() {
            batch.covered_bytes = 0;
        }
        batch.covered_bytes += self.unfinished_bytes();
        if let Skip::TooLong { .. } = std::mem::replace(&mut self.skip, Skip::No) {
            batch.too_long += 1;
            return true;
        }
        if self.held.is_empty() {
            return false;
        }
        self.held.push(b'\n');
        batch.append(&self.held);
        batch.partial += 1;
        self.held.clear();
        true
    }

    /// The unfinished line goes before what is read next.
    pub(super) fn begin(&mut self, batch: &mut LineBatch) {
        batch.append(&self.held);
        self.held.clear();
    }

    /// Leaves the whole lines of `batch` in it that are not too long, and holds what follows the
    /// last newline.
    ///
    /// Lengths are checked without a second look at every byte: where the last newline within reach
    /// of the longest line ends a line, no line before it can be too long, and the search for it
    /// from the back sees about one line in each `max_line_bytes`.
    pub(super) fn cut(&mut self, batch: &mut LineBatch) {
        let mut checked = self.byte_order_mark_bytes(batch);
        let mut kept = 0;
        // What earlier batches had of a line that is too long.
        let mut earlier = 0;
        loop {
            let rest = batch.bytes().get(checked..).unwrap_or_default();
            if self.skip != Skip::No {
                let Some(newline) = memchr(b'\n', rest) else {
                    if let Skip::TooLong { bytes } = &mut self.skip {
                        *bytes += u64::try_from(rest.len()).unwrap_or(u64::MAX);
                    }
                    break;
                };
                batch.too_long += u64::from(self.skip != Skip::Begun);
                earlier += self.unfinished_bytes();
                self.skip = Skip::No;
                checked += newline + 1;
                continue;
            }
            let reach = rest.get(..=self.max_line_bytes).unwrap_or(rest);
            if let Some(newline) = memrchr(b'\n', reach) {
                let count = newline + 1;
                batch.move_down(checked, count, kept);
                let left_out = u64::try_from(checked - kept).unwrap_or(u64::MAX);
                batch.leave_out(kept, left_out + earlier);
                checked += count;
                kept += count;
            } else if rest.len() > self.max_line_bytes {
                self.skip = Skip::TooLong { bytes: 0 };
            } else {
                self.held.extend_from_slice(rest);
                break;
            }
        }
        batch.truncate(kept);
        batch.covered_bytes = u64::try_from(checked).unwrap_or(u64::MAX) + earlier;
    }

    /// How many of the first bytes are a byte order mark at a file's start.
    fn byte_order_mark_bytes(&mut self, batch: &LineBatch) -> usize {
        let bytes = batch.bytes();
        if !self.at_start
            || bytes.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(bytes)
        {
            return 0;
        }
        self.at_start = false;
        if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::batch::SourceId;
    use super::*;

    const LINE_BYTES_MAX: usize = 8;
    const BATCH_BYTES: usize = 24;

    /// An input that gives at most the sizes in `chunks` at a time, in turn.
    struct Chunked<'input> {
        rest: &'input [u8],
        chunks: std::iter::Cycle<std::vec::IntoIter<usize>>,
    }

    impl Read for Chunked<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let count = self.chunks.next().unwrap().min(room.len()).min(self.rest.len());
            let (now, later) = self.rest.split_at(count);
            room[..count].copy_from_slice(now);
            self.rest = later;
            Ok(count)
        }
    }

    fn batch() -> LineBatch {
        LineBatch::new(SourceId(0), BATCH_BYTES)
    }

    /// What all batches of `input` say together.
    fn read_whole(input: &[u8], chunks: Vec<usize>, once: bool) -> (Vec<u8>, u64) {
        let mut input = Chunked { rest: input, chunks: chunks.into_iter().cycle() };
        let mut lines = LineBuffer::new(LINE_BYTES_MAX);
        let (mut bytes, mut too_long) = (Vec::new(), 0);
        let mut ended = false;
        while !ended {
            let mut batch = batch();
            ended = if once {
                lines.read_once(&mut input, &mut batch).unwrap() == 0
            } else {
                matches!(lines.fill(&mut input, u64::MAX, &mut batch).end, End::Input)
            };
            bytes.extend_from_slice(batch.bytes());
            too_long += batch.too_long;
        }
        let mut last = batch();
        lines.finish(&mut last);
        bytes.extend_from_slice(last.bytes());
        (bytes, too_long + last.too_long)
    }

    /// The same by splitting the whole input.
    fn split_whole(input: &[u8]) -> (Vec<u8>, u64) {
        let mut lines: Vec<_> = input.split(|&byte| byte == b'\n').collect();
        if lines.last().is_some_and(|last| last.is_empty()) {
            lines.pop();
        }
        let (fit, too_long): (Vec<_>, Vec<_>) =
            lines.into_iter().partition(|line| line.len() <= LINE_BYTES_MAX);
        let bytes = fit.into_iter().flat_map(|line| [line, b"\n"].concat()).collect();
        (bytes, u64::try_from(too_long.len()).unwrap())
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_lines_of_the_whole(
            input in proptest::collection::vec(prop_oneof![3 => Just(b'x'), 1 => Just(b'\n')], 0..200),
            chunks in proptest::collection::vec(1_usize..40, 1..20),
            once: bool,
        ) {
            prop_assert_eq!(read_whole(&input, chunks, once), split_whole(&input));
        }
    }

    #[test]
    fn a_partial_line_is_held_until_its_newline_comes() {
        let mut lines = LineBuffer::new(LINE_BYTES_MAX);
        let mut first = batch();
        lines.fill(&mut b"one\ntw".as_slice(), u64::MAX, &mut first);
        assert_eq!(first.bytes(), b"one\n");
        assert_eq!(lines.unfinished_bytes(), 2);
        let mut second = batch();
        lines.fill(&mut b"o\n".as_slice(), u64::MAX, &mut second);
        assert_eq!(second.bytes(), b"two\n");
    }

    #[test]
    fn a_line_of_exactly_the_longest_length_is_read() {
        assert_eq!(read_whole(b"12345678\n", vec![3], false), (b"12345678\n".to_vec(), 0));
        assert_eq!(read_whole(b"123456789\n", vec![3], false), (Vec::new(), 1));
    }

    #[test]
    fn a_line_that_is_too_long_is_counted_once_however_many_batches_it_takes() {
        let input = [b"a\n".as_slice(), &[b'x'; 10 * BATCH_BYTES], b"\nb\n"].concat();
        assert_eq!(read_whole(&input, vec![5], false), (b"a\nb\n".to_vec(), 1));
    }

    #[test]
    fn a_line_that_is_too_long_is_unfinished_until_its_newline_and_counted_then() {
        let mut lines = LineBuffer::new(LINE_BYTES_MAX);
        let mut first = batch();
        lines.fill(&mut b"a\n123456789".as_slice(), u64::MAX, &mut first);
        assert_eq!((first.bytes(), first.too_long), (b"a\n".as_slice(), 0));
        assert_eq!(lines.unfinished_bytes(), 9);
        let mut second = batch();
        lines.fill(&mut b"0\nb\n".as_slice(), u64::MAX, &mut second);
        assert_eq!((second.bytes(), second.too_long), (b"b\n".as_slice(), 1));
        assert_eq!(lines.unfinished_bytes(), 0);
    }

    #[test]
    fn a_byte_order_mark_at_a_files_start_is_no_part_of_its_first_line() {
        for chunk in 1..5 {
            let mut input = b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n".as_slice();
            let mut lines = LineBuffer::at_file_start(LINE_BYTES_MAX);
            let mut told = Vec::new();
            while !input.is_empty() {
                let mut batch = batch();
                lines.fill(&mut input, chunk, &mut batch);
                told.extend_from_slice(batch.bytes());
            }
            assert_eq!(told, b"a\n\xef\xbb\xbfb\n");
        }
    }

    #[test]
    fn no_more_is_read_than_was_asked_for() {
        let mut input = b"1\n2\n3\n".as_slice();
        let mut batch = batch();
        let filled = LineBuffer::new(LINE_BYTES_MAX).fill(&mut input, 4, &mut batch);
        assert_eq!((filled.bytes, batch.bytes()), (4, b"1\n2\n".as_slice()));
        assert!(matches!(filled.end, End::Limit));
    }

    #[test]
    fn what_was_read_before_an_error_is_kept() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let mut batch = batch();
        let filled =
            LineBuffer::new(LINE_BYTES_MAX).fill(&mut b"1\n".chain(Broken), u64::MAX, &mut batch);
        assert_eq!(batch.bytes(), b"1\n");
        assert!(matches!(filled.end, End::Failed(_)));
    }

    #[test]
    fn a_line_begun_before_reading_began_is_skipped_and_not_counted() {
        let mut lines = LineBuffer::new(LINE_BYTES_MAX);
        lines.skip_line();
        let mut batch = batch();
        lines.fill(&mut b"tail of a line\nnext\n".as_slice(), u64::MAX, &mut batch);
        assert_eq!((batch.bytes(), batch.too_long), (b"next\n".as_slice(), 0));
    }
}
