//! All logs that are followed, one round of looking and reading at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;

use super::STDIN;
use super::batch::{BatchPool, SourceId};
use super::context::Context;
use super::error::TailError;
use super::files::{FileSystem, Look};
use super::followed_path::{FollowedPath, Reading};
use super::globs::Glob;
use super::message::{NoticeKind, Pattern, Tail, Unwanted};
use super::position::Resume;
use super::recorded::Recorded;
use super::settings::Settings;
use super::siblings::Listings;
use super::stream::{StreamMessage, Streams};
use crate::clock::Clock;

/// Follows logs: on one thread, all files; on a thread of its own, each stream.
///
/// Reading begins where the files ended when the follower was made, not when it first runs.
pub struct Follower {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) context: Context,
    pub(super) streams: Streams,
    pub(super) paths: BTreeMap<SourceId, FollowedPath>,
    /// The sources whose watch is to be set, or set anew.
    pub(super) unwatched: BTreeSet<SourceId>,
    pub(super) by_path: HashMap<PathBuf, SourceId>,
    /// The paths that are followed by their names, from the first on.
    pub(super) named: HashSet<PathBuf>,
    pub(super) globs: Vec<Glob>,
    pub(super) recorded: Recorded,
    /// Whether the directories of what is recorded could be read before and after globs were last
    /// evaluated, so that what they did not find is not there.
    pub(super) globs_in_reach: bool,
    pub(super) caught_up_told: bool,
    /// When following began.
    pub(super) started: Duration,
    pub(super) next_scan: Duration,
    pub(super) next_source: u32,
}

/// Which paths a round is about.
pub(super) enum Round {
    /// All of them, and the globs.
    All,
    /// Those that something is known to have happened to.
    Only(BTreeSet<SourceId>),
}

impl Follower {
    /// Opens what there is to follow.
    ///
    /// # Errors
    /// [`TailError::Setting`] and [`TailError::Glob`]; a file that is missing or cannot be read is
    /// none, as it is tried again.
    pub fn new(
        patterns: Vec<Pattern>,
        settings: Settings,
        clock: Arc<dyn Clock>,
        files: Arc<dyn FileSystem>,
        resume: Resume,
    ) -> Result<Self, TailError> {
        settings.check()?;
        let pool = BatchPool::new(settings.batch_bytes_max);
        let now = clock.elapsed();
        let mut follower = Self {
            clock,
            streams: Streams::new(pool.clone(), settings.max_line_bytes),
            context: Context {
                files,
                settings,
                pool,
                now,
                scanned_at: Duration::MAX,
                listings: Listings::default(),
                said: Vec::new(),
            },
            paths: BTreeMap::new(),
            unwatched: BTreeSet::new(),
            by_path: HashMap::new(),
            named: HashSet::new(),
            globs: Vec::new(),
            recorded: Recorded::new(resume),
            globs_in_reach: false,
            caught_up_told: false,
            started: now,
            next_scan: now,
            next_source: 0,
        };
        follower.add_all(patterns)?;
        Ok(follower)
    }

    /// Adds what is followed. What that is has to be known before the first is opened.
    fn add_all(&mut self, patterns: Vec<Pattern>) -> Result<(), TailError> {
        let mut globs = Vec::new();
        for pattern in patterns {
            let glob = Glob::new(&pattern, &*self.context.files)?;
            if let Some(glob) = glob {
                globs.push((pattern, Some(self.globs.len())));
                self.globs.push(glob);
            } else {
                self.named.insert(pattern.path.clone());
                globs.push((pattern, None));
            }
        }
        for (pattern, glob) in globs {
            match glob {
                None => {
                    self.context.listings = Listings::default();
                    self.add(pattern.path, pattern.from, false);
                }
                Some(index) => {
                    if !self.scan(index, true) {
                        self.context.said.push(Tail::Waiting { path: pattern.path });
                    }
                    self.context.scanned_at = self.context.now;
                }
            }
        }
        self.context.listings = Listings::default();
        Ok(())
    }

    /// Where batches go back to that are no longer needed.
    pub fn pool(&self) -> BatchPool {
        self.context.pool.clone()
    }

    /// One round without waiting: looks at every path, reads at most a batch of each, and sends
    /// what there is to tell. Waits only where `out` is full. Returns whether there is more to be
    /// read at once.
    pub fn step(&mut self, out: &Sender<Tail>) -> bool {
        self.round(Round::All, out).is_ok_and(|busy| !busy.is_empty())
    }

    /// Reads what is there by now and not what is written meanwhile, and tells that it was all.
    /// Unfinished lines are not told: their newlines will come later.
    pub fn drain(&mut self, out: &Sender<Tail>) {
        // Where nobody receives any more, nothing is left to do.
        let _ = self.drain_wanted(out);
    }

