//! The built-in monitor `reporting`: a summary of the traffic, and the text that people read.

use serde_json::{Value, json};

use crate::support::{Line, Log, NOON, Weir};

/// The measures of every report on a log.
fn summaries(log: &Log) -> Vec<Value> {
    let found = Weir::replay(log).json().run().succeeds();
    found.events_of("report").into_iter().map(|report| report["measures"].clone()).collect()
}

#[test]
fn people_read_exactly_this() {
    let line = || Line::at(NOON + 1);
    let log = Log::new()
        .lines(10, &line())
        .lines(2, &line().target("/api/user").status(301))
        .lines(2, &line().target("/report/a?x=1").status(404))
        .line(&line().target("/").status(500).size("-"));
    let flags = ["--alerting-threshold", "1", "--alerting-interval", "10s"];
    let found = Weir::replay(&log).args(flags).run().succeeds();
    let expected = "\
[INFO] Monitoring access log at access.log

[ALERT] High traffic generated an alert - hits/sec: 1.5, triggered at 2018-09-11 12:00:01+00:00.

Traffic Summary 2018-09-11 12:00:10+00:00
---------------------------
most_popular_section: pages
most_popular_count: 10
requests_processed: 15
requests_per_second: 1.5
response_2xx_pct: 66.7
response_3xx_pct: 13.3
response_4xx_pct: 13.3
response_5xx_pct: 6.7

[ALERT] High traffic alert recovered at 2018-09-11 12:00:12+00:00. Duration: 11.0s.

[INFO] Account of access.log: 15 lines read = 15 parsed + 0 rejected + 0 too long + 0 late + \
0 future; 0 lost
";
    assert_eq!(found.stdout, expected);
    assert_eq!(found.stderr, "");
}

