//! `brute-force`: clients whose requests are refused.

use serde_json::json;

use super::{edges, lines, normal, refuses, replay};
use crate::support::{Line, Log, NOON, Weir};

const SETTINGS: &str = "failures_max = 5, window = '30s'";

/// A failure a second, each with another user name.
fn failures(client: &str, start: i64, count: i64) -> Log {
    lines((0..count).map(|n| {
        Line::at(start + n).client(client).user(&format!("user{n}")).target("/login").status(401)
    }))
}

#[test]
fn a_client_that_fails_too_often_is_an_alert_until_its_failures_are_old() {
    let found =
        replay("brute-force", SETTINGS, &failures("::1", NOON, 6).then(&normal(NOON + 6, 60, 1)));
    assert_eq!(edges(&found), ["::1 firing@5", "::1 resolved@30"]);
    let alert = &found.events_of("alert")[0];
    assert_eq!(alert["name"], "Brute force by ::1");
    assert_eq!((&alert["value"], &alert["unit"]), (&json!(6.0), &json!("failures")));
    assert_eq!(alert["labels"], json!({ "users": "6" }));
}

#[test]
fn as_many_failures_as_are_normal_are_no_alert_and_clients_are_told_apart() {
    let log = failures("::1", NOON, 5).then(&failures("::2", NOON + 5, 5));
    assert_eq!(edges(&replay("brute-force", SETTINGS, &log)), [""; 0]);
}

#[test]
fn failures_that_are_further_apart_than_the_window_are_no_alert() {
    let log = failures("::1", NOON, 5).then(&failures("::1", NOON + 34, 5));
    assert_eq!(edges(&replay("brute-force", SETTINGS, &log)), [""; 0]);
}

#[test]
fn a_log_without_user_names_has_no_label_for_them() {
    let log = Log::new().lines(6, &Line::at(NOON).user("-").status(403));
    let found = replay("brute-force", SETTINGS, &log);
    assert_eq!(found.events_of("alert")[0].get("labels").cloned().unwrap_or(json!({})), json!({}));
    assert_eq!(edges(&found), ["192.0.2.7 firing@0", "192.0.2.7 resolved@30"]);
}

#[test]
fn what_a_failure_is_can_be_set() {
    let log = Log::new().lines(6, &Line::at(NOON).target("/login"));
    let form = "where = 'path = \"/login\" and status = 200'";
    let found = replay("brute-force", &format!("{SETTINGS}, {form}"), &log);
    assert_eq!(edges(&found), ["192.0.2.7 firing@0", "192.0.2.7 resolved@30"]);
}

#[test]
fn people_read_who_it_was_when_it_begins_and_when_it_ends() {
    let config = format!("[monitor.brute-force]\nconfig = {{ {SETTINGS} }}\n");
    let log = failures("::1", NOON, 6).then(&Log::every_second(NOON + 6, 30));
    let found = Weir::replay(&log).worked("brute-force").config(&config).run().succeeds();
    let alert = "[ALERT] Brute force by ::1 generated an alert - failures: 6.0, users: 6, \
                 triggered at 2018-09-11 12:00:05+00:00.\n";
    let recovery = "[ALERT] Brute force by ::1 alert recovered at 2018-09-11 12:00:30+00:00. \
                    Duration: 25.0s.\n";
    assert!(found.stdout.contains(alert), "{}", found.stdout);
    assert!(found.stdout.contains(recovery), "{}", found.stdout);
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    refuses(
        "brute-force",
        "failures_max = 0",
        "failures_max: must be between 1 and 1000000, not 0",
    );
    refuses("brute-force", "window = '25h'", "window: must be between 1s and 24h, not 25h");
}
