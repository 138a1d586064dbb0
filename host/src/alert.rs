//! The life of an alert. Monitors say at every tick what holds; this makes the edges: exactly one
//! firing, and exactly one resolved for each, across traps and restarts of the monitor.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::event::{AlertChange, Condition, Edge, ResolvedCause};

/// The most alerts of one monitor that fire at once; each may page somebody.
pub const FIRING_MAX: usize = 1_000;

/// The alerts of one monitor.
#[derive(Debug, Default)]
pub struct Alerts {
    monitor: String,
    firing: BTreeMap<String, Held>,
}

/// An alert that fires.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// The condition as it was when it fired.
    pub condition: Condition,
    /// When it fired.
    pub started_at: Timestamp,
}

#[derive(Debug)]
struct Held {
    firing: Firing,
    /// Whether it was raised since the last completed tick.
    raised: bool,
}

/// A monitor has as many alerts firing as it may; one more was not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("alert `{key}` is one more than the {FIRING_MAX} that may fire at once")]
pub struct TooManyAlerts {
    key: String,
}

impl Alerts {
    /// No alert of `monitor` is firing.
    pub fn new(monitor: &str) -> Self {
        Self { monitor: monitor.to_owned(), firing: BTreeMap::new() }
    }

    /// Those of an earlier run that still fire: what the next completed tick does not raise is over,
    /// and what it raises does not fire a second time. Of more than [`FIRING_MAX`] the further ones
    /// are left out.
    pub fn restore(&mut self, firing: impl IntoIterator<Item = Firing>) {
        for firing in firing.into_iter().take(FIRING_MAX) {
            let key = firing.condition.key.clone();
            self.firing.insert(key, Held { firing, raised: false });
        }
    }

    /// The alerts that fire, by key.
    pub fn firing(&self) -> impl Iterator<Item = &Firing> {
        self.firing.values().map(|held| &held.firing)
    }

    /// The condition holds at `now`: an edge if it did not before.
    ///
    /// # Errors
    /// [`TooManyAlerts`] where [`FIRING_MAX`] others fire already.
    pub fn raise(
        &mut self,
        now: Timestamp,
        condition: Condition,
    ) -> Result<Option<AlertChange>, TooManyAlerts> {
        if let Some(held) = self.firing.get_mut(&condition.key) {
            held.raised = true;
            return Ok(None);
        }
        if self.firing.len() >= FIRING_MAX {
            return Err(TooManyAlerts { key: condition.key });
        }
        let change = self.change(&condition, now, Edge::Firing);
        let key = condition.key.clone();
        let firing = Firing { condition, started_at: now };
        self.firing.insert(key, Held { firing, raised: true });
        Ok(Some(change))
    }

    /// A tick of the monitor at `now` ran to its end: what was not raised since the tick before is
    /// over. A tick that failed says nothing about what holds, so it must not come here.
    pub fn tick_completed(&mut self, now: Timestamp) -> Vec<AlertChange> {
        let all = std::mem::take(&mut self.firing);
        let (held, over): (BTreeMap<_, _>, BTreeMap<_, _>) =
            all.into_iter().partition(|(_, held)| held.raised);
        self.firing = held;
        self.firing.values_mut().for_each(|held| held.raised = false);
        self.resolved(&over, now, ResolvedCause::Over)
    }

    /// The monitor does not run any more, so that no tick of it will ever end what fires: all of it is
    /// resolved now, and said to be for that cause.
    pub fn monitor_ended(&mut self, now: Timestamp) -> Vec<AlertChange> {
        let all = std::mem::take(&mut self.firing);
        self.resolved(&all, now, ResolvedCause::MonitorEnded)
    }

    fn resolved(
        &self,
        over: &BTreeMap<String, Held>,
        now: Timestamp,
        cause: ResolvedCause,
    ) -> Vec<AlertChange> {
        let resolved = |Held { firing: Firing { condition, started_at }, .. }: &Held| {
            let (started_at, duration) = (*started_at, now.since(*started_at));
            self.change(condition, now, Edge::Resolved { started_at, duration, cause })
        };
        over.values().map(resolved).collect()
    }

    /// Whether any alert fires.
    pub fn any_firing(&self) -> bool {
        !self.firing.is_empty()
    }

