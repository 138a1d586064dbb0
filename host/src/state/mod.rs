//! What outlives the process: how far the logs were read, the books, the alerts that fire, and what
//! monitors keep.
//!
//! ```text
//! Snapshot ── encode ── StateDir: DIR/checkpoint.tmp, fsync, rename ──> DIR/checkpoint
//!    │                     │  DIR/lock: held for as long as the process lives
//!    └── offered to ── Saver: a thread, as a disk may take long to say that it has the bytes
//! ```
//!
//! A checkpoint is a help and never a condition: one that cannot be used is kept aside and said
//! once, and where none can be written monitoring goes on. Only a second process on the same folder
//! is refused, since two that write one checkpoint would each undo what the other says.

mod dir;
mod error;
mod format;
mod saver;
mod wire;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

pub use dir::{Loaded, StateDir, TAKEN_AHEAD_MAX, Unusable, UnusableReason};
pub use error::{FormatError, StateError};
pub use format::{CHECKPOINT_BYTES_MAX, decode, encode};
pub use saver::{FINISH_WAIT_MAX, Saver, SaverReport};
pub use wire::{
    ALERT_BYTES_MAX, ALERTS_MAX, FILES_MAX, KEPT_ALL_BYTES_MAX, KEPT_BYTES_MAX, MONITORS_MAX,
    SOURCES_MAX,
};

use crate::alert::Firing;
use crate::clock::Timestamp;
use crate::event::{Account, Quarantine};
use crate::tail::ResumeFile;

/// Everything that a later run goes on from, as it was at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// When it was taken, by the machine's clock.
    pub taken_at: Timestamp,
    /// The logs; at most [`SOURCES_MAX`].
    pub sources: Vec<SourceState>,
    /// The monitors; at most [`MONITORS_MAX`].
    pub monitors: Vec<MonitorState>,
    /// The file of rejected lines, where they are kept.
    pub rejects: Option<RejectsState>,
}

/// One log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceState {
    /// The path that it was followed under, which its name in the books only shows.
    pub path: PathBuf,
    /// Its books. The lag in them is of that moment only and is not kept.
    pub account: Account,
    /// How far its files were read, in the order of reading; at most [`FILES_MAX`].
    pub files: Vec<ResumeFile>,
}

/// One monitor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MonitorState {
    /// Its name.
    pub name: String,
    /// Its last completed tick; `None` before the first.
    pub ticked: Option<Timestamp>,
    /// The alerts that fire. Those beyond [`ALERTS_MAX`] and [`ALERT_BYTES_MAX`] are not kept, and
    /// fire anew after a restart: what one monitor hoards must not cost the logs their positions.
    pub alerts: Vec<Firing>,
    /// What it kept for the instance after its last one.
    pub kept: Option<Kept>,
    /// With what it failed too often to be run again.
    pub quarantine: Option<Quarantine>,
}

/// What a monitor kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The plugin's name. A file of that name that was changed is given it, another plugin is not.
    pub plugin: String,
    /// The monitor's own bytes: at most [`KEPT_BYTES_MAX`].
    pub state: Arc<[u8]>,
}

/// The file that rejected lines are kept in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectsState {
    /// The path it was opened under.
    pub path: PathBuf,
    /// Its inode, which tells it from the file that was begun in its place when it was full.
    pub inode: u64,
    /// How many of its bytes belong to lines that the books count.
    pub bytes: u64,
}
