//! Going on where an earlier run was: finding its files again, whatever became of their names.

use std::collections::BTreeSet;
use std::path::Path;

use super::batch::SourceId;
use super::files::Look;
use super::followed_file::Span;
use super::followed_path::Start;
use super::follower::Follower;
use super::identity::FileIdentity;
use super::message::LossCause;
use super::position::{Position, Resume, ResumeFile};
use super::rotated_file::{Content, LastLine};
use super::siblings::{Candidate, survey};

/// What an earlier run had read of the logs that were not found yet.
#[derive(Debug)]
pub(super) struct Recorded {
    resume: Resume,
}

impl Recorded {
    pub(super) fn new(resume: Resume) -> Self {
        Self { resume }
    }

    /// Takes what is recorded of the log at `path`. Where a file moved from one log to another
    /// while it was recorded, it is recorded for both, and counts as far as it was read for either.
    fn take(&mut self, path: &Path) -> Option<Vec<ResumeFile>> {
        let sources = &mut self.resume.sources;
        let index = sources.iter().position(|source| source.path == path)?;
        let mut files = sources.swap_remove(index).files;
        for file in &mut files {
            for other in sources.iter_mut().flat_map(|source| &mut source.files) {
                if !file.closed && !other.closed && is_same(&file.position, &other.position) {
                    file.position.offset = file.position.offset.max(other.position.offset);
                    other.closed = true;
                }
            }
        }
        Some(files)
    }

    /// Where to go on in a file that is recorded for a log that it no longer belongs to.
    pub(super) fn claim(&mut self, file: &Candidate) -> Option<Span> {
        let mut others = self.resume.sources.iter_mut().flat_map(|source| &mut source.files);
        let found = others.find(|other| !other.closed && is_in(other, file))?;
        found.closed = true;
        let offset = found.position.offset;
        let warm_from = std::mem::replace(&mut found.warm_from, offset).min(offset);
        Some(Span { from: warm_from, warm_until: offset, warm_only: false })
    }
}

/// Whether two positions are in the same file.
fn is_same(one: &Position, other: &Position) -> bool {
    let (one, other) = (&one.file, &other.file);
    let comparable = one.fingerprint.bytes == other.fingerprint.bytes;
    one.identity == other.identity && (!comparable || one.fingerprint == other.fingerprint)
}

/// Whether `file` is the recorded one, with everything that was read of it.
fn is_in(recorded: &ResumeFile, file: &Candidate) -> bool {
    let mark = &recorded.position.file;
    mark.identity == file.identity()
        && (mark.fingerprint.bytes == 0 || mark.fingerprint.begins(&file.head))
        && file.state.size_bytes >= recorded.position.offset
}

/// Whether `file` has what was recorded, as a copy or compressed.
fn is_copied_in(recorded: &ResumeFile, file: &Candidate) -> bool {
    recorded.position.file.fingerprint.begins(&file.head)
        && (file.compression.is_some() || file.state.size_bytes >= recorded.position.offset)
}

/// What became of a recorded file.
enum Found {
    /// It stands at its path.
    AtPath,
    /// It stands beside it, or a copy does.
    Beside(Candidate),
    /// A copy of it is recorded as well, and read on; this is for the lines before.
    ReadAsCopy(Candidate),
    Nowhere,
}

impl Follower {
    /// Goes on in the files that are recorded for a path. Where any are, the result says when the
    /// last of them was last known to be written to.
    pub(super) fn resume(&mut self, source: SourceId) -> Option<i64> {
        let path = self.paths.get(&source)?.path.clone();
        let mut files = self.recorded.take(&path)?;
        let since_ns = files.last().map(|last| last.position.modified_ns);
        files.retain(|file| {
            let identity = file.position.file.identity;
            !self.paths.values().any(|path| path.holds(identity))
        });
        let at_path = match self.context.files.look(&path) {
            Look::File(state) if self.paths.values().any(|path| path.holds(state.identity)) => None,
            Look::File(_) => Candidate::open(&*self.context.files, &path, None).ok(),
            _ => None,
        };
        let found = self.find_recorded(&path, &files, at_path.as_ref());
        let truncated_at = at_path.as_ref().map(Candidate::identity);
        if let Some(path) = self.paths.get_mut(&source) {
            path.was_followed = true;
            path.start = Start::Beginning;
            path.since_ns = since_ns.unwrap_or(path.since_ns);
        }
        let mut standing = None;
        for (file, found) in files.iter().zip(found) {
            match found {
                Found::AtPath => standing = Some(file),
                found => self.resume_rotated(source, file, found, truncated_at),
            }
        }
        if let (Some(file), Some(candidate)) = (standing, at_path) {
            self.resume_standing(source, file, candidate);
        }
        since_ns
    }

