//! The host's side of one instance: what a guest may call (its answers, its rows, the time, the
//! log; settings are in `setup`, reports and alerts in `drafts`), and what it has said so far.
//! Everything it hands over is counted against a bound before it is kept.

use std::sync::Arc;

use wasmtime::component::{Resource, ResourceTable};

use super::bindings::weir::monitor::{host, types};
use super::declared::Declared;
use super::handles::QueryHandle;
use super::limits::{Limiter, Limits, exceeded};
use super::rows::Rows;
use super::said::{LogLevel, Said};
use super::setup::problem;
use crate::clock::Timestamp;
use crate::event::{Condition, Exceeded, Report};
use crate::store::{Answer, TextBlock};

/// What every text costs of [`Limits::text_bytes_max`] beside its bytes: about what the host keeps
/// for it.
const TEXT_OVERHEAD_BYTES: usize = 64;
/// The most handles that a guest may hold at once.
pub(super) const HANDLES_MAX: usize = 1_024;
/// The most calls of the host's functions in one call of a guest, those aside that hand over texts
/// and are bounded by them. What the host does costs a guest no fuel, so that in replay, where no
/// clock ends a call, nothing else would.
const CALLS_MAX: usize = 65_536;
/// The most bytes that cross between host and guest in one call beside the rows and the texts that
/// are kept: answers, settings, times, log messages that are dropped. For the same reason.
const CROSSED_BYTES_MAX: usize = 64 << 20;

/// The guest said more than it may: ends the call.
#[derive(Debug, thiserror::Error)]
#[error("{what}, over the limit of {}", exceeded.limit)]
pub(super) struct Flood {
    what: String,
    pub(super) exceeded: Exceeded,
}

/// The host's side of one instance.
pub(super) struct HostState {
    pub(super) limiter: Limiter,
    pub(super) table: ResourceTable,
    pub(super) declared: Declared,
    pub(super) now: Timestamp,
    /// One an declared question, as of the last tick.
    pub(super) answers: Vec<Answer>,
    /// The rows of the running `on-batch`.
    pub(super) rows: Option<Arc<Rows>>,
    pub(super) monitor: Arc<str>,
    pub(super) limits: Limits,
    pub(super) config: String,
    /// What an earlier instance kept.
    pub(super) kept: Option<Arc<[u8]>>,
    /// What this one has kept since its last call.
    keeping: Option<Arc<[u8]>>,
    said: Vec<Said>,
    /// Counts the calls, so that a draft of an earlier one is known.
    pub(super) call: u64,
    pub(super) reports: Vec<Option<Report>>,
    pub(super) alerts: Vec<Option<Condition>>,
    /// How many of its questions tell groups or values apart.
    pub(super) groupings: usize,
    events: usize,
    text_bytes: usize,
    calls: usize,
    crossed_bytes: usize,
    log_lines: usize,
    log_lines_dropped: usize,
}

impl HostState {
    pub(super) fn new(
        monitor: Arc<str>,
        limits: &Limits,
        config: String,
        kept: Option<Arc<[u8]>>,
    ) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES_MAX);
        Self {
            limiter: Limiter::new(limits),
            table,
            declared: Declared { grants: limits.grants.clone(), ..Declared::default() },
            now: Timestamp::default(),
            answers: Vec::new(),
            rows: None,
            monitor,
            limits: limits.clone(),
            config,
            kept,
            keeping: None,
            said: Vec::new(),
            call: 0,
            reports: Vec::new(),
            alerts: Vec::new(),
            groupings: 0,
            events: 0,
            text_bytes: 0,
            calls: 0,
            crossed_bytes: 0,
            log_lines: 0,
            log_lines_dropped: 0,
        }
    }

    /// What was said since the last call of this; the bounds start anew.
    pub(super) fn take_said(&mut self) -> Vec<Said> {
        if self.log_lines_dropped > 0 {
            let message = format!("{} more log messages were dropped", self.log_lines_dropped);
            self.said.push(Said::Log(LogLevel::Warn, message));
        }
        self.call += 1;
        self.reports.clear();
        self.alerts.clear();
        (self.events, self.text_bytes, self.log_lines, self.log_lines_dropped) = (0, 0, 0, 0);
        (self.calls, self.crossed_bytes) = (0, 0);
        std::mem::take(&mut self.said)
    }

    /// What was kept since the last call of this.
    pub(super) fn take_kept(&mut self) -> Option<Arc<[u8]>> {
        self.keeping.take()
    }

    pub(super) fn charge_text(&mut self, bytes: usize) -> wasmtime::Result<()> {
        self.text_bytes = self.text_bytes.saturating_add(bytes + TEXT_OVERHEAD_BYTES);
        bound("bytes of text in one call", "bytes", self.text_bytes, self.limits.text_bytes_max)
    }

    /// Counts a text of a report or an alert, which has a bound of its own too.
    pub(super) fn charge_label(&mut self, what: &str, text: &str) -> wasmtime::Result<()> {
        bound(what, "bytes", text.len(), self.limits.label_bytes_max)?;
        self.charge_text(text.len())
    }

    /// Counts a call of the host, and the bytes that cross with it beside texts that are kept.
    pub(super) fn charge_call(&mut self, bytes: usize) -> wasmtime::Result<()> {
        self.calls += 1;
        bound("calls of the host in one call", "calls", self.calls, CALLS_MAX)?;
        self.crossed_bytes = self.crossed_bytes.saturating_add(bytes);
        bound("bytes handed over in one call", "bytes", self.crossed_bytes, CROSSED_BYTES_MAX)
    }

    pub(super) fn say(&mut self, said: Said) -> wasmtime::Result<()> {
        self.events += 1;
        bound("reports and alerts in one call", "events", self.events, self.limits.events_max)?;
        self.said.push(said);
        Ok(())
    }

    pub(super) fn open<T: Send + 'static>(&mut self, handle: T) -> wasmtime::Result<Resource<T>> {
        self.table
            .push(handle)
            .map_err(|_full| flood("handles held at once", "handles", HANDLES_MAX + 1, HANDLES_MAX))
    }
}

