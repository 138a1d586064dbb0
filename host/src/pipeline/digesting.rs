//! Lines of a batch, parsed and digested: the work that can be done on any thread.

use std::sync::Arc;

use crate::parse::{Parser, Reject};
use crate::record::to_text;
use crate::store::{Digest, Plan};
use crate::tail::{FileMark, LineBatch};

/// The most rejected lines of one batch that are kept, unless all are.
const REJECTS_SHOWN_MAX: usize = 3;
/// How much of a rejected line is shown.
const EXCERPT_BYTES: usize = 120;

/// What one batch of lines came to.
pub(super) struct Digested {
    /// The lines that are records, second by second.
    pub(super) digest: Digest,
    /// All lines that were read, but for those that were too long.
    pub(super) lines: u64,
    /// Lines that are not in the log's format.
    pub(super) rejected: u64,
    /// Lines that were too long to be read.
    pub(super) too_long: u64,
    /// Lines that were ended without their newline.
    pub(super) partial: u64,
    /// For each run of the digest, the offset in the log behind its last line.
    pub(super) ends: Vec<u64>,
    /// The file that the lines are from, where it has a mark, and the offset behind all of them.
    pub(super) file: Option<Arc<FileMark>>,
    pub(super) end: u64,
    rejects: Rejects,
}

/// Rejected lines of a batch.
struct Rejects {
    /// How many are kept with their reason.
    most: usize,
    kept: Vec<(Reject, std::ops::Range<usize>)>,
    /// The lines themselves, one behind the other; a batch holds no more.
    bytes: Vec<u8>,
}

/// A rejected line, and why it was.
#[derive(Clone, Copy)]
pub(super) struct Rejected<'a> {
    pub(super) reject: Reject,
    pub(super) line: &'a [u8],
}

/// The reason and the line's beginning.
impl std::fmt::Display for Rejected<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let excerpt = self.line.get(..EXCERPT_BYTES).unwrap_or(self.line);
        write!(f, "{} in `{}`", self.reject, to_text(excerpt))
    }
}

impl Digested {
    /// Nothing yet; the first rejected lines of a batch are kept, or all of them.
    pub(super) fn new(plan: Arc<Plan>, keep_rejects: bool) -> Self {
        let most = if keep_rejects { usize::MAX } else { REJECTS_SHOWN_MAX };
        Self {
            digest: Digest::new(plan),
            lines: 0,
            rejected: 0,
            too_long: 0,
            partial: 0,
            ends: Vec::new(),
            file: None,
            end: 0,
            rejects: Rejects { most, kept: Vec::new(), bytes: Vec::new() },
        }
    }

    /// Forgets the last batch and takes in this one.
    pub(super) fn digest(&mut self, parser: &mut Parser, batch: &LineBatch) {
        self.digest.clear();
        self.rejects.clear();
        self.too_long = batch.too_long;
        self.partial = batch.partial;
        self.file = batch.position.as_ref().map(|position| Arc::clone(&position.file));
        self.end = batch.offset_behind(batch.bytes().len());
        let Self { digest, rejects, ends, .. } = self;
        ends.clear();
        let (mut lines, mut rejected) = (0, 0);
        // Where the lines end that were seen, and those of the run at hand, which is of this second.
        let (mut end, mut run_end, mut second) = (0, 0, i64::MIN);
        digest.extend(batch.lines().filter_map(|line| {
            lines += 1;
            end += line.len() + 1;
            let reject = |reject| {
                rejected += 1;
                rejects.keep(line, reject);
            };
            let record = parser.parse(line).map_err(reject).ok()?;
            if record.second != second {
                if run_end > 0 {
                    ends.push(batch.offset_behind(run_end));
                }
                second = record.second;
            }
            run_end = end;
            Some(record)
        }));
        if run_end > 0 {
            ends.push(batch.offset_behind(run_end));
        }
        (self.lines, self.rejected) = (lines, rejected);
        self.digest.finish();
    }

    /// The rejected lines that are kept, in the order of the log.
    pub(super) fn rejects(&self) -> impl Iterator<Item = Rejected<'_>> {
        let Rejects { kept, bytes, .. } = &self.rejects;
        kept.iter().map(|(reject, range)| Rejected {
            reject: *reject,
            line: bytes.get(range.clone()).unwrap_or_default(),
        })
    }
}

impl Rejects {
    fn clear(&mut self) {
        self.kept.clear();
        self.bytes.clear();
    }

    #[cold]
    fn keep(&mut self, line: &[u8], reject: Reject) {
        if self.kept.len() < self.most {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(line);
            self.kept.push((reject, start..self.bytes.len()));
        }
    }
}
