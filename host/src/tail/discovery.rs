//! Which paths are followed: those that are named, and those that globs find and lose.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::batch::SourceId;
use super::files::{FileState, Look};
use super::followed_path::{FollowedPath, Start};
use super::follower::Follower;
use super::known_files::Known;
use super::message::{Notice, NoticeKind, ReadFrom, Tail};
use super::recorded::RecordedFile;
use super::siblings::{Candidate, Listings};

/// How long nothing may stand at a path that a glob had found before the path is forgotten.
const FORGET_AFTER: Duration = Duration::from_mins(1);

/// How far a modification time may lie before the moment of the change: FAT counts in two seconds.
const COARSEST_MODIFICATION_TIME: Duration = Duration::from_secs(2);

/// How often a path is looked at when it is first followed, until nothing is rotated meanwhile.
const LOOKS_MAX: usize = 8;

/// Globs are evaluated for at most one part in so many of the time.
const GLOB_TIME_DIVISOR: u32 = 20;

impl Follower {
    /// Follows `path` from now on, unless it is followed already: from where an earlier run was,
    /// or else as `from` says.
    pub(super) fn add(&mut self, path: PathBuf, from: ReadFrom, from_glob: bool) {
        if self.by_path.contains_key(&path) {
            return;
        }
        let source = SourceId(self.next_source);
        self.next_source = self.next_source.saturating_add(1);
        let (standing, mut known) = self.files_present(&path);
        let start = match (from, standing) {
            _ if self.recorded.knows(&path) => Start::Beginning,
            (ReadFrom::End, Some(state)) if !self.recorded.may_be(state.identity) => {
                let behind = RecordedFile::behind(&path, &state);
                self.recorded.put_back(&path, vec![behind]);
                Start::Beginning
            }
            (ReadFrom::Start, _) | (_, Some(_)) => Start::Beginning,
            (ReadFrom::End, None) => Start::End,
        };
        let was_followed = self.recorded.knows(&path);
        // What came since an earlier run is to be read.
        if let Some(since_ns) = self.recorded.since_ns(&path) {
            known.retain(|file| file.modified_ns < since_ns);
        }
        let mut followed = FollowedPath::new(source, path.clone(), start, from_glob);
        followed.since_ns = self.clock.now().minus(COARSEST_MODIFICATION_TIME).nanos();
        followed.was_followed = was_followed;
        followed.known.were_present(known);
        self.by_path.insert(path, source);
        self.paths.insert(source, followed);
        self.unwatched.insert(source);
        self.check(source);
        if let Some(path) = self.paths.get_mut(&source) {
            path.was_followed = true;
        }
    }

    /// What stands at a path, and the files beside it, which are not to be read when files are looked
    /// for there. A file that is rotated away meanwhile would be neither, so it is looked again.
    fn files_present(&mut self, path: &Path) -> (Option<FileState>, Vec<Known>) {
        let context = &mut self.context;
        let files = &*context.files;
        let look = || match files.look(path) {
            Look::File(state) => Some(state),
            _ => None,
        };
        let mut standing = look();
        let mut known = Vec::new();
        for _ in 0..LOOKS_MAX {
            known = context.listings.siblings(files, path);
            let identity = standing.map(|state| state.identity);
            standing = look();
            if standing.map(|state| state.identity) == identity {
                break;
            }
            context.listings = Listings::default();
        }
        let mut present = Vec::new();
        for sibling in known {
            if let Look::File(state) = files.look(&sibling.path) {
                if sibling.name.compressed {
                    present.push(Known::compressed(&state));
                } else if let Ok(file) = Candidate::open(files, &sibling.path, None) {
                    present.push(Known::plain(&file));
                }
            }
        }
        (standing, present)
    }

    /// Whether something is followed under that very path, or will be once globs were evaluated.
    pub(super) fn is_followed(&self, path: &Path) -> bool {
        self.by_path.contains_key(path)
            || self.named.contains(path)
            || self.globs.iter().any(|glob| glob.covers(path))
    }

    /// Evaluates all globs.
    pub(super) fn scan_globs(&mut self) {
        if self.globs.is_empty() {
            return;
        }
        let in_reach = self.is_awaited_in_reach();
        for index in 0..self.globs.len() {
            self.scan(index, false);
        }
        self.globs_in_reach = in_reach && self.is_awaited_in_reach();
        let took = self.clock.elapsed().saturating_sub(self.context.now);
        self.context.scanned_at = self.context.now;
        let wait = self.context.settings.glob_interval.max(took.saturating_mul(GLOB_TIME_DIVISOR));
        self.next_scan = self.context.now.saturating_add(wait);
    }

    /// Adds what the glob of that index newly matches; returns whether it matches anything new.
    pub(super) fn scan(&mut self, index: usize, at_start: bool) -> bool {
        let Some(glob) = self.globs.get(index) else {
            return false;
        };
        let from = if at_start { glob.from } else { ReadFrom::Start };
        let matches =
            glob.new_matches(&*self.context.files, |path| !self.by_path.contains_key(path));
        let any = !matches.is_empty();
        for path in matches {
            let files_max = self.context.settings.files_max;
            if self.paths.len() < files_max {
                self.add(path, from, true);
            } else if let Some(glob) = self.globs.get_mut(index)
                && !std::mem::replace(&mut glob.too_many_said, true)
            {
                self.context.said.push(Tail::Notice(Notice {
                    source: None,
                    path: PathBuf::from(&glob.pattern),
                    kind: NoticeKind::TooManyFiles { files_max },
                }));
            }
        }
        self.context.listings = Listings::default();
        any
    }

    /// Forgets what globs had found and what is long gone, to make room.
    pub(super) fn forget_abandoned(&mut self) {
        let now = self.context.now;
        let said = &mut self.context.said;
        let by_path = &mut self.by_path;
        self.paths.retain(|source, path| {
            let forgotten = path.from_glob && path.is_abandoned(FORGET_AFTER, now);
            if forgotten {
                by_path.remove(&path.path);
                said.push(Tail::Ended { source: *source });
            }
            !forgotten
        });
    }
}
