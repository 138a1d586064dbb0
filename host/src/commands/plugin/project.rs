//! A plugin as the author has it: a component, or the folder of the project that makes it.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::PluginCommandError;

/// The manifest's name in a project's folder.
const MANIFEST: &str = "weir-plugin.toml";
/// The largest manifest that is read, in bytes.
const MANIFEST_BYTES_MAX: u64 = 64 << 10;

/// What of the manifest matters here; the rest is the build's affair.
#[derive(Deserialize)]
struct Manifest {
    name: String,
}

/// The name of what is at a path, and the file with its component.
pub(super) fn component(from: &Path) -> Result<(String, PathBuf), PluginCommandError> {
    if !from.is_dir() {
        let name = from.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        return Ok((name, from.to_path_buf()));
    }
    let path = from.join(MANIFEST);
    let unreadable = |source| PluginCommandError::Manifest { path: path.clone(), source };
    let mut text = String::new();
    let file = std::fs::File::open(&path).map_err(unreadable)?;
    file.take(MANIFEST_BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
    let Manifest { name } = toml::from_str(&text).map_err(|error| {
        let message = error.message().to_owned();
        PluginCommandError::NoName { path: path.clone(), message }
    })?;
    let file = from.join(format!("{name}.wasm"));
    if file.exists() { Ok((name, file)) } else { Err(PluginCommandError::NotBuilt { path: file }) }
}