/// Ends the call where there is more than there may be of `what`, which `unit` says in a word.
pub(super) fn bound(
    what: &str,
    unit: &'static str,
    used: usize,
    limit: usize,
) -> wasmtime::Result<()> {
    if used > limit { Err(flood(what, unit, used, limit)) } else { Ok(()) }
}

fn flood(what: &str, unit: &'static str, used: usize, limit: usize) -> wasmtime::Error {
    let what = format!("{used} {what}");
    wasmtime::Error::from(Flood { what, exceeded: exceeded(unit, used, limit) })
}

/// The beginning of a text that is not over the limit, with a mark where something is cut off.
fn cut(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
        text.push('\u{2026}');
    }
    text
}

impl types::Host for HostState {}

impl host::Host for HostState {
    fn now(&mut self) -> wasmtime::Result<types::Instant> {
        self.charge_call(0)?;
        Ok(self.now.nanos())
    }

    fn row_times(&mut self) -> wasmtime::Result<Vec<types::Instant>> {
        let rows = self.rows.clone();
        let times = rows.as_ref().map(|rows| rows.times()).unwrap_or_default();
        self.charge_call(size_of_val(times))?;
        Ok(times.to_vec())
    }

    fn log(&mut self, level: types::Level, message: String) -> wasmtime::Result<()> {
        self.charge_call(message.len())?;
        if self.log_lines >= self.limits.log_lines_max {
            self.log_lines_dropped += 1;
            return Ok(());
        }
        self.log_lines += 1;
        let message = cut(message, self.limits.log_bytes_max);
        self.charge_text(message.len())?;
        let level = match level {
            types::Level::Debug => LogLevel::Debug,
            types::Level::Info => LogLevel::Info,
            types::Level::Warn => LogLevel::Warn,
            types::Level::Error => LogLevel::Error,
        };
        self.said.push(Said::Log(level, message));
        Ok(())
    }

    fn keep(&mut self, state: Vec<u8>) -> wasmtime::Result<Result<(), types::Problem>> {
        if !self.limits.grants.keep {
            return Ok(Err(problem("keep", "keeping is not granted".to_owned(), None)));
        }
        let limit = self.limits.kept_bytes_max;
        if state.len() > limit {
            let message = format!("{} bytes to keep, over the limit of {limit}", state.len());
            return Ok(Err(problem("keep", message, None)));
        }
        self.keeping = Some(state.into());
        Ok(Ok(()))
    }
}

impl host::HostQuery for HostState {
    fn answer(&mut self, query: Resource<QueryHandle>) -> wasmtime::Result<types::Table> {
        let index = self.table.get(&query)?.index;
        let bytes = self.answers.get(index).map_or(0, |answer| {
            let Answer { keys, values, .. } = answer;
            keys.utf8.len() + size_of_val(&*keys.ends) + size_of_val(&**values)
        });
        self.charge_call(bytes)?;
        Ok(match self.answers.get(index) {
            Some(answer) => types::Table {
                keys: text_block(&answer.keys),
                values: answer.values.clone(),
                exact: answer.exact,
            },
            None => types::Table {
                keys: text_block(&TextBlock::default()),
                values: Vec::new(),
                exact: true,
            },
        })
    }

    fn drop(&mut self, query: Resource<QueryHandle>) -> wasmtime::Result<()> {
        self.table.delete(query)?;
        Ok(())
    }
}

fn text_block(texts: &TextBlock) -> types::TextBlockResult {
    types::TextBlockResult { ends: texts.ends.clone(), utf8: texts.utf8.clone().into_bytes() }
}
