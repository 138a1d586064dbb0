//! The worked monitors of `plugins/`, as components: each fires when it should, ends when it
//! should, is silent on normal traffic, and says which setting is wrong.

use std::fmt::Display;

use serde_json::{Value, json};

use crate::support::{Finished, Line, Log, NOON, Weir};

/// Replays a log with one worked monitor; `settings` is an inline table's inside.
fn replay(monitor: &str, settings: &str, log: &Log) -> Finished {
    run(monitor, settings, log).succeeds()
}

fn run(monitor: &str, settings: &str, log: &Log) -> Finished {
    let config = format!(
        "[monitor.alerting]\nenabled = false\n[monitor.reporting]\nenabled = false\n\
         [monitor.{monitor}]\nconfig = {{ {settings} }}\n"
    );
    Weir::replay(log).json().worked(monitor).config(&config).run()
}

/// Holds that settings are refused as wrong configuration, with this in what is said.
#[track_caller]
fn refuses(monitor: &str, settings: &str, complaint: &str) {
    let found = run(monitor, settings, &Log::every_second(NOON, 1)).exits_with(78);
    assert_eq!(found.stdout, "");
    found.complains(&format!("monitor `{monitor}`: {complaint}"));
}

/// Alerts as `KEY firing@SECOND` and `KEY resolved@SECOND`, seconds after noon.
#[track_caller]
fn edges(found: &Finished) -> Vec<String> {
    let alerts = found.events_of("alert");
    let keys = alerts.iter().map(|alert| alert["key"].as_str().unwrap());
    keys.zip(found.edges(NOON)).map(|(key, edge)| format!("{key} {edge}")).collect()
}

/// Ordinary traffic: `seconds` of `a_second` requests by twenty clients for ten paths, one in fifty
/// not found, none refused, none failed.
fn normal(start: i64, seconds: i64, a_second: i64) -> Log {
    let requests = (0..seconds * a_second).map(|n| {
        let status = if n % 50 == 49 { 404 } else { 200 };
        Line::at(start + n / a_second)
            .client(&format!("192.0.2.{}", n % 20))
            .target(&format!("/pages/{}", n % 10))
            .status(status)
    });
    lines(requests)
}

fn lines(lines: impl IntoIterator<Item = impl Display>) -> Log {
    lines.into_iter().fold(Log::new(), |log, line| log.line(&line))
}

#[test]
fn normal_traffic_raises_no_alert_with_any_monitors_defaults() {
    let log = normal(NOON, 900, 3);
    for monitor in
        ["error-ratio", "top-talkers", "brute-force", "heavy-paths", "silence", "new-paths"]
    {
        let found = replay(monitor, "", &log);
        assert_eq!(edges(&found), [""; 0], "{monitor}");
        assert_eq!(found.events_of("fault"), [""; 0], "{monitor}");
    }
}

#[test]
fn every_worked_monitor_refuses_a_setting_that_it_does_not_have() {
    for monitor in
        ["error-ratio", "top-talkers", "brute-force", "heavy-paths", "silence", "new-paths"]
    {
        refuses(monitor, "colour = 1", "colour: unknown field `colour`, expected one of");
    }
}

#[test]
fn a_condition_that_cannot_be_read_is_shown_with_its_place_and_its_setting() {
    for (monitor, setting) in [
        ("top-talkers", "where"),
        ("brute-force", "where"),
        ("heavy-paths", "where"),
        ("silence", "where"),
        ("new-paths", "where"),
        ("error-ratio", "where"),
        ("error-ratio", "errors"),
    ] {
        let found = run(monitor, &format!("{setting} = 'statsu = 1'"), &Log::every_second(NOON, 1));
        let found = found.exits_with(78);
        let complaint = "unknown field `statsu` at byte 6 (did you mean `status`?)\n  \
                         where statsu = 1 | ";
        let found = found.complains(&format!("monitor `{monitor}`: {setting}: {complaint}"));
        assert!(found.stderr.contains("\n        ^"), "{}", found.stderr);
    }
}

mod error_ratio {
    use super::*;

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
        refuses(
            "error-ratio",
            "objective = 100",
            "objective: must be between 50 and 99.999, not 100",
        );
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
}

mod top_talkers {
    use super::*;

    const SETTINGS: &str = "interval = '10s', clients = 2, share_max = 50, requests_min = 10";

    fn by(client: &str, start: i64, count: usize) -> Log {
        Log::new().lines(count, &Line::at(start).client(client))
    }

