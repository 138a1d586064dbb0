//! Finished logs as digests: batch by batch in each log's own order, made on as many threads as
//! asked for. The order, and so the output, does not depend on how many those are.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::PipelineError;
use super::digesting::Digested;
use super::replay::ReplayLog;
use crate::parse::Parser;
use crate::store::Plan;
use crate::tail::{ArchiveReader, LineBatch, Settings, SourceId, TailError};

/// How many batches of all logs are under way for each thread: one that is digested and one that
/// waits to be taken.
const BATCHES_PER_THREAD: usize = 2;

/// All logs of a replay.
pub(super) struct Gather {
    logs: Vec<Log>,
    plan: Arc<Plan>,
    /// Whether every rejected line is kept for whoever takes the digests.
    keep_rejects: bool,
    /// How many batches of one log are asked for ahead.
    ahead: usize,
    spare: Vec<Digested>,
    crew: Crew,
    progress: Arc<AtomicU64>,
    total: Option<u64>,
}

/// What is known here of one log.
struct Log {
    /// Batches that are asked for and not yet taken.
    under_way: usize,
    /// Batches that came before their turn.
    ready: BTreeMap<u64, Made>,
    /// The number of the batch whose turn it is.
    turn: u64,
    ended: bool,
}

/// A log's reader, which threads take turns with.
struct Source {
    reader: ArchiveReader,
    /// The number of the next batch.
    next: u64,
    ended: bool,
    bytes_read: u64,
}

/// What a batch came to; `None` at the log's end.
type Made = Result<Option<Digested>, TailError>;

enum Crew {
    /// Work is done where it is asked for.
    Inline(Box<Worker>),
    Threads {
        jobs: Sender<Job>,
        made: Receiver<(usize, u64, Made)>,
    },
}

/// Make a digest of this log's next batch.
struct Job {
    log: usize,
    digested: Digested,
}

/// What one thread needs to do a job.
struct Worker {
    sources: Arc<Vec<Mutex<Source>>>,
    parser: Parser,
    batch: LineBatch,
    progress: Arc<AtomicU64>,
}

impl Gather {
    /// Opens the logs.
    ///
    /// # Errors
    /// [`PipelineError::Tail`] where one cannot be opened, [`PipelineError::Thread`].
    pub(super) fn open(
        logs: &[ReplayLog],
        settings: &Settings,
        plan: &Arc<Plan>,
        keep_rejects: bool,
        threads: usize,
    ) -> Result<Self, PipelineError> {
        let mut sources = Vec::new();
        let mut total = Some(0);
        for log in logs {
            let reader = ArchiveReader::open(&log.path, settings)?;
            let reader = match log.until {
                Some(offset) => reader.until(offset),
                None => reader,
            };
            total = total.zip(reader.bytes_total()).map(|(sum, bytes)| sum + bytes);
            sources.push(Mutex::new(Source { reader, next: 0, ended: false, bytes_read: 0 }));
        }
        let (sources, progress) = (Arc::new(sources), Arc::new(AtomicU64::new(0)));
        let worker = || Worker {
            sources: Arc::clone(&sources),
            parser: Parser::new(),
            batch: LineBatch::new(SourceId::default(), settings.batch_bytes_max),
            progress: Arc::clone(&progress),
        };
        let ahead = if threads <= 1 {
            1
        } else {
            (BATCHES_PER_THREAD * threads).div_ceil(logs.len().max(1))
        };
        let crew = if threads <= 1 {
            Crew::Inline(Box::new(worker()))
        } else {
            let most = ahead * logs.len();
            let (jobs, to_do) = bounded::<Job>(most);
            let (done, made) = bounded(most);
            for _ in 0..threads {
                let (worker, to_do, done) = (worker(), to_do.clone(), done.clone());
                std::thread::Builder::new()
                    .name("weir-digest".to_owned())
                    .spawn(move || worker.work(&to_do, &done))
                    .map_err(|source| PipelineError::Thread { name: "digest", source })?;
            }
            Crew::Threads { jobs, made }
        };
        let log = || Log { under_way: 0, ready: BTreeMap::new(), turn: 0, ended: false };
        let logs = logs.iter().map(|_| log()).collect();
        let plan = Arc::clone(plan);
        Ok(Self { logs, plan, keep_rejects, ahead, spare: Vec::new(), crew, progress, total })
    }

