//! What a line, a tick and a call's outcome do: the same for live and for replay.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::assembly::{Asked, Assembly, log_all};
use super::books::Books;
use super::digesting::Digested;
use super::positions::Positions;
use super::role::Role;
use crate::causes::with_causes;
use crate::clock::Timestamp;
use crate::diagnostics::{Diagnostics, Verbosity};
use crate::event::{Account, Consequence, Event, Fault, FaultDetails, FaultKind, Lost};
use crate::monitor::{Monitor, Outcome, Rows, Said};
use crate::schedule::Schedule;
use crate::sink::{Rejects, Sink, SinkError};
use crate::store::{Absorbed, Answer, Limits, Span, Store};
use crate::tail::{Loss, SourceId};

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
    /// Another monitor took its place.
    Configure,
}

/// Store, ticks, alerts, books and sink behind one another.
pub(super) struct Core {
    pub(super) schedule: Schedule,
    pub(super) diagnostics: Diagnostics,
    store: Store,
    asked: Vec<Asked>,
    pub(super) roles: Vec<Role>,
    books: Vec<Books>,
    /// The sources of the batches since the last flush, of which the books are to be checked.
    booked: BTreeSet<SourceId>,
    reasons_shown: Vec<u64>,
    pub(super) positions: Positions,
    outlets: Outlets,
    /// Whether anything was published or kept since this was last asked.
    pub(super) changed: bool,
}

/// Where things go, for longer than one configuration is in force.
pub struct Outlets {
    /// Where events go.
    pub sink: Sink,
    /// Where rejected lines go, if they are kept.
    pub rejects: Option<Rejects>,
}

impl Core {
    /// The core of what was assembled, its first tick not before `start`; with it the monitors, and
    /// the faults that are to be published.
    pub(super) fn new(
        assembly: Assembly,
        limits: Limits,
        start: Timestamp,
        outlets: Outlets,
        diagnostics: Diagnostics,
    ) -> (Self, Vec<Monitor>, Vec<Fault>) {
        let Assembly { monitors, asked, plan, faults, .. } = assembly;
        let roles: Vec<Role> = monitors.iter().map(Role::of).collect();
        let periods: Vec<Duration> = roles.iter().map(|role| role.period).collect();
        let core = Self {
            schedule: Schedule::new(&periods, start),
            diagnostics,
            store: Store::new(plan, limits),
            asked,
            roles,
            books: Vec::new(),
            booked: BTreeSet::new(),
            reasons_shown: Vec::new(),
            positions: Positions::default(),
            outlets,
            changed: false,
        };
        (core, monitors, faults)
    }

