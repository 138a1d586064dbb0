//! `weir plugin test`: recorded logs and the events that are expected of them, on the virtual clock.

mod cases;
mod outcome;
mod recording;

use std::io::Write as _;
use std::path::PathBuf;

use super::super::{CommandError, output, refuse_faults, to_output};
use crate::causes::with_causes;
use crate::cli::PluginTestArgs;
use crate::config::{OutputFormat, PluginManifest, Settings};
use crate::diagnostics::Diagnostics;
use crate::monitor::{Metering, MonitorError, Plugin, Plugins};
use crate::pipeline::{PipelineError, ReplayLog, ReplaySettings, assemble_plugins};
use cases::Case;
use outcome::{Outcome, Tally, against_golden};
use recording::Recording;

/// Why a plugin's project cannot be tested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginTestError {
    /// The component is not there, or cannot be one.
    #[error("{source}; hint: `weir plugin build` makes the component")]
    Component {
        /// What is wrong with it.
        source: MonitorError,
    },
    /// The folder of the tests, or a file in it, cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The folder or the file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// What is expected cannot be written down.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// There are no logs to test with.
    #[error("no tests in {}; hint: a test is a log, NAME.log, .log.gz or .log.zst", dir.display())]
    NoTests {
        /// Where they would be.
        dir: PathBuf,
    },
    /// More logs than one project may have.
    #[error("more than {limit} tests in {}", dir.display())]
    TooManyTests {
        /// Where they are.
        dir: PathBuf,
        /// How many there may be.
        limit: usize,
    },
    /// Two logs would have the same events expected of them.
    #[error("two logs are the test `{name}` in {}", dir.display())]
    SameName {
        /// The test's name.
        name: String,
        /// Where they are.
        dir: PathBuf,
    },
}

pub(super) fn test(
    settings: &Settings,
    args: &PluginTestArgs,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    let project = PluginManifest::load(&args.dir)?;
    let component = args.dir.join(format!("{}.wasm", project.name));
    let plugin = Plugin::read(&project.name, &component)
        .map_err(|source| PluginTestError::Component { source })?;
    let all = cases::find(&args.dir.join("tests"))?;
    let is_wanted =
        |case: &&Case| args.filter.as_deref().is_none_or(|filter| case.name.contains(filter));
    let wanted: Vec<&Case> = all.iter().filter(is_wanted).collect();
    let color = output::colored(settings.output.color);
    let mut tally = Tally::new(settings.output.format, color, all.len() - wanted.len());
    write(&tally.heading(wanted.len()))?;
    for case in wanted {
        let outcome = match events(settings, &project, &plugin, case, diagnostics)? {
            Ok(events) if args.bless => bless(case, &events)?,
            Ok(events) => against_golden(case, &events)?,
            Err(why) => Outcome::Failed { message: why, diff: None },
        };
        write(&tally.add(case, outcome))?;
    }
    write(&tally.ending())?;
    tally.into_result()
}

/// What the monitor says of a test's log, as JSON Lines; or why there is no telling.
fn events(
    settings: &Settings,
    project: &PluginManifest,
    plugin: &Plugin,
    case: &Case,
    diagnostics: &Diagnostics,
) -> Result<Result<String, String>, CommandError> {
    let mut settings = settings.clone();
    let mut monitor = super::super::selection::settings_of(&settings, &project.name);
    monitor.plugin.clone_from(&project.name);
    (monitor.config, monitor.limits) = (case.config(project)?, project.limits.clone());
    settings.monitors = vec![monitor];
    let plugins = Plugins { found: vec![plugin.clone()], ..Plugins::default() };
    let assembly = match assemble_plugins(plugins, &settings, Metering::Fuel, diagnostics) {
        Ok(assembly) => assembly,
        // That a monitor refuses its settings is this test's affair; all else is everybody's.
        Err(error @ PipelineError::Configuration { .. }) => return Ok(Err(with_causes(&error))),
        Err(error) => return Err(error.into()),
    };
    refuse_faults(&assembly, diagnostics)?;
    let replay = ReplaySettings {
        logs: vec![ReplayLog { path: case.log.clone(), until: None }],
        until: None,
        threads: output::processors(),
        tail: output::tail_settings(&settings),
        store: output::store_limits(&settings),
    };
    let recording = Recording::default();
    let outlets = recording.outlets();
    let replayed = crate::pipeline::replay(assembly, &replay, outlets, diagnostics, &mut |_, _| {});
    Ok(replayed.map(|()| recording.into_text()).map_err(|error| with_causes(&error)))
}

fn bless(case: &Case, events: &str) -> Result<Outcome, PluginTestError> {
    let failed = |source| PluginTestError::Write { path: case.golden.clone(), source };
    if std::fs::read_to_string(&case.golden).is_ok_and(|golden| golden == events) {
        return Ok(Outcome::Passed);
    }
    std::fs::write(&case.golden, events).map_err(failed)?;
    Ok(Outcome::Blessed)
}

fn write(text: &str) -> Result<(), CommandError> {
    let mut stdout = std::io::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(to_output)
}
