//! `weir replay --monitor NAME --diff OLD`: an upgrade rehearsed over a log.

use serde_json::{Value, json};

use crate::support::{Line, Log, NOON, Weir, core_module, core_module_of};

/// A monitor whose alert fires at these seconds of every minute, `until` left out.
fn fires(from: u32, until: u32) -> Vec<u8> {
    let text = include_str!("guests/fires-between.wat");
    let text = text.replace("const FROM", &format!("const {from}"));
    core_module_of(&text.replace("const UNTIL", &format!("const {until}")))
}

/// Replays two minutes with `new` as the monitor `mine` and `old` in its place.
fn diff(new: &[u8], old: &[u8]) -> Weir {
    let flags = ["--monitor", "mine=new.wasm", "--diff", "old.wasm"];
    let run = Weir::replay(&Log::every_second(NOON, 120)).args(flags);
    run.file("new.wasm", new).file("old.wasm", old)
}

#[test]
fn a_monitor_says_the_same_as_itself() {
    let found = diff(&fires(10, 20), &fires(10, 20)).run().succeeds();
    assert_eq!(found.stdout, "0 more, 0 less, 0 changed, 4 equal\n");
}

#[test]
fn an_alert_that_only_one_of_the_two_raises_is_marked_with_its_side() {
    let found = diff(&fires(10, 20), &fires(30, 40)).run().exits_with(1);
    let expected = "\
+ 2018-09-11T12:00:10.000Z alert k firing: name Alert, severity warning
+ 2018-09-11T12:00:20.000Z alert k resolved: name Alert, severity warning, started_at \
2018-09-11T12:00:10.000Z, duration_s 10
- 2018-09-11T12:00:30.000Z alert k firing: name Alert, severity warning
";
    assert!(found.stdout.starts_with(expected), "{}", found.stdout);
    assert!(found.stdout.ends_with("\n4 more, 4 less, 0 changed, 0 equal\n"), "{}", found.stdout);
    found.complains("the two do not say the same: 4 more, 4 less, 0 changed, 0 equal");
}

#[test]
fn an_alert_that_fires_later_is_shown_with_both_times() {
    let found = diff(&fires(15, 20), &fires(10, 20)).run().exits_with(1);
    let expected = "\
~ 2018-09-11T12:00:10.000Z alert k firing
-     time 2018-09-11T12:00:10.000Z
+     time 2018-09-11T12:00:15.000Z
~ 2018-09-11T12:00:20.000Z alert k resolved
-     started_at 2018-09-11T12:00:10.000Z
+     started_at 2018-09-11T12:00:15.000Z
-     duration_s 10
+     duration_s 5
";
    assert!(found.stdout.starts_with(expected), "{}", found.stdout);
    assert!(found.stdout.ends_with("\n0 more, 0 less, 4 changed, 0 equal\n"), "{}", found.stdout);
}

#[test]
fn machines_read_a_difference_a_line_with_the_events_as_a_replay_writes_them() {
    let found = diff(&fires(15, 20), &fires(10, 20)).json().run().exits_with(1);
    let lines: Vec<Value> =
        found.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let event = |time: &str| {
        json!({
            "type": "alert", "monitor": "mine", "key": "k", "state": "firing", "time": time,
            "name": "Alert", "severity": "warning",
        })
    };
    let first = json!({
        "type": "diff", "change": "changed", "fields": ["time"],
        "old": event("2018-09-11T12:00:10.000Z"), "new": event("2018-09-11T12:00:15.000Z"),
    });
    assert_eq!(lines[0], first);
    let totals = json!({"type": "diff_totals", "more": 0, "less": 0, "changed": 4, "equal": 0});
    assert_eq!(lines.last(), Some(&totals));
}

#[test]
fn a_fault_of_one_of_the_two_is_a_difference() {
    let found = diff(&core_module("traps"), &fires(10, 20)).run().exits_with(1);
    assert!(found.stdout.starts_with("+ 2018-09-11T12:00:00.000Z fault trap in on-tick: message "));
}

