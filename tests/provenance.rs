//! What an alert rests on: with that plugin, those settings and the log up to that position, a replay
//! says the same, byte for byte.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{Line, Log, NOON, Weir, now};

const ALERTING: [&str; 4] = ["--alerting-threshold", "2", "--alerting-interval", "5s"];

/// Traffic that is high in the 10th to the 14th second of every half minute, in the order of time.
fn traffic(seconds: i64) -> Log {
    (0..seconds).fold(Log::new(), |log, second| {
        let count = if (10..15).contains(&(second % 30)) { 6 } else { 1 };
        log.lines(count, &Line::at(NOON + second))
    })
}

fn replay(log: &Log) -> Weir {
    Weir::replay(log).args(ALERTING).json().arg("--provenance")
}

/// The lines of output that are alerts, as they were written.
fn alerts(stdout: &str) -> Vec<&str> {
    stdout.lines().filter(|line| line.starts_with(r#"{"type":"alert""#)).collect()
}

fn field(line: &str, path: &str) -> Value {
    let event: Value = serde_json::from_str(line).unwrap();
    event.pointer(path).unwrap_or_else(|| panic!("{path} in {line}")).clone()
}

#[test]
fn an_alert_says_what_it_rests_on_where_that_is_asked_for() {
    let log = traffic(60);
    let plain = Weir::replay(&log).args(ALERTING).json().run().succeeds();
    assert!(!plain.stdout.contains("provenance"), "{}", plain.stdout);
    let found = replay(&log).run().succeeds();
    let alert = alerts(&found.stdout)[0];
    let firing = field(alert, "/time");
    assert_eq!(firing, "2018-09-11T12:00:10.000Z");
    // The lines until that second: 10 with one a second, and six.
    let offset = traffic(11).text().len();
    assert_eq!(
        field(alert, "/provenance/logs"),
        json!([{ "source": "access.log", "offset": offset }])
    );
    assert_eq!(field(alert, "/provenance/plugin"), "alerting");
    assert_eq!(field(alert, "/provenance/interface"), "weir:monitor@0.1.0");
    let text = Weir::replay(&log).args(ALERTING).arg("--provenance").run().succeeds().stdout;
    assert!(!text.contains("provenance"), "it is for machines");
}

#[test]
fn the_plugin_and_its_settings_are_known_by_their_digests() {
    let of = |weir: Weir, path: &str| field(alerts(&weir.run().succeeds().stdout)[0], path);
    let log = traffic(60);
    let beside = |config: &str| {
        let weir = Weir::replay(&log).json().guests(&["burns"]);
        weir.config(&format!(
            "output.provenance = true\nmonitor.alerting.enabled = false\n{config}"
        ))
    };
    let file = std::fs::read(beside("").path("plugins/burns.wasm")).unwrap();
    let sha256 = format!("{:x}", Sha256::digest(file));
    assert_eq!(of(beside(""), "/provenance/sha256"), sha256);
    let settings = "/provenance/settings_sha256";
    assert_eq!(of(beside(""), settings), of(beside("monitor.burns.config = {}"), settings));
    for other in
        ["monitor.burns.config = { a = 1 }", "limits.memory = '32MiB'", "store.groups_max = 9"]
    {
        assert_ne!(of(beside(""), settings), of(beside(other), settings), "{other}");
    }
}

#[test]
fn a_replay_up_to_an_alerts_position_and_time_ends_with_that_alert() {
    let log = traffic(120);
    let whole = replay(&log).run().succeeds();
    let edges = alerts(&whole.stdout);
    assert_eq!(edges.len(), 8, "four times it fires and is over");
    for edge in edges {
        let offset = field(edge, "/provenance/logs/0/offset").to_string();
        let time = field(edge, "/time");
        let until = ["--to", &offset, "--until", time.as_str().unwrap()];
        let found = replay(&log).args(until).run().succeeds();
        assert_eq!(alerts(&found.stdout).last(), Some(&edge));
        // The log cut there gives the same, and goes on until nothing fires.
        let cut = Weir::replay(&log.text()[..offset.parse::<usize>().unwrap()]);
        let found = cut.args(ALERTING).json().arg("--provenance").run().succeeds();
        assert!(alerts(&found.stdout).contains(&edge), "{edge} is not in {}", found.stdout);
    }
}

#[test]
fn what_was_said_live_is_said_again_by_a_replay_byte_for_byte() {
    let follow = Weir::follow().args(ALERTING).json().arg("--provenance").start();
    let mut running = follow;
    running.wait_for_event("a report", |event| event["type"] == "report");
    let log = running.path("access.log");
    // Stamped ahead, so that they are there before their ticks however slow the machine is. A line
    // that is no request and one that is too long lie between them.
    let second = now() + 3;
    Log::new().lines(4, &Line::at(second - 1)).append_to(&log);
    Log::new().line(&"no request").line(&"x".repeat(100_000)).append_to(&log);
    Log::new().lines(20, &Line::at(second)).append_to(&log);
    let firing = running.wait_for_event("an alert", |event| event["state"] == "firing");
    Log::new().line(&Line::at(now() + 2)).append_to(&log);
    let resolved = running.wait_for_event("its end", |event| event["state"] == "resolved");
    let (live, folder) = running.stop_leaving_folder();
    let live = live.succeeds();
    let said = alerts(&live.stdout);
    assert_eq!(said.len(), 2, "{}", live.stdout);

    let again = |folder, edge: &Value| {
        let offset = edge["provenance"]["logs"][0]["offset"].to_string();
        let until = ["--to", &offset, "--until", edge["time"].as_str().unwrap()];
        let weir = Weir::again(folder, ["replay", "access.log"]).args(ALERTING).args(until);
        let (found, folder) = weir.json().arg("--provenance").start().finish_leaving_folder();
        (found.succeeds(), folder)
    };
    let (found, folder) = again(folder, &firing);
    assert_eq!(alerts(&found.stdout), said[..1], "the alert");
    let (found, _) = again(folder, &resolved);
    assert_eq!(alerts(&found.stdout), said, "the alert and its end");
}

#[test]
fn lines_out_of_order_in_the_last_second_are_in_its_tick_as_they_were_live() {
    let log = Log::every_second(NOON, 9);
    // Of the second that is judged one line comes behind one of the next second.
    let late = Log::new().lines(2, &Line::at(NOON + 9)).line(&Line::at(NOON + 10));
    let late = late.lines(9, &Line::at(NOON + 9));
    let log = log.then(&late);
    let whole = log.text().len().to_string();
    let until = ["--to", &whole, "--until", "2018-09-11T12:00:09Z"];
    let found = replay(&log).args(until).run().succeeds();
    let alert = alerts(&found.stdout)[0];
    assert_eq!(field(alert, "/time"), "2018-09-11T12:00:09.000Z");
    assert_eq!(field(alert, "/provenance/logs/0/offset").to_string(), whole);
}

#[test]
fn silence_that_was_told_live_is_told_by_a_replay_that_goes_on_until_then() {
    let log = Log::every_second(NOON, 30);
    let until = ["--until", "2018-09-11T12:10:00Z"];
    let found = replay(&log).args(["--reporting-interval", "60s"]).args(until).run().succeeds();
    let reports = found.events_of("report");
    let last = reports.last().unwrap();
    assert_eq!(last["time"], "2018-09-11T12:10:00.000Z", "ticks go on without lines");
}

#[test]
fn a_position_that_cannot_be_meant_is_refused() {
    let refused = |args: &[&str]| Weir::replay("").args(args).run().exits_with(64);
    refused(&["--to", "other.log:5"]).complains("other.log");
    refused(&["--to", "five"]).complains("access.log:1024");
    refused(&["--until", "noon"]).complains("2018-09-11T12:00:00Z");
    let log = Log::every_second(NOON, 3);
    let short = Weir::replay(&log).json().args(["--to", "1000000"]).run().exits_with(1);
    assert_eq!(short.only("account")["read"], 3);
    short.complains("was to be read up to 1000000");
}
