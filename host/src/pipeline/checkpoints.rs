//! When a checkpoint is due, and what it says.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::core::Core;
use super::progress::Progress;
use crate::causes::with_causes;
use crate::clock::Timestamp;
use crate::sink::RejectsMark;
use crate::state::{RejectsState, Saver, Snapshot, SourceState};
use crate::tail::{Resume, ResumeSource, SourceId};

/// The least time between two checkpoints.
const SPACING: Duration = Duration::from_secs(1);
/// The most time while nothing happens that a restart would have to know: only ticks without a word.
const QUIET_SPACING: Duration = Duration::from_secs(30);
/// How long to wait where one is due and the last one is still being written.
const BUSY_WAIT: Duration = Duration::from_millis(100);
/// The most logs of an earlier run that are remembered while nothing stands at their paths.
const ABSENT_SOURCES_MAX: usize = 1_024;

/// What there is to be known of the logs for a later run.
pub(super) struct Checkpoints {
    saver: Option<Saver>,
    /// Logs of the earlier run that have not been opened in this one, by path.
    absent: HashMap<PathBuf, SourceState>,
    /// The logs that were opened in this one and may come again.
    open: BTreeMap<SourceId, PathBuf>,
    /// When the last one was begun; the first is due at once, so that a kill loses no more than need be.
    saved_at: Option<Duration>,
    changed: bool,
    /// Whether it is known where reading began: before, a checkpoint would leave logs out.
    complete: bool,
}

impl Checkpoints {
    /// Goes on from what an earlier run left.
    pub(super) fn new(saver: Option<Saver>, sources: Vec<SourceState>) -> Self {
        let by_path = |state: SourceState| (state.path.clone(), state);
        let absent = sources.into_iter().take(ABSENT_SOURCES_MAX).map(by_path).collect();
        Self {
            saver,
            absent,
            open: BTreeMap::new(),
            saved_at: None,
            changed: true,
            complete: false,
        }
    }

    /// A log is read now. Returns what an earlier run left of it.
    pub(super) fn opened(&mut self, source: SourceId, path: &Path) -> Option<SourceState> {
        self.open.insert(source, path.to_owned());
        self.changed = true;
        self.absent.remove(path)
    }

    /// Nothing more comes from a log.
    pub(super) fn ended(&mut self, source: SourceId) {
        self.open.remove(&source);
        self.changed = true;
    }

    /// Something happened that a restart would have to know.
    pub(super) fn changed(&mut self) {
        self.changed = true;
    }

    /// Everything is read that was there at the start, so that every log has its position.
    pub(super) fn caught_up(&mut self) {
        self.complete = true;
    }

    /// Whether every log has its position, so that another run can go on from it.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// How long until a checkpoint is due and can be made; `None` where none are made.
    pub(super) fn until_due(&self, elapsed: Duration) -> Option<Duration> {
        let saver = self.saver.as_ref().filter(|_| self.complete)?;
        let spacing = if self.changed { SPACING } else { QUIET_SPACING };
        let due_at = self.saved_at.map_or(Duration::ZERO, |at| at.saturating_add(spacing));
        let wait = due_at.saturating_sub(elapsed);
        Some(if saver.is_idle() { wait } else { wait.max(BUSY_WAIT) })
    }

    /// Makes a checkpoint, if one is due and the last one is written. None is due before everything is
    /// read that was there: until then the one of the earlier run is better.
    pub(super) fn save(
        &mut self,
        core: &mut Core,
        progress: &Progress,
        now: Timestamp,
        elapsed: Duration,
    ) {
        self.changed |= core.take_changed();
        if self.until_due(elapsed) != Some(Duration::ZERO) {
            return;
        }
        let Some(saver) = &self.saver else {
            return;
        };
        if saver.offer(self.snapshot(core, progress, now)) {
            self.saved_at = Some(elapsed);
            self.changed = false;
        }
    }

    /// Makes the last checkpoint of a run, under the same condition.
    pub(super) fn finish(self, core: &Core, progress: &Progress, now: Timestamp) {
        if !self.complete {
            return;
        }
        let snapshot = self.snapshot(core, progress, now);
        if let Some(saver) = self.saver
            && let Err(error) = saver.finish(snapshot)
        {
            let why = with_causes(&error);
            core.diagnostics.warning(format_args!("the last checkpoint was not written: {why}"));
        }
    }

    /// What another run goes on from whose longest window is this one, and what it saves with.
    pub(super) fn hand_over(
        self,
        core: &Core,
        progress: &Progress,
        now: Timestamp,
        window: Duration,
    ) -> (Snapshot, Option<Saver>) {
        let needed = core.needed_from(now).min(now.minus(window));
        (self.snapshot_from(needed, core, progress, now), self.saver)
    }

    fn snapshot(&self, core: &Core, progress: &Progress, now: Timestamp) -> Snapshot {
        self.snapshot_from(core.needed_from(now), core, progress, now)
    }

    /// What there is to be known, with what lies behind `needed` to be read again.
    fn snapshot_from(
        &self,
        needed: Timestamp,
        core: &Core,
        progress: &Progress,
        now: Timestamp,
    ) -> Snapshot {
        let needed = needed.secs();
        let mut sources: Vec<SourceState> = self.absent.values().cloned().collect();
        for (source, account) in (0..).map(SourceId).zip(core.accounts(now)) {
            if let Some(path) = self.open.get(&source).cloned() {
                let files = progress.resume(source, needed);
                sources.push(SourceState { path, account, files });
            }
        }
        let rejects = core.rejects().and_then(|rejects| {
            let RejectsMark { inode, bytes } = rejects.mark()?;
            Some(RejectsState { path: rejects.path().to_owned(), inode, bytes })
        });
        Snapshot { taken_at: now, sources, monitors: core.monitor_states(), rejects }
    }
}

/// Where the tail goes on.
pub(super) fn resume_of(snapshot: &Snapshot) -> Resume {
    let source =
        |state: &SourceState| ResumeSource { path: state.path.clone(), files: state.files.clone() };
    Resume { sources: snapshot.sources.iter().map(source).collect() }
}
