//! From files to lines: the first stage.
//!
//! ```text
//! live     Follower ── look at each path ── FollowedPath ─┬─ FollowedFile ──┐
//!             │  wakes: inotify, else polling             └─ PackedFile ────┤
//!             │  look beside it: rotated unseen, copied   stdin, FIFOs ─────┤
//!             └─────────────── Tail messages <── LineBatch <── LineBuffer ──┘
//! resume   Recorded files, found again by identity and Fingerprint ── FollowedPath
//! replay   ArchiveReader (plain, gzip, zstd; pulled) ── LineBuffer ── LineBatch
//! ```
//!
//! A file is device, inode and first bytes; what is read of it is compared with what was read
//! before. Files are reached by a [`FileSystem`], so that a simulated one can be in its place.
//!
//! Everything here is about bytes and newlines; what a line says is the parser's business. Two rules
//! shape the stage: the file is the buffer (when the pipeline is behind, reading waits), and
//! [`Follower::step`] does one round without waiting, so that every hazard can be tested without
//! a sleep.

mod archive;
mod batch;
mod context;
mod discovery;
mod error;
mod files;
mod followed_file;
mod followed_path;
mod follower;
mod globs;
mod identity;
mod known_files;
mod line_buffer;
mod message;
mod opening;
mod packed_file;
mod path_reading;
mod position;
mod recorded;
mod resume;
mod rotated_file;
mod rotated_name;
mod run;
mod search;
mod settings;
mod siblings;
mod stream;
mod unpack;
mod wake;

#[cfg(test)]
mod tests;

pub use archive::ArchiveReader;
pub use batch::{BatchPool, LineBatch, Lines, SourceId};
pub use error::{Compression, TailError};
pub use files::{AS_IN_A_SHELL, FileState, FileSystem, LogFile, Look, SystemFiles};
pub use followed_path::DRAINING_FILES_MAX;
pub use follower::Follower;
pub use identity::FileIdentity;
pub use line_buffer::{End, Filled, LineBuffer};
pub use message::{Loss, LossCause, Notice, NoticeKind, Pattern, ReadFrom, Tail};
pub use position::{
    BEGINNINGS_MAX, Beginnings, FINGERPRINT_BYTES_MAX, FileMark, Fingerprint, Position, Resume,
    ResumeFile, ResumeSource,
};
pub use settings::Settings;
pub use siblings::SIBLINGS_MAX;

/// What stands for standard input where a path is expected.
pub const STDIN: &str = "-";
