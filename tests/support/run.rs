//! A run that has begun: its output as it comes, and what was left at its end.
//!
//! Tests wait for what they can observe and never for time to pass; a wait that is in vain ends at
//! a deadline, far beyond what a slow machine needs, with everything that was said until then.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use weir::clock::{Clock as _, SystemClock};

/// How long a test waits for anything.
const DEADLINE: Duration = Duration::from_mins(1);
/// How long to listen to the run before a file is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// Lines that may wait for the test; the program waits with them.
const LINES_MAX: usize = 1 << 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// What one of the two streams says.
enum Said {
    Line(Stream, String),
    End,
}

/// A run that has begun.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    folder: TempDir,
    said: Receiver<Said>,
    lines: Vec<(Stream, String)>,
    /// How many of the lines [`Running::wait_for`] has passed.
    seen: usize,
    open_streams: usize,
    closing: Arc<AtomicBool>,
    clock: SystemClock,
}

impl Running {
    pub(super) fn new(mut child: Child, folder: TempDir, input: Option<Vec<u8>>) -> Self {
        let (to_test, said) = sync_channel(LINES_MAX);
        let closing = Arc::new(AtomicBool::new(false));
        let never = Arc::new(AtomicBool::new(false));
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        listen(Stream::Out, out, Arc::clone(&closing), to_test.clone());
        listen(Stream::Err, err, never, to_test);
        let mut stdin = child.stdin.take();
        if let Some(input) = input {
            let mut stdin = stdin.take().unwrap();
            // A run that ends early does not read all of it; that is no failure of the test.
            std::thread::spawn(move || drop(stdin.write_all(&input)));
        }
        let (lines, seen, open_streams) = (Vec::new(), 0, 2);
        let clock = SystemClock::new();
        Self { child, stdin, folder, said, lines, seen, open_streams, closing, clock }
    }

    /// The path of a file in the run's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes to the run's standard input, which was left open.
    pub(crate) fn write(&mut self, text: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(text.as_ref()).and_then(|()| stdin.flush()).unwrap();
    }

    /// Ends the run's standard input.
    pub(crate) fn end_stdin(&mut self) {
        self.stdin = None;
    }

    /// Waits for the next line of a stream, behind those waited for before, that has `needle`.
    pub(crate) fn wait_for(&mut self, stream: Stream, needle: &str) -> String {
        let wanted = |line: &str| line.contains(needle).then(|| line.to_owned());
        self.wait_until(stream, needle, wanted)
    }

    /// Waits for the next event, behind what was waited for before, that is `wanted`.
    pub(crate) fn wait_for_event(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.wait_until(Stream::Out, what, |line| {
            let event = serde_json::from_str(line).expect("every line of JSON output is JSON");
            wanted(&event).then_some(event)
        })
    }

    /// Waits until the guest `rows` has reported `count` lines behind what was waited for before,
    /// in text output.
    pub(crate) fn wait_for_rows(&mut self, count: u64) {
        let mut rows = 0;
        while rows < count {
            let what = format!("{count} rows, of which {rows} were seen");
            rows += self.wait_until(Stream::Out, &what, |line| {
                line.strip_prefix("rows: ").map(|count| count.parse::<u64>().unwrap())
            });
        }
        assert_eq!(rows, count, "more lines were read than were written");
    }

    /// Waits until each of these logs is followed, in text output.
    pub(crate) fn wait_for_logs(&mut self, logs: &[&str]) {
        for log in logs {
            self.wait_for(Stream::Out, &format!("[INFO] Monitoring access log at {log}"));
        }
    }

    /// Closes standard output as a reader such as `head -1` does, behind the next line.
    pub(crate) fn close_stdout(&self) {
        self.closing.store(true, Ordering::Release);
    }

    fn wait_until<T>(
        &mut self,
        stream: Stream,
        what: &str,
        wanted: impl Fn(&str) -> Option<T>,
    ) -> T {
        let deadline = self.clock.elapsed() + DEADLINE;
        loop {
            while let Some((of, line)) = self.lines.get(self.seen) {
                self.seen += 1;
                if let Some(found) = (*of == stream).then(|| wanted(line)).flatten() {
                    return found;
                }
            }
            assert!(
                self.hear(deadline, what),
                "the run ended without {what} on {stream:?}; there was:\n{}",
                self.transcript()
            );
        }
    }

    /// Takes one line in; false where none will come any more. Panics behind the deadline.
    fn hear(&mut self, deadline: Duration, what: &str) -> bool {
        if self.open_streams == 0 {
            return false;
        }
        match self.said.recv_timeout(deadline.saturating_sub(self.clock.elapsed())) {
            Ok(Said::Line(stream, line)) => self.lines.push((stream, line)),
            Ok(Said::End) => self.open_streams -= 1,
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => {
                panic!("no {what} within {DEADLINE:?}; there was:\n{}", self.transcript())
            }
        }
        true
    }

    fn transcript(&self) -> String {
        let lines = self.lines.iter().map(|(stream, line)| format!("  {stream:?} {line}\n"));
        lines.collect()
    }

