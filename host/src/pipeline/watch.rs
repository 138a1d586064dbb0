//! The plugins directory, looked at while a run goes on: on a thread of its own, which reads,
//! compiles and configures what has changed, so that nothing waits for that.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, select};

use super::PipelineError;
use super::around::LiveSettings;
use super::assembly::{Assembly, log_all, refusal, tell_withheld, wanted};
use crate::causes::with_causes;
use crate::config::Settings;
use crate::diagnostics::Diagnostics;
use crate::event::{Consequence, Fault, PluginIdentity};
use crate::monitor::{
    Declared, LOCK_FILE, Limits, Monitor, MonitorError, MonitorSettings, PLUGINS_MAX, Plugin,
    Plugins, Sandbox, StartError, load_fault,
};

/// Changes that may wait for the run; the directory is looked at again once it has taken one.
const CHANGES_MAX: usize = 1;

/// How a plugins directory is watched.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The directory.
    pub dir: PathBuf,
    /// How often it is looked at, and how long a file must be as it is before it is read.
    pub interval: Duration,
    /// What monitors are told, and may use.
    pub settings: Arc<Settings>,
    /// Whether a run can end and another go on where it was. None can where a stream is followed: what
    /// a thread has read of it and what still waits there cannot be told apart from outside.
    pub hands_over: bool,
}

/// What a file of the directory is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

/// The files of a plugins directory, by the names of their plugins, and its lock by its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Files(BTreeMap<String, Stamp>);

impl Files {
    /// Those that are there now. A link is what it leads to; one that leads nowhere is no file.
    pub(super) fn of(dir: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            let name = if path.extension().is_some_and(|extension| extension == "wasm") {
                path.file_stem()
            } else {
                path.file_name().filter(|name| *name == LOCK_FILE)
            };
            // Of a directory that holds more than may be loaded, nothing is.
            if let Some(name) = name.filter(|_| files.len() <= PLUGINS_MAX + 1)
                && let Ok(found) = fs::metadata(&path)
            {
                let name = name.to_string_lossy().into_owned();
                let stamp = Stamp {
                    device: found.dev(),
                    inode: found.ino(),
                    bytes: found.len(),
                    modified: (found.mtime(), found.mtime_nsec()),
                };
                files.insert(name, stamp);
            }
        }
        Ok(Self(files))
    }

    /// The names that stand for something else than before.
    fn differing(&self, before: &Self) -> BTreeSet<String> {
        let names = self.0.keys().chain(before.0.keys());
        names.filter(|name| self.0.get(*name) != before.0.get(*name)).cloned().collect()
    }
}

/// What came of a change of the directory.
#[derive(Default)]
pub(super) struct Change {
    /// What cannot be used, and why; without a time, as no clock is read here.
    pub(super) faults: Vec<Fault>,
    /// Monitors for the places of those of the same names, which ask for what those ask for.
    pub(super) replacements: Vec<Monitor>,
    /// What only another run can have.
    pub(super) reshaped: Option<Reshaped>,
}

/// Monitors that ask for other things, that are new, or that are gone.
pub(super) struct Reshaped {
    /// All that are to run, in their order.
    pub(super) names: Vec<Arc<str>>,
    /// Those of them that are new, or take another's place.
    pub(super) fresh: Vec<Monitor>,
    /// The directory as it then was.
    pub(super) files: Files,
}

/// The run's end of the thread, which ends when this is dropped.
pub(super) struct Watcher {
    pub(super) changes: Receiver<Change>,
    _until_dropped: Option<Sender<()>>,
}

/// A monitor that runs.
struct Known {
    name: Arc<str>,
    plugin: String,
    identity: Arc<PluginIdentity>,
    limits: Limits,
    declared: Declared,
}

impl Known {
    fn of(monitor: &Monitor) -> Self {
        Self {
            name: Arc::clone(monitor.name()),
            plugin: monitor.plugin().to_owned(),
            identity: Arc::clone(monitor.identity()),
            limits: monitor.limits().clone(),
            declared: monitor.declared().clone(),
        }
    }

    /// Whether a monitor that is started with this would be the same.
    fn is(&self, plugin: &Plugin, settings: &MonitorSettings) -> bool {
        self.plugin == plugin.name
            && self.limits == settings.limits
            && self.identity.sha256 == plugin.sha256()
    }
}

