//! What can be wrong with the configuration, and where.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// How many problems are told at once: a file with more has one cause for most of them.
const PROBLEMS_MAX: usize = 20;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is larger than any configuration is.
    #[error("the configuration file {} is larger than {max_bytes} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        max_bytes: u64,
    },
    /// The file says something that is wrong: every problem that was found, in the file's order.
    #[error("{}", render(path, problems))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// At least one.
        problems: Vec<Problem>,
    },
    /// More logs than are followed at once.
    #[error("{given} logs are given, at most {max} can be followed")]
    TooManySources {
        /// How many were given.
        given: usize,
        /// How many may be.
        max: usize,
    },
}

/// One mistake in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub at: Position,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub hint: Option<String>,
}

/// The problems found so far in one file's text.
pub(super) struct Problems<'text> {
    text: &'text str,
    found: Vec<Problem>,
}

impl<'text> Problems<'text> {
    pub(super) fn new(text: &'text str) -> Self {
        Self { text, found: Vec::new() }
    }

    pub(super) fn position(&self, offset: usize) -> Position {
        Position::of(self.text, offset)
    }

    pub(super) fn add(&mut self, offset: usize, message: String, hint: Option<String>) {
        self.add_at(self.position(offset), message, hint);
    }

    pub(super) fn add_at(&mut self, at: Position, message: String, hint: Option<String>) {
        self.found.push(Problem { at, message, hint });
    }

    /// The problems in the order of the file, as many as are told at once.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| problem.at);
        self.found.truncate(PROBLEMS_MAX);
        self.found
    }
}

/// A place in a file, as editors count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

impl Position {
    /// The beginning of the file.
    pub const START: Self = Self { line: 1, column: 1 };

    /// Where byte `offset` of `text` stands.
    pub(super) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One line a problem, `file:line:column: message`, its hint on a line of its own.
fn render(path: &Path, problems: &[Problem]) -> String {
    let lines = problems.iter().flat_map(|problem| {
        let message = format!("{}:{}: {}", path.display(), problem.at, problem.message);
        let hint = problem.hint.as_ref().map(|hint| format!("hint: {hint}"));
        std::iter::once(message).chain(hint)
    });
    lines.collect::<Vec<_>>().join("\n")
}
