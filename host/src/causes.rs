//! Errors in one line: what went wrong, and why.

use std::error::Error;

/// An error and what caused it, each behind a colon.
pub fn with_causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
