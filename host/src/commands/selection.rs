//! Which monitors run, where somebody named them.

use crate::cli::MonitorChoice;
use crate::config::{GrantSettings, MonitorSettings, Settings};
use crate::monitor::{Plugin, Plugins};
use crate::pipeline::PipelineError;

/// Leaves of the settings and the plugins only what was chosen; everything where nothing was. A
/// chosen monitor runs even where the settings disable it.
///
/// # Errors
/// [`PipelineError::Configuration`] where there is no such monitor, [`PipelineError::Monitor`] where
/// a file cannot be a plugin.
pub(super) fn select(
    settings: &mut Settings,
    plugins: &mut Plugins,
    chosen: &[MonitorChoice],
) -> Result<(), PipelineError> {
    if chosen.is_empty() {
        return Ok(());
    }
    let (mut monitors, mut problems) = (Vec::new(), Vec::new());
    for MonitorChoice { name, file } in chosen {
        if monitors.iter().any(|monitor: &MonitorSettings| monitor.name == *name) {
            problems.push(format!("monitor `{name}`: chosen twice"));
            continue;
        }
        let mut monitor = settings_of(settings, name);
        if let Some(file) = file {
            monitor.plugin.clone_from(name);
            plugins.found.retain(|plugin| plugin.name != *name);
            plugins.unreadable.retain(|(other, _)| other != name);
            plugins.found.push(Plugin::read(name, file)?);
        } else if monitor.plugin == *name && !is_there(plugins, name) {
            problems.push(missing(settings, plugins, name));
        }
        monitors.push(monitor);
    }
    if !problems.is_empty() {
        return Err(PipelineError::Configuration { problems });
    }
    let is_used = |name: &str| monitors.iter().any(|monitor| monitor.plugin == name);
    plugins.found.retain(|plugin| is_used(&plugin.name));
    plugins.unreadable.retain(|(name, _)| is_used(name));
    settings.monitors = monitors;
    Ok(())
}

/// What the settings say of the monitor; what holds for every monitor where they do not name it.
pub(super) fn settings_of(settings: &Settings, name: &str) -> MonitorSettings {
    let named = settings.monitors.iter().find(|monitor| monitor.name == name);
    let mut monitor = named.cloned().unwrap_or_else(|| MonitorSettings {
        name: name.to_owned(),
        plugin: name.to_owned(),
        enabled: true,
        config: serde_json::Map::new(),
        limits: settings.limits.clone(),
        grants: GrantSettings::default(),
    });
    monitor.enabled = true;
    monitor
}

fn is_there(plugins: &Plugins, name: &str) -> bool {
    plugins.get(name).is_some() || plugins.unreadable.iter().any(|(other, _)| other == name)
}

fn missing(settings: &Settings, plugins: &Plugins, name: &str) -> String {
    let configured = settings.monitors.iter().map(|monitor| monitor.name.as_str());
    let mut known: Vec<&str> = configured.collect();
    for plugin in &plugins.found {
        if !known.contains(&plugin.name.as_str()) {
            known.push(&plugin.name);
        }
    }
    format!("no monitor `{name}`\nhint: there are {}", known.join(", "))
}
