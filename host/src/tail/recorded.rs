//! What an earlier run had read, as long as it is to be found.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::FileState;
use super::identity::FileIdentity;
use super::position::{FileMark, Position, Resume, ResumeFile};
use super::siblings::Candidate;

/// What an earlier run had read of the logs that were not found yet.
#[derive(Debug)]
pub(super) struct Recorded {
    sources: Vec<(PathBuf, Vec<RecordedFile>)>,
    /// Files that were found under the name of another log, which goes on in them.
    pub(super) moved: Vec<ResumeFile>,
    /// How far each file was read, whatever it is recorded for.
    positions: Vec<Position>,
}

/// A file as it is recorded for a log.
#[derive(Clone, Debug)]
pub(super) struct RecordedFile {
    pub(super) file: ResumeFile,
    /// Whether another log goes on in it, and only its warm lines belong to this one.
    pub(super) moved: bool,
    /// Whether an earlier run told of it. Else it is what stood at the path when following began.
    pub(super) told: bool,
    /// Whether it was told to be closed: its inode is another file's by now, and it can only be
    /// found in a copy.
    pub(super) closed_told: bool,
}

impl RecordedFile {
    /// What stood at a path, of which nothing is to be read that was there then.
    pub(super) fn behind(path: &Path, state: &FileState) -> Self {
        let FileState { identity, size_bytes, modified_ns, .. } = *state;
        let mark = FileMark::of(identity, &[], path.to_owned());
        let position =
            Position { file: Arc::new(mark), offset: size_bytes, size_bytes, modified_ns };
        let file = ResumeFile { position, warm_from: size_bytes, closed: false };
        Self { file, moved: false, told: false, closed_told: false }
    }

    /// Whether the file was empty as far as is known.
    pub(super) fn knows_nothing(&self) -> bool {
        self.file.position.offset == 0 && self.file.position.file.fingerprint.bytes == 0
    }

    pub(super) fn is_warm_only(&self) -> bool {
        self.moved || self.file.closed
    }

    pub(super) fn modified_ns(&self) -> i64 {
        self.file.position.modified_ns
    }

    /// Whether whoever is told of files takes this for the open one of that identity.
    fn is_open_at(&self, identity: FileIdentity) -> bool {
        let is_open = self.told && !self.file.closed && !self.closed_told;
        is_open && self.file.position.file.identity == identity
    }
}

impl Recorded {
    pub(super) fn new(resume: Resume) -> Self {
        let files = resume.sources.iter().flat_map(|source| &source.files);
        let positions = files.map(|file| file.position.clone()).collect();
        let recorded = |file| RecordedFile { file, moved: false, told: true, closed_told: false };
        let sources = resume
            .sources
            .into_iter()
            .map(|source| (source.path, source.files.into_iter().map(recorded).collect()))
            .collect();
        Self { sources, moved: Vec::new(), positions }
    }

    /// Takes what is recorded of the log at `path`. Where a file moved from one log to another
    /// while it was recorded, it is recorded for both, and counts as far as it was read for either.
    pub(super) fn take(&mut self, path: &Path) -> Option<Vec<RecordedFile>> {
        let index = self.sources.iter().position(|(source, _)| source == path)?;
        let (_, mut files) = self.sources.swap_remove(index);
        for recorded in files.iter_mut().filter(|recorded| !recorded.is_warm_only()) {
            let file = &mut recorded.file;
            for other in self.sources.iter_mut().flat_map(|(_, files)| files) {
                if !other.is_warm_only() && is_same(&file.position, &other.file.position) {
                    file.position.offset = file.position.offset.max(other.file.position.offset);
                    other.moved = true;
                }
            }
        }
        Some(files)
    }

    /// Keeps what could not be looked for, to be taken again.
    pub(super) fn put_back(&mut self, path: &Path, files: Vec<RecordedFile>) {
        if !files.is_empty() {
            self.sources.push((path.to_owned(), files));
        }
    }

    /// What is recorded of the log at `path` and was not found yet.
    pub(super) fn of(&self, path: &Path) -> &[RecordedFile] {
        let source = self.sources.iter().find(|(source, _)| source == path);
        source.map(|(_, files)| files.as_slice()).unwrap_or_default()
    }

