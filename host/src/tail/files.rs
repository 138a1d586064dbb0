//! What the follower needs of a file system, in few calls, so that a simulated one can stand in for
//! the real one and every interleaving of writer, rotator, reader and crash can be tried.

use std::fmt::Debug;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use glob::MatchOptions;

use super::identity::FileIdentity;

/// Globs as a shell has them: `*` stops at a slash and leaves hidden files alone.
pub const AS_IN_A_SHELL: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// Where logs are found.
pub trait FileSystem: Debug + Send + Sync {
    /// What stands at `path`, symbolic links followed.
    fn look(&self, path: &Path) -> Look;

    /// Opens the file at `path` for reading.
    ///
    /// # Errors
    /// The system's.
    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>>;

    /// The paths of what is in a directory, in no order; hidden files included.
    ///
    /// # Errors
    /// The system's.
    fn list(&self, directory: &Path) -> io::Result<Vec<PathBuf>>;

    /// The paths that a glob matches, in alphabetical order. A directory that may not be read
    /// matches nothing, and a pattern that is none neither.
    fn matches(&self, pattern: &str) -> Vec<PathBuf>;
}

/// An open file, which stays the same file whatever becomes of its name.
pub trait LogFile: Debug + Send {
    /// What the file is by now.
    ///
    /// # Errors
    /// The system's.
    fn state(&self) -> io::Result<FileState>;

    /// Reads at `offset` into `room`; how many bytes that were, 0 at the file's end.
    ///
    /// # Errors
    /// The system's.
    fn read_at(&self, room: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// What a look at a path finds, symbolic links followed.
#[derive(Debug)]
pub enum Look {
    /// Nothing, or a directory on the way to it is missing.
    Missing,
    /// A regular file.
    File(FileState),
    /// What is read as it comes and cannot be read twice: a FIFO, a pipe, a terminal.
    Stream,
    /// A directory, a socket or a block device.
    NotALog,
    /// It cannot be looked at.
    Failed(io::Error),
}

/// What a regular file is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    /// Which file it is.
    pub identity: FileIdentity,
    /// Its length.
    pub size_bytes: u64,
    /// When it was last written to, in nanoseconds since the epoch; a system's granularity is
    /// often some milliseconds.
    pub modified_ns: i64,
    /// Whether no directory names it any more.
    pub deleted: bool,
}

/// The system's own files.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemFiles;

impl FileSystem for SystemFiles {
    fn look(&self, path: &Path) -> Look {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => Look::File(state_of(&metadata)),
            Ok(metadata) => {
                let kind = metadata.file_type();
                if kind.is_fifo() || kind.is_char_device() { Look::Stream } else { Look::NotALog }
            }
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => Look::Missing,
                _ => Look::Failed(error),
            },
        }
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        Ok(Box::new(File::open(path)?))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect()
    }

    fn matches(&self, pattern: &str) -> Vec<PathBuf> {
        match glob::glob_with(pattern, AS_IN_A_SHELL) {
            Ok(paths) => paths.filter_map(Result::ok).collect(),
            Err(_not_a_pattern) => Vec::new(),
        }
    }
}

impl LogFile for File {
    fn state(&self) -> io::Result<FileState> {
        Ok(state_of(&self.metadata()?))
    }

    fn read_at(&self, room: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, room, offset)
    }
}

fn state_of(metadata: &fs::Metadata) -> FileState {
    FileState {
        identity: FileIdentity::of(metadata),
        size_bytes: metadata.len(),
        modified_ns: metadata.mtime().saturating_mul(1_000_000_000) + metadata.mtime_nsec(),
        deleted: metadata.nlink() == 0,
    }
}
