//! Monitors that trap, spin, grow, flood or are no monitors at all. Each loses its own say and
//! nothing else: what the built-in monitors say beside it is what they say without it.

use serde_json::{Value, json};

use crate::support::{Finished, Line, Log, NOON, Running, Weir, core_module};

/// A hundred seconds of traffic that the built-in monitors have something to say about.
fn traffic() -> Log {
    (0..100).fold(Log::new(), |log, second| {
        let count = if (30..50).contains(&second) { 4 } else { 1 };
        log.lines(count, &Line::at(NOON + second).status(200 + 100 * (second % 4)))
    })
}

fn replay() -> Weir {
    let flags = ["--alerting-threshold", "2", "--alerting-interval", "10s"];
    Weir::replay(&traffic()).args(flags).json()
}

/// Replays the traffic with these plugins too, and holds that the built-in monitors do not notice.
fn beside(with_plugins: Weir) -> Finished {
    let alone = replay().run().succeeds();
    assert_eq!(alone.edges(NOON).len(), 2, "the traffic is high once: {}", alone.stdout);
    let found = with_plugins.run().succeeds();
    assert_eq!(found.built_ins_said(), alone.built_ins_said());
    found
}

fn beside_guest(name: &str) -> Finished {
    beside(replay().guests(&[name]))
}

/// With a bound on each call that is soon met.
fn beside_guest_on_little_fuel(name: &str) -> Finished {
    beside(replay().guests(&[name]).config("limits.fuel = 1_000_000"))
}

#[track_caller]
fn first_fault(found: &Finished) -> Value {
    found.events_of("fault").first().unwrap_or_else(|| panic!("a fault in {found:#?}")).clone()
}

#[track_caller]
fn assert_fault(fault: &Value, monitor: &str, kind: &str, phase: &str, message: &str) {
    let found = [&fault["monitor"], &fault["kind"], &fault["phase"]];
    assert_eq!(found, [monitor, kind, phase], "{fault}");
    let said = fault["message"].as_str().unwrap();
    assert!(said.contains(message), "{message:?} is not in {said:?}");
}

