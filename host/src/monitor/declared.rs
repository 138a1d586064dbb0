//! What a monitor asks for while it is configured: ticks, questions with their windows, rows.

use std::time::Duration;

use crate::record::Field;
use crate::store::{Filter, Query};

/// Without a wish of its own a monitor is ticked once a second, so that its alerts can end.
const PERIOD_DEFAULT: Duration = Duration::from_secs(1);

/// What a monitor asked for while it was configured.
#[derive(Clone, Debug)]
pub struct Declared {
    /// How often it is ticked.
    pub period: Duration,
    /// Its questions, each with its window.
    pub questions: Vec<(Query, Duration)>,
    /// The columns and the filter of the rows that it reads.
    pub subscription: Option<Subscription>,
    /// The JSON Schema of its settings, where it describes them.
    pub schema: Option<serde_json::Map<String, serde_json::Value>>,
}

/// The rows that a monitor reads.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// The columns, in the monitor's own order.
    pub fields: Vec<Field>,
    /// Which rows; all of them without one.
    pub filter: Option<Filter>,
    /// The filter as it was written.
    pub filter_text: String,
}

impl Default for Declared {
    fn default() -> Self {
        Self { period: PERIOD_DEFAULT, questions: Vec::new(), subscription: None, schema: None }
    }
}

impl Declared {
    /// Whether another configuration asked for the same, so that its answers fit.
    pub fn same_as(&self, other: &Self) -> bool {
        let texts = |declared: &Self| {
            let questions = declared.questions.iter();
            questions.map(|(query, window)| (query.to_string(), *window)).collect::<Vec<_>>()
        };
        let rows = |declared: &Self| {
            let rows = declared.subscription.as_ref();
            rows.map(|rows| (rows.fields.clone(), rows.filter_text.clone()))
        };
        self.period == other.period && texts(self) == texts(other) && rows(self) == rows(other)
    }
}
