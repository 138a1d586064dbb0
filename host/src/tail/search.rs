//! Files that stood at a path unseen, because it was rotated twice between two looks, and copies
//! of what was truncated away: looked for beside the path.

use std::time::Duration;

use super::batch::SourceId;
use super::context::Context;
use super::followed_file::{FormerContent, Span};
use super::followed_path::{FollowedPath, Unsearched};
use super::follower::Follower;
use super::identity::FileIdentity;
use super::message::{LossCause, NoticeKind};
use super::position::Position;
use super::rotated_file::{Content, LastLine, RotatedFile};
use super::siblings::{Candidate, Found, survey};

/// How long copies of what was truncated away are waited for where a directory cannot be read.
const COPIES_WAIT: Duration = Duration::from_secs(10);

impl Follower {
    /// Looks for copies of what was truncated away at a path, if anything was. `next` stands there
    /// by now, if another file does.
    pub(super) fn look_for_former(&mut self, source: SourceId, mut next: Option<&mut Content>) {
        while let Some(former) =
            self.paths.get_mut(&source).and_then(|path| path.former.pop_front())
        {
            if let Some(former) = self.look_for(source, former, next.as_deref_mut()) {
                if let Some(path) = self.paths.get_mut(&source) {
                    path.former.push_front(former);
                }
                return;
            }
        }
    }

    /// Looks for copies of what was truncated away; gives it back where it is to be looked for again.
    fn look_for(
        &mut self,
        source: SourceId,
        former: FormerContent,
        next: Option<&mut Content>,
    ) -> Option<FormerContent> {
        let now = self.context.now;
        // What an earlier run had read is told apart first.
        let path = self.paths.get(&source)?;
        let (mut found, complete) = if self.recorded.knows(&path.path) {
            (Vec::new(), false)
        } else {
            // A copy may have been made before the last change that was seen of what it is of.
            self.look_beside(source, former.position.file.identity, i64::MIN)
        };
        let retry_at = now.saturating_add(self.context.settings.glob_interval);
        if let Some(path) = self.paths.get_mut(&source)
            && !complete
            && former.is_empty()
        {
            // Nothing is known that would have to come first.
            let earlier = path.unsearched.map(|unsearched| unsearched.since_ns);
            let since_ns = former.position.modified_ns.min(earlier.unwrap_or(i64::MAX));
            path.unsearched = Some(Unsearched { since_ns, retry_at });
            return None;
        }
        if let Some(path) = self.paths.get_mut(&source)
            && !complete
            && now.saturating_sub(*path.former_since.get_or_insert(now)) < COPIES_WAIT
        {
            return Some(former);
        }
        if let Some(next) = next {
            found.retain(|file| file.identity() != next.identity() && !next.covers(file));
        }
        let (copies, mut between): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|file| former.is_in(file));
        between.retain(|file| file.state.modified_ns >= former.position.modified_ns);
        if let Some(path) = self.paths.get_mut(&source) {
            path.former_since = None;
            path.looked_for_former(&former, copies, between, &mut self.context);
        }
        None
    }

    /// Looks for files that stood at a path after the last one that was seen there and before
    /// `next`, and drains them.
    pub(super) fn look_between(&mut self, source: SourceId, next: &mut Content) {
        let Some(path) = self.paths.get(&source).filter(|path| path.was_followed) else {
            return;
        };
        let earlier = path.unsearched.map(|unsearched| unsearched.since_ns);
        let since_ns = path.since_ns.min(earlier.unwrap_or(i64::MAX));
        // What an earlier run had read is told apart first.
        let awaited = self.recorded.knows(&path.path);
        let (found, complete) = if awaited {
            (Vec::new(), false)
        } else {
            self.look_beside(source, next.identity(), since_ns)
        };
        let retry_at = self.context.now.saturating_add(self.context.settings.glob_interval);
        let Some(path) = self.paths.get_mut(&source) else {
            return;
        };
        path.unsearched = (!complete).then_some(Unsearched { since_ns, retry_at });
        for file in found {
            if file.identity() != next.identity() && !next.covers(&file) {
                path.drain_found(file, Span::default(), LastLine::Whole, &mut self.context);
            }
        }
    }

    /// Looks again where a directory could not be read or a file not be opened.
    pub(super) fn look_again(&mut self, source: SourceId) {
        let now = self.context.now;
        let Some(path) = self.paths.get_mut(&source) else {
            return;
        };
        if path.unsearched.is_none_or(|unsearched| now < unsearched.retry_at) {
            return;
        }
        // Where nothing stands here, it is looked again once something does.
        let Some(mut current) = path.current.take() else {
            return;
        };
        self.look_between(source, &mut current);
        if let Some(path) = self.paths.get_mut(&source) {
            path.current = Some(current);
        }
    }

    /// What is to be read beside a path, oldest first: what was last written to at `since_ns` or
    /// later and came before `next`, was never read, is not held open and is no copy of what is, and is not followed under
    /// a path of its own. And whether that is all, as far as can be said.
    fn look_beside(
        &mut self,
        source: SourceId,
        next: FileIdentity,
        since_ns: i64,
    ) -> (Vec<Candidate>, bool) {
        let Some(path) = self.paths.get(&source) else {
            return (Vec::new(), true);
        };
        let Found { files: mut found, complete } =
            survey(&*self.context.files, &path.path, Some(next), |sibling, state| {
                state.size_bytes > 0
                    && state.modified_ns >= since_ns
                    && !self.is_followed(sibling)
                    && !self.paths.values().any(|path| path.holds(state.identity))
            });
        let Some(path) = self.paths.get_mut(&source) else {
            return (Vec::new(), true);
        };
        found.retain(|file| !path.known.contain(file));
        found.retain(|file| !path.contents_mut().any(|held| held.covers(file)));
        (found, complete)
    }
}

