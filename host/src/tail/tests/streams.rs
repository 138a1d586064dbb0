//! FIFOs and pipes, which are read like standard input.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::process::Command;

use super::running::Running;
use super::*;

#[test]
fn a_fifo_is_read_from_one_writer_after_another_and_a_last_line_needs_no_newline() {
    let logs = Logs::new();
    assert!(Command::new("mkfifo").arg(logs.path("fifo")).status().unwrap().success());
    let running = Running::start(&logs, "fifo", small());
    assert_eq!(running.next(), "opened 0 fifo");
    let mut writer = File::create(logs.path("fifo")).unwrap();
    writer.write_all(b"one\ntw").unwrap();
    assert_eq!(running.next(), "0: one");
    writer.write_all(b"o\nthree").unwrap();
    assert_eq!(running.next(), "0: two");
    drop(writer);
    assert_eq!(running.next(), "0: three");
    logs.append("fifo", "four\n");
    assert_eq!(running.next(), "0: four");
    assert_eq!(running.stop(), ["all ended"]);
}

#[test]
fn a_pipe_without_a_name_ends_with_its_writer() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let name = format!("/proc/self/fd/{}", reader.as_raw_fd());
    let logs = Logs::new();
    let running = Running::start(&logs, &name, small());
    assert_eq!(running.next(), format!("opened 0 {name}"));
    writer.write_all(b"one\n").unwrap();
    assert_eq!(running.next(), "0: one");
    writer.write_all(b"two").unwrap();
    drop(writer);
    assert_eq!(running.next(), "0: two");
    assert_eq!(running.next(), "ended 0");
    assert_eq!(running.next(), "all ended");
}

#[test]
fn what_a_fifo_has_when_told_to_stop_is_drained() {
    let logs = Logs::new();
    assert!(Command::new("mkfifo").arg(logs.path("fifo")).status().unwrap().success());
    let running = Running::start(&logs, "fifo", small());
    assert_eq!(running.next(), "opened 0 fifo");
    let mut writer = File::create(logs.path("fifo")).unwrap();
    writer.write_all("line\n".repeat(5_000).as_bytes()).unwrap();
    let told = running.stop();
    assert_eq!(told.iter().filter(|told| *told == "0: line").count(), 5_000);
    assert_eq!(told.last().unwrap(), "all ended");
}
