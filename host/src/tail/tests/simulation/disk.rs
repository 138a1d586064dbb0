//! The disk: names, files, and what became of every line that was ever written to them.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::content::{Content, Fate, Held, Line, Origin, Presence};

/// A file's number in [`Disk::files`], which is never used again; its inode is.
pub(super) type FileNumber = usize;

/// How fine a file's time of modification is, in nanoseconds: that of a kernel tick.
const MODIFIED_GRANULARITY_NS: i64 = 4_000_000;

const DEVICE_INODES_FROM: u64 = 100;

#[derive(Debug)]
pub(super) struct SimFile {
    pub(super) inode: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) modified_ns: i64,
    pub(super) readable: bool,
    /// `None` for a compressed file that is not complete.
    pub(super) held: Option<Held>,
    pub(super) names: usize,
    pub(super) read_handles: usize,
    pub(super) write_handles: usize,
}

impl SimFile {
    /// Whether the reader can get at it.
    fn is_reachable(&self) -> bool {
        self.names > 0 || self.read_handles > 0
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    File(FileNumber),
    Link(PathBuf),
}

/// Whether the directory can be looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Directory {
    There,
    Missing,
    Forbidden,
}

#[derive(Debug)]
pub(super) struct Disk {
    names: BTreeMap<PathBuf, Name>,
    pub(super) directory: Directory,
    pub(super) files: Vec<SimFile>,
    pub(super) contents: Vec<Content>,
    free_inodes: Vec<u64>,
    next_inode: u64,
    /// Goes up with everything that is more than appending.
    pub(super) upheavals: u64,
    /// Goes up with everything that is written.
    moment: u64,
}

impl Disk {
    pub(super) fn new() -> Self {
        Self {
            names: BTreeMap::new(),
            directory: Directory::There,
            files: Vec::new(),
            contents: Vec::new(),
            free_inodes: Vec::new(),
            next_inode: DEVICE_INODES_FROM,
            upheavals: 0,
            moment: 0,
        }
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.names.keys()
    }

    pub(super) fn exists(&self, path: &Path) -> bool {
        self.names.contains_key(path)
    }

    /// The file at `path`, links followed.
    pub(super) fn resolve(&self, path: &Path) -> Option<FileNumber> {
        match self.names.get(path)? {
            Name::File(file) => Some(*file),
            Name::Link(target) => match self.names.get(target)? {
                Name::File(file) => Some(*file),
                Name::Link(_) => None,
            },
        }
    }

    /// A new empty file at `path`, where nothing stands, for content of its own.
    pub(super) fn create(&mut self, path: &Path, now_ns: i64) -> FileNumber {
        let held = Held { content: self.begin_content(stem_of(path)), bytes: 0 };
        self.create_for(path, Some(held), now_ns)
    }

    fn begin_content(&mut self, log: String) -> usize {
        self.moment += 1;
        self.contents.push(Content { begun: self.moment, log, ..Content::default() });
        self.contents.len() - 1
    }

    /// A new file at `path` for a copy, compressed or not.
    pub(super) fn create_for(
        &mut self,
        path: &Path,
        held: Option<Held>,
        now_ns: i64,
    ) -> FileNumber {
        self.upheavals += 1;
        let inode = self.free_inodes.pop().unwrap_or_else(|| {
            self.next_inode += 1;
            self.next_inode
        });
        self.files.push(SimFile {
            inode,
            bytes: Vec::new(),
            modified_ns: coarse(now_ns),
            readable: true,
            held,
            names: 1,
            read_handles: 0,
            write_handles: 0,
        });
        let file = self.files.len() - 1;
        // A link without a target is created through.
        let path = match self.names.get(path) {
            Some(Name::Link(target)) => target.clone(),
            _ => path.to_owned(),
        };
        let before = self.names.insert(path, Name::File(file));
        assert_eq!(before, None, "an actor created a file over another");
        file
    }

    pub(super) fn append(&mut self, file: FileNumber, bytes: &[u8], now_ns: i64) {
        let there = &mut self.files[file];
        there.bytes.extend_from_slice(bytes);
        there.modified_ns = coarse(now_ns);
        let held = there.held.as_mut().unwrap();
        held.bytes += bytes.len();
        let number = held.content;
        self.moment += 1;
        let written = self.moment;
        let content = &mut self.contents[number];
        let end = content.bytes.len();
        content.bytes.extend_from_slice(bytes);
        for newline in memchr::memchr_iter(b'\n', bytes) {
            let (from, to) = (content.unfinished_from, end + newline + 1);
            let optional = content.lines.len() < content.passable;
            let fate = Fate { optional, ..Fate::default() };
            content.lines.push(Line { from, to, written, fate });
            content.unfinished_from = to;
        }
        self.note_destroyed(number, false);
    }

    /// Replaces what a copy has by more of it.
    pub(super) fn fill_copy(
        &mut self,
        file: FileNumber,
        bytes: Vec<u8>,
        held: Option<Held>,
        modified_ns: i64,
    ) {
        self.upheavals += 1;
        let copy = &mut self.files[file];
        copy.bytes = bytes;
        copy.held = held;
        copy.modified_ns = coarse(modified_ns);
    }

