//! One path that is followed, through every file that stands there in turn.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::batch::{BatchPool, LineBatch, SourceId};
use super::followed_file::{FollowedFile, Start};
use super::identity::FileIdentity;
use super::line_buffer::End;
use super::message::{Notice, NoticeKind, Tail};
use super::settings::Settings;

/// The most rotated files of one path that are drained at once; the oldest is let go for a further
/// one. At one rotation a second and the default wait, five are.
pub const DRAINING_FILES_MAX: usize = 8;

/// How long nothing may stand at a path before that is worth telling: a rotation leaves the path
/// empty for a moment, too.
const GONE_AFTER: Duration = Duration::from_secs(1);

/// What a round of looking and reading works with.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) settings: Settings,
    pub(super) pool: BatchPool,
    /// The time of this round.
    pub(super) now: Duration,
    /// When globs were last evaluated; the end of time where there are none.
    pub(super) scanned_at: Duration,
    /// What is to be sent, in order.
    pub(super) said: Vec<Tail>,
}

impl Context {
    pub(super) fn hand_over(&mut self, batch: LineBatch) {
        if batch.is_empty() {
            self.pool.give_back(batch);
        } else {
            self.said.push(Tail::Batch(batch));
        }
    }

    fn lost(&mut self, source: SourceId, bytes: u64) {
        if bytes > 0 {
            self.said.push(Tail::Lost { source, bytes, lines: 1 });
        }
    }
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
    current: Option<FollowedFile>,
    draining: VecDeque<DrainingFile>,
    /// What was last told to be wrong.
    complaint: Option<NoticeKind>,
    /// Whether the last attempt to read a file failed that had been opened.
    read_failed: bool,
    told: Told,
    missing_since: Option<Duration>,
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
    Gone,
}

