//! The language of questions, by example and by round trips.

use proptest::prelude::*;

use super::*;
use crate::record::{ABSENT, Record};

fn refused(text: &str) -> String {
    Query::parse(text).expect_err(text).to_string()
}

fn record(status: Option<u16>, agent: &'static [u8]) -> Record<'static> {
    Record {
        second: 0,
        client: b"::1",
        ident: ABSENT,
        user: ABSENT,
        method: b"GET",
        target: b"/api/users?id=1",
        protocol: b"HTTP/1.1",
        status,
        bytes: Some(512),
        rest: agent,
    }
}

#[test]
fn a_question_has_a_canonical_text() {
    for (text, canonical) in [
        ("count", "count"),
        (" by  class|count ", "by class | count"),
        (
            "where status>=500 | by section|top 10|count,rate,p99(bytes),distinct(client)",
            "where status >= 500 | by section | top 10 | count, rate, p99(bytes), distinct(client)",
        ),
        ("where status in (304,200,304) | count", "where status in (200, 304) | count"),
        ("where method in (\"GET\") | count", "where method = \"GET\" | count"),
        ("where not not status = 1 | count", "where status = 1 | count"),
        (
            "where (status = 1 and (bytes < 2 and status != 3)) or (bytes > 4) | count",
            "where status = 1 and bytes < 2 and status != 3 or bytes > 4 | count",
        ),
        (
            "where (status = 1 or bytes < 2) and not (status = 3 or status = 4) | count",
            "where (status = 1 or bytes < 2) and not (status = 3 or status = 4) | count",
        ),
    ] {
        let query = Query::parse(text).expect(text);
        assert_eq!(query.to_string(), canonical);
        assert_eq!(Query::parse(canonical), Ok(query));
    }
    let query = Query::parse(r#"where agent ~ "\d\." | p99.90(bytes)"#).expect("a question");
    assert_eq!(query.to_string(), r#"where agent ~ "\\d\\." | p99.9(bytes)"#);
}

#[test]
fn an_error_points_at_the_byte_and_guesses_what_was_meant() {
    for (text, message) in [
        ("", "expected an aggregate such as `count`, found the end at byte 0"),
        ("by secton | count", "unknown field `secton` at byte 3 (did you mean `section`?)"),
        ("cuont", "unknown aggregate `cuont` at byte 0 (did you mean `count`?)"),
        (
            "sum(agent)",
            "`sum` needs a number, and `agent` is a text at byte 4 (`status` and `bytes` are numbers)",
        ),
        ("top 3 | count", "`top` needs groups at byte 0 (such as `by section | top 10 | count`)"),
        ("by path | top 0 | count", "`top 0` is not 1 to 1000 at byte 14"),
        ("by path, path | count", "`path` is there twice at byte 9"),
        ("where status = \"5\" | count", "expected a whole number, found a text at byte 15"),
        ("where class = 5 | count", "expected a text in double quotes, found `5` at byte 14"),
        (
            "where status ~ 5 | count",
            "expected `=`, `!=`, `<`, `<=`, `>`, `>=` or `in`, found `~` at byte 13",
        ),
        (
            "where path ~ \"(\" | count",
            "not a regular expression that can be used: unclosed group at byte 13",
        ),
        ("where path = \"x | count", "the closing quote of this text is missing at byte 13"),
        (
            "where status = 99999999999999999999 | count",
            "`99999999999999999999` is not a whole number at byte 15 (0 to 18446744073709551615)",
        ),
        ("count count", "expected `,` or the end of the question, found `count` at byte 6"),
        ("count; rate", "unexpected `;` at byte 5"),
        ("p100(bytes)", "unknown aggregate `p100` at byte 0 (did you mean `p50`?)"),
    ] {
        assert_eq!(refused(text), message, "{text}");
    }
}

#[test]
fn everything_has_a_bound() {
    assert!(
        refused(&format!("where path = \"{}\" | count", "x".repeat(QUERY_BYTES_MAX)))
            .contains("more than 4096")
    );
    let nested =
        |depth| format!("where {}status = 1{} | count", "(".repeat(depth), ")".repeat(depth));
    assert!(Query::parse(&nested(NESTING_MAX)).is_ok());
    assert!(refused(&nested(NESTING_MAX + 1)).contains("deeper than 32"));
    assert!(refused(&format!("where {}status = 1 | count", "not ".repeat(500))).contains("deeper"));
    assert!(refused("by client, ident, user, method, path | count").contains("more than 4"));
    assert!(refused(&["count"; 17].join(",")).contains("more than 16"));
    assert!(refused("where agent ~ \"(\\w{200}){200}\" | count").contains("regular expression"));
}

#[test]
fn conditions_hold_as_they_read() {
    let line = record(Some(503), br#" "-" "Googlebot/2.1""#);
    for (filter, holds) in [
        ("status >= 500", true),
        ("status < 500 or bytes = 512", true),
        ("status < 500 or bytes = 512 and method = \"PUT\"", false),
        ("not (status < 500 or method = \"PUT\")", true),
        ("status in (500, 503)", true),
        ("method in (\"HEAD\", \"GET\")", true),
        ("method != \"GET\"", false),
        ("path starts_with \"/api/\"", true),
        ("section = \"api\" and class = \"5xx\"", true),
        (r#"agent ~ "(?i)googlebot/\d""#, true),
        (r#"agent !~ "bot""#, false),
        ("user = \"-\"", true),
    ] {
        assert_eq!(Filter::parse(filter).expect(filter).matches(&line), holds, "{filter}");
    }
}

#[test]
fn only_inequality_and_negation_hold_for_an_absent_integer() {
    let line = record(None, b"");
    for (filter, holds) in [
        ("status = 0", false),
        ("status != 0", true),
        ("status < 1000", false),
        ("status >= 0", false),
        ("status in (0, 1)", false),
        ("not status = 0", true),
        ("not status < 1000", true),
    ] {
        assert_eq!(Filter::parse(filter).expect(filter).matches(&line), holds, "{filter}");
    }
}

#[test]
fn a_percentile_has_the_nearest_rank() {
    let rank = |digits: &str, count| Percentile::parse(digits).expect(digits).rank(count);
    assert_eq!(rank("50", 1), 1);
    assert_eq!(rank("50", 2), 1);
    assert_eq!(rank("99", 100), 99);
    assert_eq!(rank("99", 101), 100);
    assert_eq!(rank("99.9", 1_000), 999);
    assert_eq!(rank("0.001", 10), 1);
    for digits in ["0", "100", "", "1.", ".5", "1.2345", "-1", "1e1", "0.0"] {
        assert_eq!(Percentile::parse(digits), None, "{digits}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,80}") {
        let _ = Query::parse(&text);
    }

    #[test]
    fn tokens_in_any_order_do_not_make_it_panic(
        tokens in prop::collection::vec(
            prop::sample::select(&[
                "where", "by", "top", "|", ",", "(", ")", "status", "path", "not", "and", "or",
                "in", "=", "!=", "~", "3", "\"a\"", "count", "p99(bytes)", "starts_with",
            ][..]),
            0..20,
        ),
    ) {
        if let Ok(query) = Query::parse(&tokens.join(" ")) {
            prop_assert_eq!(Query::parse(&query.to_string()), Ok(query));
        }
    }
}
