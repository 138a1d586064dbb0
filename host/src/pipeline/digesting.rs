//! Lines of a batch, parsed and digested: the work that can be done on any thread.

use std::sync::Arc;

use crate::parse::{Parser, Reject};
use crate::record::to_text;
use crate::store::{Digest, Plan};
use crate::tail::LineBatch;

/// The most rejected lines of one batch of which the reason is kept.
const REASONS_MAX: usize = 3;
/// How much of a rejected line is shown.
const EXCERPT_BYTES: usize = 120;

/// What one batch of lines came to.
pub(super) struct Digested {
    /// The lines that are records, second by second.
    pub(super) digest: Digest,
    /// Lines that are not in the log's format.
    pub(super) rejected: u64,
    /// Lines that were too long to be read.
    pub(super) too_long: u64,
    /// Why the first rejected lines were.
    pub(super) reasons: Vec<Reason>,
}

/// Why a line was rejected.
pub(super) struct Reason {
    reject: Reject,
    excerpt: String,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in `{}`", self.reject, self.excerpt)
    }
}

impl Digested {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        Self { digest: Digest::new(plan), rejected: 0, too_long: 0, reasons: Vec::new() }
    }

    /// Forgets the last batch and takes in this one.
    pub(super) fn digest(&mut self, parser: &mut Parser, batch: &LineBatch) {
        self.digest.clear();
        self.reasons.clear();
        self.too_long = batch.too_long;
        self.rejected = 0;
        for line in batch.lines() {
            match parser.parse(line) {
                Ok(record) => self.digest.push(&record),
                Err(reject) => self.reject(line, reject),
            }
        }
        self.digest.finish();
    }

    #[cold]
    fn reject(&mut self, line: &[u8], reject: Reject) {
        self.rejected += 1;
        if self.reasons.len() < REASONS_MAX {
            let shown = line.get(..EXCERPT_BYTES).unwrap_or(line);
            self.reasons.push(Reason { reject, excerpt: to_text(shown).into_owned() });
        }
    }
}
