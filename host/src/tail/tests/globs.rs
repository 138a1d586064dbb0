//! Globs, and files that move between names that they match.

use std::time::Duration;

use super::super::ReadFrom::{End, Start};
use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn each_match_of_a_glob_is_a_source_of_its_own() {
    let logs = Logs::with("a.log", "a\n");
    logs.append("b.log", "b\n");
    logs.append("c.txt", "c\n");
    let mut following = logs.follow(&["*.log"], Start);
    assert_eq!(following.told(), ["opened 0 a.log", "opened 1 b.log", "0: a", "1: b"]);
}

#[test]
fn a_glob_that_grows_reads_old_files_from_their_end_and_new_ones_from_their_start() {
    let logs = Logs::with("a.log", "old\n");
    let mut following = logs.follow(&["*.log"], End);
    assert_eq!(following.told(), ["opened 0 a.log"]);
    logs.append("b.log", "new\n");
    assert!(following.told().is_empty(), "globs have their own interval");
    assert_eq!(following.told_after(SECOND), ["opened 1 b.log", "1: new"]);
}

#[test]
fn a_glob_without_a_match_is_waited_for() {
    let logs = Logs::new();
    let mut following = logs.follow(&["*/access.log"], End);
    assert_eq!(following.told(), ["waiting for */access.log"]);
    std::fs::create_dir(logs.path("site")).unwrap();
    logs.append("site/access.log", "one\n");
    assert_eq!(following.told_after(SECOND), ["opened 0 site/access.log", "0: one"]);
}

#[test]
fn a_rotated_file_that_the_glob_matches_too_is_not_read_twice() {
    let logs = Logs::with("log", "one\n");
    let mut following = logs.follow(&["log*"], Start);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
    logs.append("log", "two\n");
    logs.rename("log", "log.1");
    logs.append("log", "three\n");
    let rotated = "log: was rotated, following the new file";
    assert_eq!(following.told(), [rotated, "0: two", "0: three"]);
    logs.append("log.1", "four\n");
    assert_eq!(following.told_after(SECOND), ["opened 1 log.1", "1: four"]);
    // Once more, now that both names are followed.
    logs.rename("log.1", "log.2");
    logs.rename("log", "log.1");
    logs.append("log", "five\n");
    let told = following.told_after(SECOND);
    assert_eq!(told.iter().filter(|told| told.contains(": five")).count(), 1);
    assert!(!told.iter().any(|told| told.contains("one") || told.contains("three")), "{told:?}");
    for _ in 0..10 {
        assert!(following.told_after(SECOND).is_empty());
    }
}

#[test]
fn a_glob_is_evaluated_before_a_rotated_file_is_let_go() {
    let settings = Settings { rotate_wait: Duration::ZERO, glob_interval: 10 * SECOND, ..small() };
    let logs = Logs::with("log", "one\n");
    let mut following = logs.follow_with(&["log*"], Start, settings);
    assert_eq!(following.told(), ["opened 0 log", "0: one"]);
    logs.rename("log", "log.1");
    logs.append("log", "two\n");
    assert_eq!(following.told(), ["log: was rotated, following the new file", "0: two"]);
    assert!(following.told_after(5 * SECOND).is_empty());
    assert_eq!(following.told_after(5 * SECOND), ["opened 1 log.1"]);
}

#[test]
fn more_matches_than_files_are_followed_is_told_once() {
    let logs = Logs::with("a.log", "");
    logs.append("b.log", "");
    logs.append("c.log", "");
    let mut following = logs.follow_with(&["*.log"], Start, Settings { files_max: 2, ..small() });
    let too_many = "*.log: matches too many files, following 2 in all";
    assert_eq!(following.told(), ["opened 0 a.log", "opened 1 b.log", too_many]);
    assert!(following.told_after(SECOND).is_empty());
}

#[test]
fn a_match_that_is_long_gone_ends_and_makes_room() {
    let logs = Logs::with("a.log", "one\n");
    let mut following = logs.follow_with(&["*.log"], Start, Settings { files_max: 1, ..small() });
    assert_eq!(following.told(), ["opened 0 a.log", "0: one"]);
    logs.remove("a.log");
    assert!(following.told().is_empty());
    let gone = "a.log: is gone, waiting for it to return";
    assert_eq!(following.told_after(6 * SECOND), [gone]);
    assert_eq!(following.told_after(60 * SECOND), ["ended 0"]);
    logs.append("b.log", "two\n");
    assert_eq!(following.told_after(SECOND), ["opened 1 b.log", "1: two"]);
}

#[test]
fn a_file_whose_name_looks_like_a_glob_is_a_file() {
    let logs = Logs::with("[a].log", "one\n");
    let mut following = logs.follow(&["[a].log"], Start);
    assert_eq!(following.told(), ["opened 0 [a].log", "0: one"]);
}

#[test]
fn a_glob_that_is_none_is_an_error() {
    let pattern = Pattern { path: "/var/log/[a".into(), from: ReadFrom::End };
    let clock = Arc::new(ManualClock::default());
    let error =
        Follower::new(vec![pattern], small(), clock, Arc::new(SystemFiles), Resume::default())
            .unwrap_err();
    assert_eq!(error.to_string(), "/var/log/[a: not a valid glob");
}
