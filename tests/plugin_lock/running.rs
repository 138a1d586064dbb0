//! Locks and grants that change while a run goes on.

use serde_json::Value;

use super::Directory;
use crate::support::{Line, Log, Running, changed_module, now};

/// A run over this directory, which it looks at often.
fn follow(dir: &Directory) -> Running {
    let weir = dir.weir(["run", "--logfile", "access.log", "--output", "json"]);
    let config = "plugins.watch_interval = '50ms'\nmonitor.reporting.config.interval = '1s'";
    let mut running = weir.file("access.log", "").config(config).start();
    running.wait_for_event("a report", |event| event["type"] == "report");
    running
}

/// Writes a line, and waits until the guest `echoes-columns` has reported what it sees of its target.
fn echoed(running: &mut Running) -> Value {
    Log::new().line(&Line::at(now())).append_to(&running.path("access.log"));
    let report = running.wait_for_event("an echo", |event| event["measures"]["texts"].is_string());
    report["measures"]["texts"].clone()
}

#[test]
fn a_grant_that_changes_counts_from_then_on_in_a_run() {
    let dir = Directory::with("echoes-columns");
    let mut running = follow(&dir);
    assert_eq!(echoed(&mut running), "/pages/create");
    for (granted, seen) in [("status", "-"), ("status,target", "/pages/create")] {
        dir.run(["plugin", "approve", "echoes-columns", "--grant", granted]).succeeds();
        running.wait_for_event("a swap", |event| event["type"] == "swapped");
        assert_eq!(echoed(&mut running), seen);
    }
    running.stop().succeeds();
}

#[test]
fn in_a_run_a_change_is_taken_once_it_is_approved_and_not_before() {
    let dir = Directory::with("echoes-columns");
    let mut running = follow(&dir);
    let changed = changed_module("echoes-columns", "\"rowsintegers", "\"rawsintegers");
    std::fs::write(dir.path("echoes-columns.wasm"), changed).unwrap();
    let fault = running.wait_for_event("a fault", |event| event["type"] == "fault");
    let message = fault["message"].as_str().unwrap();
    assert!(message.contains("has changed since it was approved"), "{message}");
    assert_eq!(echoed(&mut running), "/pages/create");
    dir.run(["plugin", "approve", "echoes-columns"]).succeeds();
    running.wait_for_event("a swap", |event| event["type"] == "swapped");
    Log::new().line(&Line::at(now())).append_to(&running.path("access.log"));
    running.wait_for_event("the new one", |event| event["measures"]["raws"] == 1);
    running.stop().succeeds();
}
