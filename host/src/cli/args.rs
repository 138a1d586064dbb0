//! The flags and subcommands, as clap reads them. Their documentation is the program's help and
//! its manual page.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand};

use super::plugin::PluginCommand;
use super::replay::ReplayArgs;
use crate::config::{ColorChoice, DEFAULT_LOG, OutputFormat, StartAt};
use crate::units::{self, TimeUnit, UnitError, WINDOW_MAX};

/// The shortest window and the shortest time between reports: what the interface to monitors can
/// tick at.
const INTERVAL_MIN: Duration = Duration::from_millis(100);

/// How long a generator may be told to write.
const GENERATE_RANGE: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_hours(8_760);

/// Watches HTTP access logs as they are written: reports on them and raises alerts
///
/// Weir follows access logs in the Common and Combined formats and runs monitors over them.
/// Monitors are WebAssembly components in a sandbox; two are built in: `reporting` sums up the
/// traffic every few seconds, `alerting` tells when it is high and when it has recovered. Events
/// go to standard output, diagnostics to standard error. Without a subcommand, `weir` is
/// `weir run`.
#[derive(Debug, Parser)]
#[command(name = "weir", bin_name = "weir", version, max_term_width = 100)]
pub(super) struct Typed {
    #[command(flatten)]
    pub(super) global: GlobalArgs,
    #[command(flatten)]
    pub(super) leading: RunArgs,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// The flags that every subcommand knows.
#[derive(Args, Clone, Debug, PartialEq)]
#[command(next_help_heading = "General options")]
pub struct GlobalArgs {
    /// Read settings from FILE; flags win over it
    ///
    /// Relative paths in the file are relative to its folder. Default: no file.
    #[arg(long, global = true, value_name = "FILE", env = "WEIR_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,

    /// Load every `*.wasm` in DIR as a monitor
    ///
    /// A file named like a built-in monitor replaces it. Where DIR has a `weir.lock`, only what is
    /// pinned in it loads. Default: the built-in monitors only.
    #[arg(
        long,
        alias = "plugins_dir",
        global = true,
        value_name = "DIR",
        env = "WEIR_PLUGINS_DIR",
        hide_env_values = true
    )]
    pub plugins_dir: Option<PathBuf>,

    /// Write events for people or as JSON, one object a line [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub output: Option<OutputFormat>,

    /// Tell with each alert in JSON what it rests on: plugin, settings, and positions in the logs
    #[arg(long, global = true)]
    pub provenance: bool,

    /// When to colour text [default: auto]
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<ColorChoice>,

    /// Say nothing on standard error but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Say more on standard error; twice: everything
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Command {
    /// Follow logs and run the monitors over what is written to them (the default)
    ///
    /// A log that is not there yet is waited for, and rotation is followed, by renaming and by
    /// truncation. SIGINT and SIGTERM end it after what was written is handled; a second one ends
    /// it at once. SIGUSR1 makes it publish its books and what its monitors use, SIGHUP read its
    /// configuration again: all of it, or, where something in it is wrong, nothing.
    Run(RunArgs),

    /// Run the monitors over finished logs, as fast as possible
    ///
    /// Time is what the entries say it is. The same logs, monitors and settings give the same
    /// output, byte for byte.
    Replay(ReplayArgs),

    /// Write a realistic access log, for trying things out
    ///
    /// The log is created where it is missing and appended to where it is not. Several generators
    /// may write to one file at once: lines stay whole.
    Generate(GenerateArgs),

    /// Show everything at work in about a minute: traffic, reports, an alert and its recovery
    Demo,

    /// Look at the monitors' plugins, add, approve and remove them
    Plugin {
        /// What to do with them.
        #[command(subcommand)]
        command: PluginCommand,
    },

    /// Check the settings, the monitors and the flags, without running
    ///
    /// Takes the flags of `run`. Exits with 78 where something is wrong, telling everything that
    /// is.
    Check(RunArgs),

    /// Write a completion script for a shell to standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },

    /// Write the manual page to standard output
    Man,
}

impl Command {
    /// The word that it is typed as.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Run(_) => "run",
            Self::Replay(_) => "replay",
            Self::Generate(_) => "generate",
            Self::Demo => "demo",
            Self::Plugin { .. } => "plugin",
            Self::Check(_) => "check",
            Self::Completions { .. } => "completions",
            Self::Man => "man",
        }
    }
}

/// The flags of `run` and `check`.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct RunArgs {
    /// Follow the log at PATH; `-` is standard input [default: /var/log/access.log]
    ///
    /// Can be given several times. PATH may be a glob in quotes (`'/var/log/nginx/*.log'`), which
    /// is matched again and again while running. Replaces the logs of the configuration file.
    #[arg(long, value_name = "PATH", help_heading = "Logs")]
    pub logfile: Vec<PathBuf>,

    /// Where to begin in logs that are there already [default: end]
    ///
    /// Logs that appear later are always read from their start.
    #[arg(long, value_name = "WHERE", help_heading = "Logs")]
    pub from: Option<StartAt>,

    /// Keep in DIR how far the logs were read, to go on there after a restart
    ///
    /// What outlives the process: positions in the logs, the books, and which alerts fire. Written
    /// once a second where something happened. Default: the folder that a service manager names
    /// (`STATE_DIRECTORY`), else none: a restart begins anew.
    #[arg(
        long,
        value_name = "DIR",
        env = "WEIR_STATE_DIR",
        hide_env_values = true,
        help_heading = "Logs"
    )]
    pub state_dir: Option<PathBuf>,

    /// Keep rejected lines in FILE, each with its reason, as JSON Lines
    ///
    /// When the file has reached 64 MiB (`rejects.bytes_max` in the configuration), it is renamed to
    /// FILE.1 and begun anew. Default: they are counted, and the first is shown.
    #[arg(long, value_name = "FILE", help_heading = "Logs")]
    pub rejects: Option<PathBuf>,

    /// The flags for the built-in monitors.
    #[command(flatten)]
    pub monitors: MonitorArgs,
}

