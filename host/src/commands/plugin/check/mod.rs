//! `weir plugin check`: whether a plugin can be trusted to run, before anybody relies on it.

mod findings;
mod hostile;
mod lines;

use std::path::Path;
use std::sync::Arc;

use super::super::selection::settings_of;
use super::super::{CommandError, output};
use super::describe::asks;
use crate::causes::with_causes;
use crate::cli::PluginCheckArgs;
use crate::clock::Timestamp;
use crate::config::{MonitorLimits, MonitorSettings, Settings};
use crate::diagnostics::Diagnostics;
use crate::monitor::{Declared, Loaded, Metering, Monitor, Plugin, Plugins};
use crate::pipeline::{
    Assembly, Ending, PipelineError, Rehearsal, Spent, assemble_plugins, open_sandbox,
};
use crate::units::{show_duration, show_size};
use findings::Findings;
use hostile::SCENARIOS;

/// The units of fuel that all calls of one scenario may take: some ten seconds of a processor, so that
/// a check of a slow monitor ends too.
const SCENARIO_FUEL_MAX: u64 = 20_000_000_000;

pub(super) fn check(
    settings: &Settings,
    args: &PluginCheckArgs,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    let color = output::colored(settings.output.color);
    let mut findings = Findings::new(settings.output.format, color);
    for file in &args.files {
        findings.begin(file)?;
        check_file(settings, args, file, &mut findings, diagnostics)?;
    }
    findings.into_result()
}

/// Everything about one file; what cannot be checked after a failure is left out.
fn check_file(
    settings: &Settings,
    args: &PluginCheckArgs,
    file: &Path,
    findings: &mut Findings,
    diagnostics: &Diagnostics,
) -> Result<(), CommandError> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let plugin = match Plugin::read(&name, file) {
        Ok(plugin) => plugin,
        Err(error) => return findings.failed("file", &with_causes(&error)),
    };
    let sha256 = plugin.sha256();
    findings.ok("file", &format!("{} bytes, sha256 {sha256}", plugin.bytes.len()))?;
    let sandbox = Arc::new(open_sandbox(settings, Metering::Fuel, diagnostics)?);
    let interface = match Loaded::new(&sandbox, &plugin) {
        Ok(loaded) => loaded.interface(&sandbox),
        Err(error) => return findings.failed("interface", &with_causes(&error)),
    };
    findings.ok("interface", &interface.name)?;
    let imports = match interface.imports.as_slice() {
        [] => "none".to_owned(),
        imports => imports.join(", "),
    };
    findings.ok("imports", &imports)?;
    let candidate = Candidate::new(settings, plugin, args);
    let assembly = match candidate.assemble(diagnostics)? {
        Ok(assembly) => assembly,
        Err(why) => return findings.failed("settings", &why),
    };
    let monitor = candidate.monitor();
    findings.ok("settings", &serde_json::Value::Object(monitor.config.clone()).to_string())?;
    if let Some(declared) = assembly.monitors.first().map(Monitor::declared) {
        findings.ok("asks for", &asks(declared).join("; "))?;
        match schema_in_words(declared) {
            Ok(words) => findings.ok("schema", &words)?,
            Err(why) => findings.failed("schema", &why)?,
        }
    }
    findings.ok("limits", &limits_in_words(&monitor.limits))?;
    drop(assembly);
    for (name, play) in SCENARIOS {
        let Some(mut rehearsal) = candidate.rehearsal(diagnostics)? else {
            continue;
        };
        play(&mut rehearsal, settings.tail.max_line_bytes)?;
        match rehearsal.end() {
            (spent, Ending::Whole) => findings.ok(name, &in_words(spent, &monitor.limits))?,
            (spent, Ending::OutOfBudget) => {
                let words = in_words(spent, &monitor.limits);
                findings.ok(name, &format!("{words}; the rest left out after so much fuel"))?;
            }
            (_, Ending::Failed(fault)) => {
                let kind = fault.kind.name();
                findings.failed(name, &format!("{kind} in {}: {}", fault.phase, fault.message))?;
            }
        }
    }
    Ok(())
}

/// A plugin with what it is to run with.
struct Candidate {
    /// With this one monitor only.
    settings: Settings,
    plugin: Plugin,
    monitor: MonitorSettings,
}

impl Candidate {
    fn new(settings: &Settings, plugin: Plugin, args: &PluginCheckArgs) -> Self {
        let mut monitor = settings_of(settings, &plugin.name);
        monitor.plugin.clone_from(&plugin.name);
        monitor.config.extend(args.settings.iter().cloned());
        let settings = Settings { monitors: vec![monitor.clone()], ..settings.clone() };
        Self { settings, plugin, monitor }
    }

    fn monitor(&self) -> &MonitorSettings {
        &self.monitor
    }

    /// A fresh instance; or why there is none.
    fn assemble(
        &self,
        diagnostics: &Diagnostics,
    ) -> Result<Result<Assembly, String>, CommandError> {
        let plugins = Plugins { found: vec![self.plugin.clone()], ..Plugins::default() };
        match assemble_plugins(plugins, &self.settings, Metering::Fuel, diagnostics) {
            Ok(assembly) => Ok(match assembly.faults.first() {
                None => Ok(assembly),
                Some(fault) => {
                    let (kind, phase, message) = (fault.kind.name(), fault.phase, &fault.message);
                    Err(format!("{kind} in {phase}: {message}"))
                }
            }),
            Err(error @ PipelineError::Configuration { .. }) => Ok(Err(with_causes(&error))),
            Err(error) => Err(error.into()),
        }
    }

    /// A fresh instance to be put through something, at noon of some day.
    fn rehearsal(&self, diagnostics: &Diagnostics) -> Result<Option<Rehearsal>, CommandError> {
        let assembly = self.assemble(diagnostics)?.ok();
        Ok(assembly.and_then(|assembly| {
            Rehearsal::new(
                assembly,
                output::store_limits(&self.settings),
                output::tail_settings(&self.settings),
                SCENARIO_FUEL_MAX,
                Timestamp::from_secs(lines::NOON),
                diagnostics.clone(),
            )
        }))
    }
}

/// Which settings the monitor describes.
fn schema_in_words(declared: &Declared) -> Result<String, String> {
    let Some(schema) = &declared.schema else {
        return Ok("none: the monitor does not describe its settings".to_owned());
    };
    match schema.get("properties") {
        None => Ok("no properties".to_owned()),
        Some(serde_json::Value::Object(properties)) => {
            Ok(properties.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
        }
        Some(_) => Err("`properties` must be an object".to_owned()),
    }
}

fn limits_in_words(limits: &MonitorLimits) -> String {
    let bytes = |bytes: usize| show_size(u64::try_from(bytes).unwrap_or(u64::MAX)).to_string();
    format!(
        "{} of memory, {} or {} units of fuel a call, {} events and {} of texts a call",
        bytes(limits.memory_bytes),
        show_duration(limits.deadline),
        limits.fuel,
        limits.events_max,
        bytes(limits.text_bytes_max),
    )
}

fn in_words(spent: Spent, limits: &MonitorLimits) -> String {
    let Spent { calls, fuel_of_one_call, memory_bytes, .. } = spent;
    let memory = show_size(u64::try_from(memory_bytes).unwrap_or(u64::MAX));
    let fuel_max = limits.fuel;
    format!("{calls} calls, at most {fuel_of_one_call} of {fuel_max} units of fuel, {memory}")
}
