//! Flags over file over defaults.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value as Json;

use super::error::{ConfigError, Problem};
use super::file::{FileConfig, MonitorTable, SourceTable, StoreTable, TailTable};
use super::grants::GrantSettings;
use super::limits::{LimitsTable, MonitorLimits};
use super::settings::{
    BUILT_IN_MONITORS, ColorChoice, DEFAULT_LOG, MonitorSettings, OutputFormat, OutputSettings,
    PluginSettings, RejectsSettings, STDIN, Settings, Source, StartAt, StoreSettings, TailSettings,
};
use crate::units::show_duration;

/// How many paths and globs can be given.
const SOURCES_MAX: usize = 1_024;

/// What was typed that a file could also have said. `None` and empty: nothing was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flags {
    /// The logs to follow, instead of those of the file.
    pub logfiles: Vec<PathBuf>,
    /// Where to begin in logs that are there already, for every log.
    pub from: Option<StartAt>,
    /// Monitor `alerting`: requests a second.
    pub alerting_threshold: Option<f64>,
    /// Monitor `alerting`: the window.
    pub alerting_interval: Option<Duration>,
    /// Monitor `reporting`: the time between reports.
    pub reporting_interval: Option<Duration>,
    /// The folder of further monitors.
    pub plugins_dir: Option<PathBuf>,
    /// The layout of events.
    pub output: Option<OutputFormat>,
    /// Whether alerts tell what they rest on.
    pub provenance: bool,
    /// When to colour.
    pub color: Option<ColorChoice>,
    /// The folder of what outlives the process.
    pub state_dir: Option<PathBuf>,
    /// The file for rejected lines.
    pub rejects: Option<PathBuf>,
}

/// Lays `flags` over `file` over the defaults.
///
/// # Errors
///
/// What only the whole can show: limits that contradict each other, too many logs.
pub fn resolve(file: Option<FileConfig>, flags: &Flags) -> Result<Settings, ConfigError> {
    let file = file.unwrap_or_default();
    let invalid =
        |problem| ConfigError::Invalid { path: file.path.clone(), problems: vec![problem] };
    let limits = file.limits.over(&MonitorLimits::default()).map_err(invalid)?;
    let mut monitors = monitors(&file.monitors)
        .into_iter()
        .map(|table| monitor(table, &limits))
        .collect::<Result<Vec<_>, _>>()
        .map_err(invalid)?;
    tell_built_ins(&mut monitors, flags);
    let from_file = |path: &PathBuf| beside(&file.path, path);
    let defaults = PluginSettings::default();
    Ok(Settings {
        sources: sources(&file, flags)?,
        output: OutputSettings {
            format: flags.output.or(file.output_format).unwrap_or_default(),
            color: flags.color.or(file.output_color).unwrap_or_default(),
            provenance: flags.provenance || file.output_provenance.unwrap_or_default(),
        },
        plugins: PluginSettings {
            dir: flags.plugins_dir.clone().or_else(|| file.plugins_dir.as_ref().map(from_file)),
            cache: file.plugins_cache.unwrap_or(defaults.cache),
            cache_dir: file.plugins_cache_dir.as_ref().map(from_file),
            watch_interval: file.plugins_watch_interval.unwrap_or(defaults.watch_interval),
        },
        monitors,
        limits,
        tail: tail(&file.tail),
        store: store(&file.store),
        state_dir: flags.state_dir.clone().or_else(|| file.state_dir.as_ref().map(from_file)),
        rejects: flags
            .rejects
            .clone()
            .or_else(|| file.rejects_file.as_ref().map(from_file))
            .map(|path| RejectsSettings { file: path, bytes_max: rejects_bytes_max(&file) }),
    })
}

