//! The tests of a project: logs, each with what is expected of it beside it.

use std::path::{Path, PathBuf};

use super::{CommandError, PluginTestError};
use crate::config::{PluginManifest, load_monitor_config};

/// The most tests of one project.
const TESTS_MAX: usize = 4_096;

/// The ends of a log's name.
const LOG_NAMES: [&str; 3] = [".log", ".log.gz", ".log.zst"];

/// One test.
pub(super) struct Case {
    /// The log's name without its end.
    pub(super) name: String,
    /// The log.
    pub(super) log: PathBuf,
    /// The events that are expected.
    pub(super) golden: PathBuf,
    /// The monitor's settings, where there is such a file.
    settings: PathBuf,
}

impl Case {
    fn new(name: &str, log: PathBuf) -> Self {
        let beside = |end: &str| log.with_file_name(format!("{name}{end}"));
        let (golden, settings) = (beside(".jsonl"), beside(".toml"));
        Self { name: name.to_owned(), log, golden, settings }
    }

    /// The monitor's settings: the test's own, which replace the project's.
    pub(super) fn config(
        &self,
        project: &PluginManifest,
    ) -> Result<serde_json::Map<String, serde_json::Value>, CommandError> {
        if self.settings.exists() {
            Ok(load_monitor_config(&self.settings)?)
        } else {
            Ok(project.config.clone())
        }
    }
}

/// The tests in a folder, by name.
pub(super) fn find(dir: &Path) -> Result<Vec<Case>, PluginTestError> {
    let failed = |source| PluginTestError::Read { path: dir.to_owned(), source };
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let log = entry.map_err(failed)?.path();
        let file = log.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stem = LOG_NAMES.iter().find_map(|end| file.strip_suffix(end));
        if let Some(stem) = stem.filter(|stem| !stem.is_empty()) {
            cases.push(Case::new(stem, log));
        }
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    let dir = dir.to_owned();
    if cases.is_empty() {
        return Err(PluginTestError::NoTests { dir });
    }
    if cases.len() > TESTS_MAX {
        return Err(PluginTestError::TooManyTests { dir, limit: TESTS_MAX });
    }
    let mut neighbours = cases.iter().zip(cases.iter().skip(1));
    match neighbours.find(|(one, other)| one.name == other.name) {
        Some((twice, _)) => Err(PluginTestError::SameName { name: twice.name.clone(), dir }),
        None => Ok(cases),
    }
}
