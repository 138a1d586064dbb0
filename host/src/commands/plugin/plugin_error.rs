//! What can go wrong with looking at plugins, and with saying which may run.

use std::path::PathBuf;

use crate::commands::{EXIT_CONFIG, EXIT_FAILURE};
use crate::config::ConfigError;
use crate::monitor::{LockError, MonitorError};
use crate::pipeline::PipelineError;

/// Why a plugin cannot be looked at, added, approved or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginCommandError {
    /// Nobody named a plugins directory.
    #[error(
        "there is no plugins directory; hint: name one with --plugins-dir, WEIR_PLUGINS_DIR or, in \
         the configuration, [plugins] dir"
    )]
    NoDirectory,
    /// The plugins directory cannot be made.
    #[error("cannot make the plugins directory {}", dir.display())]
    MakeDirectory {
        /// The directory.
        dir: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The sandbox cannot be used.
    #[error(transparent)]
    Sandbox(#[from] PipelineError),
    /// The plugin's file cannot be read, or is no monitor.
    #[error("plugin `{name}` cannot be used")]
    Unusable {
        /// The plugin.
        name: String,
        /// What it is instead.
        source: MonitorError,
    },
    /// A monitor does not accept its settings.
    #[error(
        "{}\nhint: its settings are those of [monitor.{name}.config]",
        problems.join("\n")
    )]
    Refused {
        /// The monitor.
        name: String,
        /// One text a problem.
        problems: Vec<String>,
    },
    /// A monitor failed while it was configured.
    #[error("monitor `{name}`: configure: {message}")]
    Failed {
        /// The monitor.
        name: String,
        /// What happened.
        message: String,
    },
    /// The lock cannot be read or written, or a plugin not be put beside it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// No such plugin.
    #[error("no plugin `{name}` in {}{}", dir.display(), hint.as_ref().map_or(String::new(), |hint| format!("; hint: {hint}")))]
    NoSuchPlugin {
        /// What was asked for.
        name: String,
        /// The plugins directory.
        dir: PathBuf,
        /// What may help.
        hint: Option<String>,
    },
    /// The project's manifest cannot be read, or is wrong.
    #[error(transparent)]
    Manifest(#[from] ConfigError),
    /// The project has not been built.
    #[error("there is no {}; hint: weir plugin build {}", path.display(), dir.display())]
    NotBuilt {
        /// Where its component would be.
        path: PathBuf,
        /// The project's folder.
        dir: PathBuf,
    },
}

impl PluginCommandError {
    /// The code to exit with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::NoDirectory
            | Self::Unusable { .. }
            | Self::Refused { .. }
            | Self::Failed { .. }
            | Self::Manifest(_)
            | Self::Lock(LockError::Invalid { .. } | LockError::TooLarge { .. }) => EXIT_CONFIG,
            _ => EXIT_FAILURE,
        }
    }
}
