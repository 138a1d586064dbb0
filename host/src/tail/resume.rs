//! Going on where an earlier run was: finding its files again, whatever became of their names.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use super::batch::SourceId;
use super::files::Look;
use super::followed_file::Span;
use super::followed_path::FollowedPath;
use super::follower::Follower;
use super::identity::FileIdentity;
use super::message::{LossCause, NoticeKind};
use super::position::ResumeFile;
use super::recorded::{RecordedFile, is_copied_in, is_in};
use super::rotated_file::{Content, LastLine};
use super::siblings::{Candidate, Found as Beside, survey};

/// How long a directory may be out of reach at a start before what was recorded there is no longer
/// waited for to have caught up. It is gone on with whenever it is found.
const RECORDED_WAIT: Duration = Duration::from_mins(10);

/// What became of a recorded file.
enum Found {
    /// It stands beside its path, or a copy does.
    Beside(Candidate),
    /// A copy of it is recorded as well, and read on; this is for the lines before.
    ReadAsCopy(Candidate),
    Nowhere,
}

impl Found {
    /// Whether it is that very file, and read on.
    fn is(&self, recorded: &RecordedFile) -> bool {
        let identity = recorded.file.position.file.identity;
        matches!(self, Self::Beside(file) if file.identity() == identity)
    }
}

impl Follower {
    /// Goes on in the files that are recorded for a path, as far as they can be found. What stands
    /// in the way of finding one may pass, and it is looked for again.
    ///
    /// # Errors
    /// The system's, where it cannot be said what stands at the path.
    pub(super) fn resume(&mut self, source: SourceId) -> io::Result<()> {
        let Some(path) = self.paths.get(&source).map(|path| path.path.clone()) else {
            return Ok(());
        };
        let since_ns = self.recorded.since_ns(&path);
        let Some(mut files) = self.recorded.take(&path) else {
            return Ok(());
        };
        let was_told = files.iter().any(|recorded| recorded.told);
        // Of a file that had nothing to be known by, nothing was read: where it has something by now, it
        // is found with the files that stood at the path since.
        let empty: Vec<_> = files.extract_if(.., |it| it.told && it.knows_nothing()).collect();
        for recorded in &mut files {
            let mark = &recorded.file.position.file;
            let mut held = self.paths.values().flat_map(FollowedPath::contents);
            recorded.moved |= held.any(|held| !held.is_warm_only() && held.is(mark));
        }
        let at_path = match self.open_at(&path) {
            Ok(at_path) => at_path,
            Err(error) => {
                self.recorded.put_back(&path, [empty, files].concat());
                return Err(error);
            }
        };
        let identity = at_path.as_ref().map(Candidate::identity);
        let standing = at_path.and_then(|candidate| {
            let index = files.iter().rposition(|recorded| {
                is_in(&recorded.file.position, &candidate)
                    && !is_other(&files, recorded, &candidate)
            })?;
            Some((files.remove(index), candidate))
        });
        let mut found = self.find_beside(&path, &mut files, identity);
        if let Some((_, candidate)) = &standing {
            let found = found.iter_mut().flatten();
            self.find_earlier_stretches(&path, &files, candidate, found);
        }
        // Files may have been rotated away between those that are recorded: they were not found yet, or
        // replaced what one of those had been.
        let was_told = was_told && found.is_some();
        if let Some(since_ns) = since_ns
            && let Some(path) = self.paths.get_mut(&source)
            && path.current.is_none()
        {
            path.since_ns = since_ns;
        }
        if let Some(found) = found {
            self.resume_all_rotated(source, &files, found, identity);
        } else {
            self.recorded.put_back(&path, [empty, files].concat());
        }
        if let Some((recorded, candidate)) = standing {
            self.resume_standing(source, &recorded.file, candidate, was_told);
        }
        Ok(())
    }

    /// Whether a file that stands at `path` is recorded for that, and is to be gone on with as such.
    pub(super) fn is_to_be_resumed(&self, path: &Path, file: &Candidate) -> bool {
        let files = self.recorded.of(path);
        files.iter().any(|recorded| {
            !recorded.is_warm_only()
                && is_in(&recorded.file.position, file)
                && !is_other(files, recorded, file)
        })
    }

    /// Whether nothing is recorded that is still waited for: of a log that is followed, or that
    /// would be if its directory could be read.
    pub(super) fn is_resumed(&self) -> bool {
        let waited = self.context.now.saturating_sub(self.started);
        waited >= RECORDED_WAIT
            || !self.recorded.awaited().any(|path| {
                self.by_path.contains_key(path) || self.is_followed(path) && !self.globs_in_reach
            })
    }

    /// Whether the directories can be read of all that is recorded and waited for.
    pub(super) fn is_awaited_in_reach(&self) -> bool {
        let files = &*self.context.files;
        let in_reach = |path: &Path| path.parent().is_none_or(|at| files.list(at).is_ok());
        self.recorded.awaited().all(in_reach)
    }

