//! One path that is followed, through every file that stands there in turn.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::batch::SourceId;
use super::context::Context;
use super::files::FileState;
use super::followed_file::FormerContent;
use super::identity::FileIdentity;
use super::known_files::KnownFiles;
use super::message::{Loss, LossCause, Notice, NoticeKind, Tail};
use super::position::Position;
use super::rotated_file::{Content, LastLine, RotatedFile};

/// The most rotated files of one path that are drained at once, not counting those that were looked
/// for; the oldest is let go for a further one. At one rotation a second and the default wait,
/// five are.
pub const DRAINING_FILES_MAX: usize = 8;

/// The most contents that were truncated away at one path and of which copies are still to be looked
/// for; of more, the oldest is given up.
const FORMER_CONTENTS_MAX: usize = 8;

/// How long nothing may stand at a path before that is worth telling: a rotation leaves the path
/// empty for a moment, too.
const GONE_AFTER: Duration = Duration::from_secs(1);

/// Where reading a file begins that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// At its first byte.
    Beginning,
    /// Behind what is there.
    End,
}

/// A path, the file that stands there, and those that stood there and may still be written to.
#[derive(Debug)]
pub(super) struct FollowedPath {
    pub(super) source: SourceId,
    pub(super) path: PathBuf,
    /// Whether a glob found it, so that it may be forgotten again.
    pub(super) from_glob: bool,
    /// Where the next file that stands here begins.
    pub(super) start: Start,
    pub(super) reading: Reading,
    pub(super) current: Option<Content>,
    pub(super) draining: VecDeque<RotatedFile>,
    /// What was truncated away, oldest first, until copies of it were looked for. Until then nothing
    /// is read of what replaced it.
    pub(super) former: VecDeque<FormerContent>,
    /// Since when copies of that are looked for.
    pub(super) former_since: Option<Duration>,
    /// What is not read again when files are looked for beside this path.
    pub(super) known: KnownFiles,
    /// When the last file that stood here was last known to be written to, in nanoseconds since
    /// the epoch: what came between it and the next is no older.
    pub(super) since_ns: i64,
    /// What could not be looked for when it was to be.
    pub(super) unsearched: Option<Unsearched>,
    /// Whether files may have stood here unseen.
    pub(super) was_followed: bool,
    /// What was last told to be wrong.
    complaint: Option<NoticeKind>,
    /// Whether the last attempt to read a file failed that had been opened.
    pub(super) read_failed: bool,
    told: Told,
    missing_since: Option<Duration>,
}

/// A search for files that stood at a path unseen, to be done again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unsearched {
    /// What they were last written to at the earliest, in nanoseconds since the epoch.
    pub(super) since_ns: i64,
    pub(super) retry_at: Duration,
}

/// How a path is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As files, which come and go.
    Files,
    /// By a thread of its own.
    Stream,
    /// Not at all: nothing more can come.
    Ended,
}

/// What was last told about what stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Waiting,
    Opened,
    /// The same, and what stands here was truncated since an earlier run had read it.
    Refilled,
    Gone,
}

impl FollowedPath {
    pub(super) fn new(source: SourceId, path: PathBuf, start: Start, from_glob: bool) -> Self {
        Self {
            source,
            path,
            from_glob,
            start,
            reading: Reading::Files,
            current: None,
            draining: VecDeque::new(),
            former: VecDeque::new(),
            former_since: None,
            known: KnownFiles::default(),
            since_ns: i64::MIN,
            unsearched: None,
            was_followed: false,
            complaint: None,
            read_failed: false,
            told: Told::Nothing,
            missing_since: None,
        }
    }

    /// Everything that is held open here.
    pub(super) fn contents(&self) -> impl Iterator<Item = &Content> {
        self.draining.iter().map(|old| &old.content).chain(&self.current)
    }

    /// The same, to be worked on.
    pub(super) fn contents_mut(&mut self) -> impl Iterator<Item = &mut Content> {
        self.draining.iter_mut().map(|old| &mut old.content).chain(&mut self.current)
    }

    /// Whether the file of that identity stands here, as far as is known.
    pub(super) fn reads(&self, identity: FileIdentity) -> bool {
        self.current.as_ref().is_some_and(|file| file.identity() == identity)
    }

