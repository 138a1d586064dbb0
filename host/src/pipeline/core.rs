//! What a line, a tick and a call's outcome do: the same for live and for replay.

use std::sync::Arc;
use std::time::Duration;

use super::assembly::{Asked, Assembly, log_all};
use super::books::Books;
use super::digesting::Digested;
use crate::alert::Alerts;
use crate::clock::Timestamp;
use crate::diagnostics::{Diagnostics, Verbosity};
use crate::event::{Consequence, Event, Fault, FaultKind};
use crate::monitor::{Monitor, Outcome, Rows, Said};
use crate::schedule::Schedule;
use crate::sink::{Sink, SinkError};
use crate::store::{Answer, Limits, Store};
use crate::tail::SourceId;

/// The most rejected lines of one source that are shown with their reason, unless more is asked for.
const REASONS_SHOWN_MAX: u64 = 1;
/// The most when more is asked for.
const REASONS_SHOWN_MAX_DETAILED: u64 = 100;

/// The kind of call that an outcome came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Rows were handed over.
    Batch,
    /// A multiple of the period was reached.
    Tick,
}

/// Store, ticks, alerts, books and sink behind one another.
pub(super) struct Core {
    pub(super) schedule: Schedule,
    pub(super) diagnostics: Diagnostics,
    store: Store,
    asked: Vec<Asked>,
    alerts: Vec<Alerts>,
    names: Vec<Arc<str>>,
    books: Vec<Books>,
    reasons_shown: Vec<u64>,
    sink: Sink,
}

impl Core {
    /// The core of what was assembled, its first tick not before `start`; with it the monitors, and
    /// the faults that are to be published.
    pub(super) fn new(
        assembly: Assembly,
        limits: Limits,
        start: Timestamp,
        sink: Sink,
        diagnostics: Diagnostics,
    ) -> (Self, Vec<Monitor>, Vec<Fault>) {
        let Assembly { monitors, asked, plan, faults, plugins: _ } = assembly;
        let names: Vec<Arc<str>> = monitors.iter().map(|m| Arc::clone(m.name())).collect();
        let periods: Vec<Duration> = monitors.iter().map(|m| m.declared().period).collect();
        let core = Self {
            schedule: Schedule::new(&periods, start),
            diagnostics,
            store: Store::new(plan, limits),
            alerts: names.iter().map(|name| Alerts::new(name)).collect(),
            asked,
            names,
            books: Vec::new(),
            reasons_shown: Vec::new(),
            sink,
        };
        (core, monitors, faults)
    }

    pub(super) fn publish(&mut self, event: &Event) -> Result<(), SinkError> {
        self.sink.publish(event)
    }

    pub(super) fn flush(&mut self) -> Result<(), SinkError> {
        self.sink.flush()
    }

    /// Opens the books of a source.
    pub(super) fn open(&mut self, source: SourceId, path: String) -> Result<(), SinkError> {
        debug_assert_eq!(index(source), self.books.len(), "sources are numbered in order");
        self.publish(&Event::Started { source: path.clone() })?;
        self.books.push(Books::new(path));
        self.reasons_shown.push(0);
        Ok(())
    }

    /// Books the lines of a batch that are no records, and shows why the first ones are not.
    pub(super) fn book(&mut self, source: SourceId, digested: &Digested) {
        let index = index(source);
        let Some(books) = self.books.get_mut(index) else {
            return;
        };
        books.not_parsed(digested.rejected, digested.too_long);
        let Some(shown) = self.reasons_shown.get_mut(index) else {
            return;
        };
        let most = match self.diagnostics.verbosity() {
            Verbosity::Quiet | Verbosity::Normal => REASONS_SHOWN_MAX,
            Verbosity::Detailed | Verbosity::Everything => REASONS_SHOWN_MAX_DETAILED,
        };
        for reason in &digested.reasons {
            if *shown >= most {
                break;
            }
            *shown += 1;
            let path = &books.account().source;
            self.diagnostics.warning(format_args!("{path}: a line was rejected: {reason}"));
        }
    }

    /// Takes one run of a digest into the store, at this time.
    pub(super) fn absorb(
        &mut self,
        source: SourceId,
        digested: &Digested,
        run: usize,
        now_second: i64,
    ) {
        let Some(lines) = digested.digest.runs().get(run) else {
            return;
        };
        let absorbed = self.store.absorb(&digested.digest, run, now_second);
        if let Some(books) = self.books.get_mut(index(source)) {
            books.parsed(lines.lines, absorbed, now_second.saturating_sub(lines.second));
        }
    }

