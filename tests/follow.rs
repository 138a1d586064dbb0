//! `weir run`: logs are followed while they are written, rotated and truncated, on live time.

use std::fs;

use crate::support::{Finished, Line, Log, Running, Stream, Weir, now};

fn current() -> Line {
    Line::at(now())
}

fn lines(count: usize) -> Log {
    Log::new().lines(count, &current())
}

/// Follows `access.log`, which is there with `before` in it, from its end.
fn follow(before: &Log) -> Running {
    let weir = Weir::follow_counting(&["access.log"]).file("access.log", before);
    let mut running = weir.start();
    running.wait_for_logs(&["access.log"]);
    running
}

/// Holds how many lines of a log were read, every one of them a request of now.
#[track_caller]
fn assert_account(found: &Finished, log: &str, lines: u64) {
    let account = format!(
        "[INFO] Account of {log}: {lines} lines read = {lines} parsed + 0 rejected + 0 too long + \
         0 late + 0 future; 0 lost\n"
    );
    assert!(found.stdout.contains(&account), "{account} is not in:\n{}", found.stdout);
}

/// Follows an empty `access.log` with a report a second, the first of which says that the run is
/// under way: the log's end has been found long before.
fn follow_reporting(flags: &[&str]) -> Running {
    let weir = Weir::follow().json().args(["--reporting-interval", "1"]).args(flags);
    let mut running = weir.start();
    running.wait_for_event("a report", |event| event["type"] == "report");
    running
}

#[test]
fn it_says_what_it_follows_first() {
    let found = follow(&Log::new()).stop().succeeds();
    assert!(
        found.stdout.starts_with("[INFO] Monitoring access log at access.log\n"),
        "{}",
        found.stdout
    );
}

#[test]
fn only_what_is_written_from_now_on_is_read() {
    for flags in [&[][..], &["--from", "end"]] {
        let weir = Weir::follow_counting(&["access.log"]).file("access.log", lines(3));
        let mut running = weir.args(flags).start();
        running.wait_for_logs(&["access.log"]);
        lines(2).append_to(&running.path("access.log"));
        running.wait_for_rows(2);
        assert_account(&running.stop().succeeds(), "access.log", 2);
    }
}

#[test]
fn from_start_reads_what_is_there_too() {
    let weir = Weir::follow_counting(&["access.log"]).file("access.log", lines(3));
    let mut running = weir.args(["--from", "start"]).start();
    running.wait_for_rows(3);
    lines(2).append_to(&running.path("access.log"));
    running.wait_for_rows(2);
    assert_account(&running.stop().succeeds(), "access.log", 5);
}

#[test]
fn an_alert_fires_and_is_over_when_no_line_ever_comes_again() {
    let flags = ["--alerting-threshold", "1", "--alerting-interval", "3s"];
    let mut running = follow_reporting(&flags);
    // Several lines in one write.
    let stamp = now();
    Log::new().lines(12, &Line::at(stamp)).append_to(&running.path("access.log"));
    let fired = running.wait_for_event("an alert", |event| event["type"] == "alert");
    assert_eq!([&fired["state"], &fired["key"]], ["firing", "high-traffic"]);
    assert_eq!(fired["value"], 4.0);
    let over = running.wait_for_event("its recovery", |event| event["type"] == "alert");
    assert_eq!([&over["state"], &over["started_at"]], [&"resolved".into(), &fired["time"]]);
    let found = running.stop().succeeds();
    // Both ends of the three seconds are in.
    assert_eq!(found.edges(stamp)[1], "resolved@4");
    let seconds = over["duration_s"].as_f64().unwrap();
    assert!(seconds > 0.0 && seconds <= 4.0, "{over}");
    assert_eq!(found.only("account")["parsed"], 12);
    assert_eq!(found.events_of("alert").len(), 2);
}

