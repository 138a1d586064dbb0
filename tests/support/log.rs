//! Access logs, line by line, with the stamps that a test wants.

use std::fmt;
use std::path::Path;

use weir::clock::{Clock as _, SystemClock};

/// 2018-09-11 12:00:00 UTC, a multiple of every interval that the tests use.
pub(crate) const NOON: i64 = 1_536_667_200;

/// The machine's time, in whole seconds.
pub(crate) fn now() -> i64 {
    SystemClock::new().now().secs()
}

/// A second as the Common Log Format writes it, without the brackets.
fn clf(second: i64) -> String {
    let time = chrono::DateTime::from_timestamp(second, 0).expect("a second of this era");
    time.format("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

/// One request in the Combined format.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    client: String,
    user: String,
    stamp: String,
    method: String,
    target: String,
    status: String,
    size: String,
}

impl Line {
    /// `GET /pages/create` at `second`, answered with 200 and 512 bytes.
    pub(crate) fn at(second: i64) -> Self {
        Self::stamped(&clf(second))
    }

    /// The same with a stamp written by hand.
    pub(crate) fn stamped(stamp: &str) -> Self {
        Self {
            client: "192.0.2.7".to_owned(),
            user: "alice".to_owned(),
            stamp: stamp.to_owned(),
            method: "GET".to_owned(),
            target: "/pages/create".to_owned(),
            status: "200".to_owned(),
            size: "512".to_owned(),
        }
    }

    pub(crate) fn client(mut self, client: &str) -> Self {
        client.clone_into(&mut self.client);
        self
    }

    pub(crate) fn user(mut self, user: &str) -> Self {
        user.clone_into(&mut self.user);
        self
    }

    pub(crate) fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    pub(crate) fn target(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    pub(crate) fn status(mut self, status: impl fmt::Display) -> Self {
        self.status = status.to_string();
        self
    }

    pub(crate) fn size(mut self, size: &str) -> Self {
        size.clone_into(&mut self.size);
        self
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, user, stamp, method, target, status, size } = self;
        write!(
            f,
            "{client} - {user} [{stamp}] \"{method} {target} HTTP/1.1\" {status} {size} \"-\" \"tests\""
        )
    }
}

/// The text of a log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(String);

impl Log {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// `count` requests, a second apart, the first at `start`.
    pub(crate) fn every_second(start: i64, count: i64) -> Self {
        (start..start + count).fold(Self::new(), |log, second| log.line(&Line::at(second)))
    }

    /// One more line.
    pub(crate) fn line(mut self, line: &impl fmt::Display) -> Self {
        use fmt::Write as _;
        writeln!(self.0, "{line}").unwrap();
        self
    }

    /// One more line, `count` times.
    pub(crate) fn lines(self, count: usize, line: &impl fmt::Display) -> Self {
        (0..count).fold(self, |log, _| log.line(line))
    }

    /// Another log's lines behind these.
    pub(crate) fn then(mut self, other: &Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Appends to a file in one write, as servers do; makes the file where there is none.
    pub(crate) fn append_to(&self, path: &Path) {
        use std::io::Write as _;
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        file.unwrap().write_all(self.0.as_bytes()).unwrap();
    }
}

impl AsRef<[u8]> for Log {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
