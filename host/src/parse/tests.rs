//! What the parser promises, by example and against a slow reading of the same grammar.

use proptest::prelude::*;
use regex::bytes::Regex;

use super::*;
use crate::record::Field;

const LINE: &str = "83.149.9.216 - - [17/May/2015:10:05:03 +0000] \"GET /a/b.png?x=1 HTTP/1.1\" \
                    200 203023 \"http://example.com/\" \"Mozilla/5.0 (X11)\"";

fn parse(line: &[u8]) -> Result<Record<'_>, Reject> {
    Parser::new().parse(line)
}

fn rejected(line: &str) -> String {
    parse(line.as_bytes()).expect_err("no line of the log's format").to_string()
}

#[test]
fn a_parser_that_has_read_nothing_accepts_no_more_than_another() {
    let nul = format!("a - - {} \"\" - -", "\0".repeat(28));
    let mut parser = Parser::new();
    parser.parse(nul.as_bytes()).unwrap_err();
    let first = "a - - [01/Jan/1970:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1";
    assert_eq!(Parser::new().parse(first.as_bytes()).unwrap().second, 0);
}

#[test]
fn a_combined_line_is_cut_into_its_fields() {
    let record = parse(LINE.as_bytes()).expect("a line");
    assert_eq!(record.second, 1_431_857_103);
    assert_eq!(record.client, b"83.149.9.216");
    assert_eq!((record.ident, record.user), (ABSENT, ABSENT));
    assert_eq!(record.method, b"GET");
    assert_eq!(record.target, b"/a/b.png?x=1");
    assert_eq!(record.protocol, b"HTTP/1.1");
    assert_eq!((record.status, record.bytes), (Some(200), Some(203_023)));
    assert_eq!(record.text(Field::Referer), b"http://example.com/");
    assert_eq!(record.text(Field::Agent), b"Mozilla/5.0 (X11)");
}

#[test]
fn a_common_line_ends_with_its_size() {
    let line = b"::1 - james [09/May/2018:16:00:39 -0130] \"POST /report HTTP/2\" 304 -";
    let record = parse(line).expect("a line");
    assert_eq!(record.user, b"james");
    assert_eq!(record.second, 1_525_887_039);
    assert_eq!((record.status, record.bytes), (Some(304), None));
    assert_eq!(record.rest, b"");
}

#[test]
fn a_status_may_be_absent() {
    let line = b"::1 - - [09/May/2018:16:00:39 +0000] \"GET / HTTP/1.0\" - 17";
    let record = parse(line).expect("a line");
    assert_eq!((record.status, record.bytes), (None, Some(17)));
}

#[test]
fn a_user_may_hold_spaces_and_brackets() {
    for user in ["mary ann", "[admin]", "- -", "-", "a [b", "x [17/May/2015] y", " "] {
        let line = format!("h - {user} [17/May/2015:10:05:03 +0000] \"GET /\" 200 1");
        let record = parse(line.as_bytes()).expect(&line);
        assert_eq!(record.user, user.as_bytes(), "{line}");
    }
}

