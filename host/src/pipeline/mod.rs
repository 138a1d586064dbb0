//! The only wiring: every stage behind the one before.
//!
//! ```text
//!            ┌ live ─── Follower thread ─ batches ─┐                  ┌ a thread a monitor
//! Assembly ──┤                                     ├ digest ─ Core ───┤
//!            └ replay ─ ArchiveReader threads ─────┘  (store, ticks,  └ inline, in order
//!                                                      alerts, books, sink)
//! ```
//!
//! A rehearsal hands one monitor what a check thinks up, by the same pieces.
//!
//! Live and replay differ in where time comes from (the machine's clock, or the log's own stamps)
//! and in who calls the monitors. What a line does, what a tick does and what an event does is
//! `core::Core` for both.

mod around;
mod assembly;
mod books;
mod catch_up;
mod checkpoints;
mod core;
mod digesting;
mod gather;
mod live;
mod positions;
mod progress;
mod rehearsal;
mod replay;
mod role;
mod runs;
mod swap;
mod watch;
mod workers;

pub use self::core::Outlets;
pub use around::{Control, Legacy, LiveSettings, Surroundings};
pub use assembly::{Assembly, assemble, assemble_plugins, configurations, open_sandbox};
pub use rehearsal::{Ending, Rehearsal, Spent};
pub use replay::{ReplayLog, ReplaySettings, replay};
pub use runs::run_live;
pub use watch::Watch;

use crate::monitor::{MonitorError, Problem};
use crate::sink::SinkError;
use crate::tail::TailError;

/// Why a run ended early, or never began.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// A log cannot be read.
    #[error(transparent)]
    Tail(#[from] TailError),
    /// The sandbox cannot be used.
    #[error(transparent)]
    Monitor(#[from] MonitorError),
    /// Events cannot be delivered.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Monitors do not accept what the configuration says of them.
    #[error("{}", problems.join("\n"))]
    Configuration {
        /// One text a problem, each naming the monitor and the setting.
        problems: Vec<String>,
    },
    /// A thread could not be started.
    #[error("cannot start the {name} thread")]
    Thread {
        /// What it would have done.
        name: &'static str,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A thread ended that should not have.
    #[error("the {name} thread ended before its time: this is a fault of weir")]
    ThreadEnded {
        /// What it did.
        name: &'static str,
    },
}

impl PipelineError {
    /// Whether whoever read the events has gone: the end of the run, but no failure.
    pub fn is_closed_output(&self) -> bool {
        matches!(self, Self::Sink(SinkError::Closed))
    }
}

/// A problem that a monitor has with its settings, in words.
pub fn problem_in_words(monitor: &str, problem: &Problem) -> String {
    let Problem { path, message, offset } = problem;
    match offset {
        Some(offset) => {
            let caret = " ".repeat(usize::try_from(*offset).unwrap_or(0).min(4_096));
            format!("monitor `{monitor}`: {message}\n  {path}\n  {caret}^")
        }
        None if path.is_empty() => format!("monitor `{monitor}`: {message}"),
        None => format!("monitor `{monitor}`: {path}: {message}"),
    }
}
