//! What a monitor is.

use serde::de::DeserializeOwned;

use crate::{Batch, Instant, Problems, Setting, Setup};

/// A monitor: configured once, then called at its ticks and for its rows.
///
/// An instance lives from [`Monitor::configure`] until the host ends or the monitor panics.
pub trait Monitor: Sized + 'static {
    /// The monitor's settings. An empty object must do, so give every field a default; refuse
    /// misspelt names with `#[serde(deny_unknown_fields)]`. [`NoConfig`](crate::NoConfig) is for a
    /// monitor without settings. Its ranges are checked before [`Monitor::configure`] sees it, and the
    /// host shows people what it describes.
    type Config: DeserializeOwned + Setting;

    /// Says what the monitor needs: its ticks, its questions, its rows. The questions must be the
    /// same each time for the same settings.
    fn configure(setup: &mut Setup, config: Self::Config) -> Result<Self, Problems>;

    /// A multiple of the period given to [`Setup::tick_every`] has been reached.
    fn on_tick(&mut self, now: Instant) {
        let _ = now;
    }

    /// Rows have arrived; only for monitors that called [`Setup::subscribe`].
    fn on_batch(&mut self, batch: &Batch) {
        let _ = batch;
    }
}
