//! What an event rests on: which plugin, told what, and how far in the logs.

use std::sync::Arc;

use crate::clock::Timestamp;

/// The most logs whose positions one alert tells; further ones are counted.
pub const LOGS_TOLD_MAX: usize = 256;

/// Which file of a plugin it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginIdentity {
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// What it says its version is.
    pub version: Option<String>,
}

/// What a monitor is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The plugin's name.
    pub plugin: String,
    /// Which file of it.
    pub identity: Arc<PluginIdentity>,
    /// SHA-256 of what can change what it says beside its bytes and the logs: the JSON object with
    /// its settings and its limits, keys in the order of their bytes, without white space.
    pub settings_sha256: String,
    /// The interface that it runs behind, with its version.
    pub interface: String,
}

/// With a plugin of these bytes, these settings and the logs up to these positions, a replay says the
/// same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// What said it.
    pub origin: Arc<Origin>,
    /// How far each log had counted, in the order in which the logs were opened; those of which no
    /// line had are left out. At most [`LOGS_TOLD_MAX`].
    pub logs: Vec<LogPosition>,
    /// How many further logs there are.
    pub logs_left_out: usize,
}

/// How far a log had counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPosition {
    /// The log's path, or `-`.
    pub source: String,
    /// The file's path, where it is another than the log's: the file was rotated.
    pub file: Option<String>,
    /// The offset in the file, after decompression, behind the last line that counts.
    pub offset: u64,
}

/// A plugin that failed too often to be run again as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// SHA-256 of its settings and limits, as in [`Origin::settings_sha256`].
    pub settings_sha256: String,
    /// When it failed last, in the pipeline's time.
    pub since: Timestamp,
    /// How often it had failed in a row.
    pub failures: u32,
    /// How it failed last.
    pub message: String,
}

impl Quarantine {
    /// Whether it is this plugin with these settings that failed; another may be right.
    pub fn is_of(&self, origin: &Origin) -> bool {
        self.sha256 == origin.identity.sha256 && self.settings_sha256 == origin.settings_sha256
    }
}