#[test]
fn a_request_that_is_none_has_absent_parts() {
    let absent = (ABSENT, ABSENT, ABSENT);
    let get = |target: &'static [u8], protocol: &'static [u8]| (&b"GET"[..], target, protocol);
    for (line, parts) in [
        ("", absent),
        ("-", absent),
        (r"\x16\x03\x01\x02", absent),
        ("GET", absent),
        ("GET ", absent),
        ("GET  HTTP/1.1", absent),
        (" / HTTP/1.1", absent),
        ("G{T / HTTP/1.1", absent),
        ("GET /", get(b"/", b"-")),
        ("GET / HTTP/1.1", get(b"/", b"HTTP/1.1")),
        ("GET / HTTP/2", get(b"/", b"HTTP/2")),
        ("GET / RTSP/1.0", get(b"/", b"RTSP/1.0")),
        ("GET /a b HTTP/1.1", get(b"/a b", b"HTTP/1.1")),
        ("GET /a b", get(b"/a b", b"-")),
        ("GET / HTTP/x.1", get(b"/ HTTP/x.1", b"-")),
        (r#"GET /\"a\" HTTP/1.1"#, get(br#"/\"a\""#, b"HTTP/1.1")),
    ] {
        let line = format!("h - - [17/May/2015:10:05:03 +0000] \"{line}\" 400 0");
        let record = parse(line.as_bytes()).expect(&line);
        assert_eq!((record.method, record.target, record.protocol), parts, "{line}");
    }
}

#[test]
fn what_follows_the_size_is_never_a_reason_to_reject() {
    for rest in ["", " ", " \"unclosed", " \"-\" \"-\" 0.003 upstream", " \u{0}"] {
        let line = format!("h - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5{rest}");
        assert_eq!(parse(line.as_bytes()).expect(&line).rest, rest.as_bytes());
    }
}

#[test]
fn a_carriage_return_and_a_byte_order_mark_are_skipped() {
    let line = format!("\u{feff}{LINE}\r");
    assert_eq!(parse(line.as_bytes()), parse(LINE.as_bytes()));
    let twice = format!("{LINE}\r\r");
    assert!(parse(twice.as_bytes()).expect("a line").rest.ends_with(b"\"\r"));
}

#[test]
fn a_rejection_says_what_was_expected_and_where() {
    for (line, message) in [
        ("", "column 1: expected a client's address or name, then a space"),
        (" - -", "column 1: expected a client's address or name, then a space"),
        ("h  -", "column 3: expected an identity or `-`, then a space"),
        ("h - frank", "column 5: expected a user or `-`, then a space and a timestamp"),
        (
            "h - frank [17/Mai/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5",
            "column 11: expected a timestamp such as [17/May/2015:10:05:03 +0000]",
        ),
        (
            "h - - [17/May/2015:10:05:03 +0000] GET / HTTP/1.1 200 5",
            "column 35: expected a space and a quoted request",
        ),
        (
            "h - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1 200 5",
            "column 37: expected the closing quote of the request",
        ),
        (
            "h - - [17/May/2015:10:05:03 +0000] \"GET /\" 2000 5",
            "column 43: expected a space and a status code of three digits or `-`",
        ),
        (
            "h - - [17/May/2015:10:05:03 +0000] \"GET /\" 200",
            "column 43: expected a space and a status code of three digits or `-`",
        ),
        (
            "h - - [17/May/2015:10:05:03 +0000] \"GET /\" 200 5x",
            "column 47: expected a space and a size in bytes or `-`",
        ),
        (
            "h - - [17/May/2015:10:05:03 +0000] \"GET /\" 200 18446744073709551616",
            "column 47: expected a space and a size in bytes or `-`",
        ),
    ] {
        assert_eq!(rejected(line), message, "{line}");
    }
    let largest = "h - - [17/May/2015:10:05:03 +0000] \"GET /\" 200 018446744073709551615";
    assert_eq!(parse(largest.as_bytes()).expect("a line").bytes, Some(u64::MAX));
}

/// The grammar once more, as one regular expression without any of the parser's short cuts.
fn oracle(line: &[u8]) -> Option<Record<'_>> {
    let text = line.strip_suffix(b"\r").unwrap_or(line);
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let stamp = r"(?:0[1-9]|[12][0-9]|3[01])/[A-Z][a-z]{2}/[0-9]{4}:(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2} [+-](?:[01][0-9]|2[0-3])[0-5][0-9]";
    let quoted = r#"(?:[^"\\]|\\.)*"#;
    let whole = format!(
        r#"(?s-u)\A([^ ]+) ([^ ]+) (.+?) \[({stamp})\] "({quoted})" ([0-9]{{3}}|-) ([0-9]+|-)((?: .*)?)\z"#
    );
    let regex = Regex::new(&whole).expect("a regex");
    let parts = regex.captures(text)?;
    let part = |index: usize| parts.get(index).map_or(&b""[..], |found| found.as_bytes());
    let number = |index| std::str::from_utf8(part(index)).ok()?.parse::<u64>().ok();
    let stamp = std::str::from_utf8(part(4)).ok()?;
    let second = chrono::DateTime::parse_from_str(stamp, "%d/%b/%Y:%H:%M:%S %z").ok()?.timestamp();
    let request =
        Regex::new(r"(?s-u)\A([!#$%&'*+\-.^_`|~0-9A-Za-z]+) (.*?)(?: ([A-Za-z]+/[0-9][0-9.]*))?\z")
            .expect("a regex")
            .captures(part(5))
            // Nothing between the spaces is no target, and so no request.
            .filter(|parts| parts.get(2).is_some_and(|target| !target.is_empty()));
    let request_part = |index: usize| {
        request.as_ref().and_then(|parts| parts.get(index)).map_or(ABSENT, |found| found.as_bytes())
    };
    if part(7) != b"-" && number(7).is_none() {
        return None;
    }
    Some(Record {
        second,
        client: part(1),
        ident: part(2),
        user: part(3),
        method: request_part(1),
        target: request_part(2),
        protocol: request_part(3),
        status: number(6).and_then(|status| u16::try_from(status).ok()),
        bytes: number(7),
        rest: part(8),
    })
}

