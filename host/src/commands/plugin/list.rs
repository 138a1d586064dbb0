//! `weir plugin list`: what would be loaded, and what it asks for.

use std::fmt::Write as _;
use std::io::Write as _;

use super::super::{CommandError, to_output};
use crate::config::{OutputFormat, Settings};
use crate::diagnostics::Diagnostics;
use crate::monitor::{Declared, Metering};
use crate::pipeline::{Assembly, assemble};
use crate::record::Field;
use crate::units::{show_duration, show_size};

pub(super) fn list(settings: &Settings, diagnostics: &Diagnostics) -> Result<(), CommandError> {
    let Assembly { monitors, faults, plugins, .. } =
        assemble(settings, Metering::Deadline, diagnostics)?;
    let mut text = String::new();
    for monitor in &monitors {
        let Some(plugin) = plugins.get(monitor.plugin()) else { continue };
        let declared = monitor.declared();
        let bytes = u64::try_from(plugin.bytes.len()).unwrap_or(u64::MAX);
        // Writing to a String cannot fail.
        let _ = match settings.output.format {
            OutputFormat::Text => writeln!(
                text,
                "{}\n  plugin   {} {}\n  from     {}\n  sha256   {}\n  size     {}\n  asks for {}",
                monitor.name(),
                plugin.name,
                plugin.version().as_deref().unwrap_or("(no version)"),
                plugin.origin_text(),
                plugin.sha256(),
                show_size(bytes),
                asks(declared).join("\n           "),
            ),
            OutputFormat::Json => writeln!(
                text,
                "{}",
                serde_json::json!({
                    "type": "plugin",
                    "monitor": monitor.name().as_ref(),
                    "plugin": plugin.name,
                    "version": plugin.version(),
                    "origin": plugin.origin_text(),
                    "sha256": plugin.sha256(),
                    "bytes": bytes,
                    "asks_for": asks(declared),
                })
            ),
        };
    }
    std::io::stdout().write_all(text.as_bytes()).map_err(to_output)?;
    for fault in &faults {
        diagnostics.error(format_args!("monitor `{}`: {}", fault.monitor, fault.message));
    }
    if faults.is_empty() { Ok(()) } else { Err(CommandError::Plugins { count: faults.len() }) }
}

/// What a monitor asked for when it was configured, a line each.
fn asks(declared: &Declared) -> Vec<String> {
    let mut asks = vec![format!("a tick every {}", show_duration(declared.period))];
    for (query, window) in &declared.questions {
        asks.push(format!("`{query}` over {}", show_duration(*window)));
    }
    if let Some(rows) = &declared.subscription {
        let fields: Vec<&str> = rows.fields.iter().map(|field| Field::name(*field)).collect();
        let filter = match rows.filter_text.trim() {
            "" => String::new(),
            text => format!(" where {text}"),
        };
        asks.push(format!("rows of {}{filter}", fields.join(", ")));
    }
    asks
}
