//! `top-talkers`: the busiest clients.

use serde_json::json;

use super::{edges, refuses, replay};
use crate::support::{Line, Log, NOON};

const SETTINGS: &str = "interval = '10s', clients = 2, share_max = 50, requests_min = 10";

fn by(client: &str, start: i64, count: usize) -> Log {
    Log::new().lines(count, &Line::at(start).client(client))
}

#[test]
fn an_interval_is_reported_with_its_busiest_clients() {
    let log = by("::1", NOON + 1, 3).then(&by("::2", NOON + 1, 5)).then(&by("::3", NOON + 2, 2));
    let found = replay("top-talkers", SETTINGS, &log);
    let expected = json!({
        "type": "report", "monitor": "top-talkers", "time": "2018-09-11T12:00:10.000Z",
        "title": "Top Talkers",
        "measures": {
            "requests": 10, "clients": 3, "exact": "yes",
            "client_1": "::2", "client_1_requests": 5, "client_1_pct": 50.0,
            "client_2": "::1", "client_2_requests": 3, "client_2_pct": 30.0,
        },
    });
    assert_eq!(found.only("report"), expected);
}

#[test]
fn one_client_with_too_large_a_share_is_an_alert_until_it_has_less() {
    let busy = by("::1", NOON + 1, 6).then(&by("::2", NOON + 2, 5));
    let calm = by("::1", NOON + 11, 5).then(&by("::2", NOON + 12, 5));
    let found = replay("top-talkers", SETTINGS, &busy.then(&calm));
    assert_eq!(edges(&found), ["::1 firing@10", "::1 resolved@20"]);
    let alert = &found.events_of("alert")[0];
    assert_eq!(alert["name"], "Too much traffic from ::1");
    assert_eq!(alert["value"], 600.0 / 11.0);
    assert_eq!(alert["labels"], json!({ "requests": "6" }));
}

#[test]
fn a_share_of_few_requests_is_no_alert() {
    let found = replay("top-talkers", SETTINGS, &by("::1", NOON + 1, 9));
    assert_eq!(edges(&found), [""; 0]);
    assert_eq!(found.only("report")["measures"]["client_1_pct"], 100.0);
    let found = replay("top-talkers", SETTINGS, &by("::1", NOON + 1, 10));
    assert_eq!(edges(&found)[0], "::1 firing@10");
}

#[test]
fn more_clients_than_a_report_names_can_have_an_alert() {
    let clients = ["::1", "::2", "::3"];
    let log = clients.iter().fold(Log::new(), |log, client| log.then(&by(client, NOON + 1, 5)));
    let settings = "interval = '10s', clients = 1, share_max = 30, requests_min = 1";
    let found = replay("top-talkers", settings, &log);
    assert_eq!(edges(&found)[..3], ["::1 firing@10", "::2 firing@10", "::3 firing@10"]);
}

#[test]
fn only_the_requests_that_count_are_counted() {
    let log = by("::1", NOON + 1, 3).line(&Line::at(NOON + 1).client("::2").target("/api"));
    let found = replay("top-talkers", &format!("{SETTINGS}, where = 'section = \"api\"'"), &log);
    let measures = found.only("report")["measures"].clone();
    assert_eq!((&measures["requests"], &measures["client_1"]), (&json!(1), &json!("::2")));
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    refuses("top-talkers", "clients = 51", "clients: must be between 1 and 50, not 51");
    refuses("top-talkers", "share_max = 0.5", "share_max: must be between 1 and 100, not 0.5");
    refuses("top-talkers", "interval = 60", "interval: invalid type: integer `60`");
}
