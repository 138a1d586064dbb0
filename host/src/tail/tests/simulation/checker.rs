//! Whether every line came exactly once, or could not.

use std::collections::{HashMap, HashSet};

use super::consumer::Books;
use super::content::{Line, Presence};
use super::disk::Disk;
use super::scenario::Scenario;

/// A line by its content and its number there.
type LineKey = (usize, usize);

/// What can be delivered.
struct Written<'disk> {
    disk: &'disk Disk,
    longest: usize,
    lines: HashMap<&'disk [u8], LineKey>,
    /// Last lines of files without their newline; the line they are the beginning of.
    cut: HashMap<&'disk [u8], LineKey>,
}

/// What was delivered of it.
#[derive(Default)]
struct Delivered {
    whole: HashSet<LineKey>,
    cut: HashSet<LineKey>,
}

/// Compares what was delivered with what was written.
///
/// # Errors
/// What is wrong, first of all.
pub(super) fn check(disk: &Disk, books: &Books, scenario: &Scenario) -> Result<(), String> {
    let written = Written::new(disk, scenario.settings.max_line_bytes);
    let delivered = written.delivered(books)?;
    if scenario.in_order {
        written.check_order(books)?;
    }
    let cut_count = u64::try_from(delivered.cut.len()).unwrap();
    if books.partial != cut_count {
        return Err(format!("{} lines were said to be partial, {cut_count} are", books.partial));
    }
    written.check_missing(&delivered, books)?;
    // What a glob matches stands at its path for good, and its last line may be continued.
    if !scenario.has_globs() {
        written.check_last_lines(&delivered, books)?;
    }
    written.check_too_long(books)?;
    written.check_losses(&delivered, books, scenario)
}

impl<'disk> Written<'disk> {
    fn new(disk: &'disk Disk, longest: usize) -> Self {
        let mut written = Self { disk, longest, lines: HashMap::new(), cut: HashMap::new() };
        for (number, content) in disk.contents.iter().enumerate() {
            for (index, line) in content.lines.iter().enumerate() {
                if written.fits(line) {
                    let text = &content.bytes[line.from..line.to - 1];
                    let other = written.lines.insert(text, (number, index));
                    assert_eq!(other, None, "two lines are the same: {}", text.escape_ascii());
                }
            }
        }
        for held in disk.files.iter().filter_map(|file| file.held) {
            let content = &disk.contents[held.content];
            let index = content.lines.partition_point(|line| line.to <= held.bytes);
            let from = index.checked_sub(1).map_or(0, |before| content.lines[before].to);
            if from < held.bytes {
                written.cut.insert(&content.bytes[from..held.bytes], (held.content, index));
            }
        }
        written
    }

    fn fits(&self, line: &Line) -> bool {
        line.to - line.from - 1 <= self.longest
    }

    /// Finds out what each delivered line is: none may be unknown, there twice, or out of order.
    fn delivered(&self, books: &Books) -> Result<Delivered, String> {
        let mut delivered = Delivered::default();
        let mut last: HashMap<usize, usize> = HashMap::new();
        for text in &books.lines {
            let shown = || self.shown_text(text);
            let key = if let Some(key) = self.lines.get(text.as_slice()) {
                if key.1 < self.disk.contents[key.0].passed {
                    return Err(format!("was there before reading began: {}", shown()));
                }
                if !delivered.whole.insert(*key) {
                    return Err(format!("delivered twice: {}", shown()));
                }
                *key
            } else if let Some(key) = self.cut.get(text.as_slice()) {
                if !delivered.cut.insert(*key) {
                    return Err(format!("delivered twice as a partial line: {}", shown()));
                }
                *key
            } else {
                return Err(format!("nobody wrote this as a line: {}", shown()));
            };
            if let Some(before) = last.insert(key.0, key.1)
                && before >= key.1
            {
                return Err(format!("delivered after line {before} of its file: {}", shown()));
            }
        }
        Ok(delivered)
    }

    /// What was written to a file before the next one was begun is delivered before that one's lines.
    fn check_order(&self, books: &Books) -> Result<(), String> {
        let mut latest: HashMap<&str, u64> = HashMap::new();
        for key in books.lines.iter().filter_map(|text| self.lines.get(text.as_slice())) {
            let content = &self.disk.contents[key.0];
            let begun = latest.entry(&content.log).or_default();
            if content.lines[key.1].written < *begun {
                return Err(format!("delivered behind a later file: {}", self.shown(*key)));
            }
            *begun = content.begun.max(*begun);
        }
        Ok(())
    }

    fn check_missing(&self, delivered: &Delivered, books: &Books) -> Result<(), String> {
        for (number, content) in self.disk.contents.iter().enumerate() {
            for (index, line) in content.lines.iter().enumerate() {
                let key = (number, index);
                let (whole, cut) = (delivered.whole.contains(&key), delivered.cut.contains(&key));
                if whole && cut {
                    return Err(format!("whole and in part: {}", self.shown(key)));
                }
                if whole
                    || !self.fits(line)
                    || content.is_excused(line)
                    || (cut && !line.is_present())
                {
                    continue;
                }
                let (from, to) = (line.from as u64, line.to as u64);
                if line.fate.presence == Presence::LetGo
                    && books.losses.iter().any(|loss| loss.from <= from && to <= loss.to)
                {
                    continue;
                }
                return Err(format!("never delivered: {}", self.shown(key)));
            }
        }
        Ok(())
    }

