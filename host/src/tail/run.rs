//! The loop around the rounds: what to wait for, and when to stop.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::{Receiver, Select, Sender, TryRecvError, never};

use super::batch::SourceId;
use super::followed_path::Reading;
use super::follower::{Follower, Round};
use super::message::{Notice, NoticeKind, Tail, Unwanted};
use super::wake::Wake;

/// The least time between two rounds that inotify asks for. The first line after a pause is read at
/// once; what a busy writer writes within this time is read together, which costs a fraction.
const ROUND_SPACING: Duration = Duration::from_millis(4);

/// Waking by inotify, as far as it can be had.
struct Watches {
    wake: Option<Wake>,
    failure_said: bool,
}

impl Follower {
    /// Follows until `stop` has a message or its sender is dropped, then drains and returns; also
    /// when every source is a stream at its end, and when nobody receives any more. Belongs on a
    /// thread of its own.
    pub fn run(mut self, out: &Sender<Tail>, stop: &Receiver<()>) {
        if let Ok(()) = self.follow(out, stop) {
            self.drain(out);
        }
    }

    fn follow(&mut self, out: &Sender<Tail>, stop: &Receiver<()>) -> Result<(), Unwanted> {
        let mut watches = Watches { wake: None, failure_said: false };
        if self.context.settings.inotify {
            match Wake::start() {
                Ok(wake) => watches.wake = Some(wake),
                Err(error) => self.polling_only(&mut watches, PathBuf::new(), &error),
            }
        }
        let mut busy = BTreeSet::new();
        let mut next_poll = Duration::ZERO;
        while !told_to_stop(stop) {
            let started = self.clock.elapsed();
            let round = self.next_round(&watches, busy, started >= next_poll);
            if let Round::All = round {
                next_poll = started.saturating_add(self.context.settings.poll_interval);
            }
            busy = self.round(round, out)?;
            if self.has_ended() {
                break;
            }
            if self.set_watches(&mut watches) {
                // What happened before a watch was set wakes nobody.
                next_poll = started;
            } else if busy.is_empty() {
                self.wait(&watches, stop, started, next_poll);
            }
        }
        Ok(())
    }

    /// What the next round is about.
    fn next_round(
        &self,
        watches: &Watches,
        mut busy: BTreeSet<SourceId>,
        poll_is_due: bool,
    ) -> Round {
        let Some(wake) = &watches.wake else {
            return if poll_is_due { Round::All } else { Round::Only(busy) };
        };
        match wake.take() {
            Some(changed) if !poll_is_due => {
                busy.extend(changed);
                Round::Only(busy)
            }
            _ => {
                wake.prune(self.paths.len(), |source| self.paths.contains_key(&source));
                Round::All
            }
        }
    }

    /// Waits for something to do: until the next poll at most.
    fn wait(&self, watches: &Watches, stop: &Receiver<()>, started: Duration, next_poll: Duration) {
        let nothing = never();
        let woken = watches.wake.as_ref().map_or(&nothing, |wake| &wake.receiver);
        let mut select = Select::new();
        select.recv(stop);
        select.recv(&self.streams.receiver);
        let wake_index = select.recv(woken);
        let until_poll = next_poll.saturating_sub(self.clock.elapsed());
        if let Ok(index) = select.ready_timeout(until_poll)
            && index == wake_index
        {
            let since = self.clock.elapsed().saturating_sub(started);
            let mut stop_only = Select::new();
            stop_only.recv(stop);
            // Whether told to stop is asked next in any case.
            let _ = stop_only.ready_timeout(ROUND_SPACING.saturating_sub(since));
        }
    }

    /// Sets the watches of sources that are new or were opened anew; returns whether any was.
    fn set_watches(&mut self, watches: &mut Watches) -> bool {
        let unwatched = std::mem::take(&mut self.unwatched);
        let Some(wake) = &mut watches.wake else {
            return false;
        };
        let mut failure = None;
        for path in unwatched.iter().filter_map(|source| self.paths.get(source)) {
            if path.reading == Reading::Files
                && let Err(error) = wake.watch(path.source, &path.path)
            {
                failure = Some((path.path.clone(), error));
            }
        }
        if let Some((path, error)) = failure {
            self.polling_only(watches, path, &error);
        }
        !unwatched.is_empty()
    }

    fn polling_only(&mut self, watches: &mut Watches, path: PathBuf, error: &notify::Error) {
        if !std::mem::replace(&mut watches.failure_said, true) {
            let kind = NoticeKind::PollingOnly { error: error.to_string() };
            self.context.said.push(Tail::Notice(Notice { source: None, path, kind }));
        }
    }
}

/// Whether there is a message or nobody left to send one.
fn told_to_stop(stop: &Receiver<()>) -> bool {
    !matches!(stop.try_recv(), Err(TryRecvError::Empty))
}
