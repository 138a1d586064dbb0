//! What a guest may ask for while it is configured.

use std::time::Duration;

use wasmtime::component::Resource;

use super::bindings::weir::monitor::{host, types};
use super::declared::Subscription;
use super::handles::{QueryHandle, SetupHandle};
use super::host::{HostState, bound};
use crate::record::Field;
use crate::store::query::Aggregate;
use crate::store::{Filter, Query, QueryError};

/// The shortest and the longest time between two ticks, and the longest window.
const PERIOD_MIN: Duration = Duration::from_millis(100);
const SPAN_MAX: Duration = Duration::from_hours(24);

/// One in so many of a monitor's questions may make the store tell groups or values apart, which
/// takes tens of megabytes each where all are different, and a second's work or more in a million
/// lines. The others cost a few bytes a second.
const QUESTIONS_A_GROUPING: usize = 8;

impl HostState {
    /// Whether a question makes the store keep groups or values that it does not keep already: the
    /// same over another window costs little, but for percentiles.
    fn keeps_more(&self, query: &Query) -> bool {
        let aggregates = || query.aggregates().iter();
        let distinct = aggregates().any(|each| matches!(each, Aggregate::Distinct(_)));
        let percentiles = aggregates().any(|each| matches!(each, Aggregate::Quantile(..)));
        let asked = || self.declared.questions.iter().any(|(asked, _)| asked == query);
        (distinct || !query.by().is_empty()) && (percentiles || !asked())
    }
}

impl host::HostSetup for HostState {
    fn config(&mut self, _setup: Resource<SetupHandle>) -> wasmtime::Result<String> {
        self.charge_call(self.config.len())?;
        Ok(self.config.clone())
    }

    fn tick_every(
        &mut self,
        _setup: Resource<SetupHandle>,
        period: types::Duration,
    ) -> wasmtime::Result<Result<(), types::Problem>> {
        self.charge_call(0)?;
        let period = Duration::from_nanos(period);
        if !(PERIOD_MIN..=SPAN_MAX).contains(&period) {
            let message =
                format!("a period of {period:?}: must be at least {PERIOD_MIN:?} and at most 24 h");
            return Ok(Err(problem("tick-every", message, None)));
        }
        self.declared.period = period;
        Ok(Ok(()))
    }

    fn query(
        &mut self,
        _setup: Resource<SetupHandle>,
        text: String,
        window: types::Duration,
    ) -> wasmtime::Result<Result<Resource<QueryHandle>, types::Problem>> {
        self.charge_text(text.len())?;
        let window = Duration::from_nanos(window);
        // One second over a day: the closed window of a whole day has that many stamps.
        if window.is_zero() || window > SPAN_MAX + Duration::from_secs(1) {
            let message = format!("a window of {window:?}: must be over 0 and at most 24 h");
            return Ok(Err(problem(&text, message, None)));
        }
        let query = match Query::parse(&text) {
            Ok(query) => query,
            Err(error) => return Ok(Err(query_problem(&text, &error))),
        };
        let index = self.declared.questions.len();
        bound("questions", "questions", index + 1, self.limits.queries_max)?;
        if self.keeps_more(&query) {
            self.groupings += 1;
            let limit = self.limits.queries_max.div_ceil(QUESTIONS_A_GROUPING);
            let what = "questions that tell groups or values apart";
            bound(what, "questions", self.groupings, limit)?;
        }
        self.declared.questions.push((query, window));
        Ok(Ok(self.open(QueryHandle { index })?))
    }

    fn subscribe(
        &mut self,
        _setup: Resource<SetupHandle>,
        names: Vec<String>,
        filter_text: String,
    ) -> wasmtime::Result<Result<(), types::Problem>> {
        let texts = names.iter().map(String::len).sum::<usize>() + filter_text.len();
        self.charge_text(texts)?;
        if self.declared.subscription.is_some() {
            let message = "subscribed already: a monitor has at most one subscription".to_owned();
            return Ok(Err(problem("subscribe", message, None)));
        }
        let mut fields = Vec::new();
        for name in names {
            match Field::from_name(&name) {
                Some(field) if !fields.contains(&field) => fields.push(field),
                Some(_) => {
                    return Ok(Err(problem(&name, "this field is asked for twice".into(), None)));
                }
                None => {
                    let known = Field::ALL.map(Field::name).join(", ");
                    let message = format!("no such field; there are {known}");
                    return Ok(Err(problem(&name, message, None)));
                }
            }
        }
        let filter = match filter_text.trim() {
            "" => None,
            text => match Filter::parse(text) {
                Ok(filter) => Some(filter),
                Err(error) => return Ok(Err(query_problem(text, &error))),
            },
        };
        self.declared.subscription = Some(Subscription { fields, filter, filter_text });
        Ok(Ok(()))
    }

    fn schema(
        &mut self,
        _setup: Resource<SetupHandle>,
        json: String,
    ) -> wasmtime::Result<Result<(), types::Problem>> {
        self.charge_text(json.len())?;
        match serde_json::from_str(&json) {
            Ok(schema) => {
                self.declared.schema = Some(schema);
                Ok(Ok(()))
            }
            Err(error) => Ok(Err(problem("schema", format!("not a JSON object: {error}"), None))),
        }
    }

    fn kept(&mut self, _setup: Resource<SetupHandle>) -> wasmtime::Result<Option<Vec<u8>>> {
        let kept = self.kept.as_ref().filter(|_| self.limits.grants.keep);
        Ok(kept.map(|kept| kept.to_vec()))
    }

    fn drop(&mut self, setup: Resource<SetupHandle>) -> wasmtime::Result<()> {
        self.table.delete(setup)?;
        Ok(())
    }
}

pub(super) fn problem(path: &str, message: String, offset: Option<u32>) -> types::Problem {
    types::Problem { path: path.to_owned(), message, offset }
}

fn query_problem(text: &str, error: &QueryError) -> types::Problem {
    problem(text, error.to_string(), u32::try_from(error.offset).ok())
}
