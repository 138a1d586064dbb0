//! `weir plugin remove`: out of the plugins directory, and out of its lock.

use std::io::Write as _;

use serde_json::json;

use super::{CommandError, PluginCommandError, directory};
use crate::cli::RemoveArgs;
use crate::commands::to_output;
use crate::config::{OutputFormat, Settings};
use crate::diagnostics::Diagnostics;
use crate::monitor::{LockEditor, is_monitor_name};

pub(super) fn remove(
    settings: &Settings,
    args: &RemoveArgs,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    let dir = directory(settings)?;
    for name in &args.names {
        let no_such = || PluginCommandError::NoSuchPlugin {
            name: name.clone(),
            dir: dir.to_path_buf(),
            hint: None,
        };
        // What is no name could lead out of the directory.
        if !is_monitor_name(name) {
            return Err(no_such().into());
        }
        let editor = LockEditor::hold(dir).map_err(PluginCommandError::from)?;
        let lock = editor.lock().map_err(PluginCommandError::from)?;
        // A file that is removed first is missed loudly where this ends between the two.
        let was_there = editor.remove_plugin(name).map_err(PluginCommandError::from)?;
        let mut was_pinned = false;
        if let Some(mut lock) = lock {
            was_pinned = lock.unpin(name);
            if was_pinned {
                editor.write(&lock, None).map_err(PluginCommandError::from)?;
            }
        }
        if !was_there && !was_pinned {
            return Err(no_such().into());
        }
        let text = match settings.output.format {
            OutputFormat::Text => format!("removed {name}\n"),
            OutputFormat::Json => format!("{}\n", json!({ "type": "removed", "plugin": name })),
        };
        std::io::stdout().write_all(text.as_bytes()).map_err(to_output)?;
        for monitor in settings.monitors.iter().filter(|monitor| monitor.plugin == *name) {
            if !crate::config::BUILT_IN_MONITORS.contains(&monitor.name.as_str()) {
                diagnostics.notice(format_args!(
                    "the configuration has [monitor.{}] yet, which ran it",
                    monitor.name
                ));
            }
        }
    }
    Ok(())
}
