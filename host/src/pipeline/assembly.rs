//! From settings to running monitors and one plan of everything that they ask.

use std::sync::Arc;

use super::watch::Files;
use super::{PipelineError, problem_in_words};
use crate::causes::with_causes;
use crate::config::{GrantSettings, MonitorLimits, Settings, StoreSettings};
use crate::diagnostics::Diagnostics;
use crate::event::Fault;
use crate::monitor::{
    Grants, Limits, LogLevel, Metering, Monitor, MonitorSettings, Plugin, Plugins, Problem, Said,
    Sandbox, StartError, default_cache_dir, load_fault,
};
use crate::record::Field;
use crate::store::{Plan, PlanBuilder, QuestionId, SubscriptionId};

/// How many reasons are told of a plugin that does not run without settings.
const REFUSALS_SHOWN_MAX: usize = 4;

/// Monitors that run, and what the store has to keep for them.
pub struct Assembly {
    /// The monitors, in the order in which they are ticked.
    pub monitors: Vec<Monitor>,
    /// What each one asked, in its own order.
    pub asked: Vec<Asked>,
    /// Everything that is asked, each thing once.
    pub plan: Arc<Plan>,
    /// The monitors that do not run, and why.
    pub faults: Vec<Fault>,
    /// What was found, for those who list it; a run lets go of it.
    pub plugins: Plugins,
    /// Where further monitors can be started.
    pub(super) sandbox: Arc<Sandbox>,
    /// The plugins directory as it was before it was read.
    pub(super) files: Files,
}

impl Assembly {
    /// These monitors, which run already.
    pub(super) fn of(monitors: Vec<Monitor>, sandbox: Arc<Sandbox>, files: Files) -> Self {
        let (plan, asked) = plan(&monitors);
        let (faults, plugins) = (Vec::new(), Plugins::default());
        Self { monitors, asked, plan, faults, plugins, sandbox, files }
    }
}

/// One monitor's part of the plan.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Its questions.
    pub questions: Vec<QuestionId>,
    /// Its rows.
    pub rows: Option<SubscriptionId>,
}

/// Finds the plugins, starts every enabled monitor and plans what they ask.
///
/// # Errors
/// [`PipelineError::Configuration`] where a monitor of the configuration refuses its settings or its
/// plugin is not there; [`PipelineError::Monitor`] where the sandbox or the plugins
/// directory cannot be used. A single plugin that cannot run is listed in [`Assembly::faults`].
pub fn assemble(
    settings: &Settings,
    metering: Metering,
    diagnostics: &Diagnostics,
) -> Result<Assembly, PipelineError> {
    let dir = settings.plugins.dir.as_deref();
    // Before the files are read: whatever changes afterwards is a change. A directory that cannot be
    // read is the next line's affair.
    let files = dir.and_then(|dir| Files::of(dir).ok()).unwrap_or_default();
    let plugins = Plugins::discover(dir)?;
    Ok(Assembly { files, ..assemble_plugins(plugins, settings, metering, diagnostics)? })
}

/// As [`assemble`], with these plugins in the place of those that would be found.
///
/// # Errors
/// As [`assemble`].
pub fn assemble_plugins(
    plugins: Plugins,
    settings: &Settings,
    metering: Metering,
    diagnostics: &Diagnostics,
) -> Result<Assembly, PipelineError> {
    let sandbox = Arc::new(open_sandbox(settings, metering, diagnostics)?);
    let Wanted { monitors: wanted, missing: problems } = wanted(settings, &plugins);
    if !problems.is_empty() {
        return Err(PipelineError::Configuration { problems });
    }
    let unreadable = plugins.unreadable.iter();
    let mut faults: Vec<Fault> =
        unreadable.map(|(name, error)| load_fault(name, with_causes(error))).collect();
    let (mut monitors, mut problems) = (Vec::new(), Vec::new());
    for (plugin, monitor_settings) in wanted {
        let name = Arc::clone(&monitor_settings.name);
        match Monitor::start(&sandbox, plugin, monitor_settings) {
            Ok((monitor, said)) => {
                log_all(diagnostics, &name, &said);
                tell_withheld(diagnostics, &monitor);
                monitors.push(monitor);
            }
            Err(StartError::Refused(refused)) => {
                if settings.monitors.iter().any(|monitor| *monitor.name == *name) {
                    problems.extend(refused.iter().map(|problem| problem_in_words(&name, problem)));
                } else {
                    faults.push(refusal(&name, &refused));
                }
            }
            Err(StartError::Failed(fault)) => faults.push(fault),
        }
    }
    if !problems.is_empty() {
        return Err(PipelineError::Configuration { problems });
    }
    let assembly = Assembly::of(monitors, sandbox, Files::default());
    Ok(Assembly { faults, plugins, ..assembly })
}

