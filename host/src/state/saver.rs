//! A thread that writes checkpoints, so that a slow disk never holds up reading.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{Snapshot, StateDir, StateError};
use crate::causes::with_causes;

/// How long the end of the program waits for its last checkpoint: enough for a busy disk, and well
/// within what a service manager grants before it kills.
pub const FINISH_WAIT_MAX: Duration = Duration::from_secs(10);

/// One offered snapshot, and the last one, which must find room whatever was offered before.
const JOBS_MAX: usize = 2;

/// Writes checkpoints behind the pipeline's back.
#[derive(Debug)]
pub struct Saver {
    checkpoint: PathBuf,
    jobs: Sender<Job>,
    /// The outcome of the last job.
    finished: Receiver<Result<(), StateError>>,
    /// Whether an offered snapshot is not yet written.
    busy: Arc<AtomicBool>,
}

/// A change that people should know of; between two of them all is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum SaverReport {
    /// Checkpoints cannot be written any more; this is tried again with each.
    Failing(StateError),
    /// They can be written again.
    Working {
        /// The checkpoint.
        checkpoint: PathBuf,
    },
}

impl fmt::Display for SaverReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failing(error) => {
                write!(f, "no checkpoint is written, trying again: {}", with_causes(error))
            }
            Self::Working { checkpoint } => {
                write!(f, "checkpoints are written again: {}", checkpoint.display())
            }
        }
    }
}

#[derive(Debug)]
enum Job {
    Save(Snapshot),
    Last(Snapshot),
}

impl Saver {
    /// Starts the thread. `report` is called on it, when writing begins to fail and when it works
    /// again.
    ///
    /// # Errors
    /// [`StateError::Thread`] where the system has no thread to give.
    pub fn spawn(
        dir: StateDir,
        report: impl FnMut(SaverReport) + Send + 'static,
    ) -> Result<Self, StateError> {
        let (jobs, jobs_received) = bounded(JOBS_MAX);
        let (finish, finished) = bounded(1);
        let busy = Arc::new(AtomicBool::new(false));
        let checkpoint = dir.checkpoint();
        let worker = Worker { dir, busy: Arc::clone(&busy), report, failing: false };
        let thread = thread::Builder::new().name("weir-checkpoint".to_owned());
        let spawned = thread.spawn(move || worker.run(&jobs_received, &finish));
        spawned.map_err(|source| StateError::Thread { source })?;
        Ok(Self { checkpoint, jobs, finished, busy })
    }

    /// Whether a snapshot that is offered now would be taken: ask before making one.
    pub fn is_idle(&self) -> bool {
        !self.busy.load(Ordering::Acquire)
    }

    /// Has the snapshot written, unless the one before still is being written: then it is dropped,
    /// as a later one will say more. Never waits.
    ///
    /// Returns whether it was taken.
    pub fn offer(&self, snapshot: Snapshot) -> bool {
        let was_busy = self.busy.swap(true, Ordering::AcqRel);
        !was_busy && self.jobs.try_send(Job::Save(snapshot)).is_ok()
    }

    /// Has the last snapshot written, waits for that, and lets go of the folder.
    ///
    /// # Errors
    /// As [`StateDir::save`], also where that was reported before; [`StateError::Unfinished`] where
    /// it took longer than [`FINISH_WAIT_MAX`].
    pub fn finish(self, last: Snapshot) -> Result<(), StateError> {
        self.finish_within(FINISH_WAIT_MAX, last)
    }

    fn finish_within(self, wait: Duration, last: Snapshot) -> Result<(), StateError> {
        // Where the thread is gone, waiting for its answer ends at once.
        let _ = self.jobs.try_send(Job::Last(last));
        match self.finished.recv_timeout(wait) {
            Ok(saved) => saved,
            Err(_late) => Err(StateError::Unfinished { path: self.checkpoint, waited: wait }),
        }
    }
}

/// The thread's side.
struct Worker<R> {
    dir: StateDir,
    busy: Arc<AtomicBool>,
    report: R,
    failing: bool,
}

