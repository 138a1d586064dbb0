//! SIGINT and SIGTERM: the first one ends the run in order, a second one ends the process at once.

use crossbeam_channel::{Receiver, bounded};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::CommandError;

/// What a shell reports for a process that a signal ended: 128 and the signal's number.
const EXIT_SIGNALLED: i32 = 128;

/// Has a message once the process has been told to stop.
pub(super) fn stop() -> Result<Receiver<()>, CommandError> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM]).map_err(|source| CommandError::Signals { source })?;
    let (told, stop) = bounded(1);
    std::thread::Builder::new()
        .name("weir-signals".to_owned())
        .spawn(move || {
            let mut signals = signals.forever();
            if signals.next().is_some() {
                // Whether anybody still listens is of no consequence: a second signal ends it.
                let _ = told.try_send(());
            }
            if let Some(signal) = signals.next() {
                std::process::exit(EXIT_SIGNALLED + signal);
            }
        })
        .map_err(|source| CommandError::Signals { source })?;
    Ok(stop)
}
