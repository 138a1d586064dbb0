//! Which files of a path were read, or were there before anything was.

use std::collections::VecDeque;
use std::sync::Arc;

use super::files::FileState;
use super::identity::FileIdentity;
use super::position::{FINGERPRINT_BYTES_MAX, FileMark, Fingerprint, Position};
use super::siblings::Candidate;

/// The most files read that one path remembers; the oldest is forgotten for a further one.
const READ_FILES_MAX: usize = 64;

/// Of how many of them the first bytes are kept, and not only their fingerprint.
const HEADS_MAX: usize = 8;

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
    /// What it begins with, by which it is known in a copy, too; and how long it was, in case that
    /// says nothing; and how far it was read.
    Content { mark: Arc<FileMark>, head: Vec<u8>, size_bytes: u64, read_until: u64 },
    /// That it never changes: enough for a compressed file, and found out without reading it.
    State { size_bytes: u64 },
}

impl KnownFiles {
    /// Remembers a file that was read as far as it is to be.
    pub(super) fn was_read(&mut self, position: &Position, head: &[u8]) {
        if self.read.len() >= READ_FILES_MAX {
            self.read.pop_front();
        }
        let Position { file: mark, offset, size_bytes, modified_ns } = position;
        let evidence = Evidence::Content {
            mark: Arc::clone(mark),
            head: head.to_vec(),
            size_bytes: *size_bytes,
            read_until: *offset,
        };
        if let Some(older) = self.read.len().checked_sub(HEADS_MAX)
            && let Some(Known { evidence: Evidence::Content { head, .. }, .. }) =
                self.read.get_mut(older)
        {
            *head = Vec::new();
        }
        let identity = mark.identity;
        self.read.push_back(Known { identity, modified_ns: *modified_ns, evidence });
    }

    /// Remembers files that were there before the log was followed.
    pub(super) fn were_present(&mut self, files: Vec<Known>) {
        self.present = files;
    }

    /// How far `file` was read, if it was.
    pub(super) fn read_until(&self, file: &Candidate) -> Option<u64> {
        self.read.iter().filter_map(|known| known.read_until(file)).max()
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
            mark: file.start().file,
            head: Vec::new(),
            size_bytes: file.state.size_bytes,
            read_until: 0,
        };
        Self { identity: file.identity(), modified_ns: file.state.modified_ns, evidence }
    }

    /// A compressed file.
    pub(super) fn compressed(state: &FileState) -> Self {
        let FileState { identity, size_bytes, modified_ns, .. } = *state;
        Self { identity, modified_ns, evidence: Evidence::State { size_bytes } }
    }

    /// How far `file` was read, if this is that very file.
    fn read_until(&self, file: &Candidate) -> Option<u64> {
        match &self.evidence {
            Evidence::Content { mark, read_until, .. }
                if self.identity == file.identity()
                    && mark.fingerprint.begins(&file.head)
                    && *read_until <= file.state.size_bytes =>
            {
                Some(*read_until)
            }
            _ => None,
        }
    }

    fn is(&self, file: &Candidate, theirs: Fingerprint) -> bool {
        let same_inode = self.identity == file.identity();
        match &self.evidence {
            Evidence::State { size_bytes } => {
                same_inode
                    && *size_bytes == file.state.size_bytes
                    && self.modified_ns == file.state.modified_ns
            }
            Evidence::Content { mark, head, size_bytes, .. } => {
                let fingerprint = &mark.fingerprint;
                // What was compressed or copied early lacks what was written and read since.
                let early = theirs.bytes > 0
                    && usize::from(theirs.bytes) < FINGERPRINT_BYTES_MAX
                    && (theirs.begins(head) || mark.beginnings.include(&file.head));
                let copied = early || fingerprint.bytes > 0 && *fingerprint == theirs;
                let the_same = if fingerprint.bytes > 0 {
                    fingerprint.begins(&file.head)
                } else {
                    *size_bytes > 0 && *size_bytes == file.state.size_bytes
                };
                copied || same_inode && the_same
            }
        }
    }
}
