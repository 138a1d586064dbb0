//! `weir.toml` as written: what it sets, and nothing that it does not.

use std::fs::File;
use std::io::Read;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeTable;

use super::error::{ConfigError, Problems};
use super::grants::GrantSettings;
use super::limits::LimitsTable;
use super::reader::{Located, Section};
use super::settings::{ColorChoice, OutputFormat, StartAt};

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// How large the file of rejected lines may be told to become, in bytes.
const REJECTS_BYTES: RangeInclusive<u64> = 64 << 10..=1 << 40;

/// The longest name of a monitor, in characters.
const MONITOR_NAME_CHARS_MAX: usize = 64;

/// How many monitors can be configured.
const MONITORS_MAX: usize = 256;

/// A configuration file: every key optional, every value within its own range.
#[derive(Clone, Debug, Default)]
pub struct FileConfig {
    /// Where it was read from; relative paths in it are relative to that file's folder.
    pub(super) path: PathBuf,
    pub(super) sources: Option<Vec<SourceTable>>,
    pub(super) output_format: Option<OutputFormat>,
    pub(super) output_color: Option<ColorChoice>,
    pub(super) output_provenance: Option<bool>,
    pub(super) plugins_dir: Option<PathBuf>,
    pub(super) plugins_cache: Option<bool>,
    pub(super) plugins_cache_dir: Option<PathBuf>,
    pub(super) plugins_watch_interval: Option<Duration>,
    pub(super) monitors: Vec<MonitorTable>,
    pub(super) limits: LimitsTable,
    pub(super) tail: TailTable,
    pub(super) store: StoreTable,
    pub(super) state_dir: Option<PathBuf>,
    pub(super) rejects_file: Option<PathBuf>,
    pub(super) rejects_bytes_max: Option<usize>,
}

/// A `[[source]]` table.
#[derive(Clone, Debug)]
pub(super) struct SourceTable {
    pub(super) path: Located<String>,
    pub(super) from: Option<StartAt>,
}

/// A `[monitor.NAME]` table.
#[derive(Clone, Debug)]
pub(super) struct MonitorTable {
    pub(super) name: String,
    pub(super) plugin: Option<String>,
    pub(super) enabled: Option<bool>,
    pub(super) config: Option<serde_json::Map<String, serde_json::Value>>,
    pub(super) limits: LimitsTable,
    pub(super) grants: GrantSettings,
}

/// The `[tail]` table.
#[derive(Clone, Debug, Default)]
pub(super) struct TailTable {
    pub(super) poll_interval: Option<Duration>,
    pub(super) rotate_wait: Option<Duration>,
    pub(super) partial_line_timeout: Option<Duration>,
    pub(super) max_line_bytes: Option<usize>,
    pub(super) glob_interval: Option<Duration>,
    pub(super) files_max: Option<usize>,
    pub(super) inotify: Option<bool>,
}

/// The `[store]` table.
#[derive(Clone, Debug, Default)]
pub(super) struct StoreTable {
    pub(super) future_tolerance: Option<Duration>,
    pub(super) groups_max: Option<usize>,
    pub(super) key_bytes_max: Option<usize>,
}

impl FileConfig {
    /// Reads and checks the file at `path`.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, &read_text(path)?)
    }

    /// Checks `text`, which was read from `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        parse_document(path, text, "weir.toml", |top| read_document(path, top))
    }
}

/// The text of the file at `path`, which is no larger than any configuration.
pub(super) fn read_text(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |source| ConfigError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    // One byte more than allowed tells a file that is too large from one that just fits.
    file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if u64::try_from(text.len()).is_ok_and(|bytes| bytes <= FILE_BYTES_MAX) {
        Ok(text)
    } else {
        Err(ConfigError::TooLarge { path: path.to_owned(), max_bytes: FILE_BYTES_MAX })
    }
}

/// Checks `text`, which was read from `path` and which messages call `name`, with `read`.
pub(super) fn parse_document<T>(
    path: &Path,
    text: &str,
    name: &str,
    read: impl FnOnce(Section<'_, '_>) -> T,
) -> Result<T, ConfigError> {
    let mut problems = Problems::new(text);
    let (document, mistakes) = DeTable::parse_recoverable(text);
    for mistake in &mistakes {
        let offset = mistake.span().map_or(0, |span| span.start);
        problems.add(offset, mistake.message().replace('\n', ", "), None);
    }
    // What a syntax error leaves behind would only be misread.
    let found = mistakes
        .is_empty()
        .then(|| read(Section::open(name.to_owned(), document.get_ref(), &mut problems)));
    let problems = problems.into_sorted();
    match found {
        Some(found) if problems.is_empty() => Ok(found),
        _ => Err(ConfigError::Invalid { path: path.to_owned(), problems }),
    }
}

