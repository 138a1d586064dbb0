//! What monitors ask, as plans.

use std::sync::Arc;
use std::time::Duration;

use weir::record::Field;
use weir::store::{Plan, PlanBuilder, Query};

/// A question a line: filters, tops, percentiles, distinct values.
const VARIED: &str = include_str!("../../../tests/peers/questions");

/// The columns that a subscription asks for; the guests that read rows ask for the same.
pub(crate) const SIX_COLUMNS: [Field; 6] =
    [Field::Client, Field::Method, Field::Path, Field::Status, Field::Bytes, Field::Agent];

/// What there is to be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    /// What the two built-in monitors ask.
    BuiltIns,
    /// Ten different questions, over a minute each.
    TenQuestions,
    /// Every row, in six columns.
    SixColumns,
}

impl Asked {
    pub(crate) fn plan(self) -> Arc<Plan> {
        match self {
            Self::BuiltIns => plan(&[
                ("by section | top 1 | count", 10),
                ("by class | count", 10),
                ("count", 120),
            ]),
            Self::TenQuestions => plan(&VARIED.lines().map(|text| (text, 60)).collect::<Vec<_>>()),
            Self::SixColumns => {
                let mut builder = PlanBuilder::new();
                builder.subscribe(&SIX_COLUMNS, None);
                Arc::new(builder.build())
            }
        }
    }
}

/// A plan of questions with their windows in seconds.
pub(crate) fn plan(questions: &[(&str, u64)]) -> Arc<Plan> {
    let mut builder = PlanBuilder::new();
    for (text, window_s) in questions {
        builder.ask(&Query::parse(text).unwrap(), Duration::from_secs(*window_s));
    }
    Arc::new(builder.build())
}
