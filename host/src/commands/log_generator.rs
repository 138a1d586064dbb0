//! `weir generate`.

use std::time::Duration;

use crossbeam_channel::Receiver;

use super::{CommandError, signals};
use crate::cli::GenerateArgs;
use crate::clock::{Clock, SystemClock};
use crate::diagnostics::Diagnostics;
use crate::generate::{LineWriter, Pace, Traffic, run};

pub(super) fn generate(args: &GenerateArgs, diagnostics: &Diagnostics) -> Result<(), CommandError> {
    let stop = signals::stop()?;
    let clock = SystemClock::new();
    let seed = args.seed.unwrap_or_else(|| clock.now().nanos().unsigned_abs());
    let mut traffic = Traffic::new(seed);
    let mut out = LineWriter::open(&args.logfile)?;
    let pace = Pace::constant(args.rate, args.duration);
    let written = run(&mut traffic, &pace, &mut out, &clock, |wait| told(&stop, wait))?;
    diagnostics.detail(format_args!("wrote {} lines", written.lines));
    Ok(())
}

/// Waits, and tells whether to stop.
pub(super) fn told<T>(stop: &Receiver<T>, wait: Duration) -> bool {
    match stop.recv_timeout(wait) {
        Ok(_) | Err(crossbeam_channel::RecvTimeoutError::Disconnected) => true,
        Err(crossbeam_channel::RecvTimeoutError::Timeout) => false,
    }
}
