//! Which files of a path were read, or were there before anything was.

use std::collections::VecDeque;

use super::files::FileState;
use super::identity::FileIdentity;
use super::position::{Fingerprint, Position};
use super::siblings::Candidate;

/// The most files read that one path remembers; the oldest is forgotten for a further one.
const READ_FILES_MAX: usize = 64;

/// What is not to be read (again) when files are looked for beside a log.
#[derive(Debug, Default)]
pub(super) struct KnownFiles {
    read: VecDeque<Known>,
    /// At most [`super::siblings::SIBLINGS_MAX`].
    present: Vec<Known>,
}

/// One such file.
#[derive(Debug)]
pub(super) struct Known {
    identity: FileIdentity,
    /// When it was last known to be written to.
    pub(super) modified_ns: i64,
    evidence: Evidence,
}

/// What tells a file from a later one of the same inode.
#[derive(Debug)]
enum Evidence {
    /// What it begins with, and how long it was at least. By that it is known in a copy, too.
    Content { fingerprint: Fingerprint, size_bytes: u64 },
    /// That it never changes: enough for a compressed file, and found out without reading it.
    State { size_bytes: u64 },
}

impl KnownFiles {
    /// Remembers a file that was read as far as it is to be.
    pub(super) fn was_read(&mut self, position: &Position) {
        if self.read.len() >= READ_FILES_MAX {
            self.read.pop_front();
        }
        let Position { file: mark, size_bytes, modified_ns, .. } = position;
        let (identity, fingerprint) = (mark.identity, mark.fingerprint);
        let evidence = Evidence::Content { fingerprint, size_bytes: *size_bytes };
        self.read.push_back(Known { identity, modified_ns: *modified_ns, evidence });
    }

    /// Remembers files that were there before the log was followed.
    pub(super) fn were_present(&mut self, files: Vec<Known>) {
        self.present = files;
    }

    /// Whether `file` is one of them, or a copy.
    pub(super) fn contain(&self, file: &Candidate) -> bool {
        let fingerprint = file.fingerprint();
        self.read.iter().chain(&self.present).any(|known| known.is(file, fingerprint))
    }
}

impl Known {
    /// A plain file, which may turn up compressed.
    pub(super) fn plain(file: &Candidate) -> Self {
        let evidence = Evidence::Content {
            fingerprint: file.fingerprint(),
            size_bytes: file.state.size_bytes,
        };
        Self { identity: file.identity(), modified_ns: file.state.modified_ns, evidence }
    }

    /// A compressed file.
    pub(super) fn compressed(state: &FileState) -> Self {
        let FileState { identity, size_bytes, modified_ns, .. } = *state;
        Self { identity, modified_ns, evidence: Evidence::State { size_bytes } }
    }

    fn is(&self, file: &Candidate, theirs: Fingerprint) -> bool {
        let same_inode = self.identity == file.identity();
        match self.evidence {
            Evidence::State { size_bytes } => {
                same_inode
                    && size_bytes == file.state.size_bytes
                    && self.modified_ns == file.state.modified_ns
            }
            Evidence::Content { fingerprint, size_bytes } => {
                let long_enough = file.compression.is_some() || file.state.size_bytes >= size_bytes;
                let copied = fingerprint.bytes > 0 && fingerprint == theirs && long_enough;
                copied || same_inode && fingerprint.begins(&file.head)
            }
        }
    }
}
