//! The file of rejected lines on a real file system.

use std::fmt;
use std::fs;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Well over what these tests keep.
const BYTES_MAX: u64 = 1 << 20;
const AT: Timestamp = Timestamp::from_secs(1_536_682_774);

/// A folder, and the path of a file that is not yet in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rejects");
    (dir, path)
}

fn push(rejects: &mut Rejects, line: &[u8]) -> Result<(), RejectsError> {
    rejects.push(AT, "access.log", &"not in the format", line)
}

/// Keeps these lines and writes them.
fn keep(rejects: &mut Rejects, lines: &[&str]) {
    for line in lines {
        push(rejects, line.as_bytes()).unwrap();
    }
    rejects.flush().unwrap();
}

fn entries(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn lines(path: &Path) -> Vec<String> {
    entries(path).iter().map(|entry| entry["line"].as_str().unwrap().to_owned()).collect()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

/// What an entry takes with a line of this length.
fn entry_bytes(line_bytes: usize) -> u64 {
    let (_dir, path) = place();
    let mut rejects = Rejects::open(&path, BYTES_MAX, None).unwrap();
    keep(&mut rejects, &[&"x".repeat(line_bytes)]);
    size(&path)
}

#[test]
fn an_entry_says_when_where_why_and_what() {
    let (_dir, path) = place();
    let mut rejects = Rejects::open(&path, BYTES_MAX, None).unwrap();
    keep(&mut rejects, &["GET \"/\"\t\u{1f600}"]);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        concat!(
            r#"{"time":"2018-09-11T16:19:34.000Z","source":"access.log","#,
            r#""reason":"not in the format","line":"GET \"/\"\t😀"}"#,
            "\n"
        )
    );
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_line_that_is_no_utf_8_is_kept_readable_and_exact() {
    let (_dir, path) = place();
    let mut rejects = Rejects::open(&path, BYTES_MAX, None).unwrap();
    push(&mut rejects, b"a\xff\n\0z").unwrap();
    rejects.flush().unwrap();
    let entry = &entries(&path)[0];
    assert_eq!(entry["line"], "a\u{fffd}\n\0z");
    assert_eq!(entry["line_hex"], "61ff0a007a");
}

#[test]
fn what_was_there_is_continued_behind_a_line_that_a_crash_left_half_written() {
    let (_dir, path) = place();
    keep(&mut Rejects::open(&path, BYTES_MAX, None).unwrap(), &["one"]);
    keep(&mut Rejects::open(&path, BYTES_MAX, None).unwrap(), &["two"]);
    assert_eq!(lines(&path), ["one", "two"]);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [&*whole, b"{\"time"].concat()).unwrap();
    keep(&mut Rejects::open(&path, BYTES_MAX, None).unwrap(), &["three"]);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 4);
    assert!(text.lines().last().unwrap().contains("three"));
}

#[test]
fn after_a_crash_no_line_is_kept_twice() {
    let (_dir, path) = place();
    let mut rejects = Rejects::open(&path, BYTES_MAX, None).unwrap();
    keep(&mut rejects, &["one", "two"]);
    let mark = rejects.mark();
    keep(&mut rejects, &["three"]);
    drop(rejects);
    let mut rejects = Rejects::open(&path, BYTES_MAX, mark).unwrap();
    keep(&mut rejects, &["three", "four"]);
    assert_eq!(lines(&path), ["one", "two", "three", "four"]);
}

#[test]
fn after_a_crash_no_line_is_kept_twice_though_the_file_became_full_in_between() {
    let (_dir, path) = place();
    let bytes_max = 3 * entry_bytes(3);
    let mut rejects = Rejects::open(&path, bytes_max, None).unwrap();
    keep(&mut rejects, &["one", "two"]);
    let mark = rejects.mark();
    keep(&mut rejects, &["3rd", "4th", "5th"]);
    assert_eq!(lines(&path), ["4th", "5th"]);
    drop(rejects);
    let mut rejects = Rejects::open(&path, bytes_max, mark).unwrap();
    assert_eq!(rejects.mark(), mark);
    keep(&mut rejects, &["3rd", "4th"]);
    assert_eq!(lines(&second_name(&path)), ["one", "two", "3rd"]);
    assert_eq!(lines(&path), ["4th"]);
}

