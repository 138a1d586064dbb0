//! The subcommands of `weir plugin`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with plugins.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum PluginCommand {
    /// List what would be loaded: name, version, origin, sha256, size, and what it asks for
    List,

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
