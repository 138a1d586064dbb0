//! What the follower is asked for, and what it tells the pipeline.

use std::fmt;
use std::path::{Path, PathBuf};

use super::STDIN;
use super::batch::{LineBatch, SourceId};

/// Where reading a log begins that is there at start-up. One that appears later is always read
/// from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadFrom {
    /// At its first line.
    Start,
    /// Behind what is there: new lines only.
    #[default]
    End,
}

/// What to follow: a path, a glob (`*`, `?`, `[a-z]`, `**`) or `-` for standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The path or glob. What exists under exactly this name is a path, whatever its characters.
    pub path: PathBuf,
    /// Where reading begins; of no consequence for standard input and FIFOs.
    pub from: ReadFrom,
}

impl Pattern {
    /// Whether this is standard input.
    pub fn is_stdin(&self) -> bool {
        self.path == Path::new(STDIN)
    }
}

/// What happens to the logs that are followed, in order.
#[derive(Debug, PartialEq)]
pub enum Tail {
    /// A source is read from now on; once for each source, before its first batch.
    Opened {
        /// The source's number.
        source: SourceId,
        /// Its path, or `-`.
        path: PathBuf,
    },
    /// Complete lines.
    Batch(LineBatch),
    /// A path or glob has nothing to read yet; once.
    Waiting {
        /// The path or glob.
        path: PathBuf,
    },
    /// Something worth telling people, once for each change.
    Notice(Notice),
    /// Something was written that can no longer be read.
    Lost {
        /// The source it belongs to.
        source: SourceId,
        /// How many bytes are known to be lost.
        bytes: u64,
        /// How many lines are lost for certain; what was never read may hold more.
        lines: u64,
    },
    /// Nothing more comes from this source: a stream is at its end, or a file that a glob had
    /// found is long gone.
    Ended {
        /// The source.
        source: SourceId,
    },
    /// Nothing more comes at all: told to stop, or every source is a stream at its end.
    AllEnded,
}

/// Something worth telling people about a log. Displayed as `PATH: what happened`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The source it is about; `None` where there is none yet.
    pub source: Option<SourceId>,
    /// The path or glob it is about.
    pub path: PathBuf,
    /// What happened.
    pub kind: NoticeKind,
}

/// The kinds of notices.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoticeKind {
    /// Another file stands at the path; the old one is drained.
    Rotated,
    /// The file is shorter than what had been read of it, and is read from its start.
    Truncated,
    /// Nothing stands at the path any more.
    Gone,
    /// A file stands at the path again and is read from its start.
    Returned,
    /// The file cannot be read; this is tried again at every poll.
    CannotRead {
        /// What the system says.
        error: String,
    },
    /// What could not be read can be read again.
    Readable,
    /// A directory, socket or device stands at the path.
    NotALog,
    /// The path names a file that is read under another name already.
    SameFile {
        /// That other name.
        path: PathBuf,
    },
    /// The file is compressed; such files are for replay.
    Compressed,
    /// A glob matches more than is followed.
    TooManyFiles {
        /// How many paths are followed at most.
        files_max: usize,
    },
    /// There is no waking by inotify; polling goes on alone.
    PollingOnly {
        /// Why.
        error: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.kind)
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rotated => f.write_str("was rotated, following the new file"),
            Self::Truncated => f.write_str("was truncated, reading from its start"),
            Self::Gone => f.write_str("is gone, waiting for it to return"),
            Self::Returned => f.write_str("is back, reading from its start"),
            Self::CannotRead { error } => write!(f, "cannot be read, trying again: {error}"),
            Self::Readable => f.write_str("can be read again"),
            Self::NotALog => f.write_str("is not a file that can be followed"),
            Self::SameFile { path } => {
                write!(f, "is the same file as {}, read once", path.display())
            }
            Self::Compressed => f.write_str("is compressed and not followed, replay it instead"),
            Self::TooManyFiles { files_max } => {
                write!(f, "matches too many files, following {files_max} in all")
            }
            Self::PollingOnly { error } => write!(f, "no inotify here, polling alone: {error}"),
        }
    }
}

/// Nobody receives any more, so there is no use in going on.
pub(super) struct Unwanted;
