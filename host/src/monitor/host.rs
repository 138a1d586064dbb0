//! What a guest may call: its settings, its questions' answers, its rows, and what it says.
//! Everything it hands over is counted against a bound before it is kept.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{Resource, ResourceTable};

use super::bindings::weir::monitor::{host, types};
use super::declared::{Declared, Subscription};
use super::limits::{Limiter, Limits};
use super::rows::Rows;
use super::said::{LogLevel, Said};
use crate::clock::Timestamp;
use crate::event::{Condition, Measure, Report, Severity};
use crate::record::Field;
use crate::store::{Answer, Filter, Query, QueryError, TextBlock};

/// What every text costs of [`Limits::text_bytes_max`] beside its bytes: about what the host keeps
/// for it.
const TEXT_OVERHEAD_BYTES: usize = 64;
/// The most handles that a guest may hold at once.
const HANDLES_MAX: usize = 1_024;
/// The shortest and the longest time between two ticks, and the longest window.
const PERIOD_MIN: Duration = Duration::from_millis(100);
const SPAN_MAX: Duration = Duration::from_hours(24);

/// The guest said more than it may: ends the call.
#[derive(Debug, thiserror::Error)]
#[error("{what}, over the limit of {limit}")]
pub(super) struct Flood {
    what: String,
    limit: usize,
}

pub struct SetupHandle;
pub struct QueryHandle {
    index: usize,
}
pub struct BatchHandle;
pub struct ReportDraft(Draft);
pub struct AlertDraft(Draft);

/// Where a draft is kept. It lives no longer than the call that began it: a guest that hoards
/// handles must not make the host hoard texts.
#[derive(Clone, Copy)]
struct Draft {
    call: u64,
    index: usize,
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
    monitor: Arc<str>,
    limits: Limits,
    config: String,
    said: Vec<Said>,
    /// Counts the calls, so that a draft of an earlier one is known.
    call: u64,
    reports: Vec<Option<Report>>,
    alerts: Vec<Option<Condition>>,
    events: usize,
    text_bytes: usize,
    log_lines: usize,
    log_lines_dropped: usize,
}

impl HostState {
    pub(super) fn new(monitor: Arc<str>, limits: &Limits, config: String) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES_MAX);
        Self {
            limiter: Limiter::new(limits),
            table,
            declared: Declared::default(),
            now: Timestamp::default(),
            answers: Vec::new(),
            rows: None,
            monitor,
            limits: limits.clone(),
            config,
            said: Vec::new(),
            call: 0,
            reports: Vec::new(),
            alerts: Vec::new(),
            events: 0,
            text_bytes: 0,
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
        std::mem::take(&mut self.said)
    }

    fn charge_text(&mut self, bytes: usize) -> wasmtime::Result<()> {
        self.text_bytes = self.text_bytes.saturating_add(bytes + TEXT_OVERHEAD_BYTES);
        bound("bytes of text in one call", self.text_bytes, self.limits.text_bytes_max)
    }

    fn say(&mut self, said: Said) -> wasmtime::Result<()> {
        self.events += 1;
        bound("reports and alerts in one call", self.events, self.limits.events_max)?;
        self.said.push(said);
        Ok(())
    }

    fn open<T: Send + 'static>(&mut self, handle: T) -> wasmtime::Result<Resource<T>> {
        self.table.push(handle).map_err(|_full| {
            flood(format!("{} handles held at once", HANDLES_MAX + 1), HANDLES_MAX)
        })
    }

    fn measure(
        &mut self,
        draft: &Resource<ReportDraft>,
        name: String,
        value: Measure,
    ) -> wasmtime::Result<()> {
        let text = match &value {
            Measure::Count(_) => 0,
            Measure::Number(_, text) | Measure::Text(text) => text.len(),
        };
        self.charge_text(name.len() + text)?;
        if let Some(report) = self.report(draft)? {
            report.measures.push((name, value));
        }
        Ok(())
    }

    /// The report behind a handle, unless it was emitted or belongs to an earlier call.
    fn report(
        &mut self,
        handle: &Resource<ReportDraft>,
    ) -> wasmtime::Result<Option<&mut Report>> {
        let draft = self.table.get(handle)?.0;
        let kept = self.reports.get_mut(draft.index).filter(|_| draft.call == self.call);
        Ok(kept.and_then(Option::as_mut))
    }

    /// The alert behind a handle, unless it was raised or belongs to an earlier call.
    fn alert(&mut self, handle: &Resource<AlertDraft>) -> wasmtime::Result<Option<&mut Condition>> {
        let draft = self.table.get(handle)?.0;
        let kept = self.alerts.get_mut(draft.index).filter(|_| draft.call == self.call);
        Ok(kept.and_then(Option::as_mut))
    }
}

