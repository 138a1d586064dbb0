//! One test a hazard, named for it, on real files: each steps the follower by hand on a clock that
//! stands still, so that none of them waits. `running` has the few that run its thread.

mod archive;
mod beside;
mod globs;
mod histories;
mod lines;
mod offsets;
mod refills;
mod resuming;
mod rotation;
mod running;
mod simulation;
mod streams;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use tempfile::TempDir;

use super::{Follower, LineBatch, Pattern, ReadFrom, Resume, STDIN, Settings, SystemFiles, Tail};
use crate::clock::{ManualClock, Timestamp};

/// More than any test has to tell at a time.
const MESSAGES_MAX: usize = 1_024;

/// A directory to write logs in.
struct Logs {
    dir: TempDir,
}

impl Logs {
    fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    fn with(name: &str, text: impl AsRef<[u8]>) -> Self {
        let logs = Self::new();
        logs.append(name, text);
        logs
    }

    fn path(&self, name: &str) -> PathBuf {
        if name == STDIN { PathBuf::from(name) } else { self.dir.path().join(name) }
    }

    fn append(&self, name: &str, text: impl AsRef<[u8]>) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path(name)).unwrap();
        file.write_all(text.as_ref()).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    fn truncate(&self, name: &str) {
        OpenOptions::new().write(true).truncate(true).open(self.path(name)).unwrap();
    }

    fn link(&self, target: &str, name: &str) {
        std::os::unix::fs::symlink(self.path(target), self.path(name)).unwrap();
    }

    fn follow(&self, names: &[&str], from: ReadFrom) -> Following<'_> {
        self.follow_with(names, from, small())
    }

    fn follow_with(&self, names: &[&str], from: ReadFrom, settings: Settings) -> Following<'_> {
        self.follow_on(names, from, settings, Resume::default())
    }

    /// Goes on where `resume` says.
    fn follow_on(
        &self,
        names: &[&str],
        from: ReadFrom,
        settings: Settings,
        resume: Resume,
    ) -> Following<'_> {
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_000)));
        let patterns = names.iter().map(|name| Pattern { path: self.path(name), from }).collect();
        let files = Arc::new(SystemFiles);
        let follower = Follower::new(patterns, settings, clock.clone(), files, resume).unwrap();
        let (out, received) = bounded(MESSAGES_MAX);
        Following { logs: self, clock, follower, out, received }
    }

    /// A message as the tests read it, with paths inside the directory.
    fn shown(&self, tail: Tail) -> Vec<String> {
        let name =
            |path: &Path| path.strip_prefix(self.dir.path()).unwrap_or(path).display().to_string();
        match tail {
            Tail::Opened { source, path } => vec![format!("opened {} {}", source.0, name(&path))],
            Tail::Batch(batch) => shown_lines(&batch),
            Tail::Waiting { path } => vec![format!("waiting for {}", name(&path))],
            Tail::Notice(notice) => {
                let prefix = format!("{}/", self.dir.path().display());
                vec![notice.to_string().replace(&prefix, "")]
            }
            Tail::Lost(loss) => {
                vec![format!(
                    "lost {}: {} bytes, {} lines",
                    loss.source.0,
                    loss.bytes(),
                    loss.lines
                )]
            }
            Tail::Reading { .. } | Tail::Closed { .. } | Tail::CaughtUp => Vec::new(),
            Tail::Ended { source } => vec![format!("ended {}", source.0)],
            Tail::AllEnded => vec!["all ended".to_owned()],
        }
    }
}

/// The smallest lines and batches there can be, so that tests meet their limits.
fn small() -> Settings {
    Settings { max_line_bytes: 256, batch_bytes_max: 4_096, ..Settings::default() }
}

fn shown_lines(batch: &LineBatch) -> Vec<String> {
    let warm = if batch.warm { " warm" } else { "" };
    let source = format!("{}{warm}", batch.source.0);
    let mut shown: Vec<_> =
        batch.lines().map(|line| format!("{source}: {}", line.escape_ascii())).collect();
    if batch.too_long > 0 {
        shown.push(format!("{}: {} too long", batch.source.0, batch.too_long));
    }
    shown
}

/// A follower that is stepped by hand.
struct Following<'logs> {
    logs: &'logs Logs,
    clock: Arc<ManualClock>,
    follower: Follower,
    out: Sender<Tail>,
    received: Receiver<Tail>,
}

impl Following<'_> {
    /// Steps until there is nothing more to be read, and returns what was told.
    fn told(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        let mut more = true;
        while more {
            more = self.follower.step(&self.out);
            told.extend(self.received());
        }
        told
    }

    fn told_after(&mut self, span: Duration) -> Vec<String> {
        self.clock.advance(span);
        self.told()
    }

    fn received(&self) -> Vec<String> {
        self.received.try_iter().flat_map(|tail| self.logs.shown(tail)).collect()
    }

    fn drained(&mut self) -> Vec<String> {
        self.follower.drain(&self.out);
        self.received()
    }
}
