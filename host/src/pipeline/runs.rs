//! One live run after another, where only its monitors change in between.

use std::sync::Arc;

use crossbeam_channel::bounded;

use super::PipelineError;
use super::around::{Legacy, LiveSettings, Surroundings};
use super::assembly::Assembly;
use super::checkpoints::resume_of;
use super::live::Live;
use crate::tail::{Follower, Resume, SystemFiles};

/// Messages of the follower that may wait; a batch is one. The file is the buffer behind it.
const TAIL_QUEUE_MAX: usize = 4;

/// Follows logs until told to stop, or until every source is a stream at its end; then handles
/// what was written, publishes the books and returns. Where another configuration is prepared it
/// returns what the run with that goes on from.
///
/// # Errors
/// [`PipelineError`].
pub fn run_live(
    mut assembly: Assembly,
    settings: &LiveSettings,
    mut legacy: Legacy,
    around: &mut Surroundings<'_>,
) -> Result<Option<Legacy>, PipelineError> {
    loop {
        match run_once(assembly, settings, legacy, around)? {
            Left::Nothing => return Ok(None),
            Left::ForConfiguration(left) => return Ok(Some(left)),
            Left::ForMonitors(other, left) => (assembly, legacy) = (other, left),
        }
    }
}

/// What a run leaves.
pub(super) enum Left {
    Nothing,
    /// To a run with another configuration.
    ForConfiguration(Legacy),
    /// To a run with these monitors.
    ForMonitors(Assembly, Legacy),
}

fn run_once(
    assembly: Assembly,
    settings: &LiveSettings,
    legacy: Legacy,
    around: &mut Surroundings<'_>,
) -> Result<Left, PipelineError> {
    let resume = legacy.snapshot.as_ref().map_or_else(Resume::default, resume_of);
    let clock = Arc::clone(&around.clock);
    let files = Arc::new(SystemFiles);
    let patterns = settings.patterns.clone();
    let follower = Follower::new(patterns, settings.tail.clone(), clock, files, resume)?;
    let pool = follower.pool();
    let (to_pipeline, tail) = bounded(TAIL_QUEUE_MAX);
    let (stop_tail, told_to_stop) = bounded(1);
    let thread = std::thread::Builder::new()
        .name("weir-tail".to_owned())
        .spawn(move || follower.run(&to_pipeline, &told_to_stop))
        .map_err(|source| PipelineError::Thread { name: "tail", source })?;
    let mut live = Live::new(assembly, settings, legacy, around, pool)?;
    let ran = live.run(&tail, around, &stop_tail);
    // Whatever the cause of the end, the follower must not wait for a full queue for ever.
    drop((tail, stop_tail));
    let joined = thread.join();
    let end = ran?;
    joined.map_err(|_panic| PipelineError::ThreadEnded { name: "tail" })?;
    live.finish(end)
}

/// Why a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Stopped,
    Reconfigured,
    Reshaped,
}
