//! Going on where an earlier run was, whatever became of its files since.

use std::fs;
use std::time::Duration;

use super::super::ReadFrom::{End, Start};
use super::super::{Position, Resume, ResumeFile, ResumeSource};
use super::*;

const TRUNCATED: &str = "log: was truncated, reading from its start";
const ROTATED: &str = "log: was rotated, following the new file";

/// What an earlier run tells of a log of which it read everything there is.
fn earlier_run(logs: &Logs) -> Position {
    let mut following = logs.follow(&["log"], Start);
    while following.follower.step(&following.out) {}
    let batches = following.received.try_iter().filter_map(|tail| match tail {
        Tail::Batch(batch) => batch.position,
        _ => None,
    });
    batches.last().unwrap()
}

/// Goes on at `position`, with warm lines from `warm_from`.
fn go_on(logs: &Logs, position: Position, warm_from: u64, closed: bool) -> Following<'_> {
    let files = vec![ResumeFile { position, warm_from, closed }];
    let source = ResumeSource { path: logs.path("log"), files };
    logs.follow_on(&["log"], End, small(), Resume { sources: vec![source] })
}

/// The same without warm lines.
fn go_on_at(logs: &Logs, position: Position) -> Following<'_> {
    let warm_from = position.offset;
    go_on(logs, position, warm_from, false)
}

#[test]
fn reading_goes_on_behind_the_last_line_that_was_handled() {
    let logs = Logs::with("log", "one\nhalf");
    let position = earlier_run(&logs);
    assert_eq!(position.offset, 4);
    logs.append("log", " a line\nthree\n");
    let mut following = go_on_at(&logs, position);
    assert_eq!(following.told(), ["opened 0 log", "0: half a line", "0: three"]);
}

#[test]
fn a_line_that_is_too_long_and_not_ended_is_counted_once() {
    let logs = Logs::with("log", format!("one\n{}", "x".repeat(5_000)));
    let position = earlier_run(&logs);
    assert_eq!(position.offset, 4);
    logs.append("log", "x\ntwo\n");
    let mut following = go_on_at(&logs, position);
    assert_eq!(following.told(), ["opened 0 log", "0: two", "0: 1 too long"]);
}

#[test]
fn a_log_rotated_meanwhile_is_read_on_under_its_new_name() {
    let logs = Logs::with("log", "one\n");
    let position = earlier_run(&logs);
    logs.append("log", "two\n");
    logs.rename("log", "log.1");
    logs.append("log", "three\n");
    let mut following = go_on_at(&logs, position);
    assert_eq!(following.told(), ["opened 0 log", ROTATED, "0: two", "0: three"]);
}

#[test]
fn a_log_rotated_twice_meanwhile_is_read_file_by_file() {
    let logs = Logs::with("log", "one\n");
    let position = earlier_run(&logs);
    logs.append("log", "two\n");
    logs.rename("log", "log.2");
    logs.append("log", "three\n");
    logs.rename("log", "log.1");
    logs.append("log", "four\n");
    let mut following = go_on_at(&logs, position);
    assert_eq!(following.told(), ["opened 0 log", ROTATED, "0: two", "0: three", "0: four"]);
}

#[test]
fn a_rotated_log_that_is_compressed_by_now_is_read_on_in_the_compressed_file() {
    let logs = Logs::with("log", "one\n");
    let position = earlier_run(&logs);
    let packed = zstd::encode_all(b"one\ntwo\n".as_slice(), 0).unwrap();
    fs::write(logs.path("log.1.zst"), packed).unwrap();
    // Aside and not deleted, so that its inode is not used again.
    logs.rename("log", "aside");
    logs.append("log", "three\n");
    let mut following = go_on(&logs, position, 0, false);
    let told = following.told();
    assert_eq!(told, ["opened 0 log", ROTATED, "0 warm: one", "0: two", "0: three"]);
}

