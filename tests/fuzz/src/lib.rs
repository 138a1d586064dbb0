//! The modules of the host that read bytes from elsewhere, taken from its sources file by file.
//!
//! A dependency on the host's crate would bring the WebAssembly engine, whose instrumented build
//! takes many minutes, and would not show the line buffer, which is private there.

// What the rest of the host uses of these modules is not used here, and their own tests and
// documentation are checked where they belong.
#![allow(dead_code, unused_imports, unfulfilled_lint_expectations, missing_docs)]
#![allow(clippy::all, clippy::pedantic)]

#[path = "../../../host/src/alert.rs"]
pub mod alert;
#[path = "../../../host/src/causes.rs"]
pub mod causes;
#[path = "../../../host/src/clock.rs"]
pub mod clock;
#[path = "../../../host/src/event/mod.rs"]
pub mod event;
#[path = "../../../host/src/hex.rs"]
pub mod hex;
#[path = "../../../host/src/parse/mod.rs"]
pub mod parse;
#[path = "../../../host/src/record/mod.rs"]
pub mod record;
#[path = "../../../host/src/state/mod.rs"]
pub mod state;
pub mod store;
pub mod tail;
