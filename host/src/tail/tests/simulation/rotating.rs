//! What the steps of a rotation do to the disk.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use flate2::write::GzEncoder;

use super::actors::{Op, Rotation};
use super::content::Held;
use super::disk::Directory;
use super::world::{World, shown};
use crate::clock::Clock;

/// How often a path may be rotated before everything has become quiet again: fewer times than the
/// reader drains files at once.
const ROTATIONS_MAX: usize = 5;

/// The least time between two rotations, so that what they leave behind is not of the same moment.
const BETWEEN_ROTATIONS: Duration = Duration::from_millis(10);

/// A line of fewer bytes could be like another.
const REFILL_LINE_BYTES_MIN: usize = 10;

impl World {
    /// Begins a rotation or goes on with one, by a step.
    pub(super) fn rotate(&mut self, index: usize) {
        if let Some(op) = self.rotators[index].plan.pop_front() {
            return self.perform(op);
        }
        let log = self.rotators[index].log.clone();
        let now = self.clock.elapsed();
        let rotations = self.rotations.entry(log.clone()).or_default();
        if self.scenario.rotations.is_empty()
            || *rotations >= ROTATIONS_MAX
            || now.saturating_sub(self.last_rotation) < BETWEEN_ROTATIONS
            || self.disk.resolve(&log).is_none()
            || self.disk.directory != Directory::There
            || !self.random.chance(25)
        {
            return;
        }
        *rotations += 1;
        self.last_rotation = now;
        let rotation: Rotation = self.random.pick(&self.scenario.rotations);
        self.note(|| format!("rotator begins {rotation:?} of {}", log.display()));
        let disk = &self.disk;
        self.rotators[index].begin(
            rotation,
            &self.scenario,
            |path| disk.exists(path),
            &mut self.random,
        );
    }

    pub(super) fn perform(&mut self, op: Op) {
        self.note(|| format!("rotator: {op:?}"));
        let now_ns = self.clock.now().nanos();
        match op {
            Op::Rename(from, to) => self.disk.rename(&from, &to),
            Op::Unlink(path) => self.disk.unlink(&path),
            Op::Create(path) => {
                if self.disk.resolve(&path).is_none() {
                    self.disk.create(&path, now_ns);
                }
            }
            Op::Copy { from, to, whole } => self.copy(&from, &to, whole),
            Op::Truncate(path) => {
                let file = self.disk.resolve(&path).unwrap();
                self.truncated_at = self.disk.files[file].bytes.len();
                self.disk.truncate(file, now_ns);
            }
            Op::Reopen(log) => self.catch_up_with(&log),
            Op::Refill { path, more } => self.refill(&path, more),
            Op::CompressPart { plain, compressed, whole, keep_time } => {
                self.compress(&plain, &compressed, whole, keep_time);
            }
            Op::Switch(log, target) => {
                self.disk.create(&target, now_ns);
                self.disk.link(&log, &target);
            }
            Op::Forbid(path) => self.set_readable(&path, false),
            Op::Allow(path) => self.set_readable(&path, true),
            Op::DirectoryMissing => self.disk.directory = Directory::Missing,
            Op::DirectoryForbidden => self.disk.directory = Directory::Forbidden,
            Op::DirectoryBack => self.disk.directory = Directory::There,
            Op::Pause => {
                let millis = self.random.within(1..=1_000);
                self.advance(Duration::from_millis(millis as u64));
            }
        }
        self.disk.upheavals += 1;
    }

    fn set_readable(&mut self, path: &Path, readable: bool) {
        let file = self.disk.resolve(path).unwrap();
        self.disk.files[file].readable = readable;
    }

    fn copy(&mut self, from: &Path, to: &Path, whole: bool) {
        let now_ns = self.clock.now().nanos();
        let source = &self.disk.files[self.disk.resolve(from).unwrap()];
        let bytes =
            if whole { source.bytes.len() } else { self.random.below(source.bytes.len() + 1) };
        let copied = source.bytes[..bytes].to_vec();
        let held = source.held.map(|held| Held { content: held.content, bytes });
        let file = self.disk.resolve(to).unwrap_or_else(|| self.disk.create_for(to, held, now_ns));
        self.disk.fill_copy(file, copied, held, now_ns);
    }

    fn compress(&mut self, plain: &Path, compressed: &Path, whole: bool, keep_time: bool) {
        let now_ns = self.clock.now().nanos();
        let source = &self.disk.files[self.disk.resolve(plain).unwrap()];
        let modified_ns = if keep_time { source.modified_ns } else { now_ns };
        let mut bytes = if compressed.extension().is_some_and(|extension| extension == "gz") {
            // Stored: what is compressed here would not get smaller, and only slower.
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::none());
            encoder.write_all(&source.bytes).unwrap();
            encoder.finish().unwrap()
        } else {
            zstd::encode_all(source.bytes.as_slice(), 1).unwrap()
        };
        let held = source.held.filter(|_| whole);
        if !whole {
            bytes.truncate(self.random.below(bytes.len()));
        }
        let file = self
            .disk
            .resolve(compressed)
            .unwrap_or_else(|| self.disk.create_for(compressed, held, now_ns));
        self.disk.fill_copy(file, bytes, held, if whole { modified_ns } else { now_ns });
    }

    /// Writes whole lines: as many bytes as there were before, and `more`.
    fn refill(&mut self, path: &Path, more: usize) {
        let file = self.disk.resolve(path).unwrap();
        let now_ns = self.clock.now().nanos();
        let mut rest = (self.truncated_at + more).saturating_sub(self.disk.files[file].bytes.len());
        let mut text = Vec::new();
        while rest >= REFILL_LINE_BYTES_MIN {
            let whole = if rest < 60 { rest } else { self.random.within(21..=40) };
            text.extend(self.lines.line(whole - 1, false));
            rest -= whole;
        }
        self.disk.append(file, &text, now_ns);
        self.note(|| format!("rotator refills {} to #{file}", shown(&text)));
    }
}