    /// The next digest of a log; `None` at its end, and after an error.
    pub(super) fn next(&mut self, log: usize) -> Result<Option<Digested>, PipelineError> {
        loop {
            let Some(state) = self.logs.get_mut(log).filter(|state| !state.ended) else {
                return Ok(None);
            };
            if let Some(made) = state.ready.remove(&state.turn) {
                state.turn += 1;
                if !matches!(made, Ok(Some(_))) {
                    state.ended = true;
                }
                return Ok(made?);
            }
            // What waits for its turn counts too: one slow batch must not let the others pile up.
            let wanted = self.ahead.saturating_sub(state.under_way + state.ready.len());
            state.under_way += wanted;
            for _ in 0..wanted {
                let spare = self.spare.pop();
                let digested = spare
                    .unwrap_or_else(|| Digested::new(Arc::clone(&self.plan), self.keep_rejects));
                self.ask(Job { log, digested })?;
            }
            self.take_made()?;
        }
    }

    fn ask(&mut self, job: Job) -> Result<(), PipelineError> {
        match &mut self.crew {
            Crew::Inline(worker) => {
                let (log, number, made) = worker.make(job);
                self.put(log, number, made);
                Ok(())
            }
            Crew::Threads { jobs, .. } => {
                jobs.send(job).map_err(|_gone| PipelineError::ThreadEnded { name: "digest" })
            }
        }
    }

    /// Waits for a digest, where threads make them.
    fn take_made(&mut self) -> Result<(), PipelineError> {
        let Crew::Threads { made, .. } = &self.crew else {
            return Ok(());
        };
        let (log, number, made) =
            made.recv().map_err(|_gone| PipelineError::ThreadEnded { name: "digest" })?;
        self.put(log, number, made);
        Ok(())
    }

    fn put(&mut self, log: usize, number: u64, made: Made) {
        if let Some(state) = self.logs.get_mut(log) {
            state.under_way = state.under_way.saturating_sub(1);
            state.ready.insert(number, made);
        }
    }

    /// Takes a digest back that has been used.
    pub(super) fn give_back(&mut self, digested: Digested) {
        self.spare.push(digested);
    }

    /// Bytes read so far, as stored, and how many there are where that is known.
    pub(super) fn progress(&self) -> (u64, Option<u64>) {
        (self.progress.load(Ordering::Relaxed), self.total)
    }
}

impl Worker {
    fn work(mut self, jobs: &Receiver<Job>, done: &Sender<(usize, u64, Made)>) {
        for job in jobs {
            if done.send(self.make(job)).is_err() {
                return;
            }
        }
    }

    fn make(&mut self, job: Job) -> (usize, u64, Made) {
        let Job { log, mut digested } = job;
        let Some(source) = self.sources.get(log) else {
            return (log, 0, Ok(None));
        };
        let (number, read) = {
            // Reading takes turns; what was read is numbered before the next thread may read.
            let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
            let number = source.next;
            source.next += 1;
            (number, source.read_into(&mut self.batch, &self.progress))
        };
        let made = read.map(|more| {
            more.then(|| {
                digested.digest(&mut self.parser, &self.batch);
                digested
            })
        });
        (log, number, made)
    }
}

impl Source {
    fn read_into(&mut self, batch: &mut LineBatch, all: &AtomicU64) -> Result<bool, TailError> {
        if self.ended {
            return Ok(false);
        }
        let more = self.reader.next_batch(batch);
        self.ended = !matches!(more, Ok(true));
        let bytes = self.reader.bytes_read();
        all.fetch_add(bytes.saturating_sub(self.bytes_read), Ordering::Relaxed);
        self.bytes_read = bytes;
        more
    }
}
