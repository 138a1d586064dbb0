//! `new-paths`: clients that look for what is not there.

use serde_json::{Value, json};

use super::{edges, lines, normal, refuses, replay};
use crate::support::{Line, Log, NOON};

const SETTINGS: &str = "paths_max = 5, window = '30s'";

fn missing(client: &str, start: i64, count: i64) -> Log {
    lines((0..count).map(|n| {
        Line::at(start + n).client(client).target(&format!("/admin{n}.php?x={n}")).status(404)
    }))
}

#[test]
fn a_client_that_misses_many_paths_is_an_alert_until_they_are_old() {
    let log = missing("::1", NOON, 6).then(&normal(NOON + 6, 60, 1));
    let found = replay("new-paths", SETTINGS, &log);
    assert_eq!(edges(&found), ["::1 firing@5", "::1 resolved@30"]);
    let alert = &found.events_of("alert")[0];
    assert_eq!(alert["name"], "Path scan by ::1");
    assert_eq!((&alert["value"], &alert["unit"]), (&json!(6.0), &json!("paths not found")));
    assert_eq!(alert["labels"], json!({ "requests": "6" }));
}

#[test]
fn a_broken_link_is_no_scan() {
    let log = Log::new().lines(500, &Line::at(NOON).status(404));
    assert_eq!(edges(&replay("new-paths", SETTINGS, &log)), [""; 0]);
}

#[test]
fn paths_that_are_there_are_no_scan() {
    let log = lines((0..500).map(|n| Line::at(NOON).target(&format!("/pages/{n}"))));
    assert_eq!(edges(&replay("new-paths", SETTINGS, &log)), [""; 0]);
}

#[test]
fn of_many_scanners_each_has_an_alert() {
    let clients = (0..100).map(|n| format!("198.51.100.{n}"));
    let log = clients.fold(Log::new(), |log, client| {
        log.then(&lines(
            (0..6).map(|n| Line::at(NOON).client(&client).target(&format!("/{n}.php")).status(404)),
        ))
    });
    let found = replay("new-paths", SETTINGS, &log);
    assert_eq!(found.events_of("alert").len(), 200);
    assert_eq!(found.events_of("fault"), [Value::Null; 0]);
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    refuses("new-paths", "paths_max = 0", "paths_max: must be between 1 and 100000, not 0");
    refuses("new-paths", "window = '5'", "window: \"5\": write the unit behind the number");
}
