//! The folder that the checkpoint is kept in.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::format::{CHECKPOINT_BYTES_MAX, decode, encode};
use super::{FormatError, Snapshot, StateError};
use crate::causes::with_causes;
use crate::clock::Timestamp;

/// How far ahead of the clock a checkpoint may have been taken: clocks are set back a little all
/// the time, and one that was taken further ahead says nothing about what there is now.
pub const TAKEN_AHEAD_MAX: Duration = Duration::from_mins(1);

const CHECKPOINT: &str = "checkpoint";
/// What is written before it takes the checkpoint's name. A crash may leave one behind.
const TEMPORARY: &str = "checkpoint.tmp";
/// What could not be used, for whoever wants to know why.
const KEPT_ASIDE: &str = "checkpoint.bad";
const LOCK: &str = "lock";

/// Paths and offsets of logs are nobody else's business.
const DIR_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A state directory, and the right to write to it for as long as this lives.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    /// Locked; `None` while the folder cannot be written.
    lock: Option<File>,
}

/// What a state directory held.
#[derive(Debug)]
pub enum Loaded {
    /// What an earlier run left.
    Snapshot(Snapshot),
    /// No run left anything.
    Nothing,
    /// Something that cannot be gone on from.
    Unusable(Unusable),
}

/// A checkpoint that cannot be gone on from. Displayed as one line with everything that there is
/// to know about it.
#[derive(Debug)]
pub struct Unusable {
    /// The checkpoint.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: UnusableReason,
    /// The name that it is kept under now, or why it could not be given that.
    pub kept: Result<PathBuf, io::Error>,
}

/// Why a checkpoint cannot be gone on from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableReason {
    /// It cannot be read.
    #[error("cannot be read")]
    Unreadable(#[source] io::Error),
    /// A folder, device or the like stands in its place.
    #[error("is not a file")]
    NotAFile,
    /// It is damaged, of another version, or not a checkpoint.
    #[error("cannot be used")]
    Format(#[source] FormatError),
    /// It was taken more than [`TAKEN_AHEAD_MAX`] ahead of the clock.
    #[error("is from the future, it was taken at {taken_at} and now is {now}")]
    FromTheFuture {
        /// When it says that it was taken.
        taken_at: Timestamp,
        /// What the clock says.
        now: Timestamp,
    },
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), with_causes(&self.reason))?;
        match &self.kept {
            Ok(kept) => write!(f, "; it is kept as {}, starting anew", kept.display()),
            Err(error) => write!(f, "; it could not be put aside ({error}), starting anew"),
        }
    }
}

impl StateDir {
    /// Takes a folder for this process, and makes it where it is missing. A folder that cannot be
    /// written is taken, too: [`StateDir::save`] then fails until it can.
    ///
    /// # Errors
    /// [`StateError::Locked`] where another process has it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StateError> {
        let mut dir = Self { path: path.into(), lock: None };
        match dir.take() {
            Err(locked @ StateError::Locked { .. }) => Err(locked),
            // Said by whoever saves, which tries this again.
            Ok(()) | Err(_) => Ok(dir),
        }
    }

    /// The path of the checkpoint.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join(CHECKPOINT)
    }

    /// What an earlier run left. What cannot be used is renamed, so that it is said once and not
    /// overwritten; an older one that was kept so is gone then.
    pub fn load(&self, now: Timestamp) -> Loaded {
        let path = self.checkpoint();
        match read(&path, now) {
            Ok(Some(snapshot)) => Loaded::Snapshot(snapshot),
            Ok(None) => Loaded::Nothing,
            Err(reason) => {
                let aside = self.path.join(KEPT_ASIDE);
                let kept = fs::rename(&path, &aside).map(|()| aside);
                Loaded::Unusable(Unusable { path, reason, kept })
            }
        }
    }

    /// Writes the checkpoint: at every moment the folder holds the old one or the new one, also
    /// when the machine loses power.
    ///
    /// # Errors
    /// [`StateError::Write`] where the system refuses, [`StateError::Format`] where the snapshot is
    /// over a bound, [`StateError::Locked`] where another process took the folder while this one
    /// could not. The checkpoint of before is still there then, and saving can be tried again.
    pub fn save(&mut self, snapshot: &Snapshot) -> Result<(), StateError> {
        let checkpoint = self.checkpoint();
        let bytes = match encode(snapshot) {
            Ok(bytes) => bytes,
            Err(source) => return Err(StateError::Format { path: checkpoint, source }),
        };
        self.take()?;
        let temporary = self.path.join(TEMPORARY);
        if let Err(error) = write_anew(&temporary, &bytes) {
            // What is half written would only take room, of which there may be none.
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        fs::rename(&temporary, &checkpoint).map_err(failed("replaced", &checkpoint))?;
        // The new name is on the disk only once the folder is.
        let synchronized = File::open(&self.path).and_then(|dir| dir.sync_all());
        synchronized.map_err(failed("synchronized", &self.path))
    }

    /// Makes and locks the folder, unless this process has it already.
    fn take(&mut self) -> Result<(), StateError> {
        let path = self.path.join(LOCK);
        if self.lock.as_ref().is_some_and(|lock| is_at(lock, &path)) {
            return Ok(());
        }
        self.lock = None;
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(DIR_MODE).create(&self.path);
        made.map_err(failed("made", &self.path))?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(FILE_MODE);
        let lock = options.open(&path).map_err(failed("opened for writing", &path))?;
        match lock.try_lock() {
            Ok(()) => self.lock = Some(lock),
            Err(TryLockError::WouldBlock) => {
                return Err(StateError::Locked { dir: self.path.clone() });
            }
            Err(TryLockError::Error(error)) => return Err(failed("locked", &path)(error)),
        }
        Ok(())
    }
}

/// Whether this open file is still what stands at the path: a folder that somebody removed and made
/// again has to be locked again.
fn is_at(file: &File, path: &Path) -> bool {
    let same = |a: &fs::Metadata, b: &fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(a), Ok(b)) if same(&a, &b))
}

/// The checkpoint at `path`; `None` where there is none.
fn read(path: &Path, now: Timestamp) -> Result<Option<Snapshot>, UnusableReason> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        // Where the folder is not one there is no checkpoint either; saving says what is wrong.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(UnusableReason::Unreadable(error)),
    };
    // Opening a FIFO would wait for somebody to write to it.
    if !metadata.is_file() {
        return Err(UnusableReason::NotAFile);
    }
    let file = File::open(path).map_err(UnusableReason::Unreadable)?;
    let mut bytes = Vec::new();
    // One byte over the bound is enough to see that it is too large.
    let bytes_max = CHECKPOINT_BYTES_MAX as u64 + 1;
    file.take(bytes_max).read_to_end(&mut bytes).map_err(UnusableReason::Unreadable)?;
    let snapshot = decode(&bytes).map_err(UnusableReason::Format)?;
    if snapshot.taken_at > now.plus(TAKEN_AHEAD_MAX) {
        return Err(UnusableReason::FromTheFuture { taken_at: snapshot.taken_at, now });
    }
    Ok(Some(snapshot))
}

/// Writes a file that was not there before, and waits until the disk has it.
fn write_anew(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("removed", path)(error));
        }
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(FILE_MODE);
    let mut file = options.open(path).map_err(failed("made", path))?;
    file.write_all(bytes).map_err(failed("written", path))?;
    file.sync_all().map_err(failed("synchronized", path))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StateError {
    let path = path.to_owned();
    move |source| StateError::Write { action, path, source }
}
