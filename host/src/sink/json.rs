//! JSON Lines: one object an event, UTF-8, times RFC 3339 in UTC with milliseconds. What could drive
//! a terminal or end a line is escaped, so that a stream may be looked at as it is.

use std::io;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::ser::Formatter;

use super::Encode;
use super::text::is_disruptive;
use crate::event::{
    Account, AlertChange, Consequence, Edge, Event, Fault, Lost, Measure, Report, Swap,
};

/// The machine's format. That a log is being followed is not an event to it.
#[derive(Debug, Default)]
pub struct Json;

impl Encode for Json {
    fn encode(&mut self, event: &Event, out: &mut Vec<u8>) {
        let line = match event {
            Event::Started { .. } => return,
            Event::Report(report) => Line::from(report),
            Event::Alert(change) => Line::from(change),
            Event::Swapped(swap) => Line::from(swap),
            Event::Fault(fault) => Line::from(fault),
            Event::Lost(lost) => Line::from(lost),
            Event::Account(account) => Line::from(account),
        };
        let before = out.len();
        let mut to = serde_json::Serializer::with_formatter(&mut *out, Harmless);
        match line.serialize(&mut to) {
            Ok(()) => out.push(b'\n'),
            // Memory takes every byte, and no line holds a map with keys that are not texts.
            Err(_unreachable) => out.truncate(before),
        }
    }
}

/// JSON's own rules, and escapes for further characters that JSON lets stand.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, found)) = rest.char_indices().find(|(_, c)| is_disruptive(*c)) {
            let (before, from) = rest.split_at(at);
            // All of them are in the basic plane, so that one escape of four digits says it.
            write!(to, "{before}\\u{:04x}", u32::from(found))?;
            rest = from.split_at(found.len_utf8()).1;
        }
        to.write_all(rest.as_bytes())
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Report {
        monitor: &'a str,
        time: String,
        title: &'a str,
        #[serde(serialize_with = "ordered_measures")]
        measures: &'a [(String, Measure)],
    },
    Alert {
        monitor: &'a str,
        key: &'a str,
        state: &'static str,
        time: String,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<&'a str>,
        severity: &'static str,
        #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "ordered_labels")]
        labels: &'a [(String, String)],
        #[serde(skip_serializing_if = "Option::is_none")]
        started_at: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        duration_s: Option<f64>,
    },
    Swapped {
        monitor: &'a str,
        plugin: &'a str,
        time: String,
        old_sha256: Option<&'a str>,
        old_version: Option<&'a str>,
        new_sha256: Option<&'a str>,
        new_version: Option<&'a str>,
    },
    Fault {
        monitor: &'a str,
        kind: &'static str,
        time: Option<String>,
        phase: &'static str,
        message: &'a str,
        retry_in_s: Option<f64>,
    },
    Lost {
        source: &'a str,
        time: String,
        file: &'a str,
        from: u64,
        to: u64,
        lines: u64,
        cause: &'static str,
    },
    Account {
        source: &'a str,
        read: u64,
        parsed: u64,
        rejected: u64,
        too_long: u64,
        late: u64,
        future: u64,
        lost: u64,
        lost_bytes: u64,
        partial: u64,
        lag_bytes: u64,
        lag_s: f64,
    },
}

fn ordered_measures<S: Serializer>(
    measures: &[(String, Measure)],
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(measures.len()))?;
    for (name, value) in measures {
        match value {
            Measure::Count(count) => map.serialize_entry(name, count)?,
            Measure::Number(number, _unit) => map.serialize_entry(name, number)?,
            Measure::Text(text) => map.serialize_entry(name, text)?,
        }
    }
    map.end()
}

fn ordered_labels<S: Serializer>(labels: &[(String, String)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(labels.iter().map(|(name, value)| (name, value)))
}

impl<'a> From<&'a Report> for Line<'a> {
    fn from(report: &'a Report) -> Self {
        Self::Report {
            monitor: &report.monitor,
            time: report.time.rfc3339_millis(),
            title: &report.title,
            measures: &report.measures,
        }
    }
}

