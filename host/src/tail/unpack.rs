//! Text out of files that may be compressed.

use std::io::{self, BufReader, ErrorKind, Read};
use std::ops::Deref;

use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

use super::error::Compression;
use super::files::LogFile;

/// How much of a compressed file is read at once, in bytes.
const COMPRESSED_CHUNK_BYTES: usize = 256 << 10;

/// What is stored, as the text that it stands for.
pub(super) enum Unpacked<R: Read> {
    Plain(R),
    // Both decoders are large, and few are there at a time.
    Gzip(Box<MultiGzDecoder<BufReader<R>>>),
    Zstd(Box<ZstdDecoder<'static, BufReader<R>>>),
}

impl<R: Read> Unpacked<R> {
    pub(super) fn new(stored: R, compression: Option<Compression>) -> io::Result<Self> {
        let buffered = |stored| BufReader::with_capacity(COMPRESSED_CHUNK_BYTES, stored);
        Ok(match compression {
            None => Self::Plain(stored),
            Some(Compression::Gzip) => Self::Gzip(Box::new(MultiGzDecoder::new(buffered(stored)))),
            Some(Compression::Zstd) => {
                Self::Zstd(Box::new(ZstdDecoder::with_buffer(buffered(stored))?))
            }
        })
    }

    /// What is stored.
    pub(super) fn stored(&self) -> &R {
        match self {
            Self::Plain(stored) => stored,
            Self::Gzip(decoder) => decoder.get_ref().get_ref(),
            Self::Zstd(decoder) => decoder.get_ref().get_ref(),
        }
    }

    /// How it is compressed; `None` for plain text.
    pub(super) fn compression(&self) -> Option<Compression> {
        match self {
            Self::Plain(_) => None,
            Self::Gzip(_) => Some(Compression::Gzip),
            Self::Zstd(_) => Some(Compression::Zstd),
        }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stored) => stored.read(room),
            Self::Gzip(decoder) => decoder.read(room),
            Self::Zstd(decoder) => decoder.read(room),
        }
    }
}

/// A log file, read from one byte to the next.
#[derive(Debug)]
pub(super) struct StoredBytes<F> {
    pub(super) file: F,
    /// How many bytes were read.
    pub(super) offset: u64,
}

impl<F: Deref<Target = dyn LogFile>> Read for StoredBytes<F> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(room, self.offset)?;
        self.offset += u64::try_from(count).unwrap_or(u64::MAX);
        Ok(count)
    }
}

/// Reads from `input` until `room` is full or nothing more comes; how many bytes that were.
pub(super) fn read_full(input: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
