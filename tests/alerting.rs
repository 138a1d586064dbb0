//! The built-in monitor `alerting`: `requests in [now - interval, now] / interval > threshold`.

use serde_json::json;

use crate::support::{Finished, Line, Log, NOON, Weir};

/// Replays a log with a threshold and an interval.
fn alerts(threshold: &str, interval: &str, log: &Log) -> Finished {
    let flags = ["--alerting-threshold", threshold, "--alerting-interval", interval];
    Weir::replay(log).args(flags).json().run().succeeds()
}

#[test]
fn the_61st_request_in_a_minute_is_over_one_a_second_and_the_alert_ends_with_the_requests() {
    let found = alerts("1", "60s", &Log::every_second(NOON, 61));
    let alert = json!({
        "type": "alert", "monitor": "alerting", "key": "high-traffic", "state": "firing",
        "time": "2018-09-11T12:01:00.000Z", "name": "High traffic", "value": 61.0 / 60.0,
        "unit": "hits/sec", "severity": "warning",
    });
    let recovery = json!({
        "type": "alert", "monitor": "alerting", "key": "high-traffic", "state": "resolved",
        "time": "2018-09-11T12:01:01.000Z", "name": "High traffic", "value": 61.0 / 60.0,
        "unit": "hits/sec", "severity": "warning",
        "started_at": "2018-09-11T12:01:00.000Z", "duration_s": 1.0,
    });
    assert_eq!(found.events_of("alert"), [alert, recovery]);
}

#[test]
fn people_read_the_rate_with_one_decimal() {
    let flags = ["--alerting-threshold", "1", "--alerting-interval", "60s"];
    let found = Weir::replay(&Log::every_second(NOON, 61)).args(flags).run().succeeds();
    let alert = "\n[ALERT] High traffic generated an alert - hits/sec: 1.0, \
                 triggered at 2018-09-11 12:01:00+00:00.\n";
    let recovery = "\n[ALERT] High traffic alert recovered at 2018-09-11 12:01:01+00:00. \
                    Duration: 1.0s.\n";
    assert!(found.stdout.contains(alert), "{}", found.stdout);
    assert!(found.stdout.contains(recovery), "{}", found.stdout);
}

#[test]
fn sixty_requests_in_a_minute_are_not_over_one_a_second() {
    assert_eq!(alerts("1", "60s", &Log::every_second(NOON, 60)).edges(NOON), [""; 0]);
}

#[test]
fn both_ends_of_the_interval_are_in() {
    // The tick at 10 sees the requests of the seconds 0 to 10, which are eleven; that at 11 sees
    // those of 1 to 10.
    let found = alerts("1", "10s", &Log::every_second(NOON, 11));
    assert_eq!(found.edges(NOON), ["firing@10", "resolved@11"]);
}

#[test]
fn a_rate_must_be_over_the_threshold_and_not_only_reach_it() {
    let requests = |count| Log::new().lines(count, &Line::at(NOON));
    assert_eq!(alerts("1", "10s", &requests(10)).edges(NOON), [""; 0]);
    assert_eq!(alerts("1", "10s", &requests(11)).edges(NOON), ["firing@0", "resolved@11"]);
}

#[test]
fn the_rate_is_taken_over_the_whole_interval_from_the_start() {
    // A hundred requests in the log's first second are ten a second over ten, not a hundred.
    let found = alerts("9.9", "10s", &Log::new().lines(100, &Line::at(NOON)));
    assert_eq!(found.events_of("alert")[0]["value"], 10.0);
    assert_eq!(alerts("10", "10s", &Log::new().lines(100, &Line::at(NOON))).edges(NOON), [""; 0]);
}

#[test]
fn traffic_that_stays_high_is_one_alert_and_one_recovery() {
    let busy = (0..200).fold(Log::new(), |log, second| log.lines(3, &Line::at(NOON + second)));
    let found = alerts("1", "10s", &busy);
    assert_eq!(found.edges(NOON), ["firing@3", "resolved@207"]);
    assert_eq!(found.events_of("alert")[1]["duration_s"], 204.0);
}

#[test]
fn traffic_that_is_high_again_is_another_alert() {
    let burst = |start| Log::new().lines(30, &Line::at(start));
    let quiet = Log::every_second(NOON + 20, 20);
    let found = alerts("1.5", "10s", &burst(NOON).then(&quiet).then(&burst(NOON + 60)));
    let expected = ["firing@0", "resolved@11", "firing@60", "resolved@71"];
    assert_eq!(found.edges(NOON), expected);
}

#[test]
fn requests_count_at_their_own_time_in_whatever_order_they_are_logged() {
    let shuffled = [5, 2, 9, 0, 7, 10, 3, 8, 1, 6, 4].iter();
    let log = shuffled.fold(Log::new(), |log, second| log.line(&Line::at(NOON + second)));
    // The eleventh is seen only when the clock is at 10 already.
    assert_eq!(alerts("1", "10s", &log).edges(NOON), ["firing@10", "resolved@11"]);
}

#[test]
fn more_than_ten_thousand_requests_in_a_window_are_counted_one_by_one() {
    let minute = (0..60).fold(Log::new(), |log, second| log.lines(200, &Line::at(NOON + second)));
    assert_eq!(alerts("200", "60s", &minute).edges(NOON), [""; 0]);
    let one_more = minute.line(&Line::at(NOON + 59));
    let found = alerts("200", "60s", &one_more);
    assert_eq!(found.edges(NOON), ["firing@59", "resolved@61"]);
    assert_eq!(found.events_of("alert")[0]["value"], 12_001.0 / 60.0);
}

#[test]
fn a_bare_interval_is_in_minutes_and_may_be_a_fraction() {
    let log = Log::every_second(NOON, 31);
    assert_eq!(alerts("1", "0.5", &log).edges(NOON), ["firing@30", "resolved@31"]);
    assert_eq!(alerts("1", "30s", &log).edges(NOON), ["firing@30", "resolved@31"]);
    assert_eq!(alerts("1", "1", &log).edges(NOON), [""; 0]);
    assert_eq!(alerts("0.5", "1", &log).edges(NOON), ["firing@30", "resolved@61"]);
}

#[test]
fn an_interval_of_a_fraction_of_a_second_takes_in_the_current_second_only() {
    let log = Log::new().lines(6, &Line::at(NOON));
    let found = alerts("10", "500ms", &log);
    assert_eq!(found.edges(NOON), ["firing@0", "resolved@1"]);
    assert_eq!(found.events_of("alert")[0]["value"], 12.0);
}

#[test]
fn the_defaults_are_ten_a_second_over_two_minutes() {
    let over = (0..120).fold(Log::new(), |log, second| log.lines(10, &Line::at(NOON + second)));
    assert_eq!(Weir::replay(&over).json().run().succeeds().edges(NOON), [""; 0]);
    let over = over.line(&Line::at(NOON + 120));
    let found = Weir::replay(&over).json().run().succeeds();
    assert_eq!(found.edges(NOON), ["firing@120", "resolved@121"]);
}
