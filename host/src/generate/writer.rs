//! Getting whole lines out.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::GenerateError;

/// What stands for standard output where a log's path is asked for.
const STDOUT: &str = "-";

/// Appends lines to a log or to standard output.
///
/// A file is opened for appending and each batch goes out in one `write`, so that several writers
/// of one file, in one process or in several, never tear each other's lines: POSIX makes setting
/// the offset and writing one step (`write`, `O_APPEND`), and the local file systems of Linux hold
/// the file's lock throughout. Only a full disk or a signal can cut such a write short, and its
/// rest follows in another one.
pub struct LineWriter {
    path: PathBuf,
    out: Box<dyn Write + Send>,
}

impl LineWriter {
    /// Opens the log at `path`, or standard output for `-`. The file is created where it is
    /// missing, its folder is not.
    pub fn open(path: &Path) -> Result<Self, GenerateError> {
        if path == Path::new(STDOUT) {
            return Ok(Self::onto(path, io::stdout()));
        }
        let file = OpenOptions::new().append(true).create(true).open(path);
        file.map(|file| Self::onto(path, file))
            .map_err(|source| GenerateError::Open { path: path.to_owned(), source })
    }

    /// Writes to `out`, which errors call `path`.
    pub fn onto(path: &Path, out: impl Write + Send + 'static) -> Self {
        Self { path: path.to_owned(), out: Box::new(out) }
    }

    /// Appends whole lines; false where nobody reads them any more.
    pub(super) fn append(&mut self, lines: &[u8]) -> Result<bool, GenerateError> {
        match self.out.write_all(lines).and_then(|()| self.out.flush()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(source) => Err(GenerateError::Write { path: self.path.clone(), source }),
        }
    }
}
