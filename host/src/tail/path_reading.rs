//! Reading what a path has: rotated files to their end, then what stands there.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use super::context::Context;
use super::followed_path::FollowedPath;
use super::message::{LossCause, NoticeKind};
use super::rotated_file::{Content, LastLine, ReadEnd, RotatedFile};

/// What reading once came to.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    bytes: u64,
    /// Whether there is more to be read at once.
    more: bool,
    /// Whether the file was found to be truncated.
    truncated: bool,
}

impl FollowedPath {
    /// Looks at the files that no longer stand here.
    pub(super) fn look_at_draining(&mut self, context: &mut Context) {
        for index in 0..self.draining.len() {
            let looked = self.draining.get_mut(index).map(|old| old.content.look(context.now));
            match looked {
                Some(Ok(false)) => self.drained_was_truncated(index, context),
                Some(Err(error)) => self.cannot_read(&error, context),
                Some(Ok(true)) | None => {}
            }
        }
    }

    /// A file that no longer stands here was truncated: what it is is read, once copies of what it
    /// was were looked for.
    fn drained_was_truncated(&mut self, index: usize, context: &mut Context) {
        let Some(old) = self.draining.get_mut(index) else {
            return;
        };
        if old.content.is_warm_only() {
            // What it has now is read where it stands, if anywhere.
            self.draining.remove(index);
            return;
        }
        old.quiet_since = context.now;
        if let Some(former) = old.content.restart() {
            self.keep_former(former, context);
        }
    }

    /// Reads at most a batch, of the oldest file that has something, so that the lines of a
    /// rotated file come before those of its successor. Returns whether there is more.
    pub(super) fn read(&mut self, context: &mut Context) -> bool {
        for index in 0..self.draining.len() {
            let next = self.draining.get(index).map(|old| old.content.identity());
            if next.is_some_and(|identity| self.awaits_former_of(identity)) {
                // What is behind it comes after what it was.
                return false;
            }
            if let Some(mut old) = self.draining.remove(index) {
                let progress = self.read_file(&mut old.content, context);
                if progress.bytes > 0 {
                    old.quiet_since = context.now;
                }
                self.draining.insert(index, old);
                if progress.truncated {
                    self.drained_was_truncated(index, context);
                }
                if progress.more || progress.truncated {
                    return true;
                }
            }
        }
        self.close_quiet(context);
        if !self.former.is_empty() {
            // Until copies of what was truncated away were looked for, with the next round.
            return false;
        }
        let Some(mut file) = self.current.take() else {
            return false;
        };
        let progress = self.read_file(&mut file, context);
        self.current = Some(file);
        if progress.truncated {
            self.was_truncated(context);
        }
        progress.more || progress.truncated
    }

    /// Lets go of files of which nothing more is expected. A glob that matches the new name of one
    /// must have had its chance to take the file over, or it would be read twice.
    fn close_quiet(&mut self, context: &mut Context) {
        let has_successor = self.current.is_some();
        let mut kept = VecDeque::with_capacity(self.draining.len());
        while let Some(old) = self.draining.pop_front() {
            let quiet = context.now.saturating_sub(old.quiet_since);
            let expected = !(has_successor || old.found || old.content.is_deleted());
            let unclaimed = context.scanned_at > old.quiet_since;
            let is_over = old.content.is_over();
            let replaced = self.awaits_former_of(old.content.identity());
            let is_over = is_over && !replaced;
            if is_over || !expected && unclaimed && !replaced && quiet >= old.wait(context) {
                self.close(old, context);
            } else {
                kept.push_back(old);
            }
        }
        self.draining = kept;
    }

    /// Lets go of a file. Its last line is complete, or else lost.
    fn close(&mut self, mut old: RotatedFile, context: &mut Context) {
        if old.content.is_warm_only() {
            return;
        }
        if old.content.unread_bytes() > 0 {
            // What is unread by now cannot be read.
            self.lost(&old.content.position(), LossCause::LetGo, context);
        } else if old.last_line == LastLine::Cut {
            self.lost(&old.content.position(), LossCause::Truncated, context);
        } else {
            let mut batch = context.pool.take(self.source);
            old.content.finish(&mut batch);
            batch.behind_bytes = self.unread_bytes();
            context.hand_over(batch);
        }
        self.closed(&old.content.position(), old.content.head(), context);
    }

    /// How many bytes of everything that is held open here are known to be unread.
    fn unread_bytes(&self) -> u64 {
        self.contents().map(Content::unread_bytes).sum()
    }

    /// Reads at most a batch of `file`.
    fn read_file(&mut self, file: &mut Content, context: &mut Context) -> Progress {
        if file.unread_bytes() == 0 {
            return Progress::default();
        }
        if file.ignore_compressed() {
            self.complain(NoticeKind::Compressed, context);
            return Progress::default();
        }
        let mut batch = context.pool.take(self.source);
        let read = file.read(&mut batch);
        batch.behind_bytes += self.unread_bytes();
        context.hand_over(batch);
        let mut progress = Progress { bytes: read.bytes, more: false, truncated: false };
        match read.end {
            ReadEnd::Limit => {
                self.reading_worked(context);
                progress.more = file.unread_bytes() > 0;
            }
            ReadEnd::Input => {}
            ReadEnd::Replaced => progress.truncated = true,
            ReadEnd::Failed(error) => self.reading_failed(&error, context),
        }
        progress
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
}

impl RotatedFile {
    /// How long it must have been quiet before it is let go.
    fn wait(&self, context: &Context) -> Duration {
        let settings = &context.settings;
        if self.last_line == LastLine::Whole && self.content.unfinished_bytes() > 0 {
            settings.rotate_wait.max(settings.partial_line_timeout)
        } else {
            settings.rotate_wait
        }
    }
}