impl<R: FnMut(SaverReport)> Worker<R> {
    fn run(mut self, jobs: &Receiver<Job>, finish: &Sender<Result<(), StateError>>) {
        for job in jobs {
            match job {
                Job::Save(snapshot) => {
                    self.save(&snapshot);
                    self.busy.store(false, Ordering::Release);
                }
                Job::Last(snapshot) => {
                    let saved = self.dir.save(&snapshot);
                    // Whoever is told that all is done may open the folder again.
                    drop(self);
                    let _ = finish.send(saved);
                    return;
                }
            }
        }
    }

    fn save(&mut self, snapshot: &Snapshot) {
        let saved = self.dir.save(snapshot);
        let was_failing = std::mem::replace(&mut self.failing, saved.is_err());
        match saved {
            Err(error) if !was_failing => (self.report)(SaverReport::Failing(error)),
            Ok(()) if was_failing => {
                (self.report)(SaverReport::Working { checkpoint: self.dir.checkpoint() });
            }
            Ok(()) | Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::clock::Timestamp;
    use crate::state::Loaded;

    fn snapshot(seconds: i64) -> Snapshot {
        Snapshot { taken_at: Timestamp::from_secs(seconds), ..Snapshot::default() }
    }

    /// A saver to this folder, and its reports. The thread waits where more than `reports_max` were
    /// not received.
    fn saver(path: &Path, reports_max: usize) -> (Saver, Receiver<SaverReport>) {
        let (told, reports) = bounded(reports_max);
        let dir = StateDir::open(path).unwrap();
        let saver = Saver::spawn(dir, move |report| {
            let _ = told.send(report);
        });
        (saver.unwrap(), reports)
    }

    fn wait_until_idle(saver: &Saver) {
        while !saver.is_idle() {
            thread::yield_now();
        }
    }

    /// Offers a snapshot once the one before is written.
    fn offer(saver: &Saver, seconds: i64) {
        wait_until_idle(saver);
        assert!(saver.offer(snapshot(seconds)));
    }

    fn loaded(path: &Path) -> Snapshot {
        match StateDir::open(path).unwrap().load(Timestamp::from_secs(1_000)) {
            Loaded::Snapshot(snapshot) => snapshot,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_last_snapshot_is_on_the_disk_and_the_folder_is_free_when_the_end_was_waited_for() {
        let parent = tempfile::tempdir().unwrap();
        let (saver, reports) = saver(parent.path(), 10);
        for seconds in 1..5 {
            offer(&saver, seconds);
        }
        saver.finish(snapshot(5)).unwrap();
        assert_eq!(loaded(parent.path()), snapshot(5));
        assert_eq!(reports.try_iter().count(), 0);
    }

    #[test]
    fn failing_is_told_once_and_working_again_once() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("state");
        fs::write(&path, "a file in the folder's place").unwrap();
        let (saver, reports) = saver(&path, 10);
        for seconds in 1..4 {
            offer(&saver, seconds);
        }
        wait_until_idle(&saver);
        fs::remove_file(&path).unwrap();
        for seconds in 4..6 {
            offer(&saver, seconds);
        }
        saver.finish(snapshot(6)).unwrap();
        let reports: Vec<SaverReport> = reports.try_iter().collect();
        let [failing @ SaverReport::Failing(_), SaverReport::Working { .. }] = &*reports else {
            panic!("{reports:?}");
        };
        let said = failing.to_string();
        assert!(said.contains("state: cannot be made: "), "with the cause: {said}");
        assert_eq!(loaded(&path), snapshot(6));
    }

    #[test]
    fn an_offer_while_one_is_written_is_refused_and_the_end_waits_no_longer_than_it_may() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("state");
        fs::write(&path, "a file in the folder's place").unwrap();
        let (saver, reports) = saver(&path, 0);
        offer(&saver, 1);
        // The thread is held by its report, as by a disk that does not answer.
        assert!(!saver.is_idle() && !saver.offer(snapshot(2)));
        let late = saver.finish_within(Duration::ZERO, snapshot(3)).unwrap_err();
        assert!(matches!(late, StateError::Unfinished { .. }), "{late}");
        drop(reports);
    }

    #[test]
    fn a_last_snapshot_that_cannot_be_written_is_an_error() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("state");
        fs::write(&path, "a file in the folder's place").unwrap();
        let (saver, _reports) = saver(&path, 10);
        assert!(matches!(saver.finish(snapshot(1)), Err(StateError::Write { .. })));
    }
}
