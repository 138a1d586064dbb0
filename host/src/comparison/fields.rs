//! An event as named texts: what can differ between two of them.

use crate::event::{AlertChange, Consequence, Edge, Event, Fault, Measure, Report};

/// A field that two events do not have alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's name, as JSON output names it; `measures.NAME` and `labels.NAME` below those.
    pub field: String,
    /// The old one's value; `None` where it has none.
    pub old: Option<String>,
    /// The new one's value.
    pub new: Option<String>,
}

/// What an event is about, in a line: its time, its type, and what tells it from others.
pub fn heading(event: &Event) -> String {
    match event {
        Event::Report(Report { time, title, .. }) => {
            format!("{} report {title}", time.rfc3339_millis())
        }
        Event::Alert(AlertChange { time, condition, edge, .. }) => {
            format!("{} alert {} {}", time.rfc3339_millis(), condition.key, state(*edge))
        }
        Event::Fault(fault) => {
            let time =
                fault.time.map(|time| format!("{} ", time.rfc3339_millis())).unwrap_or_default();
            format!("{time}fault {} in {}", fault.kind.name(), fault.phase)
        }
        Event::Swapped(swap) => format!("{} swapped {}", swap.time, swap.monitor),
        Event::Started { source } => format!("started {source}"),
        Event::Lost(lost) => format!("{} lost {}", lost.time, lost.source),
        Event::Account(account) => format!("account {}", account.source),
        Event::Usage(usage) => format!("usage {}", usage.monitor),
    }
}

/// What else an event says, as `NAME VALUE` with commas between.
pub fn describe(event: &Event) -> String {
    let fields = fields(event);
    let shown = fields.iter().filter(|(name, _)| !IN_HEADING.contains(&name.as_str()));
    shown.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

/// The fields that [`heading`] shows already.
const IN_HEADING: [&str; 4] = ["time", "title", "kind", "phase"];

/// Whether the two belong together if they are of the same instant.
pub(super) fn are_the_same_kind(one: &Event, other: &Event) -> bool {
    match (one, other) {
        (Event::Report(one), Event::Report(other)) => one.title == other.title,
        (Event::Fault(one), Event::Fault(other)) => {
            one.phase == other.phase && one.kind == other.kind
        }
        _ => false,
    }
}

/// What differs between two events that belong together: the old one's fields in their order, then
/// those that only the new one has.
pub(super) fn changes(old: &Event, new: &Event) -> Vec<FieldChange> {
    let (old, mut new) = (fields(old), fields(new));
    let mut changes = Vec::new();
    for (field, value) in old {
        let counterpart = new.iter().position(|(name, _)| *name == field);
        let counterpart = counterpart.map(|index| new.remove(index).1);
        if counterpart.as_ref() != Some(&value) {
            changes.push(FieldChange { field, old: Some(value), new: counterpart });
        }
    }
    let only_new = new.into_iter();
    changes.extend(only_new.map(|(field, value)| FieldChange {
        field,
        old: None,
        new: Some(value),
    }));
    changes
}

/// Names and values in the order of JSON output.
fn fields(event: &Event) -> Vec<(String, String)> {
    match event {
        Event::Report(report) => of_report(report),
        Event::Alert(change) => of_alert(change),
        Event::Fault(fault) => of_fault(fault),
        Event::Started { .. }
        | Event::Swapped(_)
        | Event::Lost(_)
        | Event::Account(_)
        | Event::Usage(_) => Vec::new(),
    }
}

fn of_report(report: &Report) -> Vec<(String, String)> {
    let mut fields = vec![
        ("time".to_owned(), report.time.rfc3339_millis()),
        ("title".to_owned(), report.title.clone()),
    ];
    let measures = report.measures.iter();
    fields.extend(measures.map(|(name, value)| (format!("measures.{name}"), shown(value))));
    fields
}

fn of_alert(change: &AlertChange) -> Vec<(String, String)> {
    let condition = &change.condition;
    let mut fields = vec![
        ("time".to_owned(), change.time.rfc3339_millis()),
        ("name".to_owned(), condition.name.clone()),
    ];
    if let Some((value, unit)) = &condition.value {
        fields.push(("value".to_owned(), with_unit(*value, unit)));
    }
    fields.push(("severity".to_owned(), condition.severity.name().to_owned()));
    let labels = condition.labels.iter();
    fields.extend(labels.map(|(name, value)| (format!("labels.{name}"), value.clone())));
    if let Edge::Resolved { started_at, duration, .. } = change.edge {
        fields.push(("started_at".to_owned(), started_at.rfc3339_millis()));
        fields.push(("duration_s".to_owned(), duration.as_secs_f64().to_string()));
    }
    fields
}

fn of_fault(fault: &Fault) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    if let Some(time) = fault.time {
        fields.push(("time".to_owned(), time.rfc3339_millis()));
    }
    fields.push(("kind".to_owned(), fault.kind.name().to_owned()));
    fields.push(("phase".to_owned(), fault.phase.to_owned()));
    fields.push(("message".to_owned(), fault.message.clone()));
    if let Consequence::RetryIn(wait) = fault.consequence {
        fields.push(("retry_in_s".to_owned(), wait.as_secs_f64().to_string()));
    }
    fields
}

fn shown(measure: &Measure) -> String {
    match measure {
        Measure::Count(count) => count.to_string(),
        Measure::Number(number, unit) => with_unit(*number, unit),
        Measure::Text(text) => text.clone(),
    }
}

/// The shortest decimal that is this number and no other, so that a difference can be seen.
fn with_unit(number: f64, unit: &str) -> String {
    if unit.is_empty() { number.to_string() } else { format!("{number} {unit}") }
}

const fn state(edge: Edge) -> &'static str {
    match edge {
        Edge::Firing => "firing",
        Edge::Resolved { .. } => "resolved",
    }
}
