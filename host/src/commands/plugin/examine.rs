//! A plugin that is loaded and configured once, to see what it asks for.

use std::sync::Arc;

use super::PluginCommandError;
use crate::config::Settings;
use crate::diagnostics::Diagnostics;
use crate::monitor::{
    Configured, Declared, Grants, Instance, Interface, Limits, Loaded, Metering, Plugin, Sandbox,
};
use crate::pipeline::{configurations, open_sandbox, problem_in_words};
use crate::record::Field;

/// A plugin and what it asks for.
pub(super) struct Examined {
    pub(super) plugin: Plugin,
    pub(super) interface: Interface,
    /// As every monitor of the configuration that runs it, or as the one that it is by itself.
    pub(super) monitors: Vec<Examination>,
}

/// A plugin as one monitor.
pub(super) struct Examination {
    pub(super) monitor: Arc<str>,
    pub(super) declared: Declared,
    pub(super) limits: Limits,
    /// The bytes of memory that it has once it is configured.
    pub(super) memory_bytes: usize,
    /// The bytes that it has kept by then.
    pub(super) kept_bytes: usize,
}

impl Examined {
    /// Loads a plugin and configures it; `locked` is what it is granted where the configuration does
    /// not say.
    pub(super) fn new(
        settings: &Settings,
        plugin: Plugin,
        locked: &Grants,
        diagnostics: &Diagnostics,
    ) -> Result<Self, PluginCommandError> {
        let sandbox = Arc::new(open_sandbox(settings, Metering::Deadline, diagnostics)?);
        let loaded = Loaded::new(&sandbox, &plugin)
            .map_err(|source| PluginCommandError::Unusable { name: plugin.name.clone(), source })?;
        let interface = loaded.interface(&sandbox);
        let configurations = configurations(settings, &plugin.name, locked).into_iter();
        let monitors = configurations
            .map(|monitor| Examination::new(&sandbox, &loaded, monitor))
            .collect::<Result<_, _>>()?;
        Ok(Self { plugin, interface, monitors })
    }

    /// Every field that it asks for, whatever monitor it is.
    pub(super) fn fields(&self) -> Vec<Field> {
        let mut fields: Vec<Field> =
            self.monitors.iter().flat_map(|monitor| monitor.declared.fields()).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }
}

impl Examination {
    fn new(
        sandbox: &Arc<Sandbox>,
        loaded: &Loaded,
        monitor: crate::monitor::MonitorSettings,
    ) -> Result<Self, PluginCommandError> {
        let crate::monitor::MonitorSettings { name, config, limits } = monitor;
        match Instance::start(sandbox, loaded, &name, &limits, config, None) {
            Ok(Configured::Running(mut instance, declared, _)) => Ok(Self {
                monitor: name,
                declared: *declared,
                limits,
                memory_bytes: instance.memory_bytes(),
                kept_bytes: instance.take_kept().map_or(0, |kept| kept.len()),
            }),
            Ok(Configured::Refused(problems)) => {
                let problems = problems.iter().map(|problem| problem_in_words(&name, problem));
                let problems = problems.collect();
                Err(PluginCommandError::Refused { name: name.to_string(), problems })
            }
            Err(failure) => {
                Err(PluginCommandError::Failed { name: name.to_string(), message: failure.message })
            }
        }
    }
}