fn bound(what: &str, used: usize, limit: usize) -> wasmtime::Result<()> {
    if used > limit { Err(flood(format!("{used} {what}"), limit)) } else { Ok(()) }
}

fn flood(what: String, limit: usize) -> wasmtime::Error {
    wasmtime::Error::from(Flood { what, limit })
}

impl types::Host for HostState {}

impl host::Host for HostState {
    fn now(&mut self) -> wasmtime::Result<types::Instant> {
        Ok(self.now.nanos())
    }

    fn log(&mut self, level: types::Level, message: String) -> wasmtime::Result<()> {
        if self.log_lines >= self.limits.log_lines_max {
            self.log_lines_dropped += 1;
            return Ok(());
        }
        self.log_lines += 1;
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
}

impl host::HostSetup for HostState {
    fn config(&mut self, _setup: Resource<SetupHandle>) -> wasmtime::Result<String> {
        Ok(self.config.clone())
    }

    fn tick_every(
        &mut self,
        _setup: Resource<SetupHandle>,
        period: types::Duration,
    ) -> wasmtime::Result<Result<(), types::Problem>> {
        let period = Duration::from_nanos(period);
        if !(PERIOD_MIN..=SPAN_MAX).contains(&period) {
            let message = format!(
                "a period of {period:?}: must be at least {PERIOD_MIN:?} and at most 24 h"
            );
            return Ok(Err(problem("tick-every", message, None)));
        }
        self.declared.period = period;
        Ok(Ok(()))
    }

    fn query(
        &mut self,
        _setup: Resource<SetupHandle>,
        text: String,
        window: types::Duration,
    ) -> wasmtime::Result<Result<Resource<QueryHandle>, types::Problem>> {
        self.charge_text(text.len())?;
        let window = Duration::from_nanos(window);
        // One second over a day: the closed window of a whole day has that many stamps.
        if window.is_zero() || window > SPAN_MAX + Duration::from_secs(1) {
            let message = format!("a window of {window:?}: must be over 0 and at most 24 h");
            return Ok(Err(problem(&text, message, None)));
        }
        let query = match Query::parse(&text) {
            Ok(query) => query,
            Err(error) => return Ok(Err(query_problem(&text, &error))),
        };
        let index = self.declared.questions.len();
        bound("questions", index + 1, self.limits.queries_max)?;
        self.declared.questions.push((query, window));
        Ok(Ok(self.open(QueryHandle { index })?))
    }

    fn subscribe(
        &mut self,
        _setup: Resource<SetupHandle>,
        names: Vec<String>,
        filter_text: String,
    ) -> wasmtime::Result<Result<(), types::Problem>> {
        if self.declared.subscription.is_some() {
            let message = "subscribed already: a monitor has at most one subscription".to_owned();
            return Ok(Err(problem("subscribe", message, None)));
        }
        let mut fields = Vec::new();
        for name in names {
            match Field::from_name(&name) {
                Some(field) if !fields.contains(&field) => fields.push(field),
                Some(_) => {
                    return Ok(Err(problem(&name, "this field is asked for twice".into(), None)));
                }
                None => {
                    let known = Field::ALL.map(Field::name).join(", ");
                    let message = format!("no such field; there are {known}");
                    return Ok(Err(problem(&name, message, None)));
                }
            }
        }
        let filter = match filter_text.trim() {
            "" => None,
            text => match Filter::parse(text) {
                Ok(filter) => Some(filter),
                Err(error) => return Ok(Err(query_problem(text, &error))),
            },
        };
        self.declared.subscription = Some(Subscription { fields, filter, filter_text });
        Ok(Ok(()))
    }

