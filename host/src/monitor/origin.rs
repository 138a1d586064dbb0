//! What a monitor is known by: the bytes of its plugin, and what it was told and allowed.

use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::compatibility::INTERFACE;
use super::plugin::Plugin;
use super::supervise::MonitorSettings;
use crate::event::Origin;
use crate::hex;

/// What a monitor of this plugin with these settings is known by.
pub(super) fn origin_of(plugin: &Plugin, settings: &MonitorSettings) -> Origin {
    Origin {
        plugin: plugin.name.clone(),
        identity: Arc::new(plugin.identity()),
        settings_sha256: settings_sha256(settings),
        interface: INTERFACE.to_owned(),
    }
}

/// SHA-256 of the object with the settings and the limits, as JSON without white space. Its keys are
/// in the order of their bytes, as that is how a JSON object is held here.
fn settings_sha256(settings: &MonitorSettings) -> String {
    let told: Value = match serde_json::from_str(&settings.config) {
        Ok(told) => told,
        Err(_not_json) => Value::String(settings.config.clone()),
    };
    let all = json!({ "config": told, "limits": settings.limits.to_json() });
    hex::encode(&Sha256::digest(all.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::*;

    fn sha256(config: &str, limits: Limits) -> String {
        settings_sha256(&MonitorSettings { name: "mine".into(), config: config.to_owned(), limits })
    }

    #[test]
    fn the_order_of_the_settings_does_not_count_and_their_values_do() {
        let of = |config| sha256(config, Limits::default());
        assert_eq!(of(r#"{"a":1,"b":{"d":2,"c":3}}"#), of(r#"{"b": {"c": 3, "d": 2}, "a": 1}"#));
        assert_ne!(of(r#"{"a":1}"#), of(r#"{"a":2}"#));
    }

    #[test]
    fn a_limit_counts_as_a_setting() {
        let more = Limits { memory_bytes_max: 32 << 20, ..Limits::default() };
        assert_ne!(sha256("{}", more), sha256("{}", Limits::default()));
    }
}
