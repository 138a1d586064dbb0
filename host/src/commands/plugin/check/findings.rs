//! What the checks found, a line each.

use std::io::Write as _;
use std::path::Path;

use super::super::super::to_output;
use super::CommandError;
use crate::config::OutputFormat;
use crate::sink::printable;

/// SGR codes (ECMA-48), used where colour is on.
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";

/// The findings, told as they come.
pub(super) struct Findings {
    format: OutputFormat,
    color: bool,
    file: String,
    made: usize,
    failed: usize,
}

impl Findings {
    pub(super) fn new(format: OutputFormat, color: bool) -> Self {
        Self { format, color, file: String::new(), made: 0, failed: 0 }
    }

    /// What follows is about this file.
    pub(super) fn begin(&mut self, file: &Path) -> Result<(), CommandError> {
        self.file = file.display().to_string();
        match self.format {
            OutputFormat::Text => write(&format!("{}\n", printable(&self.file))),
            OutputFormat::Json => Ok(()),
        }
    }

    pub(super) fn ok(&mut self, check: &str, detail: &str) -> Result<(), CommandError> {
        self.tell(check, true, detail)
    }

    pub(super) fn failed(&mut self, check: &str, why: &str) -> Result<(), CommandError> {
        self.failed += 1;
        self.tell(check, false, why)
    }

    /// Whether all went well.
    pub(super) fn into_result(self) -> Result<(), CommandError> {
        let Self { made: total, failed, .. } = self;
        if failed == 0 { Ok(()) } else { Err(CommandError::ChecksFailed { failed, total }) }
    }

    fn tell(&mut self, check: &str, ok: bool, detail: &str) -> Result<(), CommandError> {
        self.made += 1;
        match self.format {
            OutputFormat::Text => {
                let (word, color) = if ok { ("ok    ", GREEN) } else { ("FAILED", RED) };
                let (color, plain) = if self.color { (color, PLAIN) } else { ("", "") };
                // What is longer than a line goes on below its beginning.
                let detail: Vec<_> = detail.lines().map(printable).collect();
                let detail = detail.join("\n         ");
                write(&format!("  {color}{word}{plain} {check}: {detail}\n"))
            }
            OutputFormat::Json => {
                let line = serde_json::json!({
                    "type": "check", "file": self.file, "check": check, "ok": ok,
                    "detail": detail,
                });
                write(&format!("{line}\n"))
            }
        }
    }
}

fn write(text: &str) -> Result<(), CommandError> {
    let mut stdout = std::io::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(to_output)
}
