//! Plugins that change, appear and vanish while `weir run` goes on.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::{
    Finished, Line, Log, Running, Stream, Weir, changed_module, core_module, now,
};

/// The directory is looked at often, so that the tests need not wait long.
const CONFIG: &str = "\
[plugins]
dir = \"plugins\"
watch_interval = \"50ms\"

[monitor.reporting.config]
interval = \"1s\"
";

fn start(guests: &[&str]) -> Running {
    let weir = Weir::new(["run", "--logfile", "access.log"]).json().config(CONFIG);
    weir.file("access.log", "").guests_in("plugins", guests).start()
}

/// A run with these guests, which has begun to tick.
fn running(guests: &[&str]) -> Running {
    let mut running = start(guests);
    running.wait_for_event("a report", |event| event["type"] == "report");
    running
}

fn lines(count: usize) -> Log {
    Log::new().lines(count, &Line::at(now()))
}

/// Puts a plugin in the directory as a careful installer does, in one step.
fn install(running: &Running, plugin: &str, bytes: &[u8]) {
    let aside = running.path("aside");
    fs::write(&aside, bytes).unwrap();
    fs::rename(aside, running.path(&format!("plugins/{plugin}.wasm"))).unwrap();
}

fn remove(running: &Running, plugin: &str) {
    fs::remove_file(running.path(&format!("plugins/{plugin}.wasm"))).unwrap();
}

fn sha256(bytes: &[u8]) -> Value {
    format!("{:x}", Sha256::digest(bytes)).into()
}

fn wait_for_swap(running: &mut Running, monitor: &str) -> Value {
    running
        .wait_for_event("a swap", |event| event["type"] == "swapped" && event["monitor"] == monitor)
}

fn wait_for_fault(running: &mut Running, monitor: &str) -> String {
    let fault = running.wait_for_event("a fault", |event| event["type"] == "fault");
    assert_eq!(fault["monitor"], monitor, "{fault}");
    fault["message"].as_str().unwrap().to_owned()
}

/// Waits for a report of the monitor and returns its measure of this name.
fn wait_for_measure(running: &mut Running, monitor: &str, measure: &str) -> u64 {
    let event = running.wait_for_event(measure, |event| {
        event["monitor"] == monitor && event["measures"][measure].is_u64()
    });
    event["measures"][measure].as_u64().unwrap()
}

/// All that a monitor has reported of this measure.
fn sum(found: &Finished, monitor: &str, measures: &[&str]) -> u64 {
    let events = found.events_by(monitor);
    let counts = events.iter().flat_map(|event| {
        measures.iter().filter_map(|measure| event["measures"][measure].as_u64())
    });
    counts.sum()
}

/// The guest `rows`, with another name for its measure.
fn rows_called(name: &str) -> Vec<u8> {
    assert_eq!(name.len(), 4);
    changed_module("rows", "\"rows\"", &format!("\"{name}\""))
}

#[test]
fn a_changed_file_with_the_same_questions_takes_over_and_every_line_is_counted_once() {
    let mut running = running(&["rows"]);
    let log = running.path("access.log");
    let mut written = 0;
    let mut old = sha256(&core_module("rows"));
    for round in 0..5 {
        let changed = rows_called(&format!("seen{round}")[1..]);
        install(&running, "rows", &changed);
        // Lines come while it is read, compiled and put in the other's place.
        for _ in 0..20 {
            lines(37).append_to(&log);
            written += 37;
        }
        let swap = wait_for_swap(&mut running, "rows");
        assert_eq!([&swap["old_sha256"], &swap["new_sha256"]], [&old, &sha256(&changed)]);
        old = sha256(&changed);
    }
    lines(1).append_to(&log);
    written += 1;
    wait_for_measure(&mut running, "rows", "een4");
    let found = running.stop().succeeds();
    let measures = ["rows", "een0", "een1", "een2", "een3", "een4"];
    assert_eq!(sum(&found, "rows", &measures), written);
    assert_eq!(found.only("account")["read"], written);
    assert_eq!(found.events_of("fault"), [Value::Null; 0]);
}

#[test]
fn a_swap_hands_on_what_was_kept_and_the_clock_ticks_on() {
    let mut running = running(&["keeps"]);
    let before = wait_for_measure(&mut running, "keeps", "ticks");
    install(&running, "keeps", &changed_module("keeps", "\"ticks\"", "\"tocks\""));
    wait_for_swap(&mut running, "keeps");
    let after = wait_for_measure(&mut running, "keeps", "tocks");
    assert!(after > before, "{after} counts on from {before}");
    let found = running.stop().succeeds();
    let events = found.events_by("keeps");
    let measures = events.iter().filter(|event| event["type"] == "report");
    let ticks = measures.map(|event| {
        let measures = &event["measures"];
        measures["ticks"].as_u64().or(measures["tocks"].as_u64()).unwrap()
    });
    let ticks: Vec<u64> = ticks.collect();
    assert_eq!(ticks, (1..).take(ticks.len()).collect::<Vec<u64>>(), "no tick is left out");
}

