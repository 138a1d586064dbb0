//! What a monitor says during a call: reports, conditions that hold, log lines.

use crate::event::{Condition, Report};

/// The longest name or explanation, in bytes, that is taken from a plugin's file into a message:
/// the format allows names of 100,000.
const WORDS_BYTES_MAX: usize = 512;

/// A text from a plugin's file, cut where it is longer than a message needs.
pub(super) fn bounded(text: &str) -> String {
    if text.len() <= WORDS_BYTES_MAX {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(WORDS_BYTES_MAX);
    format!("{}...", text.get(..end).unwrap_or_default())
}

/// One thing that a monitor said during a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// A finished report.
    Report(Report),
    /// A condition that holds now.
    Raised(Condition),
    /// A line for whoever runs the host.
    Log(LogLevel, String),
}

/// How a monitor's log message is filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the monitor's author.
    Debug,
    /// Worth knowing.
    Info,
    /// Worth looking at.
    Warn,
    /// Something failed.
    Error,
}