impl<'a> From<&'a AlertChange> for Line<'a> {
    fn from(change: &'a AlertChange) -> Self {
        let (state, started_at, duration_s) = match change.edge {
            Edge::Firing => ("firing", None, None),
            Edge::Resolved { started_at, duration } => {
                ("resolved", Some(started_at.rfc3339_millis()), Some(duration.as_secs_f64()))
            }
        };
        let condition = &change.condition;
        Self::Alert {
            monitor: &change.monitor,
            key: &condition.key,
            state,
            time: change.time.rfc3339_millis(),
            name: &condition.name,
            value: condition.value.as_ref().map(|(value, _)| *value),
            unit: condition.value.as_ref().map(|(_, unit)| unit.as_str()),
            severity: condition.severity.name(),
            labels: &condition.labels,
            started_at,
            duration_s,
        }
    }
}

impl<'a> From<&'a Swap> for Line<'a> {
    fn from(swap: &'a Swap) -> Self {
        let (old, new) = (swap.old.as_deref(), swap.new.as_deref());
        Self::Swapped {
            monitor: &swap.monitor,
            plugin: &swap.plugin,
            time: swap.time.rfc3339_millis(),
            old_sha256: old.map(|old| old.sha256.as_str()),
            old_version: old.and_then(|old| old.version.as_deref()),
            new_sha256: new.map(|new| new.sha256.as_str()),
            new_version: new.and_then(|new| new.version.as_deref()),
        }
    }
}

impl<'a> From<&'a Fault> for Line<'a> {
    fn from(fault: &'a Fault) -> Self {
        Self::Fault {
            monitor: &fault.monitor,
            kind: fault.kind.name(),
            time: fault.time.map(crate::clock::Timestamp::rfc3339_millis),
            phase: fault.phase,
            message: &fault.message,
            retry_in_s: match fault.consequence {
                Consequence::RetryIn(wait) => Some(wait.as_secs_f64()),
                Consequence::Ended | Consequence::GoesOn => None,
            },
        }
    }
}

impl<'a> From<&'a Lost> for Line<'a> {
    fn from(lost: &'a Lost) -> Self {
        Self::Lost {
            source: &lost.source,
            time: lost.time.rfc3339_millis(),
            file: &lost.file,
            from: lost.from,
            to: lost.to,
            lines: lost.lines,
            cause: lost.cause,
        }
    }
}

