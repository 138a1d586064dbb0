//! Lines of a batch, parsed and digested: the work that can be done on any thread.

use std::sync::Arc;

use crate::parse::{Parser, Reject};
use crate::record::to_text;
use crate::store::{Digest, Plan};
use crate::tail::LineBatch;

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
    /// How many rejected lines are kept with their reason.
    rejects_max: usize,
    rejects: Vec<(Reject, std::ops::Range<usize>)>,
    /// The rejected lines themselves, one behind the other; a batch holds no more.
    rejected_bytes: Vec<u8>,
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
        Self {
            digest: Digest::new(plan),
            lines: 0,
            rejected: 0,
            too_long: 0,
            partial: 0,
            rejects_max: if keep_rejects { usize::MAX } else { REJECTS_SHOWN_MAX },
            rejects: Vec::new(),
            rejected_bytes: Vec::new(),
        }
    }

    /// Forgets the last batch and takes in this one.
    pub(super) fn digest(&mut self, parser: &mut Parser, batch: &LineBatch) {
        self.digest.clear();
        self.rejects.clear();
        self.rejected_bytes.clear();
        self.too_long = batch.too_long;
        self.partial = batch.partial;
        self.rejected = 0;
        self.lines = 0;
        for line in batch.lines() {
            self.lines += 1;
            match parser.parse(line) {
                Ok(record) => self.digest.push(&record),
                Err(reject) => self.reject(line, reject),
            }
        }
        self.digest.finish();
    }

    /// The rejected lines that are kept, in the order of the log.
    pub(super) fn rejects(&self) -> impl Iterator<Item = Rejected<'_>> {
        self.rejects.iter().map(|(reject, range)| Rejected {
            reject: *reject,
            line: self.rejected_bytes.get(range.clone()).unwrap_or_default(),
        })
    }

    #[cold]
    fn reject(&mut self, line: &[u8], reject: Reject) {
        self.rejected += 1;
        if self.rejects.len() < self.rejects_max {
            let start = self.rejected_bytes.len();
            self.rejected_bytes.extend_from_slice(line);
            self.rejects.push((reject, start..self.rejected_bytes.len()));
        }
    }
}
