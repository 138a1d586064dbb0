//! What a live run is given, what it is told while it runs, and what it leaves to the next.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::core::Outlets;
use super::watch::Watch;
use crate::clock::Clock;
use crate::diagnostics::Diagnostics;
use crate::service::Service;
use crate::state::{Saver, Snapshot};
use crate::{store, tail};

/// What a run is told while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Handle what was written and end. A sender that is dropped says the same.
    Stop,
    /// Publish the books as they are.
    Account,
    /// Read the configuration again.
    Reload,
}

/// What to follow, and how.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// The logs.
    pub patterns: Vec<tail::Pattern>,
    /// How logs are followed.
    pub tail: tail::Settings,
    /// What the store may keep.
    pub store: store::Limits,
    /// The plugins directory, where it is watched.
    pub watch: Option<Watch>,
}

/// What is around a run, whatever its configuration.
pub struct Surroundings<'a> {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Standard error.
    pub diagnostics: &'a Diagnostics,
    /// The service manager.
    pub service: &'a Service,
    /// What the run is told.
    pub controls: &'a Receiver<Control>,
    /// Prepares a run with the configuration as it is now; `false`, with the reason told, where that
    /// cannot be had and this run goes on.
    pub prepare: &'a mut dyn FnMut() -> bool,
}

/// What one run leaves to the next, whether that is in the same process or not.
pub struct Legacy {
    /// Where an earlier run was.
    pub snapshot: Option<Snapshot>,
    /// What checkpoints are made with, if they are.
    pub saver: Option<Saver>,
    /// Where things go.
    pub outlets: Outlets,
}
