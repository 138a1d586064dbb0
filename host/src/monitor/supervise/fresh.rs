//! A fresh instance in the place of another, given what that one kept. A kept state that makes
//! `configure` fail would make it fail for ever, so what cannot be used is dropped, and that is said.

use std::sync::Arc;

use super::{Monitor, MonitorSettings, Outcome, State, with_last_words};
use crate::clock::Timestamp;
use crate::event::{Consequence, Fault, FaultDetails, FaultKind, Standing, Swap};
use crate::monitor::Said;
use crate::monitor::instance::{CallFailure, Configured, Instance};

/// Why a fresh instance cannot take over.
enum Unfit {
    /// It failed.
    Failed(CallFailure),
    /// It does not want what the one before it wanted, in words.
    Otherwise(String),
}

impl Monitor {
    /// What its instances have kept last.
    pub fn kept(&self) -> Option<&Arc<[u8]>> {
        self.kept.as_ref()
    }

    /// Goes on from what a monitor of this plugin had kept before, with an instance that is
    /// configured with it. Where that cannot be had it goes on as it is, and the state is dropped.
    pub fn go_on_from(&mut self, kept: &Arc<[u8]>, now: Timestamp) -> Outcome {
        if self.kept.as_ref() == Some(kept) {
            return Outcome::default();
        }
        match self.fresh(Some(kept)) {
            Ok((instance, said)) => {
                self.kept = Some(Arc::clone(kept));
                self.run(instance);
                Outcome { said, ..Outcome::default() }
            }
            Err(unfit) => {
                let kept_dropped = Some(self.kept_dropped(now, &unfit));
                Outcome { kept_dropped, ..Outcome::default() }
            }
        }
    }

    /// Goes on as another one of the same name: with its file, its settings and its instance, which is
    /// given what this one has kept if its plugin has the same name.
    pub fn take_over(&mut self, other: Self, now: Timestamp) -> (Swap, Outcome) {
        let kept = self.kept.take().filter(|_| self.plugin() == other.plugin());
        let swap = Swap {
            monitor: self.settings.name.to_string(),
            plugin: other.plugin().to_owned(),
            time: now,
            old: Some(Arc::clone(self.identity())),
            new: Some(Arc::clone(other.identity())),
        };
        // What others read of the use, and what was said this minute, are those of the name.
        let (gauge, rate) = (self.gauge.clone(), std::mem::take(&mut self.rate));
        gauge.update(|usage| *usage = other.gauge.read());
        *self = Self { rate, gauge, ..other };
        let outcome = kept.map(|kept| self.go_on_from(&kept, now)).unwrap_or_default();
        (swap, outcome)
    }

    /// Puts a fresh instance in the failed one's place.
    pub(super) fn replace(&mut self, now: Timestamp) -> Outcome {
        let mut kept_dropped = None;
        let mut started = self.fresh(self.kept.as_ref());
        if self.kept.is_some()
            && let Err(unfit) = &started
            // Where it does not start without it either, what was kept is not what is wrong.
            && let Ok(without) = self.fresh(None)
        {
            kept_dropped = Some(self.kept_dropped(now, unfit));
            self.kept = None;
            started = Ok(without);
        }
        match started {
            Ok((instance, said)) => {
                self.run(instance);
                self.gauge.update(|usage| usage.replacements += 1);
                Outcome { said, kept_dropped, ..Outcome::default() }
            }
            Err(Unfit::Failed(failure)) => self.failed(now, "configure", failure),
            Err(Unfit::Otherwise(message)) => {
                self.end(Standing::Ended);
                let mut fault = self.fault_of_load(message);
                (fault.time, fault.phase) = (Some(now), "configure");
                Outcome { fault: Some(fault), ..Outcome::default() }
            }
        }
    }

    fn run(&mut self, mut instance: Box<Instance>) {
        if let Some(kept) = instance.take_kept() {
            self.kept = Some(kept);
        }
        self.gauge.called(&instance);
        self.gauge.update(|usage| {
            usage.standing = Standing::Running;
            usage.kept_bytes = self.kept.as_ref().map_or(0, |kept| kept.len());
        });
        self.state = State::Running(instance);
    }

    /// An instance that asks for what this monitor asks for.
    fn fresh(&self, kept: Option<&Arc<[u8]>>) -> Result<(Box<Instance>, Vec<Said>), Unfit> {
        let MonitorSettings { name, config, limits } = &self.settings;
        let (bytes, limit) = (kept.map_or(0, |kept| kept.len()), limits.kept_bytes_max);
        if bytes > limit {
            let message = format!("was kept as {bytes} bytes, over the limit of {limit}");
            return Err(Unfit::Otherwise(message));
        }
        let (config, kept) = (config.clone(), kept.cloned());
        match Instance::start(&self.sandbox, &self.loaded, name, limits, config, kept) {
            Ok(Configured::Running(instance, declared, said)) => {
                if declared.same_as(&self.declared) {
                    return Ok((instance, said));
                }
                Err(Unfit::Otherwise(
                    "asks for other ticks, questions or rows than when it was first configured"
                        .to_owned(),
                ))
            }
            Ok(Configured::Refused(problems)) => {
                let first = problems.first().map_or("", |problem| problem.message.as_str());
                Err(Unfit::Otherwise(format!("no longer accepts its settings: {first}")))
            }
            Err(failure) => Err(Unfit::Failed(failure)),
        }
    }

    fn kept_dropped(&self, now: Timestamp, unfit: &Unfit) -> Fault {
        let mut details = FaultDetails::default();
        let (kind, why) = match unfit {
            Unfit::Failed(failure) => {
                details.exceeded = failure.exceeded;
                details.frames.clone_from(&failure.frames);
                (failure.kind, with_last_words(failure))
            }
            Unfit::Otherwise(message) => (FaultKind::Load, message.clone()),
        };
        details.origin = Some(Arc::clone(&self.origin));
        Fault {
            monitor: self.settings.name.to_string(),
            kind,
            time: Some(now),
            phase: "configure",
            message: format!("with the state that was kept, which is dropped: {why}"),
            consequence: Consequence::GoesOn,
            details: Box::new(details),
        }
    }
}
