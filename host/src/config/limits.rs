//! What a monitor may use: the limits, their defaults and ranges, and how the file sets them.

use std::time::Duration;

use super::error::{Position, Problem};
use super::reader::{Located, Section};
use crate::units::show_duration;

/// What one monitor may use. The sandbox enforces each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorLimits {
    /// Linear memory in bytes: 64 KiB to 1 GiB.
    pub memory_bytes: usize,
    /// How long one call may take when live, a tick or being configured: 1 ms to 60 s.
    pub deadline: Duration,
    /// How long a batch of rows may take when live: 1 ms to 60 s; `None`: as long as any other call.
    pub batch_deadline: Option<Duration>,
    /// How many instructions one call may take in replay, where no clock may decide: from
    /// 100,000 to a million million.
    pub fuel: u64,
    /// Reports and alerts in one call: 1 to 65,536.
    pub events_max: usize,
    /// Reports, and alerts that did not fire before, in one minute of the pipeline's time: 1 to
    /// 10,000,000.
    pub events_per_minute_max: usize,
    /// Labels of one alert, and measures of one report: 1 to 65,536.
    pub labels_max: usize,
    /// One text of a report or an alert, in bytes: 64 B to 1 MiB.
    pub label_bytes_max: usize,
    /// All text that one call may hand over, in bytes: 1 KiB to 64 MiB.
    pub text_bytes_max: usize,
    /// Log messages in one call: 0 to 10,000.
    pub log_lines_max: usize,
    /// One log message, in bytes: 64 B to 1 MiB; what is beyond is cut off.
    pub log_bytes_max: usize,
    /// Questions it may declare: 0 to 1,024. An eighth of them may group lines or tell values
    /// apart.
    pub queries_max: usize,
    /// What it may keep for the instance after this one, in bytes: 0 to 1 MiB.
    pub kept_bytes_max: usize,
    /// How long after a failure a fresh instance takes over, the first time: 10 ms to 1 h.
    pub restart_backoff_min: Duration,
    /// What that wait doubles up to while failures go on: 10 ms to 24 h.
    pub restart_backoff_max: Duration,
    /// After how many failures in a row there is no further instance: 1 to 1,000, or 0 for never.
    pub quarantine_after: u32,
}

impl Default for MonitorLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 16 << 20,
            deadline: Duration::from_millis(100),
            fuel: 1_000_000_000,
            batch_deadline: None,
            events_max: 256,
            events_per_minute_max: 6_000,
            labels_max: 256,
            label_bytes_max: 4 << 10,
            text_bytes_max: 256 << 10,
            log_lines_max: 32,
            log_bytes_max: 4 << 10,
            queries_max: 64,
            kept_bytes_max: 64 << 10,
            restart_backoff_min: Duration::from_secs(1),
            restart_backoff_max: Duration::from_mins(1),
            quarantine_after: 8,
        }
    }
}

/// A `limits` table as written: only what it sets.
#[derive(Clone, Debug, Default)]
pub(super) struct LimitsTable {
    memory_bytes: Option<usize>,
    deadline: Option<Duration>,
    batch_deadline: Option<Duration>,
    fuel: Option<u64>,
    events_max: Option<usize>,
    events_per_minute_max: Option<usize>,
    labels_max: Option<usize>,
    label_bytes_max: Option<usize>,
    text_bytes_max: Option<usize>,
    log_lines_max: Option<usize>,
    log_bytes_max: Option<usize>,
    queries_max: Option<usize>,
    kept_bytes_max: Option<usize>,
    restart_backoff_min: Option<Located<Duration>>,
    restart_backoff_max: Option<Located<Duration>>,
    quarantine_after: Option<u32>,
}

impl LimitsTable {
    /// Reads the table's keys, each held to its range.
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let ms = Duration::from_millis;
        let secs = Duration::from_secs;
        let table = Self {
            memory_bytes: section.size("memory", 64 << 10..=1 << 30),
            deadline: section.duration("deadline", ms(1)..=secs(60)),
            batch_deadline: section.duration("batch_deadline", ms(1)..=secs(60)),
            fuel: section.integer("fuel", 100_000..=1_000_000_000_000),
            events_max: section.count("events", 1..=65_536),
            events_per_minute_max: section.count("events_per_minute", 1..=10_000_000),
            labels_max: section.count("labels", 1..=65_536),
            label_bytes_max: section.size("label_bytes", 64..=1 << 20),
            text_bytes_max: section.size("text_bytes", 1 << 10..=64 << 20),
            log_lines_max: section.count("log_lines", 0..=10_000),
            log_bytes_max: section.size("log_bytes", 64..=1 << 20),
            queries_max: section.count("queries", 0..=1_024),
            kept_bytes_max: section.size("kept_bytes", 0..=1 << 20),
            restart_backoff_min: section
                .located_duration("restart_backoff_min", ms(10)..=secs(3_600)),
            restart_backoff_max: section
                .located_duration("restart_backoff_max", ms(10)..=secs(86_400)),
            quarantine_after: section
                .integer("quarantine_after", 0..=1_000)
                .and_then(|failures| u32::try_from(failures).ok()),
        };
        section.close(None);
        table
    }

    /// The limits that this table makes of `base`, which holds for what it does not set.
    pub(super) fn over(&self, base: &MonitorLimits) -> Result<MonitorLimits, Problem> {
        let limits = MonitorLimits {
            memory_bytes: self.memory_bytes.unwrap_or(base.memory_bytes),
            deadline: self.deadline.unwrap_or(base.deadline),
            batch_deadline: self.batch_deadline.or(base.batch_deadline),
            fuel: self.fuel.unwrap_or(base.fuel),
            events_max: self.events_max.unwrap_or(base.events_max),
            events_per_minute_max: self.events_per_minute_max.unwrap_or(base.events_per_minute_max),
            labels_max: self.labels_max.unwrap_or(base.labels_max),
            label_bytes_max: self.label_bytes_max.unwrap_or(base.label_bytes_max),
            text_bytes_max: self.text_bytes_max.unwrap_or(base.text_bytes_max),
            log_lines_max: self.log_lines_max.unwrap_or(base.log_lines_max),
            log_bytes_max: self.log_bytes_max.unwrap_or(base.log_bytes_max),
            queries_max: self.queries_max.unwrap_or(base.queries_max),
            kept_bytes_max: self.kept_bytes_max.unwrap_or(base.kept_bytes_max),
            restart_backoff_min: self
                .restart_backoff_min
                .as_ref()
                .map_or(base.restart_backoff_min, |located| located.value),
            restart_backoff_max: self
                .restart_backoff_max
                .as_ref()
                .map_or(base.restart_backoff_max, |located| located.value),
            quarantine_after: self.quarantine_after.unwrap_or(base.quarantine_after),
        };
        if limits.restart_backoff_min <= limits.restart_backoff_max {
            return Ok(limits);
        }
        let message = format!(
            "`restart_backoff_min` ({}) is longer than `restart_backoff_max` ({})",
            show_duration(limits.restart_backoff_min),
            show_duration(limits.restart_backoff_max),
        );
        // One of the two stands in this table, as the base has them in order.
        let set = self.restart_backoff_min.as_ref().or(self.restart_backoff_max.as_ref());
        let at = set.map_or(Position::START, |located| located.at);
        Err(Problem { at, message, hint: None })
    }
}
