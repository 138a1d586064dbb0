//! Which paths are followed: those that are named, and those that globs find and lose.

use std::path::PathBuf;
use std::time::Duration;

use super::batch::SourceId;
use super::followed_file::Start;
use super::followed_path::FollowedPath;
use super::follower::Follower;
use super::globs::Glob;
use super::identity::{Look, look};
use super::message::{Notice, NoticeKind, ReadFrom, Tail};

/// How long nothing may stand at a path that a glob had found before the path is forgotten.
const FORGET_AFTER: Duration = Duration::from_mins(1);

/// Globs are evaluated for at most one part in so many of the time.
const GLOB_TIME_DIVISOR: u32 = 20;

impl Follower {
    /// Follows `path` from now on, unless it is followed already.
    pub(super) fn add(&mut self, path: PathBuf, from: ReadFrom, from_glob: bool) {
        if self.by_path.contains_key(&path) {
            return;
        }
        let source = SourceId(self.next_source);
        self.next_source = self.next_source.saturating_add(1);
        let start = match (from, look(&path)) {
            (ReadFrom::Start, _) => Start::Beginning,
            (ReadFrom::End, Look::File { identity, size_bytes }) => {
                Start::At { identity, offset: size_bytes }
            }
            (ReadFrom::End, _) => Start::End,
        };
        self.by_path.insert(path.clone(), source);
        self.paths.insert(source, FollowedPath::new(source, path, start, from_glob));
        self.unwatched.insert(source);
        self.check(source);
    }

    /// Evaluates all globs.
    pub(super) fn scan_globs(&mut self) {
        if self.globs.is_empty() {
            return;
        }
        let mut globs = std::mem::take(&mut self.globs);
        for glob in &mut globs {
            self.scan(glob, ReadFrom::Start);
        }
        self.globs = globs;
        let took = self.clock.elapsed().saturating_sub(self.context.now);
        self.context.scanned_at = self.context.now;
        let wait = self.context.settings.glob_interval.max(took.saturating_mul(GLOB_TIME_DIVISOR));
        self.next_scan = self.context.now.saturating_add(wait);
    }

    /// Adds what a glob newly matches; returns whether it matches anything new.
    pub(super) fn scan(&mut self, glob: &mut Glob, from: ReadFrom) -> bool {
        let matches = glob.new_matches(|path| !self.by_path.contains_key(path));
        let any = !matches.is_empty();
        for path in matches {
            let files_max = self.context.settings.files_max;
            if self.paths.len() < files_max {
                self.add(path, from, true);
            } else if !std::mem::replace(&mut glob.too_many_said, true) {
                self.context.said.push(Tail::Notice(Notice {
                    source: None,
                    path: PathBuf::from(&glob.pattern),
                    kind: NoticeKind::TooManyFiles { files_max },
                }));
            }
        }
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
