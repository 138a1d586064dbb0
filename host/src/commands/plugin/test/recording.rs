//! What a monitor says, kept to be compared.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::event::Event;
use crate::pipeline::Outlets;
use crate::sink::{Encode, Json, Sink};

/// The most bytes of events that one test may have; who says more floods.
const EVENT_BYTES_MAX: usize = 64 << 20;

/// A monitor's events as JSON Lines.
#[derive(Clone, Default)]
pub(super) struct Recording(Arc<Mutex<Vec<u8>>>);

impl Recording {
    /// Where a replay's events go to be recorded.
    pub(super) fn outlets(&self) -> Outlets {
        let encoder = Box::new(SaidByMonitors(Json));
        Outlets { sink: Sink::new(encoder, Box::new(self.clone()), "the recording"), rejects: None }
    }

    /// What was recorded.
    pub(super) fn into_text(self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Recording {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if recorded.len() + bytes.len() > EVENT_BYTES_MAX {
            let message = format!("more than {EVENT_BYTES_MAX} bytes of events");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        recorded.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The events of monitors, and of those only: the books tell of the log and of the host, and a host
/// that counts one thing more must not make every plugin's tests fail.
struct SaidByMonitors(Json);

impl Encode for SaidByMonitors {
    fn encode(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Report(_) | Event::Alert(_) => self.0.encode(event, out),
            Event::Fault(fault) => {
                // Its digest is another one after every build.
                let mut fault = fault.clone();
                fault.details.origin = None;
                self.0.encode(&Event::Fault(fault), out);
            }
            Event::Started { .. }
            | Event::Swapped(_)
            | Event::Lost(_)
            | Event::Account(_)
            | Event::Usage(_) => {}
        }
    }
}
