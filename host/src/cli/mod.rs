//! What was typed: the command line, its help, and what is generated from both.
//!
//! There are two stages here too. Clap reads the line into the structures of `args.rs`; [`parse`]
//! then settles what clap cannot say: that `weir` alone is `weir run`, and that the flags of `run`
//! may stand before the subcommand, for those subcommands that know them.

mod approval;
mod args;
mod manual;
mod plugin;
mod replay;
mod until;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

pub use approval::{AddArgs, ApproveArgs, Fields, GrantArgs, InspectArgs, RemoveArgs};
pub use args::{Command, GenerateArgs, GlobalArgs, MonitorArgs, RunArgs};
pub use manual::{write_completions, write_man_page};
pub use plugin::{BuildArgs, NewArgs, PluginCheckArgs, PluginCommand, PluginTestArgs};
pub use replay::{MonitorChoice, ReplayArgs};
pub use until::{ReplayPosition, UntilArgs};

use crate::config::Flags;
use args::Typed;

/// The exit code of a command line that makes no sense, as `sysexits.h` numbers it (`EX_USAGE`).
pub const EXIT_USAGE: i32 = 64;

/// A command line that makes sense.
#[derive(Clone, Debug, PartialEq)]
pub struct Cli {
    /// The flags that every subcommand knows.
    pub global: GlobalArgs,
    /// What to do; `run` where nothing was said.
    pub command: Command,
}

impl Cli {
    /// What the flags say that a configuration file could also have said.
    pub fn flags(&self) -> Flags {
        let (run, monitors) = match &self.command {
            Command::Run(run) | Command::Check(run) => (Some(run), Some(&run.monitors)),
            Command::Replay(replay) => (None, Some(&replay.monitors)),
            _ => (None, None),
        };
        let rejects = match &self.command {
            Command::Replay(replay) => replay.rejects.as_ref(),
            _ => run.and_then(|run| run.rejects.as_ref()),
        };
        Flags {
            logfiles: run.map(|run| run.logfile.clone()).unwrap_or_default(),
            from: run.and_then(|run| run.from),
            alerting_threshold: monitors.and_then(|monitors| monitors.alerting_threshold),
            alerting_interval: monitors.and_then(|monitors| monitors.alerting_interval),
            reporting_interval: monitors.and_then(|monitors| monitors.reporting_interval),
            plugins_dir: self.global.plugins_dir.clone(),
            output: self.global.output,
            provenance: self.global.provenance,
            color: self.global.color,
            state_dir: run.and_then(|run| run.state_dir.clone()),
            rejects: rejects.cloned(),
        }
    }
}

/// Reads a command line, its first element the program's name.
///
/// # Errors
///
/// A line that makes no sense, or one that asks for help or the version; [`usage_exit_code`] tells
/// them apart. The environment variables `WEIR_CONFIG`, `WEIR_PLUGINS_DIR` and `WEIR_STATE_DIR` are
/// read too.
pub fn parse<I, T>(args: I) -> Result<Cli, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let mut command = command();
    let matches = command.try_get_matches_from_mut(args)?;
    let typed = Typed::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    settle(typed).map_err(|message| command.error(ErrorKind::ArgumentConflict, message))
}

/// The code to exit with after [`parse`] failed: 0 for help and the version, which were asked for.
pub fn usage_exit_code(error: &clap::Error) -> i32 {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
        _ => EXIT_USAGE,
    }
}

/// The whole command line's description, with the sections that follow the options in its help.
fn command() -> clap::Command {
    Typed::command().after_long_help(manual::after_help())
}

/// Makes one meaning of what stands before and behind the subcommand.
fn settle(typed: Typed) -> Result<Cli, String> {
    let Typed { global, leading, command } = typed;
    if global.quiet && global.verbose > 0 {
        return Err("the flags '--quiet' and '--verbose' contradict each other".to_owned());
    }
    let command = match command {
        None => Command::Run(leading),
        Some(Command::Run(run)) => Command::Run(run.over(leading)),
        Some(Command::Check(run)) => Command::Check(run.over(leading)),
        Some(Command::Replay(replay)) => {
            refuse_leading(leading.log_flag(), "replay")?;
            if replay.diff.is_some() && replay.monitor.len() != 1 {
                return Err("the flag '--diff' needs exactly one '--monitor'".to_owned());
            }
            replay.until.check(&replay.logs)?;
            let monitors = replay.monitors.over(&leading.monitors);
            Command::Replay(ReplayArgs { monitors, ..replay })
        }
        Some(other) => {
            refuse_leading(leading.log_flag().or(leading.monitors.any_flag()), other.name())?;
            other
        }
    };
    Ok(Cli { global, command })
}

fn refuse_leading(flag: Option<&str>, subcommand: &str) -> Result<(), String> {
    flag.map_or(Ok(()), |flag| {
        Err(format!("the flag '{flag}' of 'run' cannot stand before the subcommand '{subcommand}'"))
    })
}

#[cfg(test)]
mod tests;