fn read_document(path: &Path, mut top: Section<'_, '_>) -> FileConfig {
    let mut config = FileConfig { path: path.to_owned(), ..FileConfig::default() };
    config.sources = top
        .each_section("source", read_source)
        .map(|sources| sources.into_iter().flatten().collect());
    refuse_repeated(config.sources.as_deref().unwrap_or_default(), top.problems);
    if let Some(mut output) = top.section("output", "[output]".to_owned()) {
        config.output_format = output.choice("format");
        config.output_color = output.choice("color");
        config.output_provenance = output.boolean("provenance");
        output.close(None);
    }
    if let Some(mut plugins) = top.section("plugins", "[plugins]".to_owned()) {
        config.plugins_dir = plugins.text("dir").map(|dir| dir.value.into());
        config.plugins_cache = plugins.boolean("cache");
        config.plugins_cache_dir = plugins.text("cache_dir").map(|dir| dir.value.into());
        config.plugins_watch_interval =
            plugins.duration("watch_interval", Duration::ZERO..=Duration::from_hours(1));
        plugins.close(None);
    }
    config.monitors = top.named_sections("monitor", check_monitor_name, read_monitor);
    if config.monitors.len() > MONITORS_MAX {
        let message = format!("more than {MONITORS_MAX} monitors");
        top.problems.add(0, message, None);
    }
    if let Some(limits) = top.section("limits", "[limits]".to_owned()) {
        config.limits = LimitsTable::read(limits);
    }
    if let Some(tail) = top.section("tail", "[tail]".to_owned()) {
        config.tail = read_tail(tail);
    }
    if let Some(store) = top.section("store", "[store]".to_owned()) {
        config.store = read_store(store);
    }
    if let Some(mut state) = top.section("state", "[state]".to_owned()) {
        config.state_dir = state.text("dir").map(|dir| dir.value.into());
        state.close(None);
    }
    if let Some(mut rejects) = top.section("rejects", "[rejects]".to_owned()) {
        config.rejects_file = rejects.text("file").map(|file| file.value.into());
        config.rejects_bytes_max = rejects.size("bytes_max", REJECTS_BYTES);
        rejects.close(None);
    }
    top.close(None);
    config
}

fn read_source(mut section: Section<'_, '_>, offset: usize) -> Option<SourceTable> {
    let path = section.required_text("path", offset);
    let from = section.choice("from");
    section.close(None);
    path.map(|path| SourceTable { path, from })
}

/// A log that stands twice may be meant to begin in two places; nobody can tell which.
fn refuse_repeated(sources: &[SourceTable], problems: &mut Problems<'_>) {
    for (index, source) in sources.iter().enumerate() {
        let earlier = sources.iter().take(index).find(|one| one.path.value == source.path.value);
        if let Some(earlier) = earlier {
            let message = format!(
                "the log {:?} is given twice, first at {}",
                source.path.value, earlier.path.at
            );
            problems.add_at(source.path.at, message, None);
        }
    }
}

fn read_monitor(mut section: Section<'_, '_>, name: &str) -> MonitorTable {
    let plugin = section.plugin_name("plugin");
    let enabled = section.boolean("enabled");
    let config = section.json("config");
    let limits = section
        .section("limits", format!("[monitor.{name}.limits]"))
        .map(LimitsTable::read)
        .unwrap_or_default();
    let grants = section
        .section("grants", format!("[monitor.{name}.grants]"))
        .map(GrantSettings::read)
        .unwrap_or_default();
    let advice = format!(
        "a monitor's own settings belong in [monitor.{name}.config]; \
         beside it there are `plugin`, `enabled`, `limits`, `grants`"
    );
    section.close(Some(&advice));
    MonitorTable { name: name.to_owned(), plugin, enabled, config, limits, grants }
}

fn read_tail(mut section: Section<'_, '_>) -> TailTable {
    let ms = Duration::from_millis;
    let secs = Duration::from_secs;
    let table = TailTable {
        poll_interval: section.duration("poll_interval", ms(10)..=secs(60)),
        rotate_wait: section.duration("rotate_wait", ms(0)..=secs(600)),
        partial_line_timeout: section.duration("partial_line_timeout", ms(0)..=secs(3_600)),
        max_line_bytes: section.size("max_line_bytes", 256..=16 << 20),
        glob_interval: section.duration("glob_interval", ms(100)..=secs(3_600)),
        files_max: section.count("files_max", 1..=65_536),
        inotify: section.boolean("inotify"),
    };
    section.close(None);
    table
}

fn read_store(mut section: Section<'_, '_>) -> StoreTable {
    let table = StoreTable {
        future_tolerance: section
            .duration("future_tolerance", Duration::ZERO..=Duration::from_hours(1)),
        groups_max: section.count("groups_max", 1..=16_777_216),
        key_bytes_max: section.size("key_bytes_max", 16..=64 << 10),
    };
    section.close(None);
    table
}

/// A monitor's name goes into events, file names and flags: `[a-z0-9][a-z0-9_-]{0,63}`.
///
/// # Errors
/// What a name must be, for people.
pub fn check_monitor_name(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let begins_well = name.chars().next().is_some_and(is_plain);
    let goes_on_well = name.chars().all(|c| is_plain(c) || c == '_' || c == '-');
    if begins_well && goes_on_well && name.len() <= MONITOR_NAME_CHARS_MAX {
        return Ok(());
    }
    Err(format!(
        "invalid monitor name {name:?}: must be 1 to {MONITOR_NAME_CHARS_MAX} of a-z, 0-9, _ \
         and -, beginning with a letter or digit"
    ))
}
