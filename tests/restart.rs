//! `--state-dir`: a run goes on where the one before it was, however that one ended.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Line, Log, Running, Stream, Weir, now};

/// A run that reports every second, alerts over one request a second in three, and keeps its state
/// and what it rejects.
const ARGS: [&str; 15] = [
    "run",
    "--logfile",
    "access.log",
    "--state-dir",
    "state",
    "--rejects",
    "rejects.jsonl",
    "--output",
    "json",
    "--reporting-interval",
    "1",
    "--alerting-threshold",
    "1",
    "--alerting-interval",
    "3s",
];

/// Requests of now, no two of them the same: a file is known by what is in it.
fn lines(count: usize) -> Log {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    (0..count).fold(Log::new(), |log, _| {
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        log.line(&Line::at(now()).target(&format!("/pages/{number}")))
    })
}

/// A first run over an empty log, which has made its first checkpoint and its first report: the second
/// that it started in is not reported.
fn first() -> Running {
    let mut running = Weir::new(ARGS).file("access.log", "").start();
    wait_for_position(&mut running, 0);
    running.wait_for_event("a report", |event| event["type"] == "report");
    running
}

/// Waits until the checkpoint says that so many bytes of a file were read.
fn wait_for_position(running: &mut Running, bytes: u64) {
    running
        .wait_for_file("state/checkpoint", |text| text.contains(&format!("\"offset\":{bytes},")));
}

/// Waits until the checkpoint says that so many lines were read.
fn wait_for_lines(running: &mut Running, lines: u64) {
    running.wait_for_file("state/checkpoint", |text| text.contains(&format!("\"read\":{lines},")));
}

fn again(folder: TempDir) -> Running {
    Weir::again(folder, ARGS).start()
}

/// How many requests all these reports have counted.
fn reported(reports: &[Value]) -> u64 {
    reports.iter().map(|report| report["measures"]["requests_processed"].as_u64().unwrap()).sum()
}

#[test]
fn every_line_is_counted_once_however_often_it_is_killed() {
    let mut running = first();
    let (mut written, mut killed) = (0, Vec::new());
    for round in 0..4 {
        let log = running.path("access.log");
        lines(100).then(&Log::new().line(&format!("no request: {round}"))).append_to(&log);
        written += 101;
        if round % 2 == 0 {
            wait_for_lines(&mut running, written);
        }
        let (found, folder) = running.kill();
        killed.push(found);
        // And while nobody reads.
        lines(10).append_to(&folder.path().join("access.log"));
        written += 10;
        running = again(folder);
    }
    wait_for_lines(&mut running, written);
    let rejects = running.path("rejects.jsonl");
    let (found, folder) = running.stop_leaving_folder();
    let account = found.succeeds().only("account");
    assert_eq!([&account["read"], &account["parsed"], &account["lost"]], [written, written - 4, 0]);
    let kept = fs::read_to_string(rejects).unwrap();
    let kept: Vec<Value> = kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kept: Vec<&str> = kept.iter().map(|entry| entry["line"].as_str().unwrap()).collect();
    assert_eq!(kept, ["no request: 0", "no request: 1", "no request: 2", "no request: 3"]);
    drop(folder);
}

#[test]
fn an_alert_that_fires_neither_fires_again_nor_recovers_falsely() {
    let mut running = first();
    lines(600).append_to(&running.path("access.log"));
    let fired = running.wait_for_event("an alert", |event| event["type"] == "alert");
    running.wait_for_file("state/checkpoint", |text| text.contains("high-traffic"));
    let (_, folder) = running.kill();
    lines(600).append_to(&folder.path().join("access.log"));
    let mut running = again(folder);
    let over = running.wait_for_event("its recovery", |event| event["type"] == "alert");
    assert_eq!([&over["state"], &over["started_at"]], [&"resolved".into(), &fired["time"]]);
    let found = running.stop().succeeds();
    assert_eq!(found.events_of("alert").len(), 1, "{}", found.stdout);
}

