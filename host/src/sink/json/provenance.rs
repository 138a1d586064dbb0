//! What an alert rests on, as it is written.

use serde::Serialize;

use crate::event::{LogPosition, Provenance};

#[derive(Serialize)]
pub(super) struct ProvenanceFields<'a> {
    plugin: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    sha256: &'a str,
    settings_sha256: &'a str,
    interface: &'a str,
    logs: Vec<LogFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logs_left_out: Option<usize>,
}

#[derive(Serialize)]
struct LogFields<'a> {
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    offset: u64,
}

impl<'a> From<&'a Provenance> for ProvenanceFields<'a> {
    fn from(provenance: &'a Provenance) -> Self {
        let Provenance { origin, logs, logs_left_out } = provenance;
        let log = |log: &'a LogPosition| LogFields {
            source: &log.source,
            file: log.file.as_deref(),
            offset: log.offset,
        };
        Self {
            plugin: &origin.plugin,
            version: origin.identity.version.as_deref(),
            sha256: &origin.identity.sha256,
            settings_sha256: &origin.settings_sha256,
            interface: &origin.interface,
            logs: logs.iter().map(log).collect(),
            logs_left_out: (*logs_left_out > 0).then_some(*logs_left_out),
        }
    }
}