impl RunArgs {
    /// These flags over `earlier` ones, which stood before the subcommand.
    pub(super) fn over(self, earlier: Self) -> Self {
        let mut logfile = earlier.logfile;
        logfile.extend(self.logfile);
        Self {
            logfile,
            from: self.from.or(earlier.from),
            state_dir: self.state_dir.or(earlier.state_dir),
            rejects: self.rejects.or(earlier.rejects),
            monitors: self.monitors.over(&earlier.monitors),
        }
    }

    /// The first flag about logs that was given.
    pub(super) fn log_flag(&self) -> Option<&'static str> {
        let logfile = (!self.logfile.is_empty()).then_some("--logfile");
        logfile.or(self.from.map(|_| "--from")).or(self.rejects.as_ref().map(|_| "--rejects"))
    }
}

/// The flags for the built-in monitors.
#[derive(Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Built-in monitors")]
pub struct MonitorArgs {
    /// Alert above RATE requests a second, on average over the interval [default: 10]
    ///
    /// Above 0; may be fractional.
    #[arg(
        long,
        alias = "alerting_threshold",
        value_name = "RATE",
        allow_hyphen_values = true,
        value_parser = units::parse_rate
    )]
    pub alerting_threshold: Option<f64>,

    /// Average over DURATION before alerting [default: 2m]
    ///
    /// In minutes, or with a unit: `90s`, `5m`, `1.5h`. From 100ms to 24h.
    #[arg(
        long,
        alias = "alerting_interval",
        value_name = "DURATION",
        allow_hyphen_values = true,
        value_parser = parse_minutes
    )]
    pub alerting_interval: Option<Duration>,

    /// Report every DURATION [default: 10s]
    ///
    /// In seconds, or with a unit: `500ms`, `90s`, `5m`. From 100ms to 24h.
    #[arg(
        long,
        alias = "reporting_interval",
        value_name = "DURATION",
        allow_hyphen_values = true,
        value_parser = parse_seconds
    )]
    pub reporting_interval: Option<Duration>,
}

impl MonitorArgs {
    /// These flags over `earlier` ones, which stood before the subcommand.
    pub(super) fn over(self, earlier: &Self) -> Self {
        Self {
            alerting_threshold: self.alerting_threshold.or(earlier.alerting_threshold),
            alerting_interval: self.alerting_interval.or(earlier.alerting_interval),
            reporting_interval: self.reporting_interval.or(earlier.reporting_interval),
        }
    }

    /// The first of these flags that was given.
    pub(super) fn any_flag(&self) -> Option<&'static str> {
        let threshold = self.alerting_threshold.map(|_| "--alerting-threshold");
        threshold
            .or(self.alerting_interval.map(|_| "--alerting-interval"))
            .or(self.reporting_interval.map(|_| "--reporting-interval"))
    }
}

/// The flags of `generate`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct GenerateArgs {
    /// Append to the log at PATH; `-` is standard output
    #[arg(long, value_name = "PATH", default_value = DEFAULT_LOG, help_heading = "Generator")]
    pub logfile: PathBuf,

    /// Write N lines a second, on average
    ///
    /// Above 0; may be fractional.
    #[arg(
        long,
        value_name = "N",
        default_value = "10",
        allow_hyphen_values = true,
        value_parser = units::parse_rate,
        help_heading = "Generator"
    )]
    pub rate: f64,

    /// Stop after DURATION [default: go on until stopped]
    ///
    /// In seconds, or with a unit: `500ms`, `90s`, `5m`. From 1ms to 8760h.
    #[arg(
        long,
        value_name = "DURATION",
        allow_hyphen_values = true,
        value_parser = parse_generating,
        help_heading = "Generator"
    )]
    pub duration: Option<Duration>,

    /// Write the same requests as every other run with this seed [default: others each time]
    ///
    /// A whole number from 0 to 18446744073709551615. Times are always those of writing.
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        value_parser = parse_seed,
        help_heading = "Generator"
    )]
    pub seed: Option<u64>,
}

fn parse_minutes(text: &str) -> Result<Duration, UnitError> {
    units::parse_duration(text, Some(TimeUnit::Minutes), &(INTERVAL_MIN..=WINDOW_MAX))
}

fn parse_seconds(text: &str) -> Result<Duration, UnitError> {
    units::parse_duration(text, Some(TimeUnit::Seconds), &(INTERVAL_MIN..=WINDOW_MAX))
}

fn parse_generating(text: &str) -> Result<Duration, UnitError> {
    units::parse_duration(text, Some(TimeUnit::Seconds), &GENERATE_RANGE)
}

fn parse_seed(text: &str) -> Result<u64, String> {
    text.trim()
        .parse::<u64>()
        .map_err(|_not_whole| format!("must be a whole number from 0 to {}", u64::MAX))
}
