//! `silence`: no requests where there were some.

use serde_json::json;

use super::{edges, lines, refuses, replay};
use crate::support::{Line, Log, NOON};

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