#[test]
fn a_monitor_that_is_loaded_anyway_is_rehearsed_with_its_own_settings() {
    let run = Weir::replay(&Log::every_second(NOON, 120)).guests(&[]);
    let run = run.config("monitor.alerting.config = { threshold = 0.5, interval = '10s' }");
    let run = run.args(["--monitor", "alerting", "--diff", "old.wasm"]);
    let found = run.file("old.wasm", fires(70, 80)).run().exits_with(1);
    let fired = "+ 2018-09-11T12:00:05.000Z alert high-traffic firing: ";
    assert!(found.stdout.starts_with(fired), "{}", found.stdout);
    assert!(!found.stdout.contains("report"), "only the chosen one runs: {}", found.stdout);
}

#[test]
fn the_old_one_is_granted_what_the_present_one_is() {
    let guest = core_module("echoes-columns");
    let add = ["plugin", "add", "mine.wasm", "--withhold", "target", "--plugins-dir", "plugins"];
    let add = Weir::new(add).file("mine.wasm", &guest).file("plugins/notes.txt", "");
    let (added, folder) = add.start().finish_leaving_folder();
    added.succeeds();
    let run = Weir::again(folder, ["replay", "access.log", "--plugins-dir", "plugins"]);
    let run = run.args(["--monitor", "mine", "--diff", "mine.wasm"]);
    let found = run.file("access.log", Log::every_second(NOON, 5)).run().succeeds();
    assert!(found.stdout.starts_with("0 more, 0 less, 0 changed, "), "{}", found.stdout);
    assert!(!found.stdout.ends_with(" 0 equal\n"), "{}", found.stdout);
}

#[test]
fn several_logs_are_compared_as_one_also_from_standard_input() {
    let first = Log::every_second(NOON, 60);
    let second = Log::every_second(NOON + 60, 60);
    let run =
        Weir::new(["replay", "-", "b.log", "--monitor", "mine=new.wasm", "--diff", "old.wasm"]);
    let run = run.stdin(&first).file("b.log", second).file("new.wasm", fires(10, 20));
    let found = run.file("old.wasm", fires(10, 20)).run().succeeds();
    assert_eq!(found.stdout, "0 more, 0 less, 0 changed, 4 equal\n");
}

#[test]
fn an_old_plugin_that_cannot_run_is_an_error_and_no_difference() {
    let found = diff(&fires(10, 20), b"not wasm").run().exits_with(78);
    assert_eq!(found.stdout, "");
    found.complains("monitor `mine (old)`: load: old.wasm: not a WebAssembly file");
}

#[test]
fn a_diff_is_of_exactly_one_monitor() {
    for monitors in [&[][..], &["--monitor", "alerting", "--monitor", "reporting"]] {
        let run = Weir::replay("").args(["--diff", "old.wasm"]).args(monitors);
        run.run().exits_with(64).complains("the flag '--diff' needs exactly one '--monitor'");
    }
}

#[test]
fn only_the_chosen_monitors_run() {
    let log = Log::every_second(NOON, 60).line(&Line::at(NOON + 60).status(500));
    let run = || Weir::replay(&log).json().guests(&["says-it-once"]);
    let monitors = |found: crate::support::Finished| {
        let events = found.events();
        let mut names: Vec<String> = events
            .iter()
            .filter_map(|event| event["monitor"].as_str().map(str::to_owned))
            .collect();
        names.dedup();
        names.sort();
        names.dedup();
        names
    };
    let one = run().args(["--monitor", "says-it-once"]).run().succeeds();
    assert_eq!(monitors(one), ["says-it-once"]);
    let disabled = "monitor.reporting.enabled = false";
    let two = run().args(["--monitor", "says-it-once", "--monitor", "reporting"]).config(disabled);
    assert_eq!(monitors(two.run().succeeds()), ["reporting", "says-it-once"]);
    let found = run().args(["--monitor", "report"]).run().exits_with(78);
    found.complains("no monitor `report`\nhint: there are reporting, alerting, says-it-once");
}
