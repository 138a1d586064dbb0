//! The subcommands of `weir plugin`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::approval::{AddArgs, ApproveArgs, InspectArgs, RemoveArgs};
use crate::config::{Language, check_monitor_name};

/// What to do with plugins.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum PluginCommand {
    /// List what would be loaded: name, version, origin, sha256, size, and what it asks for
    ///
    /// Also what would not be, since it is not in the directory's lock or differs from what is.
    List,

    /// Make the project of a new monitor, which builds as it is
    ///
    /// With a worked example to begin with, a recorded log and the events that are expected of it,
    /// and a page that says how to build, test and install it.
    New(NewArgs),

    /// Build a project's component, and check that it is a monitor
    ///
    /// Runs the tools of the project's language and leaves NAME.wasm in its folder, where that
    /// imports nothing but `weir:monitor` and accepts the settings of `weir-plugin.toml`. Variables
    /// of the environment name other tools: `CARGO` and `RUSTC` for Rust, `COMPONENTIZE_JS` for
    /// JavaScript, `COMPONENTIZE_PY` for Python, `WIT_BINDGEN` and `CLANG` for C.
    Build(BuildArgs),

    /// Show all there is to know of one plugin
    ///
    /// Its version, sha256 and interface, the functions of the host that it imports, the fields that
    /// it reads and those that are withheld; of every monitor that runs it the questions with their
    /// windows, its rows, the description of its settings, and every limit with what it uses of it
    /// once it is configured.
    Inspect(InspectArgs),

    /// Copy a plugin into the plugins directory and pin it in the lock there
    ///
    /// It is loaded and configured first, and what it asks for is shown. From the first `add` on the
    /// directory has a lock, DIR/weir.lock: a file that is not in it, or has changed since, does not
    /// load until it is approved. A plugin of the same name is replaced, and what the new one asks
    /// for beyond the old one's grants is shown and not granted unless a flag says so.
    Add(AddArgs),

    /// Pin plugins of the plugins directory as they are now
    ///
    /// Shows what has changed. What one asks for beyond its earlier grants is shown and not granted
    /// unless a flag says so.
    Approve(ApproveArgs),

    /// Remove plugins from the plugins directory and from its lock
    Remove(RemoveArgs),

    /// Check a plugin before it is used: what it is, what it asks for, and how it bears bad input
    ///
    /// Checks that it is a monitor for this version of the interface, shows what it imports and asks
    /// for, its settings and limits, and then puts it through lines and ticks that break careless
    /// monitors: none, huge ones, bytes that are no UTF-8, a million distinct paths, time that jumps.
    /// Calls are metered as in a replay, so the same file gives the same result everywhere. Its
    /// settings and limits are those of the monitor of its name in the configuration file. Exits with
    /// 78 where a check fails.
    Check(PluginCheckArgs),

    /// Replay the logs of a plugin's project and compare what its monitor says with what is expected
    ///
    /// The project is a folder with `weir-plugin.toml` (`name`, `language` and, for the tests, the
    /// monitor's settings in `[config]`), the component `NAME.wasm`, and in `tests/` logs
    /// (`STEM.log`, plain or compressed: `.gz`, `.zst`), each with the events that are expected of it
    /// in `STEM.jsonl` and, where it needs other settings, those in `STEM.toml`. Exits with 1 where a
    /// test fails and with 78 where the project is broken.
    Test(PluginTestArgs),
}

/// What to check.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct PluginCheckArgs {
    /// The plugins
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Give the plugin this setting; VALUE is JSON, or else a text
    ///
    /// Can be given several times. Wins over the configuration file.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_setting)]
    pub settings: Vec<(String, serde_json::Value)>,
}

/// What to test.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct PluginTestArgs {
    /// The project's folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Run only the tests whose name has FILTER in it
    #[arg(value_name = "FILTER")]
    pub filter: Option<String>,

    /// Write what the monitor says into the files of what is expected
    #[arg(long)]
    pub bless: bool,
}

fn parse_setting(text: &str) -> Result<(String, serde_json::Value), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    if key.is_empty() {
        return Err("must be KEY=VALUE".to_owned());
    }
    let json = serde_json::from_str(value);
    Ok((key.to_owned(), json.unwrap_or_else(|_no_json| value.into())))
}

/// The arguments of `plugin new`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct NewArgs {
    /// The monitor's name: a-z, 0-9, _ and -, at most 64, the first a letter or a digit
    #[arg(value_name = "NAME", value_parser = parse_name)]
    pub name: String,

    /// What it is written in
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: Language,

    /// The folder to make, which must be empty where it is there already [default: NAME]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// The arguments of `plugin build`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct BuildArgs {
    /// The project's folder, the one with `weir-plugin.toml`
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
}

fn parse_name(name: &str) -> Result<String, String> {
    check_monitor_name(name).map(|()| name.to_owned())
}
