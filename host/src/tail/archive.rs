//! Finished logs, plain or compressed, pulled a batch at a time.

use std::fs::File;
use std::io::{self, Chain, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::STDIN;
use super::batch::LineBatch;
use super::error::{Compression, TailError};
use super::line_buffer::{End, LineBuffer};
use super::settings::Settings;
use super::unpack::Unpacked;

/// Reads one finished log to its end.
///
/// A batch is filled before it is handed out, so the batches are the same whatever the system's
/// reads give; how a log is compressed is told by its first bytes, not by its name.
pub struct ArchiveReader {
    path: PathBuf,
    input: Unpacked<Stored>,
    lines: LineBuffer,
    bytes_total: Option<u64>,
    /// How many bytes the lines took that were handed out, after decompression.
    offset: u64,
    /// Where the log counts as ended, in bytes after decompression, and how many of them were read.
    until: Option<u64>,
    unpacked_bytes: u64,
    /// Whether the input is at its end.
    ended: bool,
    /// What is to be told once the lines before it are.
    failure: Option<TailError>,
}

/// A log as it is stored, its first bytes put back before the rest.
type Stored = Counted<Chain<Cursor<Vec<u8>>, Box<dyn Read + Send>>>;

impl ArchiveReader {
    /// Opens the log at `path`, or standard input for `-`.
    ///
    /// # Errors
    /// [`TailError::Open`], [`TailError::Directory`], [`TailError::Read`] where its first bytes
    /// cannot be read, and [`TailError::Setting`].
    pub fn open(path: &Path, settings: &Settings) -> Result<Self, TailError> {
        if path == Path::new(STDIN) {
            return Self::new(path, Box::new(io::stdin()), None, settings);
        }
        let cannot_open = |source| TailError::Open { path: path.to_owned(), source };
        let file = File::open(path).map_err(cannot_open)?;
        let metadata = file.metadata().map_err(cannot_open)?;
        if metadata.is_dir() {
            return Err(TailError::Directory { path: path.to_owned() });
        }
        let bytes_total = metadata.is_file().then_some(metadata.len());
        Self::new(path, Box::new(file), bytes_total, settings)
    }

    /// Reads from `stored` as from the file of a log; errors call it `name`.
    ///
    /// # Errors
    /// [`TailError::Read`] where its first bytes cannot be read, and [`TailError::Setting`].
    pub fn over(
        name: &Path,
        stored: Box<dyn Read + Send>,
        settings: &Settings,
    ) -> Result<Self, TailError> {
        Self::new(name, stored, None, settings)
    }

    fn new(
        path: &Path,
        mut stored: Box<dyn Read + Send>,
        bytes_total: Option<u64>,
        settings: &Settings,
    ) -> Result<Self, TailError> {
        settings.check()?;
        let cannot_read = |source| TailError::Read { path: path.to_owned(), bytes_read: 0, source };
        let mut start = Vec::with_capacity(Compression::MAGIC_BYTES);
        let magic_bytes = u64::try_from(Compression::MAGIC_BYTES).unwrap_or(u64::MAX);
        stored.by_ref().take(magic_bytes).read_to_end(&mut start).map_err(cannot_read)?;
        let compression = Compression::of(&start);
        let stored = Counted { inner: Cursor::new(start).chain(stored), bytes: 0 };
        let input = Unpacked::new(stored, compression).map_err(cannot_read)?;
        Ok(Self {
            path: path.to_owned(),
            input,
            lines: LineBuffer::at_file_start(settings.max_line_bytes),
            bytes_total,
            offset: 0,
            until: None,
            unpacked_bytes: 0,
            ended: false,
            failure: None,
        })
    }

    /// The same, ended at this offset, in bytes after decompression. A log that is shorter is told to
    /// be, behind its lines.
    #[must_use]
    pub fn until(self, offset: u64) -> Self {
        Self { until: Some(offset), ..self }
    }

    /// Empties `batch` and fills it with the next lines, leaving its source as it is; `false` at
    /// the log's end. A last line without a newline is a line, and comes in a batch of its own.
    ///
    /// # Errors
    /// [`TailError::Read`], [`TailError::Truncated`] and [`TailError::Corrupt`], after all lines
    /// that are complete before that; then the log is at its end.
    pub fn next_batch(&mut self, batch: &mut LineBatch) -> Result<bool, TailError> {
        batch.clear();
        while batch.is_empty() {
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            if self.ended {
                let last = self.lines.finish(batch);
                self.cover(batch);
                return Ok(last);
            }
            let most = self.until.map_or(u64::MAX, |until| until - self.unpacked_bytes);
            let filled = self.lines.fill(&mut self.input, most, batch);
            self.unpacked_bytes += filled.bytes;
            self.cover(batch);
            match filled.end {
                End::Limit => self.ended = self.until == Some(self.unpacked_bytes),
                End::Input => {
                    self.ended = true;
                    self.failure = self.until.map(|offset| TailError::TooShort {
                        path: self.path.clone(),
                        offset,
                        bytes: self.unpacked_bytes,
                    });
                }
                End::Failed(error) => {
                    self.ended = true;
                    self.lines.discard();
                    self.failure = Some(self.explain(error));
                }
            }
        }
        Ok(true)
    }

    fn cover(&mut self, batch: &mut LineBatch) {
        self.offset += batch.covered_bytes;
        batch.end_offset = self.offset;
    }

    /// How many bytes of the stored log have been read.
    pub fn bytes_read(&self) -> u64 {
        self.input.stored().bytes
    }

    /// How many bytes the stored log had when it was opened; `None` for what is no regular file.
    pub fn bytes_total(&self) -> Option<u64> {
        self.bytes_total
    }

    /// What a failure to read means for this log.
    fn explain(&self, source: io::Error) -> TailError {
        let path = self.path.clone();
        let bytes_read = self.bytes_read();
        let Some(compression) = self.input.compression() else {
            return TailError::Read { path, bytes_read, source };
        };
        // An error of the system has a number; a decoder's has none.
        match (source.kind(), source.raw_os_error()) {
            (_, Some(_)) => TailError::Read { path, bytes_read, source },
            (ErrorKind::UnexpectedEof, None) => {
                TailError::Truncated { path, compression, bytes_read }
            }
            _ => TailError::Corrupt { path, compression, bytes_read, source },
        }
    }
}

impl std::fmt::Debug for ArchiveReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArchiveReader")
            .field("path", &self.path)
            .field("bytes_read", &self.bytes_read())
            .field("bytes_total", &self.bytes_total)
            .finish_non_exhaustive()
    }
}

/// A reader that knows how much it has read.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(room)?;
        self.bytes += u64::try_from(count).unwrap_or(u64::MAX);
        Ok(count)
    }
}
