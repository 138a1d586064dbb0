//! Globs: which paths they match by now.

use std::path::{Path, PathBuf};

use super::error::TailError;
use super::files::{AS_IN_A_SHELL, FileSystem, Look};
use super::message::{Pattern, ReadFrom};

/// One glob that is evaluated again and again.
#[derive(Debug)]
pub(super) struct Glob {
    pub(super) pattern: String,
    parsed: glob::Pattern,
    /// Where reading begins of what it matches at start-up.
    pub(super) from: ReadFrom,
    /// Whether it was told that it matches more than can be followed.
    pub(super) too_many_said: bool,
}

impl Glob {
    /// The glob that `pattern` is; `None` where it is a plain path, or where a file of exactly that
    /// name exists.
    pub(super) fn new(
        pattern: &Pattern,
        files: &dyn FileSystem,
    ) -> Result<Option<Self>, TailError> {
        let Some(text) = pattern.path.to_str().filter(|text| text.contains(['*', '?', '['])) else {
            return Ok(None);
        };
        if !matches!(files.look(&pattern.path), Look::Missing | Look::Failed(_)) {
            return Ok(None);
        }
        let parsed = glob::Pattern::new(text)
            .map_err(|source| TailError::Glob { pattern: text.to_owned(), source })?;
        let from = pattern.from;
        Ok(Some(Self { pattern: text.to_owned(), parsed, from, too_many_said: false }))
    }

    /// Whether it matches `path`.
    pub(super) fn covers(&self, path: &Path) -> bool {
        self.parsed.matches_path_with(path, AS_IN_A_SHELL)
    }

    /// Paths that it matches and that are `unknown` so far, in alphabetical order: files and
    /// streams, not directories. A directory that may not be read matches nothing.
    pub(super) fn new_matches(
        &self,
        files: &dyn FileSystem,
        unknown: impl Fn(&Path) -> bool,
    ) -> Vec<PathBuf> {
        let matches = files.matches(&self.pattern).into_iter();
        matches
            .filter(|path| unknown(path))
            .filter(|path| !matches!(files.look(path), Look::Missing | Look::NotALog))
            .collect()
    }
}
