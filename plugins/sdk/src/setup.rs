//! What a monitor says it needs.

use crate::host as raw;
use serde::de::DeserializeOwned;

use crate::{Condition, Level, Problem, Query, Span, log};

/// The host's ear while [`Monitor::configure`](crate::Monitor::configure) runs.
#[derive(Debug)]
pub struct Setup<'call> {
    raw: &'call raw::Setup,
}

impl<'call> Setup<'call> {
    pub(crate) fn new(raw: &'call raw::Setup) -> Self {
        Self { raw }
    }

    /// What an instance before this one kept with [`keep`](crate::keep): before a failure, in an older
    /// file, before a restart. `None` where nothing was, where the operator does not grant it, and,
    /// with a line in the log, where it is no `T` any more.
    pub fn kept<T: DeserializeOwned>(&self) -> Option<T> {
        let kept = self.raw.kept()?;
        serde_json::from_slice(&kept)
            .inspect_err(|error| {
                log(Level::Warn, &format!("what was kept cannot be used and is left: {error}"));
            })
            .ok()
    }

    /// Asks for [`Monitor::on_tick`](crate::Monitor::on_tick) at every multiple of `period` since
    /// the epoch: at least 100 ms, at most 24 h.
    pub fn tick_every(&mut self, period: Span) -> Result<(), Problem> {
        self.raw.tick_every(period.nanos()).map_err(Problem::from)
    }

    /// Declares a question over the lines stamped in `(now - window, now]`, for example
    /// `where status >= 500 | by section | top 10 | count, rate, p99(bytes), distinct(client)`.
    /// Equal questions cost once, whoever asks them.
    pub fn query(&mut self, text: &str, window: Span) -> Result<Query, Problem> {
        self.raw.query(text, window.nanos()).map(Query::new).map_err(Problem::from)
    }

    /// Declares a question as [`Setup::query`] does, of the lines that satisfy a condition from the
    /// settings; `setting` is its name there. `question` begins behind `where`, as in
    /// `by client | top 10 | count`.
    pub fn query_where(
        &mut self,
        setting: &str,
        condition: &Condition,
        question: &str,
        window: Span,
    ) -> Result<Query, Problem> {
        self.query(&condition.asking(question), window)
            .map_err(|problem| problem.in_setting(setting))
    }

    /// Asks for the rows themselves, for [`Monitor::on_batch`](crate::Monitor::on_batch): these
    /// `fields` as columns, in this order, where `filter` holds. A filter is a question's `where`
    /// condition; an empty one lets every row through. At most one subscription a monitor.
    pub fn subscribe(&mut self, fields: &[&str], filter: &str) -> Result<(), Problem> {
        let fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
        self.raw.subscribe(&fields, filter).map_err(Problem::from)
    }
}
