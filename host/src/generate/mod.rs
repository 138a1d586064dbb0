//! Writes access logs that look like real ones, at a rate: for the demo, for trying things out, and
//! for measuring.
//!
//! [`Traffic`] makes lines from a seed, [`Pace`] says when each is due, [`LineWriter`] gets them
//! out whole, and [`run`] lets the three work together on somebody else's clock.

mod pace;
mod random;
mod traffic;
mod writer;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

pub use pace::{Pace, Step};
pub use traffic::Traffic;
pub use writer::LineWriter;

use crate::clock::Clock;

/// The shortest wait between two batches. At high rates the lines due within it are written
/// together: fewer and larger writes, and nobody who reads a log can tell 10 ms apart.
const BATCH_INTERVAL: Duration = Duration::from_millis(10);

/// How large a batch grows before it is written, in bytes: what is due after a long stall goes out
/// in pieces, and a request to stop is heard between them.
const BATCH_BYTES_MAX: usize = 64 << 10;

/// Why no log could be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The log cannot be opened or created.
    #[error("cannot open {} for writing", path.display())]
    Open {
        /// The log.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The log cannot be written to.
    #[error("cannot write to {}", path.display())]
    Write {
        /// The log, or `-`.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What was written and, as far as that can be known, arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// Whole lines.
    pub lines: u64,
    /// Their bytes, newlines included.
    pub bytes: u64,
}

/// Writes lines of `traffic` to `out`, stamped with the clock's time and at the pace given, until
/// the pace ends, `wait` says to stop, or nobody reads `out` any more.
///
/// `wait` waits as long as it is told to, or less, and returns whether to stop. It is also asked,
/// with no time to wait, between the batches of a long stretch that is overdue.
///
/// # Errors
///
/// When writing fails for any other reason than that the reader is gone.
pub fn run(
    traffic: &mut Traffic,
    pace: &Pace,
    out: &mut LineWriter,
    clock: &dyn Clock,
    mut wait: impl FnMut(Duration) -> bool,
) -> Result<Generated, GenerateError> {
    let started = clock.elapsed();
    let mut written = Generated::default();
    let mut batch = Vec::with_capacity(2 * BATCH_BYTES_MAX);
    loop {
        let elapsed = clock.elapsed().saturating_sub(started);
        let due = pace.lines_due(elapsed);
        while written.lines < due {
            let now = clock.now();
            let mut lines = written.lines;
            batch.clear();
            while lines < due && batch.len() < BATCH_BYTES_MAX {
                traffic.append_line(&mut batch, now);
                lines += 1;
            }
            if !out.append(&batch)? {
                return Ok(written);
            }
            written.lines = lines;
            written.bytes += u64::try_from(batch.len()).unwrap_or(u64::MAX);
            if lines < due && wait(Duration::ZERO) {
                return Ok(written);
            }
        }
        let Some(next) = pace.due_at(written.lines.saturating_add(1)) else {
            return Ok(written);
        };
        if wait(next.saturating_sub(elapsed).max(BATCH_INTERVAL)) {
            return Ok(written);
        }
    }
}

#[cfg(test)]
mod tests;
