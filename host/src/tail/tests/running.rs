//! The follower on a thread of its own, woken by inotify. Waits have a generous end, so that a slow
//! machine fails no test, and polling is set far apart, so that it cannot be what woke.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::super::ReadFrom::End;
use super::*;
use crate::clock::SystemClock;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A follower that runs.
pub(super) struct Running<'logs> {
    logs: &'logs Logs,
    received: Receiver<Tail>,
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl<'logs> Running<'logs> {
    pub(super) fn start(logs: &'logs Logs, name: &str, settings: Settings) -> Self {
        let pattern = Pattern { path: logs.path(name), from: End };
        let follower = Follower::new(
            vec![pattern],
            settings,
            Arc::new(SystemClock::new()),
            Arc::new(SystemFiles),
            Resume::default(),
        )
        .unwrap();
        let (out, received) = bounded(MESSAGES_MAX);
        let (stop, stopped) = bounded(1);
        let thread = thread::spawn(move || follower.run(&out, &stopped));
        Self { logs, received, stop, thread }
    }

    pub(super) fn next(&self) -> String {
        loop {
            let shown = self.logs.shown(self.received.recv_timeout(PATIENCE).unwrap());
            if !shown.is_empty() {
                return shown.join("|");
            }
        }
    }

    pub(super) fn stop(self) -> Vec<String> {
        self.stop.send(()).unwrap();
        self.thread.join().unwrap();
        self.received.try_iter().flat_map(|tail| self.logs.shown(tail)).collect()
    }
}

#[test]
fn inotify_wakes_for_lines_for_rotation_and_for_a_file_that_appears() {
    let logs = Logs::new();
    let seldom = Settings { poll_interval: Duration::from_mins(1), ..small() };
    let running = Running::start(&logs, "log", seldom);
    assert_eq!(running.next(), "waiting for log");
    logs.append("log", "one\n");
    assert_eq!(running.next(), "opened 0 log");
    assert_eq!(running.next(), "0: one");
    logs.append("log", "two\n");
    assert_eq!(running.next(), "0: two");
    logs.rename("log", "log.1");
    logs.append("log", "three\n");
    assert_eq!(running.next(), "log: was rotated, following the new file");
    assert_eq!(running.next(), "0: three");
    assert_eq!(running.stop(), ["all ended"]);
}

#[test]
fn polling_alone_will_do() {
    let logs = Logs::with("log", "");
    let polling = Settings { poll_interval: Duration::from_millis(10), inotify: false, ..small() };
    let running = Running::start(&logs, "log", polling);
    assert_eq!(running.next(), "opened 0 log");
    logs.append("log", "one\n");
    assert_eq!(running.next(), "0: one");
    running.stop();
}

#[test]
fn stopping_drains_what_was_written_before() {
    let logs = Logs::with("log", "");
    let running = Running::start(&logs, "log", small());
    logs.append("log", "line\n".repeat(2_000));
    let told = running.stop();
    assert_eq!(told.iter().filter(|told| *told == "0: line").count(), 2_000);
    assert_eq!(told.last().unwrap(), "all ended");
}

#[test]
fn a_full_queue_makes_reading_wait_and_loses_nothing() {
    let logs = Logs::with("log", "");
    let pattern = Pattern { path: logs.path("log"), from: End };
    let follower = Follower::new(
        vec![pattern],
        small(),
        Arc::new(SystemClock::new()),
        Arc::new(SystemFiles),
        Resume::default(),
    )
    .unwrap();
    logs.append("log", "line\n".repeat(20_000));
    let (out, received) = bounded(1);
    let (stop, stopped) = bounded::<()>(1);
    let thread = thread::spawn(move || follower.run(&out, &stopped));
    drop(stop);
    let told: Vec<_> = received.iter().flat_map(|tail| logs.shown(tail)).collect();
    thread.join().unwrap();
    assert_eq!(told.iter().filter(|told| *told == "0: line").count(), 20_000);
}

#[test]
fn nobody_receiving_ends_it() {
    let logs = Logs::with("log", "");
    let mut running = Running::start(&logs, "log", small());
    running.received = bounded(1).1;
    logs.append("log", "one\n");
    running.thread.join().unwrap();
}
