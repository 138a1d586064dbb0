//! Signals: SIGINT and SIGTERM end the run in order, a second one ends the process at once; a
//! service is also asked for its books (SIGUSR1) and told to read its configuration again (SIGHUP).

use std::io::IsTerminal as _;

use crossbeam_channel::{Receiver, Sender, bounded};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use super::CommandError;
use crate::pipeline::Control;

/// What a shell reports for a process that a signal ended: 128 and the signal's number.
const EXIT_SIGNALLED: i32 = 128;
/// Words that may wait for the run; more of the same say nothing new.
const CONTROLS_MAX: usize = 4;

/// What a run that can end only is told.
pub(super) fn stop() -> Result<Receiver<Control>, CommandError> {
    listen(&[SIGINT, SIGTERM])
}

/// What a run is told that also is a service. On a terminal SIGHUP keeps its first meaning: the
/// terminal is gone, and the run ends.
pub(super) fn controls() -> Result<Receiver<Control>, CommandError> {
    if std::io::stdin().is_terminal() {
        listen(&[SIGINT, SIGTERM, SIGUSR1])
    } else {
        listen(&[SIGINT, SIGTERM, SIGUSR1, SIGHUP])
    }
}

fn listen(signals: &[i32]) -> Result<Receiver<Control>, CommandError> {
    let signals = Signals::new(signals).map_err(|source| CommandError::Signals { source })?;
    let (told, controls) = bounded(CONTROLS_MAX);
    std::thread::Builder::new()
        .name("weir-signals".to_owned())
        .spawn(move || pass_on(signals, &told))
        .map_err(|source| CommandError::Signals { source })?;
    Ok(controls)
}

fn pass_on(mut signals: Signals, told: &Sender<Control>) {
    let mut stopping = false;
    for signal in signals.forever() {
        let control = match signal {
            SIGUSR1 => Control::Account,
            SIGHUP => Control::Reload,
            _ if stopping => std::process::exit(EXIT_SIGNALLED + signal),
            _ => Control::Stop,
        };
        if control == Control::Stop {
            stopping = true;
            // The end must not be lost behind words that wait; whether anybody still listens is of no
            // consequence, as a second signal ends the process.
            let _ = told.send(control);
        } else {
            let _ = told.try_send(control);
        }
    }
}