    fn drop(&mut self, setup: Resource<SetupHandle>) -> wasmtime::Result<()> {
        self.table.delete(setup)?;
        Ok(())
    }
}

impl host::HostQuery for HostState {
    fn answer(&mut self, query: Resource<QueryHandle>) -> wasmtime::Result<types::Table> {
        let index = self.table.get(&query)?.index;
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

impl host::HostBatch for HostState {
    fn rows(&mut self, _batch: Resource<BatchHandle>) -> wasmtime::Result<u32> {
        let rows = self.rows.as_ref().map_or(0, |rows| rows.len());
        Ok(u32::try_from(rows).unwrap_or(u32::MAX))
    }

    fn times(&mut self, _batch: Resource<BatchHandle>) -> wasmtime::Result<Vec<types::Instant>> {
        Ok(self.rows.as_ref().map(|rows| rows.times().to_vec()).unwrap_or_default())
    }

    fn integers(
        &mut self,
        _batch: Resource<BatchHandle>,
        column: u32,
    ) -> wasmtime::Result<Vec<i64>> {
        let rows = self.rows.as_ref();
        let values = rows.and_then(|rows| rows.integers(usize::try_from(column).ok()?));
        Ok(values.map(<[i64]>::to_vec).unwrap_or_default())
    }

    fn texts(
        &mut self,
        _batch: Resource<BatchHandle>,
        column: u32,
    ) -> wasmtime::Result<types::TextBlock> {
        let rows = self.rows.as_ref();
        let texts = rows.and_then(|rows| rows.texts(usize::try_from(column).ok()?));
        Ok(texts.map_or_else(|| text_block(&TextBlock::default()), text_block))
    }

    fn drop(&mut self, batch: Resource<BatchHandle>) -> wasmtime::Result<()> {
        self.table.delete(batch)?;
        Ok(())
    }
}

impl host::HostReport for HostState {
    fn new(&mut self, title: String) -> wasmtime::Result<Resource<ReportDraft>> {
        self.charge_text(title.len())?;
        let (monitor, time) = (self.monitor.to_string(), self.now);
        let report = Report { monitor, time, title, measures: Vec::new() };
        self.reports.push(Some(report));
        self.open(ReportDraft(Draft { call: self.call, index: self.reports.len() - 1 }))
    }

    fn count(
        &mut self,
        draft: Resource<ReportDraft>,
        name: String,
        value: u64,
    ) -> wasmtime::Result<()> {
        self.measure(&draft, name, Measure::Count(value))
    }

    fn number(
        &mut self,
        draft: Resource<ReportDraft>,
        name: String,
        value: f64,
        unit: String,
    ) -> wasmtime::Result<()> {
        self.measure(&draft, name, Measure::Number(value, unit))
    }

    fn text(
        &mut self,
        draft: Resource<ReportDraft>,
        name: String,
        value: String,
    ) -> wasmtime::Result<()> {
        self.measure(&draft, name, Measure::Text(value))
    }

    fn emit(&mut self, draft: Resource<ReportDraft>) -> wasmtime::Result<()> {
        let Draft { call, index } = self.table.get(&draft)?.0;
        let kept = self.reports.get_mut(index).filter(|_| call == self.call);
        match kept.and_then(Option::take) {
            Some(report) => self.say(Said::Report(report)),
            None => Ok(()),
        }
    }

    fn drop(&mut self, draft: Resource<ReportDraft>) -> wasmtime::Result<()> {
        self.table.delete(draft)?;
        Ok(())
    }
}

impl host::HostAlert for HostState {
    fn new(&mut self, key: String, name: String) -> wasmtime::Result<Resource<AlertDraft>> {
        self.charge_text(key.len() + name.len())?;
        let raised =
            Condition { key, name, severity: Severity::default(), value: None, labels: Vec::new() };
        self.alerts.push(Some(raised));
        self.open(AlertDraft(Draft { call: self.call, index: self.alerts.len() - 1 }))
    }

    fn severity(
        &mut self,
        draft: Resource<AlertDraft>,
        severity: types::Severity,
    ) -> wasmtime::Result<()> {
        if let Some(raised) = self.alert(&draft)? {
            raised.severity = match severity {
                types::Severity::Info => Severity::Info,
                types::Severity::Warning => Severity::Warning,
                types::Severity::Critical => Severity::Critical,
            };
        }
        Ok(())
    }

    fn value(
        &mut self,
        draft: Resource<AlertDraft>,
        value: f64,
        unit: String,
    ) -> wasmtime::Result<()> {
        self.charge_text(unit.len())?;
        if let Some(raised) = self.alert(&draft)? {
            raised.value = Some((value, unit));
        }
        Ok(())
    }

    fn label(
        &mut self,
        draft: Resource<AlertDraft>,
        name: String,
        value: String,
    ) -> wasmtime::Result<()> {
        self.charge_text(name.len() + value.len())?;
        if let Some(raised) = self.alert(&draft)? {
            raised.labels.push((name, value));
        }
        Ok(())
    }

    fn raise(&mut self, draft: Resource<AlertDraft>) -> wasmtime::Result<()> {
        let Draft { call, index } = self.table.get(&draft)?.0;
        let kept = self.alerts.get_mut(index).filter(|_| call == self.call);
        match kept.and_then(Option::take) {
            Some(raised) => self.say(Said::Raised(raised)),
            None => Ok(()),
        }
    }

    fn drop(&mut self, draft: Resource<AlertDraft>) -> wasmtime::Result<()> {
        self.table.delete(draft)?;
        Ok(())
    }
}

fn text_block(texts: &TextBlock) -> types::TextBlock {
    types::TextBlock { ends: texts.ends.clone(), utf8: texts.utf8.clone().into_bytes() }
}

fn problem(path: &str, message: String, offset: Option<u32>) -> types::Problem {
    types::Problem { path: path.to_owned(), message, offset }
}

fn query_problem(text: &str, error: &QueryError) -> types::Problem {
    problem(text, error.to_string(), u32::try_from(error.offset).ok())
}