#[test]
fn summaries_come_whether_or_not_there_is_traffic() {
    let mut running = follow_reporting(&[]);
    let report = |running: &mut Running| {
        running.wait_for_event("a report", |event| event["type"] == "report")["measures"].clone()
    };
    assert_eq!(report(&mut running)["requests_processed"], 0);
    assert_eq!(report(&mut running)["most_popular_section"], "-");
    running.stop().succeeds();
}

#[test]
fn a_log_that_is_not_there_yet_is_waited_for_with_one_notice() {
    let mut running = Weir::follow_counting(&["access.log"]).start();
    let notice = running.wait_for(Stream::Err, "access.log");
    assert_eq!(notice, "weir: notice: access.log is not there yet: waiting for it");
    lines(3).append_to(&running.path("access.log"));
    running.wait_for_logs(&["access.log"]);
    running.wait_for_rows(3);
    let found = running.stop().succeeds();
    assert_account(&found, "access.log", 3);
    assert_eq!(found.stderr.lines().count(), 1, "{}", found.stderr);
}

#[test]
fn quiet_waits_without_a_notice() {
    let weir = Weir::new(["run", "--quiet", "--logfile", "access.log"]).json();
    let mut running = weir.guests(&["says-it-once"]).start();
    running.wait_for_event("a report", |event| event["type"] == "report");
    assert_eq!(running.stop().succeeds().stderr, "");
}

#[test]
fn the_beginning_of_a_line_waits_for_its_end() {
    let mut running = follow(&Log::new());
    let log = running.path("access.log");
    let line = format!("{}\n", current());
    let (beginning, end) = line.split_at(40);
    append(&log, &format!("{line}{beginning}"));
    running.wait_for_rows(1);
    append(&log, &format!("{end}{line}"));
    running.wait_for_rows(2);
    assert_account(&running.stop().succeeds(), "access.log", 3);
}

