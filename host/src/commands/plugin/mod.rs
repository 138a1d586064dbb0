//! `weir plugin`: a file a subcommand.

mod add;
mod approve;
mod build;
mod check;
mod describe;
mod error;
mod examine;
mod inspect;
mod list;
mod new;
mod plugin_error;
mod project;
mod remove;
mod test;

use std::path::Path;

use super::{CommandError, settings};
use crate::cli::{Cli, PluginCommand};
use crate::config::Settings;
use crate::diagnostics::Diagnostics;

pub use error::ProjectError;
pub use plugin_error::PluginCommandError;
pub use test::PluginTestError;

pub(super) fn plugin(
    cli: &Cli,
    command: &PluginCommand,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    match command {
        PluginCommand::Check(args) => check::check(&settings(cli)?, args, diagnostics),
        PluginCommand::List => list::list(&settings(cli)?, diagnostics),
        PluginCommand::Test(args) => test::test(&settings(cli)?, args, diagnostics),
        PluginCommand::Inspect(args) => inspect::inspect(&settings(cli)?, args, diagnostics),
        PluginCommand::Add(args) => add::add(&settings(cli)?, args, diagnostics),
        PluginCommand::Approve(args) => approve::approve(&settings(cli)?, args, diagnostics),
        PluginCommand::Remove(args) => remove::remove(&settings(cli)?, args, diagnostics),
        PluginCommand::New(args) => new::new(args),
        PluginCommand::Build(args) => build::build(args, &settings(cli)?, diagnostics),
    }
}

/// The plugins directory, which somebody has to name.
fn directory(settings: &Settings) -> Result<&Path, PluginCommandError> {
    settings.plugins.dir.as_deref().ok_or(PluginCommandError::NoDirectory)
}
