//! What breaks careless monitors. Each scenario is played to an instance of its own, which begins
//! without any line at noon.

use std::time::Duration;

use super::lines::{Line, log};
use crate::pipeline::{PipelineError, Rehearsal};

/// Lines of the scenario with a million distinct paths and clients.
const DISTINCT_LINES: u32 = 1_000_000;
/// How many of them come in a second: about what a batch holds.
const DISTINCT_LINES_A_SECOND: u32 = 10_000;
/// Lines with long texts, more than an answer may have rows.
const LONG_KEYS: u32 = 5_000;
/// How long those texts are, in bytes: longer than what a text is grouped by may be.
const LONG_KEY_BYTES: usize = 1_000;
/// What of a line with one huge field the other fields take at most, in bytes.
const OTHER_FIELDS_BYTES: usize = 128;
/// Statuses that monitors ask for.
const STATUSES: [&str; 6] = ["200", "301", "401", "403", "404", "500"];
const YEAR: Duration = Duration::from_hours(24 * 365);

/// Plays something to a monitor; lines may have so many bytes.
type Play = fn(&mut Rehearsal, usize) -> Result<(), PipelineError>;

/// The scenarios, by what they are called.
pub(super) const SCENARIOS: [(&str, Play); 10] = [
    ("no lines", no_lines),
    ("one line", one_line),
    ("every status", every_status),
    ("nothing but dashes", dashes),
    ("huge fields", huge_fields),
    ("bytes that are no UTF-8", no_utf8),
    ("extreme numbers", extreme_numbers),
    ("large answers", large_answers),
    ("a million paths", a_million_paths),
    ("time that jumps", jumping_time),
];

/// What a monitor of a quiet log sees: answers without rows, or with zeros.
fn no_lines(rehearsal: &mut Rehearsal, _line_bytes: usize) -> Result<(), PipelineError> {
    rehearsal.hand_over_nothing()?;
    rehearsal.tick()?;
    rehearsal.tick()?;
    rehearsal.hand_over_nothing()?;
    rehearsal.tick()
}

fn one_line(rehearsal: &mut Rehearsal, _line_bytes: usize) -> Result<(), PipelineError> {
    rehearsal.read(log([Line::at(0)]))?;
    rehearsal.tick()
}

fn every_status(rehearsal: &mut Rehearsal, _line_bytes: usize) -> Result<(), PipelineError> {
    let statuses = (0..1_000).map(|status| format!("{status:03}")).chain(["-".to_owned()]);
    rehearsal.read(log(statuses.map(|status| Line { status, ..Line::at(0) })))?;
    rehearsal.tick()
}

/// What servers write of connections that sent nothing.
fn dashes(rehearsal: &mut Rehearsal, _line_bytes: usize) -> Result<(), PipelineError> {
    let dash = || b"-".to_vec();
    let line = Line {
        client: dash(),
        user: dash(),
        request: dash(),
        status: "-".to_owned(),
        bytes: "-".to_owned(),
        rest: b"\"-\" \"-\"".to_vec(),
        ..Line::at(0)
    };
    rehearsal.read(log(std::iter::repeat_n(line, 100)))?;
    rehearsal.tick()
}

fn huge_fields(rehearsal: &mut Rehearsal, line_bytes: usize) -> Result<(), PipelineError> {
    let bytes = line_bytes.saturating_sub(OTHER_FIELDS_BYTES);
    let filled = |pattern: &[u8]| pattern.iter().copied().cycle().take(bytes).collect::<Vec<u8>>();
    let request = |target: Vec<u8>| [b"GET ".to_vec(), target, b" HTTP/1.1".to_vec()].concat();
    let lines = [
        Line { client: filled(b"c"), ..Line::at(0) },
        Line { user: filled(b"u"), ..Line::at(0) },
        Line { request: filled(b"M"), ..Line::at(0) },
        Line { request: request(filled(b"/")), ..Line::at(1) },
        Line { request: request(filled(b"/a")), ..Line::at(1) },
        Line { request: request(filled("/\u{e9}".as_bytes())), ..Line::at(1) },
        Line { request: request(filled(b"?a=b&")), ..Line::at(1) },
        Line { rest: filled(b"r"), ..Line::at(1) },
        Line { rest: filled(b"\"\\\""), ..Line::at(1) },
    ];
    rehearsal.read(log(lines.into_iter().flat_map(with_every_status)))?;
    rehearsal.tick()
}