    fn drain_wanted(&mut self, out: &Sender<Tail>) -> Result<(), Unwanted> {
        self.context.now = self.clock.elapsed();
        self.scan_globs();
        let sources: Vec<_> = self.paths.keys().copied().collect();
        for source in &sources {
            self.check(*source);
        }
        self.flush(out)?;
        let mut more = true;
        while more {
            more = false;
            for source in &sources {
                self.look_for_former(*source, None);
                more |= self.read(*source);
                self.flush(out)?;
            }
        }
        self.tell_caught_up();
        for message in self.streams.drain() {
            self.take_in(message);
            self.flush(out)?;
        }
        self.context.said.push(Tail::AllEnded);
        self.flush(out)
    }

    /// One round. Returns the sources that have more to be read at once.
    pub(super) fn round(
        &mut self,
        round: Round,
        out: &Sender<Tail>,
    ) -> Result<BTreeSet<SourceId>, Unwanted> {
        self.context.now = self.clock.elapsed();
        self.flush(out)?;
        // No more than are there now: a fast stream must not keep the files waiting.
        for _ in 0..self.streams.receiver.len() {
            if let Some(message) = self.streams.next() {
                self.take_in(message);
                self.flush(out)?;
            }
        }
        let sources = match round {
            Round::Only(sources) => sources,
            Round::All => {
                if self.context.now >= self.next_scan {
                    self.scan_globs();
                }
                self.forget_abandoned();
                self.paths.keys().copied().collect()
            }
        };
        // All looks before all reads: a file that moved from one path to another is then read under
        // its new name before anything behind it.
        for source in &sources {
            self.check(*source);
        }
        self.flush(out)?;
        let mut busy = BTreeSet::new();
        for source in sources {
            if self.read(source) {
                busy.insert(source);
            }
            self.flush(out)?;
        }
        self.tell_caught_up();
        self.flush(out)?;
        Ok(busy)
    }

    /// Whether nothing can come any more: only streams were followed, and all are at their end.
    pub(super) fn has_ended(&self) -> bool {
        self.globs.is_empty() && self.paths.values().all(|path| path.reading == Reading::Ended)
    }

    fn flush(&mut self, out: &Sender<Tail>) -> Result<(), Unwanted> {
        self.context.said.drain(..).try_for_each(|tail| out.send(tail).map_err(|_gone| Unwanted))
    }

    /// Tells once that everything was read that was there at the start.
    fn tell_caught_up(&mut self) {
        if !self.caught_up_told
            && self.paths.values().all(FollowedPath::is_caught_up)
            && self.is_resumed()
        {
            self.caught_up_told = true;
            self.context.said.push(Tail::CaughtUp);
        }
    }

    /// Looks at what stands at a path by now, and for what was truncated away there.
    pub(super) fn check(&mut self, source: SourceId) {
        let resumed = self.resume(source);
        self.look_for_former(source, None);
        match resumed {
            Ok(()) => self.check_path(source),
            // It may be one of those that are recorded.
            Err(error) => {
                if let Some(path) = self.paths.get_mut(&source) {
                    path.look_at_draining(&mut self.context);
                    path.is_closed_off(&error, &mut self.context);
                }
            }
        }
        self.look_for_former(source, None);
        self.look_again(source);
    }

    fn check_path(&mut self, source: SourceId) {
        let context = &mut self.context;
        let Some(path) = self.paths.get_mut(&source) else {
            return;
        };
        if path.reading != Reading::Files {
            return;
        }
        path.look_at_draining(context);
        if path.path == Path::new(STDIN) {
            return self.start_stream(source);
        }
        match context.files.look(&path.path) {
            Look::Missing => path.is_missing(context),
            Look::Failed(error) => path.is_closed_off(&error, context),
            Look::NotALog => {
                path.let_go(context);
                path.complain(NoticeKind::NotALog, context);
            }
            Look::Stream => self.start_stream(source),
            Look::File(state) => {
                if path.reads(state.identity) {
                    path.saw(state, context);
                } else {
                    self.open(source, state.identity);
                }
            }
        }
    }

    fn start_stream(&mut self, source: SourceId) {
        let Some(path) = self.paths.get_mut(&source) else {
            return;
        };
        path.let_go(&mut self.context);
        match self.streams.start(source, &path.path) {
            Ok(()) => {
                path.reading = Reading::Stream;
                path.say_opened(&mut self.context);
            }
            Err(error) => path.cannot_read(&error, &mut self.context),
        }
    }

    /// Takes in what a stream says.
    fn take_in(&mut self, message: StreamMessage) {
        match message {
            StreamMessage::Batch(batch) => self.context.hand_over(batch),
            StreamMessage::Ended { source, for_good, error } => {
                let Some(path) = self.paths.get_mut(&source) else {
                    return;
                };
                path.reading = if for_good { Reading::Ended } else { Reading::Files };
                if let Some(error) = error {
                    path.cannot_read(&error, &mut self.context);
                }
                if for_good {
                    self.context.said.push(Tail::Ended { source });
                }
            }
        }
    }

    fn read(&mut self, source: SourceId) -> bool {
        self.paths.get_mut(&source).is_some_and(|path| path.read(&mut self.context))
    }
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower")
            .field("paths", &self.paths)
            .field("globs", &self.globs)
            .finish_non_exhaustive()
    }
}
