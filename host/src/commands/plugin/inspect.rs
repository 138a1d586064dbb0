//! `weir plugin inspect`: all there is to know of one plugin.

use std::io::Write as _;
use std::path::Path;

use super::describe::{Standing, monitor_block, plugin_block, plugin_json};
use super::examine::Examined;
use super::{CommandError, PluginCommandError};
use crate::cli::InspectArgs;
use crate::commands::to_output;
use crate::config::{OutputFormat, Settings};
use crate::diagnostics::Diagnostics;
use crate::monitor::{Grants, LockState, MonitorError, Pin, Plugin, Plugins, is_monitor_name};

pub(super) fn inspect(
    settings: &Settings,
    args: &InspectArgs,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    let (plugin, lock) = find(settings, &args.plugin)?;
    let standing = Standing::of(&lock, &plugin);
    let pin = lock.pin(&plugin.name).filter(|_| standing != Standing::BuiltIn);
    let grants = pin.map_or_else(Grants::default, |pin| pin.grants.clone());
    let pinned = pin.map(Pin::identity);
    let examined = Examined::new(settings, plugin, &grants, diagnostics)?;
    let text = match settings.output.format {
        OutputFormat::Text => {
            let mut block = plugin_block(&examined.plugin.name, &examined, standing);
            if let (Standing::Changed, Some(pinned)) = (standing, pinned) {
                block.line("approved", pinned);
            }
            for monitor in &examined.monitors {
                block.append(&monitor_block(monitor, &examined.interface));
            }
            block.text().to_owned()
        }
        OutputFormat::Json => format!("{}\n", plugin_json("plugin", &examined, standing)),
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(to_output)
}

/// A plugin of the directory, also one that does not load as it is; else a built-in one; else a file.
fn find(settings: &Settings, wanted: &Path) -> Result<(Plugin, LockState), PluginCommandError> {
    let dir = settings.plugins.dir.as_deref();
    let name = wanted.to_str().filter(|name| is_monitor_name(name));
    let read = |name: &str, path: &Path| {
        let unusable = |source| PluginCommandError::Unusable { name: name.to_owned(), source };
        Plugin::read(name, path).map_err(unusable)
    };
    if let Some(name) = name {
        let of_dir = dir.map(|dir| (dir, dir.join(format!("{name}.wasm"))));
        if let Some((dir, path)) = of_dir.filter(|(_, path)| path.exists()) {
            return Ok((read(name, &path)?, LockState::of(dir)));
        }
        let built_ins = Plugins::discover(None).map_err(|source: MonitorError| {
            PluginCommandError::Unusable { name: name.to_owned(), source }
        })?;
        if let Some(plugin) = built_ins.get(name) {
            return Ok((plugin.clone(), LockState::Absent));
        }
        if !wanted.exists() {
            let known: Vec<&str> =
                built_ins.found.iter().map(|known| known.name.as_str()).collect();
            return Err(PluginCommandError::NoSuchPlugin {
                name: name.to_owned(),
                dir: dir.unwrap_or(Path::new("(no plugins directory)")).to_path_buf(),
                hint: Some(format!(
                    "there are {} and the files of a plugins directory",
                    known.join(", ")
                )),
            });
        }
    }
    let stem = wanted.file_stem().unwrap_or_default().to_string_lossy();
    let plugin = read(&stem, wanted)?;
    // A file of the directory itself, by its path.
    let lock = match (dir, wanted.parent()) {
        (Some(dir), Some(parent)) if is_same(dir, parent) => LockState::of(dir),
        _ => LockState::Absent,
    };
    Ok((plugin, lock))
}

fn is_same(one: &Path, other: &Path) -> bool {
    let canonical = |path: &Path| {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        path.canonicalize().ok()
    };
    canonical(one).is_some_and(|one| canonical(other) == Some(one))
}