fn append(log: &std::path::Path, text: &str) {
    use std::io::Write as _;
    let mut file = fs::OpenOptions::new().append(true).open(log).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_log_that_is_renamed_is_read_to_its_end_before_the_new_one() {
    let mut running = follow(&lines(1));
    let log = running.path("access.log");
    lines(2).append_to(&log);
    running.wait_for_rows(2);
    let old = running.path("access.log.1");
    fs::rename(&log, &old).unwrap();
    // Servers go on writing to the file that they have open.
    lines(3).append_to(&old);
    running.wait_for_rows(3);
    lines(4).append_to(&log);
    running.wait_for_rows(4);
    let found = running.stop().succeeds();
    assert_account(&found, "access.log", 9);
    assert_eq!(found.stdout.matches("Monitoring access log").count(), 1, "it is one log");
}

#[test]
fn a_log_that_is_copied_and_truncated_is_read_from_its_start_again() {
    let mut running = follow(&lines(50));
    let log = running.path("access.log");
    lines(2).append_to(&log);
    running.wait_for_rows(2);
    fs::copy(&log, running.path("access.log.1")).unwrap();
    fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
    running.wait_for(Stream::Err, "access.log: was truncated, reading from its start");
    lines(3).append_to(&log);
    running.wait_for_rows(3);
    assert_account(&running.stop().succeeds(), "access.log", 5);
}

#[test]
fn rotation_and_growth_are_seen_without_inotify_too() {
    let weir = Weir::follow_counting(&["access.log"]).file("access.log", "");
    let mut running = weir.config("[tail]\ninotify = false\npoll_interval = '10ms'").start();
    running.wait_for_logs(&["access.log"]);
    let log = running.path("access.log");
    lines(2).append_to(&log);
    running.wait_for_rows(2);
    fs::rename(&log, running.path("access.log.1")).unwrap();
    lines(3).append_to(&log);
    running.wait_for_rows(3);
    assert_account(&running.stop().succeeds(), "access.log", 5);
}

#[test]
fn standard_input_is_a_log_that_ends() {
    let weir = Weir::follow_counting(&["-"]);
    let mut running = weir.start_with_open_stdin();
    running.wait_for_logs(&["-"]);
    running.write(lines(2));
    running.wait_for_rows(2);
    running.write(lines(1));
    running.wait_for_rows(1);
    running.end_stdin();
    assert_account(&running.finish().succeeds(), "-", 3);
}

#[test]
fn several_logs_are_followed_and_accounted_for_each() {
    let logs = ["one.log", "two.log"];
    let weir = Weir::follow_counting(&logs).file("one.log", "").file("two.log", "");
    let mut running = weir.start();
    running.wait_for_logs(&logs);
    lines(1).append_to(&running.path("one.log"));
    running.wait_for_rows(1);
    lines(2).append_to(&running.path("two.log"));
    running.wait_for_rows(2);
    let found = running.stop().succeeds();
    assert_account(&found, "one.log", 1);
    assert_account(&found, "two.log", 2);
}

#[test]
fn a_glob_takes_in_logs_that_appear_later() {
    let weir = Weir::follow_counting(&["logs/*.log"]).file("logs/a.log", "");
    let mut running = weir.config("tail.glob_interval = '100ms'").start();
    running.wait_for_logs(&["logs/a.log"]);
    lines(2).append_to(&running.path("logs/b.log"));
    lines(3).append_to(&running.path("logs/c.txt"));
    running.wait_for_logs(&["logs/b.log"]);
    running.wait_for_rows(2);
    let found = running.stop().succeeds();
    assert_account(&found, "logs/a.log", 0);
    assert_account(&found, "logs/b.log", 2);
    assert!(!found.stdout.contains("c.txt"), "{}", found.stdout);
}

/// Follows lines that are stamped this many seconds from now, until something is said about it.
fn with_a_clock_that_is_off_by(seconds: i64) -> (String, Finished) {
    let mut running = follow_reporting(&[]);
    let off = Log::new().lines(30, &Line::at(now() + seconds));
    off.append_to(&running.path("access.log"));
    let warning = running.wait_for(Stream::Err, "weir: warning: ");
    let found = running.stop().succeeds();
    assert_eq!(found.stderr.matches("weir: warning: ").count(), 1, "{}", found.stderr);
    (warning, found)
}

#[test]
fn when_most_lines_are_late_one_warning_says_by_how_much() {
    let (warning, found) = with_a_clock_that_is_off_by(-7_200);
    let expected = regex::Regex::new(
        "^weir: warning: access.log: 30 of 30 lines do not count, .*, the last one \
         (2h|7[12][0-9]{2}s) in the past; hint: is the clock or the time zone of its writer right\\?$",
    );
    assert!(expected.unwrap().is_match(&warning), "{warning}");
    let account = found.only("account");
    assert_eq!([&account["read"], &account["late"], &account["parsed"]], [30, 30, 0]);
}

#[test]
fn when_most_lines_are_of_the_future_one_warning_says_by_how_much() {
    let (warning, found) = with_a_clock_that_is_off_by(7_200);
    let expected = regex::Regex::new("the last one (2h|7[12][0-9]{2}s) in the future; hint: ");
    assert!(expected.unwrap().is_match(&warning), "{warning}");
    let account = found.only("account");
    assert_eq!([&account["read"], &account["future"], &account["parsed"]], [30, 30, 0]);
}

#[test]
fn a_few_lines_of_another_time_are_counted_without_a_warning() {
    let mut running = follow_reporting(&[]);
    let mixed = lines(40).line(&Line::at(now() - 9_000)).lines(2, &Line::at(now() + 9_000));
    mixed.append_to(&running.path("access.log"));
    // What is to be said about clocks is said before the second report from now on.
    for _ in 0..2 {
        running.wait_for_event("a report", |event| event["type"] == "report");
    }
    let found = running.stop().succeeds();
    let account = found.only("account");
    let of = ["read", "parsed", "late", "future"].map(|name| account[name].as_u64().unwrap());
    assert_eq!(of, [43, 40, 1, 2]);
    assert_eq!(found.stderr, "");
}
