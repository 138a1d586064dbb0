//! JSON Lines: one object an event, UTF-8, times RFC 3339 in UTC with milliseconds. What could drive
//! a terminal or end a line is escaped, so that a stream may be looked at as it is.

use std::io;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::ser::Formatter;

use self::provenance::ProvenanceFields;
use self::usage::UsageFields;
use super::Encode;
use super::text::is_disruptive;
use crate::event::{
    Account, AlertChange, Consequence, Edge, Event, Fault, Lost, Measure, Report, ResolvedCause,
    Swap,
};

mod provenance;
mod usage;

/// The machine's format. That a log is being followed is not an event to it.
#[derive(Debug, Default)]
pub struct Json;

/// The same, with what each alert rests on.
#[derive(Debug, Default)]
pub struct JsonWithProvenance;

impl Encode for Json {
    fn encode(&mut self, event: &Event, out: &mut Vec<u8>) {
        if let Some(line) = Line::of(event) {
            write(&line, out);
        }
    }
}

impl Encode for JsonWithProvenance {
    fn encode(&mut self, event: &Event, out: &mut Vec<u8>) {
        let mut line = Line::of(event);
        if let (Some(Line::Alert { provenance, .. }), Event::Alert(change)) = (&mut line, event) {
            *provenance = change.provenance.as_deref().map(ProvenanceFields::from);
        }
        if let Some(line) = line {
            write(&line, out);
        }
    }
}

fn write(line: &Line<'_>, out: &mut Vec<u8>) {
    let before = out.len();
    let mut to = serde_json::Serializer::with_formatter(&mut *out, Harmless);
    match line.serialize(&mut to) {
        Ok(()) => out.push(b'\n'),
        // Memory takes every byte, and no line holds a map with keys that are not texts.
        Err(_unreachable) => out.truncate(before),
    }
}

/// JSON's own rules, and escapes for further characters that JSON lets stand.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, found)) = rest.char_indices().find(|(_, c)| is_disruptive(*c)) {
            let (before, from) = rest.split_at(at);
            // All of them are in the basic plane, so that one escape of four digits says it.
            write!(to, "{before}\\u{:04x}", u32::from(found))?;
            rest = from.split_at(found.len_utf8()).1;
        }
        to.write_all(rest.as_bytes())
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Report {
        monitor: &'a str,
        time: String,
        title: &'a str,
        #[serde(serialize_with = "ordered_measures")]
        measures: &'a [(String, Measure)],
    },
    Alert {
        monitor: &'a str,
        key: &'a str,
        state: &'static str,
        time: String,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<&'a str>,
        severity: &'static str,
        #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "ordered_labels")]
        labels: &'a [(String, String)],
        #[serde(skip_serializing_if = "Option::is_none")]
        started_at: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        duration_s: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        provenance: Option<ProvenanceFields<'a>>,
    },
    Swapped {
        monitor: &'a str,
        plugin: &'a str,
        time: String,
        old_sha256: Option<&'a str>,
        old_version: Option<&'a str>,
        new_sha256: Option<&'a str>,
        new_version: Option<&'a str>,
    },
    Fault {
        monitor: &'a str,
        kind: &'static str,
        time: Option<String>,
        phase: &'static str,
        message: &'a str,
        retry_in_s: Option<f64>,
        consequence: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        failures: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        plugin: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        version: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        sha256: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        used: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<&'static str>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        frames: &'a [String],
    },
    Lost {
        source: &'a str,
        time: String,
        file: &'a str,
        from: u64,
        to: u64,
        lines: u64,
        cause: &'static str,
    },
    Account {
        source: &'a str,
        read: u64,
        parsed: u64,
        rejected: u64,
        too_long: u64,
        late: u64,
        future: u64,
        lost: u64,
        lost_bytes: u64,
        partial: u64,
        lag_bytes: u64,
        lag_s: f64,
    },
    Usage(UsageFields<'a>),
}

impl<'a> Line<'a> {
    /// The event's line, if it has one.
    fn of(event: &'a Event) -> Option<Self> {
        Some(match event {
            Event::Started { .. } => return None,
            Event::Report(report) => Self::from(report),
            Event::Alert(change) => Self::from(change),
            Event::Swapped(swap) => Self::from(swap),
            Event::Fault(fault) => Self::from(fault),
            Event::Lost(lost) => Self::from(lost),
            Event::Account(account) => Self::from(account),
            Event::Usage(usage) => Self::Usage(UsageFields::from(&**usage)),
        })
    }
}