    /// Whether the file of that identity is read here, under whatever name, and not only for what
    /// an earlier run had read.
    pub(super) fn holds(&self, identity: FileIdentity) -> bool {
        self.contents().any(|file| file.identity() == identity && !file.is_warm_only())
    }

    /// Gives away the file of that identity, as it now stands at another path.
    pub(super) fn give(&mut self, identity: FileIdentity) -> Option<Content> {
        if self.reads(identity) {
            return self.current.take();
        }
        let is_it =
            |old: &RotatedFile| old.content.identity() == identity && !old.content.is_warm_only();
        let index = self.draining.iter().position(is_it)?;
        self.draining.remove(index).map(|old| old.content)
    }

    /// Whether nothing has stood here for `span` and nothing is left to be read.
    pub(super) fn is_abandoned(&self, span: Duration, now: Duration) -> bool {
        self.missing_since.is_some_and(|since| now.saturating_sub(since) >= span)
            && self.reading == Reading::Files
            && self.draining.is_empty()
    }

    /// Whether what was there when following began was read, as far as it can be.
    pub(super) fn is_caught_up(&self) -> bool {
        self.reading != Reading::Files
            || self.read_failed
            || self.former.is_empty() && self.contents().all(Content::is_caught_up)
    }

    /// Tells what is wrong, unless that was the last thing told.
    pub(super) fn complain(&mut self, kind: NoticeKind, context: &mut Context) {
        if self.complaint.as_ref() != Some(&kind) {
            self.complaint = Some(kind.clone());
            self.tell(kind, context);
        }
    }

    pub(super) fn cannot_read(&mut self, error: &io::Error, context: &mut Context) {
        self.complain(NoticeKind::CannotRead { error: error.to_string() }, context);
    }

    /// What stands here cannot be looked at or opened. What was read here is read on, and is itself
    /// asked for its size.
    pub(super) fn is_closed_off(&mut self, error: &io::Error, context: &mut Context) {
        self.cannot_read(error, context);
        let looked = self.current.as_mut().map(|file| file.look(context.now));
        self.take_notice(looked, context);
    }

    /// Nothing stands here.
    pub(super) fn is_missing(&mut self, context: &mut Context) {
        self.start = Start::Beginning;
        self.complaint = None;
        self.let_go(context);
        let since = *self.missing_since.get_or_insert(context.now);
        match self.told {
            Told::Nothing => {
                self.told = Told::Waiting;
                context.said.push(Tail::Waiting { path: self.path.clone() });
            }
            Told::Opened | Told::Refilled if context.now.saturating_sub(since) >= GONE_AFTER => {
                self.told = Told::Gone;
                self.tell(NoticeKind::Gone, context);
            }
            _ => {}
        }
    }

    /// The file that is read here is in this state now.
    pub(super) fn saw(&mut self, state: FileState, context: &mut Context) {
        self.missing_since = None;
        let looked = self.current.as_mut().map(|file| file.saw(state, context.now));
        if let Some(Ok(true)) = looked {
            self.recovered(context);
        }
        self.take_notice(looked, context);
    }

    /// What a look at the file that is read here came to: whether it is what it was.
    fn take_notice(&mut self, looked: Option<io::Result<bool>>, context: &mut Context) {
        match looked {
            Some(Ok(false)) => self.was_truncated(context),
            Some(Err(error)) => self.cannot_read(&error, context),
            Some(Ok(true)) | None => {}
        }
    }

    /// The file that is read here was truncated.
    pub(super) fn was_truncated(&mut self, context: &mut Context) {
        self.complaint = None;
        if let Some(former) = self.current.as_mut().and_then(Content::restart) {
            self.keep_former(former, context);
        }
    }

    /// Keeps what was truncated away until copies of it were looked for.
    pub(super) fn keep_former(&mut self, former: FormerContent, context: &mut Context) {
        if former.is_empty() && self.awaits_former_of(former.position.file.identity) {
            return;
        }
        if self.former.len() >= FORMER_CONTENTS_MAX
            && let Some(oldest) = self.former.pop_front()
        {
            self.looked_for_former(&oldest, Vec::new(), Vec::new(), context);
        }
        self.former.push_back(former);
    }

