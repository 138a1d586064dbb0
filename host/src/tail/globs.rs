//! Globs: which paths they match by now.

use std::path::{Path, PathBuf};

use glob::MatchOptions;

use super::error::TailError;
use super::identity::{Look, look};
use super::message::{Pattern, ReadFrom};

/// As a shell has it: `*` stops at a slash and leaves hidden files alone.
const AS_IN_A_SHELL: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// One glob that is evaluated again and again.
#[derive(Debug)]
pub(super) struct Glob {
    pub(super) pattern: String,
    /// Where reading begins of what it matches at start-up.
    pub(super) from: ReadFrom,
    /// Whether it was told that it matches more than can be followed.
    pub(super) too_many_said: bool,
}

impl Glob {
    /// The glob that `pattern` is; `None` where it is a plain path, or where a file of exactly that
    /// name exists.
    pub(super) fn new(pattern: &Pattern) -> Result<Option<Self>, TailError> {
        let Some(text) = pattern.path.to_str().filter(|text| text.contains(['*', '?', '['])) else {
            return Ok(None);
        };
        if !matches!(look(&pattern.path), Look::Missing) {
            return Ok(None);
        }
        glob::Pattern::new(text)
            .map_err(|source| TailError::Glob { pattern: text.to_owned(), source })?;
        Ok(Some(Self { pattern: text.to_owned(), from: pattern.from, too_many_said: false }))
    }

    /// Paths that it matches and that are `unknown` so far, in alphabetical order: files and
    /// streams, not directories. A directory that may not be read matches nothing.
    pub(super) fn new_matches(&self, unknown: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let Ok(matches) = glob::glob_with(&self.pattern, AS_IN_A_SHELL) else {
            return Vec::new();
        };
        matches
            .filter_map(Result::ok)
            .filter(|path| unknown(path))
            .filter(|path| !matches!(look(path), Look::Missing | Look::NotALog))
            .collect()
    }
}