    /// Opens what stands at a path, unless it is read already.
    fn open_at(&self, path: &Path) -> io::Result<Option<Candidate>> {
        match self.context.files.look(path) {
            Look::File(state) if self.paths.values().any(|path| path.holds(state.identity)) => {
                Ok(None)
            }
            Look::File(_) => match Candidate::open(&*self.context.files, path, None) {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                opened => opened.map(Some),
            },
            Look::Failed(error) => Err(error),
            Look::Missing | Look::Stream | Look::NotALog => Ok(None),
        }
    }

    /// Finds recorded files beside their path: first those that are what they were, then copies of
    /// the others. `None` where that cannot be said by now.
    fn find_beside(
        &mut self,
        path: &Path,
        recorded: &mut [RecordedFile],
        at_path: Option<FileIdentity>,
    ) -> Option<Vec<Found>> {
        let files = &*self.context.files;
        let wanted: BTreeSet<FileIdentity> =
            recorded.iter().map(|recorded| recorded.file.position.file.identity).collect();
        if wanted.is_empty() {
            return Some(Vec::new());
        }
        let Beside { files: mut beside, complete } =
            survey(files, path, None, |_, state| wanted.contains(&state.identity));
        if !complete {
            return None;
        }
        // The later record of the same file is the one that counts.
        let mut found: Vec<_> = recorded
            .iter()
            .rev()
            .map(|file| {
                let is_it = |other: &Candidate| {
                    is_in(&file.file.position, other) && !is_other(recorded, file, other)
                };
                let index = beside.iter().position(is_it);
                index.map_or(Found::Nowhere, |index| Found::Beside(beside.swap_remove(index)))
            })
            .collect();
        found.reverse();
        if !self.find_copies(path, recorded, at_path, &mut found) {
            return None;
        }
        for (recorded, found) in recorded.iter_mut().zip(&found) {
            let is_elsewhere = match found {
                Found::Beside(file) => self.is_followed(&file.path),
                Found::ReadAsCopy(_) => false,
                Found::Nowhere => self.stands_elsewhere(path, recorded.file.position.file.identity),
            };
            if is_elsewhere && !recorded.is_warm_only() {
                self.recorded.moved.push(recorded.file.clone());
                recorded.moved = true;
            }
        }
        Some(found)
    }

