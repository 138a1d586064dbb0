//! What the core knows of each monitor: its alerts, how far its ticks have come, and what it keeps.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::assembly::log_all;
use super::core::{Call, Core};
use super::positions::At;
use crate::alert::{Alerts, TooManyAlerts};
use crate::clock::Timestamp;
use crate::event::{
    AlertChange, Condition, Consequence, Event, Fault, Origin, Provenance, Quarantine,
};
use crate::monitor::{Gauge, Monitor};
use crate::sink::SinkError;
use crate::state::{KEPT_ALL_BYTES_MAX, Kept, MonitorState};

/// The most ticks of one monitor of which the outcome is waited for and the positions are remembered:
/// more than calls can wait for it.
const TICKS_UNDER_WAY_MAX: usize = 128;

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
    /// The ticks under way, each with the positions of the logs when it was begun.
    under_way: VecDeque<(Timestamp, Arc<At>)>,
    gauge: Gauge,
    /// What its present file is quarantined for.
    pub(super) quarantine: Option<Quarantine>,
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
            under_way: VecDeque::new(),
            gauge: monitor.gauge().clone(),
            quarantine: None,
        }
    }
}

impl Core {
    /// Lets monitors go on where those of the same names were: with the alerts that fired, behind the
    /// ticks that they had, and with what they kept. Returns what there is to say of that: alerts
    /// whose monitor does not run any more are over, as nobody could tell of their end otherwise, and
    /// a monitor that is quarantined as it is does not run.
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
                events.extend(alerts.monitor_ended(now).into_iter().map(Event::Alert));
                continue;
            };
            role.alerts.restore(state.alerts);
            role.ticked = state.ticked;
            if let Some(ticked) = state.ticked {
                self.schedule.resume(monitor, ticked);
            }
            let kept = state.kept.as_ref().map(|kept| &kept.state);
            if let Some(quarantine) = state.quarantine
                && let Some(fault) =
                    monitors.get_mut(monitor).and_then(|it| it.quarantine(&quarantine, kept))
            {
                role.quarantine = Some(quarantine);
                events.push(Event::Fault(fault));
                continue;
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
        let before = self.roles.get(monitor).and_then(|role| role.kept.as_ref());
        let is_same = match (before, &kept) {
            (Some(before), Some(kept)) => Arc::ptr_eq(before, kept),
            (None, None) => true,
            _ => false,
        };
        if is_same {
            return;
        }
        let others = self.roles.iter().enumerate().filter(|(index, _)| *index != monitor);
        let others: usize = others.filter_map(|(_, role)| Some(role.kept.as_ref()?.len())).sum();
        let Some(role) = self.roles.get_mut(monitor) else {
            return;
        };
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
            quarantine: role.quarantine.clone(),
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

    /// A tick of a monitor is begun whose outcome comes later: what it rests on is known now.
    pub(super) fn rests_on(&mut self, monitor: usize, tick: Timestamp) {
        let at = self.positions.at(tick);
        if let Some(role) = self.roles.get_mut(monitor) {
            if role.under_way.len() >= TICKS_UNDER_WAY_MAX {
                role.under_way.pop_front();
            }
            role.under_way.push_back((tick, at));
        }
    }

    /// Where the logs were when this tick was begun.
    fn rested_on(&mut self, monitor: usize, tick: Timestamp) -> Option<Arc<At>> {
        let role = self.roles.get_mut(monitor)?;
        while role.under_way.front().is_some_and(|(begun, _)| *begun < tick) {
            role.under_way.pop_front();
        }
        let (begun, at) = role.under_way.front()?;
        (*begun == tick).then(|| Arc::clone(at))
    }

    /// Publishes an alert's edge with what it rests on.
    pub(super) fn publish_alert(
        &mut self,
        monitor: usize,
        call: Call,
        mut change: AlertChange,
        origin: Option<&Arc<Origin>>,
    ) -> Result<(), SinkError> {
        if let Some(origin) = origin {
            let at = match call {
                Call::Batch | Call::Configure => Arc::new(self.positions.now()),
                Call::Tick => {
                    let begun = self.rested_on(monitor, change.time);
                    begun.unwrap_or_else(|| self.positions.at(change.time))
                }
            };
            change.provenance = Some(Arc::new(Provenance {
                origin: Arc::clone(origin),
                logs: at.logs.clone(),
                logs_left_out: at.left_out,
            }));
        }
        self.publish(&Event::Alert(change))
    }

    /// A call of a monitor failed. Where that ends the monitor, nobody would ever end its alerts.
    pub(super) fn failed(
        &mut self,
        monitor: usize,
        at: Timestamp,
        call: Call,
        fault: Fault,
    ) -> Result<(), SinkError> {
        let origin = fault.details.origin.clone();
        let ended = match fault.consequence {
            Consequence::RetryIn(_) | Consequence::GoesOn => false,
            Consequence::Ended => true,
            Consequence::Quarantined { failures } => {
                if let (Some(role), Some(origin)) = (self.roles.get_mut(monitor), &origin) {
                    role.quarantine = Some(Quarantine {
                        sha256: origin.identity.sha256.clone(),
                        settings_sha256: origin.settings_sha256.clone(),
                        since: at,
                        failures,
                        message: fault.message.clone(),
                    });
                }
                true
            }
        };
        self.publish(&Event::Fault(fault))?;
        let role = self.roles.get_mut(monitor).filter(|_| ended);
        let over = role.map(|role| role.alerts.monitor_ended(at)).unwrap_or_default();
        for change in over {
            self.publish_alert(monitor, call, change, origin.as_ref())?;
        }
        Ok(())
    }

    /// Publishes what every monitor uses, and the books.
    pub(super) fn publish_usage_and_accounts(&mut self, now: Timestamp) -> Result<(), SinkError> {
        let usages: Vec<_> = self.roles.iter().map(|role| role.gauge.read()).collect();
        for usage in usages {
            self.publish(&Event::Usage(Box::new(usage)))?;
        }
        self.publish_accounts(now)
    }
}
