//! Logs that are being written, on the machine's clock.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, select};

use super::PipelineError;
use super::assembly::Assembly;
use super::core::Core;
use super::digesting::Digested;
use super::workers::{Order, Reply, Workers};
use crate::clock::{Clock, Timestamp};
use crate::diagnostics::Diagnostics;
use crate::event::Event;
use crate::parse::Parser;
use crate::sink::Sink;
use crate::store;
use crate::tail::{self, BatchPool, Follower, LineBatch, Pattern, Tail};

/// Messages of the follower that may wait; a batch is one. The file is the buffer behind it.
const TAIL_QUEUE_MAX: usize = 4;
/// How long after a second is over its tick comes: so long may a line take from its stamp to us
/// and still be in that tick.
const SETTLE: Duration = Duration::from_millis(50);
/// How far behind the clock ticks may fall, when the machine slept or the clock was set, before
/// they are left out.
const BEHIND_MAX: Duration = Duration::from_mins(10);
/// How long to wait where no tick is to come.
const IDLE: Duration = Duration::from_hours(1);

/// Ends a run: send once, or drop the sender.
pub type Stop = Receiver<()>;

/// What to follow, and how.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// The logs.
    pub patterns: Vec<Pattern>,
    /// How logs are followed.
    pub tail: tail::Settings,
    /// What the store may keep.
    pub store: store::Limits,
}

/// Follows logs until told to stop, or until every source is a stream at its end; then handles
/// what was written, publishes the books and returns.
///
/// # Errors
/// [`PipelineError`].
pub fn run_live(
    assembly: Assembly,
    settings: LiveSettings,
    clock: &Arc<dyn Clock>,
    sink: Sink,
    diagnostics: &Diagnostics,
    stop: &Stop,
) -> Result<(), PipelineError> {
    let follower = Follower::new(settings.patterns, settings.tail, Arc::clone(clock))?;
    let pool = follower.pool();
    let (to_pipeline, tail) = bounded(TAIL_QUEUE_MAX);
    let (stop_tail, told_to_stop) = bounded(1);
    let thread = std::thread::Builder::new()
        .name("weir-tail".to_owned())
        .spawn(move || follower.run(&to_pipeline, &told_to_stop))
        .map_err(|source| PipelineError::Thread { name: "tail", source })?;
    let mut live = Live::new(assembly, settings.store, clock, sink, diagnostics, pool)?;
    let ran = live.run(&tail, stop, &stop_tail);
    // Whatever the cause of the end, the follower must not wait for a full queue for ever.
    drop((tail, stop_tail));
    let joined = thread.join();
    ran?;
    joined.map_err(|_panic| PipelineError::ThreadEnded { name: "tail" })?;
    live.finish()
}

struct Live {
    core: Core,
    workers: Workers,
    clock: Arc<dyn Clock>,
    pool: BatchPool,
    parser: Parser,
    digested: Digested,
    due: Vec<usize>,
}

impl Live {
    fn new(
        assembly: Assembly,
        limits: store::Limits,
        clock: &Arc<dyn Clock>,
        sink: Sink,
        diagnostics: &Diagnostics,
        pool: BatchPool,
    ) -> Result<Self, PipelineError> {
        let digested = Digested::new(Arc::clone(&assembly.plan));
        let (mut core, monitors, faults) =
            Core::new(assembly, limits, clock.now(), sink, diagnostics.clone());
        for fault in faults {
            core.publish(&Event::Fault(fault))?;
        }
        core.flush()?;
        Ok(Self {
            core,
            workers: Workers::spawn(monitors)?,
            clock: Arc::clone(clock),
            pool,
            parser: Parser::new(),
            digested,
            due: Vec::new(),
        })
    }

