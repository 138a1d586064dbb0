//! Alerts.

use crate::Severity;
use crate::host as raw;

/// A condition that holds now. Raise it at every tick while it holds; the host makes one firing
/// and one resolved of that.
#[derive(Debug)]
#[must_use = "an alert says nothing until it is raised"]
pub struct Alert {
    raw: raw::Alert,
}

impl Alert {
    /// An alert of severity `warning`: `key` tells this monitor's alerts apart, `name` is what
    /// people read.
    pub fn new(key: &str, name: &str) -> Self {
        Self { raw: raw::Alert::new(key, name) }
    }

    /// How urgent it is.
    pub fn severity(self, severity: Severity) -> Self {
        self.raw.severity(severity);
        self
    }

    /// The value that made the condition hold, and its unit.
    pub fn value(self, value: f64, unit: &str) -> Self {
        self.raw.value(value, unit);
        self
    }

    /// Adds more about it, such as `host` and `www3`.
    pub fn label(self, name: &str, value: &str) -> Self {
        self.raw.label(name, value);
        self
    }

    /// Says that it holds now.
    pub fn raise(self) {
        self.raw.raise();
    }
}
