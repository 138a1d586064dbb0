//! Finished logs on a virtual clock: time is what the lines say it is.

use std::path::PathBuf;
use std::time::Duration;

use super::PipelineError;
use super::assembly::Assembly;
use super::core::{Call, Core, Outlets};
use super::digesting::Digested;
use super::gather::Gather;
use crate::clock::Timestamp;
use crate::diagnostics::Diagnostics;
use crate::monitor::Monitor;
use crate::store;
use crate::tail::{self, SourceId};
use crate::units::show_duration;

/// For how long without any line the clock goes on ticking, beyond the longest window; then it
/// jumps to the next line. A log that pauses for a year must not cost a year of ticks.
const GAP_MAX: Duration = Duration::from_hours(1);

/// What to replay, and how.
#[derive(Clone, Debug)]
pub struct ReplaySettings {
    /// The logs. Their lines are merged by time.
    pub logs: Vec<ReplayLog>,
    /// The last tick; `None`: the clock runs on as long as there is something to be said.
    pub until: Option<Timestamp>,
    /// How many threads parse: at least 1. The output does not depend on it.
    pub threads: usize,
    /// How logs are read.
    pub tail: tail::Settings,
    /// What the store may keep.
    pub store: store::Limits,
}

/// A log to replay.
#[derive(Clone, Debug)]
pub struct ReplayLog {
    /// Where it is, `-` being standard input.
    pub path: PathBuf,
    /// Where it counts as ended, in bytes after decompression; `None`: at its end.
    pub until: Option<u64>,
}

/// Runs the monitors over finished logs. `progress` is told now and then how many bytes have been
/// read, and of how many where that is known.
///
/// # Errors
/// [`PipelineError`]; a log that breaks off is reported once the lines before have been handled and
/// the books are closed.
pub fn replay(
    assembly: Assembly,
    settings: &ReplaySettings,
    outlets: Outlets,
    diagnostics: &Diagnostics,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), PipelineError> {
    let (plan, keep_rejects) = (&assembly.plan, outlets.rejects.is_some());
    let mut gather =
        Gather::open(&settings.logs, &settings.tail, plan, keep_rejects, settings.threads)?;
    let mut run = Replay::new(assembly, settings, outlets, diagnostics)?;
    let mut heads = Vec::new();
    for log in 0..settings.logs.len() {
        heads.push(run.next_head(&mut gather, log)?);
    }
    while let Some(log) = earliest(&heads) {
        let others = heads.iter().enumerate().filter(|(index, _)| *index != log);
        let until = others.filter_map(|(_, head)| head.as_ref()?.second()).min();
        let Some(head) = heads.get_mut(log) else {
            break;
        };
        if let Some(current) = head
            && run.stretch(source(log), current, until)?
        {
            continue;
        }
        if let Some(done) = head.take() {
            gather.give_back(done.digested);
        }
        *head = run.next_head(&mut gather, log)?;
        let (read, total) = gather.progress();
        progress(read, total);
    }
    run.finish()
}

/// A log's digest that is being taken in.
struct Head {
    digested: Digested,
    /// The first run that has not been taken in.
    next: usize,
}

impl Head {
    fn second(&self) -> Option<i64> {
        self.digested.digest.runs().get(self.next).map(|run| run.second)
    }
}

/// The log whose next line is the earliest; of equal ones the first named.
fn earliest(heads: &[Option<Head>]) -> Option<usize> {
    let with_lines = heads.iter().enumerate().filter_map(|(log, head)| Some((log, head.as_ref()?)));
    with_lines.min_by_key(|(_, head)| head.second()).map(|(log, _)| log)
}

fn source(log: usize) -> SourceId {
    SourceId(u32::try_from(log).unwrap_or(u32::MAX))
}

struct Replay {
    core: Core,
    monitors: Vec<Monitor>,
    /// Event time, in whole seconds; `None` before the first line.
    now: Option<i64>,
    horizon: Duration,
    /// The last tick, where that was said.
    until: Option<Timestamp>,
    due: Vec<usize>,
    /// When each monitor was last ticked.
    ticked: Vec<Option<Timestamp>>,
    /// The first log that broke off.
    broken: Option<PipelineError>,
}

impl Replay {
    fn new(
        assembly: Assembly,
        settings: &ReplaySettings,
        outlets: Outlets,
        diagnostics: &Diagnostics,
    ) -> Result<Self, PipelineError> {
        let horizon = assembly.plan.horizon();
        let limits = settings.store.clone();
        let (mut core, monitors, faults) =
            Core::new(assembly, limits, Timestamp::default(), outlets, diagnostics.clone());
        for (index, log) in settings.logs.iter().enumerate() {
            core.open(source(index), log.path.display().to_string(), None)?;
        }
        for fault in faults {
            core.publish(&crate::event::Event::Fault(fault))?;
        }
        let ticked = vec![None; monitors.len()];
        let due = Vec::new();
        let until = settings.until;
        Ok(Self { core, monitors, now: None, horizon, until, due, ticked, broken: None })
    }