    /// Whether copies are still to be looked for of what the file of that identity was.
    pub(super) fn awaits_former_of(&self, identity: FileIdentity) -> bool {
        self.former.iter().any(|former| former.position.file.identity == identity)
    }

    /// What stands here was truncated since an earlier run had read it.
    pub(super) fn was_refilled(&mut self, context: &mut Context) {
        self.say_opened(context);
        self.told = Told::Refilled;
    }

    pub(super) fn say_reading(&self, position: Position, context: &mut Context) {
        context.said.push(Tail::Reading { source: self.source, position });
    }

    /// The file at `position`, which begins with `head` as far as that is known, is read no more.
    pub(super) fn closed(&mut self, position: &Position, head: &[u8], context: &mut Context) {
        self.known.was_read(position, head);
        let file = std::sync::Arc::clone(&position.file);
        context.said.push(Tail::Closed { source: self.source, file });
    }

    /// What is behind `position` cannot be read.
    pub(super) fn lost(&self, position: &Position, cause: LossCause, context: &mut Context) {
        let Position { file, offset: from, size_bytes: to, .. } = position;
        if to > from {
            context.said.push(Tail::Lost(Loss {
                source: self.source,
                path: file.path.clone(),
                from: *from,
                to: *to,
                lines: 1,
                cause,
            }));
        }
    }

    /// `file` stands here from now on; the one before it is drained.
    pub(super) fn opened(&mut self, file: Content, context: &mut Context) {
        self.let_go(context);
        let position = file.position();
        // Whoever wrote to the old files learns of the new one only now.
        for old in &mut self.draining {
            old.quiet_since = context.now;
        }
        self.current = Some(file);
        self.start = Start::Beginning;
        self.missing_since = None;
        let kind = match self.told {
            Told::Refilled => Some(NoticeKind::Truncated),
            Told::Opened => Some(NoticeKind::Rotated),
            Told::Gone => Some(NoticeKind::Returned),
            Told::Nothing | Told::Waiting => None,
        };
        if let Some(kind) = kind {
            self.told = Told::Opened;
            self.tell(kind, context);
        } else {
            self.say_opened(context);
            self.recovered(context);
        }
        self.complaint = None;
        self.say_reading(position, context);
    }

    /// Tells that there is something to read from now on, unless that was told.
    pub(super) fn say_opened(&mut self, context: &mut Context) {
        if matches!(self.told, Told::Nothing | Told::Waiting) {
            context.said.push(Tail::Opened { source: self.source, path: self.path.clone() });
        }
        if self.told != Told::Refilled {
            self.told = Told::Opened;
        }
    }

    /// What stood here stands here no longer, and is drained.
    pub(super) fn let_go(&mut self, context: &mut Context) {
        let Some(mut file) = self.current.take() else {
            return;
        };
        self.since_ns = file.position().modified_ns;
        if file.is_ignored() {
            return;
        }
        // What was written to it before it was replaced is read before what replaced it.
        match file.look(context.now) {
            Ok(true) => {}
            Ok(false) => {
                if let Some(former) = file.restart() {
                    self.keep_former(former, context);
                }
            }
            Err(error) => self.cannot_read(&error, context),
        }
        if self.draining.iter().filter(|old| !old.found).count() >= DRAINING_FILES_MAX
            && let Some(oldest) = self.draining.iter().position(|old| !old.found)
            && let Some(old) = self.draining.remove(oldest)
        {
            let position = old.content.position();
            self.lost(&position, LossCause::LetGo, context);
            self.closed(&position, old.content.head(), context);
        }
        self.draining.push_back(RotatedFile {
            content: file,
            quiet_since: context.now,
            last_line: LastLine::Whole,
            found: false,
        });
    }

    /// What stands here can be looked at; where it could not, that is told.
    fn recovered(&mut self, context: &mut Context) {
        if matches!(self.complaint, Some(NoticeKind::CannotRead { .. })) {
            self.complaint = None;
            self.tell(NoticeKind::Readable, context);
        }
    }

    pub(super) fn tell(&self, kind: NoticeKind, context: &mut Context) {
        let path = self.path.clone();
        context.said.push(Tail::Notice(Notice { source: Some(self.source), path, kind }));
    }
}