    pub(super) fn truncate(&mut self, file: FileNumber, now_ns: i64) {
        self.upheavals += 1;
        let log = self.files[file].held.map(|held| self.contents[held.content].log.clone());
        let content = self.begin_content(log.unwrap_or_default());
        let there = &mut self.files[file];
        let is_hidden = there.modified_ns == coarse(now_ns);
        self.contents[content].origin =
            if is_hidden { Origin::HiddenTruncation } else { Origin::Truncation };
        there.bytes.clear();
        there.modified_ns = coarse(now_ns);
        let before = there.held.replace(Held { content, bytes: 0 });
        if let Some(before) = before {
            self.contents[before.content].truncated = true;
            self.note_destroyed(before.content, false);
        }
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) {
        self.upheavals += 1;
        if self.exists(to) {
            self.unlink(to);
        }
        let name = self.names.remove(from).unwrap();
        self.names.insert(to.to_owned(), name);
    }

    pub(super) fn unlink(&mut self, path: &Path) {
        self.upheavals += 1;
        if let Some(Name::File(file)) = self.names.remove(path) {
            self.files[file].names -= 1;
            self.released(file, false);
        }
    }

    /// Makes `path` a link to `target`, in place of what link was there.
    pub(super) fn link(&mut self, path: &Path, target: &Path) {
        self.upheavals += 1;
        self.names.insert(path.to_owned(), Name::Link(target.to_owned()));
    }

    pub(super) fn open_for_reading(&mut self, file: FileNumber) {
        self.files[file].read_handles += 1;
    }

    /// Closes a handle of the reader, which did so itself or was killed.
    pub(super) fn close_for_reading(&mut self, file: FileNumber, killed: bool) {
        self.files[file].read_handles -= 1;
        self.released(file, !killed);
    }

    pub(super) fn open_for_writing(&mut self, file: FileNumber) {
        self.files[file].write_handles += 1;
    }

    pub(super) fn close_for_writing(&mut self, file: FileNumber) {
        self.files[file].write_handles -= 1;
        self.released(file, false);
    }

    /// A name or a handle of the file is gone.
    fn released(&mut self, file: FileNumber, by_reader: bool) {
        let there = &self.files[file];
        let (inode, held) = (there.inode, there.held);
        if !there.is_reachable() && there.write_handles == 0 {
            self.free_inodes.push(inode);
        }
        if let Some(held) = held {
            self.note_destroyed(held.content, by_reader);
        }
    }

    /// Marks the lines of a content that no reachable file has any more.
    fn note_destroyed(&mut self, content: usize, by_reader: bool) {
        let reach = self.reach(content);
        for line in self.contents[content].lines.iter_mut().rev() {
            if line.to <= reach {
                break;
            }
            if line.fate.presence == Presence::Present {
                line.fate.presence = if by_reader { Presence::LetGo } else { Presence::Destroyed };
            }
        }
    }

    /// What the files of the log at `path` have, except one of them.
    pub(super) fn held_of_log(&self, path: &Path, except: FileNumber) -> Vec<Held> {
        let log = stem_of(path);
        let others = self.files.iter().enumerate().filter(|(number, _)| *number != except);
        let held = others.filter_map(|(_, file)| file.held);
        held.filter(|held| self.contents[held.content].log == log).collect()
    }

    /// The reader is about to begin behind what is there of a log.
    pub(super) fn pass_over(&mut self, log: &Path) {
        let log = stem_of(log);
        for content in self.contents.iter_mut().filter(|content| content.log == log) {
            content.passed = content.lines.len();
        }
    }

    /// The reader has begun behind what was there of a log. A line that was begun is passed over, too.
    pub(super) fn passed_over(&mut self, log: &Path) {
        let log = stem_of(log);
        for content in self.contents.iter_mut().filter(|content| content.log == log) {
            let begun = usize::from(content.unfinished_from < content.bytes.len());
            content.passable = content.lines.len() + begun;
            for line in &mut content.lines {
                line.fate.optional = true;
            }
        }
    }

    /// The reader has read some of a file. What is truncated away before that is nothing to it but a
    /// size, and is not told from an append where what fills the file next is larger.
    pub(super) fn is_read(&mut self, file: FileNumber) {
        let there = &self.files[file];
        if let Some(held) = there.held.filter(|held| held.bytes > 0) {
            let content = &mut self.contents[held.content];
            content.was_seen |= !content.truncated;
        }
    }

    /// The contents that are still written to.
    pub(super) fn writing(&self) -> impl Iterator<Item = usize> {
        let files = self.files.iter().filter(|file| file.write_handles > 0);
        files.filter_map(|file| file.held).map(|held| held.content)
    }

    /// The lines, without their newlines, that there are still; and how much of their content.
    pub(super) fn present_lines(&self) -> HashMap<&[u8], usize> {
        let lines = self.contents.iter().enumerate().flat_map(|(number, content)| {
            let reach = self.reach(number);
            let present = content.lines.iter().filter(move |line| line.to <= reach);
            present.map(move |line| (&content.bytes[line.from..line.to - 1], reach))
        });
        lines.collect()
    }

    /// Whether a file has the content, be it one that nobody can get at.
    pub(super) fn is_held(&self, content: usize) -> bool {
        let held = self.files.iter().filter_map(|file| file.held);
        held.into_iter().any(|held| held.content == content)
    }

    /// How much of a content there is still, in any file that the reader can get at.
    pub(super) fn reach(&self, content: usize) -> usize {
        let files = self.files.iter().filter(|file| file.is_reachable());
        let held = files.filter_map(|file| file.held.filter(|held| held.content == content));
        held.map(|held| held.bytes).max().unwrap_or(0)
    }
}

fn coarse(now_ns: i64) -> i64 {
    now_ns - now_ns.rem_euclid(MODIFIED_GRANULARITY_NS)
}

/// What all names of a log begin with: `access` for `access.log.1` and `access-20180911.log`.
fn stem_of(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    name.split(['.', '-']).next().unwrap().to_owned()
}
