//! The scheduler: who acts next, and what their steps do to the disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::actors::{LineSource, Rotator, Writer, dated};
use super::content::{Held, Origin, Presence};
use super::disk::{Directory, Disk, FileNumber};
use super::random::Random;
use super::scenario::Scenario;
use crate::clock::{Clock, ManualClock};

/// How long a writer may be behind; a rotated file is not waited for much longer.
const BEHIND_MAX: Duration = Duration::from_secs(2);

/// What the reader finds without looking for it.
#[derive(Debug)]
pub(super) struct InFront {
    contents: Vec<Held>,
    upheavals: u64,
}

/// Everybody but the reader, and what the reader is allowed to do.
#[derive(Debug)]
pub(super) struct World {
    pub(super) scenario: Scenario,
    pub(super) random: Random,
    pub(super) disk: Disk,
    pub(super) clock: Arc<ManualClock>,
    pub(super) lines: LineSource,
    writers: Vec<Writer>,
    pub(super) rotators: Vec<Rotator>,
    /// How many rotations of each log there were since everything was quiet.
    pub(super) rotations: HashMap<PathBuf, usize>,
    pub(super) last_rotation: Duration,
    /// How large a log was that was truncated, to be filled up again.
    pub(super) truncated_at: usize,
    /// Whether everybody waits for the reader.
    pub(super) still: bool,
    /// After how many calls the reader is killed.
    killed_in: Option<u64>,
    killed: bool,
    /// How many upheavals there had been when the reader began.
    began_at: u64,
    /// The logs that the reader has opened in this life or knows from an earlier one.
    pub(super) known: Vec<PathBuf>,
    /// Those that it knows from an earlier one.
    pub(super) resumed: Vec<PathBuf>,
    trace: Option<Vec<String>>,
}

impl World {
    pub(super) fn new(
        seed: u64,
        scenario: Scenario,
        clock: Arc<ManualClock>,
        traced: bool,
    ) -> Self {
        let now_ns = clock.now().nanos();
        let mut disk = Disk::new();
        for log in scenario.logs.iter().filter(|_| scenario.is_linked()) {
            disk.create(&dated(log, 0), now_ns);
            disk.link(log, &dated(log, 0));
        }
        Self {
            random: Random::new(seed),
            disk,
            clock,
            lines: LineSource::new(seed),
            writers: scenario.logs.iter().cloned().map(Writer::new).collect(),
            rotators: scenario.logs.iter().cloned().map(Rotator::new).collect(),
            rotations: HashMap::new(),
            last_rotation: Duration::ZERO,
            truncated_at: 0,
            still: false,
            killed_in: None,
            killed: false,
            began_at: 0,
            known: Vec::new(),
            resumed: Vec::new(),
            trace: traced.then(Vec::new),
            scenario,
        }
    }