    /// Waits until a file says what is wanted of it. Meanwhile the run's output is taken in.
    pub(crate) fn wait_for_file(&mut self, name: &str, wanted: impl Fn(&str) -> bool) {
        let deadline = self.clock.elapsed() + DEADLINE;
        let path = self.path(name);
        while !std::fs::read_to_string(&path).is_ok_and(|text| wanted(&text)) {
            if let Ok(Said::Line(stream, line)) = self.said.recv_timeout(LOOK_AGAIN) {
                self.lines.push((stream, line));
            }
            let said = self.transcript();
            assert!(self.clock.elapsed() < deadline, "{name} is not as wanted; there was:\n{said}");
        }
    }

    /// Ends it as a loss of power would, with SIGKILL, and leaves its folder for a next run.
    pub(crate) fn kill(self) -> (Finished, TempDir) {
        self.signal("KILL");
        self.finish_leaving_folder()
    }

    /// Sends SIGTERM, waits for the end and leaves its folder.
    pub(crate) fn stop_leaving_folder(self) -> (Finished, TempDir) {
        self.signal("TERM");
        self.finish_leaving_folder()
    }

    /// Waits for the end and leaves its folder.
    pub(crate) fn finish_leaving_folder(mut self) -> (Finished, TempDir) {
        let folder = std::mem::replace(&mut self.folder, TempDir::new().unwrap());
        (self.finish(), folder)
    }

    /// Sends a signal, such as `INT` or `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        assert!(sent.success(), "cannot send SIG{name} to {pid}");
    }

    /// The most memory that the run has had at any time until now.
    pub(crate) fn peak_memory_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1_024
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn stop(self) -> Finished {
        self.signal("TERM");
        self.finish()
    }

    /// Waits for the end.
    pub(crate) fn finish(mut self) -> Finished {
        let deadline = self.clock.elapsed() + DEADLINE;
        while self.hear(deadline, "end") {}
        let code = self.child.wait().unwrap().code();
        let of = |stream| {
            let lines = self.lines.iter().filter(|(of, _)| *of == stream);
            lines.fold(String::new(), |text, (_, line)| {
                text + line
                    + "
"
            })
        };
        Finished { code, stdout: of(Stream::Out), stderr: of(Stream::Err) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Has usually ended long ago; what has not must not outlive its test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(
    stream: Stream,
    from: impl Read + Send + 'static,
    closing: Arc<AtomicBool>,
    to_test: SyncSender<Said>,
) {
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
            let text = String::from_utf8(std::mem::take(&mut line)).expect("output is UTF-8");
            let text = text.strip_suffix('\n').unwrap_or(&text).to_owned();
            if to_test.send(Said::Line(stream, text)).is_err() {
                return;
            }
            if closing.load(Ordering::Acquire) {
                break;
            }
        }
        let _ = to_test.send(Said::End);
    });
}

/// What a run left behind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Holds the exit code.
    #[track_caller]
    pub(crate) fn exits_with(self, code: i32) -> Self {
        let Self { code: found, stdout, stderr } = &self;
        assert_eq!(*found, Some(code), "the exit code; it said:\n{stdout}\nand:\n{stderr}");
        self
    }

    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.exits_with(0)
    }

    /// Holds that standard error has this text.
    #[track_caller]
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in:\n{}", self.stderr);
        self
    }

    /// The events, of a run with JSON output. Whatever the run was about, its books must balance.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        let event = |line: &str| {
            let event = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            assert_balanced(&event);
            event
        };
        self.stdout.lines().map(event).collect()
    }

    /// The events of one type: `report`, `alert`, `fault` or `account`.
    #[track_caller]
    pub(crate) fn events_of(&self, kind: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["type"] == kind).collect()
    }

    /// The only event of one type.
    #[track_caller]
    pub(crate) fn only(&self, kind: &str) -> Value {
        let mut events = self.events_of(kind);
        assert_eq!(events.len(), 1, "one {kind} in:\n{}{}", self.stdout, self.stderr);
        events.remove(0)
    }

    /// What one monitor said.
    #[track_caller]
    pub(crate) fn events_by(&self, monitor: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["monitor"] == monitor).collect()
    }

    /// What the built-in monitors said, and the books.
    #[track_caller]
    pub(crate) fn built_ins_said(&self) -> Vec<Value> {
        let built_in = |event: &Value| {
            event["type"] == "account"
                || event["monitor"] == "reporting"
                || event["monitor"] == "alerting"
        };
        self.events().into_iter().filter(built_in).collect()
    }

    /// Alerts as `firing@SECOND` and `resolved@SECOND`, seconds after `start`.
    #[track_caller]
    pub(crate) fn edges(&self, start: i64) -> Vec<String> {
        let edge = |alert: &Value| {
            let time = alert["time"].as_str().unwrap();
            let second = chrono::DateTime::parse_from_rfc3339(time).unwrap().timestamp() - start;
            format!("{}@{second}", alert["state"].as_str().unwrap())
        };
        self.events_of("alert").iter().map(edge).collect()
    }
}

#[track_caller]
fn assert_balanced(event: &Value) {
    if event["type"] == "account" {
        let count =
            |name: &str| event[name].as_u64().unwrap_or_else(|| panic!("{name} in {event}"));
        let became = ["parsed", "rejected", "too_long", "late", "future"].map(count);
        assert_eq!(count("read"), became.iter().sum::<u64>(), "{event}");
    }
}
