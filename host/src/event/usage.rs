//! What a monitor uses of what it may use.

use std::time::Duration;

/// What one monitor uses now, and its limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The monitor's name.
    pub monitor: String,
    /// The plugin that it runs.
    pub plugin: String,
    /// Whether it runs.
    pub standing: Standing,
    /// Bytes of linear memory.
    pub memory_bytes: usize,
    /// The most bytes of linear memory until now, of all its instances.
    pub memory_bytes_highest: usize,
    /// How long the last call took; `None` before the first, and in replay, where no clock may count.
    pub call_last: Option<Duration>,
    /// How long the longest call took until now.
    pub call_longest: Option<Duration>,
    /// Reports, and alerts that did not fire before, in the current minute of the pipeline's time.
    pub events_this_minute: usize,
    /// Questions that it asks.
    pub queries: usize,
    /// Bytes that it keeps for the instance after this one.
    pub kept_bytes: usize,
    /// How often a fresh instance took over.
    pub replacements: u64,
    /// Failures in a row.
    pub failures_in_a_row: u32,
    /// What it may use.
    pub limits: UsageLimits,
}

/// Whether a monitor runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    #[default]
    Running,
    /// A fresh instance takes over in a while.
    Waiting,
    /// It ended: what failed cannot be better the next time.
    Ended,
    /// It failed too often.
    Quarantined,
}

impl Standing {
    /// The word that sinks write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Ended => "ended",
            Self::Quarantined => "quarantined",
        }
    }
}

/// The limits that stand beside what is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageLimits {
    /// Bytes of linear memory.
    pub memory_bytes: usize,
    /// How long a tick may take.
    pub deadline: Duration,
    /// How long a batch may take.
    pub batch_deadline: Duration,
    /// Events in a minute.
    pub events_per_minute: usize,
    /// Questions.
    pub queries: usize,
    /// Bytes that may be kept.
    pub kept_bytes: usize,
    /// Failures in a row before the quarantine; 0 is never.
    pub quarantine_after: u32,
}
