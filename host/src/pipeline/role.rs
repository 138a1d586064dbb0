//! What the core knows of each monitor: its alerts, and how far its ticks have come.

use std::sync::Arc;
use std::time::Duration;

use super::core::Core;
use crate::alert::{Alerts, TooManyAlerts};
use crate::clock::Timestamp;
use crate::event::{AlertChange, Condition};
use crate::monitor::Monitor;
use crate::state::MonitorState;

/// What is known here of a monitor.
pub(super) struct Role {
    pub(super) name: Arc<str>,
    pub(super) period: Duration,
    /// Its longest window; `None` where it asks nothing.
    horizon: Option<Duration>,
    pub(super) alerts: Alerts,
    /// The last tick of which the outcome was handled.
    pub(super) ticked: Option<Timestamp>,
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
        }
    }
}

impl Core {
    /// Lets monitors go on where those of the same names were: with the alerts that fired, behind the
    /// ticks that they had.
    pub(super) fn resume(&mut self, states: Vec<MonitorState>) {
        for state in states {
            let mut roles = self.roles.iter_mut().enumerate();
            let found = roles.find(|(_, role)| *role.name == *state.name);
            let Some((monitor, role)) = found else {
                if !state.alerts.is_empty() {
                    let (name, alerts) = (&state.name, state.alerts.len());
                    self.diagnostics.notice(format_args!(
                        "monitor `{name}` does not run any more: its {alerts} firing alerts are \
                         forgotten"
                    ));
                }
                continue;
            };
            role.alerts.restore(state.alerts);
            role.ticked = state.ticked;
            if let Some(ticked) = state.ticked {
                self.schedule.resume(monitor, ticked);
            }
        }
    }

    /// Where each monitor is.
    pub(super) fn monitor_states(&self) -> Vec<MonitorState> {
        let state = |role: &Role| MonitorState {
            name: role.name.to_string(),
            ticked: role.ticked,
            alerts: role.alerts.firing().cloned().collect(),
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
