//! Beginning to read the file that stands at a path, wherever it was read until then.

use std::io;
use std::path::PathBuf;

use super::batch::SourceId;
use super::files::Look;
use super::followed_file::Span;
use super::followed_path::Start;
use super::follower::Follower;
use super::identity::FileIdentity;
use super::message::NoticeKind;
use super::rotated_file::Content;
use super::siblings::Candidate;

impl Follower {
    /// Begins to read the file that stands at a path now, wherever it was read until now.
    pub(super) fn open(&mut self, source: SourceId, identity: FileIdentity) {
        match self.take_over(source, identity) {
            Some(Holder::Moved { from, content }) => self.moved(source, from, content),
            Some(Holder::StillAt(other)) => {
                if let Some(path) = self.paths.get_mut(&source) {
                    path.let_go(&mut self.context);
                    path.complain(NoticeKind::SameFile { path: other }, &mut self.context);
                }
            }
            None => self.open_new(source, identity),
        }
    }

    fn open_new(&mut self, source: SourceId, identity: FileIdentity) {
        let opened = self.open_candidate(source);
        let Some(path) = self.paths.get_mut(&source) else {
            return;
        };
        match opened {
            // It was replaced since the look, or is recorded: the next look is soon enough.
            Ok(None) => {}
            Ok(Some(content)) if content.identity() != identity => {}
            Ok(Some(mut content)) => {
                path.let_go(&mut self.context);
                for replaced in self.recorded.replaced_at(&path.path, identity) {
                    path.say_opened(&mut self.context);
                    path.closed(&replaced, &[], &mut self.context);
                }
                // What was truncated away comes before what it was rotated away for.
                self.look_for_former(source, Some(&mut content));
                self.look_between(source, &mut content);
                if let Some(path) = self.paths.get_mut(&source) {
                    path.opened(content, &mut self.context);
                }
                self.unwatched.insert(source);
            }
            Err(error) => path.is_closed_off(&error, &mut self.context),
        }
    }

    /// Opens the file at a path, where reading it is to begin; `None` where it is recorded, and stood
    /// there only after that was looked for.
    fn open_candidate(&mut self, source: SourceId) -> io::Result<Option<Content>> {
        let Some(path) = self.paths.get(&source) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let candidate = Candidate::open(&*self.context.files, &path.path, None)?;
        if self.is_to_be_resumed(&path.path, &candidate) {
            return Ok(None);
        }
        let from = match path.start {
            Start::End => candidate.state.size_bytes,
            Start::Beginning => 0,
        };
        // What was let go goes on where it turns up again, as under a name that a glob matches.
        let let_go = self.paths.values().filter_map(|path| path.known.read_until(&candidate)).max();
        let from = self.recorded.claim(&candidate).max(let_go).unwrap_or(from);
        let span = Span { from, ..Span::default() };
        Content::new(candidate, span, self.context.settings.max_line_bytes).map(Some)
    }

    /// A file that was read under another name stands at a path now.
    fn moved(&mut self, source: SourceId, from: SourceId, mut content: Content) {
        let (position, head) = (content.position(), content.head().to_vec());
        if let Some(path) = self.paths.get_mut(&source) {
            content.rename(&path.path);
            path.opened(content, &mut self.context);
            self.unwatched.insert(source);
        }
        if from != source
            && let Some(path) = self.paths.get_mut(&from)
        {
            path.closed(&position, &head, &mut self.context);
        }
    }

    /// Finds out whether a file is read already: because it was renamed, or has two names.
    fn take_over(&mut self, source: SourceId, identity: FileIdentity) -> Option<Holder> {
        let holder = self.paths.values_mut().find(|path| path.holds(identity))?;
        if holder.source != source
            && holder.reads(identity)
            && matches!(self.context.files.look(&holder.path), Look::File(now) if now.identity == identity)
        {
            return Some(Holder::StillAt(holder.path.clone()));
        }
        let from = holder.source;
        holder.give(identity).map(|content| Holder::Moved { from, content })
    }
}

/// Where a file was found that is read already.
enum Holder {
    /// It stands where it is read.
    StillAt(PathBuf),
    /// It stands there no longer.
    Moved { from: SourceId, content: Content },
}