#[test]
fn a_changed_file_with_other_questions_has_its_windows_right_at_once() {
    let mut running = running(&["counts", "rows"]);
    lines(250).append_to(&running.path("access.log"));
    running.wait_for_event("all lines", |event| event["measures"]["lines"] == 250);
    install(&running, "counts", &changed_module("counts", "60000000000", "90000000000"));
    wait_for_swap(&mut running, "counts");
    assert_eq!(wait_for_measure(&mut running, "counts", "lines"), 250);
    lines(7).append_to(&running.path("access.log"));
    running.wait_for_event("the new lines", |event| event["measures"]["lines"] == 257);
    let found = running.stop().succeeds();
    assert_eq!(found.only("account")["read"], 257);
    assert_eq!(sum(&found, "rows", &["rows"]), 257, "the others see each line once, too");
    assert_eq!(sum(&found, "reporting", &["requests_processed"]), 257);
}

#[test]
fn a_window_that_is_longer_than_any_before_is_right_at_once_too() {
    let short = changed_module("counts", "60000000000", "2000000000");
    let config = format!("{CONFIG}[monitor.alerting]\nenabled = false\n");
    let weir = Weir::new(["run", "--logfile", "access.log"]).json().config(&config);
    let weir = weir.file("access.log", "").file("plugins/counts.wasm", short);
    let mut running = weir.guests_in("plugins", &[]).start();
    running.wait_for_event("a report", |event| event["type"] == "report");
    lines(250).append_to(&running.path("access.log"));
    running.wait_for_event("all lines", |event| event["measures"]["lines"] == 250);
    running.wait_for_event("none of them", |event| event["measures"]["lines"] == 0);
    install(&running, "counts", &core_module("counts"));
    wait_for_swap(&mut running, "counts");
    assert_eq!(wait_for_measure(&mut running, "counts", "lines"), 250);
    assert_eq!(running.stop().succeeds().only("account")["read"], 250);
}

#[test]
fn of_a_bad_file_the_old_one_runs_on_and_the_others_do_not_notice() {
    let mut running = running(&["rows", "keeps"]);
    for (bad, why) in [
        (b"no wasm at all".to_vec(), "is not used"),
        (core_module("spins-in-configure"), "took longer than"),
        (core_module("of-another-interface"), "is not used"),
    ] {
        install(&running, "rows", &bad);
        let said = wait_for_fault(&mut running, "rows");
        assert!(said.starts_with("its file as it is now is not used: "), "{said}");
        assert!(said.contains(why), "{said}");
        lines(3).append_to(&running.path("access.log"));
        assert_eq!(wait_for_measure(&mut running, "rows", "rows"), 3);
    }
    let ticks = wait_for_measure(&mut running, "keeps", "ticks");
    // A change of another plugin is taken though the bad file still lies there.
    install(&running, "keeps", &changed_module("keeps", "\"ticks\"", "\"tocks\""));
    wait_for_swap(&mut running, "keeps");
    assert!(wait_for_measure(&mut running, "keeps", "tocks") > ticks);
    let found = running.stop().succeeds();
    assert_eq!(found.events_of("swapped").len(), 1, "{}", found.stdout);
    assert_eq!(found.events_of("fault").len(), 3, "each is said once: {}", found.stdout);
}

#[test]
fn a_plugin_that_appears_begins_and_one_that_vanishes_ends_with_its_alerts_resolved_once() {
    let mut running = running(&["rows"]);
    lines(5).append_to(&running.path("access.log"));
    assert_eq!(wait_for_measure(&mut running, "rows", "rows"), 5);
    install(&running, "raises", &core_module("raises"));
    let swap = wait_for_swap(&mut running, "raises");
    assert_eq!(
        [&swap["old_sha256"], &swap["new_sha256"]],
        [&Value::Null, &sha256(&core_module("raises"))]
    );
    running.wait_for_event("its alert", |event| event["state"] == "firing");
    remove(&running, "raises");
    let swap = wait_for_swap(&mut running, "raises");
    assert_eq!(swap["new_sha256"], Value::Null);
    let over = running.wait_for_event("its end", |event| event["state"] == "resolved");
    assert_eq!(over["monitor"], "raises");
    lines(6).append_to(&running.path("access.log"));
    assert_eq!(wait_for_measure(&mut running, "rows", "rows"), 6);
    let found = running.stop().succeeds();
    assert_eq!(found.events_of("alert").len(), 2, "{}", found.stdout);
    assert_eq!(found.only("account")["read"], 11);
}

