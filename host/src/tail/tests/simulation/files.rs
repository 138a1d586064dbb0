//! The disk as the reader sees it. Each of its calls is a moment at which everybody else may do
//! something first.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::super::FileIdentity;
use super::super::super::files::{AS_IN_A_SHELL, FileState, FileSystem, LogFile, Look};
use super::disk::{Directory, FileNumber};
use super::world::World;

/// All files are on this device.
const DEVICE: u64 = 1;

/// A short read of a file's beginning gives at least as many bytes, so that what it begins with
/// still tells it apart.
const SHORT_READ_BYTES_MIN: usize = 8;

/// The simulated files; a clone is the same ones.
#[derive(Clone, Debug)]
pub(super) struct SimFiles {
    world: Arc<Mutex<World>>,
}

impl SimFiles {
    pub(super) fn new(world: World) -> Self {
        Self { world: Arc::new(Mutex::new(world)) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the others act; fails where the reader was killed.
    fn enter(&self) -> io::Result<MutexGuard<'_, World>> {
        let mut world = self.lock();
        if world.before_a_call() { Ok(world) } else { Err(io::Error::other("killed")) }
    }
}

impl World {
    fn state_of(&self, file: FileNumber) -> FileState {
        let there = &self.disk.files[file];
        FileState {
            identity: FileIdentity { device: DEVICE, inode: there.inode },
            size_bytes: there.bytes.len().try_into().unwrap(),
            modified_ns: there.modified_ns,
            deleted: there.names == 0,
        }
    }

    /// The file at `path`, where its directory lets one get there.
    fn reach(&self, path: &Path) -> io::Result<FileNumber> {
        match self.disk.directory {
            Directory::There => {
                self.disk.resolve(path).ok_or_else(|| io::Error::from(ErrorKind::NotFound))
            }
            Directory::Missing => Err(ErrorKind::NotFound.into()),
            Directory::Forbidden => Err(ErrorKind::PermissionDenied.into()),
        }
    }
}

impl FileSystem for SimFiles {
    fn look(&self, path: &Path) -> Look {
        let world = match self.enter() {
            Ok(world) => world,
            Err(error) => return Look::Failed(error),
        };
        match world.reach(path) {
            Ok(file) => Look::File(world.state_of(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Look::Missing,
            Err(error) => Look::Failed(error),
        }
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let mut world = self.enter()?;
        let file = world.reach(path)?;
        if !world.disk.files[file].readable {
            return Err(ErrorKind::PermissionDenied.into());
        }
        world.disk.open_for_reading(file);
        world.opened_by_reader(path, file);
        Ok(Box::new(SimHandle { files: self.clone(), file }))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        let world = self.enter()?;
        match world.disk.directory {
            Directory::There => {
                let paths = world.disk.paths();
                Ok(paths.filter(|path| path.parent() == Some(directory)).cloned().collect())
            }
            Directory::Missing => Err(ErrorKind::NotFound.into()),
            Directory::Forbidden => Err(ErrorKind::PermissionDenied.into()),
        }
    }

    fn matches(&self, pattern: &str) -> Vec<PathBuf> {
        let (Ok(world), Ok(pattern)) = (self.enter(), glob::Pattern::new(pattern)) else {
            return Vec::new();
        };
        if world.disk.directory != Directory::There {
            return Vec::new();
        }
        let paths = world.disk.paths();
        paths.filter(|path| pattern.matches_path_with(path, AS_IN_A_SHELL)).cloned().collect()
    }
}

/// A file that the reader holds open.
#[derive(Debug)]
struct SimHandle {
    files: SimFiles,
    file: FileNumber,
}

impl LogFile for SimHandle {
    fn state(&self) -> io::Result<FileState> {
        Ok(self.files.enter()?.state_of(self.file))
    }

    fn read_at(&self, room: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut world = self.files.enter()?;
        let from = usize::try_from(offset).unwrap();
        let there = world.disk.files[self.file].bytes.len().saturating_sub(from);
        let mut count = room.len().min(there);
        if world.read_is_short() {
            let least = if offset == 0 { SHORT_READ_BYTES_MIN } else { 1 };
            count = count.min(world.random.within(least..=room.len().max(least)));
        }
        let bytes = &world.disk.files[self.file].bytes;
        room[..count].copy_from_slice(bytes.get(from..from + count).unwrap_or_default());
        let file = self.file;
        if count > 0 {
            world.disk.is_read(file);
        }
        world.note(|| format!("  reader reads {count} at {offset} of #{file}"));
        Ok(count)
    }
}

impl Drop for SimHandle {
    fn drop(&mut self) {
        let mut world = self.files.lock();
        let killed = world.is_killed();
        world.disk.close_for_reading(self.file, killed);
    }
}
