//! `weir check`: everything that could be wrong, without running.

use super::{CommandError, settings, to_output};
use crate::cli::Cli;
use crate::config::Settings;
use crate::diagnostics::Diagnostics;
use crate::monitor::Metering;
use crate::pipeline::assemble;
use crate::tail::{Follower, Resume, SystemFiles};
use std::io::Write as _;
use std::sync::Arc;

pub(super) fn check(cli: &Cli, diagnostics: &Diagnostics) -> Result<(), CommandError> {
    let settings = settings(cli)?;
    let assembly = assemble(&settings, Metering::Deadline, diagnostics)?;
    check_sources(&settings)?;
    super::refuse_faults(&assembly, diagnostics)?;
    let mut out = std::io::stdout();
    let names: Vec<&str> =
        assembly.monitors.iter().map(|monitor| monitor.name().as_ref()).collect();
    let logs: Vec<String> =
        settings.sources.iter().map(|source| source.path.display().to_string()).collect();
    writeln!(out, "configuration is valid: {} over {}", names.join(", "), logs.join(", "))
        .map_err(to_output)
}

/// A log that is missing is no mistake, since it would be waited for; a glob that makes no sense is.
fn check_sources(settings: &Settings) -> Result<(), CommandError> {
    let live = super::output::live_settings(settings);
    let clock = Arc::new(crate::clock::SystemClock::new());
    let (files, nothing) = (Arc::new(SystemFiles), Resume::default());
    let follower = Follower::new(live.patterns, live.tail, clock, files, nothing);
    follower.map(drop).map_err(|error| crate::pipeline::PipelineError::from(error).into())
}
