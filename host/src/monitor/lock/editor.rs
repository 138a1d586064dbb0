//! Changes of a plugins directory, one process at a time, each whole or not at all.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{LOCK_FILE, Lock, LockError, text};

/// What a file is called until it is whole. It does not end in `.wasm`, so that nobody loads it.
const UNFINISHED: &str = ".weir-unfinished";

/// The right to change a plugins directory: other processes that want it wait until this is dropped.
#[derive(Debug)]
pub struct LockEditor {
    dir: PathBuf,
    /// The directory, held open and locked. The system lets go of it when the process ends.
    _held: File,
}

impl LockEditor {
    /// Waits for the directory, then holds it.
    ///
    /// # Errors
    /// [`LockError::Write`] where the system does not let it be held.
    pub fn hold(dir: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::Write { path: dir.to_path_buf(), source };
        let held = File::open(dir).map_err(failed)?;
        held.lock().map_err(failed)?;
        Ok(Self { dir: dir.to_path_buf(), _held: held })
    }

    /// The lock as it is now, where there is one.
    ///
    /// # Errors
    /// [`LockError`] where there is one and it cannot be used.
    pub fn lock(&self) -> Result<Option<Lock>, LockError> {
        Lock::load(&self.dir)
    }

    /// Puts a lock in the place of the one that is there, and before that the bytes of a plugin, by
    /// its name, in the place of its file.
    ///
    /// # Errors
    /// [`LockError::Refused`] where the lock could not be read again, and nothing is touched then;
    /// [`LockError::Write`], and each file is as it was or as it should be then.
    pub fn write(&self, lock: &Lock, plugin: Option<(&str, &[u8])>) -> Result<(), LockError> {
        let path = self.dir.join(LOCK_FILE);
        let text = text::write(lock);
        // What a plugin says of itself is in there, and a lock that cannot be read loads nothing.
        if let Err(LockError::Invalid { message, .. }) = text::read(&path, text.as_bytes()) {
            return Err(LockError::Refused { path, message });
        }
        if let Some((name, bytes)) = plugin {
            self.replace(&format!("{name}.wasm"), bytes)?;
        }
        self.replace(LOCK_FILE, text.as_bytes())
    }

    /// Removes a plugin's file; whether there was one.
    ///
    /// # Errors
    /// [`LockError::Write`] where it stays.
    pub fn remove_plugin(&self, name: &str) -> Result<bool, LockError> {
        let path = self.dir.join(format!("{name}.wasm"));
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(LockError::Write { path, source }),
        }
    }

    /// Writes a file beside the old one and renames it, so that whoever reads sees one or the other.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), LockError> {
        let path = self.dir.join(name);
        let unfinished = self.dir.join(format!("{name}{UNFINISHED}"));
        let written = write_synced(&unfinished, bytes)
            .and_then(|()| std::fs::rename(&unfinished, &path))
            // The new name is only there for good once the folder is.
            .and_then(|()| File::open(&self.dir)?.sync_all());
        written.map_err(|source| {
            // Whether the rest can be removed or not, the failure is what was told of.
            let _ = std::fs::remove_file(&unfinished);
            LockError::Write { path, source }
        })
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // What an earlier process left unfinished goes; a new file follows no link that is there.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
