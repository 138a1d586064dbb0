//! Files that are truncated and filled again, and copies of what they were.

use std::fs;
use std::time::Duration;

use super::super::ReadFrom::Start;
use super::*;

const TRUNCATED: &str = "log: was truncated, reading from its start";

/// Replaces what is in a file, at one go as far as a follower can see.
fn refill(logs: &Logs, name: &str, text: &str) {
    logs.truncate(name);
    logs.append(name, text);
}

#[test]
fn a_file_truncated_and_filled_to_the_same_size_is_read_from_its_start() {
    let logs = Logs::with("log", "one 1\ntwo 2\n");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one 1", "0: two 2"]);
    refill(&logs, "log", "six 6\nten 0\n");
    assert_eq!(following.told(), [TRUNCATED, "0: six 6", "0: ten 0"]);
}

#[test]
fn a_file_truncated_and_filled_to_a_larger_size_is_read_from_its_start() {
    let logs = Logs::with("log", "one\n");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
    refill(&logs, "log", "two\nthree\nfour\n");
    assert_eq!(following.told(), [TRUNCATED, "0: two", "0: three", "0: four"]);
}

#[test]
fn a_refill_that_begins_like_what_it_replaces_is_seen_by_what_stands_before_the_offset() {
    let header = "header\n".repeat(200);
    let logs = Logs::with("log", format!("{header}one\n"));
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told().last().unwrap(), "0: one");
    refill(&logs, "log", &format!("{header}two\nthree\n"));
    let told = following.told();
    assert_eq!(told[0], TRUNCATED);
    assert_eq!(told[told.len() - 2..], ["0: two", "0: three"]);
}

#[test]
fn copytruncate_with_unread_bytes_reads_them_from_the_copy() {
    let logs = Logs::with("log", "one\n");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
    logs.append("log", "two\n");
    fs::copy(logs.path("log"), logs.path("log.1")).unwrap();
    refill(&logs, "log", "three\n");
    assert_eq!(following.told(), [TRUNCATED, "0: two", "0: three"]);
}

#[test]
fn a_held_part_of_a_line_is_completed_from_the_copy() {
    let logs = Logs::with("log", "one\ntw");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
    logs.append("log", "o\n");
    fs::copy(logs.path("log"), logs.path("log.1")).unwrap();
    refill(&logs, "log", "three\n");
    assert_eq!(following.told(), [TRUNCATED, "0: two", "0: three"]);
}

#[test]
fn copytruncate_twice_between_two_looks_reads_both_copies() {
    let logs = Logs::with("log", "one\n");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
    logs.append("log", "two\n");
    fs::copy(logs.path("log"), logs.path("log.2")).unwrap();
    refill(&logs, "log", "three\n");
    fs::copy(logs.path("log"), logs.path("log.1")).unwrap();
    refill(&logs, "log", "four\n");
    assert_eq!(following.told(), [TRUNCATED, "0: two", "0: three", "0: four"]);
}

#[test]
fn a_copy_that_ends_in_the_middle_of_a_line_loses_that_part_and_says_so() {
    let logs = Logs::with("log", "one\n");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
    logs.append("log", "two\nthr");
    fs::copy(logs.path("log"), logs.path("log.1")).unwrap();
    refill(&logs, "log", "new\n");
    assert_eq!(following.told(), [TRUNCATED, "0: two", "0: new"]);
    assert_eq!(following.told_after(Duration::from_secs(6)), ["lost 0: 3 bytes, 1 lines"]);
}

#[test]
fn a_copy_is_read_once_however_often_it_is_renamed_or_compressed_later() {
    let logs = Logs::with("log", "one\n");
    let mut following = logs.follow(&["log"], Start);
    following.told();
    for (older, name) in [("log.2", "two"), ("log.3", "three"), ("log.4", "four")] {
        fs::copy(logs.path("log"), logs.path("log.1")).unwrap();
        logs.rename("log.1", older);
        refill(&logs, "log", &format!("{name}\n"));
        assert_eq!(following.told(), [TRUNCATED, &format!("0: {name}")]);
    }
}