/// Every byte that is none, what is nearly a character, and characters that rule terminals.
fn no_utf8(rehearsal: &mut Rehearsal, _line_bytes: usize) -> Result<(), PipelineError> {
    let wrong: [&[u8]; 6] = [
        b"\xed\xa0\x80",     // a surrogate
        b"\xc0\xaf",         // a slash in two bytes
        b"\xf4\x90\x80\x80", // beyond the last character
        b"\xe2\x82",         // the beginning of one
        b"\x1b[31m\x07\x00", // a terminal's commands
        "\u{202e}\u{feff}\u{2028}".as_bytes(),
    ];
    let single = (0x80..=0xff_u8).map(|byte| vec![byte]);
    let texts = single.chain(wrong.map(<[u8]>::to_vec)).chain([(0x80..=0xff).collect()]);
    let lines = texts.flat_map(|text| {
        let target = [b"GET /", text.as_slice(), b"/x HTTP/1.1"].concat();
        let method = [text.as_slice(), b" / HTTP/1.1"].concat();
        [
            Line { client: text.clone(), ..Line::at(0) },
            Line { user: text.clone(), ..Line::at(0) },
            Line { request: target, ..Line::at(0) },
            Line { request: method, ..Line::at(0) },
            Line { rest: text, ..Line::at(0) },
        ]
    });
    rehearsal.read(log(lines.flat_map(with_every_status)))?;
    rehearsal.tick()
}

/// Sizes at the ends of what a number can say, so that sums and means are far beyond.
fn extreme_numbers(rehearsal: &mut Rehearsal, _line_bytes: usize) -> Result<(), PipelineError> {
    let sizes = [0, 1, 1 << 32, (1 << 53) + 1, u64::MAX >> 1, u64::MAX - 1, u64::MAX];
    let lines = sizes.into_iter().cycle().take(7_000);
    let lines = lines.map(|size| Line { bytes: size.to_string(), ..Line::at(0) });
    rehearsal.read(log(lines.flat_map(with_every_status)))?;
    rehearsal.tick()
}

fn large_answers(rehearsal: &mut Rehearsal, _line_bytes: usize) -> Result<(), PipelineError> {
    let lines = (0..LONG_KEYS).map(|n| {
        // Distinct where a text is cut, too.
        let text = format!("{n:08}").into_bytes();
        let text = text.into_iter().cycle().take(LONG_KEY_BYTES).collect::<Vec<u8>>();
        let request = [b"GET /", text.as_slice(), b"/x HTTP/1.1"].concat();
        Line { client: text.clone(), user: text, request, status: status(n), ..Line::at(n / 500) }
    });
    rehearsal.read(log(lines))?;
    rehearsal.tick()
}

fn a_million_paths(rehearsal: &mut Rehearsal, _line_bytes: usize) -> Result<(), PipelineError> {
    let lines = (0..DISTINCT_LINES).map(|n| Line {
        client: format!("10.{}.{}.{}", n >> 16 & 255, n >> 8 & 255, n & 255).into_bytes(),
        request: format!("GET /{n:x}/page?id={n} HTTP/1.1").into_bytes(),
        status: status(n),
        bytes: n.to_string(),
        ..Line::at(n / DISTINCT_LINES_A_SECOND)
    });
    rehearsal.read(log(lines))?;
    rehearsal.tick()
}

/// A pause as long as every window, half a century in one step, and a line of before.
fn jumping_time(rehearsal: &mut Rehearsal, _line_bytes: usize) -> Result<(), PipelineError> {
    let after = |second: u32, year: u32| Line {
        stamp: format!("11/Sep/{year}:12:00:{second:02} +0000"),
        ..Line::at(0)
    };
    rehearsal.read(log((0..60).map(Line::at)))?;
    rehearsal.tick()?;
    rehearsal.pass(rehearsal.horizon());
    rehearsal.tick()?;
    rehearsal.read(log((0..60).map(move |second| after(second, 2068))))?;
    rehearsal.tick()?;
    rehearsal.read(log([Line::at(0)]))?;
    rehearsal.tick()?;
    rehearsal.pass(YEAR.saturating_mul(100));
    rehearsal.tick()
}

/// The line once for each status that a monitor may ask for.
fn with_every_status(line: Line) -> impl Iterator<Item = Line> + Send {
    STATUSES.into_iter().map(move |status| Line { status: status.to_owned(), ..line.clone() })
}

fn status(n: u32) -> String {
    let of = usize::try_from(n).unwrap_or_default() % STATUSES.len();
    STATUSES.get(of).copied().unwrap_or("200").to_owned()
}