    #[test]
    fn an_interval_is_reported_with_its_busiest_clients() {
        let log =
            by("::1", NOON + 1, 3).then(&by("::2", NOON + 1, 5)).then(&by("::3", NOON + 2, 2));
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
        let found =
            replay("top-talkers", &format!("{SETTINGS}, where = 'section = \"api\"'"), &log);
        let measures = found.only("report")["measures"].clone();
        assert_eq!((&measures["requests"], &measures["client_1"]), (&json!(1), &json!("::2")));
    }

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        refuses("top-talkers", "clients = 51", "clients: must be between 1 and 50, not 51");
        refuses("top-talkers", "share_max = 0.5", "share_max: must be between 1 and 100, not 0.5");
        refuses("top-talkers", "interval = 60", "interval: invalid type: integer `60`");
    }
}

mod brute_force {
    use super::*;

    const SETTINGS: &str = "failures_max = 5, window = '30s'";

    /// A failure a second, each with another user name.
    fn failures(client: &str, start: i64, count: i64) -> Log {
        lines((0..count).map(|n| {
            Line::at(start + n)
                .client(client)
                .user(&format!("user{n}"))
                .target("/login")
                .status(401)
        }))
    }

    #[test]
    fn a_client_that_fails_too_often_is_an_alert_until_its_failures_are_old() {
        let found = replay(
            "brute-force",
            SETTINGS,
            &failures("::1", NOON, 6).then(&normal(NOON + 6, 60, 1)),
        );
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
        assert_eq!(
            found.events_of("alert")[0].get("labels").cloned().unwrap_or(json!({})),
            json!({})
        );
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
}

mod heavy_paths {
    use super::*;

    const SETTINGS: &str = "interval = '10s', paths = 2, mib_per_second_max = 1";

    #[test]
    fn an_interval_is_reported_with_its_heaviest_paths() {
        let sized = |target: &str, size: &str| Line::at(NOON + 1).target(target).size(size);
        let log = Log::new()
            .lines(4, &sized("/small", "65536"))
            .line(&sized("/video?t=1", "262144"))
            .line(&sized("/video?t=2", "524288"))
            .line(&sized("/none", "-"));
        let found = replay("heavy-paths", SETTINGS, &log);
        let expected = json!({
            "type": "report", "monitor": "heavy-paths", "time": "2018-09-11T12:00:10.000Z",
            "title": "Heavy Paths",
            "measures": {
                "bytes": 1_048_576, "mib_per_second": 0.1, "exact": "yes",
                "path_1": "/video", "path_1_bytes": 786_432, "path_1_requests": 2,
                "path_1_largest": 524_288, "path_1_pct": 75.0,
                "path_2": "/small", "path_2_bytes": 262_144, "path_2_requests": 4,
                "path_2_largest": 65_536, "path_2_pct": 25.0,
            },
        });
        assert_eq!(found.only("report"), expected);
    }

    #[test]
    fn a_path_that_sends_too_much_is_an_alert_until_it_sends_less() {
        let ten_mib = |at| Log::new().line(&Line::at(at).target("/iso").size("10485760"));
        let one_byte = |at| Log::new().line(&Line::at(at).target("/iso").size("1"));
        let log = ten_mib(NOON + 1).then(&one_byte(NOON + 1)).then(&ten_mib(NOON + 11));
        let found = replay("heavy-paths", SETTINGS, &log);
        assert_eq!(edges(&found), ["/iso firing@10", "/iso resolved@20"]);
        let alert = &found.events_of("alert")[0];
        assert_eq!(
            (&alert["name"], &alert["unit"]),
            (&json!("Heavy path /iso"), &json!("MiB/sec"))
        );
        assert_eq!(alert["labels"], json!({ "requests": "2", "largest_bytes": "10485760" }));
    }

    #[test]
    fn an_interval_in_which_nothing_was_sent_is_not_reported() {
        let log = Log::new().line(&Line::at(NOON + 1).size("-"));
        assert_eq!(replay("heavy-paths", SETTINGS, &log).events_of("report"), [Value::Null; 0]);
    }

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        refuses("heavy-paths", "paths = 0", "paths: must be between 1 and 50, not 0");
        refuses(
            "heavy-paths",
            "mib_per_second_max = 0",
            "mib_per_second_max: must be between 0.001 and 1000000, not 0",
        );
    }
}

mod silence {
    use super::*;

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
}

mod new_paths {
    use super::*;

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
        let log =
            clients.fold(Log::new(), |log, client| {
                log.then(&lines((0..6).map(|n| {
                    Line::at(NOON).client(&client).target(&format!("/{n}.php")).status(404)
                })))
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
}
