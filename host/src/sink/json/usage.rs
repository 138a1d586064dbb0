//! What a monitor uses, as it is written: each number beside its limit.

use std::time::Duration;

use serde::Serialize;

use crate::event::Usage;

#[derive(Serialize)]
pub(super) struct UsageFields<'a> {
    monitor: &'a str,
    plugin: &'a str,
    state: &'static str,
    memory_bytes: usize,
    memory_bytes_highest: usize,
    memory_bytes_limit: usize,
    call_last_ms: Option<f64>,
    call_longest_ms: Option<f64>,
    deadline_ms: f64,
    batch_deadline_ms: f64,
    events_this_minute: usize,
    events_per_minute_limit: usize,
    queries: usize,
    queries_limit: usize,
    kept_bytes: usize,
    kept_bytes_limit: usize,
    replacements: u64,
    failures_in_a_row: u32,
    quarantine_after: u32,
}

impl<'a> From<&'a Usage> for UsageFields<'a> {
    fn from(usage: &'a Usage) -> Self {
        let millis = |span: Duration| span.as_secs_f64() * 1e3;
        Self {
            monitor: &usage.monitor,
            plugin: &usage.plugin,
            state: usage.standing.name(),
            memory_bytes: usage.memory_bytes,
            memory_bytes_highest: usage.memory_bytes_highest,
            memory_bytes_limit: usage.limits.memory_bytes,
            call_last_ms: usage.call_last.map(millis),
            call_longest_ms: usage.call_longest.map(millis),
            deadline_ms: millis(usage.limits.deadline),
            batch_deadline_ms: millis(usage.limits.batch_deadline),
            events_this_minute: usage.events_this_minute,
            events_per_minute_limit: usage.limits.events_per_minute,
            queries: usage.queries,
            queries_limit: usage.limits.queries,
            kept_bytes: usage.kept_bytes,
            kept_bytes_limit: usage.limits.kept_bytes,
            replacements: usage.replacements,
            failures_in_a_row: usage.failures_in_a_row,
            quarantine_after: usage.limits.quarantine_after,
        }
    }
}
