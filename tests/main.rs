//! What Weir promises, held against the real program and the real components: every test starts
//! the binary as its users do, and sees of it what they see.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that is surprised has failed"
)]

mod support;

mod alerting;
mod architecture;
mod command_line;
mod configuration;
mod documents;
mod follow;
mod generating;
mod grants;
mod hostile;
mod hot_swap;
mod kept_state;
mod languages;
mod output;
mod plugin_check;
mod plugin_lock;
mod plugin_projects;
mod plugin_test;
mod plugins;
mod provenance;
mod queries;
mod replay;
mod replay_diff;
mod reporting;
mod restart;
mod service;
mod stopping;
mod supervision;
mod worked_monitors;
