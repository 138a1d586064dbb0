//! The format for people: one layout for every monitor's reports and alerts.

use std::borrow::Cow;
use std::io::Write as _;

use super::Encode;
use crate::event::{
    Account, AlertChange, Consequence, Edge, Event, Fault, Lost, Measure, PluginIdentity, Report,
    ResolvedCause, Swap, Usage,
};

const RULE: &str = "---------------------------";

/// SGR codes (ECMA-48), used where colour is on.
const RED: &str = "\x1b[1;31m";
const GREEN: &str = "\x1b[1;32m";
const YELLOW: &str = "\x1b[1;33m";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

/// How many digits of a checksum are shown.
const SHA256_DIGITS_SHOWN: usize = 12;

/// The text format.
#[derive(Debug, Default)]
pub struct Text {
    color: bool,
    /// What was written last, if anything: blocks of different kinds stand apart.
    last: Option<Block>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Line,
    Alert,
    Report,
}

impl Text {
    /// With ANSI colours or without.
    pub fn new(color: bool) -> Self {
        Self { color, last: None }
    }

    /// An empty line between blocks, but not between two single lines of the same kind.
    fn separate(&mut self, block: Block, out: &mut Vec<u8>) {
        let together = self.last == Some(block) && block == Block::Line;
        if self.last.is_some() && !together {
            out.push(b'\n');
        }
        self.last = Some(block);
    }

    fn paint(&self, color: &'static str) -> (&'static str, &'static str) {
        if self.color { (color, PLAIN) } else { ("", "") }
    }

    fn report(&self, report: &Report, out: &mut Vec<u8>) {
        let (bold, plain) = self.paint(BOLD);
        line(out, format_args!("{bold}{} {}{plain}", printable(&report.title), report.time));
        line(out, format_args!("{RULE}"));
        for (name, value) in &report.measures {
            let name = printable(name);
            match value {
                Measure::Count(count) => line(out, format_args!("{name}: {count}")),
                Measure::Number(number, unit) if unit.is_empty() => {
                    line(out, format_args!("{name}: {number:.1}"));
                }
                Measure::Number(number, unit) => {
                    line(out, format_args!("{name}: {number:.1} {}", printable(unit)));
                }
                Measure::Text(text) => line(out, format_args!("{name}: {}", printable(text))),
            }
        }
    }

    fn alert(&self, change: &AlertChange, out: &mut Vec<u8>) {
        let condition = &change.condition;
        let (name, time) = (printable(&condition.name), change.time);
        match change.edge {
            Edge::Firing => {
                let (red, plain) = self.paint(RED);
                let mut details: Vec<String> = Vec::new();
                if let Some((value, unit)) = &condition.value {
                    let unit =
                        if unit.is_empty() { Cow::Borrowed("value") } else { printable(unit) };
                    details.push(format!("{unit}: {value:.1}"));
                }
                let labels = condition.labels.iter();
                details.extend(labels.map(|(k, v)| format!("{}: {}", printable(k), printable(v))));
                let dash = if details.is_empty() { "" } else { " - " };
                let details = details.join(", ");
                line(
                    out,
                    format_args!(
                        "{red}[ALERT]{plain} {name} generated an alert{dash}{details}, \
                         triggered at {time}."
                    ),
                );
            }
            Edge::Resolved { duration, cause: ResolvedCause::MonitorEnded, .. } => {
                let (yellow, plain) = self.paint(YELLOW);
                let seconds = duration.as_secs_f64();
                line(
                    out,
                    format_args!(
                        "{yellow}[ALERT]{plain} {name} alert ended at {time} with its monitor, which \
                         does not run any more. Duration: {seconds:.1}s."
                    ),
                );
            }
            Edge::Resolved { duration, cause: ResolvedCause::Over, .. } => {
                let (green, plain) = self.paint(GREEN);
                let seconds = duration.as_secs_f64();
                line(
                    out,
                    format_args!(
                        "{green}[ALERT]{plain} {name} alert recovered at {time}. \
                         Duration: {seconds:.1}s."
                    ),
                );
            }
        }
    }

    fn fault(&self, fault: &Fault, out: &mut Vec<u8>) {
        let (yellow, plain) = self.paint(YELLOW);
        let (monitor, kind, phase) = (printable(&fault.monitor), fault.kind.name(), fault.phase);
        let message = printable(&fault.message);
        let next = match fault.consequence {
            Consequence::RetryIn(wait) => format!("a fresh instance takes over in {wait:?}"),
            Consequence::Ended => "this monitor does not run, the others do".to_owned(),
            Consequence::GoesOn => "the monitor goes on".to_owned(),
            Consequence::Quarantined { failures } => format!(
                "quarantined after {failures} failures in a row, until its file, its settings or \
                 its limits change"
            ),
        };
        line(
            out,
            format_args!("{yellow}[FAULT]{plain} {monitor}: {kind} in {phase}: {message}; {next}."),
        );
    }