impl Watcher {
    /// Looks at the directory from now on, where that is wanted; what was assembled came from it.
    pub(super) fn of(
        settings: &LiveSettings,
        assembly: &Assembly,
        diagnostics: &Diagnostics,
    ) -> Result<Self, PipelineError> {
        let Some(watch) = settings.watch.clone() else {
            return Ok(Self { changes: crossbeam_channel::never(), _until_dropped: None });
        };
        let (to_run, changes) = bounded(CHANGES_MAX);
        let (until_dropped, stop) = bounded(0);
        let thread = Thread {
            watch,
            sandbox: Arc::clone(&assembly.sandbox),
            known: assembly.monitors.iter().map(Known::of).collect(),
            diagnostics: diagnostics.clone(),
            looked_into: assembly.files.clone(),
        };
        std::thread::Builder::new()
            .name("weir-plugins".to_owned())
            .spawn(move || thread.run(&stop, &to_run))
            .map_err(|source| PipelineError::Thread { name: "plugins", source })?;
        Ok(Self { changes, _until_dropped: Some(until_dropped) })
    }
}

struct Thread {
    watch: Watch,
    sandbox: Arc<Sandbox>,
    known: Vec<Known>,
    diagnostics: Diagnostics,
    /// The files as they were when they were last read.
    looked_into: Files,
}

impl Thread {
    fn run(mut self, stop: &Receiver<()>, changes: &Sender<Change>) {
        let mut before = self.looked_into.clone();
        let mut is_readable = true;
        while stop.recv_timeout(self.watch.interval) == Err(RecvTimeoutError::Timeout) {
            let now = match Files::of(&self.watch.dir) {
                Ok(files) => files,
                Err(error) => {
                    if std::mem::take(&mut is_readable) {
                        let dir = self.watch.dir.display();
                        self.diagnostics.warning(format_args!(
                            "{dir}: the plugins directory cannot be read, all goes on as before: \
                             {error}"
                        ));
                    }
                    continue;
                }
            };
            is_readable = true;
            // A file that is still being written is not what it was an interval ago.
            let busy = now.differing(&before);
            let mut settled = now.differing(&self.looked_into);
            settled.retain(|name| !busy.contains(name));
            before = now;
            if settled.is_empty() {
                continue;
            }
            let Some(change) = self.look_into(settled, &mut before) else {
                continue;
            };
            let is_last = change.reshaped.is_some();
            select! {
                send(changes, change) -> sent => if sent.is_err() || is_last { return },
                recv(stop) -> _ => return,
            }
        }
    }

    /// Reads, compiles and configures what these names stand for; `files` is what there was before
    /// and becomes what there was afterwards.
    fn look_into(&mut self, mut names: BTreeSet<String>, files: &mut Files) -> Option<Change> {
        let plugins = Plugins::discover(Some(&self.watch.dir));
        let afterwards = Files::of(&self.watch.dir).unwrap_or_default();
        let busy = afterwards.differing(files);
        names.retain(|name| !busy.contains(name));
        for name in &names {
            match files.0.get(name) {
                Some(stamp) => self.looked_into.0.insert(name.clone(), *stamp),
                None => self.looked_into.0.remove(name),
            };
        }
        *files = afterwards;
        match plugins {
            Ok(plugins) => self.compare(&plugins, &names),
            Err(error) => {
                self.diagnostics.warning(format_args!(
                    "the plugins directory has changed, all goes on as before: {}",
                    with_causes(&error)
                ));
                None
            }
        }
    }

    fn compare(&mut self, plugins: &Plugins, changed: &BTreeSet<String>) -> Option<Change> {
        // What may be loaded and what it is granted is the lock's word, whatever file that is about.
        let all: BTreeSet<String> = self.looked_into.0.keys().cloned().collect();
        let names = &if changed.contains(LOCK_FILE) { &all | changed } else { changed.clone() };
        let settings = Arc::clone(&self.watch.settings);
        let wanted = wanted(&settings, plugins).monitors;
        let mut change = Change::default();
        let mut fresh = self.start(&wanted, names, &mut change.faults);
        let stands = |plugin: &str| self.looked_into.0.contains_key(plugin);
        for (name, error) in &plugins.unreadable {
            let runs = self.known.iter().any(|known| known.plugin == *name);
            // What was refused before and did not change was told then.
            if stands(name) && (changed.contains(name) || (runs && names.contains(name))) {
                change.faults.push(self.not_used(name, error));
            }
        }
        let is_gone = |known: &&Known| {
            names.contains(&known.plugin)
                && !stands(&known.plugin)
                && !wanted.iter().any(|(_, settings)| settings.name == known.name)
        };
        let gone: BTreeSet<Arc<str>> =
            self.known.iter().filter(is_gone).map(|known| Arc::clone(&known.name)).collect();
        if !self.watch.hands_over {
            change.faults.extend(gone.iter().map(|name| restart_needed(name, "its file is gone")));
            fresh.retain(|monitor| {
                let fits = self.is_like_before(monitor);
                if !fits {
                    let why = "its file is new, or asks for other ticks, questions or rows";
                    change.faults.push(restart_needed(monitor.name(), why));
                }
                fits
            });
        } else if !gone.is_empty() || !fresh.iter().all(|monitor| self.is_like_before(monitor)) {
            let names = self.names(&wanted, &fresh, &gone);
            let files = self.looked_into.clone();
            change.reshaped = Some(Reshaped { names, fresh, files });
            return Some(change);
        }
        for monitor in &fresh {
            let known = self.known.iter_mut().find(|known| known.name == *monitor.name());
            if let Some(known) = known {
                *known = Known::of(monitor);
            }
        }
        change.replacements = fresh;
        let says_something = !change.faults.is_empty() || !change.replacements.is_empty();
        says_something.then_some(change)
    }

