//! What the core knows of each monitor: its alerts, how far its ticks have come, and what it keeps.

use std::sync::Arc;
use std::time::Duration;

use super::assembly::log_all;
use super::core::Core;
use crate::alert::{Alerts, TooManyAlerts};
use crate::clock::Timestamp;
use crate::event::{AlertChange, Condition, Event};
use crate::monitor::Monitor;
use crate::state::{KEPT_ALL_BYTES_MAX, Kept, MonitorState};

/// What is known here of a monitor.
pub(super) struct Role {
    pub(super) name: Arc<str>,
    pub(super) period: Duration,
    /// Its longest window; `None` where it asks nothing.
    horizon: Option<Duration>,
    pub(super) alerts: Alerts,
    /// The last tick of which the outcome was handled.
    pub(super) ticked: Option<Timestamp>,
    plugin: String,
    /// What it has kept, where there is room for that.
    kept: Option<Arc<[u8]>>,
    /// Whether it was said that there is none.
    told_of_no_room: bool,
}

impl Role {
    pub(super) fn of(monitor: &Monitor) -> Self {
        let declared = monitor.declared();
        Self {
            name: Arc::clone(monitor.name()),
            period: declared.period,
            horizon: declared.questions.iter().map(|(_, window)| *window).max(),
            alerts: Alerts::new(monitor.name()),
            ticked: None,
            plugin: monitor.plugin().to_owned(),
            kept: None,
            told_of_no_room: false,
        }
    }
}

impl Core {
    /// Lets monitors go on where those of the same names were: with the alerts that fired, behind the
    /// ticks that they had, and with what they kept. Returns what there is to say of that: alerts
    /// whose monitor does not run any more are over, as nobody could tell of their end otherwise.
    pub(super) fn resume(
        &mut self,
        states: Vec<MonitorState>,
        monitors: &mut [Monitor],
        now: Timestamp,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        for state in states {
            let mut roles = self.roles.iter_mut().enumerate();
            let found = roles.find(|(_, role)| *role.name == *state.name);
            let Some((monitor, role)) = found else {
                let mut alerts = Alerts::new(&state.name);
                alerts.restore(state.alerts);
                events.extend(alerts.tick_completed(now).into_iter().map(Event::Alert));
                continue;
            };
            role.alerts.restore(state.alerts);
            role.ticked = state.ticked;
            if let Some(ticked) = state.ticked {
                self.schedule.resume(monitor, ticked);
            }
            if let Some(kept) = state.kept
                && let Some(monitor) = monitors.get_mut(monitor)
                && monitor.plugin() == kept.plugin
            {
                let outcome = monitor.go_on_from(&kept.state, now);
                log_all(&self.diagnostics, &state.name, &outcome.said);
                events.extend(outcome.kept_dropped.map(Event::Fault));
            }
        }
        for (index, monitor) in monitors.iter().enumerate() {
            self.keep(index, monitor.kept().cloned());
        }
        events
    }

    /// Takes what a monitor has kept into the checkpoints to come, if all of it has room there.
    pub(super) fn keep(&mut self, monitor: usize, kept: Option<Arc<[u8]>>) {
        let others = self.roles.iter().enumerate().filter(|(index, _)| *index != monitor);
        let others: usize = others.filter_map(|(_, role)| Some(role.kept.as_ref()?.len())).sum();
        let Some(role) = self.roles.get_mut(monitor) else {
            return;
        };
        let is_same = match (&role.kept, &kept) {
            (Some(before), Some(kept)) => Arc::ptr_eq(before, kept),
            (None, None) => true,
            _ => false,
        };
        if is_same {
            return;
        }
        let bytes = kept.as_ref().map_or(0, |kept| kept.len());
        let has_room = others.saturating_add(bytes) <= KEPT_ALL_BYTES_MAX;
        if !has_room && !std::mem::replace(&mut role.told_of_no_room, true) {
            let name = &role.name;
            self.diagnostics.warning(format_args!(
                "monitor `{name}` keeps {bytes} bytes, and all monitors together more than the \
                 {KEPT_ALL_BYTES_MAX} of a checkpoint: what this one keeps does not outlive the run"
            ));
        }
        let before = std::mem::replace(&mut role.kept, kept.filter(|_| has_room));
        self.changed |= has_room || before.is_some();
    }

    /// Where each monitor is.
    pub(super) fn monitor_states(&self) -> Vec<MonitorState> {
        let state = |role: &Role| MonitorState {
            name: role.name.to_string(),
            ticked: role.ticked,
            alerts: role.alerts.firing().cloned().collect(),
            kept: role
                .kept
                .as_ref()
                .map(|state| Kept { plugin: role.plugin.clone(), state: Arc::clone(state) }),
        };
        self.roles.iter().map(state).collect()
    }

    /// The first second that the ticks to come may ask about, at `now` or behind it.
    pub(super) fn needed_from(&self, now: Timestamp) -> Timestamp {
        let needed = self.roles.iter().filter_map(|role| {
            let next = role.ticked.map_or(now, |ticked| ticked.plus(role.period)).min(now);
            role.horizon.map(|horizon| next.minus(horizon))
        });
        needed.min().unwrap_or(now)
    }

    /// A monitor's condition holds at this time.
    pub(super) fn raise(
        &mut self,
        monitor: usize,
        at: Timestamp,
        condition: Condition,
    ) -> Result<Option<AlertChange>, TooManyAlerts> {
        self.roles.get_mut(monitor).map_or(Ok(None), |role| role.alerts.raise(at, condition))
    }
}