#[test]
fn the_ticks_between_are_made_up_for() {
    let mut running = first();
    lines(5).append_to(&running.path("access.log"));
    running.wait_for_event("a report of them", |event| {
        event["type"] == "report" && event["measures"]["requests_processed"] != 0
    });
    wait_for_lines(&mut running, 5);
    let (before, folder) = running.kill();
    let restarted = now();
    lines(6).append_to(&folder.path().join("access.log"));
    let mut running = again(folder);
    running.wait_for_event("a report of later", |event| {
        event["type"] == "report" && event["time"].as_str() > Some(&rfc3339(restarted + 1))
    });
    let after = running.stop().succeeds();
    let mut reports = before.events_of("report");
    reports.extend(after.events_of("report"));
    // What was published right before the kill may come again, and then is the same.
    reports.dedup();
    assert_eq!(reported(&reports), 11, "{}\n{}", before.stdout, after.stdout);
    let seconds: Vec<i64> = reports.iter().map(second_of).collect();
    let first = seconds[0];
    let every_second: Vec<i64> = (first..).take(seconds.len()).collect();
    assert_eq!(seconds, every_second, "a report for every second, also of the time between");
}

fn second_of(event: &Value) -> i64 {
    let time = event["time"].as_str().unwrap();
    chrono::DateTime::parse_from_rfc3339(time).unwrap().timestamp()
}

fn rfc3339(second: i64) -> String {
    weir::clock::Timestamp::from_secs(second).rfc3339_millis()
}

#[test]
fn a_log_that_was_rotated_meanwhile_is_read_to_its_end_first() {
    let mut running = first();
    lines(3).append_to(&running.path("access.log"));
    wait_for_lines(&mut running, 3);
    let (_, folder) = running.kill();
    let path = |name: &str| folder.path().join(name);
    lines(4).append_to(&path("access.log"));
    fs::rename(path("access.log"), path("access.log.1")).unwrap();
    lines(5).append_to(&path("access.log"));
    fs::rename(path("access.log.1"), path("access.log.2")).unwrap();
    fs::rename(path("access.log"), path("access.log.1")).unwrap();
    lines(6).append_to(&path("access.log"));
    let mut running = again(folder);
    wait_for_lines(&mut running, 18);
    let account = running.stop().succeeds().only("account");
    assert_eq!([&account["read"], &account["lost"]], [18, 0]);
}

#[test]
fn an_alert_does_not_recover_falsely_where_its_log_was_copied_and_truncated_meanwhile() {
    let mut running = first();
    lines(600).append_to(&running.path("access.log"));
    let fired = running.wait_for_event("an alert", |event| event["type"] == "alert");
    running.wait_for_file("state/checkpoint", |text| text.contains("high-traffic"));
    let (_, folder) = running.kill();
    let path = |name: &str| folder.path().join(name);
    lines(600).append_to(&path("access.log"));
    fs::copy(path("access.log"), path("access.log.1")).unwrap();
    fs::write(path("access.log"), "").unwrap();
    lines(5).append_to(&path("access.log"));
    let mut running = again(folder);
    let over = running.wait_for_event("its recovery", |event| event["type"] == "alert");
    assert_eq!([&over["state"], &over["started_at"]], [&"resolved".into(), &fired["time"]]);
    // Later than the last of the lines that were written meanwhile are in the window.
    let span = second_of(&over) - second_of(&fired);
    assert!(span >= 3, "resolved after {span} s");
    let account = running.stop().succeeds().only("account");
    assert_eq!([&account["read"], &account["lost"]], [1_205, 0]);
}

