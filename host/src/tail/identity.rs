//! How a file is known again under another name.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// Device and inode. An inode is used again only after its file was let go, so these tell files
/// apart that are held open; any others need [`super::Fingerprint`] as well.
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
