//! What the pipeline does with what it is told: takes lines in order, notes how far each file was
//! read, and now and then keeps both as a checkpoint.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use super::super::super::position::{Position, Resume, ResumeFile, ResumeSource};
use super::super::super::{LineBatch, Loss, SourceId, Tail};
use super::random::Random;

/// How many files that were let go a checkpoint still has of each log.
const CLOSED_FILES_MAX: usize = 64;

/// What a deliberately broken consumer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// It loses a batch.
    DropsBatch,
    /// It takes a batch twice.
    RepeatsBatch,
    /// It notes the lines of a batch and not how far it goes.
    ForgetsPosition,
    /// It cuts a line in two.
    TearsLine,
    /// It counts a long line twice.
    CountsTooLongTwice,
}

/// What was delivered, and from where.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    pub(super) lines: Vec<Vec<u8>>,
    pub(super) too_long: u64,
    pub(super) partial: u64,
    pub(super) losses: Vec<Loss>,
    files: BTreeMap<PathBuf, Vec<FileBook>>,
}

/// How far a file was read.
#[derive(Clone, Debug)]
struct FileBook {
    position: Position,
    closed: bool,
    /// Whether the reader of this life spoke of it.
    current: bool,
    /// Where each batch began, and which of all lines it brought.
    batches: Vec<(u64, Range<usize>)>,
}

/// How much of the books there was at a moment: cheaper to keep than all lines.
#[derive(Clone, Debug, Default)]
struct Checkpoint {
    lines: usize,
    too_long: u64,
    partial: u64,
    losses: usize,
    files: BTreeMap<PathBuf, Vec<FileBook>>,
}

/// The lines that one file is to warm with, and where in it they end.
#[derive(Debug)]
pub(super) struct WarmLines {
    pub(super) until: u64,
    pub(super) lines: Vec<Vec<u8>>,
}

#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) books: Books,
    checkpoint: Checkpoint,
    checkpoint_percent: usize,
    sources: BTreeMap<SourceId, PathBuf>,
    pub(super) fault: Fault,
    /// Whether this life goes on where an earlier one was.
    resumed: bool,
    /// How many times it was told in this life that everything was read.
    pub(super) caught_up: usize,
    /// The warm lines that must come in this life, for each log file by file, and those that came.
    pub(super) warm_expected: BTreeMap<PathBuf, Vec<WarmLines>>,
    pub(super) warm: BTreeMap<PathBuf, Vec<Vec<u8>>>,
}

impl Consumer {
    pub(super) fn new(fault: Fault, checkpoint_percent: usize) -> Self {
        Self {
            books: Books::default(),
            checkpoint: Checkpoint::default(),
            checkpoint_percent,
            sources: BTreeMap::new(),
            fault,
            resumed: false,
            caught_up: 0,
            warm_expected: BTreeMap::new(),
            warm: BTreeMap::new(),
        }
    }

    /// Takes one message, and keeps a checkpoint behind it or not.
    ///
    /// # Errors
    /// What is wrong with the order of messages.
    pub(super) fn take(&mut self, tail: Tail, random: &mut Random) -> Result<(), String> {
        match tail {
            Tail::Opened { source, path } => {
                self.sources.insert(source, path);
            }
            Tail::Batch(batch) => self.take_batch(&batch, random)?,
            Tail::Reading { source, position } => self.reads(source, position)?,
            Tail::Closed { source, file } => {
                let files = self.files(source)?;
                let identity = file.identity;
                for book in files.iter_mut().filter(|book| book.is_open(identity)) {
                    book.closed = true;
                    book.position.file = file.clone();
                }
                let closed = files.iter().filter(|book| book.closed).count();
                if closed > CLOSED_FILES_MAX {
                    let first = files.iter().position(|book| book.closed).unwrap();
                    files.remove(first);
                }
            }
            Tail::CaughtUp => {
                self.caught_up += 1;
                for files in self.books.files.values_mut() {
                    files.retain(|book| book.current || book.closed);
                }
            }
            Tail::Lost(loss) => self.books.losses.push(loss),
            Tail::Waiting { .. } | Tail::Notice(_) | Tail::Ended { .. } | Tail::AllEnded => {}
        }
        if random.chance(self.checkpoint_percent) {
            self.keep_checkpoint();
        }
        Ok(())
    }

    fn files(&mut self, source: SourceId) -> Result<&mut Vec<FileBook>, String> {
        let path = self.sources.get(&source).ok_or("a source is read before it is opened")?;
        Ok(self.books.files.entry(path.clone()).or_default())
    }