    /// Starts the monitors of plugins that are not what they were. Of a plugin that one monitor cannot
    /// run, none is changed.
    fn start(
        &self,
        wanted: &[(&Plugin, MonitorSettings)],
        names: &BTreeSet<String>,
        faults: &mut Vec<Fault>,
    ) -> Vec<Monitor> {
        let (mut fresh, mut unfit) = (Vec::new(), BTreeSet::new());
        for (plugin, settings) in wanted.iter().filter(|(plugin, _)| names.contains(&plugin.name)) {
            let known = self.known.iter().find(|known| known.name == settings.name);
            if known.is_some_and(|known| known.is(plugin, settings)) {
                continue;
            }
            match Monitor::start(&self.sandbox, plugin, settings.clone()) {
                Ok((monitor, said)) => {
                    log_all(&self.diagnostics, &settings.name, &said);
                    tell_withheld(&self.diagnostics, &monitor);
                    fresh.push(monitor);
                }
                Err(error) => {
                    unfit.insert(plugin.name.clone());
                    faults.push(unfit_fault(error, &settings.name, known.is_some()));
                }
            }
        }
        fresh.retain(|monitor| !unfit.contains(monitor.plugin()));
        fresh
    }

    fn is_like_before(&self, monitor: &Monitor) -> bool {
        let known = self.known.iter().find(|known| known.name == *monitor.name());
        known.is_some_and(|known| known.declared.same_as(monitor.declared()))
    }

    /// The names of all that are to run: in the order of a start, then those that only still run.
    fn names(
        &self,
        wanted: &[(&Plugin, MonitorSettings)],
        fresh: &[Monitor],
        gone: &BTreeSet<Arc<str>>,
    ) -> Vec<Arc<str>> {
        let still: Vec<&Arc<str>> = self
            .known
            .iter()
            .map(|known| &known.name)
            .filter(|name| !gone.contains(*name))
            .collect();
        let runs = |name: &&Arc<str>| {
            still.contains(name) || fresh.iter().any(|monitor| monitor.name() == *name)
        };
        let mut names: Vec<Arc<str>> = wanted
            .iter()
            .map(|(_, settings)| &settings.name)
            .filter(runs)
            .map(Arc::clone)
            .collect();
        for name in still {
            if !names.contains(name) {
                names.push(Arc::clone(name));
            }
        }
        names
    }

    fn not_used(&self, plugin: &str, error: &MonitorError) -> Fault {
        let runs = self.known.iter().any(|known| known.plugin == plugin);
        let failed = StartError::Failed(load_fault(plugin, with_causes(error)));
        unfit_fault(failed, plugin, runs)
    }
}

/// The event for a file that cannot be used: what ran goes on, what is new does not begin.
fn unfit_fault(error: StartError, monitor: &str, runs: bool) -> Fault {
    let fault = match error {
        StartError::Failed(fault) => fault,
        StartError::Refused(problems) => refusal(monitor, &problems),
    };
    let consequence = if runs { Consequence::GoesOn } else { Consequence::Ended };
    Fault {
        message: format!("its file as it is now is not used: {}", fault.message),
        consequence,
        ..fault
    }
}

fn restart_needed(monitor: &str, why: &str) -> Fault {
    let message = format!("{why}, which while a stream is followed needs a restart");
    Fault { consequence: Consequence::GoesOn, ..load_fault(monitor, message) }
}
