//! A question is read or refused with a place in its text, and never a panic; what is read means
//! the same in every way to write it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_fuzz::store::query::{Filter, QUERY_BYTES_MAX, Query, QueryError};

fn check_place(text: &str, error: &QueryError) {
    assert!(text.is_char_boundary(error.offset), "{error} is not within the text");
    assert!(!error.to_string().is_empty());
}

fn check_condition(text: &str) {
    let filter = match Filter::parse(text) {
        Ok(filter) => filter,
        Err(error) => return check_place(text, &error),
    };
    let canonical = filter.to_string();
    // Canonical texts escape and parenthesise, so they may be too long or too deep to be read.
    if let Ok(again) = Filter::parse(&canonical) {
        assert_eq!(again, filter);
        assert_eq!(again.to_string(), canonical);
    }
    let question = format!("where {text} | count");
    if question.len() <= QUERY_BYTES_MAX {
        assert!(Query::parse(&question).is_ok(), "a condition is none within a question");
    }
}

fn check_question(text: &str) {
    let question = match Query::parse(text) {
        Ok(question) => question,
        Err(error) => return check_place(text, &error),
    };
    assert!(!question.aggregates().is_empty());
    let spaced = format!(" \t{text}\n ");
    if spaced.len() <= QUERY_BYTES_MAX {
        assert_eq!(Query::parse(&spaced).as_ref(), Ok(&question));
    }
    for aggregate in question.aggregates() {
        let alone = Query::parse(&aggregate.to_string()).unwrap();
        assert_eq!(alone.aggregates(), [*aggregate]);
    }
}

fuzz_target!(|text: &str| {
    check_question(text);
    check_condition(text);
});
