//! What a component imports, as far as a test needs it: it remembers what it was told.
#![allow(
    unreachable_pub,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "its shape is that of the bindings in whose place it stands"
)]

use std::cell::RefCell;

use super::state::{Alerted, Measure, Reported, empty, with};
use crate::Severity;
use crate::bindings::weir::monitor::types::{Level, Problem, Table};

/// What a monitor is configured through.
#[derive(Debug)]
pub struct Setup;

impl Setup {
    /// The settings.
    pub fn config(&self) -> String {
        with(|host| host.settings.clone())
    }

    /// Remembers the period.
    pub fn tick_every(&self, period: u64) -> Result<(), Problem> {
        with(|host| host.period = Some(period));
        Ok(())
    }

    /// Remembers the question, without reading it: its language is the host's.
    pub fn query(&self, text: &str, window: u64) -> Result<Query, Problem> {
        let index = with(|host| {
            host.questions.push((text.to_owned(), window));
            host.questions.len() - 1
        });
        Ok(Query { index })
    }

    /// Remembers the fields.
    pub fn subscribe(&self, fields: &[String], filter: &str) -> Result<(), Problem> {
        with(|host| host.subscription = Some((fields.to_vec(), filter.to_owned())));
        Ok(())
    }

    /// Remembers the schema.
    pub fn schema(&self, json: &str) -> Result<(), Problem> {
        with(|host| json.clone_into(&mut host.schema));
        Ok(())
    }

    /// What an earlier instance kept.
    pub fn kept(&self) -> Option<Vec<u8>> {
        with(|host| host.kept.clone())
    }
}

/// A declared question.
#[derive(Debug)]
pub struct Query {
    index: usize,
}

impl Query {
    /// What the test said that the answer is; empty where it said nothing.
    pub fn answer(&self) -> Table {
        with(|host| host.answers.get(&self.index).cloned()).unwrap_or_else(empty)
    }
}

/// A report that is being built up.
#[derive(Debug)]
pub struct Report(RefCell<Reported>);

impl Report {
    /// Begins one.
    pub fn new(title: &str) -> Self {
        Self(RefCell::new(Reported { title: title.to_owned(), measures: Vec::new() }))
    }

    /// Adds a whole number.
    pub fn count(&self, name: &str, value: u64) {
        self.add(name, Measure::Count(value));
    }

    /// Adds a measured number.
    pub fn number(&self, name: &str, value: f64, unit: &str) {
        self.add(name, Measure::Number(value, unit.to_owned()));
    }

    /// Adds a text.
    pub fn text(&self, name: &str, value: &str) {
        self.add(name, Measure::Text(value.to_owned()));
    }

    /// Publishes it.
    pub fn emit(&self) {
        let report = self.0.borrow().clone();
        with(|host| host.said.reports.push(report));
    }

    fn add(&self, name: &str, measure: Measure) {
        self.0.borrow_mut().measures.push((name.to_owned(), measure));
    }
}

/// An alert that is being built up.
#[derive(Debug)]
pub struct Alert(RefCell<Alerted>);

impl Alert {
    /// Begins one.
    pub fn new(key: &str, name: &str) -> Self {
        Self(RefCell::new(Alerted {
            key: key.to_owned(),
            name: name.to_owned(),
            severity: Severity::Warning,
            value: None,
            labels: Vec::new(),
        }))
    }

    /// How urgent it is.
    pub fn severity(&self, severity: Severity) {
        self.0.borrow_mut().severity = severity;
    }

    /// Its value.
    pub fn value(&self, value: f64, unit: &str) {
        self.0.borrow_mut().value = Some((value, unit.to_owned()));
    }

    /// A label.
    pub fn label(&self, name: &str, value: &str) {
        self.0.borrow_mut().labels.push((name.to_owned(), value.to_owned()));
    }

    /// Says that it holds.
    pub fn raise(&self) {
        let alert = self.0.borrow().clone();
        with(|host| host.said.alerts.push(alert));
    }
}

/// The time that the test set.
pub fn now() -> i64 {
    with(|host| host.now)
}

/// The times of the rows that are being handed over.
pub fn row_times() -> Vec<i64> {
    with(|host| host.row_times.clone())
}

/// Remembers the message.
pub fn log(level: Level, message: &str) {
    with(|host| host.said.logs.push((level, message.to_owned())));
}

/// Keeps the state.
pub fn keep(state: &[u8]) -> Result<(), Problem> {
    with(|host| host.kept = Some(state.to_vec()));
    Ok(())
}
