//! What Weir says: reports, alerts that change state, faults of monitors, and the books.

use std::time::Duration;

use crate::clock::Timestamp;

/// One thing said to every sink, in the order in which it happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A log is being followed from now on.
    Started {
        /// The log's path, or `-`.
        source: String,
    },
    /// A monitor's report.
    Report(Report),
    /// A monitor's condition began or ended.
    Alert(AlertChange),
    /// A monitor failed, and what was done about it.
    Fault(Fault),
    /// The books of one source, at the end.
    Account(Account),
}

/// A monitor's report, as the monitor built it up.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The monitor's name.
    pub monitor: String,
    /// The tick that it reports at.
    pub time: Timestamp,
    /// What people read above the measures.
    pub title: String,
    /// Names and values, in the monitor's own order.
    pub measures: Vec<(String, Measure)>,
}

/// One value of a report.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// A whole number.
    Count(u64),
    /// A measured number with its unit, which may be empty.
    Number(f64, String),
    /// A word or a name.
    Text(String),
}

/// How urgent an alert is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth looking at.
    #[default]
    Warning,
    /// Worth waking somebody.
    Critical,
}

impl Severity {
    /// The word that sinks write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// A condition that a monitor found to hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What tells the monitor's alerts apart.
    pub key: String,
    /// What people read.
    pub name: String,
    /// How urgent it is.
    pub severity: Severity,
    /// The value that made it hold and its unit, where the monitor gave one.
    pub value: Option<(f64, String)>,
    /// More about it, in the monitor's own order.
    pub labels: Vec<(String, String)>,
}

/// An alert's edge: it fires, or it is over.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertChange {
    /// The monitor's name.
    pub monitor: String,
    /// The condition as it was when it fired.
    pub condition: Condition,
    /// When this edge happened.
    pub time: Timestamp,
    /// Which edge it is.
    pub edge: Edge,
}

/// Which way an alert changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The condition holds from now on.
    Firing,
    /// The condition is over.
    Resolved {
        /// When it began to hold.
        started_at: Timestamp,
        /// How long it held.
        duration: Duration,
    },
}

/// A monitor's failure. The others and the host go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The monitor's name.
    pub monitor: String,
    /// What kind of failure it was.
    pub kind: FaultKind,
    /// When, in the pipeline's time; `None` before the first line or tick.
    pub time: Option<Timestamp>,
    /// What the monitor was doing: `load`, `configure`, `on-batch` or `on-tick`.
    pub phase: &'static str,
    /// What happened, and the limit where one was met.
    pub message: String,
    /// What follows from it.
    pub consequence: Consequence,
}

/// What follows from a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// A fresh instance takes over after this time.
    RetryIn(Duration),
    /// The monitor does not run any more.
    Ended,
    /// The monitor goes on; only what the fault names was not done.
    GoesOn,
}

/// The kinds of failure that a monitor can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It trapped: a panic, an unreachable instruction, an access out of bounds.
    Trap,
    /// It took longer than a call may.
    Deadline,
    /// It asked for more memory, tables or instances than it may have.
    Memory,
    /// It cannot be loaded or configured.
    Load,
    /// It said more in one call than it may.
    Flood,
}

impl FaultKind {
    /// The word that sinks write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Deadline => "deadline",
            Self::Memory => "memory",
            Self::Load => "load",
            Self::Flood => "flood",
        }
    }
}

/// The books of one source. Always `read = parsed + rejected + too_long + late + future`; `lost`
/// counts lines known to have been written that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The log's path, or `-`.
    pub source: String,
    /// Lines read.
    pub read: u64,
    /// Lines that count in the windows.
    pub parsed: u64,
    /// Lines that are not in the log's format.
    pub rejected: u64,
    /// Lines over the longest that is read.
    pub too_long: u64,
    /// Lines stamped before what the store still keeps.
    pub late: u64,
    /// Lines stamped too far ahead of the pipeline's time.
    pub future: u64,
    /// Lines known to be lost.
    pub lost: u64,
}