#[test]
fn a_mark_of_another_file_cuts_nothing() {
    let (_dir, path) = place();
    let mut rejects = Rejects::open(&path, BYTES_MAX, None).unwrap();
    keep(&mut rejects, &["one", "two"]);
    let RejectsMark { inode, bytes } = rejects.mark().unwrap();
    for mark in
        [RejectsMark { inode: inode + 1, bytes: 3 }, RejectsMark { inode, bytes: bytes + 1 }]
    {
        Rejects::open(&path, BYTES_MAX, Some(mark)).unwrap();
        assert_eq!(lines(&path), ["one", "two"], "{mark:?}");
    }
}

#[test]
fn the_file_is_begun_anew_rather_than_grow_over_its_bound() {
    let (_dir, path) = place();
    let bytes_max = 2 * entry_bytes(1);
    let mut rejects = Rejects::open(&path, bytes_max, None).unwrap();
    keep(&mut rejects, &["1", "2"]);
    assert_eq!((size(&path), second_name(&path).exists()), (bytes_max, false));
    keep(&mut rejects, &["3", "4", "5", "6", "7"]);
    assert_eq!(lines(&second_name(&path)), ["5", "6"]);
    assert_eq!(lines(&path), ["7"]);
    assert_eq!(rejects.left_out(), 0);
}

#[test]
fn a_line_that_is_larger_than_the_file_may_be_is_counted() {
    let (_dir, path) = place();
    let mut rejects = Rejects::open(&path, entry_bytes(5), None).unwrap();
    keep(&mut rejects, &["small", "larger"]);
    assert_eq!(lines(&path), ["small"]);
    assert_eq!(rejects.left_out(), 1);
}

#[test]
fn a_reason_that_cannot_be_displayed_to_its_end_is_kept_as_far_as_it_can() {
    struct Failing;
    impl Display for Failing {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half of")?;
            Err(fmt::Error)
        }
    }
    let (_dir, path) = place();
    let mut rejects = Rejects::open(&path, BYTES_MAX, None).unwrap();
    rejects.push(AT, "access.log", &Failing, b"one").unwrap();
    rejects.flush().unwrap();
    assert_eq!(entries(&path)[0]["reason"], "half of");
}

/// Puts something in the way of writing: the file is full, and its second name is a folder that
/// cannot be replaced.
fn obstructed(path: &Path) -> Rejects {
    let mut rejects = Rejects::open(path, entry_bytes(1_000), None).unwrap();
    keep(&mut rejects, &[&"x".repeat(1_000)]);
    fs::create_dir(second_name(path)).unwrap();
    rejects
}

#[test]
fn that_writing_fails_is_said_once_and_what_waits_is_written_when_it_works_again() {
    let (_dir, path) = place();
    let mut rejects = obstructed(&path);
    push(&mut rejects, b"one").unwrap();
    let error = rejects.flush().unwrap_err();
    assert!(matches!(error, RejectsError::Rotate { .. }), "{error}");
    assert!(rejects.is_failing());
    push(&mut rejects, b"two").unwrap();
    rejects.flush().unwrap();
    assert!(rejects.is_failing());
    fs::remove_dir(second_name(&path)).unwrap();
    rejects.flush().unwrap();
    assert!(!rejects.is_failing());
    assert_eq!(lines(&path), ["one", "two"]);
    fs::remove_file(second_name(&path)).unwrap();
    fs::create_dir(second_name(&path)).unwrap();
    push(&mut rejects, &[b'x'; 1_000]).unwrap();
    rejects.flush().unwrap_err();
}

#[test]
fn while_writing_fails_a_bounded_part_waits_and_the_rest_is_counted() {
    let (_dir, path) = place();
    let mut rejects = obstructed(&path);
    let line = [b'x'; 900];
    let mut errors = 0;
    for _ in 0..3_000 {
        errors += usize::from(push(&mut rejects, &line).is_err());
    }
    assert_eq!(errors, 1);
    assert!(rejects.waiting.len() <= WAITING_BYTES_MAX);
    let waits = rejects.waiting.len() as u64 / entry_bytes(line.len());
    assert_eq!(rejects.left_out() + waits, 3_000);
    assert!(waits > 900);
}

