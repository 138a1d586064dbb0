//! What a monitor is quarantined for, in a checkpoint.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::event;

/// The most bytes that are kept of what it failed with last.
const MESSAGE_BYTES_MAX: usize = 1_024;

#[derive(Serialize, Deserialize)]
pub(super) struct Quarantine {
    sha256: String,
    settings_sha256: String,
    since: i64,
    failures: u32,
    message: String,
}

impl From<&event::Quarantine> for Quarantine {
    fn from(quarantine: &event::Quarantine) -> Self {
        let event::Quarantine { sha256, settings_sha256, since, failures, message } = quarantine;
        let end = message.floor_char_boundary(MESSAGE_BYTES_MAX);
        Self {
            sha256: sha256.clone(),
            settings_sha256: settings_sha256.clone(),
            since: since.nanos(),
            failures: *failures,
            message: message.get(..end).unwrap_or_default().to_owned(),
        }
    }
}

impl From<Quarantine> for event::Quarantine {
    fn from(wire: Quarantine) -> Self {
        let Quarantine { sha256, settings_sha256, since, failures, message } = wire;
        Self { sha256, settings_sha256, since: Timestamp::from_nanos(since), failures, message }
    }
}