    /// The last lines of files that were rotated have come, with their newlines or without, or were
    /// said to be lost: where a new file has the inode of one that was rotated and compressed while
    /// nobody read it, that cannot be told from a file that was copied and truncated within a line.
    fn check_last_lines(&self, delivered: &Delivered, books: &Books) -> Result<(), String> {
        let current: Vec<_> = self.disk.writing().collect();
        for (text, key) in &self.cut {
            let content = &self.disk.contents[key.0];
            let was_read = key.1.checked_sub(1).is_some_and(|before| {
                delivered.whole.contains(&(key.0, before)) && self.disk.reach(key.0) > 0
            });
            let complete = content.lines.len() > key.1;
            let at_its_path = current.contains(&key.0);
            let (from, to) = (content.unfinished_from as u64, content.bytes.len() as u64);
            let is_lost = books.losses.iter().any(|loss| loss.from <= from && to <= loss.to);
            if was_read
                && !complete
                && !content.truncated
                && !is_lost
                && !at_its_path
                && text.len() <= self.longest
                && self.disk.reach(key.0) == content.bytes.len()
                && !delivered.cut.contains(key)
            {
                return Err(format!(
                    "never delivered, without its newline: {}",
                    self.shown_text(text)
                ));
            }
        }
        Ok(())
    }

    fn check_too_long(&self, books: &Books) -> Result<(), String> {
        let lines = || self.disk.contents.iter().flat_map(|content| &content.lines);
        let certain = self.disk.contents.iter().flat_map(|content| {
            content.lines.iter().filter(|line| !self.fits(line) && !content.is_excused(line))
        });
        let certain = certain.count() as u64;
        let ended = lines().filter(|line| !self.fits(line)).count() as u64;
        let unfinished = self.cut.keys().filter(|text| text.len() > self.longest).count() as u64;
        let possible = ended + unfinished;
        if (certain..=possible).contains(&books.too_long) {
            Ok(())
        } else {
            Err(format!("{} lines are too long, not {}", certain, books.too_long))
        }
    }

    /// No more is said to be lost than what is destroyed and was not delivered, and no less than what
    /// the reader had of that.
    fn check_losses(
        &self,
        delivered: &Delivered,
        books: &Books,
        scenario: &Scenario,
    ) -> Result<(), String> {
        let (mut least, mut most) = (0, 0);
        for (number, content) in self.disk.contents.iter().enumerate() {
            // What is truncated twice during a round is not told apart to the byte.
            if content.truncated && scenario.interference_percent > 0 {
                most += content.bytes.len();
            }
            for (index, line) in content.lines.iter().enumerate() {
                if !line.is_present() && !delivered.whole.contains(&(number, index)) {
                    most += line.to - line.from;
                }
            }
            let unfinished = content.unfinished_from..content.bytes.len();
            // A copy has the beginning of a line whose rest is elsewhere.
            if content.truncated || self.disk.reach(number) < unfinished.end {
                most += unfinished.len();
            }
            if self.disk.reach(number) == 0
                && !self.disk.is_held(number)
                && content.passable <= content.lines.len()
            {
                least += content.seen_bytes.min(unfinished.end).saturating_sub(unfinished.start);
            }
        }
        // A checkpoint may fall between a loss and the closing of what is lost: after a kill, the same
        // is found again and told again. The other order would lose the loss.
        let mut told = books.losses.clone();
        if scenario.crashes {
            told.sort_by_key(|loss| (loss.path.clone(), loss.from, loss.to));
            told.dedup();
        }
        let said: u64 = told.iter().map(super::super::super::Loss::bytes).sum();
        if (least as u64..=most as u64).contains(&said) {
            return Ok(());
        }
        let losses = &books.losses;
        Err(format!("{said} bytes are said to be lost, {least} to {most} are: {losses:?}"))
    }

    fn shown(&self, (number, index): LineKey) -> String {
        let content = &self.disk.contents[number];
        let line = &content.lines[index];
        let text = content.bytes[line.from..line.to].escape_ascii();
        let files = self.disk.files.iter().enumerate();
        let files: Vec<_> = files
            .filter(|(_, file)| file.held.is_some_and(|held| held.content == number))
            .map(|(file, _)| format!("#{file}"))
            .collect();
        format!("line {index} of content {number} in {files:?}, {line:?}: {text}")
    }

    fn shown_text(&self, text: &[u8]) -> String {
        let key = self.lines.get(text).or_else(|| self.cut.get(text));
        key.map_or_else(
            || text.escape_ascii().to_string(),
            |key| {
                let content = &self.disk.contents[key.0];
                if key.1 < content.lines.len() {
                    self.shown(*key)
                } else {
                    format!("{key:?} {}", text.escape_ascii())
                }
            },
        )
    }
}