    /// Books what is known to be lost of a source, and says so.
    pub(super) fn lost(&mut self, source: SourceId, bytes: u64, lines: u64) {
        let Some(books) = self.books.get_mut(index(source)) else { return };
        books.lost(lines);
        let path = &books.account().source;
        self.diagnostics.warning(format_args!(
            "{path}: {bytes} bytes were gone before they could be read, at least {lines} lines"
        ));
    }

    /// Says once of each source whose lines mostly do not count that they do not.
    pub(super) fn warn_of_clocks(&mut self) {
        for books in &mut self.books {
            if let Some(warning) = books.clock_warning() {
                self.diagnostics.warning(warning);
            }
        }
    }

    /// The monitors that read rows, each with its rows of these runs, if there are any.
    pub(super) fn rows(
        &self,
        digested: &Digested,
        runs: std::ops::Range<usize>,
    ) -> Vec<(usize, Arc<Rows>)> {
        let mut handed: Vec<(crate::store::SubscriptionId, Vec<Arc<Rows>>)> = Vec::new();
        let mut rows = Vec::new();
        for (monitor, asked) in self.asked.iter().enumerate() {
            let Some(subscription) = asked.rows else {
                continue;
            };
            if !handed.iter().any(|(known, _)| *known == subscription) {
                let view = digested.digest.rows(subscription, runs.clone());
                let portions = Rows::split(&view).into_iter().map(Arc::new).collect();
                handed.push((subscription, portions));
            }
            let batches = handed.iter().find(|(known, _)| *known == subscription);
            for batch in batches.map(|(_, batches)| batches.as_slice()).unwrap_or_default() {
                rows.push((monitor, Arc::clone(batch)));
            }
        }
        rows
    }

    /// A monitor's answers at a tick, in the order of its questions.
    pub(super) fn answers(&mut self, monitor: usize, at: Timestamp) -> Vec<Answer> {
        let Some(asked) = self.asked.get(monitor) else {
            return Vec::new();
        };
        asked.questions.iter().map(|question| self.store.answer(*question, at)).collect()
    }

    /// Forgets what no window can ask for any more.
    pub(super) fn evict(&mut self, now: Timestamp) {
        self.store.evict(now);
    }

    /// Whether an alert of this monitor fires.
    pub(super) fn is_firing(&self, monitor: usize) -> bool {
        self.alerts.get(monitor).is_some_and(Alerts::any_firing)
    }

    /// Turns what came of a monitor's call into events.
    pub(super) fn handle(
        &mut self,
        monitor: usize,
        at: Timestamp,
        call: Call,
        outcome: Outcome,
    ) -> Result<(), SinkError> {
        let Some(name) = self.names.get(monitor).map(Arc::clone) else {
            return Ok(());
        };
        log_all(&self.diagnostics, &name, &outcome.said);
        let mut refused = None;
        for said in outcome.said {
            match said {
                Said::Log(..) => {}
                Said::Report(report) => self.sink.publish(&Event::Report(report))?,
                Said::Raised(condition) => {
                    let Some(alerts) = self.alerts.get_mut(monitor) else {
                        continue;
                    };
                    match alerts.raise(at, condition) {
                        Ok(Some(change)) => self.sink.publish(&Event::Alert(change))?,
                        Ok(None) => {}
                        Err(error) => refused = Some(error),
                    }
                }
            }
        }
        if let Some(error) = refused {
            let phase = if call == Call::Tick { "on-tick" } else { "on-batch" };
            self.sink.publish(&Event::Fault(Fault {
                monitor: name.to_string(),
                kind: FaultKind::Flood,
                time: Some(at),
                phase,
                message: error.to_string(),
                consequence: Consequence::GoesOn,
            }))?;
        }
        if call == Call::Tick && outcome.completed {
            let over = self.alerts.get_mut(monitor).map(|alerts| alerts.tick_completed(at));
            for change in over.unwrap_or_default() {
                self.sink.publish(&Event::Alert(change))?;
            }
        }
        match outcome.fault {
            Some(fault) => self.sink.publish(&Event::Fault(fault)),
            None => Ok(()),
        }
    }

    /// Publishes the books of every source.
    pub(super) fn close(&mut self) -> Result<(), SinkError> {
        self.warn_of_clocks();
        for books in &self.books {
            self.sink.publish(&Event::Account(books.account().clone()))?;
        }
        self.sink.flush()
    }
}

fn index(source: SourceId) -> usize {
    usize::try_from(source.0).unwrap_or(usize::MAX)
}