    /// A log's next digest that has records, its other lines booked.
    fn next_head(
        &mut self,
        gather: &mut Gather,
        log: usize,
    ) -> Result<Option<Head>, PipelineError> {
        loop {
            let digested = match gather.next(log) {
                Ok(Some(digested)) => digested,
                Ok(None) => return Ok(None),
                Err(error @ PipelineError::Tail(_)) => {
                    self.broken.get_or_insert(error);
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            self.core.book(source(log), &digested, self.time());
            if !digested.digest.runs().is_empty() {
                return Ok(Some(Head { digested, next: 0 }));
            }
            gather.give_back(digested);
        }
    }

    /// Event time; the epoch before the first line.
    fn time(&self) -> Timestamp {
        Timestamp::from_secs(self.now.unwrap_or_default())
    }

    /// Takes in the head's runs up to the first that moves time on, which is the first run of the
    /// stretch after it, or that lies behind `until`. Returns whether the head has more.
    fn stretch(
        &mut self,
        source: SourceId,
        head: &mut Head,
        until: Option<i64>,
    ) -> Result<bool, PipelineError> {
        let Some(first) = head.second() else {
            return Ok(false);
        };
        let now = self.advance(first)?;
        let begin = head.next;
        while let Some(second) = head.second() {
            if self.reached(second) > now
                || (head.next > begin && until.is_some_and(|until| second > until))
            {
                break;
            }
            self.core.absorb(source, &head.digested, head.next, now.into());
            head.next += 1;
        }
        let at = Timestamp::from_secs(now);
        for (monitor, rows) in self.core.rows(&head.digested, begin..head.next) {
            if let Some(reader) = self.monitors.get_mut(monitor) {
                let outcome = reader.on_batch(at, &rows);
                self.core.handle(monitor, at, Call::Batch, outcome)?;
            }
        }
        Ok(head.second().is_some())
    }

    /// Moves time on to `second`, if that is ahead, and ticks what lies between: the tick of a
    /// second comes when a line of a later one is seen. Returns the time, which ends at the last
    /// tick's: what is stamped behind that was read when it ran live, and waited for its own tick.
    fn advance(&mut self, second: i64) -> Result<i64, PipelineError> {
        let second = self.reached(second);
        let Some(now) = self.now else {
            self.core.schedule.skip_to(Timestamp::from_secs(second));
            self.now = Some(second);
            return Ok(second);
        };
        if second <= now {
            return Ok(now);
        }
        let pause_max = self.horizon.saturating_add(GAP_MAX);
        let pause = Timestamp::from_secs(second).since(Timestamp::from_secs(now));
        if pause > pause_max {
            self.tick_until(Timestamp::from_secs(now).plus(pause_max))?;
            self.core.schedule.skip_to(Timestamp::from_secs(second));
            self.core.diagnostics.notice(format_args!(
                "no lines for {} before {}: the clock jumps there",
                show_duration(pause),
                Timestamp::from_secs(second)
            ));
        } else {
            self.tick_until(Timestamp::last_before(second))?;
        }
        self.core.evict(Timestamp::from_secs(second));
        self.now = Some(second);
        Ok(second)
    }

    /// The time that a line of this second moves the clock to.
    fn reached(&self, second: i64) -> i64 {
        self.until.map_or(second, |until| second.min(until.secs()))
    }

    fn tick_until(&mut self, until: Timestamp) -> Result<(), PipelineError> {
        while let Some(at) = self.core.schedule.take_due(until, &mut self.due) {
            self.tick(at)?;
        }
        Ok(())
    }

    fn tick(&mut self, at: Timestamp) -> Result<(), PipelineError> {
        for index in 0..self.due.len() {
            let Some(&monitor) = self.due.get(index) else {
                break;
            };
            let answers = self.core.answers(monitor, at);
            let Some(ticked) = self.monitors.get_mut(monitor) else {
                continue;
            };
            let outcome = ticked.on_tick(at, answers);
            self.core.handle(monitor, at, Call::Tick, outcome)?;
            if let Some(last) = self.ticked.get_mut(monitor) {
                *last = Some(at);
            }
        }
        Ok(())
    }

    /// The log's end is the end of traffic, as far as can be known: for each monitor the clock runs
    /// on until it has been ticked behind the last line and none of its alerts fires any more, but
    /// no further than its longest window and its period. What one monitor waits for is not the
    /// others' affair.
    fn finish(mut self) -> Result<(), PipelineError> {
        if let (Some(now), Some(until)) = (self.now, self.until) {
            let pause_max = self.horizon.saturating_add(GAP_MAX);
            self.tick_until(until.min(Timestamp::from_secs(now).plus(pause_max)))?;
        } else if let Some(now) = self.now {
            let last_line = Timestamp::from_secs(now);
            let ends: Vec<Timestamp> =
                self.monitors.iter().map(|monitor| last_line.plus(run_on_max(monitor))).collect();
            let end = ends.iter().max().copied().unwrap_or(last_line);
            while (0..ends.len()).any(|monitor| self.runs_on(monitor, last_line)) {
                let Some(at) = self.core.schedule.take_due(end, &mut self.due) else {
                    break;
                };
                let mut due = std::mem::take(&mut self.due);
                due.retain(|&monitor| {
                    let in_time = ends.get(monitor).is_some_and(|end| at <= *end);
                    in_time && self.runs_on(monitor, last_line)
                });
                self.due = due;
                self.tick(at)?;
            }
        }
        self.core.close(self.time())?;
        match self.broken {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Whether a monitor has something to say yet, now that the last line has been seen.
    fn runs_on(&self, monitor: usize, last_line: Timestamp) -> bool {
        let ticked = self.ticked.get(monitor).copied().flatten();
        ticked.is_none_or(|last| last < last_line) || self.core.is_firing(monitor)
    }
}

/// How far behind the last line a monitor's clock runs on at most.
fn run_on_max(monitor: &Monitor) -> Duration {
    let declared = monitor.declared();
    let longest = declared.questions.iter().map(|(_, window)| *window).max().unwrap_or_default();
    longest.saturating_add(declared.period)
}
