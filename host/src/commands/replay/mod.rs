//! `weir replay`.

mod diff;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{CommandError, output, to_output};
use crate::cli::ReplayArgs;
use crate::clock::Timestamp;
use crate::config::Settings;
use crate::diagnostics::{Diagnostics, Verbosity};
use crate::monitor::{Metering, Plugins};
use crate::pipeline::{
    Assembly, Outlets, PipelineError, ReplayLog, ReplaySettings, assemble_plugins,
};
use crate::sink::Sink;

/// How often the bar is drawn, a second.
const DRAWN_HZ: u8 = 10;

pub(super) fn replay(
    mut settings: Settings,
    args: &ReplayArgs,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    let mut plugins =
        Plugins::discover(settings.plugins.dir.as_deref()).map_err(PipelineError::from)?;
    super::selection::select(&mut settings, &mut plugins, &args.monitor)?;
    if let Some(old) = &args.diff {
        diff::add_old(&mut settings, &mut plugins, old)?;
    }
    let assembly = assemble_plugins(plugins, &settings, Metering::Fuel, diagnostics)?;
    let mut outlets = output::outlets(&settings, None, diagnostics)?;
    let monitor = settings.monitors.first().filter(|_| args.diff.is_some());
    let Some(monitor) = monitor else {
        return run(assembly, &settings, args, outlets, diagnostics);
    };
    super::refuse_faults(&assembly, diagnostics)?;
    let color = output::colored(settings.output.color);
    let diff = diff::Diff::new(&monitor.name, settings.output.format, color);
    let stdout = output::Stdout(diagnostics.clone());
    outlets.sink = Sink::new(Box::new(diff.clone()), Box::new(stdout), "standard output");
    run(assembly, &settings, args, outlets, diagnostics)?;
    let (rest, totals) = diff.finish();
    std::io::stdout().write_all(&rest).map_err(to_output)?;
    if totals.are_equal() { Ok(()) } else { Err(CommandError::Differs { totals }) }
}

fn run(
    assembly: Assembly,
    settings: &Settings,
    args: &ReplayArgs,
    outlets: Outlets,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    let log = |path: &PathBuf| ReplayLog {
        path: path.clone(),
        until: args.until.end_of(path, &args.logs),
    };
    let replay = ReplaySettings {
        logs: args.logs.iter().map(log).collect(),
        until: args.until.until.map(Timestamp::from_nanos),
        threads: args.threads.unwrap_or_else(output::processors),
        tail: output::tail_settings(settings),
        store: output::store_limits(settings),
    };
    let bar = bar(diagnostics);
    let mut progress = |read, total: Option<u64>| {
        if let Some(total) = total {
            bar.set_length(total);
        }
        bar.set_position(read);
    };
    let replayed = crate::pipeline::replay(assembly, &replay, outlets, diagnostics, &mut progress);
    bar.finish_and_clear();
    diagnostics.set_line_in_use(false);
    Ok(replayed?)
}

/// A bar on standard error, if that is a terminal and nobody asked for silence.
fn bar(diagnostics: &Diagnostics) -> ProgressBar {
    if diagnostics.verbosity() == Verbosity::Quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    diagnostics.set_line_in_use(true);
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(DRAWN_HZ));
    let template = "{elapsed_precise} {wide_bar} {bytes} of {total_bytes}, {binary_bytes_per_sec}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}