fn sources(file: &FileConfig, flags: &Flags) -> Result<Vec<Source>, ConfigError> {
    let typed =
        |path: &PathBuf| Source { path: path.clone(), from: flags.from.unwrap_or_default() };
    let written = |table: &SourceTable| Source {
        path: beside(&file.path, Path::new(&table.path.value)),
        from: flags.from.or(table.from).unwrap_or_default(),
    };
    let mut all: Vec<Source> = Vec::new();
    let chosen: Vec<Source> = match &file.sources {
        _ if !flags.logfiles.is_empty() => flags.logfiles.iter().map(typed).collect(),
        Some(tables) => tables.iter().map(written).collect(),
        None => vec![typed(&PathBuf::from(DEFAULT_LOG))],
    };
    if chosen.len() > SOURCES_MAX {
        return Err(ConfigError::TooManySources { given: chosen.len(), max: SOURCES_MAX });
    }
    for source in chosen {
        // A shell's globs may name a log twice; its lines must not count twice.
        if all.iter().all(|earlier| earlier.path != source.path) {
            all.push(source);
        }
    }
    Ok(all)
}

/// The built-in monitors' tables, made up where the file has none, then the others by name.
fn monitors(tables: &[MonitorTable]) -> Vec<MonitorTable> {
    let built_in = BUILT_IN_MONITORS.into_iter().map(|name| {
        tables.iter().find(|table| table.name == name).cloned().unwrap_or_else(|| MonitorTable {
            name: name.to_owned(),
            plugin: None,
            enabled: None,
            config: None,
            limits: LimitsTable::default(),
            grants: GrantSettings::default(),
        })
    });
    let mut others: Vec<_> = tables
        .iter()
        .filter(|table| !BUILT_IN_MONITORS.contains(&table.name.as_str()))
        .cloned()
        .collect();
    others.sort_by(|one, other| one.name.cmp(&other.name));
    built_in.chain(others).collect()
}

fn monitor(table: MonitorTable, base: &MonitorLimits) -> Result<MonitorSettings, Problem> {
    Ok(MonitorSettings {
        limits: table.limits.over(base)?,
        plugin: table.plugin.unwrap_or_else(|| table.name.clone()),
        name: table.name,
        enabled: table.enabled.unwrap_or(true),
        config: table.config.unwrap_or_default(),
        grants: table.grants,
    })
}

/// Puts the flags that speak to a built-in monitor into its settings.
fn tell_built_ins(monitors: &mut [MonitorSettings], flags: &Flags) {
    let span = |duration: Duration| Json::String(show_duration(duration).to_string());
    let told = [
        ("reporting", "interval", flags.reporting_interval.map(span)),
        ("alerting", "interval", flags.alerting_interval.map(span)),
        ("alerting", "threshold", flags.alerting_threshold.map(Json::from)),
    ];
    for (name, key, value) in told {
        let monitor = monitors.iter_mut().find(|monitor| monitor.name == name);
        if let (Some(monitor), Some(value)) = (monitor, value) {
            monitor.config.insert(key.to_owned(), value);
        }
    }
}

fn tail(table: &TailTable) -> TailSettings {
    let defaults = TailSettings::default();
    TailSettings {
        poll_interval: table.poll_interval.unwrap_or(defaults.poll_interval),
        rotate_wait: table.rotate_wait.unwrap_or(defaults.rotate_wait),
        partial_line_timeout: table.partial_line_timeout.unwrap_or(defaults.partial_line_timeout),
        max_line_bytes: table.max_line_bytes.unwrap_or(defaults.max_line_bytes),
        glob_interval: table.glob_interval.unwrap_or(defaults.glob_interval),
        files_max: table.files_max.unwrap_or(defaults.files_max),
        inotify: table.inotify.unwrap_or(defaults.inotify),
    }
}

fn rejects_bytes_max(file: &FileConfig) -> u64 {
    let set = file.rejects_bytes_max.and_then(|bytes| u64::try_from(bytes).ok());
    set.unwrap_or(RejectsSettings::BYTES_MAX)
}

fn store(table: &StoreTable) -> StoreSettings {
    let defaults = StoreSettings::default();
    StoreSettings {
        future_tolerance: table.future_tolerance.unwrap_or(defaults.future_tolerance),
        groups_max: table.groups_max.unwrap_or(defaults.groups_max),
        key_bytes_max: table.key_bytes_max.unwrap_or(defaults.key_bytes_max),
    }
}

/// A path of the file: relative ones are relative to the file's folder, so that a configuration
/// means the same wherever the program is started.
fn beside(file: &Path, path: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if path != Path::new(STDIN) => folder.join(path),
        _ => path.to_owned(),
    }
}
