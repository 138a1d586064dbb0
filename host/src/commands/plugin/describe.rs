//! What a plugin is and asks for, in words and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::examine::{Examination, Examined};
use crate::monitor::{Declared, Interface, LockState, MonitorError, Origin, Plugin};
use crate::record::Field;
use crate::sink::printable;
use crate::units::{show_duration, show_size};

/// How wide the labels of a block are.
const LABEL_WIDTH: usize = 8;

/// A block for people: a title, then labels with one or more lines each. What a plugin says cannot
/// steer the terminal.
#[derive(Default)]
pub(super) struct Block(String);

impl Block {
    pub(super) fn titled(title: &str) -> Self {
        Self(format!("{}\n", printable(title)))
    }

    /// A label and its lines; nothing where there is no line.
    pub(super) fn lines<S: AsRef<str>>(&mut self, label: &str, lines: &[S]) {
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            // Writing to a String cannot fail.
            let _ = writeln!(self.0, "  {label:LABEL_WIDTH$} {}", printable(line.as_ref()));
        }
    }

    pub(super) fn line(&mut self, label: &str, line: impl std::fmt::Display) {
        self.lines(label, &[line.to_string()]);
    }

    /// Another block below this one.
    pub(super) fn append(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// Where a plugin stands with the directory's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is part of the program.
    BuiltIn,
    /// The directory has no lock, or it is not in the directory.
    Unlocked,
    /// It is what was approved.
    Pinned,
    /// It is not what was approved.
    Changed,
    /// Nobody has approved it.
    Unknown,
    /// It was approved and is not there.
    Missing,
    /// The lock cannot be used.
    Unverified,
}

impl Standing {
    /// Of a plugin of the directory or a built-in one.
    pub(super) fn of(lock: &LockState, plugin: &Plugin) -> Self {
        match (&plugin.origin, lock, lock.admit(plugin)) {
            (Origin::BuiltIn, ..) => Self::BuiltIn,
            (_, LockState::Absent, _) => Self::Unlocked,
            (_, _, Ok(())) => Self::Pinned,
            (_, _, Err(refused)) => Self::of_refused(&refused).unwrap_or(Self::Unverified),
        }
    }

    /// Of a plugin that was not loaded because of the lock.
    pub(super) const fn of_refused(error: &MonitorError) -> Option<Self> {
        match error {
            MonitorError::Changed { .. } => Some(Self::Changed),
            MonitorError::Unknown { .. } => Some(Self::Unknown),
            MonitorError::Missing { .. } => Some(Self::Missing),
            MonitorError::Unverified { .. } | MonitorError::Lock { .. } => Some(Self::Unverified),
            _ => None,
        }
    }

    /// The word for it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Unlocked => "none",
            Self::Pinned => "pinned",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
            Self::Missing => "missing",
            Self::Unverified => "unverified",
        }
    }
}

/// The names of fields.
pub(super) fn names(fields: &[Field]) -> Vec<&'static str> {
    fields.iter().map(|field| field.name()).collect()
}

/// The names of fields in one line.
pub(super) fn in_words(fields: &[Field]) -> String {
    if fields.is_empty() { "none".to_owned() } else { names(fields).join(", ") }
}

/// What a monitor asked for when it was configured, a line each.
pub(super) fn asks(declared: &Declared) -> Vec<String> {
    let mut asks = vec![format!("a tick every {}", show_duration(declared.period))];
    for (query, window) in &declared.questions {
        asks.push(format!("`{query}` over {}", show_duration(*window)));
    }
    if let Some(rows) = &declared.subscription {
        let filter = match rows.filter_text.trim() {
            "" => String::new(),
            text => format!(" where {text}"),
        };
        asks.push(format!("rows of {}{filter}", names(&rows.fields).join(", ")));
    }
    asks
}

/// The size of a plugin's file.
pub(super) fn size(plugin: &Plugin) -> u64 {
    u64::try_from(plugin.bytes.len()).unwrap_or(u64::MAX)
}

/// What the plugin is, whatever monitor runs it.
pub(super) fn plugin_block(title: &str, examined: &Examined, standing: Standing) -> Block {
    let Examined { plugin, interface, .. } = examined;
    let mut block = Block::titled(title);
    block.line("version", plugin.version().as_deref().unwrap_or("(none)"));
    block.line("from", plugin.origin_text());
    block.line("sha256", plugin.sha256());
    block.line("size", show_size(size(plugin)));
    block.line("lock", standing.name());
    block.line("made for", &interface.name);
    block.lines("imports", &interface.imports);
    block.line("reads", in_words(&examined.fields()));
    block.line("keeps", if interface.keeps() { "a state" } else { "nothing" });
    block
}

