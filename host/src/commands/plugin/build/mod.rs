//! `weir plugin build`: a language's tools, then the host's own checks of what they built.

mod c;
mod rust;
mod script;
mod tool;

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::super::selection::settings_of;
use super::super::{CommandError, refuse_faults, to_output};
use super::ProjectError;
use super::describe::asks;
use crate::cli::BuildArgs;
use crate::config::{Language, OutputFormat, PluginManifest, Settings};
use crate::diagnostics::Diagnostics;
use crate::monitor::{Declared, Metering, Origin, PLUGIN_BYTES_MAX, Plugin, Plugins, as_component};
use crate::pipeline::assemble_plugins;
use crate::units::show_size;

pub(super) fn build(
    args: &BuildArgs,
    settings: &Settings,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    let dir = &args.dir;
    let manifest = PluginManifest::load(dir)?;
    let built = run_tools(dir, &manifest)?;
    let unusable = |source| ProjectError::Unusable { dir: dir.clone(), source: Box::new(source) };
    let bytes = as_component(&read(&built)?).map_err(unusable)?.into_owned();
    let path = dir.join(format!("{}.wasm", manifest.name));
    let origin = Origin::File(path.clone());
    let plugin = Plugin { name: manifest.name.clone(), origin, bytes: Cow::Owned(bytes) };
    let declared = check(&manifest, &plugin, settings, diagnostics)?;
    write(&path, &plugin.bytes)?;
    let text = shown(&plugin, &declared, settings.output.format);
    std::io::stdout().write_all(text.as_bytes()).map_err(to_output)
}

/// Leaves what the tools build in a folder of the project; where it is.
fn run_tools(dir: &Path, manifest: &PluginManifest) -> Result<PathBuf, ProjectError> {
    let folder = dir.join("build");
    let made =
        if manifest.language == Language::Rust { Ok(()) } else { fs::create_dir_all(&folder) };
    made.map_err(|source| ProjectError::Write { path: folder, source })?;
    match manifest.language {
        Language::Rust => rust::build(dir),
        Language::Javascript => script::build_javascript(dir, &manifest.wit),
        Language::Python => script::build_python(dir, &manifest.wit),
        Language::C => c::build(dir, &manifest.wit),
    }
}

/// Reads what was built, no more of it than a plugin may have.
fn read(path: &Path) -> Result<Vec<u8>, ProjectError> {
    let failed = |source| ProjectError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(PLUGIN_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).is_ok_and(|bytes| bytes <= PLUGIN_BYTES_MAX) {
        Ok(bytes)
    } else {
        Err(ProjectError::TooLarge { path: path.to_owned(), limit: PLUGIN_BYTES_MAX })
    }
}

/// Starts the monitor once, as a run would, with the manifest's settings; what it asks for.
fn check(
    manifest: &PluginManifest,
    plugin: &Plugin,
    settings: &Settings,
    diagnostics: &Diagnostics,
) -> Result<Declared, CommandError> {
    let mut settings = settings.clone();
    let mut monitor = settings_of(&settings, &manifest.name);
    monitor.plugin.clone_from(&manifest.name);
    (monitor.config, monitor.limits) = (manifest.config.clone(), manifest.limits.clone());
    settings.monitors = vec![monitor];
    let plugins = Plugins { found: vec![plugin.clone()], ..Plugins::default() };
    let assembly = assemble_plugins(plugins, &settings, Metering::Deadline, diagnostics)?;
    refuse_faults(&assembly, diagnostics)?;
    let declared = assembly.monitors.first().map(|monitor| monitor.declared().clone());
    declared.ok_or(CommandError::Plugins { count: 1 })
}

/// Puts the component in its place in one step: whoever loads plugins from there meanwhile finds the
/// old one or the new one, and never half of it.
fn write(path: &Path, bytes: &[u8]) -> Result<(), ProjectError> {
    let half = path.with_extension("wasm.new");
    let written = fs::write(&half, bytes).and_then(|()| fs::rename(&half, path));
    written.map_err(|source| ProjectError::Write { path: path.to_owned(), source })
}

fn shown(plugin: &Plugin, declared: &Declared, format: OutputFormat) -> String {
    let bytes = u64::try_from(plugin.bytes.len()).unwrap_or(u64::MAX);
    match format {
        OutputFormat::Text => format!(
            "{}\n  component {}\n  sha256    {}\n  size      {}\n  asks for  {}\n",
            plugin.name,
            plugin.origin_text(),
            plugin.sha256(),
            show_size(bytes),
            asks(declared).join("\n            "),
        ),
        OutputFormat::Json => {
            let line = serde_json::json!({
                "type": "built",
                "plugin": plugin.name,
                "component": plugin.origin_text(),
                "sha256": plugin.sha256(),
                "bytes": bytes,
                "asks_for": asks(declared),
            });
            format!("{line}\n")
        }
    }
}
