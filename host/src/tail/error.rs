//! What can go wrong for good; what is retried while following is a notice instead.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why logs cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TailError {
    /// A setting is out of its range.
    #[error("{name} is {value}, which is not in {allowed}")]
    Setting {
        /// The setting, with its unit.
        name: &'static str,
        /// What it was set to.
        value: String,
        /// The range it must be in.
        allowed: String,
    },
    /// A glob is not one.
    #[error("{pattern}: not a valid glob")]
    Glob {
        /// The glob as it was given.
        pattern: String,
        /// What is wrong with it, and where.
        source: glob::PatternError,
    },
    /// A log cannot be opened.
    #[error("{}: cannot be opened", .path.display())]
    Open {
        /// The log.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// What stands at the path is a directory.
    #[error("{}: is a directory, not a log", .path.display())]
    Directory {
        /// The path.
        path: PathBuf,
    },
    /// Reading failed.
    #[error("{}: cannot be read beyond {}", .path.display(), Bytes(*.bytes_read))]
    Read {
        /// The log.
        path: PathBuf,
        /// How much of the file had been read.
        bytes_read: u64,
        /// Why.
        source: io::Error,
    },
    /// A log is shorter than it was to be read.
    #[error("{}: has {} and was to be read up to {offset}", .path.display(), Bytes(*.bytes))]
    TooShort {
        /// The log.
        path: PathBuf,
        /// Where it was to end, in bytes after decompression.
        offset: u64,
        /// How many bytes it has, after decompression.
        bytes: u64,
    },
    /// A compressed log ends in the middle.
    #[error("{}: the {compression} data ends too early, after {}", .path.display(), Bytes(*.bytes_read))]
    Truncated {
        /// The log.
        path: PathBuf,
        /// How it is compressed.
        compression: Compression,
        /// The size of what is there.
        bytes_read: u64,
    },
    /// A compressed log is damaged.
    #[error("{}: not valid {compression} data after at most {}", .path.display(), Bytes(*.bytes_read))]
    Corrupt {
        /// The log.
        path: PathBuf,
        /// How it is compressed.
        compression: Compression,
        /// How much of the file had been read: an upper bound, as reading is ahead of unpacking.
        bytes_read: u64,
        /// What the decoder says.
        source: io::Error,
    },
}

/// How a log is compressed, as its first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952, of any number of members.
    Gzip,
    /// RFC 8878, of any number of frames.
    Zstd,
}

impl Compression {
    /// How many of a file's first bytes tell.
    pub(super) const MAGIC_BYTES: usize = 4;

    /// What a file that begins with `start` is compressed with; `None` for plain text.
    pub(super) fn of(start: &[u8]) -> Option<Self> {
        match *start {
            // RFC 1952, section 2.3.1: the two identification bytes and the only method there is.
            [0x1f, 0x8b, 0x08, ..] => Some(Self::Gzip),
            // RFC 8878, section 3.1: a frame, or a skippable frame, which may come first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

/// A number of bytes as people read it: `1,234 bytes`.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        f.write_str(if self.0 == 1 { " byte" } else { " bytes" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_grouped_for_people() {
        let shown = [0, 1, 999, 1_234, 1_234_567].map(|bytes| Bytes(bytes).to_string());
        assert_eq!(shown, ["0 bytes", "1 byte", "999 bytes", "1,234 bytes", "1,234,567 bytes"]);
    }

    #[test]
    fn compression_is_told_by_the_first_bytes() {
        assert_eq!(Compression::of(b"\x1f\x8b\x08\x00"), Some(Compression::Gzip));
        assert_eq!(Compression::of(b"\x28\xb5\x2f\xfd"), Some(Compression::Zstd));
        assert_eq!(Compression::of(b"\x5a\x2a\x4d\x18"), Some(Compression::Zstd));
        assert_eq!(Compression::of(b"127."), None);
        assert_eq!(Compression::of(b"\x1f"), None);
    }
}
