//! Logs that are replaced, cut, deleted and moved while they are followed.

use std::fs;
use std::time::Duration;

use super::super::DRAINING_FILES_MAX;
use super::super::ReadFrom::{End, Start};
use super::*;

const ROTATED: &str = "log: was rotated, following the new file";

/// Longer than a rotated file is waited for.
const LONG: Duration = Duration::from_secs(6);

#[test]
fn rename_rotation_reads_the_old_file_to_its_end_and_then_the_new_one() {
    let logs = Logs::with("log", "old 1\n");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: old 1"]);
    logs.append("log", "old 2\n");
    logs.rename("log", "log.1");
    logs.append("log", "new 1\n");
    logs.append("log.1", "old 3\n");
    assert_eq!(following.told(), [ROTATED, "0: old 2", "0: old 3", "0: new 1"]);
}

#[test]
fn all_of_a_large_rotated_file_comes_before_its_successor() {
    let logs = Logs::with("log", "old\n".repeat(5_000));
    let mut following = logs.follow(&["log"], Start);
    logs.rename("log", "log.1");
    logs.append("log", "new\n");
    let told = following.told();
    assert_eq!(told.iter().filter(|told| *told == "0: old").count(), 5_000);
    assert_eq!(told.last().unwrap(), "0: new");
}

#[test]
fn a_rotated_file_is_read_until_it_has_been_quiet_for_long_enough() {
    let logs = Logs::with("log", "");
    let mut following = logs.follow(&["log"], Start);
    logs.rename("log", "log.1");
    logs.append("log", "new\n");
    assert_eq!(following.told(), ["opened 0 log", ROTATED, "0: new"]);
    for _ in 0..3 {
        logs.append("log.1", "late\n");
        assert_eq!(following.told_after(Duration::from_secs(4)), ["0: late"]);
    }
    assert!(following.told_after(LONG).is_empty());
    logs.append("log.1", "too late\n");
    assert!(following.told().is_empty());
}

#[test]
fn a_rotated_file_is_held_while_it_has_no_successor() {
    let logs = Logs::with("log", "");
    let mut following = logs.follow(&["log"], Start);
    logs.rename("log", "log.1");
    assert_eq!(following.told(), ["opened 0 log"]);
    let gone = "log: is gone, waiting for it to return";
    assert_eq!(following.told_after(LONG), [gone]);
    assert!(following.told_after(LONG).is_empty());
    logs.append("log.1", "late\n");
    assert_eq!(following.told_after(LONG), ["0: late"]);
}

#[test]
fn the_last_line_of_a_rotated_file_needs_no_newline() {
    let logs = Logs::with("log", "one\nlast");
    let mut following = logs.follow(&["log"], Start);
    logs.rename("log", "log.1");
    logs.append("log", "new\n");
    assert_eq!(following.told(), ["opened 0 log", ROTATED, "0: one", "0: new"]);
    assert_eq!(following.told_after(LONG), ["0: last"]);
}

#[test]
fn a_file_renamed_and_back_again_is_not_read_twice() {
    let logs = Logs::with("log", "one\n");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
    logs.rename("log", "aside");
    assert!(following.told().is_empty());
    logs.rename("aside", "log");
    logs.append("log", "two\n");
    assert_eq!(following.told(), [ROTATED, "0: two"]);
}

#[test]
fn copytruncate_reads_the_file_from_its_start_again() {
    let logs = Logs::with("log", "one\ntwo\n");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one", "0: two"]);
    fs::copy(logs.path("log"), logs.path("log.1")).unwrap();
    logs.truncate("log");
    logs.append("log", "new\n");
    assert_eq!(following.told(), ["log: was truncated, reading from its start", "0: new"]);
}

#[test]
fn a_partial_line_that_is_truncated_away_is_lost_and_said_to_be() {
    let logs = Logs::with("log", "one\nhalf");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
    logs.truncate("log");
    logs.append("log", "new\n");
    let truncated = "log: was truncated, reading from its start";
    assert_eq!(following.told(), ["lost 0: 4 bytes, 1 lines", truncated, "0: new"]);
}

#[test]
fn what_was_seen_but_not_read_before_truncation_is_lost_and_said_to_be() {
    let logs = Logs::with("log", "line\n".repeat(5_000));
    let mut following = logs.follow(&["log"], Start);
    assert!(following.follower.step(&following.out));
    let read = following.received().iter().filter(|told| *told == "0: line").count();
    logs.truncate("log");
    let lost = format!("lost 0: {} bytes, 1 lines", (5_000 - read) * 5);
    assert_eq!(following.told(), [&lost, "log: was truncated, reading from its start"]);
}

#[test]
fn a_file_deleted_and_returned_is_read_from_its_start() {
    let logs = Logs::with("log", "one\n");
    let mut following = logs.follow(&["log"], End);
    logs.append("log", "two\n");
    logs.remove("log");
    assert_eq!(following.told(), ["opened 0 log", "0: two"]);
    assert_eq!(following.told_after(LONG), ["log: is gone, waiting for it to return"]);
    logs.append("log", "three\n");
    assert_eq!(following.told(), ["log: is back, reading from its start", "0: three"]);
}

#[test]
fn a_symbolic_link_that_is_switched_is_a_rotation() {
    let logs = Logs::with("monday", "mon 1\n");
    logs.append("tuesday", "tue 1\n");
    logs.link("monday", "log");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: mon 1"]);
    logs.append("monday", "mon 2\n");
    logs.link("tuesday", "next");
    logs.rename("next", "log");
    assert_eq!(following.told(), [ROTATED, "0: mon 2", "0: tue 1"]);
}

#[test]
fn rotation_in_quick_succession_reads_every_file_that_was_seen() {
    let logs = Logs::with("log", "");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log"]);
    for number in 0..DRAINING_FILES_MAX {
        logs.rename("log", &format!("log.{number}"));
        logs.append("log", format!("file {number}\n"));
        assert_eq!(following.told(), [ROTATED, &format!("0: file {number}")]);
    }
    for number in 0..DRAINING_FILES_MAX {
        logs.append(&format!("log.{number}"), "late\n");
    }
    assert_eq!(following.told(), ["0: late"; DRAINING_FILES_MAX]);
}

#[test]
fn more_rotated_files_than_are_drained_let_go_of_the_oldest_and_count_what_it_had() {
    let logs = Logs::with("log", "half");
    let mut following = logs.follow(&["log"], Start);
    assert_eq!(following.told(), ["opened 0 log"]);
    for number in 0..=DRAINING_FILES_MAX {
        logs.rename("log", &format!("log.{number}"));
        logs.append("log", "");
        let told = following.told();
        let expected: &[&str] = if number == DRAINING_FILES_MAX {
            &["lost 0: 4 bytes, 1 lines", ROTATED]
        } else {
            &[ROTATED]
        };
        assert_eq!(told, expected);
    }
}

#[test]
fn a_path_keeps_its_number_across_rotation_and_others_keep_theirs() {
    let logs = Logs::with("a", "");
    logs.append("b", "");
    let mut following = logs.follow(&["a", "b"], Start);
    assert_eq!(following.told(), ["opened 0 a", "opened 1 b"]);
    logs.rename("a", "a.1");
    logs.append("a", "from a\n");
    logs.append("b", "from b\n");
    let rotated = "a: was rotated, following the new file";
    assert_eq!(following.told(), [rotated, "0: from a", "1: from b"]);
}
