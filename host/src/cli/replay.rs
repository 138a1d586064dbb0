//! The flags of `replay`.

use std::path::PathBuf;

use clap::Args;

use super::args::MonitorArgs;
use super::until::UntilArgs;

/// The most threads that a replay takes.
const THREADS_MAX: u64 = 256;

/// The flags of `replay`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ReplayArgs {
    /// The logs, merged by time; gzip and zstd are unpacked; `-` is standard input
    #[arg(required = true, value_name = "LOG", help_heading = "Logs")]
    pub logs: Vec<PathBuf>,

    /// Parse on N threads, from 1 to 256 [default: the number of processors]
    ///
    /// The output does not depend on it.
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        value_parser = parse_threads,
        help_heading = "Logs"
    )]
    pub threads: Option<usize>,

    /// Keep rejected lines in FILE, each with its reason, as JSON Lines
    ///
    /// As `run` does.
    #[arg(long, value_name = "FILE", help_heading = "Logs")]
    pub rejects: Option<PathBuf>,

    /// Run only the monitor NAME, from FILE where one is given
    ///
    /// Can be given several times. The settings are those of NAME in the configuration file.
    /// Default: every monitor runs.
    #[arg(long, value_name = "NAME[=FILE]", value_parser = parse_choice, help_heading = "Monitors")]
    pub monitor: Vec<MonitorChoice>,

    /// Tell what would have been said differently with OLD in the place of the one --monitor
    ///
    /// Both run over the same logs with the same settings. Reports, alerts and faults are compared:
    /// those of OLD alone are marked `-`, those of the present plugin alone `+`, and those that
    /// differ `~`, with what differs. Exits with 1 where anything does.
    #[arg(long, value_name = "OLD", help_heading = "Monitors")]
    pub diff: Option<PathBuf>,

    /// How far to replay.
    #[command(flatten)]
    pub until: UntilArgs,

    /// The flags for the built-in monitors.
    #[command(flatten)]
    pub monitors: MonitorArgs,
}

/// A monitor that is to run, and where its plugin is if not where it would be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorChoice {
    /// The monitor's name.
    pub name: String,
    /// The file of the plugin that it runs.
    pub file: Option<PathBuf>,
}

fn parse_choice(text: &str) -> Result<MonitorChoice, String> {
    let (name, file) = match text.split_once('=') {
        Some((name, file)) => (name, Some(file)),
        None => (text, None),
    };
    if name.is_empty() || file.is_some_and(str::is_empty) {
        return Err("must be a monitor's name, or NAME=FILE".to_owned());
    }
    Ok(MonitorChoice { name: name.to_owned(), file: file.map(PathBuf::from) })
}

fn parse_threads(text: &str) -> Result<usize, String> {
    let threads = text
        .trim()
        .parse::<u64>()
        .map_err(|_not_whole| format!("must be a whole number from 1 to {THREADS_MAX}"))?;
    if !(1..=THREADS_MAX).contains(&threads) {
        return Err(format!("must be from 1 to {THREADS_MAX}"));
    }
    usize::try_from(threads).map_err(|error| error.to_string())
}
