//! `weir.lock`: which plugins of a directory may load, byte for byte, and what each is granted.
//!
//! A directory without the file loads everything that is in it. With one, a file that is not in it
//! or differs from what is there does not load until somebody approves it; where the lock itself
//! cannot be read, no file of the directory does.

mod editor;
mod text;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::MonitorError;
use super::grants::Grants;
use super::plugin::{Origin, Plugin};

pub use editor::LockEditor;

/// The lock's name in the plugins directory.
pub const LOCK_FILE: &str = "weir.lock";
/// The largest lock that is read: four times what as many plugins as there may be can take.
const LOCK_BYTES_MAX: u64 = 512 << 10;

/// Why a lock cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// The system does not let it be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The lock.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A folder, a FIFO or a device.
    #[error("{} is not a plain file", path.display())]
    NotAFile {
        /// What was found.
        path: PathBuf,
    },
    /// It is larger than any lock is.
    #[error("{} has more than {limit} bytes", path.display())]
    TooLarge {
        /// The lock.
        path: PathBuf,
        /// The most bytes.
        limit: u64,
    },
    /// It does not say what a lock says.
    #[error(
        "{}:{line}:{column}: {message}; hint: put the file back as it was, or remove it and approve \
         every plugin anew",
        path.display()
    )]
    Invalid {
        /// The lock.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// What would have been written is no lock: there are too many plugins, for one.
    #[error("cannot pin it in {}: {message}", path.display())]
    Refused {
        /// The lock.
        path: PathBuf,
        /// What would be wrong with it.
        message: String,
    },
    /// The directory or a file in it cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// What would have been written.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
}

/// One plugin of the directory as somebody approved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The plugin's name: its file's without `.wasm`.
    pub name: String,
    /// What it said that its version was.
    pub version: Option<String>,
    /// SHA-256 of the file, in lower-case hex.
    pub sha256: String,
    /// The interface that it is made for, such as `weir:monitor@0.1.0`.
    pub interface: String,
    /// What it may read and keep.
    pub grants: Grants,
}

/// Every plugin of a directory that may load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// By name.
    pins: Vec<Pin>,
}

impl Lock {
    /// The lock of a plugins directory; `None` where it has none.
    ///
    /// # Errors
    /// [`LockError`] where there is one and it cannot be used.
    pub fn load(dir: &Path) -> Result<Option<Self>, LockError> {
        let path = dir.join(LOCK_FILE);
        let failed = |source| LockError::Read { path: path.clone(), source };
        // Asked before opening: to open a FIFO is to wait for its writer.
        match std::fs::symlink_metadata(&path) {
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(failed(error)),
            Ok(_) => {}
        }
        let found = std::fs::metadata(&path).map_err(failed)?;
        if !found.is_file() {
            return Err(LockError::NotAFile { path });
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(&path).map_err(failed)?;
        file.take(LOCK_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LOCK_BYTES_MAX {
            return Err(LockError::TooLarge { path, limit: LOCK_BYTES_MAX });
        }
        text::read(&path, &bytes).map(Some)
    }

    /// What is pinned, by name.
    pub fn pins(&self) -> &[Pin] {
        &self.pins
    }

    /// What is pinned under a name.
    pub fn get(&self, name: &str) -> Option<&Pin> {
        self.pins.iter().find(|pin| pin.name == name)
    }

    /// Pins a plugin, in the place of what was pinned under its name.
    pub fn pin(&mut self, pin: Pin) {
        self.unpin(&pin.name);
        let place = self.pins.partition_point(|known| known.name < pin.name);
        self.pins.insert(place, pin);
    }

    /// Lets go of a name; whether it was pinned.
    pub fn unpin(&mut self, name: &str) -> bool {
        let before = self.pins.len();
        self.pins.retain(|pin| pin.name != name);
        self.pins.len() < before
    }
}

/// No such file, or no such folder, which somebody else complains about.
fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// What is known of a directory's lock.
#[derive(Clone, Debug, Default)]
pub enum LockState {
    /// There is none: everything loads.
    #[default]
    Absent,
    /// It says what loads.
    Present(Lock),
    /// It cannot be used: nothing loads.
    Damaged(Arc<LockError>),
}

impl LockState {
    /// The lock of a directory, in whatever state it is.
    pub fn of(dir: &Path) -> Self {
        match Lock::load(dir) {
            Ok(None) => Self::Absent,
            Ok(Some(lock)) => Self::Present(lock),
            Err(error) => Self::Damaged(Arc::new(error)),
        }
    }

    /// The pin of a plugin, where there is a lock that has one.
    pub fn pin(&self, name: &str) -> Option<&Pin> {
        match self {
            Self::Present(lock) => lock.get(name),
            Self::Absent | Self::Damaged(_) => None,
        }
    }

    /// Whether a plugin may load; a built-in one always may.
    ///
    /// # Errors
    /// [`MonitorError::Unknown`], [`MonitorError::Changed`] or [`MonitorError::Unverified`].
    pub fn admit(&self, plugin: &Plugin) -> Result<(), MonitorError> {
        let Origin::File(path) = &plugin.origin else {
            return Ok(());
        };
        let lock = match self {
            Self::Absent => return Ok(()),
            Self::Damaged(error) => {
                let (path, source) = (path.clone(), Arc::clone(error));
                return Err(MonitorError::Unverified { path, source });
            }
            Self::Present(lock) => lock,
        };
        let found = Box::new(Identity { version: plugin.version(), sha256: plugin.sha256() });
        let (path, name) = (path.clone(), plugin.name.clone());
        match lock.get(&plugin.name) {
            None => Err(MonitorError::Unknown { path, name, found }),
            Some(pin) if pin.sha256 == found.sha256 => Ok(()),
            Some(pin) => {
                Err(MonitorError::Changed { path, name, pinned: Box::new(pin.identity()), found })
            }
        }
    }
}

/// What tells a plugin's bytes from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What it says that its version is.
    pub version: Option<String>,
    /// SHA-256 of the bytes, in lower-case hex.
    pub sha256: String,
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.version {
            Some(version) => write!(f, "version {version}, sha256 {}", self.sha256),
            None => write!(f, "sha256 {}", self.sha256),
        }
    }
}

impl Pin {
    /// What tells the approved bytes from others.
    pub fn identity(&self) -> Identity {
        Identity { version: self.version.clone(), sha256: self.sha256.clone() }
    }
}

#[cfg(test)]
mod tests;