    /// A file that is read on is the same; one that was truncated is read anew, behind the others.
    fn reads(&mut self, source: SourceId, position: Position) -> Result<(), String> {
        let files = self.files(source)?;
        let identity = position.file.identity;
        let known = files.iter().position(|book| book.is_open(identity));
        if let Some(index) = known
            && files[index].position.offset == position.offset
        {
            files[index].position = position;
            files[index].current = true;
            return Ok(());
        }
        if let Some(index) = known {
            files.remove(index);
        }
        files.push(FileBook { position, closed: false, current: true, batches: Vec::new() });
        Ok(())
    }

    fn take_batch(&mut self, batch: &LineBatch, random: &mut Random) -> Result<(), String> {
        if batch.warm {
            let path =
                self.sources.get(&batch.source).ok_or("a source is warmed before it is opened")?;
            let warm = self.warm.entry(path.clone()).or_default();
            warm.extend(batch.lines().map(<[u8]>::to_vec));
            return Ok(());
        }
        let faulty = random.chance(20);
        let mut times = 1;
        if faulty {
            match self.fault {
                Fault::DropsBatch => times = 0,
                Fault::RepeatsBatch => times = 2,
                Fault::CountsTooLongTwice => self.books.too_long += batch.too_long,
                Fault::None | Fault::ForgetsPosition | Fault::TearsLine => {}
            }
        }
        let from = self.books.lines.len();
        for _ in 0..times {
            self.books.lines.extend(batch.lines().map(<[u8]>::to_vec));
        }
        if faulty
            && self.fault == Fault::TearsLine
            && let Some(last) = self.books.lines.get_mut(from..).and_then(<[_]>::last_mut)
        {
            last.pop();
        }
        self.books.too_long += batch.too_long;
        self.books.partial += batch.partial;
        if faulty && self.fault == Fault::ForgetsPosition {
            return Ok(());
        }
        let lines = from..self.books.lines.len();
        let position = batch.position.clone().ok_or("a file's batch has no position")?;
        let identity = position.file.identity;
        let book = self.files(batch.source)?.iter_mut().find(|book| book.is_open(identity));
        let book =
            book.ok_or_else(|| format!("a batch of a file that is not read: {position:?}"))?;
        if position.offset < book.position.offset {
            return Err(format!("a batch goes back from {:?} to {position:?}", book.position));
        }
        book.batches.push((book.position.offset, lines));
        book.position = position;
        Ok(())
    }

    /// Keeps a checkpoint, unless the reader is still where an earlier life was.
    pub(super) fn keep_checkpoint(&mut self) {
        if self.resumed && self.caught_up == 0 {
            return;
        }
        let books = &self.books;
        self.checkpoint = Checkpoint {
            lines: books.lines.len(),
            too_long: books.too_long,
            partial: books.partial,
            losses: books.losses.len(),
            files: books.files.clone(),
        };
    }

    /// Goes back to the checkpoint; where reading goes on from there.
    pub(super) fn restart(&mut self, random: &mut Random) -> Resume {
        let checkpoint = self.checkpoint.clone();
        self.books.lines.truncate(checkpoint.lines);
        self.books.too_long = checkpoint.too_long;
        self.books.partial = checkpoint.partial;
        self.books.losses.truncate(checkpoint.losses);
        self.books.files = checkpoint.files;
        self.sources.clear();
        self.caught_up = 0;
        self.warm_expected.clear();
        self.warm.clear();
        let mut sources = Vec::new();
        for (path, files) in &mut self.books.files {
            let mut resumed = Vec::new();
            for book in files {
                book.current = false;
                let warm_batch = random.below(book.batches.len() + 1);
                let warm = book.batches.get(warm_batch..).unwrap_or_default();
                let until = book.position.offset;
                let warm_from = warm.first().map_or(until, |(offset, _)| *offset);
                let lines = warm.iter().flat_map(|(_, lines)| &self.books.lines[lines.clone()]);
                let lines = WarmLines { until, lines: lines.cloned().collect() };
                self.warm_expected.entry(path.clone()).or_default().push(lines);
                let position = book.position.clone();
                resumed.push(ResumeFile { position, warm_from, closed: book.closed });
            }
            sources.push(ResumeSource { path: path.clone(), files: resumed });
        }
        self.resumed = !sources.is_empty();
        Resume { sources }
    }

    /// The logs that the checkpoint knows.
    pub(super) fn known(&self) -> Vec<PathBuf> {
        let files = self.books.files.iter();
        files.filter(|(_, files)| !files.is_empty()).map(|(path, _)| path.clone()).collect()
    }
}

impl FileBook {
    fn is_open(&self, identity: super::super::super::FileIdentity) -> bool {
        !self.closed && self.position.file.identity == identity
    }
}
