//! `weir replay --diff`: what would have been said differently with an older plugin.
//!
//! The two run as two monitors of one replay, so that the logs are read and parsed once, equal
//! questions are answered once, and both see the same clock. Nothing that one does can reach the
//! other, as it is with any two monitors.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::comparison::{Comparison, Difference, Side, Totals, describe, heading};
use crate::config::{OutputFormat, Settings};
use crate::event::Event;
use crate::monitor::{Plugin, Plugins};
use crate::pipeline::PipelineError;
use crate::sink::{Encode, Json, printable};

/// SGR codes (ECMA-48), used where colour is on.
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";

/// Adds the older plugin, in `old`, as a monitor of its own behind the one that is chosen, with that
/// one's settings, limits and grants: what differs is then the plugin's doing. Its name is one that no
/// monitor can have.
pub(super) fn add_old(
    settings: &mut Settings,
    plugins: &mut Plugins,
    old: &Path,
) -> Result<(), PipelineError> {
    let Some(mut monitor) = settings.monitors.first().cloned() else {
        return Ok(());
    };
    // A lock grants by name, and knows nothing of the old one's.
    let present = plugins.get(&monitor.plugin).map(|present| plugins.grants(present));
    let granted = present.unwrap_or_default();
    monitor.grants.fields = monitor.grants.fields.or(granted.fields);
    monitor.grants.keep.get_or_insert(granted.keep);
    let mut plugin = Plugin::read(&monitor.name, old)?;
    monitor.name = name_of_old(&monitor.name);
    plugin.name.clone_from(&monitor.name);
    monitor.plugin.clone_from(&monitor.name);
    plugins.found.push(plugin);
    settings.monitors.push(monitor);
    Ok(())
}

fn name_of_old(name: &str) -> String {
    format!("{name} (old)")
}

/// Events to differences: an encoder like any other, of which a copy is kept for the end.
#[derive(Clone)]
pub(super) struct Diff {
    monitor: String,
    format: OutputFormat,
    color: bool,
    comparison: Arc<Mutex<Comparison>>,
}

impl Diff {
    /// Compares what `monitor` says with what the old one says.
    pub(super) fn new(monitor: &str, format: OutputFormat, color: bool) -> Self {
        let comparison = Arc::new(Mutex::new(Comparison::new()));
        Self { monitor: monitor.to_owned(), format, color, comparison }
    }

    /// The differences that waited for more events, and the totals.
    pub(super) fn finish(&self) -> (Vec<u8>, Totals) {
        let mut comparison = self.comparison.lock().unwrap_or_else(PoisonError::into_inner);
        comparison.finish();
        let mut out = Vec::new();
        self.write_settled(&mut comparison, &mut out);
        let totals = comparison.totals();
        let line = match self.format {
            OutputFormat::Text => format!("{totals}\n"),
            OutputFormat::Json => {
                let Totals { more, less, changed, equal } = totals;
                format!(
                    "{{\"type\":\"diff_totals\",\"more\":{more},\"less\":{less},\
                     \"changed\":{changed},\"equal\":{equal}}}\n"
                )
            }
        };
        out.extend_from_slice(line.as_bytes());
        (out, totals)
    }

    fn write_settled(&self, comparison: &mut Comparison, out: &mut Vec<u8>) {
        for difference in comparison.take_settled() {
            let text = match self.format {
                OutputFormat::Text => self.for_people(&difference),
                OutputFormat::Json => as_json(&difference),
            };
            out.extend_from_slice(text.as_bytes());
        }
    }

    fn for_people(&self, difference: &Difference) -> String {
        match difference {
            Difference::Only(side, event) => {
                let details = describe(event);
                let colon = if details.is_empty() { "" } else { ": " };
                self.line(*side, &format!("{}{colon}{details}", heading(event)))
            }
            Difference::Changed { old, fields, .. } => {
                let mut text = self.painted(YELLOW, &format!("~ {}", heading(old)));
                for change in fields {
                    for (side, value) in [(Side::Old, &change.old), (Side::New, &change.new)] {
                        if let Some(value) = value {
                            let field = format!("    {} {value}", change.field);
                            text.push_str(&self.line(side, &field));
                        }
                    }
                }
                text
            }
        }
    }

    fn line(&self, side: Side, text: &str) -> String {
        match side {
            Side::Old => self.painted(RED, &format!("- {text}")),
            Side::New => self.painted(GREEN, &format!("+ {text}")),
        }
    }

    fn painted(&self, color: &str, text: &str) -> String {
        let text = printable(text);
        if self.color { format!("{color}{text}{PLAIN}\n") } else { format!("{text}\n") }
    }
}

impl Encode for Diff {
    fn encode(&mut self, event: &Event, out: &mut Vec<u8>) {
        let mut event = event.clone();
        let Some(monitor) = monitor_of(&mut event) else {
            return;
        };
        let side = if *monitor == name_of_old(&self.monitor) { Side::Old } else { Side::New };
        monitor.clone_from(&self.monitor);
        let mut comparison = self.comparison.lock().unwrap_or_else(PoisonError::into_inner);
        comparison.push(side, event);
        self.write_settled(&mut comparison, out);
    }
}

/// The monitor that says it; `None` for what the host says.
fn monitor_of(event: &mut Event) -> Option<&mut String> {
    match event {
        Event::Report(report) => Some(&mut report.monitor),
        Event::Alert(change) => Some(&mut change.monitor),
        Event::Fault(fault) => Some(&mut fault.monitor),
        Event::Swapped(swap) => Some(&mut swap.monitor),
        Event::Started { .. } | Event::Lost(_) | Event::Account(_) | Event::Usage(_) => None,
    }
}

/// The events stand in it as they would in the output of a replay.
fn as_json(difference: &Difference) -> String {
    match difference {
        Difference::Only(Side::Old, event) => {
            format!("{{\"type\":\"diff\",\"change\":\"less\",\"old\":{}}}\n", event_json(event))
        }
        Difference::Only(Side::New, event) => {
            format!("{{\"type\":\"diff\",\"change\":\"more\",\"new\":{}}}\n", event_json(event))
        }
        Difference::Changed { old, new, fields } => {
            let names: Vec<&str> = fields.iter().map(|change| change.field.as_str()).collect();
            format!(
                "{{\"type\":\"diff\",\"change\":\"changed\",\"fields\":{},\"old\":{},\"new\":{}}}\n",
                serde_json::json!(names),
                event_json(old),
                event_json(new)
            )
        }
    }
}

fn event_json(event: &Event) -> String {
    let mut line = Vec::new();
    Json.encode(event, &mut line);
    String::from_utf8_lossy(&line).trim_end().to_owned()
}
