//! Questions to which fields are withheld: the answers are those of a log that never had them.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::oracle::{Line, any_line, any_question};
use crate::clock::Timestamp;
use crate::record::Field;
use crate::store::{Answer, ColumnView, Digest, Limits, PlanBuilder, Query, Store};

/// A second to count from.
const START: i64 = 1_700_000_000;
const WINDOW: Duration = Duration::from_secs(200);

/// The answer to a question over lines within its window.
fn answer(query: &Query, lines: &[Line]) -> Answer {
    let mut builder = PlanBuilder::new();
    let question = builder.ask(query, WINDOW);
    let plan = Arc::new(builder.build());
    let mut store = Store::new(Arc::clone(&plan), Limits::default());
    let mut digest = Digest::new(plan);
    digest.extend(lines.iter().map(Line::record));
    digest.finish();
    for run in 0..digest.runs().len() {
        store.absorb(&digest, run, START);
    }
    store.answer(question, Timestamp::from_secs(START + 100))
}

/// The log without these fields.
fn blank(line: &Line, withheld: &[Field]) -> Line {
    let mut line = line.clone();
    for field in withheld {
        match field {
            Field::Client => line.client = "-".into(),
            Field::Method => line.method = "-".into(),
            Field::Bytes => line.bytes = None,
            Field::Agent => line.rest = String::new(),
            other => panic!("{} cannot be blanked", other.name()),
        }
    }
    line
}

proptest! {
    #[test]
    fn an_answer_is_that_of_a_log_without_the_withheld_fields(
        text in any_question(),
        lines in prop::collection::vec(any_line(), 0..40),
        withheld in prop::sample::subsequence(
            vec![Field::Client, Field::Method, Field::Bytes, Field::Agent], 0..=4
        ),
    ) {
        let query = Query::parse(&text).expect(&text);
        let at = |line: Line| Line { second: START + line.second.min(0), ..line };
        let lines: Vec<Line> = lines.into_iter().map(at).collect();
        let blanked: Vec<Line> = lines.iter().map(|line| blank(line, &withheld)).collect();
        let rewritten = query.withholding(|field| withheld.contains(&field));
        prop_assert_eq!(answer(&rewritten, &lines), answer(&query, &blanked), "{}", rewritten);
        prop_assert!(rewritten.fields().iter().all(|field| !withheld.contains(field)));
    }
}

#[test]
fn a_question_names_the_fields_that_it_reads() {
    let text = "where status >= 400 and (path ~ \"a\" or not method in (\"A\", \"B\")) \
                | by user, section | count, p99(bytes), distinct(client)";
    let expected = ["client", "user", "method", "path", "section", "status", "bytes"];
    let query = Query::parse(text).expect(text);
    assert_eq!(query.fields().into_iter().map(Field::name).collect::<Vec<_>>(), expected);
}

#[test]
fn withheld_columns_are_there_and_absent() {
    let mut builder = PlanBuilder::new();
    let fields = [Field::Client, Field::Status, Field::Bytes].map(Field::withheld);
    let rows = builder.subscribe(&fields, None);
    let mut digest = Digest::new(Arc::new(builder.build()));
    digest.extend([Line::default(), Line::default()].iter().map(Line::record));
    digest.finish();
    let view = digest.rows(rows, 0..1);
    let [ColumnView::Texts(clients), integers @ ..] = &*view.columns().collect::<Vec<_>>() else {
        panic!("{view:?}");
    };
    assert_eq!(clients.iter().collect::<Vec<_>>(), [b"-", b"-"]);
    assert_eq!(integers, [ColumnView::Integers(&[-1, -1]); 2]);
}
