//! The checkpoint's bytes: a line `weir-checkpoint VERSION SHA256`, then JSON.
//!
//! The checksum is over everything behind the first line, so that a file that was cut short,
//! overwritten or damaged on the disk is never taken for one that says something else.

use sha2::{Digest as _, Sha256};

use super::wire::{self, FILES_MAX, MONITORS_MAX, SOURCES_MAX};
use super::{FormatError, Snapshot};
use crate::hex;

/// The largest checkpoint that is written or read, in bytes. As many logs as can be followed, each
/// with a rotated file, take half of it.
pub const CHECKPOINT_BYTES_MAX: usize = 128 << 20;

/// The first word of every checkpoint.
const MAGIC: &str = "weir-checkpoint";
/// The version of the format. It changes when an older program would misread what is written, not
/// when a field is added: fields that are not known are skipped.
const VERSION: &str = "1";
/// The longest first line that is looked at, in bytes; 83 are needed.
const FIRST_LINE_BYTES_MAX: usize = 256;

/// The bytes of a checkpoint.
///
/// # Errors
/// [`FormatError::TooMany`] where the snapshot is over a bound of the format.
pub fn encode(snapshot: &Snapshot) -> Result<Vec<u8>, FormatError> {
    check_counts(snapshot)?;
    let body = serde_json::to_vec(&wire::Snapshot::from(snapshot))?;
    let mut bytes = format!("{MAGIC} {VERSION} {}\n", hex::encode(&Sha256::digest(&body)));
    bytes.reserve_exact(body.len());
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(&body);
    at_most("bytes", bytes.len(), CHECKPOINT_BYTES_MAX)?;
    Ok(bytes)
}

/// The snapshot that a checkpoint holds.
///
/// # Errors
/// [`FormatError`], for every sequence of bytes that [`encode`] did not write.
pub fn decode(bytes: &[u8]) -> Result<Snapshot, FormatError> {
    at_most("bytes", bytes.len(), CHECKPOINT_BYTES_MAX)?;
    let newline = bytes.iter().take(FIRST_LINE_BYTES_MAX).position(|byte| *byte == b'\n');
    let (first, body) =
        newline.and_then(|at| bytes.split_at_checked(at)).ok_or(FormatError::FirstLine)?;
    let body = body.get(1..).unwrap_or_default();
    let first = std::str::from_utf8(first).ok().ok_or(FormatError::FirstLine)?;
    let (version, checksum) = first
        .strip_prefix(MAGIC)
        .and_then(|rest| rest.strip_prefix(' '))
        .and_then(|rest| rest.split_once(' '))
        .ok_or(FormatError::FirstLine)?;
    if version != VERSION {
        let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        return Err(if is_version {
            FormatError::Version { found: version.to_owned(), known: VERSION }
        } else {
            FormatError::FirstLine
        });
    }
    if hex::encode(&Sha256::digest(body)) != checksum {
        return Err(FormatError::Checksum);
    }
    serde_json::from_slice::<wire::Snapshot>(body)?.try_into()
}

fn check_counts(snapshot: &Snapshot) -> Result<(), FormatError> {
    at_most("sources", snapshot.sources.len(), SOURCES_MAX)?;
    at_most("monitors", snapshot.monitors.len(), MONITORS_MAX)?;
    let files = snapshot.sources.iter().map(|source| source.files.len()).max();
    at_most("files of one source", files.unwrap_or(0), FILES_MAX)
}

fn at_most(what: &'static str, count: usize, max: usize) -> Result<(), FormatError> {
    if count <= max { Ok(()) } else { Err(FormatError::TooMany { what, count, max }) }
}