#[test]
fn copytruncate_meanwhile_reads_the_rest_from_the_copy() {
    let logs = Logs::with("log", "one\n");
    let position = earlier_run(&logs);
    logs.append("log", "two\n");
    fs::copy(logs.path("log"), logs.path("log.1")).unwrap();
    logs.truncate("log");
    logs.append("log", "three\n");
    let mut following = go_on(&logs, position, 0, false);
    assert_eq!(following.told(), ["opened 0 log", TRUNCATED, "0 warm: one", "0: two", "0: three"]);
}

#[test]
fn an_inode_that_is_another_files_by_now_is_not_taken_for_the_one_that_was_read() {
    let logs = Logs::with("log", "one\n");
    let position = earlier_run(&logs);
    logs.truncate("log");
    logs.append("log", "other 1\nother 2\n");
    let mut following = go_on_at(&logs, position);
    assert_eq!(following.told(), ["opened 0 log", TRUNCATED, "0: other 1", "0: other 2"]);
}

#[test]
fn an_offset_beyond_the_end_of_the_file_is_not_gone_to() {
    let logs = Logs::with("log", "one\ntwo\n");
    let position = earlier_run(&logs);
    logs.truncate("log");
    logs.append("log", "one\n");
    let mut following = go_on_at(&logs, position);
    assert_eq!(following.told(), ["opened 0 log", TRUNCATED, "0: one"]);
}

#[test]
fn warm_lines_come_before_others_and_in_batches_of_their_own() {
    let logs = Logs::with("log", "one\ntwo\nthree\n");
    let position = earlier_run(&logs);
    logs.append("log", "four\n");
    let mut following = go_on(&logs, position, 4, false);
    let told = following.told();
    assert_eq!(told, ["opened 0 log", "0 warm: two", "0 warm: three", "0: four"]);
}

#[test]
fn a_file_that_was_let_go_is_read_for_its_warm_lines_alone() {
    let logs = Logs::with("log", "one\ntwo\n");
    let position = earlier_run(&logs);
    logs.rename("log", "log.1");
    logs.append("log.1", "too late\n");
    logs.append("log", "three\n");
    let mut following = go_on(&logs, position, 4, true);
    assert_eq!(following.told(), ["opened 0 log", ROTATED, "0 warm: two", "0: three"]);
    assert!(following.told_after(Duration::from_secs(6)).is_empty());
}

#[test]
fn a_rotated_file_that_is_nowhere_is_lost_as_far_as_it_was_known() {
    let logs = Logs::with("log", "one\n");
    let position = Position { size_bytes: 10, ..earlier_run(&logs) };
    logs.remove("log");
    let mut following = go_on_at(&logs, position);
    let vanished = "log: was rotated away while nobody read it and is not found, \
                    what was written to it behind byte 4 is lost";
    assert_eq!(following.told(), ["opened 0 log", "lost 0: 6 bytes, 1 lines", vanished]);
}

#[test]
fn what_no_pattern_matches_is_not_gone_on_with() {
    let logs = Logs::with("log", "one\n");
    let position = earlier_run(&logs);
    logs.append("other", "two\n");
    let files = vec![ResumeFile { position, warm_from: 0, closed: false }];
    let resume = Resume { sources: vec![ResumeSource { path: logs.path("log"), files }] };
    let mut following = logs.follow_on(&["other"], Start, small(), resume);
    assert_eq!(following.told(), ["opened 0 other", "0: two"]);
}

#[test]
fn a_log_that_a_glob_finds_later_is_gone_on_with() {
    let logs = Logs::with("log", "one\n");
    let position = earlier_run(&logs);
    logs.append("log", "two\n");
    logs.rename("log", "aside");
    let files = vec![ResumeFile { position, warm_from: 4, closed: false }];
    let resume = Resume { sources: vec![ResumeSource { path: logs.path("log"), files }] };
    let mut following = logs.follow_on(&["lo[g]"], End, small(), resume);
    assert_eq!(following.told(), ["waiting for lo[g]"]);
    logs.rename("aside", "log");
    assert_eq!(following.told_after(Duration::from_secs(1)), ["opened 0 log", "0: two"]);
}

