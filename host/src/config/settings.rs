//! The resolved settings: plain values, each within its range.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use super::grants::GrantSettings;
use super::limits::MonitorLimits;

/// The log that is followed when nobody names one.
pub const DEFAULT_LOG: &str = "/var/log/access.log";

/// What stands for standard input where a log's path is asked for.
pub const STDIN: &str = "-";

/// The monitors that run unless the file disables them, in the order in which they run.
pub const BUILT_IN_MONITORS: [&str; 2] = ["reporting", "alerting"];

/// Everything a run needs to know, resolved from flags, file and defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The logs to follow: at least one, none twice.
    pub sources: Vec<Source>,
    /// How events are written.
    pub output: OutputSettings,
    /// Where further monitors come from.
    pub plugins: PluginSettings,
    /// The built-in monitors and those that the file names: `reporting`, `alerting`, then the
    /// others by name, the disabled ones included so that they can be told apart from absent ones.
    pub monitors: Vec<MonitorSettings>,
    /// The limits of a monitor that the file does not name.
    pub limits: MonitorLimits,
    /// How logs are followed.
    pub tail: TailSettings,
    /// How entries are kept.
    pub store: StoreSettings,
    /// The folder of what outlives the process; `None`: nothing does, unless a service manager names
    /// a folder.
    pub state_dir: Option<PathBuf>,
    /// Where rejected lines are kept; `None`: they are only counted.
    pub rejects: Option<RejectsSettings>,
}

/// Where rejected lines are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectsSettings {
    /// The file; an older one beside it has `.1` behind its name.
    pub file: PathBuf,
    /// How large each of the two may become, in bytes: 64 KiB to 1 TiB.
    pub bytes_max: u64,
}

impl RejectsSettings {
    /// How large the file may become unless somebody says otherwise.
    pub const BYTES_MAX: u64 = 64 << 20;
}

/// A log to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A path, a glob, or [`STDIN`].
    pub path: PathBuf,
    /// Where to begin in a file that is there already.
    pub from: StartAt,
}

/// Where to begin in a log that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum StartAt {
    /// With its first line
    Start,
    /// With the first line written from now on
    #[default]
    End,
}

/// How events are written to standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputSettings {
    /// The layout.
    pub format: OutputFormat,
    /// When to colour.
    pub color: ColorChoice,
    /// Whether alerts in JSON tell what they rest on.
    pub provenance: bool,
}

/// The layout of events on standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// When to colour text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Where further monitors come from, and where their compiled code is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginSettings {
    /// The folder whose `*.wasm` files are monitors; `None`: the built-in ones only.
    pub dir: Option<PathBuf>,
    /// Whether compiled code is kept between runs.
    pub cache: bool,
    /// The private folder for compiled code; `None`: the user's cache folder.
    pub cache_dir: Option<PathBuf>,
    /// How often a run looks for changes of the folder, and how long a file must be as it is before it
    /// is taken: up to 1 h, and less than 10 ms is as that; 0 s: the folder is read at the start
    /// only.
    pub watch_interval: Duration,
}

impl Default for PluginSettings {
    fn default() -> Self {
        Self { dir: None, cache: true, cache_dir: None, watch_interval: Duration::from_secs(1) }
    }
}

/// One monitor to run: a plugin, what it is told, and what it may use.
#[derive(Clone, Debug, PartialEq)]
pub struct MonitorSettings {
    /// The monitor's name, in events and in the file.
    pub name: String,
    /// The plugin that it runs: a built-in one, or a file's name without `.wasm`.
    pub plugin: String,
    /// Whether it runs.
    pub enabled: bool,
    /// The plugin's own settings; it checks them itself when it is configured.
    pub config: serde_json::Map<String, serde_json::Value>,
    /// What it may use.
    pub limits: MonitorLimits,
    /// What it may read and keep, as far as the file says so.
    pub grants: GrantSettings,
}

/// How logs are followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailSettings {
    /// How often files are looked at where nothing tells of a change: 10 ms to 1 min.
    pub poll_interval: Duration,
    /// How long a rotated file must stay quiet before it is let go: 0 s to 10 min.
    pub rotate_wait: Duration,
    /// How long a rotated file must stay quiet before a last line without its newline counts as a
    /// line: 0 s to 1 h.
    pub partial_line_timeout: Duration,
    /// The longest line in bytes that is read, 256 B to 16 MiB; longer ones are counted and
    /// skipped.
    pub max_line_bytes: usize,
    /// How often globs are matched again: 100 ms to 1 h.
    pub glob_interval: Duration,
    /// How many files are followed at once: 1 to 65,536.
    pub files_max: usize,
    /// Whether the kernel is asked to tell of changes.
    pub inotify: bool,
}

impl Default for TailSettings {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_millis(250),
            rotate_wait: Duration::from_secs(5),
            partial_line_timeout: Duration::from_secs(5),
            max_line_bytes: 64 << 10,
            glob_interval: Duration::from_secs(1),
            files_max: 1_024,
            inotify: true,
        }
    }
}

/// How entries are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// How far ahead of the clock an entry may be stamped and still count: 0 s to 1 h.
    pub future_tolerance: Duration,
    /// How many groups a question keeps at once, 1 to 16,777,216; beyond, its answers are inexact.
    pub groups_max: usize,
    /// The longest text in bytes that entries are grouped by, 16 B to 64 KiB; longer ones are cut.
    pub key_bytes_max: usize,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { future_tolerance: Duration::from_mins(1), groups_max: 65_536, key_bytes_max: 256 }
    }
}
