//! Weir watches HTTP access logs as they are written: it reports on the traffic, raises alerts,
//! and runs other people's monitors without having to trust them.
//!
//! ```text
//! tail -> parse -> store -> schedule -> monitor -> event -> sink
//! ```
//!
//! The modules below are a reading list: what was asked for, what every stage speaks of, then the
//! stages in the order in which data flows through them, then their wiring.

pub mod cli;
pub mod commands;
pub mod config;
pub mod units;

pub mod causes;
pub mod hex;

pub mod clock;
pub mod diagnostics;
pub mod event;
pub mod record;

pub mod tail;

pub mod parse;

pub mod store;

pub mod schedule;

pub mod monitor;

pub mod alert;

pub mod sink;

pub mod comparison;

pub mod state;

pub mod service;

pub mod pipeline;

pub mod generate;
