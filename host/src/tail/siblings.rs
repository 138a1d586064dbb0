//! The files beside a log that were once that log, or are copies of what it was.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::Compression;
use super::files::{FileState, FileSystem, LogFile, Look};
use super::identity::FileIdentity;
use super::position::{FINGERPRINT_BYTES_MAX, FileMark, Fingerprint, Position};
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
#[derive(Debug)]
pub(super) struct Listings {
    by_directory: BTreeMap<PathBuf, Vec<OsString>>,
    /// Whether all directories could be read.
    complete: bool,
}

impl Default for Listings {
    fn default() -> Self {
        Self { by_directory: BTreeMap::new(), complete: true }
    }
}

impl Listings {
    /// The names beside the log at `path`, most recent first. Of a file and its compressed form
    /// that is still being written, only the file.
    pub(super) fn siblings(&mut self, files: &dyn FileSystem, path: &Path) -> Vec<Sibling> {
        let (Some(parent), Some(log)) = (path.parent(), path.file_name()) else {
            return Vec::new();
        };
        let complete = &mut self.complete;
        let names = self.by_directory.entry(parent.to_owned()).or_insert_with(|| {
            list(files, parent).unwrap_or_else(|_out_of_reach| {
                *complete = false;
                Vec::new()
            })
        });
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

/// The names in a directory, sorted.
fn list(files: &dyn FileSystem, directory: &Path) -> io::Result<Vec<OsString>> {
    let listed = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let paths = files.list(listed)?;
    let mut names: Vec<_> =
        paths.iter().filter_map(|path| path.file_name()).map(OsString::from).collect();
    names.sort();
    Ok(names)
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
    /// Whether it was truncated between the look at its state and the reading of that.
    pub(super) replaced: bool,
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
        let replaced = file.state()?.size_bytes < state.size_bytes;
        Ok(Self { path: path.to_owned(), age, file, state, compression, head, replaced })
    }

    pub(super) fn identity(&self) -> FileIdentity {
        self.state.identity
    }

    /// Where it begins.
    pub(super) fn start(&self) -> Position {
        let FileState { identity, size_bytes, modified_ns, .. } = self.state;
        let mark = FileMark::of(identity, &self.head, self.path.clone());
        Position { file: Arc::new(mark), offset: 0, size_bytes, modified_ns }
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

/// Opens those siblings of the log at `path` that are `worth` it, each file once, oldest first by
/// what their names say. Where `next` has a sibling's name by now, those more recent are left out:
/// they come after it.
pub(super) fn survey(
    files: &dyn FileSystem,
    path: &Path,
    next: Option<FileIdentity>,
    worth: impl Fn(&Path, &FileState) -> bool,
) -> Found {
    let mut survey = Survey { met: Vec::new(), next, next_seen: false, complete: true };
    let mut seen = survey.pass(files, path, &worth);
    let is_stable = (1..PASSES_MAX).any(|_| {
        let seen_before = std::mem::replace(&mut seen, survey.pass(files, path, &worth));
        seen == seen_before
    });
    let complete = survey.complete && is_stable;
    let mut files: Vec<_> =
        survey.met.into_iter().filter(|met| !met.after_next).map(|met| met.file).collect();
    drop_compressed_twins(&mut files);
    files.sort_by_cached_key(|file| (Reverse(file.age.clone()), file.state.modified_ns));
    Found { files, complete }
}

/// What is beside a log.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) files: Vec<Candidate>,
    /// Whether the directory could be read and stood still for long enough, and every file was opened
    /// that was to be.
    pub(super) complete: bool,
}

/// Names move on while they are gone through, one file's name becoming the next one's, so this
/// is done until two passes have found the same; what was opened stays what it is.
///
/// A pass goes from the oldest name to the most recent one, against the direction in which files
/// move. What it meets before `next` is therefore older than that, and what it meets behind it is
/// more recent, whatever moves meanwhile; it may only miss files, and the next pass has them.
struct Survey {
    met: Vec<Met>,
    next: Option<FileIdentity>,
    /// Whether an earlier pass has met it.
    next_seen: bool,
    complete: bool,
}

struct Met {
    file: Candidate,
    after_next: bool,
}

impl Survey {
    /// Goes through all names; returns what they stood for. A name that is gone by then counts as
    /// well: what stood there has another one, which was not among these.
    fn pass(
        &mut self,
        files: &dyn FileSystem,
        path: &Path,
        worth: &impl Fn(&Path, &FileState) -> bool,
    ) -> Vec<(PathBuf, Option<FileIdentity>)> {
        let mut seen = Vec::new();
        let mut new = Vec::new();
        let mut listings = Listings::default();
        let siblings = listings.siblings(files, path);
        self.complete &= listings.complete;
        for sibling in siblings.into_iter().rev() {
            let Look::File(state) = files.look(&sibling.path) else {
                seen.push((sibling.path, None));
                continue;
            };
            seen.push((sibling.path.clone(), Some(state.identity)));
            let age = Some(sibling.name.age);
            let known = self.met.iter_mut().find(|known| known.file.identity() == state.identity);
            if let Some(known) = known {
                known.file.path = sibling.path;
                known.file.age = age;
            } else if Some(state.identity) != self.next && worth(&sibling.path, &state) {
                match Candidate::open(files, &sibling.path, age) {
                    Ok(file) if self.is_new(&file) && worth(&sibling.path, &file.state) => {
                        new.push(file.identity());
                        self.met.push(Met { file, after_next: false });
                    }
                    Ok(_) => {}
                    Err(error) => self.complete &= error.kind() == ErrorKind::NotFound,
                }
            }
        }
        let met =
            seen.iter().position(|(_, identity)| identity.is_some() && *identity == self.next);
        for met_file in &mut self.met {
            let identity = met_file.file.identity();
            let place = seen.iter().position(|(_, seen)| *seen == Some(identity));
            match (place, met) {
                (Some(place), Some(met)) => met_file.after_next = place > met,
                // What had a sibling's name before is gone, and what is older went before it.
                (_, None) if new.contains(&identity) => met_file.after_next = self.next_seen,
                _ => {}
            }
        }
        self.next_seen |= met.is_some();
        seen
    }

    /// Whether `file` was not met yet, nor is the one that the others come before.
    fn is_new(&self, file: &Candidate) -> bool {
        Some(file.identity()) != self.next
            && self.met.iter().all(|known| known.file.identity() != file.identity())
    }
}

/// A file may have been compressed between two passes; then it is there twice. What was written to
/// it since it was opened, it has now.
fn drop_compressed_twins(candidates: &mut Vec<Candidate>) {
    let plain = candidates.iter().filter(|file| file.compression.is_none());
    let plain: Vec<_> = plain.map(|file| file.head.clone()).collect();
    candidates.retain(|file| {
        let is_twin = |plain: &Vec<u8>| {
            !plain.is_empty()
                && !file.head.is_empty()
                && (file.head.starts_with(plain) || plain.starts_with(&file.head))
        };
        file.compression.is_none() || !plain.iter().any(is_twin)
    });
}
