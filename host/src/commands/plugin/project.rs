//! A plugin as the author has it: a component, or the folder of the project that makes it.

use std::path::{Path, PathBuf};

use super::PluginCommandError;
use crate::config::PluginManifest;

/// The name of what is at a path, and the file with its component.
pub(super) fn component(from: &Path) -> Result<(String, PathBuf), PluginCommandError> {
    if !from.is_dir() {
        let name = from.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        return Ok((name, from.to_path_buf()));
    }
    let name = PluginManifest::load(from)?.name;
    let file = from.join(format!("{name}.wasm"));
    if file.exists() {
        Ok((name, file))
    } else {
        Err(PluginCommandError::NotBuilt { path: file, dir: from.to_path_buf() })
    }
}