    /// Whether anything was published or kept since this was last asked.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    pub(super) fn publish(&mut self, event: &Event) -> Result<(), SinkError> {
        self.changed = true;
        self.outlets.sink.publish(event)
    }

    /// Delivers what was published, and checks the books.
    pub(super) fn flush(&mut self) -> Result<(), SinkError> {
        while let Some(source) = self.booked.pop_first() {
            let books = self.books.get_mut(index(source));
            if let Some(Err(imbalance)) = books.map(Books::check) {
                self.diagnostics.error(imbalance);
            }
        }
        if let Some(rejects) = &mut self.outlets.rejects
            && let Err(error) = rejects.flush()
        {
            self.diagnostics.warning(with_causes(&error));
        }
        self.outlets.sink.flush()
    }

    /// Opens the books of a source, or goes on with those of an earlier run.
    pub(super) fn open(
        &mut self,
        source: SourceId,
        path: String,
        earlier: Option<Account>,
    ) -> Result<(), SinkError> {
        debug_assert_eq!(index(source), self.books.len(), "sources are numbered in order");
        self.publish(&Event::Started { source: path.clone() })?;
        self.positions.open(path.clone());
        self.books.push(earlier.map_or_else(|| Books::new(path), Books::resume));
        self.reasons_shown.push(0);
        Ok(())
    }

    /// Books the lines of a batch that are no records, and shows why the first ones are not.
    pub(super) fn book(&mut self, source: SourceId, digested: &Digested, now: Timestamp) {
        let index = index(source);
        let Some(books) = self.books.get_mut(index) else {
            return;
        };
        books.read(digested);
        self.booked.insert(source);
        if digested.rejected == 0 {
            return;
        }
        let Some(shown) = self.reasons_shown.get_mut(index) else {
            return;
        };
        let most = match self.diagnostics.verbosity() {
            Verbosity::Quiet | Verbosity::Normal => REASONS_SHOWN_MAX,
            Verbosity::Detailed | Verbosity::Everything => REASONS_SHOWN_MAX_DETAILED,
        };
        let path = &books.account().source;
        for rejected in digested.rejects() {
            if *shown < most {
                *shown += 1;
                self.diagnostics.warning(format_args!("{path}: a line was rejected: {rejected}"));
            }
            if let Some(rejects) = &mut self.outlets.rejects
                && let Err(error) = rejects.push(now, path, &rejected.reject, rejected.line)
            {
                self.diagnostics.warning(with_causes(&error));
            }
        }
    }

    /// Takes one run of a digest into the store, at this time.
    pub(super) fn absorb(&mut self, source: SourceId, digested: &Digested, run: usize, now: Span) {
        let Some(lines) = digested.digest.runs().get(run) else {
            return;
        };
        let absorbed = self.store.absorb(&digested.digest, run, now);
        if absorbed == Absorbed::Counted
            && let Some(end) = digested.ends.get(run)
        {
            self.positions.taken_in(source, lines.second, digested.file.as_ref(), *end);
        }
        if let Some(books) = self.books.get_mut(index(source)) {
            books.parsed(lines.lines, lines.second, absorbed, now.to);
        }
    }

    /// Takes lines into the windows that an earlier run had booked.
    pub(super) fn warm(&mut self, source: SourceId, digested: &Digested, now: Span) {
        for (run, lines) in digested.digest.runs().iter().enumerate() {
            if self.store.absorb(&digested.digest, run, now) == Absorbed::Counted {
                let file = digested.file.as_ref();
                self.positions.taken_in(source, lines.second, file, digested.end);
            }
        }
    }

    /// Books what is known to be lost of a source, and says so.
    pub(super) fn lost(&mut self, loss: &Loss, time: Timestamp) -> Result<(), SinkError> {
        let Some(books) = self.books.get_mut(index(loss.source)) else {
            return Ok(());
        };
        books.lost(loss.bytes(), loss.lines);
        let event = Lost {
            source: books.account().source.clone(),
            file: loss.path.display().to_string(),
            time,
            from: loss.from,
            to: loss.to,
            lines: loss.lines,
            cause: loss.cause.name(),
        };
        self.publish(&Event::Lost(event))
    }

    /// So many bytes of a source are known to wait.
    pub(super) fn behind(&mut self, source: SourceId, bytes: u64) {
        if let Some(books) = self.books.get_mut(index(source)) {
            books.behind(bytes);
        }
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
        self.roles.get(monitor).is_some_and(|role| role.alerts.any_firing())
    }

    /// Turns what came of a monitor's call into events.
    pub(super) fn handle(
        &mut self,
        monitor: usize,
        at: Timestamp,
        call: Call,
        outcome: Outcome,
    ) -> Result<(), SinkError> {
        let Some(role) = self.roles.get_mut(monitor) else {
            return Ok(());
        };
        let name = Arc::clone(&role.name);
        let origin = outcome.origin;
        if call == Call::Tick {
            role.ticked = role.ticked.max(Some(at));
        }
        log_all(&self.diagnostics, &name, &outcome.said);
        if let Some(fault) = outcome.kept_dropped {
            self.publish(&Event::Fault(fault))?;
        }
        let mut refused = None;
        for said in outcome.said {
            match said {
                Said::Log(..) => {}
                Said::Report(report) => self.publish(&Event::Report(report))?,
                Said::Raised(condition) => match self.raise(monitor, at, condition) {
                    Ok(Some(change)) => {
                        self.publish_alert(monitor, call, change, origin.as_ref())?;
                    }
                    Ok(None) => {}
                    Err(error) => refused = Some(error),
                },
            }
        }
        if let Some(error) = refused {
            let phase = match call {
                Call::Tick => "on-tick",
                Call::Batch => "on-batch",
                Call::Configure => "configure",
            };
            self.publish(&Event::Fault(Fault {
                monitor: name.to_string(),
                kind: FaultKind::Flood,
                time: Some(at),
                phase,
                message: error.to_string(),
                consequence: Consequence::GoesOn,
                details: Box::new(FaultDetails {
                    origin: origin.clone(),
                    ..FaultDetails::default()
                }),
            }))?;
        }
        if call == Call::Tick && outcome.completed {
            let over = self.roles.get_mut(monitor).map(|role| role.alerts.tick_completed(at));
            for change in over.unwrap_or_default() {
                self.publish_alert(monitor, call, change, origin.as_ref())?;
            }
        }
        match outcome.fault {
            Some(fault) => self.failed(monitor, at, call, fault),
            None => Ok(()),
        }
    }

    /// The books of every source as they are now, by source.
    pub(super) fn accounts(&self, now: Timestamp) -> Vec<Account> {
        self.books.iter().map(|books| books.account_at(now.secs())).collect()
    }

    /// Publishes the books of every source.
    pub(super) fn publish_accounts(&mut self, now: Timestamp) -> Result<(), SinkError> {
        for account in self.accounts(now) {
            self.publish(&Event::Account(account))?;
        }
        self.flush()
    }

    /// Publishes the books for the last time.
    pub(super) fn close(&mut self, now: Timestamp) -> Result<(), SinkError> {
        self.warn_of_clocks();
        let left_out = self.outlets.rejects.as_ref().map_or(0, Rejects::left_out);
        if left_out > 0 {
            self.diagnostics.warning(format_args!("{left_out} rejected lines were not kept"));
        }
        self.publish_accounts(now)
    }

    /// How much of the rejected lines' file is written.
    pub(super) fn rejects(&self) -> Option<&Rejects> {
        self.outlets.rejects.as_ref()
    }

    /// What outlives a configuration.
    pub(super) fn into_outlets(self) -> Outlets {
        self.outlets
    }
}

fn index(source: SourceId) -> usize {
    usize::try_from(source.0).unwrap_or(usize::MAX)
}