fn ordered_measures<S: Serializer>(
    measures: &[(String, Measure)],
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(measures.len()))?;
    for (name, value) in measures {
        match value {
            Measure::Count(count) => map.serialize_entry(name, count)?,
            Measure::Number(number, _unit) => map.serialize_entry(name, number)?,
            Measure::Text(text) => map.serialize_entry(name, text)?,
        }
    }
    map.end()
}

fn ordered_labels<S: Serializer>(labels: &[(String, String)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(labels.iter().map(|(name, value)| (name, value)))
}

impl<'a> From<&'a Report> for Line<'a> {
    fn from(report: &'a Report) -> Self {
        Self::Report {
            monitor: &report.monitor,
            time: report.time.rfc3339_millis(),
            title: &report.title,
            measures: &report.measures,
        }
    }
}

impl<'a> From<&'a AlertChange> for Line<'a> {
    fn from(change: &'a AlertChange) -> Self {
        let (state, started_at, duration_s, cause) = match change.edge {
            Edge::Firing => ("firing", None, None, None),
            Edge::Resolved { started_at, duration, cause } => {
                let cause = match cause {
                    ResolvedCause::Over => None,
                    ResolvedCause::MonitorEnded => Some("monitor-ended"),
                };
                let (from, span) = (started_at.rfc3339_millis(), duration.as_secs_f64());
                ("resolved", Some(from), Some(span), cause)
            }
        };
        let condition = &change.condition;
        Self::Alert {
            monitor: &change.monitor,
            key: &condition.key,
            state,
            time: change.time.rfc3339_millis(),
            name: &condition.name,
            value: condition.value.as_ref().map(|(value, _)| *value),
            unit: condition.value.as_ref().map(|(_, unit)| unit.as_str()),
            severity: condition.severity.name(),
            labels: &condition.labels,
            started_at,
            duration_s,
            cause,
            provenance: None,
        }
    }
}

impl<'a> From<&'a Swap> for Line<'a> {
    fn from(swap: &'a Swap) -> Self {
        let (old, new) = (swap.old.as_deref(), swap.new.as_deref());
        Self::Swapped {
            monitor: &swap.monitor,
            plugin: &swap.plugin,
            time: swap.time.rfc3339_millis(),
            old_sha256: old.map(|old| old.sha256.as_str()),
            old_version: old.and_then(|old| old.version.as_deref()),
            new_sha256: new.map(|new| new.sha256.as_str()),
            new_version: new.and_then(|new| new.version.as_deref()),
        }
    }
}

impl<'a> From<&'a Fault> for Line<'a> {
    fn from(fault: &'a Fault) -> Self {
        let (consequence, retry_in_s, failures) = match fault.consequence {
            Consequence::RetryIn(wait) => ("retry", Some(wait.as_secs_f64()), None),
            Consequence::Ended => ("ended", None, None),
            Consequence::GoesOn => ("goes-on", None, None),
            Consequence::Quarantined { failures } => ("quarantined", None, Some(failures)),
        };
        let (origin, exceeded) = (fault.details.origin.as_deref(), fault.details.exceeded);
        Self::Fault {
            monitor: &fault.monitor,
            kind: fault.kind.name(),
            time: fault.time.map(crate::clock::Timestamp::rfc3339_millis),
            phase: fault.phase,
            message: &fault.message,
            retry_in_s,
            consequence,
            failures,
            plugin: origin.map(|origin| origin.plugin.as_str()),
            version: origin.and_then(|origin| origin.identity.version.as_deref()),
            sha256: origin.map(|origin| origin.identity.sha256.as_str()),
            limit: exceeded.map(|exceeded| exceeded.limit),
            used: exceeded.and_then(|exceeded| exceeded.used),
            unit: exceeded.map(|exceeded| exceeded.unit),
            frames: &fault.details.frames,
        }
    }
}

impl<'a> From<&'a Lost> for Line<'a> {
    fn from(lost: &'a Lost) -> Self {
        Self::Lost {
            source: &lost.source,
            time: lost.time.rfc3339_millis(),
            file: &lost.file,
            from: lost.from,
            to: lost.to,
            lines: lost.lines,
            cause: lost.cause,
        }
    }
}

impl<'a> From<&'a Account> for Line<'a> {
    fn from(account: &'a Account) -> Self {
        Self::Account {
            source: &account.source,
            read: account.read,
            parsed: account.parsed,
            rejected: account.rejected,
            too_long: account.too_long,
            late: account.late,
            future: account.future,
            lost: account.lost,
            lost_bytes: account.lost_bytes,
            partial: account.partial,
            lag_bytes: account.lag_bytes,
            lag_s: account.lag.as_secs_f64(),
        }
    }
}

#[cfg(test)]
mod tests;
