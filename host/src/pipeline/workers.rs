//! A thread for every monitor, so that a slow one delays neither the log nor the others.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};

use super::PipelineError;
use super::assembly::log_all;
use super::core::{Call, Core};
use crate::clock::Timestamp;
use crate::event::{Consequence, Event, Fault, FaultKind, Swap};
use crate::monitor::{Monitor, Outcome, Rows};
use crate::sink::SinkError;
use crate::store::Answer;

/// Calls that may wait for one monitor; at one tick a second and a deadline of 100 ms a monitor
/// that lets as many wait has been failing for a long time.
const QUEUE_MAX: usize = 64;
/// Outcomes that may wait for the pipeline.
const OUTCOMES_MAX: usize = 1_024;
/// How long the monitors have, at the end, for the calls that still wait.
pub(super) const DRAIN_MAX: Duration = Duration::from_secs(5);

/// A call that waits for its monitor.
pub(super) enum Order {
    Tick {
        at: Timestamp,
        answers: Vec<Answer>,
    },
    Batch {
        now: Timestamp,
        rows: Arc<Rows>,
    },
    /// Another one takes the monitor's place.
    Replace {
        at: Timestamp,
        by: Box<Monitor>,
    },
}

/// What came of a call.
pub(super) struct Reply {
    pub(super) monitor: usize,
    pub(super) at: Timestamp,
    pub(super) call: Call,
    pub(super) outcome: Outcome,
    /// What the monitor has kept last.
    pub(super) kept: Option<Arc<[u8]>>,
    /// Which file it runs from now on, if that is another.
    pub(super) swapped: Option<Swap>,
}

/// The monitors, each on its thread.
pub(super) struct Workers {
    threads: Vec<Worker>,
    pub(super) replies: Receiver<Reply>,
}

struct Worker {
    name: Arc<str>,
    orders: Sender<Order>,
    thread: JoinHandle<Monitor>,
    /// Calls that it could not take since it last took one.
    missed: u64,
}

impl Workers {
    pub(super) fn spawn(monitors: Vec<Monitor>) -> Result<Self, PipelineError> {
        let (to_pipeline, replies) = bounded(OUTCOMES_MAX);
        let mut threads = Vec::new();
        for (index, monitor) in monitors.into_iter().enumerate() {
            let (orders, waiting) = bounded(QUEUE_MAX);
            let to_pipeline = to_pipeline.clone();
            let name = Arc::clone(monitor.name());
            let thread = std::thread::Builder::new()
                .name(format!("weir-{name}"))
                .spawn(move || serve(index, monitor, &waiting, &to_pipeline))
                .map_err(|source| PipelineError::Thread { name: "monitor", source })?;
            threads.push(Worker { name, orders, thread, missed: 0 });
        }
        Ok(Self { threads, replies })
    }

    /// Gives a monitor a call, or, where too many wait already, tells once that calls are missed.
    pub(super) fn order(&mut self, monitor: usize, at: Timestamp, order: Order) -> Option<Fault> {
        let worker = self.threads.get_mut(monitor)?;
        match worker.orders.try_send(order) {
            Ok(()) => {
                worker.missed = 0;
                None
            }
            Err(TrySendError::Full(order) | TrySendError::Disconnected(order)) => {
                worker.missed += 1;
                (worker.missed == 1).then(|| Fault {
                    monitor: worker.name.to_string(),
                    kind: FaultKind::Deadline,
                    time: Some(at),
                    phase: match order {
                        Order::Tick { .. } => "on-tick",
                        Order::Batch { .. } => "on-batch",
                        Order::Replace { .. } => "configure",
                    },
                    message: format!("{QUEUE_MAX} calls wait already, so it misses further ones"),
                    consequence: Consequence::GoesOn,
                    details: Box::default(),
                })
            }
        }
    }

    /// Has a monitor take the place of the one of its name, once the calls that wait for that one are
    /// done.
    ///
    /// # Errors
    /// The monitor, where no further call can wait.
    pub(super) fn replace(&mut self, at: Timestamp, by: Box<Monitor>) -> Result<(), Box<Monitor>> {
        let Some(worker) = self.threads.iter().find(|worker| worker.name == *by.name()) else {
            return Ok(());
        };
        match worker.orders.try_send(Order::Replace { at, by }) {
            Err(TrySendError::Full(Order::Replace { by, .. })) => Err(by),
            _ => Ok(()),
        }
    }

    /// Whether every monitor can be given further calls without missing any.
    pub(super) fn have_room(&self) -> bool {
        self.threads.iter().all(|worker| worker.orders.len() <= QUEUE_MAX / 2)
    }

    /// Lets the monitors finish what waits, and hands out what comes of it. Returns those that were
    /// done before one of them took longer than `wait` for one call.
    pub(super) fn finish<E>(
        self,
        wait: Duration,
        mut handle: impl FnMut(Reply) -> Result<(), E>,
    ) -> Result<Vec<Monitor>, E> {
        let Self { threads, replies } = self;
        let threads: Vec<JoinHandle<Monitor>> =
            threads.into_iter().map(|worker| worker.thread).collect();
        loop {
            match replies.recv_timeout(wait) {
                Ok(reply) => handle(reply)?,
                Err(RecvTimeoutError::Disconnected) => {
                    // A panic of a monitor's thread was its own; there is nothing left to do for it.
                    return Ok(threads
                        .into_iter()
                        .filter_map(|thread| thread.join().ok())
                        .collect());
                }
                // A thread that is still busy is left behind.
                Err(RecvTimeoutError::Timeout) => {
                    let done = threads.into_iter().filter(JoinHandle::is_finished);
                    return Ok(done.filter_map(|thread| thread.join().ok()).collect());
                }
            }
        }
    }
}

impl Core {
    /// Takes in what came of a call, and what the monitor has kept with it: of one moment.
    pub(super) fn take_in(&mut self, reply: Reply) -> Result<(), SinkError> {
        let Reply { monitor, at, call, outcome, kept, swapped } = reply;
        self.keep(monitor, kept);
        if let Some(swap) = swapped {
            if let Some(role) = self.roles.get_mut(monitor) {
                role.quarantine = None;
            }
            self.publish(&Event::Swapped(swap))?;
        }
        self.handle(monitor, at, call, outcome)
    }

    /// Tells of a monitor that has taken another's place, and of what came of that.
    pub(super) fn swapped(&mut self, swap: Swap, outcome: Outcome) -> Result<(), SinkError> {
        log_all(&self.diagnostics, &swap.monitor, &outcome.said);
        self.publish(&Event::Swapped(swap))?;
        outcome.kept_dropped.map_or(Ok(()), |fault| self.publish(&Event::Fault(fault)))
    }
}

/// Serves one monitor until no further call can come, and returns it.
fn serve(
    index: usize,
    mut monitor: Monitor,
    orders: &Receiver<Order>,
    replies: &Sender<Reply>,
) -> Monitor {
    for order in orders {
        let mut swapped = None;
        let (at, call, outcome) = match order {
            Order::Tick { at, answers } => (at, Call::Tick, monitor.on_tick(at, answers)),
            Order::Batch { now, rows } => (now, Call::Batch, monitor.on_batch(now, &rows)),
            Order::Replace { at, by } => {
                let (swap, outcome) = monitor.take_over(*by, at);
                swapped = Some(swap);
                (at, Call::Configure, outcome)
            }
        };
        let kept = monitor.kept().cloned();
        let reply = Reply { monitor: index, at, call, outcome, kept, swapped };
        if replies.send(reply).is_err() {
            break;
        }
    }
    monitor
}
