//! What one monitor may use, and the limiter that the engine asks before memory or a table grows.

use std::time::Duration;

use wasmtime::ResourceLimiter;

use super::grants::Grants;

/// The most linear memories, tables and core instances of one monitor: a component made of one
/// core module has one memory, one or two tables and up to four instances (its adapters).
const MEMORIES_MAX: usize = 4;
const TABLES_MAX: usize = 8;
const INSTANCES_MAX: usize = 128;
/// The most elements of one table: a guest's function table has one a function pointer.
const TABLE_ELEMENTS_MAX: usize = 65_536;

/// The bounds of one monitor; every one can be set in `weir.toml` under `[limits]` for all
/// monitors or `[monitor.NAME] limits` for one.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Bytes of linear memory, all memories together.
    pub memory_bytes_max: usize,
    /// How long one call may take when live.
    pub deadline: Duration,
    /// How many units of fuel (about one a wasm instruction) one call may take in replay, where a
    /// deadline by the clock would not give the same output every time.
    pub fuel_max: u64,
    /// Reports and alerts of one call.
    pub events_max: usize,
    /// Bytes of all texts that one call may hand over, each text counting 64 bytes more than it has.
    pub text_bytes_max: usize,
    /// Log messages of one call; more are counted and dropped.
    pub log_lines_max: usize,
    /// Questions that one monitor may declare; an eighth of them may group lines or tell values
    /// apart.
    pub queries_max: usize,
    /// Bytes that it may keep for the instance after this one.
    pub kept_bytes_max: usize,
    /// The shortest and the longest wait before a failed instance is replaced; it doubles between.
    pub backoff_min: Duration,
    /// See [`Limits::backoff_min`].
    pub backoff_max: Duration,
    /// What it gets to know; set under `[monitor.NAME.grants]` or in the plugins directory's lock.
    pub grants: Grants,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes_max: 16 << 20,
            deadline: Duration::from_millis(100),
            fuel_max: 1_000_000_000,
            events_max: 256,
            text_bytes_max: 256 << 10,
            log_lines_max: 32,
            queries_max: 64,
            kept_bytes_max: 64 << 10,
            backoff_min: Duration::from_secs(1),
            backoff_max: Duration::from_mins(1),
            grants: Grants::default(),
        }
    }
}

/// Refuses growth over the limits and remembers that it did, so that the trap which follows can
/// be told from any other.
#[derive(Debug)]
pub(super) struct Limiter {
    memory_bytes_max: usize,
    pub(super) memory_bytes: usize,
    /// What was asked for and refused last.
    pub(super) refused: Option<String>,
}

impl Limiter {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { memory_bytes_max: limits.memory_bytes_max, memory_bytes: 0, refused: None }
    }

    fn refuse(&mut self, what: String) -> wasmtime::Result<bool> {
        let error = wasmtime::Error::msg(what.clone());
        self.refused = Some(what);
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
            return self.refuse(format!("{total} bytes of memory, over the limit of {limit}"));
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
            return self.refuse(format!(
                "a table of {desired} elements, over the limit of {TABLE_ELEMENTS_MAX}"
            ));
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
        assert_eq!(limiter.refused.as_deref(), Some("101 bytes of memory, over the limit of 100"));
    }
}