/// What the plugin is as one monitor.
pub(super) fn monitor_block(examination: &Examination, interface: &Interface) -> Block {
    let Examination { declared, .. } = examination;
    let mut block = Block::titled(&format!("as monitor `{}`", examination.monitor));
    block.lines("asks for", &asks(declared));
    match &declared.grants.fields {
        Some(fields) => block.line("granted", in_words(fields)),
        None => block.line("granted", "every field"),
    }
    let mut withheld = names(&declared.grants.withheld(&declared.fields()));
    if interface.keeps() && !declared.grants.keep {
        withheld.push("to keep a state");
    }
    if !withheld.is_empty() {
        block.line("withheld", withheld.join(", "));
    }
    if let Some(schema) = &declared.schema {
        let schema = serde_json::to_string_pretty(schema).unwrap_or_default();
        block.lines("settings", &schema.lines().collect::<Vec<_>>());
    }
    let limits = limits(examination).into_iter().map(|limit| match limit.used {
        Some(used) => format!("{:19} {used} of {}", limit.name, limit.value),
        None => format!("{:19} {}", limit.name, limit.value),
    });
    block.lines("limits", &limits.collect::<Vec<_>>());
    block
}

/// A limit of `weir.toml`, and what is used of it where that can be told.
struct Limit {
    name: &'static str,
    value: String,
    used: Option<String>,
}

fn limits(examination: &Examination) -> Vec<Limit> {
    let Examination { limits, declared, memory_bytes, kept_bytes, .. } = examination;
    let bytes = |bytes: usize| show_size(u64::try_from(bytes).unwrap_or(u64::MAX)).to_string();
    let span = |duration| show_duration(duration).to_string();
    let unmeasured = |name, value| Limit { name, value, used: None };
    let used = |name, value, used| Limit { name, value, used: Some(used) };
    vec![
        used("memory", bytes(limits.memory_bytes_max), bytes(*memory_bytes)),
        unmeasured("deadline", span(limits.deadline)),
        unmeasured("batch_deadline", span(limits.batch_deadline)),
        unmeasured("fuel", limits.fuel_max.to_string()),
        unmeasured("events", limits.events_max.to_string()),
        unmeasured("events_per_minute", limits.events_per_minute_max.to_string()),
        unmeasured("labels", limits.labels_max.to_string()),
        unmeasured("label_bytes", bytes(limits.label_bytes_max)),
        unmeasured("text_bytes", bytes(limits.text_bytes_max)),
        unmeasured("log_lines", limits.log_lines_max.to_string()),
        unmeasured("log_bytes", bytes(limits.log_bytes_max)),
        used("queries", limits.queries_max.to_string(), declared.questions.len().to_string()),
        used("kept_bytes", bytes(limits.kept_bytes_max), bytes(*kept_bytes)),
        unmeasured("restart_backoff_min", span(limits.backoff_min)),
        unmeasured("restart_backoff_max", span(limits.backoff_max)),
        unmeasured("quarantine_after", limits.quarantine_after.to_string()),
    ]
}

/// All of it as one JSON object.
pub(super) fn plugin_json(kind: &str, examined: &Examined, standing: Standing) -> Value {
    let Examined { plugin, interface, monitors } = examined;
    json!({
        "type": kind,
        "plugin": plugin.name,
        "version": plugin.version(),
        "origin": plugin.origin_text(),
        "sha256": plugin.sha256(),
        "bytes": size(plugin),
        "lock": standing.name(),
        "interface": interface.name,
        "imports": interface.imports,
        "reads": names(&examined.fields()),
        "keeps": interface.keeps(),
        "monitors": monitors.iter().map(monitor_json).collect::<Vec<_>>(),
    })
}

fn monitor_json(examination: &Examination) -> Value {
    let Examination { declared, .. } = examination;
    let questions = declared.questions.iter().map(|(query, window)| {
        json!({ "question": query.to_string(), "window": show_duration(*window).to_string() })
    });
    let rows = declared
        .subscription
        .as_ref()
        .map(|rows| json!({ "fields": names(&rows.fields), "where": rows.filter_text.trim() }));
    let limits = limits(examination)
        .into_iter()
        .map(|limit| (limit.name.to_owned(), json!({ "limit": limit.value, "used": limit.used })));
    json!({
        "monitor": examination.monitor.as_ref(),
        "tick_every": show_duration(declared.period).to_string(),
        "questions": questions.collect::<Vec<_>>(),
        "rows": rows,
        "granted": declared.grants.fields.as_deref().map(names),
        "withheld": names(&declared.grants.withheld(&declared.fields())),
        "keep_granted": declared.grants.keep,
        "settings": declared.schema,
        "limits": limits.collect::<serde_json::Map<_, _>>(),
    })
}
