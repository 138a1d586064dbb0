//! Rejected lines and why they were, kept in a file for whoever wants to know: JSON Lines, one object
//! a line. What follows a log may be sent anything, so the file is bounded.
//!
//! ```text
//! {"time":"2018-09-11T16:19:34.000Z","source":"access.log","reason":"...","line":"..."}
//! ```

mod entry;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use memchr::memrchr;

use crate::clock::Timestamp;

/// Entries that are gathered before they are written, in bytes, unless a flush comes first.
const BUFFER_BYTES: usize = 64 << 10;
/// Entries that wait for a file that cannot be written, in bytes; further ones are left out.
const WAITING_BYTES_MAX: usize = 1 << 20;

/// Lines hold what people sent to a server, which is nobody else's business.
const FILE_MODE: u32 = 0o600;

/// Why rejected lines cannot be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RejectsError {
    /// The file cannot be opened.
    #[error("{}: cannot be opened to keep rejected lines", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// What stands at the path is a folder, a device or the like, which cannot be bounded.
    #[error("{}: is not a file, so rejected lines cannot be kept there", .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("{}: rejected lines cannot be written, trying again", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The full file cannot be put aside.
    #[error("{}: is full and cannot be renamed to {}, trying again", .path.display(), .to.display())]
    Rotate {
        /// The file.
        path: PathBuf,
        /// Its second name.
        to: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

/// How much of the file is whole: where a later run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectsMark {
    /// The file's inode: when it is full, another one takes its name.
    pub inode: u64,
    /// The bytes of its complete entries.
    pub bytes: u64,
}

/// A bounded file of rejected lines.
#[derive(Debug)]
pub struct Rejects {
    path: PathBuf,
    bytes_max: u64,
    /// `None` after a full file was put aside and before another could be made.
    current: Option<Current>,
    /// Whole entries, but for what is written of the first one.
    waiting: Vec<u8>,
    /// Whether the last try to write failed, which was said.
    failing: bool,
    left_out: u64,
}

/// The file that is written to.
#[derive(Debug)]
struct Current {
    file: File,
    inode: u64,
    len: u64,
    /// How many bytes at its end are of an entry whose rest still waits.
    torn: u64,
}

impl Rejects {
    /// Opens the file, or makes it, to hold at most `bytes_max` bytes. It is continued where it
    /// ends, or where an earlier run says that it did: what that run wrote later is about lines that
    /// will be read again.
    ///
    /// # Errors
    /// [`RejectsError::Open`] where the file cannot be opened or cut back,
    /// [`RejectsError::NotAFile`] where it is none.
    pub fn open(
        path: impl Into<PathBuf>,
        bytes_max: u64,
        resume: Option<RejectsMark>,
    ) -> Result<Self, RejectsError> {
        let path = path.into();
        let opened = match resume {
            Some(mark) => undo_rotation(&path, mark.inode).and_then(|()| Current::open(&path)),
            None => Current::open(&path),
        };
        let failed = |source| RejectsError::Open { path: path.clone(), source };
        let Some(mut current) = opened.map_err(failed)? else {
            return Err(RejectsError::NotAFile { path });
        };
        if let Some(mark) = resume.filter(|mark| mark.inode == current.inode) {
            current.cut_back(mark.bytes).map_err(failed)?;
        }
        current.end_line().map_err(failed)?;
        let (current, waiting) = (Some(current), Vec::with_capacity(BUFFER_BYTES));
        Ok(Self { path, bytes_max, current, waiting, failing: false, left_out: 0 })
    }

    /// Takes a line that was rejected at `time` for `reason`, without its newline; it is in the file
    /// by the next [`Rejects::flush`] at the latest.
    ///
    /// A line that is no UTF-8 is kept twice: readable in `line`, and exactly, as hexadecimal
    /// digits, in `line_hex`.
    ///
    /// # Errors
    /// As [`Rejects::flush`].
    pub fn push(
        &mut self,
        time: Timestamp,
        source: &str,
        reason: &dyn Display,
        line: &[u8],
    ) -> Result<(), RejectsError> {
        let before = self.waiting.len();
        let encoded = entry::encode(&mut self.waiting, time, source, reason, line);
        let is_too_large = (self.waiting.len() - before) as u64 > self.bytes_max;
        let has_no_room = self.failing && self.waiting.len() > WAITING_BYTES_MAX;
        if encoded.is_err() || is_too_large || has_no_room {
            self.waiting.truncate(before);
            self.left_out += 1;
        }
        // While writing fails, each flush tries again, and not each line.
        if self.failing || self.waiting.len() < BUFFER_BYTES { Ok(()) } else { self.flush() }
    }

