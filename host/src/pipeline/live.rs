//! Logs that are being written, on the machine's clock.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, select};

use super::PipelineError;
use super::around::{Control, Legacy, LiveSettings, Surroundings};
use super::assembly::Assembly;
use super::catch_up::Phase;
use super::checkpoints::Checkpoints;
use super::core::Core;
use super::digesting::Digested;
use super::progress::Progress;
use super::runs::{End, Left};
use super::swap::Swaps;
use super::watch::Watcher;
use super::workers::{DRAIN_MAX, Order, Workers};
use crate::clock::{Clock, Timestamp};
use crate::event::Event;
use crate::monitor::Sandbox;
use crate::parse::Parser;
use crate::service::Service;
use crate::state::Snapshot;
use crate::tail::{BatchPool, LineBatch, Tail};

/// How long after a second is over its tick comes: so long may a line take from its stamp to us
/// and still be in that tick.
const SETTLE: Duration = Duration::from_millis(50);
/// How long events wait while lines come faster than they are handled.
const DELIVERED_WITHIN: Duration = Duration::from_millis(50);
/// How long to wait where no tick is to come.
const IDLE: Duration = Duration::from_hours(1);

pub(super) struct Live {
    pub(super) core: Core,
    pub(super) workers: Workers,
    pub(super) phase: Phase,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) due: Vec<usize>,
    pool: BatchPool,
    parser: Parser,
    digested: Digested,
    pub(super) progress: Progress,
    /// How far ahead of the clock a stamp may be and still count, in seconds.
    ahead_max_s: i64,
    pub(super) checkpoints: Checkpoints,
    /// When the earlier run was where this one goes on.
    resumed_at: Timestamp,
    /// When the service manager was last told that all is well.
    alive_at: Duration,
    /// When events were last delivered.
    delivered_at: Duration,
    sandbox: Arc<Sandbox>,
    watcher: Watcher,
    pub(super) swaps: Swaps,
    /// How long the monitors have for a call that they are to come back from.
    drain_max: Duration,
}

impl Live {
    pub(super) fn new(
        assembly: Assembly,
        settings: &LiveSettings,
        legacy: Legacy,
        around: &Surroundings<'_>,
        pool: BatchPool,
    ) -> Result<Self, PipelineError> {
        let clock = Arc::clone(&around.clock);
        let Legacy { snapshot, saver, outlets } = legacy;
        let window_s = i64::try_from(assembly.plan.horizon().as_secs()).unwrap_or(i64::MAX);
        let digested = Digested::new(Arc::clone(&assembly.plan), outlets.rejects.is_some());
        let ahead_max_s = i64::from(settings.store.future_tolerance_s);
        let diagnostics = around.diagnostics.clone();
        let sandbox = Arc::clone(&assembly.sandbox);
        let watcher = Watcher::of(settings, &assembly, &diagnostics)?;
        let (mut core, mut monitors, faults) =
            Core::new(assembly, settings.store.clone(), clock.now(), outlets, diagnostics);
        for fault in faults {
            core.publish(&Event::Fault(fault))?;
        }
        let phase = if snapshot.is_some() { Phase::Reading } else { Phase::Live };
        let Snapshot { sources, monitors: states, taken_at, .. } = snapshot.unwrap_or_default();
        let now = Timestamp::from_secs(clock.now().secs());
        for event in core.resume(states, &mut monitors, now) {
            core.publish(&event)?;
        }
        core.flush()?;
        let deadlines = monitors.iter().map(|monitor| monitor.limits().deadline);
        let drain_max = DRAIN_MAX.saturating_add(deadlines.max().unwrap_or_default());
        let mut live = Self {
            core,
            workers: Workers::spawn(monitors)?,
            phase,
            due: Vec::new(),
            pool,
            parser: Parser::new(),
            digested,
            progress: Progress::new(window_s),
            ahead_max_s,
            checkpoints: Checkpoints::new(saver, sources),
            resumed_at: taken_at,
            alive_at: Duration::ZERO,
            delivered_at: Duration::ZERO,
            sandbox,
            watcher,
            swaps: Swaps::default(),
            drain_max,
            clock,
        };
        live.leave_out_long_missed();
        Ok(live)
    }

