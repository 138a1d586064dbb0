//! Files that stood at a path and were rotated away unseen.

use std::fs;
use std::time::Duration;

use flate2::Compression as Level;
use flate2::write::GzEncoder;

use super::super::ReadFrom::{End, Start};
use super::*;

const ROTATED: &str = "log: was rotated, following the new file";

/// Compresses a file as its rotator would.
fn compress(logs: &Logs, name: &str, ending: &str) {
    let text = fs::read(logs.path(name)).unwrap();
    let packed = if ending == "gz" {
        let mut encoder = GzEncoder::new(Vec::new(), Level::default());
        encoder.write_all(&text).unwrap();
        encoder.finish().unwrap()
    } else {
        zstd::encode_all(text.as_slice(), 0).unwrap()
    };
    fs::write(logs.path(&format!("{name}.{ending}")), packed).unwrap();
    logs.remove(name);
}

/// A log of one line that was read, and its follower.
fn followed(logs: &Logs) -> Following<'_> {
    logs.append("log", "one\n");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
    following
}

#[test]
fn double_rotation_reads_the_file_in_the_middle_by_its_number() {
    let logs = Logs::new();
    let mut following = followed(&logs);
    logs.append("log", "two\n");
    logs.rename("log", "log.1");
    logs.append("log", "three\n");
    logs.rename("log.1", "log.2");
    logs.rename("log", "log.1");
    logs.append("log", "four\n");
    assert_eq!(following.told(), [ROTATED, "0: two", "0: three", "0: four"]);
}

#[test]
fn triple_rotation_reads_the_files_between_in_the_order_of_their_dates() {
    let logs = Logs::new();
    let mut following = followed(&logs);
    logs.rename("log", "log-20260129");
    for (day, text) in [("30", "two\n"), ("31", "three\n")] {
        logs.append("log", text);
        logs.rename("log", &format!("log-202601{day}"));
    }
    logs.append("log", "four\n");
    assert_eq!(following.told(), [ROTATED, "0: two", "0: three", "0: four"]);
}

#[test]
fn a_date_before_the_ending_is_found_too() {
    let logs = Logs::with("access.log", "one\n");
    let mut following = logs.follow(&["access.log"], Start);
    assert_eq!(following.told(), ["opened 0 access.log", "0: one"]);
    logs.rename("access.log", "access-20260130.log");
    logs.append("access.log", "two\n");
    logs.rename("access.log", "access-20260131.log");
    logs.append("access.log", "three\n");
    assert_eq!(following.told()[1..], ["0: two", "0: three"]);
}

#[test]
fn a_file_in_the_middle_that_is_compressed_already_is_unpacked() {
    for ending in ["gz", "zst"] {
        let logs = Logs::new();
        let mut following = followed(&logs);
        logs.append("log", "two\n");
        logs.rename("log", "log.2");
        logs.append("log", "three\nlast");
        logs.rename("log", "log.1");
        compress(&logs, "log.1", ending);
        compress(&logs, "log.2", ending);
        logs.append("log", "four\n");
        let told = following.told();
        assert_eq!(told, [ROTATED, "0: two", "0: three", "0: last", "0: four"], "{ending}");
    }
}

#[test]
fn a_compressed_file_whose_last_line_is_longer_than_a_batch_comes_to_its_end() {
    let logs = Logs::new();
    let mut following = followed(&logs);
    logs.rename("log", "log.2");
    logs.append("log", format!("two\n{}", "x".repeat(10_000)));
    logs.rename("log", "log.1");
    compress(&logs, "log.1", "gz");
    logs.append("log", "three\n");
    assert_eq!(following.told(), [ROTATED, "0: two", "0: 1 too long", "0: three"]);
}

#[test]
fn while_a_file_and_its_compressed_form_are_both_there_it_is_read_once() {
    let logs = Logs::new();
    let mut following = followed(&logs);
    logs.rename("log", "log.2");
    logs.append("log", "two\n");
    logs.rename("log", "log.1");
    let text = fs::read(logs.path("log.1")).unwrap();
    compress(&logs, "log.1", "gz");
    logs.append("log.1", text);
    logs.append("log", "three\n");
    assert_eq!(following.told(), [ROTATED, "0: two", "0: three"]);
    logs.remove("log.1");
    logs.rename("log", "log.0");
    logs.append("log", "four\n");
    assert_eq!(following.told(), [ROTATED, "0: four"]);
}

#[test]
fn files_that_were_there_before_are_not_read_even_when_they_are_compressed_later() {
    let logs = Logs::with("log.1", "older\n");
    logs.append("log-20250101", "oldest\n");
    logs.append("log.bak", "somebody's\n");
    let mut following = followed(&logs);
    logs.rename("log.1", "log.2");
    compress(&logs, "log.2", "gz");
    logs.rename("log", "log.1");
    logs.append("log", "two\n");
    logs.append("log.bak", "more of somebody's\n");
    assert_eq!(following.told(), [ROTATED, "0: two"]);
}

#[test]
fn a_file_that_appears_and_is_rotated_unseen_is_read_before_its_successor() {
    let logs = Logs::new();
    let mut following = logs.follow(&["log"], End);
    assert_eq!(following.told(), ["waiting for log"]);
    logs.append("log", "one\n");
    logs.rename("log", "log.1");
    logs.append("log", "two\n");
    assert_eq!(following.told()[0], "opened 0 log");
    assert!(following.told_after(Duration::from_secs(6)).is_empty());
}

#[test]
fn a_rotated_file_is_not_read_again_after_it_was_let_go() {
    let logs = Logs::new();
    let mut following = followed(&logs);
    for number in 0..4 {
        for older in (1..=number).rev() {
            logs.rename(&format!("log.{older}"), &format!("log.{}", older + 1));
        }
        logs.rename("log", "log.1");
        logs.append("log", format!("new {number}\n"));
        assert_eq!(following.told(), [ROTATED, &format!("0: new {number}")]);
        assert!(following.told_after(Duration::from_secs(6)).is_empty());
    }
}

#[test]
fn hundreds_of_files_are_followed_without_a_thread_each() {
    let threads = || fs::read_dir("/proc/self/task").unwrap().count();
    let logs = Logs::new();
    let names: Vec<_> = (0..300).map(|number| format!("site-{number}.log")).collect();
    let before = threads();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for name in &names {
        logs.append(name, "one\n");
    }
    let mut following = logs.follow(&names, Start);
    let told = following.told();
    assert_eq!(told.iter().filter(|told| told.ends_with(": one")).count(), 300);
    // Other tests have threads of their own, but not hundreds.
    assert!(threads() < before + 100);
}
