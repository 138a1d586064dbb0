//! `error-ratio`: an error budget that burns too fast.

use serde_json::json;

use super::{edges, lines, refuses, replay};
use crate::support::{Line, Log, NOON};

/// An objective of 90 % with short windows, so that a burn rate of 2 is an error in five.
const SETTINGS: &str = "objective = 90, fast_burn = 4, fast_long = '60s', fast_short = '10s', \
                        slow_burn = 2, slow_long = '5m', slow_short = '30s', \
                        requests_min = 50";

/// Ten requests a second, `errors` of which fail.
fn failing(start: i64, seconds: i64, errors: i64) -> Log {
    lines((0..seconds * 10).map(|n| {
        let status = if n % 10 < errors { 503 } else { 200 };
        Line::at(start + n / 10).status(status).target("/api/users")
    }))
}

#[test]
fn many_errors_are_a_critical_alert_that_ends_soon_after_them() {
    let log = failing(NOON, 300, 0).then(&failing(NOON + 300, 60, 10));
    let found = replay("error-ratio", SETTINGS, &log.then(&failing(NOON + 360, 300, 0)));
    // Over a minute 40 % is 240 of 600: the 25th second has 250. Ten seconds have 40 % when four of
    // them still have errors. In five minutes 20 % is 600 of 3,000: more than that are there after
    // 61 seconds, which the errors do not last.
    let expected = ["fast firing@324", "fast resolved@365"];
    assert_eq!(edges(&found), expected);
    let alert = &found.events_of("alert")[0];
    let labels = json!({ "errors": "250", "requests": "600", "error_pct": "41.67" });
    assert_eq!(alert["labels"], labels);
    assert_eq!(
        (&alert["severity"], &alert["unit"]),
        (&json!("critical"), &json!("times the budget"))
    );
    assert_eq!(alert["value"], 250.0 * 100.0 / (600.0 * 10.0));
}

#[test]
fn a_slow_burn_is_a_warning_of_its_own() {
    let log = failing(NOON, 300, 0).then(&failing(NOON + 300, 300, 3));
    let found = replay("error-ratio", SETTINGS, &log.then(&failing(NOON + 600, 60, 0)));
    // 20 % of the five minutes' 3,000 requests are 600: after 200 s there are 600, and 603 then.
    // The short window has 30 % for ten seconds more than the errors last: 90 of 300 sink to 60.
    let expected = ["slow firing@500", "slow resolved@609"];
    assert_eq!(edges(&found), expected);
    assert_eq!(found.events_of("alert")[0]["severity"], "warning");
}

#[test]
fn a_blip_is_no_alert() {
    let log = failing(NOON, 300, 0).then(&failing(NOON + 300, 20, 10));
    let found = replay("error-ratio", SETTINGS, &log.then(&failing(NOON + 320, 300, 0)));
    assert_eq!(edges(&found), [""; 0]);
}

#[test]
fn sections_have_budgets_of_their_own() {
    let section = |start, status, section: &str| {
        let line = Line::at(start).status(status).target(section);
        (0..60).fold(Log::new(), |log, _| log.line(&line))
    };
    let second = |at| {
        section(at, 500, "/api/users")
            .then(&section(at, 200, "/pages/1"))
            .then(&section(at, 200, "/pages/2"))
    };
    let log = second(NOON).then(&second(NOON + 1)).then(&Log::every_second(NOON + 2, 70));
    let by_section = format!("{SETTINGS}, by_section = true");
    let found = replay("error-ratio", &by_section, &log);
    let alert = &found.events_of("alert")[0];
    assert_eq!(
        (&alert["key"], &alert["name"]),
        (&json!("fast in api"), &json!("Error budget burns fast in api"))
    );
    assert_eq!(alert["labels"]["section"], "api");
    let expected = [
        "fast in api firing@0",
        "slow in api firing@0",
        "fast in api resolved@11",
        "slow in api resolved@31",
    ];
    assert_eq!(edges(&found), expected);
    // A third of all requests is less than four times the budget, and more than twice.
    assert_eq!(
        edges(&replay("error-ratio", SETTINGS, &log)),
        ["slow firing@0", "slow resolved@31"]
    );
}

#[test]
fn what_an_error_is_and_of_what_can_be_set() {
    let log = lines((0..100).map(|n| {
        Line::at(NOON).target(if n < 50 { "/health" } else { "/api" }).status(if n < 50 {
            200
        } else {
            429
        })
    }));
    let limited = "errors = 'status = 429', where = 'path != \"/health\"'";
    let found = replay("error-ratio", &format!("{SETTINGS}, {limited}"), &log);
    let labels = json!({ "errors": "50", "requests": "50", "error_pct": "100.00" });
    assert_eq!(found.events_of("alert")[0]["labels"], labels);
    assert_eq!(edges(&replay("error-ratio", SETTINGS, &log)), [""; 0]);
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    refuses("error-ratio", "objective = 100", "objective: must be between 50 and 99.999, not 100");
    refuses(
        "error-ratio",
        "fast_short = '2h'",
        "fast_short: must be shorter than `fast_long` (1h), not 2h",
    );
    refuses(
        "error-ratio",
        "objective = 90",
        "fast_burn: must be at least 0.1 and below 10.0, where every request fails, not 14.4",
    );
}
