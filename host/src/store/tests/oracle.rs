//! The naive store: keeps every record, and counts again for each question.

use std::time::Duration;

use proptest::prelude::*;

use crate::clock::Timestamp;
use crate::record::{ABSENT, Field, FieldKind, Record, to_text};
use crate::store::query::{Aggregate, Query};
use crate::store::sketch::quantile::{bucket, middle};
use crate::store::{ANSWER_ROWS_MAX, Answer, TextBlock};

/// A record that owns its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) second: i64,
    pub(crate) client: String,
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    pub(crate) status: Option<u16>,
    pub(crate) bytes: Option<u64>,
    pub(crate) rest: String,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            second: 0,
            client: "::1".into(),
            method: "GET".into(),
            target: b"/".into(),
            status: Some(200),
            bytes: Some(512),
            rest: String::new(),
        }
    }
}

impl Line {
    pub(crate) fn record(&self) -> Record<'_> {
        Record {
            second: self.second,
            client: self.client.as_bytes(),
            ident: ABSENT,
            user: ABSENT,
            method: self.method.as_bytes(),
            target: &self.target,
            protocol: b"HTTP/1.1",
            status: self.status,
            bytes: self.bytes,
            rest: self.rest.as_bytes(),
        }
    }
}

/// A field's text as a key or as a value that may be distinct.
fn text(record: &Record<'_>, field: Field) -> String {
    match field.kind() {
        FieldKind::Integer => {
            record.integer(field).map_or_else(|| "-".to_owned(), |value| value.to_string())
        }
        FieldKind::Text => to_text(record.text(field)).into_owned(),
    }
}

/// Every record that counts, in the order of the log.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    lines: Vec<Line>,
}

impl Oracle {
    pub(crate) fn push(&mut self, line: Line) {
        self.lines.push(line);
    }

    pub(crate) fn answer(&self, query: &Query, window: Duration, now: Timestamp) -> Answer {
        let after = now.nanos() - i64::try_from(window.as_nanos()).expect("a short window");
        let mut lines: Vec<&Line> = self
            .lines
            .iter()
            .filter(|line| {
                let at = line.second * 1_000_000_000;
                at > after && at <= now.nanos()
            })
            .filter(|line| {
                query.filter.as_ref().is_none_or(|filter| filter.matches(&line.record()))
            })
            .collect();
        lines.sort_by_key(|line| line.second);
        let mut groups: Vec<(Vec<String>, Vec<&Line>)> = Vec::new();
        if query.by.is_empty() {
            groups.push((Vec::new(), Vec::new()));
        }
        for line in lines {
            let key: Vec<String> =
                query.by.iter().map(|&field| text(&line.record(), field)).collect();
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, members)) => members.push(line),
                None => groups.push((key, vec![line])),
            }
        }
        let mut rows: Vec<(Vec<String>, Vec<f64>)> = groups
            .into_iter()
            .map(|(key, lines)| {
                let values =
                    query.aggregates.iter().map(|&aggregate| value(aggregate, &lines, window));
                (key, values.collect())
            })
            .collect();
        rows.sort_by(|one, other| other.1[0].total_cmp(&one.1[0]));
        rows.truncate(query.top.unwrap_or(ANSWER_ROWS_MAX));
        let mut keys = TextBlock::default();
        rows.iter().flat_map(|(key, _)| key).for_each(|text| keys.push_str(text));
        let exact =
            !query.aggregates.iter().any(|aggregate| matches!(aggregate, Aggregate::Quantile(..)));
        Answer { keys, values: rows.into_iter().flat_map(|(_, values)| values).collect(), exact }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an answer's values are floating point numbers")]
