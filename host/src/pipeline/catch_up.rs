//! After a restart: first everything is read that was written meanwhile, then the ticks are made up
//! for that were missed, then the run is live. So every report is made, of all its lines, and an
//! alert is judged as if nothing had been in between.

use std::time::Duration;

use super::PipelineError;
use super::live::Live;
use crate::clock::Timestamp;
use crate::store::Span;
use crate::units::show_duration;

/// How far behind the clock ticks may be, when the program did not run, the machine slept or the clock
/// was set, before they are left out.
const BEHIND_MAX: Duration = Duration::from_mins(10);

/// How far behind the longest window it is remembered where the lines are, in seconds: a plugin that
/// changes while the run goes on may ask for a longer one.
const LOOK_BACK_S: i64 = 900;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// What was read before fills the windows again, what was not is read; no tick is run.
    Reading,
    /// The ticks that were missed are made up for, as fast as the monitors work.
    Ticking,
    /// Ticks come when their seconds are over.
    Live,
}

impl Live {
    /// Whether the next lines may be taken. Lines that wait in their file are not lost, so that a
    /// monitor that reads rows has the time that it takes while they come faster than they were
    /// written.
    pub(super) fn may_read(&self) -> bool {
        self.phase != Phase::Reading || self.workers.have_room()
    }

    /// Everything was read that was there.
    pub(super) fn caught_up(&mut self) {
        self.progress.caught_up();
        self.checkpoints.caught_up();
        if self.phase == Phase::Reading {
            self.phase = Phase::Ticking;
        }
    }

    /// The time that lines are taken in at.
    pub(super) fn span(&self) -> Span {
        let now = self.now_second();
        let next = self.core.schedule.next_at().filter(|_| self.phase != Phase::Live);
        Span { from: next.map_or(now, |next| next.secs().min(now)), to: now }
    }

    /// Runs the ticks that are due.
    pub(super) fn tick(&mut self) -> Result<(), PipelineError> {
        if self.phase == Phase::Reading {
            return Ok(());
        }
        let now = self.now_second();
        let until = Timestamp::last_before(now + 1);
        if self.phase == Phase::Live {
            self.leave_out_before(until);
        }
        let mut evicted = None;
        while self.phase == Phase::Live || self.workers.have_room() {
            let Some(at) = self.core.schedule.take_due(until, &mut self.due) else {
                self.phase = Phase::Live;
                break;
            };
            self.tick_at(at)?;
            evicted = Some(at.min(Timestamp::from_secs(now)));
        }
        if let Some(until) = evicted {
            self.core.warn_of_clocks();
            self.core.evict(until);
            let needed = self.core.needed_from(self.clock.now()).secs();
            self.progress.forget_before(needed.saturating_sub(LOOK_BACK_S));
        }
        Ok(())
    }

    /// Leaves the ticks out that were missed too long ago for anybody to want them.
    pub(super) fn leave_out_long_missed(&mut self) {
        let now = self.now_second();
        self.leave_out_before(Timestamp::last_before(now + 1));
    }

    fn leave_out_before(&mut self, until: Timestamp) {
        let Some(next) = self.core.schedule.next_at().filter(|next| *next <= until) else {
            return;
        };
        let behind = until.since(next);
        if behind > BEHIND_MAX {
            self.core.diagnostics.warning(format_args!(
                "no ticks for {} before {until}: they are left out",
                show_duration(behind)
            ));
            self.core.schedule.skip_to(Timestamp::from_secs(until.secs()));
        }
    }
}
