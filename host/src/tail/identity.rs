//! How a file is known again under another name.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// What tells files apart: device and inode. An inode is used again only after its file was let
/// go, and a followed file is held open, so the two are enough for as long as the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileIdentity {
    /// The device that holds it.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}

impl FileIdentity {
    /// The identity of the file that `metadata` describes.
    pub fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}