    /// Writes what was taken.
    ///
    /// # Errors
    /// [`RejectsError::Write`] or [`RejectsError::Rotate`] where writing begins to fail. That it
    /// goes on failing is not said again, and up to 1 MiB of entries wait for it to end; those that
    /// find no room are counted by [`Rejects::left_out`].
    pub fn flush(&mut self) -> Result<(), RejectsError> {
        let written = self.write_waiting();
        let was_failing = std::mem::replace(&mut self.failing, written.is_err());
        if was_failing { Ok(()) } else { written }
    }

    /// Whether writing failed and was not yet successful again.
    pub fn is_failing(&self) -> bool {
        self.failing
    }

    /// How many lines were not kept: they found no room while the file could not be written, or a
    /// single one is larger than the file may be.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The path that the file was opened under.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How far the file is written, in whole entries: everything that was taken, right after a
    /// [`Rejects::flush`] while nothing fails. `None` while there is no file.
    pub fn mark(&self) -> Option<RejectsMark> {
        let current = self.current.as_ref()?;
        Some(RejectsMark { inode: current.inode, bytes: current.len - current.torn })
    }

    fn write_waiting(&mut self) -> Result<(), RejectsError> {
        while !self.waiting.is_empty() {
            let current = match &mut self.current {
                Some(current) => current,
                None => begin(&self.path, &mut self.current)?,
            };
            let room = usize::try_from(self.bytes_max.saturating_sub(current.len));
            let room = room.unwrap_or(usize::MAX).min(self.waiting.len());
            let fitting = self.waiting.get(..room).unwrap_or_default();
            let Some(newline) = memrchr(b'\n', fitting) else {
                // An entry that was begun fits, as it did when it was begun; another one fits into
                // an empty file.
                self.put_aside()?;
                continue;
            };
            let entries = fitting.get(..=newline).unwrap_or_default();
            let (written, outcome) = current.write(entries);
            self.waiting.drain(..written);
            outcome.map_err(|source| RejectsError::Write { path: self.path.clone(), source })?;
        }
        Ok(())
    }

    /// Gives the full file its second name, in place of the one that had it.
    fn put_aside(&mut self) -> Result<(), RejectsError> {
        let to = second_name(&self.path);
        match fs::rename(&self.path, &to) {
            // Somebody took the file away, which makes room just as well.
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(RejectsError::Rotate { path: self.path.clone(), to, source });
            }
            Ok(()) | Err(_) => {}
        }
        self.current = None;
        Ok(())
    }
}

impl Current {
    /// The file at `path`, which is made where it is missing; `None` where it is none.
    fn open(path: &Path) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).mode(FILE_MODE).open(path)?;
        let metadata = file.metadata()?;
        let current = Self { file, inode: metadata.ino(), len: metadata.len(), torn: 0 };
        Ok(metadata.is_file().then_some(current))
    }

    fn cut_back(&mut self, len: u64) -> io::Result<()> {
        if len < self.len {
            self.file.set_len(len)?;
            self.len = len;
        }
        Ok(())
    }

    /// Ends a line that a crash left in its middle, so that it does not spoil the next one.
    fn end_line(&mut self) -> io::Result<()> {
        let Some(last) = self.len.checked_sub(1) else {
            return Ok(());
        };
        let mut byte = [0];
        self.file.read_exact_at(&mut byte, last)?;
        if byte != *b"\n" {
            self.file.write_all(b"\n")?;
            self.len += 1;
        }
        Ok(())
    }

    /// Writes entries, and says how many of their bytes are written, which on a failure can end in
    /// the middle of one.
    fn write(&mut self, entries: &[u8]) -> (usize, io::Result<()>) {
        let mut rest = entries;
        let outcome = loop {
            if rest.is_empty() {
                break Ok(());
            }
            match self.file.write(rest) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        let written = entries.len() - rest.len();
        let whole = memrchr(b'\n', entries.get(..written).unwrap_or_default());
        self.torn = match whole {
            Some(newline) => (written - newline - 1) as u64,
            None => self.torn + written as u64,
        };
        self.len += written as u64;
        (written, outcome)
    }
}

/// Makes the file that follows one that was put aside.
fn begin<'a>(
    path: &Path,
    current: &'a mut Option<Current>,
) -> Result<&'a mut Current, RejectsError> {
    match Current::open(path) {
        Ok(Some(opened)) => Ok(current.insert(opened)),
        Ok(None) => Err(RejectsError::NotAFile { path: path.to_owned() }),
        Err(source) => Err(RejectsError::Write { path: path.to_owned(), source }),
    }
}

/// Gives the file with this inode its name back, where it was put aside after it was marked. What
/// took its place holds nothing but entries from after the mark.
fn undo_rotation(path: &Path, inode: u64) -> io::Result<()> {
    let has_inode = |path: &Path| fs::metadata(path).is_ok_and(|metadata| metadata.ino() == inode);
    let aside = second_name(path);
    if !has_inode(path) && has_inode(&aside) { fs::rename(&aside, path) } else { Ok(()) }
}

/// The name of the file that is full.
fn second_name(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".1");
    name.into()
}
