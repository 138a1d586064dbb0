//! `weir plugin`: a file a subcommand.

mod list;
mod test;

pub use test::PluginTestError;

use super::{CommandError, settings};
use crate::cli::{Cli, PluginCommand};
use crate::diagnostics::Diagnostics;

pub(super) fn plugin(
    cli: &Cli,
    command: &PluginCommand,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    match command {
        PluginCommand::List => list::list(&settings(cli)?, diagnostics),
        PluginCommand::Test(args) => test::test(&settings(cli)?, args, diagnostics),
    }
}
