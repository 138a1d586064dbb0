//! The tail's line buffer and what a checkpoint says of files, without the files.

#[path = "../../../host/src/tail/batch.rs"]
pub mod batch;
#[path = "../../../host/src/tail/identity.rs"]
mod identity;
#[path = "../../../host/src/tail/line_buffer.rs"]
pub mod line_buffer;
#[path = "../../../host/src/tail/position.rs"]
mod position;

pub use identity::*;
pub use position::*;