    fn change(&self, condition: &Condition, time: Timestamp, edge: Edge) -> AlertChange {
        let (monitor, condition) = (self.monitor.clone(), condition.clone());
        AlertChange { monitor, condition, time, edge, provenance: None }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::event::Severity;

    fn condition(key: &str) -> Condition {
        Condition {
            key: key.to_owned(),
            name: "High traffic".to_owned(),
            severity: Severity::Warning,
            value: None,
            labels: Vec::new(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(second)
    }

    /// The end of what began in second 10.
    fn over_after(seconds: u64) -> Edge {
        let (started_at, duration) = (at(10), Duration::from_secs(seconds));
        Edge::Resolved { started_at, duration, cause: ResolvedCause::Over }
    }

    #[test]
    fn what_fires_is_resolved_once_when_its_monitor_ends() {
        let mut alerts = Alerts::new("alerting");
        alerts.raise(at(10), condition("a")).unwrap();
        let ended = alerts.monitor_ended(at(12));
        let cause = ResolvedCause::MonitorEnded;
        let edge = Edge::Resolved { started_at: at(10), duration: Duration::from_secs(2), cause };
        assert_eq!(ended.iter().map(|change| change.edge).collect::<Vec<_>>(), [edge]);
        assert!(!alerts.any_firing());
        assert!(alerts.monitor_ended(at(13)).is_empty());
    }

    #[test]
    fn it_fires_once_and_resolves_once_with_its_duration() {
        let mut alerts = Alerts::new("alerting");
        let fired = alerts.raise(at(10), condition("a")).unwrap().unwrap();
        assert_eq!((fired.edge, fired.time), (Edge::Firing, at(10)));
        assert!(alerts.tick_completed(at(10)).is_empty());
        assert_eq!(alerts.raise(at(11), condition("a")), Ok(None));
        assert!(alerts.tick_completed(at(11)).is_empty());
        let over = alerts.tick_completed(at(12));
        let edge = over_after(2);
        assert_eq!(over.iter().map(|change| change.edge).collect::<Vec<_>>(), [edge]);
        assert!(alerts.tick_completed(at(13)).is_empty());
    }

    #[test]
    fn a_tick_that_never_completed_ends_nothing() {
        let mut alerts = Alerts::new("alerting");
        alerts.raise(at(10), condition("a")).unwrap();
        alerts.tick_completed(at(10));
        // The ticks at 11 and 12 trapped; the one at 13 raises it again.
        assert_eq!(alerts.raise(at(13), condition("a")), Ok(None));
        assert!(alerts.tick_completed(at(13)).is_empty());
        assert!(alerts.any_firing());
    }

    #[test]
    fn alerts_of_an_earlier_run_neither_fire_again_nor_recover_falsely() {
        let mut before = Alerts::new("alerting");
        before.raise(at(10), condition("a")).unwrap();
        before.raise(at(10), condition("b")).unwrap();
        let mut alerts = Alerts::new("alerting");
        alerts.restore(before.firing().cloned());
        assert_eq!(alerts.raise(at(20), condition("a")), Ok(None));
        let over = alerts.tick_completed(at(20));
        assert_eq!(over.len(), 1);
        assert_eq!(over[0].condition.key, "b");
        let edge = over_after(10);
        assert_eq!(over[0].edge, edge);
        assert!(alerts.any_firing());
    }

    #[test]
    fn keys_live_apart() {
        let mut alerts = Alerts::new("alerting");
        alerts.raise(at(10), condition("a")).unwrap();
        alerts.raise(at(10), condition("b")).unwrap();
        alerts.tick_completed(at(10));
        alerts.raise(at(11), condition("b")).unwrap();
        let over: Vec<String> =
            alerts.tick_completed(at(11)).into_iter().map(|change| change.condition.key).collect();
        assert_eq!(over, ["a"]);
    }

    #[test]
    fn one_alert_over_the_bound_is_refused_by_name() {
        let mut alerts = Alerts::new("noisy");
        for n in 0..FIRING_MAX {
            alerts.raise(at(1), condition(&n.to_string())).unwrap();
        }
        let refused = alerts.raise(at(1), condition("one more")).unwrap_err();
        assert!(refused.to_string().contains("one more"));
        assert_eq!(alerts.raise(at(1), condition("0")), Ok(None));
    }
}