    /// The loop: whatever comes first of a line, an outcome, a tick and a word from outside.
    pub(super) fn run(
        &mut self,
        tail: &Receiver<Tail>,
        around: &mut Surroundings<'_>,
        stop_tail: &Sender<()>,
    ) -> Result<End, PipelineError> {
        let replies = self.workers.replies.clone();
        let (no_tail, no_controls) = (crossbeam_channel::never(), crossbeam_channel::never());
        let (mut controls, changes) = (around.controls, self.watcher.changes.clone());
        let mut end = End::Stopped;
        around.service.ready();
        loop {
            let lines = if self.may_read() { tail } else { &no_tail };
            select! {
                recv(lines) -> message => match message {
                    Ok(Tail::AllEnded) => return Ok(end),
                    Ok(message) => self.on_tail(message)?,
                    Err(_gone) => return Err(PipelineError::ThreadEnded { name: "tail" }),
                },
                recv(replies) -> reply => {
                    if let Ok(reply) = reply {
                        self.core.take_in(reply)?;
                    }
                }
                recv(changes) -> change => {
                    if let Ok(change) = change {
                        self.on_change(change)?;
                    }
                }
                recv(controls) -> control => match control {
                    Ok(Control::Account) => self.core.publish_usage_and_accounts(self.clock.now())?,
                    Ok(Control::Reload) if self.phase == Phase::Reading => {
                        self.core.diagnostics.warning(
                            "the configuration is not read again, all goes on as before: what was \
                             written before the start is still being read, try again",
                        );
                    }
                    Ok(Control::Reload) if !(around.prepare)() => {}
                    word => {
                        if word == Ok(Control::Reload) {
                            end = End::Reconfigured;
                        }
                        if end == End::Stopped {
                            around.service.stopping();
                        }
                        // The follower now reads what is there, and ends with a last message.
                        let _ = stop_tail.try_send(());
                        controls = &no_controls;
                    }
                },
                default(self.wait(around.service)) => {}
            }
            self.tick()?;
            self.hand_out_replacements();
            if end == End::Stopped && self.is_to_be_reshaped() {
                end = End::Reshaped;
                let _ = stop_tail.try_send(());
                controls = &no_controls;
            }
            self.deliver(tail.is_empty() && replies.is_empty())?;
            self.sign_of_life(around.service);
        }
    }

    /// Delivers events and makes a checkpoint if one is due: when there is nothing else to do, and now
    /// and then while there always is.
    fn deliver(&mut self, idle: bool) -> Result<(), PipelineError> {
        let elapsed = self.clock.elapsed();
        if idle || elapsed.saturating_sub(self.delivered_at) >= DELIVERED_WITHIN {
            self.core.flush()?;
            self.save();
            self.delivered_at = elapsed;
        }
        Ok(())
    }

    /// Tells the service manager that the loop goes round, as often as it wants to know.
    fn sign_of_life(&mut self, service: &Service) {
        let elapsed = self.clock.elapsed();
        if let Some(interval) = service.watchdog_interval()
            && elapsed.saturating_sub(self.alive_at) >= interval
        {
            service.alive();
            self.alive_at = elapsed;
        }
    }

    /// How long nothing may happen.
    fn wait(&self, service: &Service) -> Duration {
        let checkpoint = self.checkpoints.until_due(self.clock.elapsed());
        let watchdog = service.watchdog_interval();
        let others = checkpoint.into_iter().chain(watchdog).min().unwrap_or(IDLE);
        self.until_next_tick().min(others)
    }

    /// The last second that is over, and settled.
    pub(super) fn now_second(&self) -> i64 {
        self.clock.now().minus(SETTLE).secs() - 1
    }

    fn until_next_tick(&self) -> Duration {
        let Some(next) = self.core.schedule.next_at().filter(|_| self.phase != Phase::Reading)
        else {
            return IDLE;
        };
        // The tick of a second comes when that second is over.
        let due = Timestamp::from_secs(next.secs() + 1).plus(SETTLE);
        due.since(self.clock.now()).min(IDLE)
    }

