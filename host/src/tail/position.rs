//! How far a log has been read, in terms that outlive the process: a file is known again by its
//! identity and by its first bytes.

use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::identity::FileIdentity;

/// How many of a file's first bytes its fingerprint covers at most; fewer while it is shorter.
pub const FINGERPRINT_BYTES_MAX: usize = 1_024;

/// What a file begins with. It grows with a short file: two fingerprints may be of the same file
/// where the shorter one is that of the longer one's beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// How many bytes it covers: 0 to [`FINGERPRINT_BYTES_MAX`]. 0 says nothing about a file.
    pub bytes: u16,
    /// The SHA-256 of those bytes; all zero where there are none.
    pub sha256: [u8; 32],
}

impl Fingerprint {
    /// That of a file which begins with `head`; what is beyond the first
    /// [`FINGERPRINT_BYTES_MAX`] bytes does not count. Nothing but NULs is a hole that a writer left
    /// in a file truncated under it, as it may in many files, and says nothing.
    pub fn of(head: &[u8]) -> Self {
        let covered = head.get(..FINGERPRINT_BYTES_MAX).unwrap_or(head);
        match u16::try_from(covered.len()) {
            Ok(bytes @ 1..) if covered.iter().any(|&byte| byte != 0) => {
                Self { bytes, sha256: Sha256::digest(covered).into() }
            }
            _ => Self::default(),
        }
    }

    /// Whether a file that begins with `head` begins with what this covers. Where this covers
    /// nothing, nothing can be said, and the answer is no.
    pub fn begins(&self, head: &[u8]) -> bool {
        let covered = head.get(..usize::from(self.bytes));
        self.bytes > 0 && covered.is_some_and(|covered| Self::of(covered) == *self)
    }
}

/// How many line ends [`Beginnings`] know at most.
pub const BEGINNINGS_MAX: usize = 32;

/// The shorter beginnings of a file that end with a line, within what a [`Fingerprint`] covers at
/// most. By them a copy is known that was made before more was written, and is shorter than what its
/// fingerprint would have to cover.
///
/// Of each, the first eight bytes of its SHA-256: what a file begins with is not kept as it is, as
/// that would be text of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beginnings(Vec<[u8; 8]>);

impl Beginnings {
    /// Those of a file that begins with `head`; of more than [`BEGINNINGS_MAX`] the longest.
    pub fn of(head: &[u8]) -> Self {
        let covered = head.get(..FINGERPRINT_BYTES_MAX).unwrap_or(head);
        let mut hash = Sha256::new();
        let mut digests: Vec<_> = covered
            .split_inclusive(|&byte| byte == b'\n')
            .filter(|line| line.ends_with(b"\n"))
            .filter_map(|line| {
                hash.update(line);
                hash.clone().finalize().first_chunk().copied()
            })
            .collect();
        digests.drain(..digests.len().saturating_sub(BEGINNINGS_MAX));
        Self(digests)
    }

    /// The ones that were kept; `None` where they are too many.
    pub fn from_digests(digests: Vec<[u8; 8]>) -> Option<Self> {
        (digests.len() <= BEGINNINGS_MAX).then_some(Self(digests))
    }

    /// What is to be kept.
    pub fn digests(&self) -> &[[u8; 8]] {
        &self.0
    }

    /// Whether a file that is nothing but `content` is one of them, and what comes behind its last
    /// newline. `false` where that is longer than what these are of.
    pub fn include(&self, content: &[u8]) -> bool {
        let newline = content.iter().rposition(|&byte| byte == b'\n');
        let lines = newline.and_then(|newline| content.get(..=newline)).unwrap_or_default();
        if lines.is_empty() || content.len() >= FINGERPRINT_BYTES_MAX {
            return false;
        }
        let digest = Sha256::digest(lines);
        digest.first_chunk().is_some_and(|digest| self.0.contains(digest))
    }
}

/// What a file is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMark {
    /// Device and inode.
    pub identity: FileIdentity,
    /// What it, or what is compressed in it, begins with.
    pub fingerprint: Fingerprint,
    /// The shorter beginnings of that.
    pub beginnings: Beginnings,
    /// The name that it was last seen under.
    pub path: PathBuf,
}

impl FileMark {
    /// That of a file which begins with `head`.
    pub fn of(identity: FileIdentity, head: &[u8], path: PathBuf) -> Self {
        let (fingerprint, beginnings) = (Fingerprint::of(head), Beginnings::of(head));
        Self { identity, fingerprint, beginnings, path }
    }
}

/// A place between two lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file.
    pub file: Arc<FileMark>,
    /// How many of its bytes lie before, after decompression.
    pub offset: u64,
    /// How many bytes it was known to have, after decompression as far as that is known.
    pub size_bytes: u64,
    /// When it was last known to have been written to, in nanoseconds since the epoch: files that
    /// are looked for between it and its successor are no older.
    pub modified_ns: i64,
}

/// Where to go on in the logs that an earlier run had read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resume {
    /// One for each log, in no order; what is not among them is read as it would be at a first start.
    pub sources: Vec<ResumeSource>,
}

/// Where to go on in one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeSource {
    /// The path that it was followed under.
    pub path: PathBuf,
    /// Its files, in the order in which they are to be read: rotated ones first.
    pub files: Vec<ResumeFile>,
}

/// Where to go on in one file of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeFile {
    /// The file, and how many of its bytes were read and handled.
    pub position: Position,
    /// From where its lines are to be read once more, as warm batches: at most `position.offset`.
    pub warm_from: u64,
    /// Whether it was read to its end and let go: nothing behind `position.offset` is read. Such a
    /// file is worth recording even without warm lines for as long as it may still be found: it is
    /// what keeps it from being taken for one that was rotated away unread.
    pub closed: bool,
}
