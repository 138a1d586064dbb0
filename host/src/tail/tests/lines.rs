//! Lines of one file that stays where it is, or is not there yet.

use std::fs;
use std::time::Duration;

use super::super::ReadFrom::{End, Start};
use super::*;

#[test]
fn new_lines_only_are_read_from_the_end() {
    let logs = Logs::with("log", "old\n");
    let mut following = logs.follow(&["log"], End);
    logs.append("log", "new\n");
    assert_eq!(following.told(), ["opened 0 log", "0: new"]);
    assert!(following.told().is_empty());
}

#[test]
fn everything_is_read_from_the_start() {
    let logs = Logs::with("log", "old\n");
    let mut following = logs.follow(&["log"], Start);
    logs.append("log", "new\n");
    assert_eq!(following.told(), ["opened 0 log", "0: old", "0: new"]);
}

#[test]
fn a_line_half_written_at_the_start_is_not_read_as_a_whole_one() {
    let logs = Logs::with("log", "old\nhalf");
    let mut following = logs.follow(&["log"], End);
    logs.append("log", " a line\nnew\n");
    assert_eq!(following.told(), ["opened 0 log", "0: new"]);
}

#[test]
fn a_partial_line_is_held_until_its_newline() {
    let logs = Logs::with("log", "one\ntw");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
    logs.append("log", "o");
    assert!(following.told().is_empty());
    logs.append("log", "\nthree\n");
    assert_eq!(following.told(), ["0: two", "0: three"]);
}

#[test]
fn a_file_that_appears_later_is_read_from_its_start() {
    let logs = Logs::new();
    let mut following = logs.follow(&["log"], End);
    assert_eq!(following.told(), ["waiting for log"]);
    assert!(following.told().is_empty(), "it is told once");
    logs.append("log", "one\n");
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
}

#[test]
fn a_directory_that_appears_later_is_no_different() {
    let logs = Logs::new();
    let mut following = logs.follow(&["a/b/log"], End);
    assert_eq!(following.told(), ["waiting for a/b/log"]);
    fs::create_dir_all(logs.path("a/b")).unwrap();
    assert!(following.told().is_empty());
    logs.append("a/b/log", "one\n");
    assert_eq!(following.told(), ["opened 0 a/b/log", "0: one"]);
}

#[test]
fn a_line_that_is_too_long_is_counted_and_reading_goes_on() {
    let logs = Logs::with("log", "before\n");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: before"]);
    logs.append("log", "x".repeat(10_000));
    assert!(following.told().is_empty(), "it is counted when it has ended");
    logs.append("log", "x".repeat(10_000));
    assert!(following.told().is_empty());
    logs.append("log", "\nafter\n");
    assert_eq!(following.told(), ["0: after", "0: 1 too long"]);
}

#[test]
fn many_lines_in_one_write_come_in_batches_and_in_order() {
    let lines: Vec<_> = (0..5_000).map(|number| format!("line {number}")).collect();
    let logs = Logs::with("log", lines.join("\n") + "\n");
    let mut following = logs.follow(&["log"], Start);
    let mut expected = vec!["opened 0 log".to_owned()];
    expected.extend(lines.iter().map(|line| format!("0: {line}")));
    assert_eq!(following.told(), expected);
}

#[test]
fn a_file_with_much_to_read_does_not_keep_the_others_waiting() {
    let logs = Logs::with("busy", "line\n".repeat(5_000));
    logs.append("quiet", "one\n");
    let mut following = logs.follow(&["busy", "quiet"], Start);
    assert!(following.follower.step(&following.out));
    assert!(following.received().contains(&"1: one".to_owned()));
}

#[test]
fn nul_bytes_and_carriage_returns_and_what_is_not_utf_8_are_untouched() {
    let logs = Logs::with("log", b"a\r\n\0\xff\n\n");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", r"0: a\r", r"0: \x00\xff", "0: "]);
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_files_first_line() {
    let logs = Logs::with("log", b"\xef\xbb");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log"]);
    logs.append("log", b"\xbfa\n\xef\xbb\xbfb\n");
    assert_eq!(following.told(), ["0: a", r"0: \xef\xbb\xbfb"]);
}

#[test]
fn a_file_that_cannot_be_read_is_told_once_and_tried_again() {
    let logs = Logs::new();
    // A link to itself cannot be resolved, not even by root.
    logs.link("log", "log");
    let mut following = logs.follow(&["log"], Start);
    let told = following.told();
    assert!(told[0].starts_with("log: cannot be read, trying again: "), "{told:?}");
    assert_eq!(told.len(), 1);
    assert!(following.told_after(Duration::from_mins(1)).is_empty());
    logs.remove("log");
    logs.append("log", "one\n");
    assert_eq!(following.told(), ["opened 0 log", "log: can be read again", "0: one"]);
}

#[test]
fn an_open_file_is_read_on_while_its_path_cannot_be_looked_at() {
    let logs = Logs::with("log", "one\n");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
    logs.rename("log", "aside");
    logs.link("log", "log");
    logs.append("aside", "two\n");
    let told = following.told();
    assert!(told[0].starts_with("log: cannot be read, trying again: "), "{told:?}");
    assert_eq!(told[1..], ["0: two"]);
    assert!(following.told().is_empty());
    logs.remove("log");
    logs.rename("aside", "log");
    logs.append("log", "three\n");
    assert_eq!(following.told(), ["log: can be read again", "0: three"]);
}

#[test]
fn a_directory_in_place_of_a_log_is_told_once() {
    let logs = Logs::new();
    fs::create_dir(logs.path("log")).unwrap();
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["log: is not a file that can be followed"]);
    assert!(following.told().is_empty());
    fs::remove_dir(logs.path("log")).unwrap();
    logs.append("log", "one\n");
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
}

#[test]
fn a_compressed_file_is_not_followed() {
    let logs = Logs::with("log", b"\x1f\x8b\x08\0\n\n\n");
    let mut following = logs.follow(&["log"], Start);
    let compressed = "log: is compressed and not followed, replay it instead";
    assert_eq!(following.told(), ["opened 0 log", compressed]);
    logs.append("log", "\n\n\n");
    assert!(following.told().is_empty());
}

#[test]
fn a_path_given_twice_is_read_once() {
    let logs = Logs::with("log", "one\n");
    let mut following = logs.follow(&["log", "log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
}

#[test]
fn a_file_with_two_names_is_read_once() {
    let logs = Logs::with("log", "one\n");
    logs.link("log", "current");
    let mut following = logs.follow(&["log", "current"], Start);
    let same = format!("current: is the same file as {}, read once", logs.path("log").display());
    let told = following.told();
    assert_eq!(
        told,
        ["opened 0 log", &same.replace(&format!("{}/", logs.dir.path().display()), ""), "0: one"]
    );
    assert!(following.told().is_empty());
}

#[test]
fn stopping_reads_what_is_there_and_no_unfinished_line() {
    let logs = Logs::with("log", "line\n".repeat(2_000) + "half");
    let mut following = logs.follow(&["log"], Start);
    let drained = following.drained();
    assert_eq!(drained.iter().filter(|told| *told == "0: line").count(), 2_000);
    assert_eq!(drained.len(), 2_002);
    assert_eq!(drained.last().unwrap(), "all ended");
}