    /// Ticks one monitor after another that are due at this time.
    pub(super) fn tick_at(&mut self, at: Timestamp) -> Result<(), PipelineError> {
        for monitor in std::mem::take(&mut self.due) {
            let answers = self.core.answers(monitor, at);
            self.core.rests_on(monitor, at);
            let order = Order::Tick { at, answers };
            if let Some(fault) = self.workers.order(monitor, at, order) {
                self.core.publish(&Event::Fault(fault))?;
            }
        }
        Ok(())
    }

    fn on_tail(&mut self, message: Tail) -> Result<(), PipelineError> {
        match message {
            Tail::Opened { source, path } => {
                let earlier = self.checkpoints.opened(source, &path).map(|earlier| {
                    let second = self.resumed_at.secs();
                    self.progress.resume_from(source, earlier.files, second);
                    earlier.account
                });
                self.core.open(source, path.display().to_string(), earlier)?;
                self.core.flush()?;
            }
            Tail::Reading { source, position } => {
                self.progress.reading(source, position);
                self.checkpoints.changed();
            }
            Tail::Batch(batch) => {
                self.on_batch(&batch)?;
                self.pool.give_back(batch);
            }
            Tail::Closed { source, file } => {
                self.progress.closed(source, &file);
                self.checkpoints.changed();
            }
            Tail::Waiting { path } => {
                let path = path.display();
                self.core
                    .diagnostics
                    .notice(format_args!("{path} is not there yet: waiting for it"));
            }
            Tail::Notice(notice) => self.core.diagnostics.notice(notice),
            Tail::Lost(loss) => self.core.lost(&loss, self.clock.now())?,
            Tail::CaughtUp => self.caught_up(),
            Tail::Ended { source } => self.checkpoints.ended(source),
            Tail::AllEnded => {}
        }
        Ok(())
    }

    fn on_batch(&mut self, batch: &LineBatch) -> Result<(), PipelineError> {
        let span = self.span();
        self.digested.digest(&mut self.parser, batch);
        if batch.warm {
            self.core.warm(batch.source, &self.digested, span);
            return Ok(());
        }
        let runs = self.digested.digest.runs();
        // A stamp from far ahead counts nowhere, and must not have the log read again until then.
        let ahead_max = span.to.saturating_add(self.ahead_max_s);
        self.progress.taken_in(batch, runs.iter().map(|run| run.second.min(ahead_max)).max());
        self.checkpoints.changed();
        let runs = 0..runs.len();
        self.core.book(batch.source, &self.digested, self.clock.now());
        self.core.behind(batch.source, batch.behind_bytes);
        for run in runs.clone() {
            self.core.absorb(batch.source, &self.digested, run, span);
        }
        let at = Timestamp::from_secs(span.to);
        for (monitor, rows) in self.core.rows(&self.digested, runs) {
            if let Some(fault) = self.workers.order(monitor, at, Order::Batch { now: at, rows }) {
                self.core.publish(&Event::Fault(fault))?;
            }
        }
        Ok(())
    }

    /// Makes a checkpoint if one is due.
    fn save(&mut self) {
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        self.checkpoints.save(&mut self.core, &self.progress, now, elapsed);
    }

    pub(super) fn finish(self, end: End) -> Result<Left, PipelineError> {
        let Self { mut core, workers, checkpoints, progress, clock, .. } = self;
        // Monitors that are carried over must have come back, which they have at their deadlines.
        let wait = if end == End::Reshaped { self.drain_max } else { DRAIN_MAX };
        let monitors = workers.finish(wait, |reply| core.take_in(reply))?;
        let now = clock.now();
        if end == End::Stopped {
            core.close(now)?;
            checkpoints.finish(&core, &progress, now);
            return Ok(Left::Nothing);
        }
        let second = Timestamp::from_secs(now.secs());
        let other = match end {
            End::Reshaped => self.swaps.assemble(monitors, self.sandbox, &mut core, second)?,
            End::Stopped | End::Reconfigured => None,
        };
        let window = other.as_ref().map(|assembly| assembly.plan.horizon()).unwrap_or_default();
        core.flush()?;
        let (snapshot, saver) = checkpoints.hand_over(&core, &progress, now, window);
        let legacy = Legacy { snapshot: Some(snapshot), saver, outlets: core.into_outlets() };
        Ok(match other {
            Some(assembly) => Left::ForMonitors(assembly, legacy),
            None => Left::ForConfiguration(legacy),
        })
    }
}
