//! The subcommands of `weir plugin`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::approval::{AddArgs, ApproveArgs, InspectArgs, RemoveArgs};

/// What to do with plugins.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum PluginCommand {
    /// List what would be loaded: name, version, origin, sha256, size, and what it asks for
    ///
    /// Also what would not be, since it is not in the directory's lock or differs from what is.
    List,

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

    /// Replay the logs of a plugin's project and compare what its monitor says with what is expected
    ///
    /// The project is a folder with `weir-plugin.toml` (`name`, `language` and, for the tests, the
    /// monitor's settings in `[config]`), the component `NAME.wasm`, and in `tests/` logs
    /// (`STEM.log`, plain or compressed: `.gz`, `.zst`), each with the events that are expected of it
    /// in `STEM.jsonl` and, where it needs other settings, those in `STEM.toml`. Exits with 1 where a
    /// test fails and with 78 where the project is broken.
    Test(PluginTestArgs),
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