impl FollowedPath {
    /// What was truncated away was looked for: `copies` hold it or a part of it, and the files
    /// `between` came between it and what stands here now.
    pub(super) fn looked_for_former(
        &mut self,
        former: &FormerContent,
        copies: Vec<Candidate>,
        between: Vec<Candidate>,
        context: &mut Context,
    ) {
        let is_empty = former.is_empty();
        let Position { file: mark, offset, size_bytes, .. } = former.position.clone();
        // What is found comes before what replaced it.
        let replaced = self.draining.iter().position(|old| old.content.identity() == mark.identity);
        let behind = self.draining.split_off(replaced.unwrap_or(self.draining.len()));
        let mut found_until = offset;
        let mut rest = copies;
        // Of two copies the longer one was made later. That of a compressed one is not known.
        let key = |file: &Candidate| (file.compression.is_some(), file.state.size_bytes);
        rest.sort_by_key(key);
        if let Some(copy) = rest.pop() {
            let packed = copy.compression.is_some();
            if packed || copy.state.size_bytes > offset {
                found_until = if packed { size_bytes } else { copy.state.size_bytes };
                self.drain_found(copy, former.span, LastLine::Cut, context);
            } else {
                rest.push(copy);
            }
        }
        for copy in rest {
            self.known.was_read(&copy.start(), &copy.head);
        }
        for file in between {
            self.drain_found(file, Span::default(), LastLine::Whole, context);
        }
        self.draining.extend(behind);
        if is_empty {
            return;
        }
        // A copy may have been found before it was known to be one of this.
        let copies = self.draining.iter().filter(|old| old.found && mark.fingerprint.bytes > 0);
        let held = copies.filter(|old| old.content.mark().fingerprint == mark.fingerprint);
        let held_until = held.map(|old| old.content.size_bytes()).max();
        let found_until = found_until.max(held_until.unwrap_or_default());
        let lost = Position { file: mark, offset: found_until, size_bytes, modified_ns: 0 };
        self.lost(&lost, LossCause::Truncated, context);
        self.closed(&lost, &former.head, context);
        self.tell(NoticeKind::Truncated, context);
        let identity = lost.file.identity;
        let position =
            self.contents().find(|file| file.identity() == identity).map(Content::position);
        if !self.awaits_former_of(identity)
            && let Some(position) = position
        {
            self.say_reading(position, context);
        }
    }

    /// Reads a file that was looked for, before what stands here.
    pub(super) fn drain_found(
        &mut self,
        file: Candidate,
        span: Span,
        last_line: LastLine,
        context: &mut Context,
    ) {
        match Content::new(file, span, context.settings.max_line_bytes) {
            Ok(opened) => {
                self.say_opened(context);
                if !opened.is_warm_only() {
                    self.say_reading(opened.position(), context);
                }
                self.draining.push_back(RotatedFile {
                    content: opened,
                    quiet_since: context.now,
                    last_line,
                    found: true,
                });
            }
            Err(error) => self.cannot_read(&error, context),
        }
    }
}