    /// Opens what stands at `path` once more for each record of it that was closed: it was away for so
    /// long that it was let go, and is back.
    fn find_earlier_stretches<'found>(
        &self,
        path: &Path,
        recorded: &[RecordedFile],
        standing: &Candidate,
        found: impl Iterator<Item = &'found mut Found>,
    ) {
        for (recorded, found) in recorded.iter().zip(found) {
            let is_nowhere = matches!(found, Found::Nowhere);
            if is_nowhere && recorded.file.closed && is_in(&recorded.file.position, standing) {
                let again = Candidate::open(&*self.context.files, path, None).ok();
                let same = again.filter(|again| again.identity() == standing.identity());
                *found = same.map_or(Found::Nowhere, Found::ReadAsCopy);
            }
        }
    }

    /// Whether a file stands at a path that is or will be followed, other than `path`.
    fn stands_elsewhere(&self, path: &Path, identity: FileIdentity) -> bool {
        let files = &*self.context.files;
        let matches = self.globs.iter().flat_map(|glob| files.matches(&glob.pattern));
        let mut others = self.named.iter().cloned().chain(matches).filter(|other| other != path);
        others.any(
            |other| matches!(files.look(&other), Look::File(state) if state.identity == identity),
        )
    }

    /// Finds copies and compressed forms of the recorded files that were not found as they were.
    /// `false` where that cannot be said by now.
    fn find_copies(
        &self,
        path: &Path,
        recorded: &[RecordedFile],
        at_path: Option<FileIdentity>,
        found: &mut [Found],
    ) -> bool {
        let wanted = |recorded: &RecordedFile, found: &Found| {
            let is_warm = recorded.file.warm_from < recorded.file.position.offset;
            (is_warm || !recorded.is_warm_only()) && matches!(found, Found::Nowhere)
        };
        if !recorded.iter().zip(&*found).any(|(file, found)| wanted(file, found)) {
            return true;
        }
        let files = &*self.context.files;
        let Beside { files: mut copies, complete } = survey(files, path, None, |sibling, state| {
            state.size_bytes > 0
                && !self.is_followed(sibling)
                && at_path != Some(state.identity)
                && !self.paths.values().any(|path| path.holds(state.identity))
        });
        if !complete {
            return false;
        }
        let taken: BTreeSet<_> = found
            .iter()
            .filter_map(|found| match found {
                Found::Beside(file) => Some(file.identity()),
                _ => None,
            })
            .collect();
        // What is read for its warm lines alone leaves the copy to what is read on, and so has to
        // come first.
        for warm_only in [true, false] {
            for (file, found) in recorded.iter().zip(&mut *found) {
                let longest = copies
                    .iter()
                    .enumerate()
                    .filter(|(_, copy)| is_copied_in(&file.file, copy))
                    .max_by_key(|(_, copy)| (copy.compression.is_some(), copy.state.size_bytes));
                let Some((index, copy)) = longest.filter(|_| wanted(file, found)) else {
                    continue;
                };
                if (file.is_warm_only() || taken.contains(&copy.identity())) != warm_only {
                    continue;
                }
                if warm_only {
                    let again = Candidate::open(files, &copy.path, copy.age.clone());
                    let same = again.ok().filter(|again| again.identity() == copy.identity());
                    *found = same.map_or(Found::Nowhere, Found::ReadAsCopy);
                } else {
                    *found = Found::Beside(copies.swap_remove(index));
                }
            }
        }
        true
    }

    /// Goes on in the file that still stands at its path. Where an earlier run `was_told`, files that
    /// came before it and are not recorded are looked for first.
    fn resume_standing(
        &mut self,
        source: SourceId,
        recorded: &ResumeFile,
        file: Candidate,
        was_told: bool,
    ) {
        let span = Span { warm_only: false, ..span_of(recorded) };
        let content = Content::new(file, span, self.context.settings.max_line_bytes);
        match content {
            Ok(mut content) => {
                if was_told {
                    self.look_between(source, &mut content);
                }
                if let Some(path) = self.paths.get_mut(&source) {
                    path.opened(content, &mut self.context);
                }
                self.unwatched.insert(source);
            }
            Err(error) => {
                if let Some(path) = self.paths.get_mut(&source) {
                    path.cannot_read(&error, &mut self.context);
                }
            }
        }
    }

    /// Goes on in files that were rotated away. Those that do not go on under their own identity are
    /// closed before any other is told that may have that identity by now.
    fn resume_all_rotated(
        &mut self,
        source: SourceId,
        files: &[RecordedFile],
        found: Vec<Found>,
        at_path: Option<FileIdentity>,
    ) {
        if let Some(path) = self.paths.get_mut(&source) {
            for (recorded, found) in files.iter().zip(&found) {
                let position = &recorded.file.position;
                if recorded.file.closed {
                    path.known.was_read(position, &[]);
                } else if recorded.told
                    && !recorded.closed_told
                    && (recorded.moved || !found.is(recorded))
                {
                    path.say_opened(&mut self.context);
                    path.closed(position, &[], &mut self.context);
                }
            }
        }
        for (recorded, found) in files.iter().zip(found) {
            self.resume_rotated(source, recorded, found, at_path);
        }
    }

    /// Goes on in a file that was rotated away, or tells that it is lost.
    fn resume_rotated(
        &mut self,
        source: SourceId,
        recorded: &RecordedFile,
        found: Found,
        at_path: Option<FileIdentity>,
    ) {
        let context = &mut self.context;
        let Some(path) = self.paths.get_mut(&source) else {
            return;
        };
        let position = &recorded.file.position;
        let refilled = at_path == Some(position.file.identity);
        if refilled && !recorded.is_warm_only() {
            path.was_refilled(context);
        }
        let mut span = span_of(&recorded.file);
        span.warm_only = recorded.is_warm_only() || matches!(found, Found::ReadAsCopy(_));
        let file = match found {
            Found::Beside(file) | Found::ReadAsCopy(file) => Some(file),
            Found::Nowhere => None,
        };
        match file {
            Some(_) if span.warm_only && span.from >= span.warm_until => {}
            Some(file) => {
                let last_line = if refilled { LastLine::Cut } else { LastLine::Whole };
                path.drain_found(file, span, last_line, context);
            }
            None if recorded.told && !span.warm_only => {
                path.say_opened(context);
                let cause = if refilled { LossCause::Truncated } else { LossCause::Vanished };
                path.lost(position, cause, context);
                if !refilled {
                    let kind = NoticeKind::Vanished { offset: position.offset };
                    path.tell(kind, context);
                }
            }
            None => {}
        }
    }
}

/// Whether `file` has the inode of a record that knows nothing else of it, and is another file's
/// by now: a compressed one, or one that another record is of.
fn is_other(all: &[RecordedFile], recorded: &RecordedFile, file: &Candidate) -> bool {
    let begins = |other: &RecordedFile| other.file.position.file.fingerprint.begins(&file.head);
    recorded.file.position.file.fingerprint.bytes == 0
        && (file.compression.is_some() || all.iter().any(begins))
}

fn span_of(recorded: &ResumeFile) -> Span {
    let offset = recorded.position.offset;
    Span { from: recorded.warm_from.min(offset), warm_until: offset, warm_only: recorded.closed }
}
