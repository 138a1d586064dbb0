//! The files beside a log that were once that log, or are copies of what it was.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::error::Compression;
use super::files::{FileState, FileSystem, LogFile, Look};
use super::identity::FileIdentity;
use super::position::{FINGERPRINT_BYTES_MAX, FileMark, Fingerprint};
use super::rotated_name::{Age, RotatedName};
use super::unpack::{StoredBytes, Unpacked, read_full};

/// The most files beside a log that are looked at: the most recent ones by their names.
pub const SIBLINGS_MAX: usize = 128;

/// How often names are gone through until they stand for the same files twice in a row. Each pass
/// but the last has seen a rotation.
const PASSES_MAX: usize = 8;

/// A name beside a log.
#[derive(Clone, Debug)]
pub(super) struct Sibling {
    pub(super) path: PathBuf,
    pub(super) name: RotatedName,
}

/// The names in directories, for as long as they need not be looked up again.
#[derive(Debug, Default)]
pub(super) struct Listings {
    by_directory: BTreeMap<PathBuf, Vec<OsString>>,
}

impl Listings {
    /// The names beside the log at `path`, most recent first. Of a file and its compressed form
    /// that is still being written, only the file.
    pub(super) fn siblings(&mut self, files: &dyn FileSystem, path: &Path) -> Vec<Sibling> {
        let (Some(parent), Some(log)) = (path.parent(), path.file_name()) else {
            return Vec::new();
        };
        let names =
            self.by_directory.entry(parent.to_owned()).or_insert_with(|| list(files, parent));
        // Sorted, all names that begin like the log's stand together.
        let stem = path.file_stem().unwrap_or(log);
        let first = names.partition_point(|name| name.as_os_str() < stem);
        let alike = names.get(first..).unwrap_or_default().iter();
        let mut siblings: Vec<_> = alike
            .take_while(|name| name.as_bytes().starts_with(stem.as_bytes()))
            .filter_map(|name| {
                let rotated = RotatedName::parse(log.as_bytes(), name.as_bytes())?;
                Some(Sibling { path: parent.join(name), name: rotated })
            })
            .collect();
        siblings.sort_by(|a, b| {
            let key = |sibling: &Sibling| {
                let RotatedName { age, uncompressed, compressed } = sibling.name.clone();
                (age, uncompressed, compressed)
            };
            key(a).cmp(&key(b))
        });
        siblings.dedup_by(|later, first| later.name.uncompressed == first.name.uncompressed);
        siblings.truncate(SIBLINGS_MAX);
        siblings
    }
}

/// The names in a directory, sorted; none where it cannot be read.
fn list(files: &dyn FileSystem, directory: &Path) -> Vec<OsString> {
    let listed = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let Ok(paths) = files.list(listed) else {
        return Vec::new();
    };
    let mut names: Vec<_> =
        paths.iter().filter_map(|path| path.file_name()).map(OsString::from).collect();
    names.sort();
    names
}

/// An open file of which it is to be found out whether and how it is to be read.
#[derive(Debug)]
pub(super) struct Candidate {
    /// The name that it was last seen under.
    pub(super) path: PathBuf,
    /// What that name says; `None` for the log's own.
    pub(super) age: Option<Age>,
    pub(super) file: Box<dyn LogFile>,
    pub(super) state: FileState,
    pub(super) compression: Option<Compression>,
    /// What it begins with, after decompression: as much as a fingerprint covers.
    pub(super) head: Vec<u8>,
}

impl Candidate {
    /// Opens the file at `path`. Under a log's own name, nothing is unpacked.
    ///
    /// # Errors
    /// The system's, and those of a decoder.
    pub(super) fn open(files: &dyn FileSystem, path: &Path, age: Option<Age>) -> io::Result<Self> {
        let file = files.open(path)?;
        let state = file.state()?;
        let mut head = head_of(&*file, None)?;
        let compression = age.as_ref().and_then(|_rotated| Compression::of(&head));
        if compression.is_some() {
            head = head_of(&*file, compression)?;
        }
        Ok(Self { path: path.to_owned(), age, file, state, compression, head })
    }

    pub(super) fn identity(&self) -> FileIdentity {
        self.state.identity
    }

    pub(super) fn mark(&self) -> FileMark {
        let (identity, fingerprint) = (self.identity(), self.fingerprint());
        FileMark { identity, fingerprint, path: self.path.clone() }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.head)
    }
}

/// The first bytes of `file`, as many as a fingerprint covers.
pub(super) fn head_of(
    file: &(dyn LogFile + 'static),
    compression: Option<Compression>,
) -> io::Result<Vec<u8>> {
    let mut input = Unpacked::new(StoredBytes { file, offset: 0 }, compression)?;
    let mut head = vec![0; FINGERPRINT_BYTES_MAX];
    let count = read_full(&mut input, &mut head)?;
    head.truncate(count);
    Ok(head)
}

/// Opens those siblings of the log at `path` that are `worth` it, each file once, oldest first.
///
/// Names move on while they are gone through, one file's name becoming the next one's, so this
/// is done until two passes have found the same; what was opened stays what it is.
pub(super) fn survey(
    files: &dyn FileSystem,
    path: &Path,
    worth: impl Fn(&Path, &FileState) -> bool,
) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut seen_before = None;
    for _ in 0..PASSES_MAX {
        let mut seen = Vec::new();
        for sibling in Listings::default().siblings(files, path) {
            let Look::File(state) = files.look(&sibling.path) else {
                continue;
            };
            seen.push((sibling.path.clone(), state.identity));
            let known = candidates.iter_mut().find(|known| known.identity() == state.identity);
            if let Some(known) = known {
                known.path = sibling.path;
                known.age = Some(sibling.name.age);
            } else if worth(&sibling.path, &state)
                && let Ok(opened) = Candidate::open(files, &sibling.path, Some(sibling.name.age))
                && candidates.iter().all(|known| known.identity() != opened.identity())
                && worth(&sibling.path, &opened.state)
            {
                candidates.push(opened);
            }
        }
        if seen_before.as_ref() == Some(&seen) {
            break;
        }
        seen_before = Some(seen);
    }
    drop_compressed_twins(&mut candidates);
    let key = |file: &Candidate| (file.state.modified_ns, std::cmp::Reverse(file.age.clone()));
    candidates.sort_by_cached_key(key);
    candidates
}

/// A file may have been compressed between two passes; then it is there twice.
fn drop_compressed_twins(candidates: &mut Vec<Candidate>) {
    let plain: Vec<_> = candidates
        .iter()
        .filter(|file| file.compression.is_none())
        .map(Candidate::fingerprint)
        .collect();
    candidates.retain(|file| file.compression.is_none() || !plain.contains(&file.fingerprint()));
}
