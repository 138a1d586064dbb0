//! The layout for people, line by line.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::clock::Timestamp;
use crate::event::{Condition, FaultKind, Severity};

const AT: Timestamp = Timestamp::from_secs(1_536_682_774);

fn encoded(color: bool, events: &[Event]) -> String {
    let (mut text, mut out) = (Text::new(color), Vec::new());
    for event in events {
        text.encode(event, &mut out);
    }
    String::from_utf8(out).unwrap()
}

fn alert(edge: Edge, time: Timestamp) -> Event {
    Event::Alert(AlertChange {
        monitor: "alerting".into(),
        condition: Condition {
            key: "high-traffic".into(),
            name: "High traffic".into(),
            severity: Severity::Warning,
            value: Some((12.42, "hits/sec".into())),
            labels: Vec::new(),
        },
        time,
        edge,
        provenance: None,
    })
}

#[test]
fn the_layout_is_the_documented_one() {
    let over = AT.plus(Duration::from_secs(63));
    let (duration, cause) = (Duration::from_secs(63), ResolvedCause::Over);
    let edge = Edge::Resolved { started_at: AT, duration, cause };
    let report = Report {
        monitor: "reporting".into(),
        time: AT,
        title: "Traffic Summary".into(),
        measures: vec![
            ("most_popular_section".into(), Measure::Text("pages".into())),
            ("most_popular_count".into(), Measure::Count(21)),
            ("requests_per_second".into(), Measure::Number(2.366, String::new())),
        ],
    };
    let events = [
        Event::Started { source: "/var/log/access.log".into() },
        alert(Edge::Firing, AT),
        Event::Report(report),
        alert(edge, over),
    ];
    let expected = "\
[INFO] Monitoring access log at /var/log/access.log

[ALERT] High traffic generated an alert - hits/sec: 12.4, triggered at 2018-09-11 16:19:34+00:00.

Traffic Summary 2018-09-11 16:19:34+00:00
---------------------------
most_popular_section: pages
most_popular_count: 21
requests_per_second: 2.4

[ALERT] High traffic alert recovered at 2018-09-11 16:20:37+00:00. Duration: 63.0s.
";
    assert_eq!(encoded(false, &events), expected);
}

#[test]
fn colour_marks_alerts_and_nothing_else_changes() {
    let colored = encoded(true, &[alert(Edge::Firing, AT)]);
    assert!(colored.starts_with("\x1b[1;31m[ALERT]\x1b[0m High traffic"), "{colored:?}");
}

#[test]
fn a_swap_is_a_line() {
    let file = |digit: &str, version: Option<&str>| {
        let version = version.map(str::to_owned);
        Some(Arc::new(PluginIdentity { sha256: digit.repeat(64), version }))
    };
    let swap = |old, new| {
        let (monitor, plugin) = ("mine".into(), "theirs".into());
        Event::Swapped(Swap { monitor, plugin, time: AT, old, new })
    };
    let (old, new) = (file("a", Some("1.0.0")), file("b", None));
    let events = [swap(old.clone(), new.clone()), swap(None, new), swap(old, None)];
    let expected = "\
[INFO] Monitor mine goes on with no version (sha256 bbbbbbbbbbbb), until now 1.0.0 (sha256 aaaaaaaaaaaa)
[INFO] Monitor mine begins: no version (sha256 bbbbbbbbbbbb)
[INFO] Monitor mine ends: 1.0.0 (sha256 aaaaaaaaaaaa) is gone
";
    assert_eq!(encoded(false, &events), expected);
}

#[test]
fn what_a_monitor_says_cannot_drive_the_terminal() {
    let fault = Fault {
        monitor: "mine".into(),
        kind: FaultKind::Trap,
        time: None,
        phase: "on-tick",
        message: "\x1b]0;owned\x07 and \u{202e}backwards".into(),
        consequence: Consequence::RetryIn(Duration::from_secs(1)),
        details: Box::default(),
    };
    assert_eq!(
        encoded(false, &[Event::Fault(fault)]),
        "[FAULT] mine: trap in on-tick: \u{fffd}]0;owned\u{fffd} and \u{fffd}backwards; \
         a fresh instance takes over in 1s.\n"
    );
}
