//! One monitor that is put through lines and ticks of somebody's choosing, call by call, until it
//! fails or the budget is used up.
//!
//! Lines go through the parser and the store and come out as rows and answers, as they do in a replay
//! and metered as there; only when to tick is not left to the lines.

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::PipelineError;
use super::assembly::Assembly;
use super::core::{Call, Core, Outlets};
use super::digesting::Digested;
use crate::clock::Timestamp;
use crate::diagnostics::Diagnostics;
use crate::event::{Event, Fault};
use crate::monitor::{Monitor, Outcome, Rows};
use crate::parse::Parser;
use crate::sink::{Encode, Sink};
use crate::store;
use crate::tail::{self, ArchiveReader, LineBatch, SourceId};

/// What a monitor that is rehearsed has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Calls of the monitor.
    pub calls: u64,
    /// Units of fuel of all calls.
    pub fuel: u64,
    /// Units of fuel of the most expensive call.
    pub fuel_of_one_call: u64,
    /// Bytes of linear memory.
    pub memory_bytes: usize,
}

/// How a rehearsal went.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// Every call came back.
    Whole,
    /// Every call came back until the budget was used up; the rest was left out.
    OutOfBudget,
    /// A call failed.
    Failed(Fault),
}

/// A monitor that is rehearsed.
pub struct Rehearsal {
    core: Core,
    monitor: Monitor,
    parser: Parser,
    digested: Digested,
    batch: LineBatch,
    settings: tail::Settings,
    /// The units of fuel that all calls may take.
    fuel_max: u64,
    period: Duration,
    start: Timestamp,
    now: Timestamp,
    ticked: Option<Timestamp>,
    faults: Faults,
    spent: Spent,
}

impl Rehearsal {
    /// A rehearsal of the first monitor of an assembly that is metered by fuel, of which all calls
    /// together may take `fuel_max` units; `None` where there is no monitor. Time begins at `start`.
    pub fn new(
        assembly: Assembly,
        store: store::Limits,
        settings: tail::Settings,
        fuel_max: u64,
        start: Timestamp,
        diagnostics: Diagnostics,
    ) -> Option<Self> {
        let digested = Digested::new(Arc::clone(&assembly.plan), false);
        let faults = Faults::default();
        let sink = Sink::new(Box::new(faults.clone()), Box::new(std::io::sink()), "nowhere");
        let outlets = Outlets { sink, rejects: None };
        let (core, monitors, _) = Core::new(assembly, store, start, outlets, diagnostics);
        let monitor = monitors.into_iter().next()?;
        Some(Self {
            core,
            period: monitor.declared().period,
            monitor,
            parser: Parser::new(),
            digested,
            batch: LineBatch::new(SourceId::default(), settings.batch_bytes_max),
            settings,
            fuel_max,
            start,
            now: start,
            ticked: None,
            faults,
            spent: Spent::default(),
        })
    }

    /// Takes in a log, batch by batch; behind each comes the last tick that its lines have made due.
    ///
    /// # Errors
    /// [`PipelineError::Tail`] where the log cannot be read.
    pub fn read(&mut self, log: Box<dyn Read + Send>) -> Result<(), PipelineError> {
        let mut reader = ArchiveReader::over(Path::new("rehearsal"), log, &self.settings)?;
        while self.goes_on() && reader.next_batch(&mut self.batch)? {
            self.digested.digest(&mut self.parser, &self.batch);
            let runs = self.digested.digest.runs().len();
            for run in 0..runs {
                let second = self.digested.digest.runs().get(run).map_or(0, |run| run.second);
                self.now = self.now.max(Timestamp::from_secs(second));
                self.core.absorb(SourceId::default(), &self.digested, run, self.now.secs().into());
            }
            for (_, rows) in self.core.rows(&self.digested, 0..runs) {
                self.hand_over(&rows)?;
            }
            self.tick_if_due()?;
        }
        Ok(())
    }

