//! What one monitor may use, and the limiter that the engine asks before memory or a table grows.

use std::time::Duration;

use serde_json::{Value, json};
use wasmtime::ResourceLimiter;

use super::grants::Grants;
use crate::event::{Exceeded, UsageLimits};

/// The most linear memories of one monitor. A component made of one core module has one. Fixed, as are
/// the three that follow: no compiler's output comes near them, and what they stand for is memory of
/// the host's, which `memory` does not count.
pub const MEMORIES_MAX: usize = 4;
/// The most tables of one monitor. A component made of one core module has one or two.
pub const TABLES_MAX: usize = 8;
/// The most core instances of one monitor: a component made of one core module has up to four, three
/// of them its adapters.
pub const INSTANCES_MAX: usize = 128;
/// The most elements of one table: a guest's function table has one a function pointer.
pub const TABLE_ELEMENTS_MAX: usize = 65_536;

/// The bounds of one monitor; every one can be set in `weir.toml` under `[limits]` for all
/// monitors or `[monitor.NAME] limits` for one, but for the last three limits, which stand under
/// `[store]`, as monitors that ask the same share the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Bytes of linear memory, all memories together.
    pub memory_bytes_max: usize,
    /// How long one call may take when live: a tick, and being configured.
    pub deadline: Duration,
    /// How long a batch of rows may take when live.
    pub batch_deadline: Duration,
    /// How many units of fuel (about one a wasm instruction) one call may take in replay, where a
    /// deadline by the clock would not give the same output every time.
    pub fuel_max: u64,
    /// Reports and alerts of one call.
    pub events_max: usize,
    /// Reports, and alerts that did not fire before, in one minute of the pipeline's time.
    pub events_per_minute_max: usize,
    /// Labels of one alert, and measures of one report.
    pub labels_max: usize,
    /// Bytes of one text of a report or an alert: a title, a key, a name, a value, a unit.
    pub label_bytes_max: usize,
    /// Bytes of all texts that one call may hand over, each text counting 64 bytes more than it has.
    pub text_bytes_max: usize,
    /// Log messages of one call; more are counted and dropped.
    pub log_lines_max: usize,
    /// Bytes of one log message; what is beyond is cut off.
    pub log_bytes_max: usize,
    /// Questions that one monitor may declare; an eighth of them may group lines or tell values
    /// apart.
    pub queries_max: usize,
    /// Bytes that it may keep for the instance after this one.
    pub kept_bytes_max: usize,
    /// The shortest and the longest wait before a failed instance is replaced; it doubles between.
    pub backoff_min: Duration,
    /// See [`Limits::backoff_min`].
    pub backoff_max: Duration,
    /// After so many failures in a row there is no further instance; 0 is never.
    pub quarantine_after: u32,
    /// Groups of one question's answer.
    pub groups_max: usize,
    /// Bytes of one text that is grouped by.
    pub key_bytes_max: usize,
    /// How far ahead of the pipeline's time a line may be stamped and still count.
    pub future_tolerance: Duration,
    /// What it gets to know; set under `[monitor.NAME.grants]` or in the plugins directory's lock.
    pub grants: Grants,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes_max: 16 << 20,
            deadline: Duration::from_millis(100),
            batch_deadline: Duration::from_millis(100),
            fuel_max: 1_000_000_000,
            events_max: 256,
            events_per_minute_max: 6_000,
            labels_max: 256,
            label_bytes_max: 4 << 10,
            text_bytes_max: 256 << 10,
            log_lines_max: 32,
            log_bytes_max: 4 << 10,
            queries_max: 64,
            kept_bytes_max: 64 << 10,
            backoff_min: Duration::from_secs(1),
            backoff_max: Duration::from_mins(1),
            quarantine_after: 8,
            groups_max: 65_536,
            key_bytes_max: 256,
            future_tolerance: Duration::from_mins(1),
            grants: Grants::default(),
        }
    }
}

