//! `weir run`.

use std::sync::Arc;

use super::{CommandError, output, signals};
use crate::clock::{Clock, SystemClock};
use crate::config::Settings;
use crate::diagnostics::Diagnostics;
use crate::monitor::Metering;
use crate::pipeline::{assemble, run_live};

pub(super) fn run(settings: &Settings, diagnostics: &Diagnostics) -> Result<(), CommandError> {
    let stop = signals::stop()?;
    let assembly = assemble(settings, Metering::Deadline, diagnostics)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let sink = output::sink(settings.output, diagnostics);
    run_live(assembly, output::live_settings(settings), &clock, sink, diagnostics, &stop)?;
    Ok(())
}
