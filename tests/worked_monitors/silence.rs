//! `silence`: no requests where there were some.

use serde_json::json;

use super::{edges, lines, refuses, replay};
use crate::support::{Line, Log, NOON, Running, Weir, now};

const SETTINGS: &str = "after = '30s', baseline = '2m', requests_min = 20";

#[test]
fn a_silence_is_an_alert_until_the_next_request_however_late_that_is() {
    let log = Log::every_second(NOON, 60).then(&Log::every_second(NOON + 1_000, 5));
    let found = replay("silence", SETTINGS, &log);
    // The last request, at 59, is in the window of 30 s until 88.
    assert_eq!(edges(&found), ["silence firing@89", "silence resolved@1000"]);
    let alert = &found.events_of("alert")[0];
    assert_eq!((&alert["severity"], &alert["value"]), (&json!("critical"), &json!(30.0)));
    assert_eq!(alert["unit"], "seconds without a request");
}

#[test]
fn a_site_that_is_nearly_always_quiet_raises_no_alert() {
    let log = Log::every_second(NOON, 19).then(&Log::every_second(NOON + 200, 1));
    assert_eq!(edges(&replay("silence", SETTINGS, &log)), [""; 0]);
}

#[test]
fn a_pause_as_long_as_is_normal_raises_no_alert() {
    let log = Log::every_second(NOON, 60).then(&Log::every_second(NOON + 89, 5));
    assert_eq!(edges(&replay("silence", SETTINGS, &log)), [""; 0]);
    let log = Log::every_second(NOON, 60).then(&Log::every_second(NOON + 90, 5));
    let expected = ["silence firing@89", "silence resolved@90"];
    assert_eq!(edges(&replay("silence", SETTINGS, &log)), expected);
}

#[test]
fn the_end_of_a_log_is_no_silence() {
    assert_eq!(edges(&replay("silence", SETTINGS, &Log::every_second(NOON, 60))), [""; 0]);
}

#[test]
fn health_checks_need_not_hide_a_silence() {
    let checks = lines((0..200).map(|n| Line::at(NOON + n).target("/health")));
    let log = Log::every_second(NOON, 60).then(&checks);
    assert_eq!(edges(&replay("silence", SETTINGS, &log)), [""; 0]);
    let listening = format!("{SETTINGS}, where = 'path != \"/health\"'");
    let mixed = lines((0..200).flat_map(|n| {
        let check = Line::at(NOON + n).target("/health");
        let request = (n < 60).then(|| Line::at(NOON + n));
        request.into_iter().chain([check])
    }));
    assert_eq!(edges(&replay("silence", &listening, &mixed))[0], "silence firing@89");
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    refuses("silence", "after = '1h'", "baseline: must be longer than `after` (1h), not 1h");
    refuses(
        "silence",
        "requests_min = -1",
        "requests_min: invalid value: integer `-1`, expected u64",
    );
}

/// Follows a log, with a report every second to tell the time by.
const LISTENING: &str = "\
[monitor.reporting.config]
interval = \"1s\"
[monitor.alerting]
enabled = false
[monitor.silence.config]
after = \"1s\"
baseline = \"3s\"
requests_min = 1
";
const RUN: [&str; 7] =
    ["run", "--logfile", "access.log", "--state-dir", "state", "--output", "json"];

fn let_seconds_pass(running: &mut Running, seconds: usize) {
    for _ in 0..seconds {
        running.wait_for_event("a report", |event| event["type"] == "report");
    }
}

#[test]
fn a_silence_that_is_longer_than_the_baseline_outlives_a_kill() {
    let weir = Weir::new(RUN).worked("silence").config(LISTENING).file("access.log", "");
    let mut running = weir.start();
    let_seconds_pass(&mut running, 1);
    Log::new().lines(5, &Line::at(now())).append_to(&running.path("access.log"));
    let fired = running.wait_for_event("an alert", |event| event["state"] == "firing");
    let_seconds_pass(&mut running, 4);
    running.wait_for_file("state/checkpoint", |text| text.contains("\"key\":\"silence\""));
    let (before, folder) = running.kill();
    assert_eq!(before.events_of("alert").len(), 1, "{}", before.stdout);
    let again = ["--plugins-dir", "plugins", "--config", "weir.toml"];
    let mut running = Weir::again(folder, RUN).args(again).start();
    let_seconds_pass(&mut running, 4);
    Log::new().line(&Line::at(now())).append_to(&running.path("access.log"));
    let over = running.wait_for_event("its end", |event| event["state"] == "resolved");
    assert_eq!(over["started_at"], fired["time"]);
    let after = running.stop().succeeds();
    let alerts = after.events_of("alert");
    let first = &alerts[0];
    assert_eq!((&first["state"], &first["time"]), (&json!("resolved"), &over["time"]));
    let reports = after.events_of("report");
    let passed =
        reports.iter().take_while(|report| report["time"].as_str() < over["time"].as_str());
    assert!(passed.count() >= 4, "the silence went on: {}", after.stdout);
}