impl<'a> From<&'a Account> for Line<'a> {
    fn from(account: &'a Account) -> Self {
        Self::Account {
            source: &account.source,
            read: account.read,
            parsed: account.parsed,
            rejected: account.rejected,
            too_long: account.too_long,
            late: account.late,
            future: account.future,
            lost: account.lost,
            lost_bytes: account.lost_bytes,
            partial: account.partial,
            lag_bytes: account.lag_bytes,
            lag_s: account.lag.as_secs_f64(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::Timestamp;
    use crate::event::{Condition, FaultKind, PluginIdentity, Severity};

    fn encoded(event: &Event) -> String {
        let mut out = Vec::new();
        Json.encode(event, &mut out);
        String::from_utf8(out).unwrap()
    }

    const AT: Timestamp = Timestamp::from_secs(1_536_682_774);

    fn condition() -> Condition {
        Condition {
            key: "high-traffic".into(),
            name: "High traffic".into(),
            severity: Severity::Warning,
            value: Some((12.4, "hits/sec".into())),
            labels: Vec::new(),
        }
    }

    #[test]
    fn a_report_keeps_the_order_of_its_measures() {
        let report = Report {
            monitor: "reporting".into(),
            time: AT,
            title: "Traffic Summary".into(),
            measures: vec![
                ("z".into(), Measure::Text("pa\"ges".into())),
                ("a".into(), Measure::Count(21)),
                ("m".into(), Measure::Number(2.5, "%".into())),
            ],
        };
        assert_eq!(
            encoded(&Event::Report(report)),
            concat!(
                r#"{"type":"report","monitor":"reporting","time":"2018-09-11T16:19:34.000Z","#,
                r#""title":"Traffic Summary","measures":{"z":"pa\"ges","a":21,"m":2.5}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn what_a_terminal_or_a_reader_of_lines_might_obey_is_escaped_and_reads_back_as_it_was() {
        let text =
            "\u{1b}]0;x\u{7} \u{7f} \u{9b}2J \u{202e}a\u{2066}b\u{200f} \u{2028}é\u{1f600}\"";
        let measures = vec![(text.to_owned(), Measure::Text(text.to_owned()))];
        let (monitor, title) = ("mine".to_owned(), text.to_owned());
        let line = encoded(&Event::Report(Report { monitor, time: AT, title, measures }));
        let escaped = r#""\u001b]0;x\u0007 \u007f \u009b2J \u202ea\u2066b\u200f \u2028é😀\"""#;
        assert_eq!(line.matches(escaped).count(), 3, "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!([&read["title"], &read["measures"][text]], [text, text]);
    }

    #[test]
    fn an_alert_has_a_state_and_when_it_is_over_its_duration() {
        let firing = AlertChange {
            monitor: "alerting".into(),
            condition: condition(),
            time: AT,
            edge: Edge::Firing,
        };
        let head = r#"{"type":"alert","monitor":"alerting","key":"high-traffic","state":"#;
        assert_eq!(
            encoded(&Event::Alert(firing.clone())),
            format!(
                "{head}{}\n",
                concat!(
                    r#""firing","time":"2018-09-11T16:19:34.000Z","name":"High traffic","#,
                    r#""value":12.4,"unit":"hits/sec","severity":"warning"}"#
                )
            )
        );
        let time = AT.plus(Duration::from_secs(63));
        let edge = Edge::Resolved { started_at: AT, duration: Duration::from_secs(63) };
        let over = encoded(&Event::Alert(AlertChange { time, edge, ..firing }));
        assert!(over.starts_with(&format!("{head}\"resolved\"")), "{over}");
        let end = "\"started_at\":\"2018-09-11T16:19:34.000Z\",\"duration_s\":63.0}\n";
        assert!(over.ends_with(end), "{over}");
    }

    #[test]
    fn a_swap_says_which_file_ran_and_which_runs() {
        let old = PluginIdentity { sha256: "ab12".into(), version: Some("1.0.0".into()) };
        let new = PluginIdentity { sha256: "cd34".into(), version: None };
        let swap = Swap {
            monitor: "mine".into(),
            plugin: "theirs".into(),
            time: AT,
            old: Some(old.into()),
            new: Some(new.into()),
        };
        assert_eq!(
            encoded(&Event::Swapped(swap)),
            concat!(
                r#"{"type":"swapped","monitor":"mine","plugin":"theirs","#,
                r#""time":"2018-09-11T16:19:34.000Z","old_sha256":"ab12","old_version":"1.0.0","#,
                r#""new_sha256":"cd34","new_version":null}"#,
                "\n"
            )
        );
    }

    #[test]
    fn faults_and_accounts_are_events_too() {
        let fault = Fault {
            monitor: "mine".into(),
            kind: FaultKind::Deadline,
            time: None,
            phase: "on-tick",
            message: "took longer than 100ms".into(),
            consequence: Consequence::RetryIn(Duration::from_millis(1_500)),
        };
        assert_eq!(
            encoded(&Event::Fault(fault)),
            concat!(
                r#"{"type":"fault","monitor":"mine","kind":"deadline","time":null,"#,
                r#""phase":"on-tick","message":"took longer than 100ms","retry_in_s":1.5}"#,
                "\n"
            )
        );
        let account =
            Account { source: "a.log".into(), read: 3, parsed: 2, late: 1, ..Account::default() };
        assert_eq!(
            encoded(&Event::Account(account)),
            concat!(
                r#"{"type":"account","source":"a.log","read":3,"parsed":2,"rejected":0,"#,
                r#""too_long":0,"late":1,"future":0,"lost":0,"lost_bytes":0,"partial":0,"#,
                r#""lag_bytes":0,"lag_s":0.0}"#,
                "\n"
            )
        );
    }
}