#[test]
fn it_is_told_once_that_everything_there_at_the_start_was_read() {
    let logs = Logs::with("log", "line\n".repeat(5_000));
    let mut following = logs.follow(&["log"], Start);
    let mut lines = 0;
    let mut caught_up = Vec::new();
    for _ in 0..20 {
        following.follower.step(&following.out);
        logs.append("log", "new\n");
        for tail in following.received.try_iter() {
            match tail {
                Tail::Batch(batch) => lines += batch.lines().filter(|line| line == b"line").count(),
                Tail::CaughtUp => caught_up.push(lines),
                _ => {}
            }
        }
    }
    assert_eq!(caught_up, [5_000]);
}

/// What an earlier run tells of a log in which it found nothing yet.
fn earlier_run_of_nothing(logs: &Logs) -> Position {
    let mut following = logs.follow(&["log"], Start);
    following.follower.step(&following.out);
    let mut reading = following.received.try_iter().filter_map(|tail| match tail {
        Tail::Reading { position, .. } => Some(position),
        _ => None,
    });
    reading.next().unwrap()
}

#[test]
fn a_log_that_was_empty_and_then_rotated_is_read() {
    let logs = Logs::with("log", "");
    let position = earlier_run_of_nothing(&logs);
    logs.append("log", "one\n");
    logs.rename("log", "log.1");
    logs.append("log", "two\n");
    let mut following = go_on_at(&logs, position);
    assert_eq!(following.told(), ["opened 0 log", ROTATED, "0: one", "0: two"]);
}

#[test]
fn a_log_that_was_empty_and_then_copied_and_truncated_twice_is_read_from_both_copies() {
    let logs = Logs::with("log", "");
    let position = earlier_run_of_nothing(&logs);
    for (copy, text) in [("log.2", "one\n"), ("log.1", "two\n")] {
        logs.append("log", text);
        fs::copy(logs.path("log"), logs.path(copy)).unwrap();
        logs.truncate("log");
    }
    logs.append("log", "three\n");
    let mut following = go_on_at(&logs, position);
    assert_eq!(following.told()[2..], ["0: one", "0: two", "0: three"]);
}

#[test]
fn files_that_came_meanwhile_are_read_oldest_first_whatever_is_compressed_and_when() {
    let logs = Logs::with("log", "one\n");
    let position = earlier_run(&logs);
    logs.append("log", "two\n");
    logs.rename("log", "log.3");
    for (name, text) in [("log.2", "three\n"), ("log.1", "four\n"), ("log", "five\n")] {
        logs.append(name, text);
    }
    for name in ["log.3", "log.2"] {
        let packed = zstd::encode_all(fs::read(logs.path(name)).unwrap().as_slice(), 0).unwrap();
        fs::write(logs.path(&format!("{name}.zst")), packed).unwrap();
        // Aside and not deleted, so that its inode is not used again.
        logs.rename(name, &format!("aside-{name}"));
    }
    let mut following = go_on(&logs, position, 0, false);
    let lines = ["0 warm: one", "0: two", "0: three", "0: four", "0: five"];
    assert_eq!(following.told()[2..], lines);
}

#[test]
fn a_short_copy_made_before_the_last_lines_were_written_is_not_read_again() {
    for packed in [false, true] {
        let logs = Logs::with("log", "one\n");
        fs::copy(logs.path("log"), logs.path("log.1")).unwrap();
        if packed {
            let text = fs::read(logs.path("log.1")).unwrap();
            fs::write(logs.path("log.1.zst"), zstd::encode_all(text.as_slice(), 0).unwrap())
                .unwrap();
            logs.rename("log.1", "aside.1");
        }
        logs.append("log", "two\n");
        let position = earlier_run(&logs);
        // The copy is no older than what it is a copy of.
        let position = Position { modified_ns: 0, ..position };
        logs.rename("log", "aside");
        logs.append("log", "three\n");
        let offset = position.offset;
        let mut following = go_on(&logs, position.clone(), offset, true);
        assert_eq!(following.told(), ["opened 0 log", "0: three"], "packed: {packed}");
        // Of the lines that are to come once more, it has the first.
        let mut following = go_on(&logs, position, 0, true);
        let told = following.told();
        assert_eq!(told, ["opened 0 log", ROTATED, "0 warm: one", "0: three"], "packed: {packed}");
    }
}
