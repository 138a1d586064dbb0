//! The subcommands of `weir plugin`.

use clap::Subcommand;

/// What to do with plugins.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum PluginCommand {
    /// List what would be loaded: name, version, origin, sha256, size, and what it asks for
    List,
}
