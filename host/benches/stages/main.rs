//! What each stage costs: items and bytes a second, and allocations. `cargo bench --bench stages`.
//!
//! The lines are the generator's, from one seed, so every run on every machine sees the same ones.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that is surprised has failed"
)]

mod guest;
mod lines;
mod monitor;
mod questions;
mod store;
mod traffic;

use divan::AllocProfiler;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}