    fn lost(&self, lost: &Lost, out: &mut Vec<u8>) {
        let Lost { source, file, from, to, lines, cause, .. } = lost;
        let (yellow, plain) = self.paint(YELLOW);
        line(
            out,
            format_args!(
                "{yellow}[LOST]{plain} {}: {} bytes, at least {lines} lines: {from} to {to} of {} \
                 ({cause})",
                printable(source),
                lost.bytes(),
                printable(file)
            ),
        );
    }
}

impl Encode for Text {
    fn encode(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Started { source } => {
                self.separate(Block::Line, out);
                line(out, format_args!("[INFO] Monitoring access log at {}", printable(source)));
            }
            Event::Report(report) => {
                self.separate(Block::Report, out);
                self.report(report, out);
            }
            Event::Alert(change) => {
                self.separate(Block::Alert, out);
                self.alert(change, out);
            }
            Event::Swapped(swap) => {
                self.separate(Block::Line, out);
                write_swap(swap, out);
            }
            Event::Fault(fault) => {
                self.separate(Block::Line, out);
                self.fault(fault, out);
            }
            Event::Lost(lost) => {
                self.separate(Block::Line, out);
                self.lost(lost, out);
            }
            Event::Account(account) => {
                self.separate(Block::Line, out);
                write_account(account, out);
            }
            Event::Usage(usage) => {
                self.separate(Block::Line, out);
                write_usage(usage, out);
            }
        }
    }
}

fn write_swap(swap: &Swap, out: &mut Vec<u8>) {
    let monitor = printable(&swap.monitor);
    let (old, new) = (swap.old.as_deref().map(file), swap.new.as_deref().map(file));
    match (old, new) {
        (None, None) => {}
        (None, Some(new)) => line(out, format_args!("[INFO] Monitor {monitor} begins: {new}")),
        (Some(old), None) => {
            line(out, format_args!("[INFO] Monitor {monitor} ends: {old} is gone"));
        }
        (Some(old), Some(new)) => {
            line(out, format_args!("[INFO] Monitor {monitor} goes on with {new}, until now {old}"));
        }
    }
}

/// A file as people tell it from another: its version, and as much of its checksum as nobody meets
/// twice by chance.
fn file(identity: &PluginIdentity) -> String {
    let version = identity.version.as_deref().map_or("no version", |version| version);
    let sha256 = identity.sha256.get(..SHA256_DIGITS_SHOWN).unwrap_or(&identity.sha256);
    format!("{} (sha256 {sha256})", printable(version))
}

/// What is seldom anything but nothing is said only where it is something.
fn write_account(account: &Account, out: &mut Vec<u8>) {
    let Account { source, read, parsed, rejected, too_long, late, future, lost, .. } = account;
    let Account { lost_bytes, partial, lag_bytes, lag, .. } = account;
    let seldom = [
        (*lost_bytes > 0).then(|| format!(" ({lost_bytes} bytes)")),
        (*partial > 0).then(|| format!("; {partial} without a newline")),
        (*lag_bytes > 0)
            .then(|| format!("; {lag_bytes} bytes wait, {:.1}s behind", lag.as_secs_f64())),
    ];
    let rest: String = seldom.into_iter().flatten().collect();
    line(
        out,
        format_args!(
            "[INFO] Account of {}: {read} lines read = {parsed} parsed + {rejected} rejected + \
             {too_long} too long + {late} late + {future} future; {lost} lost{rest}",
            printable(source)
        ),
    );
}

/// Each number with its limit behind it.
fn write_usage(usage: &Usage, out: &mut Vec<u8>) {
    let Usage { memory_bytes, memory_bytes_highest, events_this_minute, queries, .. } = usage;
    let Usage { kept_bytes, replacements, failures_in_a_row, limits, .. } = usage;
    let calls = match (usage.call_last, usage.call_longest) {
        (Some(last), Some(longest)) => {
            let deadline = limits.deadline;
            format!("; last call {last:.1?}, longest {longest:.1?} of {deadline:?}")
        }
        _ => String::new(),
    };
    line(
        out,
        format_args!(
            "[INFO] Usage of {}, {}: {memory_bytes} of {} bytes of memory, at most \
             {memory_bytes_highest} until now{calls}; {events_this_minute} of {} events this minute; \
             {queries} of {} questions; {kept_bytes} of {} bytes kept; replaced {replacements} times, \
             {failures_in_a_row} failures in a row",
            printable(&usage.monitor),
            usage.standing.name(),
            limits.memory_bytes,
            limits.events_per_minute,
            limits.queries,
            limits.kept_bytes,
        ),
    );
}

fn line(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Memory takes every byte.
    let _ = writeln!(out, "{text}");
}

/// A text of a monitor or of a log that is safe on a terminal: what `is_disruptive` is shown as
/// U+FFFD.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(is_disruptive) {
        Cow::Owned(text.replace(is_disruptive, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Control characters, which could move a terminal's cursor or set its title (U+009B alone begins a
/// sequence as `ESC [` does), the marks that reorder the text around them (UAX #9, explicit
/// formatting), and what ends a line for some readers and not for others.
pub(super) fn is_disruptive(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests;
