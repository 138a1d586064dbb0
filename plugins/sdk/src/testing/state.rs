//! What the stand-in for the host remembers: one a thread, as each test has its own.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::bindings::weir::monitor::types::{Table, TextBlock};
use crate::{Level, Severity};

/// A report that was emitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    /// What people read above the measures.
    pub title: String,
    /// Names and values, in their order.
    pub measures: Vec<(String, Measure)>,
}

/// One value of a report.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// A whole number.
    Count(u64),
    /// A measured number with its unit.
    Number(f64, String),
    /// A word or a name.
    Text(String),
}

/// An alert that was raised.
#[derive(Clone, Debug, PartialEq)]
pub struct Alerted {
    /// What tells the monitor's alerts apart.
    pub key: String,
    /// What people read.
    pub name: String,
    /// How urgent it is.
    pub severity: Severity,
    /// Its value and unit.
    pub value: Option<(f64, String)>,
    /// Its labels, in their order.
    pub labels: Vec<(String, String)>,
}

/// What a monitor said in one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// The reports that it emitted.
    pub reports: Vec<Reported>,
    /// The alerts that it raised.
    pub alerts: Vec<Alerted>,
    /// What it logged.
    pub logs: Vec<(Level, String)>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) settings: String,
    pub(crate) schema: String,
    pub(crate) period: Option<u64>,
    pub(crate) questions: Vec<(String, u64)>,
    pub(crate) subscription: Option<(Vec<String>, String)>,
    pub(crate) answers: HashMap<usize, Table>,
    pub(crate) now: i64,
    pub(crate) row_times: Vec<i64>,
    pub(crate) kept: Option<Vec<u8>>,
    pub(crate) said: Said,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::default());
}

pub(crate) fn with<T>(act: impl FnOnce(&mut State) -> T) -> T {
    STATE.with(|state| act(&mut state.borrow_mut()))
}

/// The answer to a question that nothing was said about.
pub(crate) fn empty() -> Table {
    Table { keys: block(std::iter::empty()), values: Vec::new(), exact: true }
}

/// Texts as they cross the boundary.
pub(crate) fn block<'a>(texts: impl Iterator<Item = &'a str>) -> TextBlock {
    let mut block = TextBlock { ends: Vec::new(), utf8: Vec::new() };
    for text in texts {
        block.utf8.extend_from_slice(text.as_bytes());
        block.ends.push(u32::try_from(block.utf8.len()).unwrap_or(u32::MAX));
    }
    block
}
