//! Finished logs: plain, gzip and zstd, whole and damaged.

use std::fs;
use std::io::Write;

use flate2::Compression as Level;
use flate2::write::GzEncoder;

use super::super::{ArchiveReader, LineBatch, SourceId, TailError};
use super::*;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 0).unwrap()
}

/// Lines of which no two are alike, more than a batch holds.
fn many_lines() -> Vec<u8> {
    (0..5_000).flat_map(|number| format!("line {number}\n").into_bytes()).collect()
}

/// The batches of a log, and how it ended.
fn batches(logs: &Logs, name: &str) -> (Vec<Vec<u8>>, u64, Result<(), TailError>) {
    let mut reader = ArchiveReader::open(&logs.path(name), &small()).unwrap();
    let mut batch = LineBatch::new(SourceId(0), small().batch_bytes_max);
    let (mut batches, mut too_long) = (Vec::new(), 0);
    loop {
        match reader.next_batch(&mut batch) {
            Ok(true) => {
                batches.push(batch.bytes().to_vec());
                too_long += batch.too_long;
            }
            Ok(false) => {
                assert_eq!(reader.bytes_total(), Some(reader.bytes_read()));
                return (batches, too_long, Ok(()));
            }
            Err(error) => {
                assert!(!reader.next_batch(&mut batch).unwrap(), "it is at its end then");
                return (batches, too_long, Err(error));
            }
        }
    }
}

fn text_of(logs: &Logs, name: &str) -> Vec<u8> {
    let (batches, _, result) = batches(logs, name);
    result.unwrap();
    batches.concat()
}

#[test]
fn the_same_batches_come_from_plain_gzip_and_zstd() {
    let logs = Logs::with("plain", many_lines());
    logs.append("gzip", gzip(&many_lines()));
    logs.append("zstd", zstd(&many_lines()));
    let (plain, ..) = batches(&logs, "plain");
    assert_eq!(plain.concat(), many_lines());
    assert!(plain.len() > 10);
    assert_eq!(batches(&logs, "gzip").0, plain);
    assert_eq!(batches(&logs, "zstd").0, plain);
}

#[test]
fn gzip_of_many_members_and_zstd_of_many_frames_are_read_to_the_end() {
    let logs = Logs::with("gzip", [gzip(b"one\ntw"), gzip(b"o\n"), gzip(b"three\n")].concat());
    logs.append("zstd", [zstd(b"one\ntw"), zstd(b"o\nthree\n")].concat());
    assert_eq!(text_of(&logs, "gzip"), b"one\ntwo\nthree\n");
    assert_eq!(text_of(&logs, "zstd"), b"one\ntwo\nthree\n");
}

#[test]
fn a_last_line_without_a_newline_is_a_line() {
    let logs = Logs::with("log", "one\ntwo");
    assert_eq!(text_of(&logs, "log"), b"one\ntwo\n");
}

#[test]
fn carriage_returns_are_untouched() {
    let logs = Logs::with("log", "one\r\ntwo\r\n");
    assert_eq!(text_of(&logs, "log"), b"one\r\ntwo\r\n");
}

#[test]
fn an_empty_log_has_no_lines_in_any_form() {
    let logs = Logs::with("plain", "");
    logs.append("gzip", gzip(b""));
    logs.append("zstd", zstd(b""));
    for name in ["plain", "gzip", "zstd"] {
        assert!(text_of(&logs, name).is_empty());
    }
}

#[test]
fn a_log_shorter_than_its_first_bytes_are_asked_for_is_plain() {
    let logs = Logs::with("log", "\x1f\n");
    assert_eq!(text_of(&logs, "log"), b"\x1f\n");
}

#[test]
fn lines_that_are_too_long_are_counted_and_left_out() {
    let text = [b"a\n".as_slice(), &[b'x'; 9_000], b"\nb\n", &[b'y'; 257], b"\nc\n"].concat();
    let logs = Logs::with("log", text);
    let (batches, too_long, _) = batches(&logs, "log");
    assert_eq!((batches.concat(), too_long), (b"a\nb\nc\n".to_vec(), 2));
}

#[test]
fn truncated_gzip_and_zstd_give_their_lines_and_then_say_so() {
    for (name, whole) in [("gzip", gzip(&many_lines())), ("zstd", zstd(&many_lines()))] {
        let logs = Logs::with(name, &whole[..whole.len() - 3]);
        let (batches, _, result) = batches(&logs, name);
        let text = batches.concat();
        assert!(many_lines().starts_with(&text) && text.ends_with(b"\n") || text.is_empty());
        let error = result.unwrap_err().to_string();
        let said = format!("{name}: the {name} data ends too early, after ");
        assert!(error.contains(&said), "{error}");
    }
}

#[test]
fn damaged_gzip_says_what_and_where() {
    let mut stored = [gzip(b"one\n"), gzip(&many_lines())].concat();
    let middle = stored.len() / 2;
    stored[middle..middle + 100].fill(0xff);
    let logs = Logs::with("log", &stored);
    let (batches, _, result) = batches(&logs, "log");
    assert!(batches.concat().starts_with(b"one\n"));
    let error = result.unwrap_err();
    assert!(matches!(error, TailError::Corrupt { .. }), "{error:?}");
    assert!(error.to_string().contains("log: not valid gzip data after at most "), "{error}");
}

#[test]
fn what_cannot_be_opened_is_named() {
    let logs = Logs::new();
    fs::create_dir(logs.path("dir")).unwrap();
    let error = |name| ArchiveReader::open(&logs.path(name), &small()).unwrap_err().to_string();
    assert!(error("missing").ends_with("/missing: cannot be opened"));
    assert!(error("dir").ends_with("/dir: is a directory, not a log"));
}

#[test]
fn a_pipe_gives_the_same_batches_however_it_is_written_to() {
    use std::os::fd::AsRawFd;
    let logs = Logs::with("gzip", gzip(&many_lines()));
    let (input, mut writer) = std::io::pipe().unwrap();
    let stored = gzip(&many_lines());
    let writing = std::thread::spawn(move || {
        for chunk in stored.chunks(7) {
            writer.write_all(chunk).unwrap();
        }
    });
    let path = PathBuf::from(format!("/proc/self/fd/{}", input.as_raw_fd()));
    let mut reader = ArchiveReader::open(&path, &small()).unwrap();
    assert_eq!(reader.bytes_total(), None);
    let mut batch = LineBatch::new(SourceId(0), small().batch_bytes_max);
    let mut piped = Vec::new();
    while reader.next_batch(&mut batch).unwrap() {
        piped.push(batch.bytes().to_vec());
    }
    writing.join().unwrap();
    assert_eq!(piped, batches(&logs, "gzip").0);
}
