//! What came of each test, for people and for machines.

use std::fmt::Write as _;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use super::{Case, CommandError, OutputFormat, PluginTestError};
use crate::sink::printable;

/// How many events around a difference are shown.
const CONTEXT_EVENTS: usize = 2;
/// The most lines of one test's difference that are shown.
const DIFF_LINES_MAX: usize = 200;

/// SGR codes (ECMA-48), used where colour is on.
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";

/// What came of one test.
pub(super) enum Outcome {
    Passed,
    /// What is expected was written anew.
    Blessed,
    Failed {
        message: String,
        /// A unified diff, an event a line.
        diff: Option<Vec<DiffLine>>,
    },
}

/// A line of a unified diff, without its newline.
pub(super) struct DiffLine {
    tag: Option<ChangeTag>,
    text: String,
}

/// Compares what a monitor said with what is expected.
pub(super) fn against_golden(case: &Case, events: &str) -> Result<Outcome, PluginTestError> {
    let golden = match std::fs::read_to_string(&case.golden) {
        Ok(golden) => golden,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let path = case.golden.display();
            let message = format!("no {path}\nhint: --bless writes what the monitor says into it");
            return Ok(Outcome::Failed { message, diff: None });
        }
        Err(source) => {
            return Err(PluginTestError::Read { path: case.golden.clone(), source });
        }
    };
    if golden == events {
        return Ok(Outcome::Passed);
    }
    let message = "the events are not those that are expected".to_owned();
    Ok(Outcome::Failed { message, diff: Some(unified(&case.golden, &golden, events)) })
}

fn unified(path: &Path, golden: &str, events: &str) -> Vec<DiffLine> {
    let plain = |text: String| DiffLine { tag: None, text };
    let mut lines = vec![
        plain(format!("--- {}", path.display())),
        plain("+++ what the monitor says".to_owned()),
    ];
    let diff = TextDiff::from_lines(golden, events);
    let mut hunks = diff.unified_diff();
    for hunk in hunks.context_radius(CONTEXT_EVENTS).iter_hunks() {
        lines.push(plain(hunk.header().to_string()));
        for change in hunk.iter_changes() {
            let text = format!("{}{}", change.tag(), change.value().trim_end_matches('\n'));
            lines.push(DiffLine { tag: Some(change.tag()), text });
        }
    }
    let more = lines.len().saturating_sub(DIFF_LINES_MAX);
    if more > 0 {
        lines.truncate(DIFF_LINES_MAX);
        lines.push(plain(format!("... and {more} lines more")));
    }
    lines
}

/// What came of all tests until now.
pub(super) struct Tally {
    format: OutputFormat,
    color: bool,
    passed: usize,
    filtered_out: usize,
    /// The failures, as they are told at the end.
    failures: Vec<String>,
}

impl Tally {
    pub(super) fn new(format: OutputFormat, color: bool, filtered_out: usize) -> Self {
        Self { format, color, passed: 0, filtered_out, failures: Vec::new() }
    }

    /// What stands before the tests.
    pub(super) fn heading(&self, count: usize) -> String {
        match self.format {
            OutputFormat::Text => {
                format!("running {count} {}\n", if count == 1 { "test" } else { "tests" })
            }
            OutputFormat::Json => String::new(),
        }
    }

    /// Counts a test; returns its line.
    pub(super) fn add(&mut self, case: &Case, outcome: Outcome) -> String {
        let name = printable(&case.name);
        let (word, color, failure) = match outcome {
            Outcome::Passed => ("ok", GREEN, None),
            Outcome::Blessed => ("blessed", GREEN, None),
            Outcome::Failed { message, diff } => ("FAILED", RED, Some((message, diff))),
        };
        let json = serde_json::json!({
            "type": "test",
            "name": case.name,
            "ok": failure.is_none(),
            "blessed": word == "blessed",
            "message": failure.as_ref().map(|(message, _)| message),
            "diff": failure.as_ref().and_then(|(_, diff)| Some(plain_text(diff.as_deref()?))),
        });
        match failure {
            None => self.passed += 1,
            Some((message, diff)) => {
                let diff = self.painted_diff(diff.as_deref().unwrap_or_default());
                self.failures.push(format!("\n---- {name} ----\n{message}\n{diff}"));
            }
        }
        match self.format {
            OutputFormat::Text => format!("test {name} ... {}\n", self.painted(color, word)),
            OutputFormat::Json => format!("{json}\n"),
        }
    }

    /// The failures, and the result.
    pub(super) fn ending(&self) -> String {
        let (passed, failed, filtered_out) = (self.passed, self.failures.len(), self.filtered_out);
        match self.format {
            OutputFormat::Text => {
                let result = match failed {
                    0 => self.painted(GREEN, "ok"),
                    _ => self.painted(RED, "FAILED"),
                };
                format!(
                    "{}\ntest result: {result}. {passed} passed; {failed} failed; \
                     {filtered_out} filtered out\n",
                    self.failures.concat()
                )
            }
            OutputFormat::Json => {
                let result = serde_json::json!({
                    "type": "tests", "passed": passed, "failed": failed,
                    "filtered_out": filtered_out,
                });
                format!("{result}\n")
            }
        }
    }

    /// Whether all went well.
    pub(super) fn into_result(self) -> Result<(), CommandError> {
        let failed = self.failures.len();
        let total = self.passed + failed;
        if failed == 0 { Ok(()) } else { Err(CommandError::TestsFailed { failed, total }) }
    }

    fn painted_diff(&self, lines: &[DiffLine]) -> String {
        let mut text = String::new();
        for line in lines {
            let shown = printable(&line.text);
            let shown = match line.tag {
                Some(ChangeTag::Delete) => self.painted(RED, &shown),
                Some(ChangeTag::Insert) => self.painted(GREEN, &shown),
                Some(ChangeTag::Equal) | None => shown.into_owned(),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{shown}");
        }
        text
    }

    fn painted(&self, color: &str, text: &str) -> String {
        if self.color { format!("{color}{text}{PLAIN}") } else { text.to_owned() }
    }
}

fn plain_text(lines: &[DiffLine]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    lines.join("\n")
}
