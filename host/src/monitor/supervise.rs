//! A monitor that outlives its instances: one that fails is replaced, each time later than before.

mod fresh;

use std::sync::Arc;
use std::time::Duration;

use super::declared::Declared;
use super::engine::Sandbox;
use super::instance::{CallFailure, Configured, Instance, Problem};
use super::limits::Limits;
use super::loaded::Loaded;
use super::plugin::Plugin;
use super::rows::Rows;
use super::said::Said;
use crate::clock::Timestamp;
use crate::event::{Consequence, Fault, FaultKind, PluginIdentity};
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
}

/// A running monitor.
pub struct Monitor {
    sandbox: Arc<Sandbox>,
    loaded: Loaded,
    plugin: String,
    identity: Arc<PluginIdentity>,
    settings: MonitorSettings,
    declared: Box<Declared>,
    state: State,
    /// What the instances have kept for those after them.
    kept: Option<Arc<[u8]>>,
    /// Failures in a row, and when the last one was.
    failures: u32,
    failed_at: Timestamp,
}

enum State {
    Running(Box<Instance>),
    /// A fresh instance takes over at this time.
    Waiting(Timestamp),
    /// None will: a fresh instance did not ask for what the first one asked for.
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
        let loaded = Loaded::new(sandbox, plugin).map_err(|error| {
            let message = format!("{}: {error}", plugin.origin_text());
            StartError::Failed(load_fault(&settings.name, message))
        })?;
        let config = settings.config.clone();
        match Instance::start(sandbox, &loaded, &settings.name, &settings.limits, config, None) {
            Ok(Configured::Running(mut instance, declared, said)) => {
                let kept = instance.take_kept();
                let monitor = Self {
                    sandbox: Arc::clone(sandbox),
                    loaded,
                    plugin: plugin.name.clone(),
                    identity: Arc::new(plugin.identity()),
                    settings,
                    declared,
                    state: State::Running(instance),
                    kept,
                    failures: 0,
                    failed_at: Timestamp::default(),
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
            })),
        }
    }

    /// The name that its events carry.
    pub fn name(&self) -> &Arc<str> {
        &self.settings.name
    }

    /// The name of the plugin that it runs.
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// Which file of the plugin that is.
    pub fn identity(&self) -> &Arc<PluginIdentity> {
        &self.identity
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
        let outcome = self.settle(now, "on-tick", result);
        before.said.extend(outcome.said);
        Outcome { said: before.said, kept_dropped: before.kept_dropped, ..outcome }
    }

    /// Rows have arrived. A monitor that waits for its fresh instance does not see them.
    pub fn on_batch(&mut self, now: Timestamp, rows: &Arc<Rows>) -> Outcome {
        let State::Running(instance) = &mut self.state else {
            return Outcome::default();
        };
        let result = instance.on_batch(now, rows);
        self.settle(now, "on-batch", result)
    }

    fn settle(
        &mut self,
        now: Timestamp,
        phase: &'static str,
        result: Result<Vec<Said>, CallFailure>,
    ) -> Outcome {
        match result {
            Ok(said) => {
                if let State::Running(instance) = &mut self.state
                    && let Some(kept) = instance.take_kept()
                {
                    self.kept = Some(kept);
                }
                if now.since(self.failed_at) > self.settings.limits.backoff_max {
                    self.failures = 0;
                }
                Outcome { said, completed: true, ..Outcome::default() }
            }
            Err(failure) => self.failed(now, phase, failure),
        }
    }

    fn failed(&mut self, now: Timestamp, phase: &'static str, failure: CallFailure) -> Outcome {
        let wait = backoff(&self.settings.limits, self.failures);
        self.failures = self.failures.saturating_add(1);
        self.failed_at = now;
        self.state = State::Waiting(now.plus(wait));
        let fault = Fault {
            monitor: self.settings.name.to_string(),
            kind: failure.kind,
            time: Some(now),
            phase,
            message: with_last_words(&failure),
            consequence: Consequence::RetryIn(wait),
        };
        Outcome { said: failure.said, fault: Some(fault), ..Outcome::default() }
    }
}

/// How long after the `failures`-th failure in a row a fresh instance waits: doubling, bounded.
fn backoff(limits: &Limits, failures: u32) -> Duration {
    let doubled = limits.backoff_min.saturating_mul(2u32.saturating_pow(failures.min(31)));
    doubled.min(limits.backoff_max)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_in_a_row_waits_twice_as_long_up_to_the_most() {
        let limits = Limits::default();
        let waits: Vec<u64> = (0..8).map(|n| backoff(&limits, n).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff(&limits, u32::MAX), limits.backoff_max);
    }
}
