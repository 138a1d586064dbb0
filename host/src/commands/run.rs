//! `weir run`: one run after another, where the configuration is read again in between.

use std::path::PathBuf;
use std::sync::Arc;

use super::{CommandError, output, settings, signals};
use crate::causes::with_causes;
use crate::cli::Cli;
use crate::clock::{Clock, SystemClock};
use crate::config::Settings;
use crate::diagnostics::Diagnostics;
use crate::monitor::Metering;
use crate::pipeline::{Assembly, Legacy, Outlets, Surroundings, assemble, run_live};
use crate::service::Service;
use crate::state::{Loaded, Saver, SaverReport, StateDir};

/// Where a service manager says that a service keeps its state: one folder, or several with colons in
/// between. See `STATE_DIRECTORY` in systemd.exec(5).
const STATE_DIRECTORY: &str = "STATE_DIRECTORY";

/// A configuration, and the monitors that run under it.
struct Prepared {
    settings: Settings,
    assembly: Assembly,
}

pub(super) fn run(cli: &Cli, diagnostics: &Diagnostics) -> Result<(), CommandError> {
    let controls = signals::controls()?;
    let service = Service::from_env();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut prepared = prepare(cli, diagnostics)?;
    let mut legacy = begin(&prepared.settings, &*clock, diagnostics)?;
    loop {
        let Prepared { settings, assembly } = prepared;
        let broken: Vec<String> = assembly.faults.iter().map(|f| f.monitor.clone()).collect();
        let mut next = None;
        let mut prepare_next = || {
            service.reloading();
            next = prepare_again(cli, &settings, &broken, diagnostics);
            if next.is_none() {
                service.ready();
            }
            next.is_some()
        };
        let mut around = Surroundings {
            clock: Arc::clone(&clock),
            diagnostics,
            service: &service,
            controls: &controls,
            prepare: &mut prepare_next,
        };
        let live = output::live_settings(&settings);
        let left = run_live(assembly, &live, legacy, &mut around)?;
        let (Some(left), Some(again)) = (left, next) else {
            return Ok(());
        };
        legacy = Legacy { outlets: redirect(left.outlets, &settings, &again, diagnostics), ..left };
        prepared = again;
    }
}

fn prepare(cli: &Cli, diagnostics: &Diagnostics) -> Result<Prepared, CommandError> {
    let settings = settings(cli)?;
    let assembly = assemble(&settings, Metering::Deadline, diagnostics)?;
    Ok(Prepared { settings, assembly })
}

/// What an earlier process left, and where things go from now on.
fn begin(
    settings: &Settings,
    clock: &dyn Clock,
    diagnostics: &Diagnostics,
) -> Result<Legacy, CommandError> {
    let (mut snapshot, mut saver) = (None, None);
    if let Some(path) = state_dir(settings) {
        let dir = StateDir::open(path)?;
        match dir.load(clock.now()) {
            Loaded::Nothing => {}
            Loaded::Snapshot(found) => snapshot = Some(found),
            Loaded::Unusable(unusable) => diagnostics.warning(unusable),
        }
        let said = diagnostics.clone();
        saver = Some(Saver::spawn(dir, move |report| match report {
            SaverReport::Failing(_) => said.warning(report),
            _ => said.notice(report),
        })?);
    }
    let outlets = output::outlets(settings, snapshot.as_ref(), diagnostics)?;
    Ok(Legacy { snapshot, saver, outlets })
}

/// The folder that somebody named, or else the one that the service manager did.
fn state_dir(settings: &Settings) -> Option<PathBuf> {
    settings.state_dir.clone().or_else(|| {
        let named = std::env::var_os(STATE_DIRECTORY)?;
        std::env::split_paths(&named).find(|path| path.is_absolute())
    })
}

/// Where things go under another configuration: where they went, unless it says otherwise.
fn redirect(
    outlets: Outlets,
    before: &Settings,
    prepared: &Prepared,
    diagnostics: &Diagnostics,
) -> Outlets {
    let Outlets { mut sink, mut rejects } = outlets;
    let settings = &prepared.settings;
    if settings.output != before.output {
        sink = output::sink(settings.output, diagnostics);
    }
    if settings.rejects != before.rejects {
        rejects = settings.rejects.as_ref().and_then(|wanted| {
            let opened = output::open_rejects(wanted, None);
            opened.map_err(|error| diagnostics.warning(with_causes(&error))).ok()
        });
    }
    Outlets { sink, rejects }
}

/// The configuration as it is now, where all of it is right; else tells what is not.
fn prepare_again(
    cli: &Cli,
    settings: &Settings,
    broken: &[String],
    diagnostics: &Diagnostics,
) -> Option<Prepared> {
    let refused = |why: &dyn std::fmt::Display| {
        diagnostics.error(format_args!(
            "the configuration is not read again, all goes on as before: {why}"
        ));
    };
    let prepared = match prepare(cli, diagnostics) {
        Ok(prepared) => prepared,
        Err(error) => {
            refused(&with_causes(&error));
            return None;
        }
    };
    let newly = prepared.assembly.faults.iter().find(|fault| !broken.contains(&fault.monitor));
    if let Some(fault) = newly {
        refused(&format!("monitor `{}`: {}: {}", fault.monitor, fault.phase, fault.message));
        return None;
    }
    if settings.sources.iter().any(|source| output::is_stream(&source.path)) {
        refused(&"a stream is followed, which cannot be handed over: restart instead");
        return None;
    }
    if state_dir(&prepared.settings) != state_dir(settings) {
        refused(&"another state directory needs a restart");
        return None;
    }
    Some(prepared)
}
