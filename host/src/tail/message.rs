//! What the follower is asked for, and what it tells the pipeline.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::STDIN;
use super::batch::{LineBatch, SourceId};
use super::position::{FileMark, Position};

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
    /// A file of a source is read from this position on: it was opened, or truncated. A file that an
    /// earlier run had read is told again, before its warm lines; one that is read for nothing but
    /// those is not.
    ///
    /// These messages and [`Tail::Closed`] say which files a source has, and come in an order in
    /// which what was told so far is always true: a copy is told before what it is a copy of is
    /// closed, and files that were found between two others before the later one. Files of one
    /// identity and other first bytes are different ones, the former of which is closed.
    Reading {
        /// The source it belongs to.
        source: SourceId,
        /// Where the first byte is that its batches have not brought yet.
        position: Position,
    },
    /// A file of a source is read no more: it was read to its end and let go, or what it held was
    /// truncated away, or it belongs to another source now.
    Closed {
        /// The source it belonged to.
        source: SourceId,
        /// The file.
        file: Arc<FileMark>,
    },
    /// Everything was read that was there when following began; once, where a run is resumed.
    CaughtUp,
    /// Something was written that can no longer be read.
    Lost(Loss),
    /// Nothing more comes from this source: a stream is at its end, or a file that a glob had
    /// found is long gone.
    Ended {
        /// The source.
        source: SourceId,
    },
    /// Nothing more comes at all: told to stop, or every source is a stream at its end.
    AllEnded,
}

/// Bytes of a log that are known to have been written and cannot be read any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The source that they belonged to.
    pub source: SourceId,
    /// The file that held them, by the last name it was known under.
    pub path: PathBuf,
    /// The offset of the first of them in that file.
    pub from: u64,
    /// The offset behind the last of them that is known of.
    pub to: u64,
    /// How many lines are lost for certain; what was never read may hold more.
    pub lines: u64,
    /// How they were lost.
    pub cause: LossCause,
}

impl Loss {
    /// How many bytes are lost.
    pub const fn bytes(&self) -> u64 {
        self.to.saturating_sub(self.from)
    }
}

/// How bytes of a log are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossCause {
    /// The file was truncated before they were read, and no copy of it was found.
    Truncated,
    /// The file was let go before they could be read: it could not be read any more, or too many
    /// rotated files were open.
    LetGo,
    /// The file was rotated away while nobody read it, and is not found under any other name.
    Vanished,
}

impl LossCause {
    /// The word that sinks write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::LetGo => "let-go",
            Self::Vanished => "vanished",
        }
    }
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
    /// A file that an earlier run had read is not found under any name.
    Vanished {
        /// How many of its bytes had been read.
        offset: u64,
    },
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
            Self::Vanished { offset } => write!(
                f,
                "was rotated away while nobody read it and is not found, what was written to it \
                 behind byte {offset} is lost"
            ),
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
