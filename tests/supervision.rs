//! What becomes of a monitor that fails again and again, of what it had raised, and what is told of
//! what monitors use.

use serde_json::{Value, json};

use crate::support::{Finished, Line, Log, NOON, Running, Weir, component, now};

fn replay(seconds: i64) -> Weir {
    Weir::replay(&Log::every_second(NOON, seconds)).json()
}

/// What a monitor said, each as `WHAT@SECOND` after noon.
fn story(found: &Finished, monitor: &str) -> Vec<String> {
    let told = |event: &Value| {
        let time = event["time"].as_str().unwrap();
        let second = chrono::DateTime::parse_from_rfc3339(time).unwrap().timestamp() - NOON;
        let what = ["state", "kind", "type"].into_iter().find_map(|name| event[name].as_str());
        format!("{}@{second}", what.unwrap())
    };
    found.events_by(monitor).iter().map(told).collect()
}

#[test]
fn a_monitor_that_fails_eight_times_in_a_row_is_quarantined() {
    let found = replay(300).guests(&["traps"]).run().succeeds();
    let faults = found.events_of("fault");
    let of = |name: &str| faults.iter().map(|fault| fault[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("retry_in_s")[..7], [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]);
    assert_eq!(of("consequence")[..7], ["retry"; 7]);
    assert_eq!(faults.len(), 8, "after the eighth there is none: {faults:?}");
    let last = &faults[7];
    assert_eq!((&last["consequence"], &last["failures"]), (&json!("quarantined"), &json!(8)));
    assert_eq!(last["retry_in_s"], Value::Null);
}

#[test]
fn a_quarantine_is_one_line_in_the_text() {
    let log = Log::every_second(NOON, 60);
    let limits = "limits.quarantine_after = 2";
    let found = Weir::replay(&log).guests(&["traps"]).config(limits).run().succeeds();
    let lines: Vec<&str> = found.stdout.lines().filter(|line| line.contains("[FAULT]")).collect();
    assert_eq!(lines.len(), 2);
    let end = "; quarantined after 2 failures in a row, until its file, its settings or its limits \
               change.";
    assert!(lines[1].ends_with(end), "{}", lines[1]);
}

#[test]
fn a_monitor_that_fails_now_and_then_is_not_quarantined() {
    let log = Log::every_second(NOON, 1_200);
    let limits = "limits.quarantine_after = 3\nlimits.restart_backoff_max = '5s'";
    let found = Weir::replay(&log).json().guests(&["burns"]).config(limits).run().succeeds();
    let faults = found.events_of("fault");
    assert_eq!(faults.len(), 40, "it traps twice a minute");
    assert!(faults.iter().all(|fault| fault["consequence"] == "retry"), "{faults:?}");
}

#[test]
fn an_alert_of_a_monitor_that_is_quarantined_is_resolved_once_and_says_why() {
    let backoff = "[limits]\nrestart_backoff_max = '1s'\nquarantine_after = 3";
    let found = replay(180).guests(&["burns-out"]).config(backoff).run().succeeds();
    let expected = ["firing@10", "trap@20", "trap@21", "trap@22", "resolved@22"];
    assert_eq!(story(&found, "burns-out"), expected);
    let resolved = &found.events_by("burns-out")[4];
    assert_eq!(
        (&resolved["cause"], &resolved["duration_s"]),
        (&json!("monitor-ended"), &json!(12.0))
    );
    let text = Weir::replay(&Log::every_second(NOON, 60)).guests(&["burns-out"]).config(backoff);
    let text = text.run().succeeds().stdout;
    let line = "[ALERT] Burning alert ended at 2018-09-11 12:00:22+00:00 with its monitor, which does \
                not run any more. Duration: 12.0s.";
    assert!(text.lines().any(|found| found == line), "{text}");
}

#[test]
fn a_fault_tells_the_plugin_and_the_limit_and_the_use_as_numbers() {
    let fault = |guest: &str, config: &str| {
        let found = replay(10).guests(&[guest]).config(config).run().succeeds();
        let fault = found.events_of("fault").remove(0);
        let numbers = ["limit", "used", "unit"].map(|name| fault[name].clone());
        assert_eq!(fault["plugin"], guest);
        assert_eq!(fault["sha256"].as_str().unwrap().len(), 64, "{fault}");
        numbers
    };
    assert_eq!(fault("floods-reports", ""), [json!(256), json!(257), json!("events")]);
    let fuel = "limits.fuel = 1_000_000";
    assert_eq!(fault("spins", fuel), [json!(1_000_000), json!(1_000_000), json!("fuel")]);
    let [limit, used, unit] = fault("grows", "limits.memory = '2MiB'");
    assert_eq!((limit, unit), (json!(2 << 20), json!("bytes")));
    assert!(used.as_u64() > Some(2 << 20), "{used}");
}

#[test]
fn a_text_over_its_own_limit_is_a_flood() {
    let generous = "limits.text_bytes = '4MiB'";
    let found = replay(10).guests(&["says-too-much"]).config(generous).run().succeeds();
    let fault = found.events_of("fault").remove(0);
    let message = "1048576 bytes of a report's title, over the limit of 4096";
    assert_eq!((&fault["kind"], &fault["message"]), (&json!("flood"), &json!(message)));
    assert_eq!([&fault["limit"], &fault["used"]], [4_096, 1_048_576]);
}

#[test]
fn a_trap_tells_its_frames_by_the_names_their_author_gave_them() {
    let found = replay(1).guests(&["traps-by-name"]).run().succeeds();
    let fault = found.events_of("fault").remove(0);
    assert_eq!(fault["frames"], json!(["watch::heat", "on-tick"]));
    let message = fault["message"].as_str().unwrap();
    assert!(message.ends_with(" in watch::heat < on-tick"), "{message}");
}

#[test]
fn more_events_in_a_minute_than_there_may_be_are_a_flood() {
    let limit = "limits.events_per_minute = 10";
    let found = replay(120).guests(&["says-it-once"]).config(limit).run().succeeds();
    let story = story(&found, "says-it-once");
    let reports: Vec<String> = (0..10).map(|second| format!("report@{second}")).collect();
    assert_eq!(story[..10], reports);
    assert_eq!(story[10], "flood@10");
    let of_minute = |event: &&String| {
        let second: i64 = event.rsplit_once('@').unwrap().1.parse().unwrap();
        event.starts_with("report") && second >= 60
    };
    assert_eq!(story.iter().filter(of_minute).count(), 10, "the next minute has as many");
    let fault = found.events_of("fault").remove(0);
    assert_eq!(
        [&fault["limit"], &fault["used"], &fault["unit"]],
        [&json!(10), &json!(11), &json!("events")]
    );
}

#[test]
fn an_alert_that_goes_on_is_one_event_of_its_minute() {
    let limit = "limits.events_per_minute = 1";
    let found = replay(60).guests(&["burns"]).config(limit).run().succeeds();
    let expected = ["firing@10", "trap@20", "trap@30", "resolved@40"];
    assert_eq!(story(&found, "burns"), expected);
}

/// Follows an empty log with `traps`, which is replaced at once and quarantined at its third failure.
const HASTY: &str = "\
[[source]]
path = \"access.log\"

[plugins]
dir = \"plugins\"

[limits]
restart_backoff_min = \"10ms\"
restart_backoff_max = \"10ms\"
quarantine_after = 3
";

fn hasty() -> Running {
    let run = Weir::new(["run", "--state-dir", "state"]).json().config(HASTY);
    run.file("access.log", "").guests_in("plugins", &["traps"]).start()
}

fn wait_for_quarantine(running: &mut Running, phase: &str) -> Value {
    running.wait_for_event("the quarantine", |event| {
        event["consequence"] == "quarantined" && event["phase"] == phase
    })
}

#[test]
fn live_a_quarantine_holds_for_the_same_file_and_a_fixed_one_starts_clean() {
    let mut running = hasty();
    wait_for_quarantine(&mut running, "on-tick");
    running.signal("HUP");
    let fault = wait_for_quarantine(&mut running, "load");
    let message = fault["message"].as_str().unwrap();
    assert!(message.starts_with("quarantined since 20"), "{message}");
    assert!(message.contains("`unreachable` instruction executed"), "{message}");
    assert_eq!((&fault["failures"], &fault["monitor"]), (&json!(3), &json!("traps")));
    // Another file is renamed over it, as an upgrade does.
    let fixed = running.path("fixed.wasm");
    std::fs::write(&fixed, component("says-it-once")).unwrap();
    std::fs::rename(&fixed, running.path("plugins/traps.wasm")).unwrap();
    running.wait_for_event("a report of the fixed one", |event| {
        event["type"] == "report" && event["monitor"] == "traps"
    });
    running.stop().succeeds();
}

#[test]
fn live_a_quarantine_outlives_the_process_until_a_limit_changes() {
    let mut running = hasty();
    wait_for_quarantine(&mut running, "on-tick");
    let (_, folder) = running.stop_leaving_folder();
    let run = ["run", "--state-dir", "state", "--output", "json", "--config", "weir.toml"];
    let mut running = Weir::again(folder, run).start();
    wait_for_quarantine(&mut running, "load");
    let (found, folder) = running.stop_leaving_folder();
    let faults = found.events_of("fault");
    assert_eq!(faults.len(), 1, "it was not run again: {faults:?}");
    std::fs::write(folder.path().join("weir.toml"), format!("{HASTY}memory = '32MiB'")).unwrap();
    let mut running = Weir::again(folder, run).start();
    let fault = running.wait_for_event("a fault", |event| event["type"] == "fault");
    assert_eq!((&fault["phase"], &fault["kind"]), (&json!("on-tick"), &json!("trap")));
    running.stop().succeeds();
}

#[test]
fn live_sigusr1_publishes_what_each_monitor_uses_beside_its_limits() {
    let mut running = Weir::follow().json().guests(&["says-it-once", "traps"]).start();
    running.wait_for_event("a report", |event| event["monitor"] == "says-it-once");
    running.wait_for_event("a fault", |event| event["monitor"] == "traps");
    running.signal("USR1");
    let mut usage_of = |monitor: &str| {
        running.wait_for_event("its usage", |event| {
            event["type"] == "usage" && event["monitor"] == monitor
        })
    };
    let alerting = usage_of("alerting");
    assert_eq!((&alerting["queries"], &alerting["queries_limit"]), (&json!(1), &json!(64)));
    let usage = usage_of("says-it-once");
    assert_eq!(usage["state"], "running");
    assert_eq!(
        (&usage["memory_bytes"], &usage["memory_bytes_limit"]),
        (&json!(65_536), &json!(16 << 20))
    );
    assert!(usage["events_this_minute"].as_u64() > Some(0), "{usage}");
    let (last, longest) = (usage["call_last_ms"].as_f64(), usage["call_longest_ms"].as_f64());
    assert!(last > Some(0.0) && longest >= last, "{usage}");
    let failed = usage_of("traps");
    assert!(failed["failures_in_a_row"].as_u64() > Some(0), "{failed}");
    running.wait_for_event("the books", |event| event["type"] == "account");
    let found = running.stop().succeeds();
    assert_eq!(found.events_of("usage").len(), 4, "not at the end, where nothing runs any more");
}

#[test]
fn live_a_batch_has_a_deadline_of_its_own() {
    let limits = "limits.deadline = '30s'\nlimits.batch_deadline = '20ms'";
    let mut running = Weir::follow().json().guests(&["spins-on-rows"]).config(limits).start();
    running.wait_for_event("a report", |event| event["type"] == "report");
    Log::new().line(&Line::at(now())).append_to(&running.path("access.log"));
    let fault = running.wait_for_event("a fault", |event| event["type"] == "fault");
    let message = "took longer than 20ms";
    assert_eq!((&fault["phase"], &fault["message"]), (&json!("on-batch"), &json!(message)));
    assert_eq!((&fault["limit"], &fault["unit"]), (&json!(20), &json!("ms")));
    assert!(fault["used"].as_u64() >= Some(20), "{fault}");
    running.stop().succeeds();
}
