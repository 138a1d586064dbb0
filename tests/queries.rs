//! The page about the language of questions, `plugins/QUERIES.md`, held against the language: what
//! it shows is accepted, refused and answered as it says.
//!
//! A block of code says what it is behind its backticks. `query` and `condition` have one in each
//! line. `refused` has a message, the question and the caret, as the program prints them. `answers`
//! has a question, an empty line, the rows of its answer over the lines of the page's `log`, and
//! whether it is exact.

use std::sync::Arc;
use std::time::Duration;

use weir::clock::Timestamp;
use weir::parse::Parser;
use weir::record::{Field, FieldKind};
use weir::store::query::{AGGREGATES_MAX, BY_FIELDS_MAX, NESTING_MAX, QUERY_BYTES_MAX, TOP_MAX};
use weir::store::{ANSWER_ROWS_MAX, Answer, Digest, Filter, Limits, PlanBuilder, Query, Store};

const PAGE: &str = include_str!("../plugins/QUERIES.md");

/// The window that the page's answers have.
const MINUTE: Duration = Duration::from_mins(1);

/// The blocks of a kind; there must be some.
fn blocks(kind: &str) -> Vec<&'static str> {
    let fence = format!("\n```{kind}\n");
    let found = PAGE.split(&fence).skip(1).map(|behind| behind.split("```").next().unwrap());
    let found: Vec<&str> = found.collect();
    assert!(!found.is_empty(), "the page has no block `{kind}`");
    found
}

/// The cells of the tables' rows.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    rows.map(|row| row.split(" | ").map(str::trim).collect())
}

/// The answer to a question over the page's log.
fn answer(question: &str) -> Answer {
    let mut plan = PlanBuilder::new();
    let id = plan.ask(&Query::parse(question).unwrap(), MINUTE);
    let plan = Arc::new(plan.build());
    let (mut digest, mut parser) = (Digest::new(Arc::clone(&plan)), Parser::new());
    let log = blocks("log");
    digest.extend(log[0].lines().map(|line| parser.parse(line.as_bytes()).unwrap()));
    digest.finish();
    let last = digest.runs().last().unwrap().second;
    let mut store = Store::new(plan, Limits::default());
    for run in 0..digest.runs().len() {
        store.absorb(&digest, run, last);
    }
    store.answer(id, Timestamp::from_secs(last))
}

/// An answer as the page writes it.
fn written(question: &str) -> Vec<Vec<String>> {
    let answer = answer(question);
    let query = Query::parse(question).unwrap();
    let mut keys = answer.keys.iter().map(str::to_owned);
    let rows = answer.values.chunks(query.aggregates().len()).map(|values| {
        let mut row: Vec<String> = keys.by_ref().take(query.by().len()).collect();
        row.extend(values.iter().map(ToString::to_string));
        row
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let exact = if answer.exact { "exact" } else { "inexact" };
    rows.into_iter().chain([vec![exact.to_owned()]]).collect()
}

#[test]
fn the_pages_questions_and_conditions_are_accepted() {
    for question in blocks("query").iter().flat_map(|block| block.lines()) {
        Query::parse(question).unwrap_or_else(|error| panic!("{question}: {error}"));
    }
    for condition in blocks("condition").iter().flat_map(|block| block.lines()) {
        Filter::parse(condition).unwrap_or_else(|error| panic!("{condition}: {error}"));
    }
}

#[test]
fn the_pages_answers_are_those_of_the_store() {
    for block in blocks("answers") {
        let (question, rows) = block.split_once("\n\n").unwrap();
        let cells = |row: &str| row.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let rows: Vec<Vec<String>> = rows.lines().map(cells).collect();
        assert_eq!(written(question), rows, "{question}");
    }
}

#[test]
fn the_pages_mistakes_are_refused_in_these_words_and_at_these_places() {
    for block in blocks("refused") {
        let lines: Vec<&str> = block.lines().collect();
        let [message, question, caret] = lines[..] else { panic!("three lines: {block}") };
        let error = Query::parse(question.strip_prefix("  ").unwrap()).expect_err(question);
        assert_eq!(error.to_string(), message);
        assert_eq!(caret, format!("  {}^", " ".repeat(error.offset)), "{question}");
    }
}

#[test]
fn the_page_has_every_field_with_its_kind() {
    let kinds = |kind| if kind == FieldKind::Integer { "number" } else { "text" };
    for field in Field::ALL {
        let name = format!("`{}`", field.name());
        let row = rows().find(|row| row[0] == name && row.len() == 3);
        let row = row.unwrap_or_else(|| panic!("no row for {name}"));
        assert_eq!(row[1], kinds(field.kind()), "{name}");
    }
}

#[test]
fn the_pages_bounds_are_those_of_the_program() {
    let limits = Limits::default();
    for (what, bound) in [
        ("groups that are told apart", limits.groups_max),
        ("bytes of a group's key, each field", limits.key_bytes_max),
        ("distinct values before they are sampled", limits.distinct_max),
        ("bytes of all groups' seconds", limits.cell_bytes_max),
        ("seconds that a line may be ahead of the time", limits.future_tolerance_s as usize),
        ("bytes of its text", QUERY_BYTES_MAX),
        ("fields behind `by`", BY_FIELDS_MAX),
        ("aggregates", AGGREGATES_MAX),
        ("rows of `top`", TOP_MAX),
        ("rows of an answer without `top`", ANSWER_ROWS_MAX),
        ("levels of parentheses and `not`", NESTING_MAX),
        ("questions of one monitor", weir::monitor::Limits::default().queries_max),
    ] {
        let row = rows().find(|row| row[0] == what).unwrap_or_else(|| panic!("no row {what:?}"));
        assert_eq!(row[1].replace(',', ""), bound.to_string(), "{what}");
    }
}

#[test]
fn questions_that_the_page_calls_equal_have_the_same_canonical_text() {
    let canonical = |text| Query::parse(text).unwrap().to_string();
    for text in ["where status>=500|count", "where (status >= 500) | count"] {
        assert!(PAGE.contains(&format!("`{text}`")));
        assert_eq!(canonical(text), "where status >= 500 | count");
    }
}