    /// Whether an earlier run followed the log at `path`.
    pub(super) fn knows(&self, path: &Path) -> bool {
        self.sources.iter().any(|(source, _)| source == path)
    }

    /// Whether a file of that identity is to be read on.
    pub(super) fn may_be(&self, identity: FileIdentity) -> bool {
        let mut files = self.sources.iter().flat_map(|(_, files)| files);
        let moved = self.moved.iter().any(|file| file.position.file.identity == identity);
        moved || files.any(|it| !it.is_warm_only() && it.file.position.file.identity == identity)
    }

    /// When the first file that is to be read on was last known to be written to, of those that an
    /// earlier run told of for the log at `path`; where there is none, the last one.
    pub(super) fn since_ns(&self, path: &Path) -> Option<i64> {
        let (_, files) = self.sources.iter().find(|(source, _)| source == path)?;
        let told = || files.iter().filter(|file| file.told);
        let open = told().filter(|file| !file.file.closed).map(RecordedFile::modified_ns);
        open.min().or_else(|| told().next_back().map(RecordedFile::modified_ns))
    }

    /// Tells apart from a file of that identity, which stands at `path` now, what is recorded of
    /// another one that had it before; returns what is recorded of that.
    pub(super) fn replaced_at(&mut self, path: &Path, identity: FileIdentity) -> Vec<Position> {
        let files = self.sources.iter_mut().filter(|(source, _)| source == path);
        let files = files.flat_map(|(_, files)| files);
        let replaced = files.filter(|it| it.is_open_at(identity)).map(|recorded| {
            recorded.closed_told = true;
            recorded.file.position.clone()
        });
        replaced.collect()
    }

    /// The logs of which something is kept that an earlier run was to read on.
    pub(super) fn awaited(&self) -> impl Iterator<Item = &Path> {
        let is_awaited = |file: &RecordedFile| file.told && !file.is_warm_only();
        let sources = self.sources.iter();
        let awaited = sources.filter(move |(_, files)| files.iter().any(is_awaited));
        awaited.map(|(path, _)| path.as_path())
    }

    /// Where to go on in a file that is recorded for a log that it no longer belongs to.
    pub(super) fn claim(&mut self, file: &Candidate) -> Option<u64> {
        let moved = self.moved.iter().position(|moved| is_in(&moved.position, file));
        let moved = moved.map(|index| self.moved.swap_remove(index).position.offset);
        let mut claimed = None;
        for other in self.sources.iter_mut().flat_map(|(_, files)| files) {
            if !other.is_warm_only() && is_in(&other.file.position, file) {
                other.moved = true;
                claimed = claimed.max(Some(other.file.position.offset));
            }
        }
        let is_known =
            |position: &&Position| position.file.fingerprint.bytes > 0 && is_in(position, file);
        let known = self.positions.iter().filter(is_known).map(|position| position.offset).max();
        moved.max(claimed).max(known)
    }
}

/// Whether two positions are in the same file.
fn is_same(one: &Position, other: &Position) -> bool {
    let (one, other) = (&one.file, &other.file);
    let comparable = one.fingerprint.bytes == other.fingerprint.bytes;
    one.identity == other.identity && (!comparable || one.fingerprint == other.fingerprint)
}

/// Whether `file` is the recorded one, with everything that was read of it.
pub(super) fn is_in(recorded: &Position, file: &Candidate) -> bool {
    let mark = &recorded.file;
    mark.identity == file.identity()
        && (mark.fingerprint.bytes == 0 || mark.fingerprint.begins(&file.head))
        && file.state.size_bytes >= recorded.offset
}

/// Whether `file` has what was recorded, as a copy or compressed.
pub(super) fn is_copied_in(recorded: &ResumeFile, file: &Candidate) -> bool {
    let ResumeFile { position, warm_from, .. } = recorded;
    let is_packed = file.compression.is_some();
    // What was copied early has all that there is of it in its head.
    position.file.fingerprint.begins(&file.head)
        && (is_packed || file.state.size_bytes >= position.offset)
        || position.file.beginnings.include(&file.head)
            && u64::try_from(file.head.len()).is_ok_and(|bytes| bytes >= *warm_from)
}
