//! Monitors that take the places of others while a run goes on.
//!
//! One that asks for what the one before it asked for takes its place on its thread, between two
//! calls; nothing else notices. Where monitors ask for other things, are new or are gone, the store has
//! to be another one: then the run ends as for another configuration, the monitors that have not
//! changed are carried over as they are, and the next run fills its windows out of the logs.

use std::sync::Arc;

use super::PipelineError;
use super::assembly::Assembly;
use super::catch_up::Phase;
use super::core::Core;
use super::live::Live;
use super::watch::{Change, Reshaped};
use crate::clock::Timestamp;
use crate::event::{Event, Fault, Swap};
use crate::monitor::{Monitor, Sandbox};
use crate::sink::SinkError;

/// What waits for its moment.
#[derive(Default)]
pub(super) struct Swaps {
    /// For the place of a monitor whose queue was full.
    replacements: Vec<Monitor>,
    /// For the run after this one.
    reshaped: Option<Reshaped>,
}

impl Live {
    /// Takes in what came of a change of the plugins directory.
    pub(super) fn on_change(&mut self, change: Change) -> Result<(), PipelineError> {
        let now = self.whole_second();
        for fault in change.faults {
            self.core.publish(&Event::Fault(Fault { time: Some(now), ..fault }))?;
        }
        self.swaps.replacements.extend(change.replacements);
        self.swaps.reshaped = change.reshaped.or(self.swaps.reshaped.take());
        Ok(())
    }

    /// Hands replacements to the threads of their monitors, as far as these have room.
    pub(super) fn hand_out_replacements(&mut self) {
        let now = self.whole_second();
        for monitor in std::mem::take(&mut self.swaps.replacements) {
            if let Err(waits) = self.workers.replace(now, Box::new(monitor)) {
                self.swaps.replacements.push(*waits);
            }
        }
    }

    /// Whether the run is to end for other monitors, and can: what it leaves must say of every log
    /// where reading goes on.
    pub(super) fn is_to_be_reshaped(&self) -> bool {
        self.swaps.reshaped.is_some()
            && self.phase != Phase::Reading
            && self.checkpoints.is_complete()
    }

    fn whole_second(&self) -> Timestamp {
        Timestamp::from_secs(self.clock.now().secs())
    }
}

impl Swaps {
    /// What the next run begins with, out of the monitors of the one that ends; with it what has
    /// changed. `None` where nothing is to change.
    pub(super) fn assemble(
        self,
        mut monitors: Vec<Monitor>,
        sandbox: Arc<Sandbox>,
        core: &mut Core,
        now: Timestamp,
    ) -> Result<Option<Assembly>, SinkError> {
        let Self { replacements, reshaped } = self;
        let Some(Reshaped { names, fresh, files }) = reshaped else {
            return Ok(None);
        };
        for fresh in replacements.into_iter().chain(fresh) {
            let before = monitors.iter_mut().find(|monitor| monitor.name() == fresh.name());
            if let Some(monitor) = before {
                let (swap, outcome) = monitor.take_over(fresh, now);
                core.swapped(swap, outcome)?;
            } else {
                core.publish(&Event::Swapped(swap_of(&fresh, now, true)))?;
                monitors.push(fresh);
            }
        }
        let (mut stay, gone): (Vec<Monitor>, Vec<Monitor>) =
            monitors.into_iter().partition(|monitor| names.contains(monitor.name()));
        for monitor in gone {
            core.publish(&Event::Swapped(swap_of(&monitor, now, false)))?;
        }
        stay.sort_by_key(|monitor| names.iter().position(|name| name == monitor.name()));
        Ok(Some(Assembly::of(stay, sandbox, files)))
    }
}

/// A monitor that begins or ends.
fn swap_of(monitor: &Monitor, time: Timestamp, begins: bool) -> Swap {
    let identity = || Some(Arc::clone(monitor.identity()));
    Swap {
        monitor: monitor.name().to_string(),
        plugin: monitor.plugin().to_owned(),
        time,
        old: if begins { None } else { identity() },
        new: if begins { identity() } else { None },
    }
}