    /// Hands over a batch without rows, if the monitor reads rows at all.
    ///
    /// # Errors
    /// None that the monitor could cause.
    pub fn hand_over_nothing(&mut self) -> Result<(), PipelineError> {
        if self.monitor.declared().subscription.is_some() {
            self.hand_over(&Arc::new(Rows::none()))?;
        }
        Ok(())
    }

    /// The next tick, at the first multiple of the period that is still to come.
    ///
    /// # Errors
    /// None that the monitor could cause.
    pub fn tick(&mut self) -> Result<(), PipelineError> {
        let last = self.ticked.unwrap_or(self.start).max(self.now);
        self.now = self.multiple_before(last).plus(self.period);
        self.tick_at(self.now)
    }

    /// The tick that lines have made due, if there is one.
    fn tick_if_due(&mut self) -> Result<(), PipelineError> {
        let at = self.multiple_before(self.now);
        let is_due = at >= self.start && self.ticked.is_none_or(|ticked| at > ticked);
        if is_due { self.tick_at(at) } else { Ok(()) }
    }

    /// The last multiple of the period that is not behind `time`.
    fn multiple_before(&self, time: Timestamp) -> Timestamp {
        let period = i64::try_from(self.period.as_nanos()).unwrap_or(i64::MAX).max(1);
        Timestamp::from_nanos(time.nanos().saturating_sub(time.nanos().rem_euclid(period)))
    }

    fn tick_at(&mut self, at: Timestamp) -> Result<(), PipelineError> {
        if !self.goes_on() {
            return Ok(());
        }
        self.core.evict(at);
        let answers = self.core.answers(0, at);
        let outcome = self.monitor.on_tick(at, answers);
        self.ticked = Some(at);
        self.account(at, Call::Tick, outcome)
    }

    /// Lets time pass without a line.
    pub fn pass(&mut self, span: Duration) {
        self.now = self.now.plus(span);
    }

    /// The longest window of the monitor's questions.
    pub fn horizon(&self) -> Duration {
        let questions = self.monitor.declared().questions.iter();
        questions.map(|(_, window)| *window).max().unwrap_or_default()
    }

    /// What was used, and how it went.
    pub fn end(self) -> (Spent, Ending) {
        let ending = match self.faults.first() {
            Some(fault) => Ending::Failed(fault),
            None if self.spent.fuel > self.fuel_max => Ending::OutOfBudget,
            None => Ending::Whole,
        };
        (self.spent, ending)
    }

    fn goes_on(&self) -> bool {
        self.spent.fuel <= self.fuel_max && self.faults.first().is_none()
    }

    fn hand_over(&mut self, rows: &Arc<Rows>) -> Result<(), PipelineError> {
        if !self.goes_on() {
            return Ok(());
        }
        let outcome = self.monitor.on_batch(self.now, rows);
        self.account(self.now, Call::Batch, outcome)
    }

    fn account(
        &mut self,
        at: Timestamp,
        call: Call,
        outcome: Outcome,
    ) -> Result<(), PipelineError> {
        self.spent.calls += 1;
        if let Some(instance) = self.monitor.instance() {
            let fuel = instance.fuel_used().unwrap_or(0);
            self.spent.fuel = self.spent.fuel.saturating_add(fuel);
            self.spent.fuel_of_one_call = self.spent.fuel_of_one_call.max(fuel);
            self.spent.memory_bytes = instance.memory_bytes();
        }
        Ok(self.core.handle(0, at, call, outcome)?)
    }
}

/// The first fault that was published.
#[derive(Clone, Default)]
struct Faults(Arc<Mutex<Option<Fault>>>);

impl Faults {
    fn first(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Encode for Faults {
    fn encode(&mut self, event: &Event, _out: &mut Vec<u8>) {
        if let Event::Fault(fault) = event {
            let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(|| fault.clone());
        }
    }
}
