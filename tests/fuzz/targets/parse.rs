//! A line is a record or a reject and never a panic, and both are what a slow reading by regular
//! expressions finds, whatever lines came before.

#![no_main]

use std::sync::LazyLock;

use chrono::NaiveDate;
use libfuzzer_sys::fuzz_target;
use regex::bytes::{Captures, Regex};
use weir_fuzz::parse::Parser;
use weir_fuzz::record::{ABSENT, Field, Record};

fn pattern(text: &str) -> Regex {
    Regex::new(&format!("(?s-u){text}")).unwrap()
}

static WORDS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^([^ ]+) ([^ ]+) (.*)$"));
static STAMP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^\[([0-9]{2})/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/([0-9]{4})",
        r":([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})\]"
    ))
});
static REQUEST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^ "((?:[^"\\]|\\.)*)" ([0-9]{3}|-) ([0-9]+|-)(| .*)$"#));
static METHOD: LazyLock<Regex> = LazyLock::new(|| pattern(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (.+)$"));
static PROTOCOL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(.*) ([A-Za-z]+/[0-9][0-9.]*)$"));

fn group<'line>(found: &Captures<'line>, number: usize) -> &'line [u8] {
    found.get(number).map_or(b"", |found| found.as_bytes())
}

fn text<'line>(found: &Captures<'line>, number: usize) -> &'line str {
    std::str::from_utf8(group(found, number)).unwrap()
}

fn number(found: &Captures<'_>, group: usize) -> u32 {
    text(found, group).parse().unwrap()
}

/// The seconds since the epoch that a stamp at the beginning of `bytes` says.
fn second(bytes: &[u8]) -> Option<i64> {
    let found = STAMP.captures(bytes)?;
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = u32::try_from(months.find(text(&found, 2)).unwrap() / 3 + 1).unwrap();
    let year = i32::try_from(number(&found, 3)).unwrap();
    let date = NaiveDate::from_ymd_opt(year, month, number(&found, 1))?;
    let time = date.and_hms_opt(number(&found, 4), number(&found, 5), number(&found, 6))?;
    let (hours, minutes) = (number(&found, 8), number(&found, 9));
    if hours > 23 || minutes > 59 {
        return None;
    }
    let zone = i64::from(hours * 3_600 + minutes * 60);
    let local = time.and_utc().timestamp();
    Some(if group(&found, 7) == b"+" { local - zone } else { local + zone })
}

/// Method, target and protocol.
fn request(line: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let Some(found) = METHOD.captures(line) else {
        return (ABSENT, ABSENT, ABSENT);
    };
    let (method, after) = (group(&found, 1), group(&found, 2));
    match PROTOCOL.captures(after) {
        Some(found) if group(&found, 1).is_empty() => (ABSENT, ABSENT, ABSENT),
        Some(found) => (method, group(&found, 1), group(&found, 2)),
        None => (method, after, ABSENT),
    }
}

/// The record of a line, read slowly.
fn slow(line: &[u8]) -> Option<Record<'_>> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let words = WORDS.captures(line)?;
    let after = group(&words, 3);
    // The user is everything up to the first stamp behind a space.
    let (user, second, rest) = (2..after.len()).find_map(|at| {
        let (user, stamp) = after.split_at(at);
        let user = user.strip_suffix(b" ")?;
        Some((user, second(stamp)?, &stamp[28..]))
    })?;
    let found = REQUEST.captures(rest)?;
    let (method, target, protocol) = request(group(&found, 1));
    let bytes = match text(&found, 3) {
        "-" => None,
        digits => Some(digits.parse().ok()?),
    };
    Some(Record {
        second,
        client: group(&words, 1),
        ident: group(&words, 2),
        user,
        method,
        target,
        protocol,
        status: (group(&found, 2) != ABSENT).then(|| text(&found, 2).parse().unwrap()),
        bytes,
        rest: group(&found, 4),
    })
}

/// What is cut out only when it is asked for: a text that is not there is `-`, and only what stands
/// in quotes of its own may be empty.
fn check_fields(record: &Record<'_>) {
    for field in Field::ALL {
        let quoted = matches!(field, Field::Referer | Field::Agent);
        assert!(quoted || !record.text(field).is_empty(), "{}", field.name());
    }
}

fuzz_target!(|log: &[u8]| {
    let mut parser = Parser::new();
    for line in log.split(|&byte| byte == b'\n') {
        let parsed = parser.parse(line);
        assert_eq!(parsed.ok(), slow(line), "{:?}", String::from_utf8_lossy(line));
        assert_eq!(parsed, Parser::new().parse(line), "what came before makes a difference");
        match parsed {
            Ok(record) => check_fields(&record),
            Err(reject) => assert!((1..=line.len() + 1).contains(&reject.column), "{reject}"),
        }
    }
});
