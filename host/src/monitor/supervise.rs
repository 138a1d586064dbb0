//! A monitor that outlives its instances: one that fails is replaced, each time later than before.

mod fresh;

use std::sync::Arc;

use super::declared::Declared;
use super::engine::Sandbox;
use super::instance::{CallFailure, Configured, Instance, Problem};
use super::limits::Limits;
use super::loaded::Loaded;
use super::origin::origin_of;
use super::plugin::Plugin;
use super::quarantine::Failures;
use super::rows::Rows;
use super::said::Said;
use super::usage::{Gauge, Rate};
use crate::clock::Timestamp;
use crate::event::{
    Consequence, Fault, FaultDetails, FaultKind, Origin, PluginIdentity, Quarantine, Standing,
    Usage,
};
use crate::store::Answer;

/// What makes a monitor of a plugin.
#[derive(Clone, Debug)]
pub struct MonitorSettings {
    /// The name that its events carry.
    pub name: Arc<str>,
    /// Its own settings, one JSON object.
    pub config: String,
    /// What it may use.
    pub limits: Limits,
}

/// Why a monitor did not start.
#[derive(Debug)]
pub enum StartError {
    /// It says that its settings are wrong.
    Refused(Vec<Problem>),
    /// It cannot be loaded, or failed while it was configured.
    Failed(Fault),
}

/// What came of a call.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What the monitor said.
    pub said: Vec<Said>,
    /// How it failed, if it did.
    pub fault: Option<Fault>,
    /// That what it had kept could not be used, where that was so.
    pub kept_dropped: Option<Fault>,
    /// Whether the call ran to its end. Only then does silence about an alert end it.
    pub completed: bool,
    /// What the monitor is made of that said this; `None` where nothing was called.
    pub origin: Option<Arc<Origin>>,
}

/// A running monitor.
pub struct Monitor {
    sandbox: Arc<Sandbox>,
    loaded: Loaded,
    origin: Arc<Origin>,
    settings: MonitorSettings,
    declared: Box<Declared>,
    state: State,
    /// What the instances have kept for those after them.
    kept: Option<Arc<[u8]>>,
    failures: Failures,
    rate: Rate,
    gauge: Gauge,
}

enum State {
    Running(Box<Instance>),
    /// A fresh instance takes over at this time.
    Waiting(Timestamp),
    /// None will: a fresh instance did not ask for what the first one asked for, or too many failed.
    Ended,
}

impl Monitor {
    /// Compiles, instantiates and configures a monitor.
    ///
    /// # Errors
    /// [`StartError::Refused`] when it does not accept its settings; [`StartError::Failed`] with
    /// the event to publish when it cannot run.
    pub fn start(
        sandbox: &Arc<Sandbox>,
        plugin: &Plugin,
        settings: MonitorSettings,
    ) -> Result<(Self, Vec<Said>), StartError> {
        let origin = Arc::new(origin_of(plugin, &settings));
        let loaded = Loaded::new(sandbox, plugin).map_err(|error| {
            let message = format!("{}: {error}", plugin.origin_text());
            let mut fault = load_fault(&settings.name, message);
            fault.details.origin = Some(Arc::clone(&origin));
            StartError::Failed(fault)
        })?;
        let config = settings.config.clone();
        match Instance::start(sandbox, &loaded, &settings.name, &settings.limits, config, None) {
            Ok(Configured::Running(mut instance, declared, said)) => {
                let kept = instance.take_kept();
                let gauge = Gauge::new(Usage {
                    monitor: settings.name.to_string(),
                    plugin: plugin.name.clone(),
                    queries: declared.questions.len(),
                    kept_bytes: kept.as_ref().map_or(0, |kept| kept.len()),
                    limits: settings.limits.in_usage(),
                    ..Usage::default()
                });
                gauge.called(&instance);
                let monitor = Self {
                    sandbox: Arc::clone(sandbox),
                    loaded,
                    origin,
                    settings,
                    declared,
                    state: State::Running(instance),
                    kept,
                    failures: Failures::default(),
                    rate: Rate::default(),
                    gauge,
                };
                Ok((monitor, said))
            }
            Ok(Configured::Refused(problems)) => Err(StartError::Refused(problems)),
            Err(failure) => Err(StartError::Failed(Fault {
                monitor: settings.name.to_string(),
                kind: failure.kind,
                time: None,
                phase: "configure",
                message: with_last_words(&failure),
                consequence: Consequence::Ended,
                details: Box::new(FaultDetails {
                    origin: Some(origin),
                    exceeded: failure.exceeded,
                    frames: failure.frames,
                }),
            })),
        }
    }

    /// The name that its events carry.
    pub fn name(&self) -> &Arc<str> {
        &self.settings.name
    }

    /// The name of the plugin that it runs.
    pub fn plugin(&self) -> &str {
        &self.origin.plugin
    }

    /// What it is made of.
    pub fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    /// What it uses, to be read while it runs.
    pub fn gauge(&self) -> &Gauge {
        &self.gauge
    }

    /// Where an earlier run quarantined exactly this, it does not run in this one either: the fault
    /// that says so. What it had kept is held for a plugin that is right.
    pub fn quarantine(
        &mut self,
        quarantine: &Quarantine,
        kept: Option<&Arc<[u8]>>,
    ) -> Option<Fault> {
        if !quarantine.is_of(&self.origin) {
            return None;
        }
        let Quarantine { since, failures, message, .. } = quarantine;
        self.kept = kept.cloned();
        self.end(Standing::Quarantined);
        let message = format!("quarantined since {since}, when it failed last: {message}");
        let mut fault = self.fault_of_load(message);
        fault.consequence = Consequence::Quarantined { failures: *failures };
        Some(fault)
    }

