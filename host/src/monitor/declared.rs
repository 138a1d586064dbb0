//! What a monitor asks for while it is configured: ticks, questions with their windows, rows.

use std::time::Duration;

use super::grants::Grants;
use crate::record::Field;
use crate::store::{Filter, Query};

/// Without a wish of its own a monitor is ticked once a second, so that its alerts can end.
const PERIOD_DEFAULT: Duration = Duration::from_secs(1);

/// What a monitor asked for while it was configured.
#[derive(Clone, Debug)]
pub struct Declared {
    /// How often it is ticked.
    pub period: Duration,
    /// Its questions, each with its window, as it asked them; see [`Declared::granted_questions`].
    pub questions: Vec<(Query, Duration)>,
    /// The columns and the filter of the rows that it reads, as it asked for them; see
    /// [`Declared::granted_rows`].
    pub subscription: Option<Subscription>,
    /// The JSON Schema of its settings, where it describes them.
    pub schema: Option<serde_json::Map<String, serde_json::Value>>,
    /// What it gets of that.
    pub grants: Grants,
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
        Self {
            period: PERIOD_DEFAULT,
            questions: Vec::new(),
            subscription: None,
            schema: None,
            grants: Grants::default(),
        }
    }
}

impl Declared {
    /// Its questions as the store is to answer them: withheld fields are absent.
    pub fn granted_questions(&self) -> impl Iterator<Item = (Query, Duration)> {
        let is_withheld = |field| !self.grants.allows(field);
        self.questions.iter().map(move |(query, window)| (query.withholding(is_withheld), *window))
    }

    /// Its columns and its filter as the store is to make its rows: withheld fields are absent.
    pub fn granted_rows(&self) -> Option<(Vec<Field>, Option<Filter>)> {
        let is_withheld = |field| !self.grants.allows(field);
        self.subscription.as_ref().map(|rows| {
            let column =
                |field: &Field| if is_withheld(*field) { field.withheld() } else { *field };
            let filter = rows.filter.as_ref().map(|filter| filter.withholding(is_withheld));
            (rows.fields.iter().map(column).collect(), filter)
        })
    }

    /// Every field that it asks for, each once, in the fields' own order.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields: Vec<Field> =
            self.questions.iter().flat_map(|(query, _)| query.fields()).collect();
        if let Some(rows) = &self.subscription {
            fields.extend(&rows.fields);
            fields.extend(rows.filter.iter().flat_map(Filter::fields));
        }
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// Whether another configuration asked for the same and is granted the same of it, so that its
    /// answers and its rows fit.
    pub fn same_as(&self, other: &Self) -> bool {
        self.period == other.period
            && self.granted_questions().eq(other.granted_questions())
            && self.granted_rows() == other.granted_rows()
    }
}
