//! Waking by inotify: which sources something happened to.
//!
//! Directories are watched, not files, so that a file is seen to appear and to be replaced. What
//! happens to a name that nobody follows wakes nobody. However much happens, what waits is a set
//! of sources and one flag.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, bounded};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::batch::SourceId;

/// The names that a source is known by: its path, and what that stands for behind links.
const NAMES_PER_SOURCE_MAX: usize = 2;

/// The watches of all sources.
#[derive(Debug)]
pub(super) struct Wake {
    watcher: RecommendedWatcher,
    changes: Arc<Mutex<Changes>>,
    /// Has something when there are changes to take.
    pub(super) receiver: Receiver<()>,
}

#[derive(Debug, Default)]
struct Changes {
    names: HashMap<PathBuf, SourceId>,
    sources: BTreeSet<SourceId>,
    /// Whether events were lost, so that anything may have changed.
    all: bool,
}

impl Wake {
    /// Begins without a watch.
    pub(super) fn start() -> notify::Result<Self> {
        let (sender, receiver) = bounded(1);
        let changes = Arc::new(Mutex::new(Changes::default()));
        let handler_changes = Arc::clone(&changes);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if locked(&handler_changes).take_in(&event) {
                // A full flag says the same already.
                let _ = sender.try_send(());
            }
        })?;
        Ok(Self { watcher, changes, receiver })
    }

    /// Watches where `path` is and where it leads to. Setting a watch again renews it, which it
    /// needs after its directory was replaced. A directory that is missing cannot be watched yet.
    pub(super) fn watch(&mut self, source: SourceId, path: &Path) -> notify::Result<()> {
        let Ok(absolute) = std::path::absolute(path) else {
            return Ok(());
        };
        self.watch_directory(&absolute)?;
        if let Ok(target) = absolute.canonicalize()
            && target != absolute
        {
            self.watch_directory(&target)?;
            locked(&self.changes).names.entry(target).or_insert(source);
        }
        locked(&self.changes).names.insert(absolute, source);
        Ok(())
    }

    fn watch_directory(&mut self, path: &Path) -> notify::Result<()> {
        let Some(directory) = path.parent() else {
            return Ok(());
        };
        match self.watcher.watch(directory, RecursiveMode::NonRecursive) {
            Err(error) if is_missing(&error) => Ok(()),
            result => result,
        }
    }

    /// Takes the sources that something happened to; `None` is all of them.
    pub(super) fn take(&self) -> Option<BTreeSet<SourceId>> {
        // The flag first: what comes in between is taken now and wakes once for nothing.
        let _ = self.receiver.try_recv();
        let mut changes = locked(&self.changes);
        let sources = std::mem::take(&mut changes.sources);
        if std::mem::take(&mut changes.all) { None } else { Some(sources) }
    }

    /// Forgets the names of sources that are not `followed`, once there are many.
    pub(super) fn prune(&self, count: usize, followed: impl Fn(SourceId) -> bool) {
        let mut changes = locked(&self.changes);
        if changes.names.len() > NAMES_PER_SOURCE_MAX * count {
            changes.names.retain(|_, source| followed(*source));
        }
    }
}

impl Changes {
    /// Whether `event` is about a source.
    fn take_in(&mut self, event: &notify::Result<notify::Event>) -> bool {
        match event {
            // Opening and reading a file changes nothing; we do so ourselves.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => false,
            Ok(event) if !event.need_rescan() => {
                let names = &self.names;
                let found = event.paths.iter().filter_map(|path| names.get(path)).copied();
                let before = self.sources.len();
                self.sources.extend(found);
                self.sources.len() > before
            }
            _ => {
                self.all = true;
                true
            }
        }
    }
}

fn locked(changes: &Mutex<Changes>) -> MutexGuard<'_, Changes> {
    changes.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_missing(error: &notify::Error) -> bool {
    match &error.kind {
        notify::ErrorKind::PathNotFound => true,
        notify::ErrorKind::Io(error) => {
            matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        }
        _ => false,
    }
}