#[test]
fn a_file_that_somebody_took_away_is_made_again_when_the_old_one_is_full() {
    let (_dir, path) = place();
    let mut rejects = Rejects::open(&path, entry_bytes(3), None).unwrap();
    keep(&mut rejects, &["one"]);
    fs::remove_file(&path).unwrap();
    keep(&mut rejects, &["two"]);
    assert_eq!(lines(&path), ["two"]);
}

#[test]
fn what_is_no_file_is_refused() {
    let (dir, path) = place();
    let error = Rejects::open(dir.path(), BYTES_MAX, None).unwrap_err();
    assert!(matches!(error, RejectsError::Open { .. }), "{error}");
    symlink("/dev/null", &path).unwrap();
    let error = Rejects::open(&path, BYTES_MAX, None).unwrap_err();
    assert!(matches!(error, RejectsError::NotAFile { .. }), "{error}");
    assert!(fs::metadata(&path).unwrap().file_type().is_char_device());
}

#[test]
fn a_disk_without_room_leaves_the_entries_waiting() {
    let (_dir, path) = place();
    let mut rejects = Rejects::open(&path, BYTES_MAX, None).unwrap();
    keep(&mut rejects, &["one"]);
    let mark = rejects.mark();
    // The device answers every write as a full disk does.
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let real = std::mem::replace(&mut rejects.current.as_mut().unwrap().file, full);
    push(&mut rejects, b"two").unwrap();
    let error = rejects.flush().unwrap_err();
    assert!(matches!(error, RejectsError::Write { .. }), "{error}");
    assert_eq!(rejects.mark(), mark);
    rejects.current.as_mut().unwrap().file = real;
    rejects.flush().unwrap();
    assert_eq!(lines(&path), ["one", "two"]);
}

#[test]
fn an_entry_that_was_half_written_is_not_marked_until_its_rest_is() {
    let (_dir, path) = place();
    let mut rejects = Rejects::open(&path, BYTES_MAX, None).unwrap();
    keep(&mut rejects, &["one"]);
    let before = rejects.mark().unwrap();
    // A socket takes as much as it has room for, like a disk that becomes full.
    let (mut reader, writer) = UnixStream::pair().unwrap();
    writer.set_nonblocking(true).unwrap();
    reader.set_nonblocking(true).unwrap();
    rejects.current.as_mut().unwrap().file = File::from(OwnedFd::from(writer));
    let line = vec![b'x'; 900_000];
    push(&mut rejects, &line).unwrap_err();
    let (mut received, mut rounds) = (Vec::new(), 0);
    while rejects.is_failing() {
        assert_eq!(rejects.mark(), Some(before));
        // Ends with an error where there is no more to read for now.
        let _ = reader.read_to_end(&mut received);
        rejects.flush().unwrap();
        rounds += 1;
    }
    let _ = reader.read_to_end(&mut received);
    assert!(rounds > 1, "the entry was written in one piece or two");
    assert_eq!(received.len() as u64, entry_bytes(line.len()));
    let entry: Value = serde_json::from_slice(&received).unwrap();
    assert_eq!(entry["line"].as_str().unwrap().len(), line.len());
    let bytes = before.bytes + received.len() as u64;
    assert_eq!(rejects.mark(), Some(RejectsMark { bytes, ..before }));
}

proptest! {
    /// The oracle: all lines in order, of which the two files hold the last ones and nothing else.
    #[test]
    fn the_two_files_hold_the_last_lines_in_order(
        lengths in vec(0_usize..40, 1..60),
        flush_after in vec(any::<bool>(), 60),
        entries_max in 1_u64..6,
    ) {
        let (_dir, path) = place();
        let bytes_max = entries_max * entry_bytes(40);
        let mut rejects = Rejects::open(&path, bytes_max, None).unwrap();
        let all: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
        for (line, flush) in all.iter().zip(flush_after) {
            push(&mut rejects, line.as_bytes()).unwrap();
            if flush {
                rejects.flush().unwrap();
            }
        }
        rejects.flush().unwrap();
        let aside = second_name(&path);
        let mut kept = if aside.exists() { lines(&aside) } else { Vec::new() };
        kept.extend(lines(&path));
        prop_assert!(all.ends_with(&kept));
        prop_assert!(aside.exists() || kept.len() == all.len());
        prop_assert!(size(&path) <= bytes_max && (!aside.exists() || size(&aside) <= bytes_max));
        prop_assert_eq!(rejects.mark().unwrap().bytes, size(&path));
    }
}
