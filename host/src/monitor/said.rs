//! What a monitor says during a call: reports, conditions that hold, log lines.

use crate::event::{Condition, Report};

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
