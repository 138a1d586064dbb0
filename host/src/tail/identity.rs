//! What stands at a path, and how a file is known again under another name.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// What tells files apart: device and inode. An inode is used again only after its file was let
/// go, and a followed file is held open, so the two are enough for as long as the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileIdentity {
    device: u64,
    inode: u64,
}

impl FileIdentity {
    /// The identity of the file that `metadata` describes.
    pub fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// What a look at a path finds, symbolic links followed.
#[derive(Debug)]
pub(super) enum Look {
    /// Nothing, or a directory on the way to it is missing.
    Missing,
    /// A regular file.
    File { identity: FileIdentity, size_bytes: u64 },
    /// What is read as it comes and cannot be read twice: a FIFO, a pipe, a terminal.
    Stream,
    /// A directory, a socket or a block device.
    NotALog,
    /// It cannot be looked at.
    Failed(io::Error),
}

/// Looks at what stands at `path`.
pub(super) fn look(path: &Path) -> Look {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            Look::File { identity: FileIdentity::of(&metadata), size_bytes: metadata.len() }
        }
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
