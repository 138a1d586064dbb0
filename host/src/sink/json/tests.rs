//! Each event as one line of JSON.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::clock::Timestamp;
use crate::event::{
    Condition, Exceeded, FaultDetails, FaultKind, LogPosition, Origin, PluginIdentity, Provenance,
    Severity, Standing, Usage, UsageLimits,
};

fn encoded(event: &Event) -> String {
    let mut out = Vec::new();
    Json.encode(event, &mut out);
    String::from_utf8(out).unwrap()
}

const AT: Timestamp = Timestamp::from_secs(1_536_682_774);

fn origin() -> Arc<Origin> {
    Arc::new(Origin {
        plugin: "mine".into(),
        identity: Arc::new(PluginIdentity { sha256: "ab".into(), version: Some("1.2.3".into()) }),
        settings_sha256: "cd".into(),
        interface: "weir:monitor@0.1.0".into(),
    })
}

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
fn an_alert_has_a_state_and_when_it_is_over_its_duration() {
    let firing = AlertChange {
        monitor: "alerting".into(),
        condition: condition(),
        time: AT,
        edge: Edge::Firing,
        provenance: None,
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
    let (duration, cause) = (Duration::from_secs(63), ResolvedCause::Over);
    let edge = Edge::Resolved { started_at: AT, duration, cause };
    let over = encoded(&Event::Alert(AlertChange { time, edge, ..firing }));
    assert!(over.starts_with(&format!("{head}\"resolved\"")), "{over}");
    let end = "\"started_at\":\"2018-09-11T16:19:34.000Z\",\"duration_s\":63.0}\n";
    assert!(over.ends_with(end), "{over}");
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
        details: Box::new(FaultDetails {
            origin: Some(origin()),
            exceeded: Some(Exceeded { limit: 100, used: Some(105), unit: "ms" }),
            frames: vec!["on_tick".into()],
        }),
    };
    assert_eq!(
        encoded(&Event::Fault(fault)),
        concat!(
            r#"{"type":"fault","monitor":"mine","kind":"deadline","time":null,"#,
            r#""phase":"on-tick","message":"took longer than 100ms","retry_in_s":1.5,"#,
            r#""consequence":"retry","plugin":"mine","version":"1.2.3","sha256":"ab","#,
            r#""limit":100,"used":105,"unit":"ms","frames":["on_tick"]}"#,
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

#[test]
fn an_alert_tells_what_it_rests_on_where_that_is_asked_for() {
    let log = |source: &str, file: Option<&str>, offset| LogPosition {
        source: source.into(),
        file: file.map(str::to_owned),
        offset,
    };
    let logs = vec![log("a.log", None, 700), log("b.log", Some("b.log.1"), 9)];
    let provenance = Provenance { origin: origin(), logs, logs_left_out: 0 };
    let firing = Event::Alert(AlertChange {
        monitor: "mine".into(),
        condition: condition(),
        time: AT,
        edge: Edge::Firing,
        provenance: Some(Arc::new(provenance)),
    });
    let mut out = Vec::new();
    JsonWithProvenance.encode(&firing, &mut out);
    let with = String::from_utf8(out).unwrap();
    let without = encoded(&firing);
    let fields = concat!(
        r#","provenance":{"plugin":"mine","version":"1.2.3","sha256":"ab","settings_sha256":"cd","#,
        r#""interface":"weir:monitor@0.1.0","logs":[{"source":"a.log","offset":700},"#,
        r#"{"source":"b.log","file":"b.log.1","offset":9}]}"#
    );
    assert_eq!(with, without.replace("}\n", &format!("{fields}}}\n")));
}

#[test]
fn a_quarantine_and_the_end_of_what_it_leaves_are_told() {
    let fault = Fault {
        monitor: "mine".into(),
        kind: FaultKind::Trap,
        time: Some(AT),
        phase: "on-tick",
        message: "unreachable".into(),
        consequence: Consequence::Quarantined { failures: 8 },
        details: Box::default(),
    };
    let told = encoded(&Event::Fault(fault));
    let end = "\"retry_in_s\":null,\"consequence\":\"quarantined\",\"failures\":8}\n";
    assert!(told.ends_with(end), "{told}");
    let (duration, cause) = (Duration::from_secs(3), ResolvedCause::MonitorEnded);
    let over = encoded(&Event::Alert(AlertChange {
        monitor: "mine".into(),
        condition: condition(),
        time: AT,
        edge: Edge::Resolved { started_at: AT, duration, cause },
        provenance: None,
    }));
    assert!(over.ends_with("\"duration_s\":3.0,\"cause\":\"monitor-ended\"}\n"), "{over}");
}

#[test]
fn what_is_used_stands_beside_its_limit() {
    let usage = Usage {
        monitor: "mine".into(),
        plugin: "mine".into(),
        standing: Standing::Waiting,
        memory_bytes: 65_536,
        memory_bytes_highest: 131_072,
        call_last: Some(Duration::from_micros(250)),
        call_longest: Some(Duration::from_millis(2)),
        events_this_minute: 3,
        queries: 1,
        kept_bytes: 12,
        replacements: 4,
        failures_in_a_row: 2,
        limits: UsageLimits {
            memory_bytes: 1 << 24,
            deadline: Duration::from_millis(100),
            batch_deadline: Duration::from_millis(200),
            events_per_minute: 6_000,
            queries: 64,
            kept_bytes: 65_536,
            quarantine_after: 8,
        },
    };
    assert_eq!(
        encoded(&Event::Usage(Box::new(usage))),
        concat!(
            r#"{"type":"usage","monitor":"mine","plugin":"mine","state":"waiting","#,
            r#""memory_bytes":65536,"memory_bytes_highest":131072,"memory_bytes_limit":16777216,"#,
            r#""call_last_ms":0.25,"call_longest_ms":2.0,"deadline_ms":100.0,"#,
            r#""batch_deadline_ms":200.0,"events_this_minute":3,"events_per_minute_limit":6000,"#,
            r#""queries":1,"queries_limit":64,"kept_bytes":12,"kept_bytes_limit":65536,"#,
            r#""replacements":4,"failures_in_a_row":2,"quarantine_after":8}"#,
            "\n"
        )
    );
}

#[test]
fn what_a_terminal_or_a_reader_of_lines_might_obey_is_escaped_and_reads_back_as_it_was() {
    let text = "\u{1b}]0;x\u{7} \u{7f} \u{9b}2J \u{202e}a\u{2066}b\u{200f} \u{2028}é\u{1f600}\"";
    let measures = vec![(text.to_owned(), Measure::Text(text.to_owned()))];
    let (monitor, title) = ("mine".to_owned(), text.to_owned());
    let line = encoded(&Event::Report(Report { monitor, time: AT, title, measures }));
    let escaped = r#""\u001b]0;x\u0007 \u007f \u009b2J \u202ea\u2066b\u200f \u2028é😀\"""#;
    assert_eq!(line.matches(escaped).count(), 3, "{line}");
    let read: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!([&read["title"], &read["measures"][text]], [text, text]);
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