    /// Finds recorded files: first those that are what they were, then copies of the others.
    fn find_recorded(
        &self,
        path: &Path,
        recorded: &[ResumeFile],
        at_path: Option<&Candidate>,
    ) -> Vec<Found> {
        let files = &*self.context.files;
        let wanted: BTreeSet<FileIdentity> =
            recorded.iter().map(|file| file.position.file.identity).collect();
        let mut beside = survey(files, path, None, |_, state| wanted.contains(&state.identity));
        let mut stands = at_path;
        // The later record of the same file is the one that counts.
        let mut found: Vec<_> = recorded
            .iter()
            .rev()
            .map(|file| {
                if stands.is_some_and(|candidate| is_in(file, candidate)) {
                    stands = None;
                    return Found::AtPath;
                }
                let index = beside.iter().position(|candidate| is_in(file, candidate));
                index.map_or(Found::Nowhere, |index| Found::Beside(beside.swap_remove(index)))
            })
            .collect();
        found.reverse();
        let taken: BTreeSet<_> = found
            .iter()
            .filter_map(|found| match found {
                Found::Beside(file) => Some(file.identity()),
                _ => None,
            })
            .collect();
        for (file, found) in recorded.iter().zip(&mut found) {
            let wanted = !file.closed || file.warm_from < file.position.offset;
            if wanted && matches!(found, Found::Nowhere) {
                *found = self.find_copy(path, file, at_path, &taken);
            }
        }
        found
    }

    fn find_copy(
        &self,
        path: &Path,
        recorded: &ResumeFile,
        at_path: Option<&Candidate>,
        taken: &BTreeSet<FileIdentity>,
    ) -> Found {
        let copies = survey(&*self.context.files, path, None, |sibling, state| {
            state.size_bytes > 0
                && !self.is_followed(sibling)
                && at_path.is_none_or(|file| file.identity() != state.identity)
                && !self.paths.values().any(|path| path.holds(state.identity))
        });
        let copies = copies.into_iter().filter(|file| is_copied_in(recorded, file));
        let longest = copies.max_by_key(|file| (file.compression.is_some(), file.state.size_bytes));
        match longest {
            Some(file) if taken.contains(&file.identity()) => Found::ReadAsCopy(file),
            Some(file) => Found::Beside(file),
            None => Found::Nowhere,
        }
    }

    /// Goes on in the file that still stands at its path.
    fn resume_standing(&mut self, source: SourceId, recorded: &ResumeFile, file: Candidate) {
        let span = Span { warm_only: false, ..span_of(recorded) };
        let content = Content::new(file, span, self.context.settings.max_line_bytes);
        let Some(path) = self.paths.get_mut(&source) else {
            return;
        };
        match content {
            Ok(content) => {
                path.opened(content, &mut self.context);
                self.unwatched.insert(source);
            }
            Err(error) => path.cannot_read(&error, &mut self.context),
        }
    }

    /// Goes on in a file that was rotated away, or tells that it is lost.
    fn resume_rotated(
        &mut self,
        source: SourceId,
        recorded: &ResumeFile,
        found: Found,
        at_path: Option<FileIdentity>,
    ) {
        let context = &mut self.context;
        let Some(path) = self.paths.get_mut(&source) else {
            return;
        };
        let position = &recorded.position;
        let refilled = at_path == Some(position.file.identity);
        let mut span = span_of(recorded);
        let file = match found {
            Found::Beside(file) => Some(file),
            Found::ReadAsCopy(file) => {
                span.warm_only = true;
                Some(file)
            }
            Found::AtPath | Found::Nowhere => None,
        };
        let moved = file.as_ref().is_none_or(|file| file.identity() != position.file.identity);
        match file {
            Some(_) if span.warm_only && span.from >= span.warm_until => {}
            Some(file) => {
                let last_line = if refilled { LastLine::Cut } else { LastLine::Whole };
                path.drain_found(file, span, last_line, context);
            }
            None if !recorded.closed => {
                path.say_opened(context);
                let cause = if refilled { LossCause::Truncated } else { LossCause::Vanished };
                path.lost(position, cause, context);
            }
            None => {}
        }
        if recorded.closed {
            path.known.was_read(position);
        } else if moved {
            path.closed(position, context);
        }
    }
}

fn span_of(recorded: &ResumeFile) -> Span {
    let offset = recorded.position.offset;
    Span { from: recorded.warm_from.min(offset), warm_until: offset, warm_only: recorded.closed }
}
