//! What goes to standard error: for whoever runs the program, never for what reads its events.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sink::printable;

/// How much is said on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors.
    Quiet,
    /// And warnings and notices.
    #[default]
    Normal,
    /// And details, such as why lines were rejected.
    Detailed,
    /// And what monitors log for their authors.
    Everything,
}

/// Writes to standard error; a clone writes there too.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    verbosity: Verbosity,
    /// A progress bar has the terminal's last line: it must be told to step aside.
    line_in_use: Arc<AtomicBool>,
}

impl Diagnostics {
    /// Says as much as `verbosity` allows.
    pub fn new(verbosity: Verbosity) -> Self {
        Self { verbosity, line_in_use: Arc::default() }
    }

    /// How much is said.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Something failed.
    pub fn error(&self, message: impl Display) {
        self.write("error", &message.to_string());
    }

    /// Something is probably not as it should be.
    pub fn warning(&self, message: impl Display) {
        if self.verbosity >= Verbosity::Normal {
            self.write("warning", &message.to_string());
        }
    }

    /// Something worth knowing happened.
    pub fn notice(&self, message: impl Display) {
        if self.verbosity >= Verbosity::Normal {
            self.write("notice", &message.to_string());
        }
    }

    /// Something that only a closer look needs.
    pub fn detail(&self, message: impl Display) {
        if self.verbosity >= Verbosity::Detailed {
            self.write("detail", &message.to_string());
        }
    }

    /// Something that only a monitor's author needs.
    pub fn debug(&self, message: impl Display) {
        if self.verbosity >= Verbosity::Everything {
            self.write("debug", &message.to_string());
        }
    }

    /// Says whether the terminal's last line is in use by a progress bar.
    pub fn set_line_in_use(&self, in_use: bool) {
        self.line_in_use.store(in_use, Ordering::Relaxed);
    }

    /// Clears the terminal's last line where a progress bar is on it, so that something else can
    /// be written there; the bar draws itself again behind it.
    pub fn step_aside(&self) {
        if self.line_in_use.load(Ordering::Relaxed) {
            let _ = std::io::stderr().lock().write_all(b"\r\x1b[2K");
        }
    }

    fn write(&self, kind: &str, message: &str) {
        self.step_aside();
        // Where standard error is closed there is nobody left to tell.
        for line in message.lines() {
            let _ = writeln!(std::io::stderr().lock(), "weir: {kind}: {}", printable(line));
        }
    }
}
