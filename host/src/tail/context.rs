//! What a round of looking and reading works with.

use std::sync::Arc;
use std::time::Duration;

use super::batch::{BatchPool, LineBatch};
use super::files::FileSystem;
use super::message::Tail;
use super::settings::Settings;
use super::siblings::Listings;

/// What all paths share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) files: Arc<dyn FileSystem>,
    pub(super) settings: Settings,
    pub(super) pool: BatchPool,
    /// The time of this round.
    pub(super) now: Duration,
    /// When globs were last evaluated; the end of time where there are none.
    pub(super) scanned_at: Duration,
    /// The names beside the paths that are added in this round.
    pub(super) listings: Listings,
    /// What is to be sent, in order.
    pub(super) said: Vec<Tail>,
}

impl Context {
    pub(super) fn hand_over(&mut self, batch: LineBatch) {
        if batch.is_empty() {
            self.pool.give_back(batch);
        } else {
            self.said.push(Tail::Batch(batch));
        }
    }
}
