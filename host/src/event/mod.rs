//! What Weir says: reports, alerts that change state, faults of monitors, the books, and what
//! monitors use.

mod origin;
mod usage;

use std::sync::Arc;
use std::time::Duration;

pub use origin::{LOGS_TOLD_MAX, LogPosition, Origin, PluginIdentity, Provenance, Quarantine};
pub use usage::{Standing, Usage, UsageLimits};

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
    /// A monitor runs another file of its plugin from now on, begins or ends.
    Swapped(Swap),
    /// A monitor failed, and what was done about it.
    Fault(Fault),
    /// Something that was written to a log can no longer be read.
    Lost(Lost),
    /// The books of one source: at the end, and when asked for.
    Account(Account),
    /// What one monitor uses of what it may use: when asked for.
    Usage(Box<Usage>),
}

/// A monitor that runs another file of its plugin than before, that is new or that is gone, without the
/// program having ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// The monitor's name.
    pub monitor: String,
    /// The plugin's name.
    pub plugin: String,
    /// When, in the pipeline's time.
    pub time: Timestamp,
    /// What it ran before; `None` where it is new.
    pub old: Option<Arc<PluginIdentity>>,
    /// What it runs from now on; `None` where it is gone.
    pub new: Option<Arc<PluginIdentity>>,
}

/// Bytes of a log that are known to have been written and can no longer be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The log's path.
    pub source: String,
    /// The file that held them, by the last name it was known under.
    pub file: String,
    /// When that was found.
    pub time: Timestamp,
    /// The offset of the first of them in that file.
    pub from: u64,
    /// The offset behind the last of them that is known of.
    pub to: u64,
    /// How many lines are lost for certain; what was never read may hold more.
    pub lines: u64,
    /// How they were lost, in a word.
    pub cause: &'static str,
}

impl Lost {
    /// How many bytes are lost.
    pub const fn bytes(&self) -> u64 {
        self.to.saturating_sub(self.from)
    }
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
    /// What said so, and what that rests on; `None` where it is not known.
    pub provenance: Option<Arc<Provenance>>,
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
        /// How that is known.
        cause: ResolvedCause,
    },
}

/// How it is known that a condition is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResolvedCause {
    /// The monitor no longer said that it holds.
    #[default]
    Over,
    /// The monitor does not run any more, so that nobody would ever say so: whether the condition
    /// still holds is not known.
    MonitorEnded,
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
    /// What else is known of it.
    pub details: Box<FaultDetails>,
}

/// What is known of a fault beside what happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultDetails {
    /// What the monitor is made of; `None` where its file could not be read.
    pub origin: Option<Arc<Origin>>,
    /// The limit that it met.
    pub exceeded: Option<Exceeded>,
    /// The innermost functions of the guest when it trapped, the innermost first.
    pub frames: Vec<String>,
}

/// A limit that was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// What there may be.
    pub limit: u64,
    /// What there was; `None` where the engine does not tell.
    pub used: Option<u64>,
    /// What is counted: `bytes`, `ms`, `fuel`, `events`, `labels`, and so on.
    pub unit: &'static str,
}

/// What follows from a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// A fresh instance takes over after this time.
    RetryIn(Duration),
    /// The monitor does not run any more.
    Ended,
    /// It failed so often in a row that it does not run any more until its file, its settings or its
    /// limits change.
    Quarantined {
        /// How often.
        failures: u32,
    },
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
/// counts lines known to have been written that could not be read. With a state directory the books
/// go on across restarts.
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
    /// Bytes known to be lost.
    pub lost_bytes: u64,
    /// Those of the lines read that were ended without their newline, as nothing more was to come.
    pub partial: u64,
    /// Bytes known to wait in the log's files.
    pub lag_bytes: u64,
    /// Where bytes wait: how far the last line that was handled is behind the pipeline's time.
    pub lag: Duration,
}

impl Account {
    /// Whether every line read is accounted for.
    pub const fn balances(&self) -> bool {
        let Self { read, parsed, rejected, too_long, late, future, .. } = self;
        *read == *parsed + *rejected + *too_long + *late + *future
    }
}
