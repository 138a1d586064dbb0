//! Lines of an access log that are made one at a time, so that a million of them take no memory.

use std::io::{self, Cursor, Read};

/// 2018-09-11 12:00:00 UTC: when every log of the checks begins.
pub(super) const NOON: i64 = 1_536_667_200;

/// A line of the Combined format; every field may be any bytes.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) client: Vec<u8>,
    pub(super) user: Vec<u8>,
    /// As it stands between the brackets.
    pub(super) stamp: String,
    pub(super) request: Vec<u8>,
    pub(super) status: String,
    pub(super) bytes: String,
    /// The referrer and what comes behind it.
    pub(super) rest: Vec<u8>,
}

impl Line {
    /// An ordinary request, so many seconds after [`NOON`]: less than an hour.
    pub(super) fn at(second: u32) -> Self {
        Self {
            client: b"192.0.2.7".to_vec(),
            user: b"-".to_vec(),
            stamp: format!("11/Sep/2018:12:{:02}:{:02} +0000", second / 60 % 60, second % 60),
            request: b"GET /pages/create HTTP/1.1".to_vec(),
            status: "200".to_owned(),
            bytes: "512".to_owned(),
            rest: b"\"-\" \"check\"".to_vec(),
        }
    }

    /// The line's bytes, with its newline.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let Self { client, user, stamp, request, status, bytes, rest } = self;
        let parts: [&[u8]; 13] = [
            &client,
            b" - ",
            &user,
            b" [",
            stamp.as_bytes(),
            b"] \"",
            &request,
            b"\" ",
            status.as_bytes(),
            b" ",
            bytes.as_bytes(),
            b" ",
            &rest,
        ];
        let mut line = parts.concat();
        line.push(b'\n');
        line
    }
}

/// The lines as what a log's file would be read from.
pub(super) fn log<I>(lines: I) -> Box<dyn Read + Send>
where
    I: IntoIterator<Item = Line>,
    I::IntoIter: Send + 'static,
{
    Box::new(Made { lines: lines.into_iter(), line: Cursor::default() })
}

struct Made<I> {
    lines: I,
    /// The line that is being read.
    line: Cursor<Vec<u8>>,
}

impl<I: Iterator<Item = Line>> Read for Made<I> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let count = self.line.read(rest)?;
            filled += count;
            if count == 0 {
                match self.lines.next() {
                    Some(line) => self.line = Cursor::new(line.into_bytes()),
                    None => break,
                }
            }
        }
        Ok(filled)
    }
}