    /// The loop: whatever comes first of a line, an outcome, a tick and the end.
    fn run(
        &mut self,
        tail: &Receiver<Tail>,
        stop: &Stop,
        stop_tail: &Sender<()>,
    ) -> Result<(), PipelineError> {
        let replies = self.workers.replies.clone();
        let never = crossbeam_channel::never();
        let mut stop = stop;
        loop {
            let wait = self.until_next_tick();
            select! {
                recv(tail) -> message => match message {
                    Ok(Tail::AllEnded) => return Ok(()),
                    Ok(message) => self.on_tail(message)?,
                    Err(_gone) => return Err(PipelineError::ThreadEnded { name: "tail" }),
                },
                recv(replies) -> reply => {
                    if let Ok(Reply { monitor, at, call, outcome }) = reply {
                        self.core.handle(monitor, at, call, outcome)?;
                    }
                }
                recv(stop) -> _ => {
                    // The follower now reads what is there, and ends with a last message.
                    let _ = stop_tail.try_send(());
                    stop = &never;
                }
                default(wait) => {}
            }
            self.tick()?;
            if tail.is_empty() && replies.is_empty() {
                self.core.flush()?;
            }
        }
    }

    /// The last second that is over, and settled.
    fn now_second(&self) -> i64 {
        self.clock.now().minus(SETTLE).secs() - 1
    }

    fn until_next_tick(&self) -> Duration {
        let Some(next) = self.core.schedule.next_at() else {
            return IDLE;
        };
        // The tick of a second comes when that second is over.
        let due = Timestamp::from_secs(next.secs() + 1).plus(SETTLE);
        due.since(self.clock.now()).min(IDLE)
    }

    fn tick(&mut self) -> Result<(), PipelineError> {
        let now = self.now_second();
        let until = Timestamp::from_secs(now + 1).minus(Duration::from_nanos(1));
        let Some(next) = self.core.schedule.next_at().filter(|next| *next <= until) else {
            return Ok(());
        };
        if until.since(next) > BEHIND_MAX {
            self.core.diagnostics.warning(format_args!(
                "the clock moved from {next} to {until}: the ticks between are left out"
            ));
            self.core.schedule.skip_to(Timestamp::from_secs(now));
        }
        while let Some(at) = self.core.schedule.take_due(until, &mut self.due) {
            for monitor in std::mem::take(&mut self.due) {
                let answers = self.core.answers(monitor, at);
                let order = Order::Tick { at, answers };
                if let Some(fault) = self.workers.order(monitor, at, order) {
                    self.core.publish(&Event::Fault(fault))?;
                }
            }
        }
        self.core.warn_of_clocks();
        self.core.evict(Timestamp::from_secs(now));
        Ok(())
    }

    fn on_tail(&mut self, message: Tail) -> Result<(), PipelineError> {
        match message {
            Tail::Opened { source, path } => {
                self.core.open(source, path.display().to_string())?;
                self.core.flush()?;
            }
            Tail::Batch(batch) => {
                self.on_batch(&batch)?;
                self.pool.give_back(batch);
            }
            Tail::Waiting { path } => {
                let path = path.display();
                self.core
                    .diagnostics
                    .notice(format_args!("{path} is not there yet: waiting for it"));
            }
            Tail::Notice(notice) => self.core.diagnostics.notice(notice),
            Tail::Lost { source, bytes, lines } => self.core.lost(source, bytes, lines),
            Tail::Ended { .. } | Tail::AllEnded => {}
        }
        Ok(())
    }

    fn on_batch(&mut self, batch: &LineBatch) -> Result<(), PipelineError> {
        let now = self.now_second();
        self.digested.digest(&mut self.parser, batch);
        self.core.book(batch.source, &self.digested);
        let runs = self.digested.digest.runs().len();
        for run in 0..runs {
            self.core.absorb(batch.source, &self.digested, run, now);
        }
        let at = Timestamp::from_secs(now);
        for (monitor, rows) in self.core.rows(&self.digested, 0..runs) {
            if let Some(fault) = self.workers.order(monitor, at, Order::Batch { now: at, rows }) {
                self.core.publish(&Event::Fault(fault))?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), PipelineError> {
        let Self { mut core, workers, .. } = self;
        workers.finish(|Reply { monitor, at, call, outcome }| {
            core.handle(monitor, at, call, outcome)
        })?;
        core.close()?;
        Ok(())
    }
}