impl Limits {
    /// Those that stand beside what is used.
    pub(super) fn in_usage(&self) -> UsageLimits {
        UsageLimits {
            memory_bytes: self.memory_bytes_max,
            deadline: self.deadline,
            batch_deadline: self.batch_deadline,
            events_per_minute: self.events_per_minute_max,
            queries: self.queries_max,
            kept_bytes: self.kept_bytes_max,
            quarantine_after: self.quarantine_after,
        }
    }

    /// All of them and what is granted, as part of what a monitor's settings are known by: any of them can change what it
    /// comes to say.
    pub(super) fn to_json(&self) -> Value {
        let granted = self.grants.fields.as_ref();
        let fields = granted.map(|fields| fields.iter().map(|it| it.name()).collect::<Vec<_>>());
        json!({
            "memory": self.memory_bytes_max,
            "deadline_ms": millis(self.deadline),
            "batch_deadline_ms": millis(self.batch_deadline),
            "fuel": self.fuel_max,
            "events": self.events_max,
            "events_per_minute": self.events_per_minute_max,
            "labels": self.labels_max,
            "label_bytes": self.label_bytes_max,
            "text_bytes": self.text_bytes_max,
            "log_lines": self.log_lines_max,
            "log_bytes": self.log_bytes_max,
            "queries": self.queries_max,
            "kept_bytes": self.kept_bytes_max,
            "restart_backoff_min_ms": millis(self.backoff_min),
            "restart_backoff_max_ms": millis(self.backoff_max),
            "quarantine_after": self.quarantine_after,
            "groups": self.groups_max,
            "key_bytes": self.key_bytes_max,
            "future_tolerance_ms": millis(self.future_tolerance),
            "fields": fields,
            "keep": self.grants.keep,
        })
    }
}

/// Whole milliseconds, as many as fit.
pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// A limit that was met and what there was, both counted in `unit`.
pub(super) fn exceeded(unit: &'static str, used: usize, limit: usize) -> Exceeded {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Exceeded { limit: count(limit), used: Some(count(used)), unit }
}

/// Refuses growth over the limits and remembers that it did, so that the trap which follows can
/// be told from any other.
#[derive(Debug)]
pub(super) struct Limiter {
    memory_bytes_max: usize,
    /// Bytes of all memories as they are now.
    pub(super) memory_bytes: usize,
    /// What was asked for and refused last, in words and in numbers.
    pub(super) refused: Option<(String, Exceeded)>,
}

impl Limiter {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { memory_bytes_max: limits.memory_bytes_max, memory_bytes: 0, refused: None }
    }

    fn refuse(&mut self, what: String, exceeded: Exceeded) -> wasmtime::Result<bool> {
        let error = wasmtime::Error::msg(what.clone());
        self.refused = Some((what, exceeded));
        // An error traps. A mere "no" would let the guest go on into an abort that looks like any
        // other trap, and the operator would never learn that the memory limit was the cause.
        Err(error)
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        if total > self.memory_bytes_max {
            let limit = self.memory_bytes_max;
            let what = format!("{total} bytes of memory, over the limit of {limit}");
            return self.refuse(what, exceeded("bytes", total, limit));
        }
        self.memory_bytes = total;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS_MAX {
            let limit = TABLE_ELEMENTS_MAX;
            let what = format!("a table of {desired} elements, over the limit of {limit}");
            return self.refuse(what, exceeded("elements", desired, limit));
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        TABLES_MAX
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_counts_over_all_memories_of_a_monitor() {
        let limits = Limits { memory_bytes_max: 100, ..Limits::default() };
        let mut limiter = Limiter::new(&limits);
        assert!(limiter.memory_growing(0, 60, None).is_ok());
        assert!(limiter.memory_growing(0, 40, None).is_ok());
        assert!(limiter.memory_growing(40, 41, None).is_err());
        let (what, exceeded) = limiter.refused.unwrap();
        assert_eq!(what, "101 bytes of memory, over the limit of 100");
        assert_eq!((exceeded.used, exceeded.limit, exceeded.unit), (Some(101), 100, "bytes"));
    }
}
