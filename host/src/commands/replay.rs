//! `weir replay`.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{CommandError, output};
use crate::cli::ReplayArgs;
use crate::config::Settings;
use crate::diagnostics::{Diagnostics, Verbosity};
use crate::monitor::Metering;
use crate::pipeline::{ReplaySettings, assemble};

/// How often the bar is drawn, a second.
const DRAWN_HZ: u8 = 10;

pub(super) fn replay(
    settings: &Settings,
    args: &ReplayArgs,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    let assembly = assemble(settings, Metering::Fuel, diagnostics)?;
    let available = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let replay = ReplaySettings {
        logs: args.logs.clone(),
        threads: args.threads.unwrap_or_else(available),
        tail: output::tail_settings(settings),
        store: output::store_limits(settings),
    };
    let outlets = output::outlets(settings, None, diagnostics)?;
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
