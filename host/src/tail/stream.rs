//! Standard input, FIFOs and pipes: what is read as it comes, each by a thread of its own.
//!
//! A read from a pipe waits for as long as its writer likes, which the one thread for all files
//! cannot. Bounds: so many threads, and so many batches between them and the follower; a
//! stream that is read faster than the pipeline works waits, and so does its writer.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::STDIN;
use super::batch::{BatchPool, LineBatch, SourceId};
use super::line_buffer::LineBuffer;
use super::message::Unwanted;

/// The most streams that are read at once.
const STREAMS_MAX: usize = 16;
/// The most messages of all streams that wait for the follower.
const STREAM_MESSAGES_MAX: usize = 4;
/// How long a stream may be silent at the end before it counts as read: what is in a pipe cannot
/// be seen without waiting for it.
const STREAM_SILENCE_AT_STOP: Duration = Duration::from_millis(250);
/// The most batches that are taken from streams at the end, however fast they are written to.
const STREAM_BATCHES_AT_STOP_MAX: usize = 64;

/// What a stream's thread tells the follower.
#[derive(Debug)]
pub(super) enum StreamMessage {
    Batch(LineBatch),
    /// It is at its end, or can be read no further.
    Ended {
        source: SourceId,
        /// Whether nothing can come any more, as what was read has no name.
        for_good: bool,
        error: Option<io::Error>,
    },
}

/// All streams, and the queue that they share.
#[derive(Debug)]
pub(super) struct Streams {
    pool: BatchPool,
    max_line_bytes: usize,
    running: usize,
    sender: Sender<StreamMessage>,
    /// What they say.
    pub(super) receiver: Receiver<StreamMessage>,
}

impl Streams {
    pub(super) fn new(pool: BatchPool, max_line_bytes: usize) -> Self {
        let (sender, receiver) = bounded(STREAM_MESSAGES_MAX);
        Self { pool, max_line_bytes, running: 0, sender, receiver }
    }

    /// Begins to read the stream at `path`, or standard input.
    pub(super) fn start(&mut self, source: SourceId, path: &Path) -> io::Result<()> {
        if self.running >= STREAMS_MAX {
            return Err(io::Error::other(format!("{STREAMS_MAX} streams are read already")));
        }
        let reader = StreamReader {
            source,
            pool: self.pool.clone(),
            lines: LineBuffer::new(self.max_line_bytes),
            sender: self.sender.clone(),
            offset: 0,
        };
        let path = path.to_owned();
        thread::Builder::new().name("weir-stream".to_owned()).spawn(move || reader.run(&path))?;
        self.running += 1;
        Ok(())
    }

    /// The next message that is there already; for the bound see [`STREAM_MESSAGES_MAX`].
    pub(super) fn next(&mut self) -> Option<StreamMessage> {
        let message = self.receiver.try_recv().ok();
        self.count(message)
    }

    /// Everything that streams still have at the end, within bounds.
    pub(super) fn drain(&mut self) -> Vec<StreamMessage> {
        let mut messages = Vec::new();
        while self.running > 0 && messages.len() < STREAM_BATCHES_AT_STOP_MAX {
            let message = self.receiver.recv_timeout(STREAM_SILENCE_AT_STOP).ok();
            let Some(message) = self.count(message) else {
                break;
            };
            messages.push(message);
        }
        messages
    }

    fn count(&mut self, message: Option<StreamMessage>) -> Option<StreamMessage> {
        if let Some(StreamMessage::Ended { .. }) = &message {
            self.running = self.running.saturating_sub(1);
        }
        message
    }
}

struct StreamReader {
    source: SourceId,
    pool: BatchPool,
    lines: LineBuffer,
    sender: Sender<StreamMessage>,
    /// How many bytes the lines took that were handed on.
    offset: u64,
}

impl StreamReader {
    fn run(mut self, path: &Path) {
        // A pipe that a shell hands over has no name of its own and no second writer.
        let fifo = fs::canonicalize(path).ok().filter(|named| is_fifo(named));
        let result = match &fifo {
            Some(fifo) => self.read_fifo(fifo),
            None if path == Path::new(STDIN) => self.read_to_end(&mut io::stdin().lock()),
            None => match File::open(path) {
                Ok(mut input) => self.read_to_end(&mut input),
                Err(error) => Ok(Err(error)),
            },
        };
        let Ok(result) = result else { return };
        let ended = StreamMessage::Ended {
            source: self.source,
            for_good: fifo.is_none(),
            error: result.err(),
        };
        // Where nobody listens any more, there is nobody to tell.
        let _ = self.sender.send(ended);
    }

    /// Reads a FIFO from one writer after another, for as long as it has its name.
    fn read_fifo(&mut self, fifo: &Path) -> Result<io::Result<()>, Unwanted> {
        let mut last_writers = None;
        while is_fifo(fifo) {
            // This waits for a writer. What that writer writes is kept by the end still open.
            let mut input = match File::open(fifo) {
                Ok(input) => input,
                Err(error) => return Ok(Err(error)),
            };
            drop(last_writers.take());
            if let Err(error) = self.read_to_end(&mut input)? {
                return Ok(Err(error));
            }
            last_writers = Some(input);
        }
        Ok(Ok(()))
    }

    /// Reads until the last writer is gone; a last line without a newline is a line.
    fn read_to_end(&mut self, input: &mut impl Read) -> Result<io::Result<()>, Unwanted> {
        loop {
            let mut batch = self.pool.take(self.source);
            match self.lines.read_once(input, &mut batch) {
                Ok(0) => {
                    self.lines.finish(&mut batch);
                    self.send(batch)?;
                    return Ok(Ok(()));
                }
                Ok(_) => self.send(batch)?,
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    fn send(&mut self, mut batch: LineBatch) -> Result<(), Unwanted> {
        self.offset += batch.covered_bytes;
        batch.end_offset = self.offset;
        if batch.is_empty() {
            self.pool.give_back(batch);
            return Ok(());
        }
        self.sender.send(StreamMessage::Batch(batch)).map_err(|_gone| Unwanted)
    }
}

fn is_fifo(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}