#[test]
fn a_log_whose_name_is_no_text_is_gone_on_with() {
    let name = OsStr::from_bytes(b"acc\xe8s.log");
    let with_name = ARGS.map(|arg| if arg == "access.log" { name } else { OsStr::new(arg) });
    let folder = TempDir::new().unwrap();
    let log = lines(3);
    log.append_to(&folder.path().join(name));
    let mut running = Weir::again(folder, with_name).args(["--from", "start"]).start();
    wait_for_position(&mut running, log.text().len() as u64);
    let (_, folder) = running.kill();
    lines(4).append_to(&folder.path().join(name));
    let mut running = Weir::again(folder, with_name).args(["--from", "start"]).start();
    wait_for_lines(&mut running, 7);
    let account = running.stop().succeeds().only("account");
    assert_eq!([&account["read"], &account["lost"]], [7, 0]);
}

#[test]
fn a_log_that_another_file_took_the_place_of_is_read_from_its_start() {
    let mut running = first();
    let log = lines(3);
    log.append_to(&running.path("access.log"));
    wait_for_position(&mut running, log.text().len() as u64);
    let (_, folder) = running.kill();
    // The same inode, as long as before, and other lines.
    let other = log.text().replace("alice", "bobby");
    fs::write(folder.path().join("access.log"), other).unwrap();
    let mut running = again(folder);
    wait_for_lines(&mut running, 6);
    running.stop().succeeds();
}

#[test]
fn a_checkpoint_that_cannot_be_used_is_said_once_and_kept_aside() {
    let mut running = first();
    lines(3).append_to(&running.path("access.log"));
    wait_for_lines(&mut running, 3);
    let (_, folder) = running.kill();
    let checkpoint = folder.path().join("state/checkpoint");
    let damaged = fs::read_to_string(&checkpoint).unwrap().replace("\"read\":3,", "\"read\":4,");
    fs::write(&checkpoint, &damaged).unwrap();
    let mut running = again(folder);
    running.wait_for(Stream::Err, "starting anew");
    wait_for_lines(&mut running, 0);
    // What is there was read or not, nobody can say: reading begins at the end.
    lines(2).append_to(&running.path("access.log"));
    wait_for_lines(&mut running, 2);
    let aside = fs::read_to_string(running.path("state/checkpoint.bad")).unwrap();
    assert_eq!(aside, damaged);
    let found = running.stop().succeeds();
    assert_eq!(found.stderr.matches("starting anew").count(), 1, "{}", found.stderr);
}

#[test]
fn monitoring_goes_on_where_no_checkpoint_can_be_written() {
    let weir = Weir::new(ARGS).file("access.log", "").file("state", "not a folder");
    let mut running = weir.start();
    running.wait_for(Stream::Err, "no checkpoint is written, trying again");
    running.wait_for_event("a report", |event| event["type"] == "report");
    lines(3).append_to(&running.path("access.log"));
    running.wait_for_event("a report of them", |event| {
        event["type"] == "report" && event["measures"]["requests_processed"] != 0
    });
    fs::remove_file(running.path("state")).unwrap();
    running.wait_for(Stream::Err, "checkpoints are written again");
    wait_for_lines(&mut running, 3);
    let found = running.stop().succeeds();
    assert_eq!(found.stderr.matches("no checkpoint").count(), 1, "{}", found.stderr);
}

#[test]
fn a_second_run_on_the_same_state_is_refused() {
    let running = first();
    let state = running.path("state");
    let log = running.path("access.log");
    let second = Weir::new(["run", "--logfile"]).arg(log).arg("--state-dir").arg(state);
    second.run().exits_with(1).complains("another process");
    running.stop().succeeds();
}

#[test]
fn a_service_manager_s_folder_is_used_unasked() {
    let weir = Weir::new(["run", "--logfile", "access.log"]).file("access.log", "");
    let state = weir.path("lib");
    let mut running = weir.env("STATE_DIRECTORY", state).start();
    running.wait_for_file("lib/checkpoint", |text| text.starts_with("weir-checkpoint 1 "));
    running.stop().succeeds();
}
