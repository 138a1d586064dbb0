//! What the tests are written in: logs, guests, and runs of the program.

mod guest;
mod log;
mod run;
mod weir;
mod written;

pub(crate) use guest::{changed_module, component, core_module, core_module_of, worked};
pub(crate) use log::{Line, Log, NOON, now};
pub(crate) use run::{Finished, Running, Stream};
pub(crate) use weir::Weir;
pub(crate) use written::Guest;