    /// Which file of the plugin that is.
    pub fn identity(&self) -> &Arc<PluginIdentity> {
        &self.origin.identity
    }

    /// What it may use.
    pub fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// What it asked for.
    pub fn declared(&self) -> &Declared {
        &self.declared
    }

    /// The instance that runs; none while the monitor waits for a fresh one.
    pub fn instance(&self) -> Option<&Instance> {
        match &self.state {
            State::Running(instance) => Some(instance),
            State::Waiting(_) | State::Ended => None,
        }
    }

    /// A multiple of its period has been reached.
    pub fn on_tick(&mut self, now: Timestamp, answers: Vec<Answer>) -> Outcome {
        let mut before = match self.state {
            State::Waiting(until) if now >= until => self.replace(now),
            _ => Outcome::default(),
        };
        let State::Running(instance) = &mut self.state else {
            return before;
        };
        let result = instance.on_tick(now, answers);
        self.gauge.called(instance);
        let outcome = self.settle(now, "on-tick", result);
        if outcome.completed {
            self.rate.tick_completed();
        }
        before.said.extend(outcome.said);
        Outcome { said: before.said, kept_dropped: before.kept_dropped, ..outcome }
    }

    /// Rows have arrived. A monitor that waits for its fresh instance does not see them.
    pub fn on_batch(&mut self, now: Timestamp, rows: &Arc<Rows>) -> Outcome {
        let State::Running(instance) = &mut self.state else {
            return Outcome::default();
        };
        let result = instance.on_batch(now, rows);
        self.gauge.called(instance);
        self.settle(now, "on-batch", result)
    }

    fn settle(
        &mut self,
        now: Timestamp,
        phase: &'static str,
        result: Result<Vec<Said>, CallFailure>,
    ) -> Outcome {
        let limit = self.settings.limits.events_per_minute_max;
        let result = match result {
            Ok(mut said) => match self.rate.admit(now, &mut said, limit) {
                Ok(()) => Ok(said),
                Err(exceeded) => Err(CallFailure {
                    kind: FaultKind::Flood,
                    message: format!("more events in one minute than the limit of {limit}"),
                    exceeded: Some(exceeded),
                    frames: Vec::new(),
                    said,
                }),
            },
            Err(mut failure) => {
                // It failed anyway; what it had said counts all the same.
                let _beyond = self.rate.admit(now, &mut failure.said, limit);
                Err(failure)
            }
        };
        self.gauge.update(|usage| usage.events_this_minute = self.rate.events());
        match result {
            Ok(said) => {
                if let State::Running(instance) = &mut self.state
                    && let Some(kept) = instance.take_kept()
                {
                    self.gauge.update(|usage| usage.kept_bytes = kept.len());
                    self.kept = Some(kept);
                }
                self.failures.went_well(now, &self.settings.limits);
                let origin = Some(Arc::clone(&self.origin));
                Outcome { said, completed: true, origin, ..Outcome::default() }
            }
            Err(failure) => self.failed(now, phase, failure),
        }
    }

    fn failed(&mut self, now: Timestamp, phase: &'static str, failure: CallFailure) -> Outcome {
        let consequence = self.failures.failed(now, &self.settings.limits);
        if let Consequence::RetryIn(wait) = consequence {
            self.state = State::Waiting(now.plus(wait));
            self.gauge.update(|usage| usage.standing = Standing::Waiting);
        } else {
            self.end(Standing::Quarantined);
        }
        let failures = self.failures.in_a_row();
        self.gauge.update(|usage| usage.failures_in_a_row = failures);
        let message = with_last_words(&failure);
        let CallFailure { kind, exceeded, frames, said, .. } = failure;
        let origin = Some(Arc::clone(&self.origin));
        let fault = Fault {
            monitor: self.settings.name.to_string(),
            kind,
            time: Some(now),
            phase,
            message,
            consequence,
            details: Box::new(FaultDetails { origin: origin.clone(), exceeded, frames }),
        };
        Outcome { said, fault: Some(fault), origin, ..Outcome::default() }
    }

    fn end(&mut self, standing: Standing) {
        self.state = State::Ended;
        self.gauge.update(|usage| (usage.standing, usage.memory_bytes) = (standing, 0));
    }

    fn fault_of_load(&self, message: String) -> Fault {
        let mut fault = load_fault(&self.settings.name, message);
        fault.details.origin = Some(Arc::clone(&self.origin));
        fault
    }
}

/// The event for a plugin that cannot be loaded.
pub fn load_fault(monitor: &str, message: String) -> Fault {
    Fault {
        monitor: monitor.to_owned(),
        kind: FaultKind::Load,
        time: None,
        phase: "load",
        message,
        consequence: Consequence::Ended,
        details: Box::default(),
    }
}

/// The failure, and the panic message that the monitor logged before it trapped.
fn with_last_words(failure: &CallFailure) -> String {
    let last = failure.said.iter().rev().find_map(|said| match said {
        Said::Log(super::LogLevel::Error, message) => Some(message),
        _ => None,
    });
    match last {
        Some(words) if failure.kind == FaultKind::Trap => format!("{}: {words}", failure.message),
        _ => failure.message.clone(),
    }
}