#[test]
fn a_trap_is_a_fault_and_a_fresh_instance_takes_over_each_time_later_than_before() {
    let faults = beside_guest("traps").events_of("fault");
    assert_eq!(
        faults[0],
        json!({
            "type": "fault", "monitor": "traps", "kind": "trap",
            "time": "2018-09-11T12:00:00.000Z", "phase": "on-tick",
            "message": faults[0]["message"], "retry_in_s": 1.0,
        })
    );
    assert_fault(&faults[0], "traps", "trap", "on-tick", "`unreachable` instruction executed");
    let of = |name: &str| faults.iter().map(|fault| fault[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("retry_in_s"), [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]);
    let seconds = ["00:00", "00:01", "00:03", "00:07", "00:15", "00:31", "01:03"];
    assert_eq!(of("time"), seconds.map(|at| format!("2018-09-11T12:{at}.000Z")));
}

#[test]
fn the_wait_for_a_fresh_instance_can_be_set() {
    let backoff = "[limits]\nrestart_backoff_min = '10s'\nrestart_backoff_max = '20s'";
    let found = beside(replay().guests(&["traps"]).config(backoff));
    let waits = found.events_of("fault").into_iter().map(|fault| fault["retry_in_s"].clone());
    assert_eq!(waits.collect::<Vec<_>>(), [10.0, 20.0, 20.0, 20.0, 20.0, 20.0]);
}

#[test]
fn a_fault_is_a_line_in_the_text_too() {
    let found = Weir::replay(&Log::every_second(NOON, 1)).guests(&["traps"]).run().succeeds();
    let line = found.stdout.lines().find(|line| line.starts_with("[FAULT]")).unwrap();
    assert!(line.starts_with("[FAULT] traps: trap in on-tick: wasm trap: "), "{line}");
    assert!(line.ends_with("; a fresh instance takes over in 1s."), "{line}");
}

#[test]
fn a_call_that_does_not_end_is_stopped() {
    let found = beside_guest_on_little_fuel("spins");
    let message = "took more than 1000000 units of fuel";
    assert_fault(&first_fault(&found), "spins", "deadline", "on-tick", message);
}

#[test]
fn configuring_that_does_not_end_is_stopped() {
    let found = beside_guest_on_little_fuel("spins-in-configure");
    let fault = found.only("fault");
    assert_fault(&fault, "spins-in-configure", "deadline", "configure", "units of fuel");
    assert_eq!(fault["retry_in_s"], Value::Null, "it is not tried again");
    assert_eq!(fault["time"], Value::Null, "no line has been seen yet");
}

#[test]
fn a_start_function_that_does_not_end_is_stopped() {
    let found = beside_guest_on_little_fuel("spins-in-start");
    assert_fault(&found.only("fault"), "spins-in-start", "deadline", "configure", "units of fuel");
}

#[test]
fn a_recursion_without_end_is_a_trap() {
    let found = beside_guest("recurses");
    assert_fault(&first_fault(&found), "recurses", "trap", "on-tick", "call stack exhausted");
}

#[test]
fn memory_ends_at_its_limit() {
    let found = beside_guest("grows");
    let message = "bytes of memory, over the limit of 16777216";
    assert_fault(&first_fault(&found), "grows", "memory", "on-tick", message);
    let found = beside(replay().guests(&["grows"]).config("limits.memory = '2MiB'"));
    let message = "bytes of memory, over the limit of 2097152";
    assert_fault(&first_fault(&found), "grows", "memory", "on-tick", message);
}

#[test]
fn memory_that_is_asked_for_before_the_start_counts_too() {
    let found = beside_guest("asks-for-much-memory");
    let message = "1073741824 bytes of memory, over the limit of 16777216";
    assert_fault(&found.only("fault"), "asks-for-much-memory", "memory", "configure", message);
}

#[test]
fn reports_without_end_are_a_flood() {
    let found = beside_guest("floods-reports");
    let message = "257 reports and alerts in one call, over the limit of 256";
    assert_fault(&first_fault(&found), "floods-reports", "flood", "on-tick", message);
    let (reports, faults) = found
        .events_by("floods-reports")
        .into_iter()
        .partition::<Vec<_>, _>(|event| event["type"] == "report");
    assert!(reports.len() <= 256 * faults.len(), "{} reports", reports.len());
}

#[test]
fn alerts_without_end_are_a_flood() {
    let found = beside_guest("floods-alerts");
    let message = "257 reports and alerts in one call, over the limit of 256";
    assert_fault(&first_fault(&found), "floods-alerts", "flood", "on-tick", message);
}

#[test]
fn a_thousand_alerts_may_fire_at_once_and_no_more() {
    let generous = "[monitor.floods-alerts.limits]\nevents = 5_000\ntext_bytes = '1MiB'";
    let found = beside(replay().guests(&["floods-alerts"]).config(generous));
    let fault = first_fault(&found);
    let message = "one more than the 1000 that may fire at once";
    assert_fault(&fault, "floods-alerts", "flood", "on-tick", message);
    assert_eq!(fault["retry_in_s"], Value::Null, "the monitor goes on");
    let alerts = found.events_by("floods-alerts");
    let firing = alerts.iter().filter(|event| event["state"] == "firing").count();
    assert_eq!(firing, 1_000);
}

#[test]
fn drafts_that_are_neither_published_nor_dropped_are_a_flood() {
    let found = beside_guest("hoards-handles");
    assert_fault(&first_fault(&found), "hoards-handles", "flood", "on-tick", "1024");
}

#[test]
fn a_text_beyond_the_limit_is_a_flood() {
    let found = beside_guest("says-too-much");
    assert_fault(&first_fault(&found), "says-too-much", "flood", "on-tick", "over the limit of");
    assert_eq!(found.events_by("says-too-much")[0]["type"], "fault", "nothing of it is published");
}

#[test]
fn log_messages_beyond_the_limit_are_counted_and_dropped() {
    let found = beside_guest("floods-log");
    assert_eq!(found.events_of("fault"), [0; 0]);
    assert!(!found.events_by("floods-log").is_empty(), "it still reports");
    let (ticks, dropped) =
        (found.events_by("floods-log").len(), "968 more log messages were dropped");
    assert_eq!(found.stderr.matches(dropped).count(), ticks);
    assert_eq!(found.stderr.matches("monitor `floods-log`: Spam").count(), 32 * ticks);
}

#[test]
fn an_import_beyond_the_interface_is_refused_by_name() {
    let found = beside_guest("reads-the-environment");
    let message = "imports `wasi:cli/environment@0.2.0`";
    assert_fault(&found.only("fault"), "reads-the-environment", "load", "load", message);
}

#[test]
fn another_version_of_the_interface_is_named_with_the_one_there_is() {
    let found = beside_guest("of-another-interface");
    let message = "is made for weir:monitor@0.2.0; this host offers weir:monitor@0.1.0, which \
                   is older";
    assert_fault(&found.only("fault"), "of-another-interface", "load", "load", message);
}

#[test]
fn a_component_that_is_no_monitor_is_told_what_it_lacks() {
    let found = beside_guest("is-no-monitor");
    assert_fault(&found.only("fault"), "is-no-monitor", "load", "load", "weir:monitor/guest");
}

#[test]
fn files_that_are_no_components_are_a_fault_each_and_the_rest_run() {
    let module = core_module("says-it-once");
    let found = beside(
        replay()
            .guests(&["says-it-once"])
            .file("plugins/empty.wasm", "")
            .file("plugins/script.wasm", "#!/bin/sh\n")
            .file("plugins/truncated.wasm", &module[..module.len() / 2])
            .file("plugins/native.wasm", b"\x7fELF\x02\x01\x01")
            .file("plugins/Badly Named.wasm", &module)
            .file("plugins/folder.wasm/file", "")
            .file("plugins/README.md", "not looked at"),
    );
    let mut faults: Vec<(String, String)> = found
        .events_of("fault")
        .iter()
        .map(|fault| {
            assert_eq!([&fault["kind"], &fault["phase"]], ["load", "load"], "{fault}");
            let text = |name: &str| fault[name].as_str().unwrap().to_owned();
            (text("monitor"), text("message"))
        })
        .collect();
    faults.sort();
    let expected = [
        ("Badly Named", "cannot be a monitor's name"),
        ("empty", "not a WebAssembly file"),
        ("folder", "is not a plain file"),
        ("native", "not a WebAssembly file"),
        ("script", "not a WebAssembly file"),
        ("truncated", "not a monitor"),
    ];
    for ((monitor, message), (name, part)) in faults.iter().zip(expected) {
        assert!(monitor == name && message.contains(part), "{monitor}: {message}, not {part}");
    }
    assert_eq!(faults.len(), expected.len());
    assert!(found.events_by("says-it-once").len() >= 100);
}

#[test]
fn all_of_them_at_once_change_nothing_either() {
    let guests = [
        "asks-for-much-memory",
        "burns",
        "floods-alerts",
        "floods-log",
        "floods-reports",
        "grows",
        "hoards-handles",
        "is-no-monitor",
        "of-another-interface",
        "reads-the-environment",
        "recurses",
        "rows",
        "says-it-once",
        "says-too-much",
        "spins",
        "spins-in-configure",
        "spins-in-start",
        "traps",
    ];
    beside(replay().guests(&guests).config("limits.fuel = 1_000_000"));
}

#[test]
fn an_alert_lives_on_through_its_monitors_traps_and_resolves_once() {
    let found = beside_guest("burns");
    let said: Vec<(String, Value)> = found
        .events_by("burns")
        .into_iter()
        .map(|event| (event["time"].as_str().unwrap()[14..19].to_owned(), event))
        .collect();
    let told = |(at, event): &(String, Value)| {
        let what = event.get("state").unwrap_or(&event["kind"]).as_str().unwrap();
        format!("{what}@{at}")
    };
    let expected = [
        "firing@00:10",
        "trap@00:20",
        "trap@00:30",
        "resolved@00:40",
        "firing@01:10",
        "trap@01:20",
        "trap@01:30",
        "resolved@01:40",
    ];
    assert_eq!(said.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(said[3].1["duration_s"], 30.0);
    assert_eq!(said[3].1["started_at"], "2018-09-11T12:00:10.000Z");
}

/// Live, a machine that is busy elsewhere must not make a well-behaved monitor look slow.
const UNHURRIED: &str = "monitor.says-it-once.limits.deadline = '30s'";

/// Follows a log live with `guests`, each given these limits.
fn live(guests: &[&str], limits: &str) -> Running {
    let flags = ["--alerting-threshold", "1", "--alerting-interval", "5s"];
    Weir::follow().json().guests(guests).args(flags).config(limits).start()
}

/// Waits for this many reports of the guest that speaks once a second, none left out.
fn wait_for_seconds(running: &mut Running, count: i64) {
    let mut last = None;
    for _ in 0..count {
        let report = running.wait_for_event("a report", |event| event["monitor"] == "says-it-once");
        let time = report["time"].as_str().unwrap();
        let second = chrono::DateTime::parse_from_rfc3339(time).unwrap().timestamp();
        assert!(last.is_none_or(|last| second == last + 1), "{time} is not the next second");
        last = Some(second);
    }
}

#[test]
fn live_a_monitor_that_spins_is_stopped_by_the_clock() {
    let mut running = live(&["spins"], "");
    let fault = running.wait_for_event("a fault", |event| event["type"] == "fault");
    assert_fault(&fault, "spins", "deadline", "on-tick", "took longer than 100ms");
    assert_eq!(fault["retry_in_s"], 1.0);
    running.stop().succeeds();
}

#[test]
fn live_a_monitor_that_spins_when_it_is_configured_is_stopped_by_the_clock() {
    let mut running = live(&["spins-in-configure", "spins-in-start", "says-it-once"], "");
    for monitor in ["spins-in-configure", "spins-in-start"] {
        let fault = running.wait_for_event("a fault", |event| event["monitor"] == monitor);
        assert_fault(&fault, monitor, "deadline", "configure", "took longer than 100ms");
    }
    wait_for_seconds(&mut running, 1);
    running.stop().succeeds();
}

#[test]
fn live_a_monitor_that_spins_delays_neither_the_log_nor_the_others_nor_the_end() {
    // It may spin for a minute, which is longer than this test waits for anything.
    let patient = format!("{UNHURRIED}\nmonitor.spins.limits.deadline = '60s'");
    let mut running = live(&["spins", "says-it-once", "rows"], &patient);
    wait_for_seconds(&mut running, 2);
    Log::new().lines(50, &Line::at(crate::support::now())).append_to(&running.path("access.log"));
    let is_alert = |event: &Value| event["monitor"] == "alerting" && event["state"] == "firing";
    running.wait_for_event("an alert", is_alert);
    wait_for_seconds(&mut running, 2);
    let found = running.stop().succeeds();
    assert_eq!(found.events_by("spins"), [0; 0], "it was spinning all the time");
    assert_eq!(found.only("account")["parsed"], 50);
}

#[test]
fn live_memory_stays_bounded_whatever_the_monitors_do() {
    let guests = [
        "grows",
        "floods-reports",
        "floods-log",
        "hoards-handles",
        "says-too-much",
        "says-it-once",
    ];
    let often = "restart_backoff_min = '10ms'\nrestart_backoff_max = '10ms'";
    let mut running = live(&guests, &format!("{UNHURRIED}\n[limits]\n{often}"));
    wait_for_seconds(&mut running, 2);
    let early = running.peak_memory_bytes();
    wait_for_seconds(&mut running, 2);
    let late = running.peak_memory_bytes();
    assert!(late < 256 << 20, "{late} bytes");
    assert!(late < early + (32 << 20), "{early} bytes, and {late} two seconds later");
    running.stop().succeeds();
}

#[test]
fn live_a_trap_is_told_and_the_others_go_on() {
    let mut running = live(&["traps", "says-it-once"], UNHURRIED);
    let fault = running.wait_for_event("a fault", |event| event["type"] == "fault");
    assert_fault(&fault, "traps", "trap", "on-tick", "unreachable");
    wait_for_seconds(&mut running, 2);
    let found = running.stop().succeeds();
    assert!(found.stderr.is_empty(), "events are on standard output: {}", found.stderr);
}
