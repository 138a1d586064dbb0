//! Reports.

use crate::host as raw;

/// A report, built up measure by measure and then emitted. Measures keep their order; how they are
/// laid out is the sinks' affair.
#[derive(Debug)]
#[must_use = "a report says nothing until it is emitted"]
pub struct Report {
    raw: raw::Report,
}

impl Report {
    /// An empty report; `title` is what people read above the measures.
    pub fn new(title: &str) -> Self {
        Self { raw: raw::Report::new(title) }
    }

    /// Adds a whole number, such as a count of requests.
    pub fn count(self, name: &str, value: u64) -> Self {
        self.raw.count(name, value);
        self
    }

    /// Adds a measured number and its unit; an empty unit where the name says it.
    pub fn number(self, name: &str, value: f64, unit: &str) -> Self {
        self.raw.number(name, value, unit);
        self
    }

    /// Adds a word or a name.
    pub fn text(self, name: &str, value: &str) -> Self {
        self.raw.text(name, value);
        self
    }

    /// Publishes it.
    pub fn emit(self) {
        self.raw.emit();
    }
}