#[test]
fn the_measures_are_numbers_unrounded_and_in_this_order() {
    let log = Log::new()
        .lines(2, &Line::at(NOON + 3))
        .line(&Line::at(NOON + 4).target("/api").status(503));
    let found = Weir::replay(&log).json().run().succeeds();
    let report = found.stdout.lines().next().unwrap();
    let expected = concat!(
        r#"{"type":"report","monitor":"reporting","time":"2018-09-11T12:00:10.000Z","#,
        r#""title":"Traffic Summary","measures":{"most_popular_section":"pages","#,
        r#""most_popular_count":2,"requests_processed":3,"requests_per_second":0.3,"#,
        r#""response_2xx_pct":66.66666666666667,"response_3xx_pct":0.0,"#,
        r#""response_4xx_pct":0.0,"response_5xx_pct":33.333333333333336}}"#
    );
    // The last digit of a third is the processor's affair.
    let numbers = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let (found, expected) = (numbers(report), numbers(expected));
    let pct = |report: &Value, name: &str| report["measures"][name].as_f64().unwrap();
    for name in ["response_2xx_pct", "response_5xx_pct"] {
        assert!((pct(&found, name) - pct(&expected, name)).abs() < 1e-12, "{found}");
    }
    let order = [
        "most_popular_section",
        "most_popular_count",
        "requests_processed",
        "requests_per_second",
        "response_2xx_pct",
        "response_3xx_pct",
        "response_4xx_pct",
        "response_5xx_pct",
    ];
    let places = order.map(|name| report.find(&format!("\"{name}\":")).expect(name));
    assert!(places.is_sorted(), "{report}");
    assert!(report.contains(r#""response_3xx_pct":0.0"#), "a number and not a count: {report}");
    assert!(report.contains(r#""requests_processed":3,"#), "a count and not a number: {report}");
}

#[test]
fn a_section_is_the_first_segment_of_the_path() {
    let sections = [
        ("/pages/create", "pages"),
        ("/pages", "pages"),
        ("/pages/", "pages"),
        ("/pages?user=1", "pages"),
        ("/pages/x?to=/api/y", "pages"),
        ("/pages#top", "pages"),
        ("/", "/"),
        ("/?page=2", "/"),
        ("//", "/"),
        ("http://example.com/api/user?x=1", "api"),
        ("https://example.com:8443/report", "report"),
        ("http://example.com", "/"),
        ("http://example.com/", "/"),
        ("http://example.com?x=1", "/"),
        ("/caf%C3%A9/menu", "caf%C3%A9"),
        ("/café/menu", "café"),
        ("*", "-"),
        ("-", "-"),
    ];
    // A report each: ten seconds apart.
    let log = sections.iter().zip(0..).fold(Log::new(), |log, ((target, _), n)| {
        log.line(&Line::at(NOON + 10 * n + 1).target(target))
    });
    let found = summaries(&log);
    assert_eq!(found.len(), sections.len());
    for ((target, section), summary) in sections.iter().zip(found) {
        assert_eq!(summary["most_popular_section"], *section, "the section of {target:?}");
    }
}

#[test]
fn a_request_line_that_is_none_has_no_section() {
    let line = Line::at(NOON + 1).to_string().replace("GET /pages/create HTTP/1.1", "-");
    let summary = &summaries(&Log::new().line(&line))[0];
    assert_eq!(summary["most_popular_section"], "-");
    assert_eq!(summary["requests_processed"], 1);
}

#[test]
fn of_equally_popular_sections_the_first_seen_is_named() {
    let line = |second, target| Line::at(NOON + second).target(target);
    let log = Log::new()
        .line(&line(1, "/zebra/1"))
        .line(&line(2, "/apple/1"))
        .line(&line(3, "/apple/2"))
        .line(&line(4, "/zebra/2"));
    let summary = &summaries(&log)[0];
    assert_eq!(summary["most_popular_section"], "zebra");
    assert_eq!(summary["most_popular_count"], 2);
}

#[test]
fn without_traffic_there_is_no_section_and_everything_is_nought() {
    let log = Log::new().line(&Line::at(NOON + 1)).line(&Line::at(NOON + 31));
    let found = summaries(&log);
    let nothing = json!({
        "most_popular_section": "-", "most_popular_count": 0, "requests_processed": 0,
        "requests_per_second": 0.0, "response_2xx_pct": 0.0, "response_3xx_pct": 0.0,
        "response_4xx_pct": 0.0, "response_5xx_pct": 0.0,
    });
    assert_eq!(found.len(), 4);
    assert_eq!(found[1], nothing);
    assert_eq!(found[2], nothing);
    assert_eq!(found[3]["requests_processed"], 1);
    let text = Weir::replay(&log).run().succeeds().stdout;
    let shown = "most_popular_section: -\nmost_popular_count: 0\nrequests_processed: 0\n\
                 requests_per_second: 0.0\nresponse_2xx_pct: 0.0\n";
    assert!(text.contains(shown), "{text}");
}

#[test]
fn responses_are_counted_by_the_class_of_their_status() {
    let line = |status: &str| Line::at(NOON + 1).status(status);
    let statuses = ["200", "204", "299", "301", "404", "499", "500", "101", "-"];
    let log = statuses.iter().fold(Log::new(), |log, status| log.line(&line(status)));
    let summary = &summaries(&log)[0];
    assert_eq!(summary["requests_processed"], 9);
    for (class, count) in [("2xx", 3.0), ("3xx", 1.0), ("4xx", 2.0), ("5xx", 1.0)] {
        let pct = summary[format!("response_{class}_pct")].as_f64().unwrap();
        assert!((pct - count * 100.0 / 9.0).abs() < 1e-9, "{class}: {pct}");
    }
}

#[test]
fn a_response_without_a_size_counts_like_any_other() {
    let log = Log::new().line(&Line::at(NOON + 1).size("-")).line(&Line::at(NOON + 1));
    assert_eq!(summaries(&log)[0]["requests_processed"], 2);
}

#[test]
fn each_request_is_in_one_report_only_whatever_second_it_comes_in() {
    let found = summaries(&Log::every_second(NOON, 101));
    let counts: Vec<u64> =
        found.iter().map(|summary| summary["requests_processed"].as_u64().unwrap()).collect();
    // The stretch of a report ends with the second that it is made in, which it holds.
    assert_eq!(counts, [1, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10]);
}

#[test]
fn a_bare_interval_is_in_seconds_and_may_be_a_fraction() {
    let count = |interval: &str| {
        let log = Log::every_second(NOON, 61);
        let found = Weir::replay(&log).args(["--reporting-interval", interval]).json().run();
        found.succeeds().events_of("report").len()
    };
    assert_eq!(count("30"), 3);
    assert_eq!(count("0.5m"), 3);
    assert_eq!(count("2.5"), 25);
    assert_eq!(count("1500ms"), 41);
}
