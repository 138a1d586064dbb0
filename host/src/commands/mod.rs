//! What each subcommand does: settings are resolved, stages are set up, and an error is given its
//! exit code.

mod check;
mod demo;
mod log_generator;
mod output;
mod plugin;
mod replay;
mod run;
mod selection;
mod signals;

use std::path::PathBuf;

pub use plugin::{PluginCommandError, PluginTestError, ProjectError};

use crate::cli::{Cli, Command, write_completions, write_man_page};
use crate::comparison::Totals;
use crate::config::{ConfigError, FileConfig, Settings, resolve};
use crate::diagnostics::{Diagnostics, Verbosity};
use crate::generate::GenerateError;
use crate::pipeline::{Assembly, PipelineError};
use crate::sink::RejectsError;
use crate::state::StateError;
use crate::tail::TailError;

/// The exit code of a configuration that is wrong, as `sysexits.h` numbers it (`EX_CONFIG`).
pub const EXIT_CONFIG: u8 = 78;
/// The exit code of any other failure.
pub const EXIT_FAILURE: u8 = 1;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The run failed.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The generator failed.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// Rejected lines cannot be kept.
    #[error(transparent)]
    Rejects(#[from] RejectsError),
    /// Signals cannot be caught.
    #[error("cannot wait for signals")]
    Signals {
        /// The system's answer.
        source: std::io::Error,
    },
    /// Standard output cannot be written.
    #[error("cannot write to standard output")]
    Output {
        /// The system's answer.
        source: std::io::Error,
    },
    /// The demonstration's folder cannot be made.
    #[error("cannot make a folder for the demonstration in {}", dir.display())]
    DemoFolder {
        /// Where it would have been.
        dir: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A plugin's project is broken.
    #[error(transparent)]
    PluginTest(#[from] PluginTestError),
    /// A plugin's tests failed.
    #[error("{failed} of {total} tests failed")]
    TestsFailed {
        /// How many did.
        failed: usize,
        /// How many were run.
        total: usize,
    },
    /// A plugin does not pass its checks.
    #[error("{failed} of {total} checks failed")]
    ChecksFailed {
        /// How many did.
        failed: usize,
        /// How many were made.
        total: usize,
    },
    /// Two plugins do not say the same.
    #[error("the two do not say the same: {totals}")]
    Differs {
        /// How much differs.
        totals: Totals,
    },
    /// A plugin cannot be looked at, added, approved or removed.
    #[error(transparent)]
    Plugin(#[from] PluginCommandError),
    /// The project of a plugin cannot be made or built.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// Some plugins cannot be loaded.
    #[error("{count} of the plugins cannot be used")]
    Plugins {
        /// How many.
        count: usize,
    },
}

impl CommandError {
    /// The code to exit with; `None` where nobody reads the output any more, which is the end but
    /// no failure.
    pub fn exit_code(&self) -> Option<u8> {
        match self {
            Self::Pipeline(error) if error.is_closed_output() => None,
            Self::Output { source } if source.kind() == std::io::ErrorKind::BrokenPipe => None,
            Self::Plugin(error) => Some(error.exit_code()),
            Self::Config(_)
            | Self::PluginTest(_)
            | Self::ChecksFailed { .. }
            | Self::Plugins { .. }
            | Self::Pipeline(
                PipelineError::Configuration { .. }
                | PipelineError::Tail(TailError::Glob { .. } | TailError::Setting { .. }),
            ) => Some(EXIT_CONFIG),
            _ => Some(EXIT_FAILURE),
        }
    }
}

/// Does what was typed.
///
/// # Errors
/// [`CommandError`].
pub fn execute(cli: &Cli) -> Result<(), CommandError> {
    let diagnostics = Diagnostics::new(verbosity(cli));
    match &cli.command {
        Command::Run(_) => run::run(cli, &diagnostics),
        Command::Replay(args) => replay::replay(settings(cli)?, args, &diagnostics),
        Command::Generate(args) => log_generator::generate(args, &diagnostics),
        Command::Demo => demo::demo(&settings(cli)?, &diagnostics),
        Command::Plugin { command } => plugin::plugin(cli, command, &diagnostics),
        Command::Check(_) => check::check(cli, &diagnostics),
        Command::Completions { shell } => {
            write_completions(*shell, &mut std::io::stdout()).map_err(to_output)
        }
        Command::Man => write_man_page(&mut std::io::stdout()).map_err(to_output),
    }
}

/// Where every monitor has to run: tells which do not.
fn refuse_faults(assembly: &Assembly, diagnostics: &Diagnostics) -> Result<(), CommandError> {
    for fault in &assembly.faults {
        let (monitor, phase, message) = (&fault.monitor, fault.phase, &fault.message);
        diagnostics.error(format_args!("monitor `{monitor}`: {phase}: {message}"));
    }
    if assembly.faults.is_empty() {
        Ok(())
    } else {
        Err(CommandError::Plugins { count: assembly.faults.len() })
    }
}

fn to_output(source: std::io::Error) -> CommandError {
    CommandError::Output { source }
}

fn verbosity(cli: &Cli) -> Verbosity {
    match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Detailed,
        (false, _) => Verbosity::Everything,
    }
}

fn settings(cli: &Cli) -> Result<Settings, ConfigError> {
    let file = cli.global.config.as_deref().map(FileConfig::load).transpose()?;
    resolve(file, &cli.flags())
}
