//! Weir as a service: signals, the service manager's protocol, and a configuration that is read
//! again.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::support::{Line, Log, Running, Stream, Weir, now};

fn lines(count: usize) -> Log {
    Log::new().lines(count, &Line::at(now()))
}

const CONFIG: &str = "\
[[source]]
path = \"access.log\"

[monitor.reporting.config]
interval = \"1s\"

[monitor.alerting.config]
threshold = 1
interval = \"1h\"
";

fn service() -> Running {
    let mut running = Weir::new(["run"]).json().config(CONFIG).file("access.log", "").start();
    running.wait_for_event("a report", |event| event["type"] == "report");
    running
}

fn reported(running: &mut Running, requests: u64) {
    running.wait_for_event("a report of them", |event| {
        event["type"] == "report" && event["measures"]["requests_processed"] == requests
    });
}

fn reconfigure(running: &Running, config: &str) {
    std::fs::write(running.path("weir.toml"), config).unwrap();
    running.signal("HUP");
}

#[test]
fn sigusr1_publishes_the_books_and_the_run_goes_on() {
    let mut running = service();
    lines(3).append_to(&running.path("access.log"));
    reported(&mut running, 3);
    running.signal("USR1");
    let account = running.wait_for_event("the account", |event| event["type"] == "account");
    assert_eq!([&account["read"], &account["lag_bytes"]], [3, 0]);
    lines(2).append_to(&running.path("access.log"));
    reported(&mut running, 2);
    let found = running.stop().succeeds();
    assert_eq!(found.events_of("account").len(), 2);
}

#[test]
fn sighup_reads_the_configuration_again_and_nothing_is_lost_or_said_twice() {
    let mut running = service();
    lines(4_000).append_to(&running.path("access.log"));
    running.wait_for_event("an alert", |event| event["state"] == "firing");
    reconfigure(&running, &CONFIG.replace("\"1h\"", "\"30m\""));
    running.wait_for_event("a report", |event| event["type"] == "report");
    lines(2).append_to(&running.path("access.log"));
    reported(&mut running, 2);
    let found = running.stop().succeeds();
    assert_eq!(found.only("account")["read"], 4_002, "{}{}", found.stdout, found.stderr);
    assert_eq!(found.events_of("alert").len(), 1, "{}", found.stdout);
    let reports = found.events_of("report");
    let counts = reports.iter().map(|report| &report["measures"]["requests_processed"]);
    assert_eq!(counts.map(|count| count.as_u64().unwrap()).sum::<u64>(), 4_002);
}

#[test]
fn a_configuration_that_is_wrong_changes_nothing() {
    let mut running = service();
    for (wrong, why) in [
        ("[tail]\npoll_interval = 5", "needs a unit"),
        ("[monitor.alerting.config]\nthreshold = -1", "threshold"),
        ("[monitor.missing]", "no plugin `missing`"),
    ] {
        reconfigure(&running, wrong);
        running.wait_for(Stream::Err, why);
        lines(1).append_to(&running.path("access.log"));
        reported(&mut running, 1);
    }
    let found = running.stop().succeeds();
    assert_eq!(found.stderr.matches("is not read again, all goes on as before").count(), 3);
    assert_eq!(found.only("account")["read"], 3);
}

#[test]
fn a_log_that_is_no_longer_followed_leaves_the_books() {
    let mut running = service();
    std::fs::write(running.path("other.log"), "").unwrap();
    reconfigure(&running, &CONFIG.replace("access.log", "other.log"));
    running.wait_for_event("a report", |event| event["type"] == "report");
    // A report could still have been made before.
    lines(2).append_to(&running.path("other.log"));
    reported(&mut running, 2);
    let account = running.stop().succeeds().only("account");
    assert_eq!(account["source"], "other.log");
    assert_eq!(account["read"], 2);
}

/// A service manager's end of the protocol.
struct Manager {
    socket: UnixDatagram,
    folder: tempfile::TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        Self { socket, folder }
    }

    /// Waits for the next message that has this line.
    fn is_told(&self, line: &str) {
        let mut message = [0; 4_096];
        loop {
            let bytes = self.socket.recv(&mut message).unwrap();
            let text = std::str::from_utf8(&message[..bytes]).unwrap();
            if text.lines().any(|told| told.starts_with(line)) {
                return;
            }
        }
    }
}

#[test]
fn a_service_manager_is_told_of_readiness_life_reloads_and_the_end() {
    let manager = Manager::new();
    let weir = Weir::new(["run"]).config(CONFIG).file("access.log", "");
    let weir = weir.env("NOTIFY_SOCKET", manager.folder.path().join("notify"));
    let running = weir.env("WATCHDOG_USEC", "200000").start();
    manager.is_told("READY=1");
    manager.is_told("WATCHDOG=1");
    manager.is_told("WATCHDOG=1");
    running.signal("HUP");
    manager.is_told("RELOADING=1");
    manager.is_told("READY=1");
    running.signal("TERM");
    manager.is_told("STOPPING=1");
    running.finish().succeeds();
}

#[test]
fn rejected_lines_are_kept_with_their_reasons() {
    let weir = Weir::replay(&Log::new().line(&"rubbish").line(&Line::at(now())).line(&"\u{e9}"));
    let path = weir.path("rejects.jsonl");
    let log = weir.path("access.log");
    let mut bytes = std::fs::read(&log).unwrap();
    bytes.extend_from_slice(b"\xff\xfe\n");
    std::fs::write(&log, bytes).unwrap();
    let running = weir.json().args(["--rejects", "rejects.jsonl"]).start();
    let (found, folder) = running.finish_leaving_folder();
    assert_eq!(found.succeeds().only("account")["rejected"], 3);
    let kept = std::fs::read_to_string(&path).unwrap();
    let kept: Vec<serde_json::Value> =
        kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(kept.len(), 3);
    assert_eq!([&kept[0]["line"], &kept[0]["source"]], ["rubbish", "access.log"]);
    assert!(kept[0]["reason"].as_str().unwrap().contains("expected"), "{}", kept[0]);
    assert_eq!(kept[2]["line_hex"], "fffe");
    drop(folder);
}
