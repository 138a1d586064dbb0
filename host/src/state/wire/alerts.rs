//! The alerts of a checkpoint, and how much of it they may take.

use serde::{Deserialize, Serialize};

use super::super::FormatError;
use crate::alert::{FIRING_MAX, Firing};
use crate::clock::Timestamp;
use crate::event;

/// The most alerts of one monitor: as many as may fire at once.
pub const ALERTS_MAX: usize = FIRING_MAX;
/// What the alerts of all monitors may take, in bytes of text and some more for each.
/// Every monitor has an equal share of it.
pub const ALERT_BYTES_MAX: usize = 4 << 20;

/// What an alert is counted as beside its texts, and each of its labels beside its own, in bytes:
/// about what the names of the fields and the quotes take.
const ALERT_OVERHEAD_BYTES: usize = 128;
const LABEL_OVERHEAD_BYTES: usize = 8;

#[derive(Serialize, Deserialize)]
pub(super) struct Alert {
    key: String,
    name: String,
    severity: Severity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    labels: Vec<(String, String)>,
    started_at: i64,
}

/// The number is written as text, which says every value exactly, infinite ones included.
#[derive(Serialize, Deserialize)]
struct Value {
    number: String,
    unit: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Severity {
    Info,
    Warning,
    Critical,
}

/// As many of the alerts as fit; one that is too large does not keep smaller ones out.
pub(super) fn within(bytes_max: usize, alerts: &[Firing]) -> Vec<Alert> {
    let mut room = bytes_max;
    let fits = |firing: &&Firing| {
        let left = room.checked_sub(alert_bytes(&firing.condition));
        room = left.unwrap_or(room);
        left.is_some()
    };
    alerts.iter().filter(fits).take(ALERTS_MAX).map(Alert::from).collect()
}

fn alert_bytes(condition: &event::Condition) -> usize {
    let unit = condition.value.as_ref().map_or(0, |(_, unit)| unit.len());
    let labels = condition.labels.iter().map(|(key, value)| key.len() + value.len());
    let labels: usize = labels.map(|bytes| bytes + LABEL_OVERHEAD_BYTES).sum();
    ALERT_OVERHEAD_BYTES + condition.key.len() + condition.name.len() + unit + labels
}

impl From<&Firing> for Alert {
    fn from(Firing { condition, started_at }: &Firing) -> Self {
        let event::Condition { key, name, severity, value, labels } = condition;
        let value = value.as_ref();
        Self {
            key: key.clone(),
            name: name.clone(),
            severity: (*severity).into(),
            value: value.map(|(n, unit)| Value { number: n.to_string(), unit: unit.clone() }),
            labels: labels.clone(),
            started_at: started_at.nanos(),
        }
    }
}

impl TryFrom<Alert> for Firing {
    type Error = FormatError;

    fn try_from(alert: Alert) -> Result<Self, FormatError> {
        let value = |Value { number, unit }| match number.parse() {
            Ok(number) => Ok((number, unit)),
            Err(_not_a_number) => Err(FormatError::Value { field: "number", value: number }),
        };
        let condition = event::Condition {
            key: alert.key,
            name: alert.name,
            severity: alert.severity.into(),
            value: alert.value.map(value).transpose()?,
            labels: alert.labels,
        };
        Ok(Self { condition, started_at: Timestamp::from_nanos(alert.started_at) })
    }
}

impl From<event::Severity> for Severity {
    fn from(severity: event::Severity) -> Self {
        match severity {
            event::Severity::Info => Self::Info,
            event::Severity::Warning => Self::Warning,
            event::Severity::Critical => Self::Critical,
        }
    }
}

impl From<Severity> for event::Severity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Warning => Self::Warning,
            Severity::Critical => Self::Critical,
        }
    }
}