    /// Adds to the trace where there is one.
    pub(super) fn note(&mut self, event: impl FnOnce() -> String) {
        let at = self.clock.elapsed();
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>9.3} {}", at.as_secs_f64(), event()));
        }
    }

    pub(super) fn take_trace(&mut self) -> Vec<String> {
        self.trace.take().unwrap_or_default()
    }

    /// The reader is about to make a call. Returns whether it still lives.
    pub(super) fn before_a_call(&mut self) -> bool {
        if self.killed {
            return false;
        }
        if let Some(calls) = &mut self.killed_in {
            *calls = calls.saturating_sub(1);
            if *calls == 0 {
                self.killed = true;
                self.note(|| "reader is killed".to_owned());
                return false;
            }
        }
        if !self.still && self.random.chance(self.scenario.interference_percent) {
            for _ in 0..self.random.within(1..=self.scenario.interference_ops) {
                self.act();
            }
        }
        true
    }

    pub(super) fn read_is_short(&mut self) -> bool {
        self.random.chance(self.scenario.short_read_percent)
    }

    pub(super) fn is_killed(&self) -> bool {
        self.killed
    }

    /// A new reader begins, which is killed after so many calls.
    pub(super) fn begin_life(&mut self, killed_in: Option<u64>) {
        self.killed = false;
        self.killed_in = killed_in;
        self.began_at = self.disk.upheavals;
        // What a killed reader had read and not yet noted is lost with what is destroyed.
        for content in &mut self.disk.contents {
            content.seen_bytes = 0;
            for line in &mut content.lines {
                line.fate.due = false;
                if line.fate.presence == Presence::LetGo {
                    line.fate.presence = Presence::Destroyed;
                }
            }
        }
    }

    /// How much happened to files since the reader began, apart from what was appended.
    pub(super) fn upheavals_of_life(&self) -> u64 {
        self.disk.upheavals - self.began_at
    }

    /// What the reader closes from now on, it closes because it is no more.
    pub(super) fn end_life(&mut self) {
        self.killed = true;
    }

    /// What the reader can read without looking for it, and what else happened until now.
    pub(super) fn in_front_of_reader(&self) -> InFront {
        let there = |log: &PathBuf| self.disk.resolve(log);
        let looked_at: Vec<_> = match self.disk.directory {
            Directory::There => self.scenario.logs.iter().filter_map(there).collect(),
            _ => Vec::new(),
        };
        let named = !self.scenario.has_globs();
        let files = self.disk.files.iter().enumerate().filter(|(number, file)| {
            file.read_handles > 0 || (named && file.readable && looked_at.contains(number))
        });
        // Copies of what was truncated away cannot be looked for now, and come first.
        let waits = |held: &Held| {
            self.disk.directory != Directory::There
                && self.disk.contents[held.content].origin != Origin::NewFile
        };
        let contents = files.filter_map(|(_, file)| file.held).filter(|held| !waits(held));
        InFront { contents: contents.collect(), upheavals: self.disk.upheavals }
    }

    /// The reader says that it read everything that was in front of it.
    pub(super) fn make_due(&mut self, before: &InFront) {
        if before.upheavals != self.disk.upheavals {
            return;
        }
        for held in &before.contents {
            let content = &mut self.disk.contents[held.content];
            if content.origin == Origin::HiddenTruncation {
                continue;
            }
            content.seen_bytes = content.seen_bytes.max(held.bytes);
            for line in content.lines.iter_mut().filter(|line| line.to <= held.bytes) {
                line.fate.due = true;
            }
        }
    }

    /// What was rotated away before the reader first opened a log is not its business.
    pub(super) fn opened_by_reader(&mut self, path: &Path, file: FileNumber) {
        self.note(|| format!("  reader opens {} #{file}", path.display()));
        if !self.scenario.logs.iter().any(|log| log == path)
            || self.known.iter().any(|known| known == path)
        {
            return;
        }
        self.known.push(path.to_owned());
        for held in self.disk.held_of_log(path, file) {
            let content = &mut self.disk.contents[held.content];
            content.passable = usize::MAX;
            for line in &mut content.lines {
                line.fate.optional = true;
            }
        }
    }

    /// Somebody does something.
    pub(super) fn act(&mut self) {
        self.clock.advance(Duration::from_micros(self.random.within(0..=3_000) as u64));
        let index = self.random.below(self.writers.len());
        if self.random.chance(65) {
            self.write(index);
        } else {
            self.rotate(index);
        }
    }

    fn write(&mut self, index: usize) {
        let now = self.clock.elapsed();
        let log = self.writers[index].log.clone();
        let stands = self.disk.resolve(&log);
        let replaced = self.writers[index].file.is_none() || self.writers[index].file != stands;
        if replaced {
            self.writers[index].behind_since.get_or_insert(now);
            if self.writers[index].file.is_none() || self.random.chance(30) {
                return self.reopen(index);
            }
        }
        if !self.writers[index].rest.is_empty() {
            return self.finish_line(index, !replaced);
        }
        let mut text = Vec::new();
        let count = if self.random.chance(3) {
            self.random.within(40..=100)
        } else {
            self.random.within(1..=5)
        };
        for _ in 0..count {
            text.extend(self.line());
        }
        if self.random.chance(self.scenario.half_line_percent) {
            let line = self.line();
            let (now_written, later) = line.split_at(self.random.within(8..=line.len() - 9));
            text.extend(now_written);
            self.writers[index].rest = later.to_vec();
            self.writers[index].behind_since.get_or_insert(now);
        }
        self.append(index, &text);
    }

    fn line(&mut self) -> Vec<u8> {
        let longest = self.scenario.settings.max_line_bytes;
        let length = match self.random.below(30) {
            0 => self.random.within(longest + 1..=10 * longest),
            1 => longest,
            2 => longest - 1,
            _ => self.random.within(20..=90),
        };
        let carriage_return = self.random.chance(10);
        self.lines.line(length, carriage_return)
    }

    fn append(&mut self, index: usize, text: &[u8]) {
        let Some(file) = self.writers[index].file else {
            return;
        };
        let now_ns = self.clock.now().nanos();
        let end = self.disk.files[file].bytes.len();
        let hole =
            if self.scenario.appends { 0 } else { self.writers[index].offset.saturating_sub(end) };
        self.writers[index].offset = end + hole + text.len();
        self.disk.append(file, &[&vec![0; hole], text].concat(), now_ns);
        self.note(|| format!("writer appends {} to #{file} behind a hole of {hole}", shown(text)));
    }

    /// The rest of a line is written, or never will be.
    fn finish_line(&mut self, index: usize, up_to_date: bool) {
        let rest = std::mem::take(&mut self.writers[index].rest);
        if up_to_date {
            self.writers[index].behind_since = None;
        }
        if !self.random.chance(self.scenario.abandon_percent) {
            self.append(index, &rest);
        }
    }

    fn reopen(&mut self, index: usize) {
        let log = self.writers[index].log.clone();
        if self.disk.directory != Directory::There {
            return;
        }
        if !self.writers[index].rest.is_empty() {
            self.finish_line(index, false);
        }
        let now_ns = self.clock.now().nanos();
        let file = self.disk.resolve(&log).unwrap_or_else(|| self.disk.create(&log, now_ns));
        self.disk.open_for_writing(file);
        self.writers[index].offset = self.disk.files[file].bytes.len();
        if let Some(before) = self.writers[index].file.replace(file) {
            self.disk.close_for_writing(before);
        }
        self.writers[index].behind_since = None;
        self.note(|| format!("writer opens {} #{file}", log.display()));
    }

    /// Time passes. Who is behind catches up first, as nobody is behind for long.
    pub(super) fn advance(&mut self, span: Duration) {
        let now = self.clock.elapsed();
        for index in 0..self.writers.len() {
            let behind = self.writers[index].behind_since;
            if behind.is_some_and(|since| now + span > since + BEHIND_MAX) {
                self.catch_up(index);
            }
        }
        self.clock.advance(span);
        self.note(|| format!("{} ms pass", span.as_millis()));
    }

    /// The writer of a log writes to nothing else any more.
    pub(super) fn catch_up_with(&mut self, log: &Path) {
        for index in 0..self.writers.len() {
            if self.writers[index].log == log {
                self.catch_up(index);
            }
        }
    }

    fn catch_up(&mut self, index: usize) {
        if !self.writers[index].rest.is_empty() {
            self.finish_line(index, true);
        }
        let log = self.writers[index].log.clone();
        if self.writers[index].file != self.disk.resolve(&log) || self.writers[index].file.is_none()
        {
            self.reopen(index);
        }
    }

    /// Rotations that were begun are ended and writers catch up.
    pub(super) fn settle(&mut self) {
        for index in 0..self.rotators.len() {
            while let Some(op) = self.rotators[index].plan.pop_front() {
                self.perform(op);
            }
        }
        for index in 0..self.writers.len() {
            self.catch_up(index);
        }
    }

    /// Everything was read and let go that had been rotated.
    pub(super) fn settled(&mut self) {
        self.rotations.clear();
    }

    /// Every log gets a last line.
    pub(super) fn write_last(&mut self) {
        for index in 0..self.writers.len() {
            self.catch_up(index);
            let line = self.line();
            self.append(index, &line);
        }
    }
}

pub(super) fn shown(text: &[u8]) -> String {
    let end = text.len().min(12);
    format!("{} B {}…", text.len(), text[..end].escape_ascii())
}
