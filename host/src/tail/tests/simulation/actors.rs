//! Those who write and rotate the logs, one system call at a time.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::disk::FileNumber;
use super::random::Random;
use super::scenario::{Compression, Scenario};

/// A single step of a rotator.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Rename(PathBuf, PathBuf),
    Unlink(PathBuf),
    /// A new file, or none where one stands.
    Create(PathBuf),
    /// Copies what is there by now, or a part of that, to a new file or to the one copied to before.
    Copy {
        from: PathBuf,
        to: PathBuf,
        whole: bool,
    },
    Truncate(PathBuf),
    /// Writes whole lines to a file that was just truncated: to the length that it had before, or
    /// to so many bytes more.
    Refill {
        path: PathBuf,
        more: usize,
    },
    /// Tells the writer of the log to open it anew.
    Reopen(PathBuf),
    /// Begins the compressed form of a file, ends it, and removes the plain form.
    CompressPart {
        plain: PathBuf,
        compressed: PathBuf,
        whole: bool,
        keep_time: bool,
    },
    /// Switches the link at the first path to a new file at the second.
    Switch(PathBuf, PathBuf),
    Forbid(PathBuf),
    Allow(PathBuf),
    DirectoryMissing,
    DirectoryForbidden,
    DirectoryBack,
    /// Lets time pass.
    Pause,
}

/// How a log is rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rotation {
    /// `NAME` becomes `NAME.1`, which becomes `NAME.2`, and a new file is made.
    RenameCreate,
    /// The same, and the writer makes the new file.
    RenameOnly,
    /// `NAME` becomes `NAME-DATE`.
    Dateext,
    /// `STEM.EXT` becomes `STEM-DATE.EXT`.
    DateextWithExtension,
    /// `NAME` is copied to `NAME.1` and truncated.
    Copytruncate,
    /// Nothing is kept, and the file has as many bytes as before at once.
    TruncateRefillSame,
    TruncateRefillMore,
    Truncate,
    /// Nothing is kept, and the writer makes a new file.
    Delete,
    /// `NAME` is a link, which is led to a new file `NAME-DATE`.
    LinkSwitch,
    /// Nothing is rotated, and the file cannot be opened for a while.
    Permission,
    /// Nothing is rotated, and the directory is not there for a while.
    Directory,
}

/// The one who rotates a log, with what remains to be done of the rotation that was begun.
#[derive(Debug)]
pub(super) struct Rotator {
    pub(super) log: PathBuf,
    pub(super) plan: VecDeque<Op>,
    rotated: usize,
}

impl Rotator {
    pub(super) fn new(log: PathBuf) -> Self {
        Self { log, plan: VecDeque::new(), rotated: 0 }
    }

    /// Plans a rotation of the log, which stands at its path.
    pub(super) fn begin(
        &mut self,
        rotation: Rotation,
        scenario: &Scenario,
        exists: impl Fn(&Path) -> bool,
        random: &mut Random,
    ) {
        let log = self.log.clone();
        // Only what leaves a file behind counts: the file that a link leads to is the latest one, which
        // nobody compresses.
        self.rotated += usize::from(matches!(
            rotation,
            Rotation::Dateext | Rotation::DateextWithExtension | Rotation::LinkSwitch
        ));
        match rotation {
            Rotation::RenameCreate | Rotation::RenameOnly => {
                self.shift(scenario, exists, random);
                self.plan.push_back(Op::Rename(log.clone(), numbered(&log, 1)));
                if rotation == Rotation::RenameCreate {
                    self.plan.push_back(Op::Create(log.clone()));
                }
                self.compress_at_once(numbered(&log, 1), scenario, random);
            }
            Rotation::Copytruncate => {
                self.shift(scenario, exists, random);
                for whole in [false, true] {
                    let to = numbered(&log, 1);
                    self.plan.push_back(Op::Copy { from: log.clone(), to, whole });
                }
                self.plan.push_back(Op::Truncate(log.clone()));
                self.compress_at_once(numbered(&log, 1), scenario, random);
            }
            Rotation::Dateext | Rotation::DateextWithExtension => {
                let dated = |number| match rotation {
                    Rotation::Dateext => dated(&log, number),
                    _ => dated_before_extension(&log, number),
                };
                self.remove_dated(dated, scenario, exists, random);
                self.plan.push_back(Op::Rename(log.clone(), dated(self.rotated)));
                self.plan.push_back(Op::Create(log.clone()));
                self.compress_at_once(dated(self.rotated), scenario, random);
            }
            Rotation::LinkSwitch => {
                self.remove_dated(|number| dated(&log, number), scenario, exists, random);
                self.plan.push_back(Op::Switch(log.clone(), dated(&log, self.rotated)));
            }
            Rotation::Truncate => self.plan.push_back(Op::Truncate(log)),
            Rotation::TruncateRefillSame => {
                self.plan.extend([Op::Truncate(log.clone()), Op::Refill { path: log, more: 0 }]);
            }
            Rotation::TruncateRefillMore => self.plan.extend([
                Op::Truncate(log.clone()),
                Op::Refill { path: log, more: random.within(1..=2_000) },
            ]),
            Rotation::Delete => self.plan.push_back(Op::Unlink(log)),
            Rotation::Permission => {
                self.plan.push_back(Op::Forbid(log.clone()));
                self.plan.extend(vec![Op::Pause; random.within(1..=6)]);
                self.plan.push_back(Op::Allow(log));
            }
            Rotation::Directory => {
                let away = random.pick(&[true, false]);
                let op = if away { Op::DirectoryMissing } else { Op::DirectoryForbidden };
                self.plan.push_back(op);
                self.plan.extend(vec![Op::Pause; random.within(1..=6)]);
                self.plan.push_back(Op::DirectoryBack);
            }
        }
    }

