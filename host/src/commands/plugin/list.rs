//! `weir plugin list`: what would be loaded, and what it asks for.

use std::io::Write as _;

use serde_json::{Value, json};

use super::super::{CommandError, to_output};
use super::describe::{Block, Standing, asks, names, size};
use crate::config::{OutputFormat, Settings};
use crate::diagnostics::Diagnostics;
use crate::monitor::{Metering, Monitor, MonitorError, Plugin};
use crate::pipeline::{Assembly, assemble};
use crate::units::show_size;

pub(super) fn list(settings: &Settings, diagnostics: &Diagnostics) -> Result<(), CommandError> {
    let Assembly { monitors, faults, plugins, .. } =
        assemble(settings, Metering::Deadline, diagnostics)?;
    let loaded = monitors.iter().filter_map(|monitor| {
        let plugin = plugins.get(monitor.plugin())?;
        let standing = Standing::of(&plugins.lock, plugin);
        Some(match settings.output.format {
            OutputFormat::Text => block(monitor, plugin, standing).text().to_owned(),
            OutputFormat::Json => format!("{}\n", entry(monitor, plugin, standing)),
        })
    });
    let refused = plugins.unreadable.iter().filter_map(|(name, error)| {
        let standing = Standing::of_refused(error)?;
        Some(match settings.output.format {
            OutputFormat::Text => {
                let mut block = Block::titled(name);
                block.line("lock", standing.name());
                block.text().to_owned()
            }
            OutputFormat::Json => format!("{}\n", refused(name, error, standing)),
        })
    });
    let text: String = loaded.chain(refused).collect();
    std::io::stdout().write_all(text.as_bytes()).map_err(to_output)?;
    for fault in &faults {
        diagnostics.error(format_args!("monitor `{}`: {}", fault.monitor, fault.message));
    }
    if faults.is_empty() { Ok(()) } else { Err(CommandError::Plugins { count: faults.len() }) }
}

fn block(monitor: &Monitor, plugin: &Plugin, standing: Standing) -> Block {
    let declared = monitor.declared();
    let version = plugin.version();
    let mut block = Block::titled(monitor.name());
    let version = version.as_deref().unwrap_or("(no version)");
    block.line("plugin", format_args!("{} {version}", plugin.name));
    block.line("from", plugin.origin_text());
    block.line("sha256", plugin.sha256());
    block.line("size", show_size(size(plugin)));
    if standing == Standing::Pinned {
        block.line("lock", standing.name());
    }
    block.lines("asks for", &asks(declared));
    let withheld = declared.grants.withheld(&declared.fields());
    if !withheld.is_empty() {
        block.line("withheld", names(&withheld).join(", "));
    }
    block
}

fn entry(monitor: &Monitor, plugin: &Plugin, standing: Standing) -> Value {
    let declared = monitor.declared();
    json!({
        "type": "plugin",
        "monitor": monitor.name().as_ref(),
        "plugin": plugin.name,
        "version": plugin.version(),
        "origin": plugin.origin_text(),
        "sha256": plugin.sha256(),
        "bytes": size(plugin),
        "lock": standing.name(),
        "asks_for": asks(declared),
        "reads": names(&declared.fields()),
        "withheld": names(&declared.grants.withheld(&declared.fields())),
    })
}

/// What does not load because of the lock, with why.
fn refused(name: &str, error: &MonitorError, standing: Standing) -> Value {
    json!({
        "type": "plugin",
        "monitor": null,
        "plugin": name,
        "lock": standing.name(),
        "problem": crate::causes::with_causes(error),
    })
}