/// Lines as logs have them, then damaged in a few places.
fn damaged_line() -> impl Strategy<Value = Vec<u8>> {
    let line = (
        "([0-9]{1,3}\\.){3}[0-9]{1,3}|::1|[a-z]{1,8}|-",
        "-|[a-z]{1,4}",
        "-|- -|[a-z]{1,6}|[a-z \\[\\]]{1,9}|mary ann",
        "(0[1-9]|[12][0-9]|3[0-2])/(Jan|Feb|Jun|Dec|Foo)/20[0-9]{2}:[012][0-9]:[0-6][0-9]:[0-6][0-9] [+-][0-2][0-9][0-6]0",
        r#"-||(GET|POST|x\\x16) [ -!#-\[\]-~]{0,20}( HTTP/[12](\.[01])?)?|GET /\\"q\\" HTTP/1.1"#,
        "[1-5][0-9]{2}|-",
        "[0-9]{1,21}|-",
        r#"| "-" "-"| "http://a/" "Mozilla/5.0 \\"x\\""| .{0,9}"#,
    )
        .prop_map(|(client, ident, user, stamp, request, status, size, rest)| {
            format!("{client} {ident} {user} [{stamp}] \"{request}\" {status} {size}{rest}")
                .into_bytes()
        });
    let damage = prop::collection::vec(
        (
            any::<prop::sample::Index>(),
            0..4_u8,
            prop::sample::select(&b" -[]\"\\\r\0\xFF9aG/:+"[..]),
        ),
        0..3,
    );
    (line, damage).prop_map(|(mut line, damage)| {
        for (at, how, byte) in damage {
            if line.is_empty() {
                break;
            }
            let at = at.index(line.len());
            match how {
                0 => line[at] = byte,
                1 => line.insert(at, byte),
                2 => drop(line.remove(at)),
                _ => line.truncate(at),
            }
        }
        line
    })
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(line in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&line);
    }

    #[test]
    fn it_reads_what_the_slow_reading_reads(
        lines in prop::collection::vec(damaged_line(), 1..4),
    ) {
        let mut parser = Parser::new();
        for line in &lines {
            let expected = oracle(line);
            prop_assert_eq!(parser.parse(line).ok(), expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        client in "[!-~]{1,20}",
        user in "[!-Z\\^-~]([ -Z\\^-~]{0,10}[!-Z\\^-~])?",
        second in 0_i64..4_000_000_000,
        method in "[A-Z]{1,7}",
        target in "/[!#-\\[\\]-~]{0,30}",
        status in 0_u16..1_000,
        bytes in prop::option::of(any::<u64>()),
        rest in "|( [ -~]{0,30})",
    ) {
        let stamp = chrono::DateTime::from_timestamp(second, 0).expect("in range");
        let stamp = stamp.format("%d/%b/%Y:%H:%M:%S +0000");
        let size = bytes.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
        let line = format!(
            "{client} - {user} [{stamp}] \"{method} {target} HTTP/1.1\" {status:03} {size}{rest}"
        );
        let expected = Record {
            second,
            client: client.as_bytes(),
            ident: ABSENT,
            user: user.as_bytes(),
            method: method.as_bytes(),
            target: target.as_bytes(),
            protocol: b"HTTP/1.1",
            status: Some(status),
            bytes,
            rest: rest.as_bytes(),
        };
        prop_assert_eq!(parse(line.as_bytes()), Ok(expected), "{}", line);
    }
}
