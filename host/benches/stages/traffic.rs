//! The lines that the benchmarks read.

use weir::clock::Timestamp;
use weir::generate::Traffic;
use weir::parse::Parser;
use weir::store::Digest;
use weir::tail::{LineBatch, SourceId};

/// The size of a batch that replay and a busy log fill.
const BATCH_BYTES: usize = 1 << 20;
/// 2018-09-11 12:00:00 UTC.
pub(crate) const FIRST_SECOND: i64 = 1_536_667_200;
/// How many lines a second the log has.
pub(crate) const LINES_PER_SECOND: usize = 2_000;

const SEED: u64 = 1;

/// A batch of whole lines, [`LINES_PER_SECOND`] of each second, of at most [`BATCH_BYTES`], and how
/// many lines those are.
pub(crate) fn batch() -> (LineBatch, usize) {
    let (mut traffic, mut text, mut lines) = (Traffic::new(SEED), Vec::new(), 0);
    loop {
        let before = text.len();
        let second = FIRST_SECOND + i64::try_from(lines / LINES_PER_SECOND).unwrap();
        traffic.append_line(&mut text, Timestamp::from_secs(second));
        if text.len() > BATCH_BYTES {
            text.truncate(before);
            return (LineBatch::from_lines(SourceId::default(), &text), lines);
        }
        lines += 1;
    }
}

/// A log that goes on, second after second.
pub(crate) struct Seconds {
    traffic: Traffic,
    parser: Parser,
    text: Vec<u8>,
    /// The last second of it.
    pub(crate) second: i64,
}

impl Seconds {
    pub(crate) fn new() -> Self {
        let (traffic, text) = (Traffic::new(SEED), Vec::new());
        Self { traffic, parser: Parser::new(), text, second: FIRST_SECOND - 1 }
    }

    /// Digests the first `lines` of the next second, instead of what `digest` held before.
    pub(crate) fn next_into(&mut self, digest: &mut Digest, lines: usize) {
        self.second += 1;
        self.text.clear();
        for _ in 0..lines {
            self.traffic.append_line(&mut self.text, Timestamp::from_secs(self.second));
        }
        digest.clear();
        let batch = LineBatch::from_lines(SourceId::default(), &self.text);
        digest.extend(batch.lines().map(|line| self.parser.parse(line).unwrap()));
        digest.finish();
    }
}