/// The event for a plugin that does not run without settings, where nobody wrote any: a file that
/// was put into the directory must not keep the others from running.
pub(super) fn refusal(monitor: &str, problems: &[Problem]) -> Fault {
    let first = problems.iter().take(REFUSALS_SHOWN_MAX);
    let words = first.map(|Problem { path, message, .. }| match path.as_str() {
        "" => message.clone(),
        path => format!("{path}: {message}"),
    });
    let words = words.collect::<Vec<_>>().join("; ");
    Fault { phase: "configure", ..load_fault(monitor, format!("refuses its settings: {words}")) }
}

/// The sandbox, with its compile cache where that can be had: without one it only starts slower.
///
/// # Errors
/// [`PipelineError::Monitor`] where the engine does not start, or a cache folder that somebody named
/// cannot be used.
pub fn open_sandbox(
    settings: &Settings,
    metering: Metering,
    diagnostics: &Diagnostics,
) -> Result<Sandbox, PipelineError> {
    let configured = settings.plugins.cache_dir.clone();
    let dir = configured.clone().or_else(|| default_cache_dir(|name| std::env::var_os(name)));
    let dir = dir.filter(|_| settings.plugins.cache);
    match Sandbox::new(metering, dir.as_deref()) {
        Ok(sandbox) => Ok(sandbox),
        // A folder that somebody asked for must work; the default one may be missing or read-only.
        Err(error) if dir.is_some() && configured.is_none() => {
            diagnostics.notice(format_args!("starting without a compile cache: {error}"));
            Ok(Sandbox::new(metering, None)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// What is to run.
pub(super) struct Wanted<'p> {
    /// The monitors, each with its plugin: those of the configuration, then one for every further
    /// plugin of the directory.
    pub(super) monitors: Vec<(&'p Plugin, MonitorSettings)>,
    /// One text for every monitor of the configuration whose plugin is not there.
    pub(super) missing: Vec<String>,
}

/// The monitors to start.
pub(super) fn wanted<'p>(settings: &Settings, plugins: &'p Plugins) -> Wanted<'p> {
    let mut wanted = Wanted { monitors: Vec::new(), missing: Vec::new() };
    for monitor in settings.monitors.iter().filter(|monitor| monitor.enabled) {
        match plugins.get(&monitor.plugin) {
            Some(plugin) => {
                let started = configured(settings, monitor, plugins.grants(plugin));
                wanted.monitors.push((plugin, started));
            }
            None if plugins.unreadable.iter().any(|(name, _)| *name == monitor.plugin) => {}
            None => wanted.missing.push(missing(monitor, settings, plugins)),
        }
    }
    let named = |plugin: &str| {
        settings.monitors.iter().any(|monitor| monitor.plugin == plugin || monitor.name == plugin)
    };
    for plugin in plugins.found.iter().filter(|plugin| !named(&plugin.name)) {
        let settings = by_itself(settings, &plugin.name, plugins.grants(plugin));
        wanted.monitors.push((plugin, settings));
    }
    wanted
}

fn missing(
    monitor: &crate::config::MonitorSettings,
    settings: &Settings,
    plugins: &Plugins,
) -> String {
    let known: Vec<&str> = plugins.found.iter().map(|plugin| plugin.name.as_str()).collect();
    let place = match &settings.plugins.dir {
        Some(dir) => format!("among the built-ins and in {}", dir.display()),
        None => "among the built-ins, and there is no plugins directory".to_owned(),
    };
    format!(
        "monitor `{}`: no plugin `{}` {place}\nhint: there are {}",
        monitor.name,
        monitor.plugin,
        known.join(", ")
    )
}

/// How a plugin would be run: as every monitor of the configuration that is enabled and runs it, or
/// else as the one that it is by itself. `locked` is what is granted where the configuration does not
/// say.
pub fn configurations(settings: &Settings, plugin: &str, locked: &Grants) -> Vec<MonitorSettings> {
    let of_plugin =
        settings.monitors.iter().filter(|monitor| monitor.enabled && monitor.plugin == plugin);
    let mut all: Vec<MonitorSettings> =
        of_plugin.map(|monitor| configured(settings, monitor, locked.clone())).collect();
    if all.is_empty() {
        all.push(by_itself(settings, plugin, locked.clone()));
    }
    all
}

/// A monitor of the configuration; what that does not grant or withhold is as `locked`.
fn configured(
    settings: &Settings,
    monitor: &crate::config::MonitorSettings,
    locked: Grants,
) -> MonitorSettings {
    let GrantSettings { fields, keep } = &monitor.grants;
    let grants =
        Grants { fields: fields.clone().or(locked.fields), keep: keep.unwrap_or(locked.keep) };
    MonitorSettings {
        name: monitor.name.as_str().into(),
        config: serde_json::Value::Object(monitor.config.clone()).to_string(),
        limits: limits(&monitor.limits, &settings.store, grants),
    }
}

/// The monitor that a plugin is where the configuration does not name it.
fn by_itself(settings: &Settings, plugin: &str, locked: Grants) -> MonitorSettings {
    MonitorSettings {
        name: plugin.into(),
        config: "{}".to_owned(),
        limits: limits(&settings.limits, &settings.store, locked),
    }
}

/// Tells what a monitor asks for and does not get. It is not told itself, so that what it says may
/// be beside the point.
pub(super) fn tell_withheld(diagnostics: &Diagnostics, monitor: &Monitor) {
    let declared = monitor.declared();
    let withheld = declared.grants.withheld(&declared.fields());
    if !withheld.is_empty() {
        let names: Vec<&str> = withheld.into_iter().map(Field::name).collect();
        let (name, names) = (monitor.name(), names.join(", "));
        diagnostics
            .notice(format_args!("monitor `{name}`: not granted, and absent to it: {names}"));
    }
}

fn limits(limits: &MonitorLimits, store: &StoreSettings, grants: Grants) -> Limits {
    Limits {
        memory_bytes_max: limits.memory_bytes,
        deadline: limits.deadline,
        batch_deadline: limits.batch_deadline.unwrap_or(limits.deadline),
        fuel_max: limits.fuel,
        events_max: limits.events_max,
        events_per_minute_max: limits.events_per_minute_max,
        labels_max: limits.labels_max,
        label_bytes_max: limits.label_bytes_max,
        log_bytes_max: limits.log_bytes_max,
        text_bytes_max: limits.text_bytes_max,
        log_lines_max: limits.log_lines_max,
        queries_max: limits.queries_max,
        kept_bytes_max: limits.kept_bytes_max,
        backoff_min: limits.restart_backoff_min,
        backoff_max: limits.restart_backoff_max,
        quarantine_after: limits.quarantine_after,
        groups_max: store.groups_max,
        key_bytes_max: store.key_bytes_max,
        future_tolerance: store.future_tolerance,
        grants,
    }
}

/// One plan for what all monitors ask, and each monitor's part of it.
fn plan(monitors: &[Monitor]) -> (Arc<Plan>, Vec<Asked>) {
    let mut builder = PlanBuilder::new();
    let asked = monitors
        .iter()
        .map(|monitor| {
            let declared = monitor.declared();
            let questions = declared.granted_questions();
            let rows = declared.granted_rows();
            Asked {
                questions: questions.map(|(query, window)| builder.ask(&query, window)).collect(),
                rows: rows.map(|(fields, filter)| builder.subscribe(&fields, filter)),
            }
        })
        .collect();
    (Arc::new(builder.build()), asked)
}

/// Passes on what a monitor logged.
pub(super) fn log_all(diagnostics: &Diagnostics, monitor: &str, said: &[Said]) {
    for said in said {
        if let Said::Log(level, message) = said {
            let line = format_args!("monitor `{monitor}`: {message}");
            match level {
                LogLevel::Debug => diagnostics.debug(line),
                LogLevel::Info => diagnostics.detail(line),
                LogLevel::Warn => diagnostics.notice(line),
                LogLevel::Error => diagnostics.warning(line),
            }
        }
    }
}
