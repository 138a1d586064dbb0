//! Where events go. An encoder turns an event into bytes, a sink takes bytes somewhere; neither
//! sees anything of the stages before.

mod json;
mod rejects;
mod text;

use std::io::{self, Write};

pub use json::{Json, JsonWithProvenance};
pub use rejects::{Rejects, RejectsError, RejectsMark};
pub use text::{Text, printable};

use crate::event::Event;

/// Bytes that are gathered before they are written, unless a flush comes first.
const BUFFER_BYTES: usize = 64 << 10;

/// Turns events into bytes.
pub trait Encode {
    /// Appends the event's bytes to `out`; an event that the format does not show adds none.
    fn encode(&mut self, event: &Event, out: &mut Vec<u8>);
}

/// Why events cannot be delivered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// Whoever read the output has gone: the end, but not a failure.
    #[error("the output was closed")]
    Closed,
    /// The output cannot be written.
    #[error("cannot write events to {to}")]
    Write {
        /// What was written to.
        to: &'static str,
        /// The system's answer.
        source: io::Error,
    },
}

/// A stream of encoded events.
pub struct Sink {
    encoder: Box<dyn Encode + Send>,
    out: Box<dyn Write + Send>,
    to: &'static str,
    buffer: Vec<u8>,
}

impl Sink {
    /// Writes events to `out`, which errors call `to`.
    pub fn new(
        encoder: Box<dyn Encode + Send>,
        out: Box<dyn Write + Send>,
        to: &'static str,
    ) -> Self {
        Self { encoder, out, to, buffer: Vec::with_capacity(BUFFER_BYTES) }
    }

    /// Takes an event; it is delivered by the next [`Sink::flush`] at the latest.
    ///
    /// # Errors
    /// As [`Sink::flush`].
    pub fn publish(&mut self, event: &Event) -> Result<(), SinkError> {
        self.encoder.encode(event, &mut self.buffer);
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    /// Delivers what was taken.
    ///
    /// # Errors
    /// [`SinkError::Closed`] where nobody reads any more, [`SinkError::Write`] otherwise.
    pub fn flush(&mut self) -> Result<(), SinkError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let written = self.out.write_all(&self.buffer).and_then(|()| self.out.flush());
        self.buffer.clear();
        written.map_err(|source| match source.kind() {
            io::ErrorKind::BrokenPipe => SinkError::Closed,
            _ => SinkError::Write { to: self.to, source },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Refusing(io::ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn published_to(kind: io::ErrorKind) -> SinkError {
        let mut sink = Sink::new(Box::new(Json), Box::new(Refusing(kind)), "a test");
        sink.publish(&Event::Account(crate::event::Account::default())).unwrap();
        sink.flush().unwrap_err()
    }

    #[test]
    fn a_closed_pipe_is_told_from_a_failure() {
        assert!(matches!(published_to(io::ErrorKind::BrokenPipe), SinkError::Closed));
        let failure = published_to(io::ErrorKind::StorageFull);
        assert_eq!(failure.to_string(), "cannot write events to a test");
    }
}