fn value(aggregate: Aggregate, lines: &[&Line], window: Duration) -> f64 {
    let values = |field| {
        let mut values: Vec<u64> =
            lines.iter().filter_map(|line| line.record().integer(field)).collect();
        values.sort_unstable();
        values
    };
    let sum = |field| values(field).into_iter().map(u128::from).sum::<u128>() as f64;
    match aggregate {
        Aggregate::Count => lines.len() as f64,
        Aggregate::Rate => lines.len() as f64 / window.as_secs_f64(),
        Aggregate::Sum(field) => sum(field),
        Aggregate::Average(field) if values(field).is_empty() => 0.0,
        Aggregate::Average(field) => sum(field) / values(field).len() as f64,
        Aggregate::Min(field) => values(field).first().map_or(0.0, |&least| least as f64),
        Aggregate::Max(field) => values(field).last().map_or(0.0, |&most| most as f64),
        Aggregate::Quantile(field, percentile) => {
            let values = values(field);
            let rank = usize::try_from(percentile.rank(values.len() as u64)).expect("few");
            rank.checked_sub(1).map_or(0.0, |at| middle(bucket(values[at])))
        }
        Aggregate::Distinct(field) => {
            let mut values: Vec<String> =
                lines.iter().map(|line| text(&line.record(), field)).collect();
            values.sort_unstable();
            values.dedup();
            values.iter().filter(|&value| value != "-").count() as f64
        }
    }
}

/// A line whose second is relative to the time of its arrival: mostly recent, now and then late, or
/// ahead of its time.
pub(crate) fn any_line() -> impl Strategy<Value = Line> {
    (
        prop_oneof![6 => -2..=0_i64, 2 => -30..=3_i64, 1 => -100..100_i64],
        prop::sample::select(&["::1", "10.0.0.1", "10.0.0.2", "-"][..]),
        prop::sample::select(&["GET", "POST", "-"][..]),
        prop::sample::select(&["/a/1", "/a/2?q", "/b", "/", "*", "/c\u{e9}/x"][..]),
        prop::option::weighted(0.9, prop::sample::select(&[100_u16, 200, 304, 404, 500, 999][..])),
        prop::option::weighted(0.8, prop_oneof![4 => 0..2_000_u64, 1 => any::<u64>()]),
        prop::sample::select(&["", " \"-\" \"bot/1\"", " \"http://r/\" \"Mozilla\""][..]),
    )
        .prop_map(|(second, client, method, target, status, bytes, rest)| Line {
            second,
            client: client.into(),
            method: method.into(),
            target: target.into(),
            status,
            bytes,
            rest: rest.into(),
        })
}

/// The text of a question.
pub(crate) fn any_question() -> impl Strategy<Value = String> {
    let comparison = prop::sample::select(
        &[
            "status >= 400",
            "status != 200",
            "not bytes < 1000",
            "bytes in (1, 2, 3)",
            "class = \"2xx\"",
            "method in (\"GET\", \"PUT\")",
            "agent ~ \"bot/[0-9]\"",
            "path !~ \"^/a\"",
            "target starts_with \"/a\"",
        ][..],
    );
    let condition = prop_oneof![
        comparison.clone().prop_map(str::to_owned),
        (comparison.clone(), prop::sample::select(&["and", "or"][..]), comparison)
            .prop_map(|(one, join, other)| format!("{one} {join} not ({other})")),
    ];
    let fields = &["client", "method", "path", "section", "status", "class", "bytes", "agent"][..];
    let by = (prop::sample::subsequence(fields, 1..4).prop_shuffle(), prop::option::of(1..4_usize));
    let aggregate = prop_oneof![
        3 => Just("count".to_owned()),
        1 => Just("rate".to_owned()),
        4 => (
            prop::sample::select(&["sum", "avg", "min", "max", "p50", "p99.9"][..]),
            prop::sample::select(&["status", "bytes"][..]),
        )
            .prop_map(|(name, field)| format!("{name}({field})")),
        2 => prop::sample::select(fields).prop_map(|field| format!("distinct({field})")),
    ];
    (
        prop::option::of(condition),
        prop::option::weighted(0.7, by),
        prop::collection::vec(aggregate, 1..4),
    )
        .prop_map(|(condition, by, aggregates)| {
            let condition = condition.map(|condition| format!("where {condition} | "));
            let by = by.map(|(fields, top)| {
                let top = top.map(|top| format!("top {top} | ")).unwrap_or_default();
                format!("by {} | {top}", fields.join(", "))
            });
            let parts = [condition, by, Some(aggregates.join(", "))];
            parts.into_iter().flatten().collect()
        })
}