    /// `NAME.1` becomes `NAME.2` and so on, whatever they are compressed with; the last is removed.
    fn shift(&mut self, scenario: &Scenario, exists: impl Fn(&Path) -> bool, random: &mut Random) {
        for number in (1..=scenario.keep).rev() {
            for form in ["", ".gz", ".zst"] {
                let from = with_suffix(&numbered(&self.log, number), form);
                if !exists(&from) {
                    continue;
                }
                if number == scenario.keep {
                    self.plan.push_back(Op::Unlink(from));
                    continue;
                }
                let to = with_suffix(&numbered(&self.log, number + 1), form);
                self.plan.push_back(Op::Rename(from, to.clone()));
                if form.is_empty() && scenario.compression == Compression::Delayed {
                    self.compress(to, scenario, random);
                }
            }
        }
    }

    /// Removes dated files until no more are kept than should be, and compresses those before the
    /// last.
    fn remove_dated(
        &mut self,
        dated: impl Fn(usize) -> PathBuf,
        scenario: &Scenario,
        exists: impl Fn(&Path) -> bool,
        random: &mut Random,
    ) {
        for number in 0..self.rotated {
            let age = self.rotated - number;
            for form in ["", ".gz", ".zst"] {
                let path = with_suffix(&dated(number), form);
                if !exists(&path) {
                    continue;
                }
                if age > scenario.keep {
                    self.plan.push_back(Op::Unlink(path));
                } else if form.is_empty() && age > 1 && scenario.compression == Compression::Delayed
                {
                    self.compress(path, scenario, random);
                }
            }
        }
    }

    fn compress_at_once(&mut self, plain: PathBuf, scenario: &Scenario, random: &mut Random) {
        if scenario.compression == Compression::AtOnce {
            self.compress(plain, scenario, random);
        }
    }

    fn compress(&mut self, plain: PathBuf, scenario: &Scenario, random: &mut Random) {
        // What is written behind what was compressed makes that another, shorter file to a reader
        // that remembers only what a file began with.
        if scenario.crashes {
            self.plan.push_back(Op::Reopen(self.log.clone()));
        }
        let compressed = with_suffix(&plain, random.pick(&[".gz", ".zst"]));
        let keep_time = random.chance(80);
        for whole in [false, true] {
            let (plain, compressed) = (plain.clone(), compressed.clone());
            self.plan.push_back(Op::CompressPart { plain, compressed, whole, keep_time });
        }
        self.plan.push_back(Op::Unlink(plain));
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn numbered(log: &Path, number: usize) -> PathBuf {
    with_suffix(log, &format!(".{number}"))
}

/// `NAME-DATE`; numbers are days of September 2018 and later.
pub(super) fn dated(log: &Path, number: usize) -> PathBuf {
    with_suffix(log, &format!("-{}", date(number)))
}

fn dated_before_extension(log: &Path, number: usize) -> PathBuf {
    let stem = log.file_stem().unwrap().to_str().unwrap();
    let extension = log.extension().unwrap().to_str().unwrap();
    log.with_file_name(format!("{stem}-{}.{extension}", date(number)))
}

fn date(number: usize) -> String {
    format!("2018{:02}{:02}", 9 + number / 28, 1 + number % 28)
}

/// The one who writes a log.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) log: PathBuf,
    /// What it writes to, whatever name that has by now.
    pub(super) file: Option<FileNumber>,
    /// Where it writes to next, if not to the file's end.
    pub(super) offset: usize,
    /// What is still to be written of the line that was begun.
    pub(super) rest: Vec<u8>,
    /// When it began to be behind: with half a line written, or its file replaced.
    pub(super) behind_since: Option<Duration>,
}

impl Writer {
    pub(super) fn new(log: PathBuf) -> Self {
        Self { log, file: None, offset: 0, rest: Vec::new(), behind_since: None }
    }
}

/// Lines that are never the same, nor is any part of eight bytes of them.
#[derive(Debug)]
pub(super) struct LineSource {
    random: Random,
}

impl LineSource {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed ^ 0x006C_696E_6573) }
    }

    /// A line of `length` bytes and its newline, with a carriage return before that or without.
    pub(super) fn line(&mut self, length: usize, carriage_return: bool) -> Vec<u8> {
        let mut line = Vec::with_capacity(length + 18);
        while line.len() < length {
            line.extend(format!("{:016x}", self.random.next()).bytes());
        }
        line.truncate(length);
        if carriage_return {
            line.push(b'\r');
        }
        line.push(b'\n');
        line
    }
}
