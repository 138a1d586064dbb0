//! What can go wrong with checkpoints, none of which ends the monitoring but a folder in use.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why state cannot be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Another process keeps its state in this folder.
    #[error(
        "{}: another process keeps its state here, give this one its own with --state-dir",
        .dir.display()
    )]
    Locked {
        /// The state directory.
        dir: PathBuf,
    },
    /// The folder or a file in it cannot be written.
    #[error("{}: cannot be {action}", .path.display())]
    Write {
        /// What was tried: `made`, `locked`, `written`, ...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The snapshot is one that no checkpoint may hold.
    #[error("{}: cannot be written in its format", .path.display())]
    Format {
        /// The checkpoint.
        path: PathBuf,
        /// What does not fit.
        source: FormatError,
    },
    /// The thread that writes checkpoints cannot be started.
    #[error("cannot start the thread that writes checkpoints")]
    Thread {
        /// The system's answer.
        source: io::Error,
    },
    /// The last checkpoint was not on the disk in time.
    #[error("{}: the last checkpoint was not written within {waited:?}", .path.display())]
    Unfinished {
        /// The checkpoint.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
}

/// Why bytes are no checkpoint, or a snapshot cannot be made one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The first line is not that of a checkpoint.
    #[error("the first line is not that of a checkpoint")]
    FirstLine,
    /// It was written in another version of the format.
    #[error("it has version {found} of the format, where {known} is known")]
    Version {
        /// The version that it names.
        found: String,
        /// The version that is read and written here.
        known: &'static str,
    },
    /// What follows the first line is not what was written.
    #[error("the checksum does not match, it is damaged or cut short")]
    Checksum,
    /// The content is complete and not what a checkpoint holds.
    #[error("its content is not that of a checkpoint")]
    Content {
        /// What is wrong with it, and where.
        #[from]
        source: serde_json::Error,
    },
    /// A text stands for nothing that it could.
    #[error("its {field} is `{value}`, which cannot be")]
    Value {
        /// The field of the format.
        field: &'static str,
        /// What it holds.
        value: String,
    },
    /// There is more of something than a checkpoint holds.
    #[error("{count} {what} are more than the {max} of a checkpoint")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
}
