//! Writing a monitor for Weir: a component that asks questions about an access log, reports on
//! their answers and raises alerts.
//!
//! A monitor is a type with the trait [`Monitor`], handed to [`export!`]. The host owns windows,
//! time and the state of alerts, so what is left to write is the decision:
//!
//! ```no_run
//! use serde::Deserialize;
//! use weir_monitor::{Alert, Instant, Monitor, Problems, Query, Setting, Setup, Span};
//!
//! #[derive(Deserialize, Setting)]
//! #[serde(default, deny_unknown_fields)]
//! struct Config {
//!     /// How many errors a section may have within the window.
//!     #[setting(range = 0.0..=1e9)]
//!     errors_max: f64,
//!     /// How far back errors count.
//!     #[setting(range = Span::RESOLUTION..=Span::WINDOW_MAX)]
//!     window: Span,
//! }
//!
//! impl Default for Config {
//!     fn default() -> Self {
//!         Self { errors_max: 5.0, window: Span::from_secs(60) }
//!     }
//! }
//!
//! struct Errors {
//!     errors_max: f64,
//!     by_section: Query,
//! }
//!
//! impl Monitor for Errors {
//!     type Config = Config;
//!
//!     fn configure(setup: &mut Setup, config: Config) -> Result<Self, Problems> {
//!         setup.tick_every(Span::from_secs(1))?;
//!         let question = "where status >= 500 | by section | top 10 | count";
//!         let by_section = setup.query(question, config.window)?;
//!         Ok(Self { errors_max: config.errors_max, by_section })
//!     }
//!
//!     fn on_tick(&mut self, _now: Instant) {
//!         for ([section], [errors]) in self.by_section.answer().rows() {
//!             if errors > self.errors_max {
//!                 Alert::new(section, "Server errors").value(errors, "errors").raise();
//!             }
//!         }
//!     }
//! }
//!
//! weir_monitor::export!(Errors);
//! ```
//!
//! The crate that holds it is a `cdylib`, built for `wasm32-unknown-unknown`; the file that comes
//! out goes into Weir's plugins directory as it is. Add `rlib` to the crate types and it also
//! builds natively, so that `cargo test` covers it; [`testing`] stands in for the host there, and
//! [`examples`] has monitors of several kinds with their tests.
//!
//! An alert is *level-triggered*: raise it at every tick while its condition holds. The host turns
//! that into one firing and one resolved. A panic is logged with its message and place and costs
//! the monitor its instance; a fresh one is configured after a pause, so nothing but the settings
//! should be needed to carry on.

mod alert;
mod answer;
mod batch;
#[doc(hidden)]
pub mod bindings;
mod condition;
pub mod examples;
mod export;
mod host;
mod json;
mod monitor;
mod problem;
mod report;
mod setting;
mod settings;
mod setup;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod texts;
mod time;

pub use alert::Alert;
pub use answer::{Answer, Query, Rows, to_count};
pub use batch::{Batch, Integers};
pub use bindings::weir::monitor::types::{Level, Severity};
pub use condition::Condition;
pub use monitor::Monitor;
pub use problem::{Problem, Problems};
pub use report::Report;
pub use setting::{Setting, schema_of};
pub use settings::NoConfig;
pub use setup::Setup;
pub use texts::{IterBytes, Texts};
pub use time::{Instant, Span, SpanError};

// A derive and a trait of one name, as people know it from serde.
pub use weir_monitor_derive::Setting;

#[doc(hidden)]
pub use export::{Slot, assert_monitor, section_bytes};
#[doc(hidden)]
pub use json::Json;
#[doc(hidden)]
pub use setting::Schema;

use serde::Serialize;

/// The pipeline's time: the last whole second that is over when the log is live, the log's own time
/// in a replay.
pub fn now() -> Instant {
    Instant::from_nanos(host::now())
}

/// Keeps `state`, in place of what was kept before, for the instance that comes after this one:
/// [`Setup::kept`] gives it back. It counts once the call that kept it has ended well.
///
/// # Errors
/// Where the operator does not grant it, where it is over the host's limit (64 KiB by default, as
/// JSON), or where it cannot be written as JSON.
pub fn keep<T: Serialize>(state: &T) -> Result<(), Problem> {
    let json = serde_json::to_vec(state);
    let json = json.map_err(|error| Problem::new("keep", error.to_string()))?;
    host::keep(&json).map_err(Problem::from)
}

/// Leaves a line for whoever runs the host. The host bounds its length, and how many lines a call
/// may leave.
pub fn log(level: Level, message: &str) {
    host::log(level, message);
}