/// A file that no longer stands at its path.
#[derive(Debug)]
struct DrainingFile {
    file: FollowedFile,
    quiet_since: Duration,
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
            complaint: None,
            read_failed: false,
            told: Told::Nothing,
            missing_since: None,
        }
    }

    /// Whether the file of that identity stands here, as far as is known.
    pub(super) fn reads(&self, identity: FileIdentity) -> bool {
        self.current.as_ref().is_some_and(|file| file.identity() == identity)
    }

    /// Whether the file of that identity is read here, under whatever name.
    pub(super) fn holds(&self, identity: FileIdentity) -> bool {
        self.reads(identity) || self.draining.iter().any(|old| old.file.identity() == identity)
    }

    /// Gives away the file of that identity, as it now stands at another path.
    pub(super) fn give(&mut self, identity: FileIdentity) -> Option<FollowedFile> {
        if self.reads(identity) {
            return self.current.take();
        }
        let index = self.draining.iter().position(|old| old.file.identity() == identity)?;
        self.draining.remove(index).map(|old| old.file)
    }

    /// Whether nothing has stood here for `span` and nothing is left to be read.
    pub(super) fn is_abandoned(&self, span: Duration, now: Duration) -> bool {
        self.missing_since.is_some_and(|since| now.saturating_sub(since) >= span)
            && self.reading == Reading::Files
            && self.draining.is_empty()
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
        if let Some(file) = &mut self.current
            && let Err(error) = file.look()
        {
            self.cannot_read(&error, context);
        }
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
            Told::Opened if context.now.saturating_sub(since) >= GONE_AFTER => {
                self.told = Told::Gone;
                self.tell(NoticeKind::Gone, context);
            }
            _ => {}
        }
    }

    /// The file that is read here has this size now.
    pub(super) fn saw_size(&mut self, size_bytes: u64, context: &mut Context) {
        self.missing_since = None;
        let Some(file) = &mut self.current else {
            return;
        };
        match file.saw_size(size_bytes) {
            Ok(None) => self.recovered(context),
            Ok(Some(lost_bytes)) => {
                self.complaint = None;
                context.lost(self.source, lost_bytes);
                self.tell(NoticeKind::Truncated, context);
            }
            Err(error) => self.cannot_read(&error, context),
        }
    }

    /// `file` stands here from now on; the one before it is drained.
    pub(super) fn opened(&mut self, file: FollowedFile, context: &mut Context) {
        self.let_go(context);
        // Whoever wrote to the old files learns of the new one only now.
        for old in &mut self.draining {
            old.quiet_since = context.now;
        }
        self.current = Some(file);
        self.start = Start::Beginning;
        self.missing_since = None;
        let kind = match self.told {
            Told::Opened => NoticeKind::Rotated,
            Told::Gone => NoticeKind::Returned,
            Told::Nothing | Told::Waiting => {
                self.say_opened(context);
                self.recovered(context);
                self.complaint = None;
                return;
            }
        };
        self.told = Told::Opened;
        self.complaint = None;
        self.tell(kind, context);
    }

    /// Tells that there is something to read from now on, unless that was told.
    pub(super) fn say_opened(&mut self, context: &mut Context) {
        if matches!(self.told, Told::Nothing | Told::Waiting) {
            context.said.push(Tail::Opened { source: self.source, path: self.path.clone() });
        }
        self.told = Told::Opened;
    }

    /// What stood here stands here no longer, and is drained.
    pub(super) fn let_go(&mut self, context: &mut Context) {
        let Some(mut file) = self.current.take().filter(|file| !file.is_ignored()) else {
            return;
        };
        // What was written to it before it was replaced is read before what replaced it.
        if let Err(error) = file.look() {
            self.cannot_read(&error, context);
        }
        if self.draining.len() >= DRAINING_FILES_MAX
            && let Some(oldest) = self.draining.pop_front()
        {
            context.lost(self.source, oldest.file.pending_bytes());
        }
        self.draining.push_back(DrainingFile { file, quiet_since: context.now });
    }

    /// Looks at the files that no longer stand here.
    pub(super) fn look_at_draining(&mut self, context: &mut Context) {
        let results: Vec<_> = self.draining.iter_mut().map(|old| old.file.look()).collect();
        for error in results.into_iter().filter_map(Result::err) {
            self.cannot_read(&error, context);
        }
    }

    /// Reads at most a batch, of the oldest file that has something, so that the lines of a
    /// rotated file come before those of its successor. Returns whether there is more.
    pub(super) fn read(&mut self, context: &mut Context) -> bool {
        for index in 0..self.draining.len() {
            if let Some(mut old) = self.draining.remove(index) {
                let (bytes, more) = self.read_file(&mut old.file, context);
                if bytes > 0 {
                    old.quiet_since = context.now;
                }
                self.draining.insert(index, old);
                if more {
                    return true;
                }
            }
        }
        self.close_quiet(context);
        let Some(mut file) = self.current.take() else {
            return false;
        };
        let (_, more) = self.read_file(&mut file, context);
        self.current = Some(file);
        more
    }

    /// Lets go of files that are quiet for long enough and cannot be expected to be written to: a
    /// deleted one, and a renamed one whose successor is there. Their last line is complete. A glob
    /// that matches the new name must have had its chance to take the file over, or it would be
    /// read twice.
    fn close_quiet(&mut self, context: &mut Context) {
        let has_successor = self.current.is_some();
        let mut kept = VecDeque::with_capacity(self.draining.len());
        while let Some(mut old) = self.draining.pop_front() {
            let quiet = context.now.saturating_sub(old.quiet_since);
            let closing = has_successor || old.file.is_deleted();
            let unclaimed = context.scanned_at > old.quiet_since;
            if closing && unclaimed && quiet >= context.settings.rotate_wait {
                // What is unread by now cannot be read.
                context.lost(self.source, old.file.unread_bytes());
                let mut batch = context.pool.take(self.source);
                old.file.finish(&mut batch);
                context.hand_over(batch);
            } else {
                kept.push_back(old);
            }
        }
        self.draining = kept;
    }

    /// Reads at most a batch of `file`: how many bytes that were, and whether there is more.
    fn read_file(&mut self, file: &mut FollowedFile, context: &mut Context) -> (u64, bool) {
        if file.unread_bytes() == 0 {
            return (0, false);
        }
        match file.ignore_compressed() {
            Ok(false) => {}
            Ok(true) => {
                self.complain(NoticeKind::Compressed, context);
                return (0, false);
            }
            Err(error) => {
                self.reading_failed(&error, context);
                return (0, false);
            }
        }
        let mut batch = context.pool.take(self.source);
        let filled = file.read(&mut batch);
        context.hand_over(batch);
        match filled.end {
            End::Limit => {
                self.reading_worked(context);
                (filled.bytes, file.unread_bytes() > 0)
            }
            End::Input => (filled.bytes, false),
            End::Failed(error) => {
                self.reading_failed(&error, context);
                (filled.bytes, false)
            }
        }
    }

    fn reading_failed(&mut self, error: &io::Error, context: &mut Context) {
        if !std::mem::replace(&mut self.read_failed, true) {
            let error = error.to_string();
            self.tell(NoticeKind::CannotRead { error }, context);
        }
    }

    fn reading_worked(&mut self, context: &mut Context) {
        if std::mem::take(&mut self.read_failed) {
            self.tell(NoticeKind::Readable, context);
        }
    }

    /// What stands here can be looked at; where it could not, that is told.
    fn recovered(&mut self, context: &mut Context) {
        if matches!(self.complaint, Some(NoticeKind::CannotRead { .. })) {
            self.complaint = None;
            self.tell(NoticeKind::Readable, context);
        }
    }

    fn tell(&self, kind: NoticeKind, context: &mut Context) {
        let path = self.path.clone();
        context.said.push(Tail::Notice(Notice { source: Some(self.source), path, kind }));
    }
}
