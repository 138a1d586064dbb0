//! Files that stood at a path unseen, because it was rotated twice between two looks, and copies
//! of what was truncated away: looked for beside the path.

use super::batch::SourceId;
use super::followed_file::Span;
use super::follower::Follower;
use super::identity::FileIdentity;
use super::rotated_file::{Content, LastLine};
use super::siblings::{Candidate, survey};

impl Follower {
    /// Looks for copies of what was truncated away at a path, if anything was.
    pub(super) fn look_for_former(&mut self, source: SourceId) {
        let Some(former) = self.paths.get_mut(&source).and_then(|path| path.former.take()) else {
            return;
        };
        // A copy may have been made before the last change that was seen of what it is a copy of.
        let found = self.look_beside(source, former.position.file.identity, i64::MIN);
        let (copies, mut between): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|file| former.is_in(file));
        between.retain(|file| file.state.modified_ns >= former.position.modified_ns);
        if let Some(path) = self.paths.get_mut(&source) {
            path.looked_for_former(former, copies, between, &mut self.context);
        }
    }

    /// Looks for files that stood at a path after the last one that was seen there and before
    /// `next`, and drains them.
    pub(super) fn look_between(&mut self, source: SourceId, next: &mut Content) {
        let Some(path) = self.paths.get(&source).filter(|path| path.was_followed) else {
            return;
        };
        let found = self.look_beside(source, next.identity(), path.since_ns);
        let Some(path) = self.paths.get_mut(&source) else {
            return;
        };
        for file in found {
            if file.identity() != next.identity() && !next.covers(&file) {
                path.drain_found(file, Span::default(), LastLine::Whole, &mut self.context);
            }
        }
    }

    /// What is to be read beside a path, oldest first: what was last written to at `since_ns` or
    /// later and came before `next`, was never read, is not held open and is no copy of what is, and is not followed under
    /// a path of its own.
    fn look_beside(
        &mut self,
        source: SourceId,
        next: FileIdentity,
        since_ns: i64,
    ) -> Vec<Candidate> {
        let Some(path) = self.paths.get(&source) else {
            return Vec::new();
        };
        let mut found = survey(&*self.context.files, &path.path, Some(next), |sibling, state| {
            state.size_bytes > 0
                && state.modified_ns >= since_ns
                && !self.is_followed(sibling)
                && !self.paths.values().any(|path| path.holds(state.identity))
        });
        let Some(path) = self.paths.get_mut(&source) else {
            return Vec::new();
        };
        found.retain(|file| !path.known.contain(file));
        found.retain(|file| !path.contents_mut().any(|held| held.covers(file)));
        found
    }
}
