//! Requests and failures over one window, of the whole log or by section.

use std::collections::BTreeMap;

use weir_monitor::{Answer, Condition, Problem, Query, Setup, Span};

use crate::Config;
use crate::burn::Seen;

/// What is asked where the whole log has one budget.
const OF_ALL: &str = "count";
/// What is asked about failures where each section has a budget. A hundred sections are what
/// somebody can look at, and as many alerts fit into what a monitor may say at a tick.
const FAILING_SECTIONS: &str = "by section | top 100 | count";
/// What is asked about all requests where each section has a budget: as many as can be asked for.
/// A section that is not among them has too few requests for its ratio to mean anything.
const SECTIONS: &str = "by section | top 1000 | count";

/// Two questions over the same window.
#[derive(Debug)]
pub(crate) struct Counts {
    by_section: bool,
    errors: Query,
    requests: Query,
}

impl Counts {
    /// Declares them.
    pub(crate) fn declare(
        setup: &mut Setup,
        config: &Config,
        window: Span,
    ) -> Result<Self, Problem> {
        let (failing, all) =
            if config.by_section { (FAILING_SECTIONS, SECTIONS) } else { (OF_ALL, OF_ALL) };
        // First, so that a mistake in it is not taken for one of the other condition.
        let requests = setup.query_where("where", &config.counted, all, window)?;
        let failures: Condition = config.counted.and(&config.errors);
        let errors = setup.query_where("errors", &failures, failing, window)?;
        Ok(Self { by_section: config.by_section, errors, requests })
    }

    /// What was seen in each section that had failures; of the whole log, under an empty name,
    /// where there is one budget.
    pub(crate) fn seen(&self) -> BTreeMap<String, Seen> {
        let (errors, requests) = (self.errors.answer(), self.requests.answer());
        let requests = self.by_key(&requests);
        let seen = |(key, errors): (&str, f64)| {
            let requests = requests.get(key).copied().unwrap_or_default();
            (key.to_owned(), Seen { errors, requests })
        };
        self.by_key(&errors).into_iter().map(seen).collect()
    }

    fn by_key<'answer>(&self, answer: &'answer Answer) -> BTreeMap<&'answer str, f64> {
        if self.by_section {
            answer.rows().map(|([section], [count])| (section, count)).collect()
        } else {
            answer.rows().map(|([], [count])| ("", count)).collect()
        }
    }
}