#[test]
fn an_alert_that_fires_goes_on_over_a_swap() {
    let mut running = start(&["raises"]);
    running.wait_for_event("its alert", |event| event["state"] == "firing");
    let larger = changed_module(
        "raises",
        "(memory (export \"memory\") 1)",
        "(memory (export \"memory\") 2)",
    );
    install(&running, "raises", &larger);
    wait_for_swap(&mut running, "raises");
    for _ in 0..2 {
        wait_for_measure(&mut running, "reporting", "requests_processed");
    }
    let found = running.stop().succeeds();
    assert_eq!(found.events_of("alert").len(), 1, "{}", found.stdout);
}

#[test]
fn of_many_changes_in_a_row_the_last_one_stays() {
    let mut running = running(&["rows"]);
    let mut last = Vec::new();
    for n in 0..10 {
        last = rows_called(&format!("row{n}"));
        // As they are written, not in one step.
        fs::write(running.path("plugins/rows.wasm"), &last).unwrap();
    }
    let wanted = sha256(&last);
    running.wait_for_event("the last one", |event| event["new_sha256"] == wanted);
    lines(4).append_to(&running.path("access.log"));
    assert_eq!(wait_for_measure(&mut running, "rows", "row9"), 4);
    let found = running.stop().succeeds();
    assert_eq!(found.events_of("fault"), [Value::Null; 0], "no half of a file is taken");
    assert_eq!(found.events_of("swapped").last().unwrap()["new_sha256"], wanted);
}

#[test]
fn while_a_stream_is_followed_the_same_questions_are_swapped_and_the_rest_needs_a_restart() {
    let weir = Weir::new(["run", "--logfile", "-"]).json().config(CONFIG);
    let mut running = weir.guests_in("plugins", &["rows", "counts"]).start_with_open_stdin();
    running.write(lines(3).text());
    assert_eq!(wait_for_measure(&mut running, "rows", "rows"), 3);
    install(&running, "rows", &rows_called("seen"));
    wait_for_swap(&mut running, "rows");
    running.write(lines(4).text());
    assert_eq!(wait_for_measure(&mut running, "rows", "seen"), 4);
    install(&running, "counts", &changed_module("counts", "60000000000", "90000000000"));
    let said = wait_for_fault(&mut running, "counts");
    assert!(said.contains("while a stream is followed needs a restart"), "{said}");
    remove(&running, "counts");
    let said = wait_for_fault(&mut running, "counts");
    assert!(said.contains("its file is gone"), "{said}");
    assert_eq!(wait_for_measure(&mut running, "counts", "lines"), 7);
    running.end_stdin();
    let found = running.finish().succeeds();
    assert_eq!(found.only("account")["read"], 7);
}

#[test]
fn where_there_is_a_lock_a_changed_file_runs_once_it_is_approved() {
    let weir = Weir::new(["run", "--logfile", "access.log"]).json().config(CONFIG);
    let weir = weir.file("access.log", "").guests_in("plugins", &[]);
    let dir = weir.path("plugins");
    let operator = |args: &[&str]| Weir::new(args).arg("--plugins-dir").arg(&dir);
    let add = operator(&["plugin", "add", "rows.wasm"]);
    add.file("rows.wasm", core_module("rows")).run().succeeds();
    let mut running = weir.start();
    running.wait_for_event("a report", |event| event["type"] == "report");
    install(&running, "rows", &rows_called("seen"));
    let said = wait_for_fault(&mut running, "rows");
    assert!(said.starts_with("its file as it is now is not used: "), "{said}");
    assert!(said.contains("weir plugin approve"), "{said}");
    lines(3).append_to(&running.path("access.log"));
    assert_eq!(wait_for_measure(&mut running, "rows", "rows"), 3);
    operator(&["plugin", "approve", "rows"]).run().succeeds();
    let swap = wait_for_swap(&mut running, "rows");
    assert_eq!(swap["new_sha256"], sha256(&rows_called("seen")));
    lines(4).append_to(&running.path("access.log"));
    assert_eq!(wait_for_measure(&mut running, "rows", "seen"), 4);
    running.stop().succeeds();
}

#[test]
fn a_directory_that_is_gone_for_a_time_changes_nothing() {
    let mut running = running(&["rows"]);
    let (dir, away): (&Path, &Path) = (&running.path("plugins"), &running.path("away"));
    fs::rename(dir, away).unwrap();
    running.wait_for(Stream::Err, "the plugins directory cannot be read, all goes on as before");
    fs::rename(away, dir).unwrap();
    install(&running, "rows", &rows_called("seen"));
    wait_for_swap(&mut running, "rows");
    lines(2).append_to(&running.path("access.log"));
    assert_eq!(wait_for_measure(&mut running, "rows", "seen"), 2);
    let found = running.stop().succeeds();
    assert_eq!(found.events_of("swapped").len(), 1);
}
