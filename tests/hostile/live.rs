//! The same while a log is followed: here the clock ends what does not end.

use crate::support::Running;

use super::*;

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
    let often = "restart_backoff_min = '10ms'\nrestart_backoff_max = '10ms'\nquarantine_after = 0";
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
