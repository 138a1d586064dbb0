//! One running instance of a monitor: calls that cannot overstay, and what they said.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Store, Trap};

use super::bindings;
use super::declared::Declared;
use super::engine::{Budget, Sandbox};
use super::frames;
use super::handles::SetupHandle;
use super::host::{Flood, HANDLES_MAX, HostState};
use super::limits::Limits;
use super::loaded::Loaded;
use super::rows::Rows;
use super::said::Said;
use crate::clock::Timestamp;
use crate::event::{Exceeded, FaultKind};
use crate::store::Answer;

/// The most handles that the engine keeps for one monitor: those of the host's resources, and as many
/// of resources that its components define themselves.
const COMPONENT_HANDLES_MAX: usize = 2 * HANDLES_MAX;

/// What a monitor found wrong with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting, or the question's text.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// Where in the text, in bytes.
    pub offset: Option<u32>,
}

/// Why a call failed. The instance is gone: a trap poisons its whole store.
#[derive(Clone, Debug, PartialEq)]
pub struct CallFailure {
    /// What kind of failure it was.
    pub kind: FaultKind,
    /// What happened.
    pub message: String,
    /// The limit that was met, if one was.
    pub exceeded: Option<Exceeded>,
    /// The innermost functions of the guest, the innermost first.
    pub frames: Vec<String>,
    /// What the monitor said before it failed: its panic message, for one.
    pub said: Vec<Said>,
}

/// A configured instance.
pub struct Instance {
    store: Store<HostState>,
    bindings: bindings::Monitor,
    sandbox: Arc<Sandbox>,
    limits: Limits,
    /// How long the last call took.
    took: Option<Duration>,
}

/// What came of configuring an instance.
pub enum Configured {
    /// It runs, and asks for this.
    Running(Box<Instance>, Box<Declared>, Vec<Said>),
    /// Its settings are wrong.
    Refused(Vec<Problem>),
}

impl Instance {
    /// Instantiates a monitor and configures it with `config`, one JSON object, and what an earlier
    /// instance kept.
    ///
    /// # Errors
    /// [`CallFailure`] where it traps, overstays or asks for more than it may.
    pub fn start(
        sandbox: &Arc<Sandbox>,
        loaded: &Loaded,
        monitor: &Arc<str>,
        limits: &Limits,
        config: String,
        kept: Option<Arc<[u8]>>,
    ) -> Result<Configured, CallFailure> {
        let state = HostState::new(Arc::clone(monitor), limits, config, kept);
        let mut store = Store::new(&sandbox.engine, state);
        store.limiter(|state| &mut state.limiter);
        // What crosses from guest to host in one call is bounded before it is copied: texts, or what is
        // to be kept.
        let bytes_max = limits.text_bytes_max.saturating_mul(2);
        store.set_hostcall_fuel(bytes_max.saturating_add(limits.kept_bytes_max));
        store.set_max_component_handles(COMPONENT_HANDLES_MAX);
        let (budget, begun) = (Budget::of_tick(limits), sandbox.age());
        let started = contained(|| {
            let _running = sandbox.arm(&mut store, budget)?;
            let bindings = loaded.instance_pre.instantiate(&mut store)?;
            let setup = store.data_mut().table.push(SetupHandle)?;
            let lent = wasmtime::component::Resource::new_borrow(setup.rep());
            let answer = bindings.weir_monitor_guest().call_configure(&mut store, lent)?;
            store.data_mut().table.delete(setup)?;
            Ok((bindings, answer))
        });
        let took = since(sandbox, begun);
        match started {
            Ok((bindings, Ok(()))) => {
                let said = store.data_mut().take_said();
                let declared = Box::new(store.data().declared.clone());
                let (sandbox, limits) = (Arc::clone(sandbox), limits.clone());
                let instance = Box::new(Self { store, bindings, sandbox, limits, took });
                Ok(Configured::Running(instance, declared, said))
            }
            Ok((_, Err(problems))) => Ok(Configured::Refused(
                problems
                    .into_iter()
                    .map(|p| Problem { path: p.path, message: p.message, offset: p.offset })
                    .collect(),
            )),
            Err(failed) => {
                let exhausted = sandbox.exhausted(budget, took);
                Err(failure(&failed, &mut store, exhausted, limits))
            }
        }
    }

    /// A multiple of its period has been reached; `answers` are its questions' answers at `now`.
    ///
    /// # Errors
    /// [`CallFailure`]; the instance must be dropped.
    pub fn on_tick(
        &mut self,
        now: Timestamp,
        answers: Vec<Answer>,
    ) -> Result<Vec<Said>, CallFailure> {
        let state = self.store.data_mut();
        (state.now, state.answers) = (now, answers);
        self.call(Budget::of_tick(&self.limits), |store, bindings| {
            bindings.weir_monitor_guest().call_on_tick(store, now.nanos())
        })
    }

    /// Rows have arrived.
    ///
    /// # Errors
    /// [`CallFailure`]; the instance must be dropped.
    pub fn on_batch(&mut self, now: Timestamp, rows: &Arc<Rows>) -> Result<Vec<Said>, CallFailure> {
        let state = self.store.data_mut();
        (state.now, state.rows) = (now, Some(Arc::clone(rows)));
        let said = self.call(Budget::of_batch(&self.limits), |store, bindings| {
            bindings.weir_monitor_guest().call_on_batch(store, rows.columns())
        });
        self.store.data_mut().rows = None;
        said
    }

    /// What the monitor has kept since the last call of this, for the instance after this one.
    pub fn take_kept(&mut self) -> Option<Arc<[u8]>> {
        self.store.data_mut().take_kept()
    }

    /// The bytes of linear memory that it has, all memories together.
    pub fn memory_bytes(&self) -> usize {
        self.store.data().limiter.memory_bytes
    }

    /// The units of fuel that the last call took; `None` where calls are not metered by fuel.
    pub fn fuel_used(&self) -> Option<u64> {
        Some(self.limits.fuel_max.saturating_sub(self.store.get_fuel().ok()?))
    }

    /// How long the last call took, being configured too; `None` in replay.
    pub fn took(&self) -> Option<Duration> {
        self.took
    }

    fn call(
        &mut self,
        budget: Budget,
        run: impl FnOnce(&mut Store<HostState>, &bindings::Monitor) -> wasmtime::Result<()>,
    ) -> Result<Vec<Said>, CallFailure> {
        let begun = self.sandbox.age();
        let outcome = contained(|| {
            let _running = self.sandbox.arm(&mut self.store, budget)?;
            run(&mut self.store, &self.bindings)
        });
        self.took = since(&self.sandbox, begun);
        match outcome {
            Ok(()) => Ok(self.store.data_mut().take_said()),
            Err(failed) => {
                let exhausted = self.sandbox.exhausted(budget, self.took);
                Err(failure(&failed, &mut self.store, exhausted, &self.limits))
            }
        }
    }
}

/// How long ago that was, where a clock counts.
fn since(sandbox: &Sandbox, begun: Option<Duration>) -> Option<Duration> {
    sandbox.age().zip(begun).map(|(now, begun)| now.saturating_sub(begun))
}

/// Runs a guest call; a panic of the host's own code behind it becomes an error of this call, since
/// it would unwind through the guest and take the others with it.
fn contained<T>(call: impl FnOnce() -> wasmtime::Result<T>) -> wasmtime::Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        Err(wasmtime::Error::msg(format!("the host failed in this call: {}", panic_text(&*panic))))
    })
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Tells what kind of failure an error of the engine is; `exhausted` is what a call meets that takes
/// too long.
fn failure(
    error: &wasmtime::Error,
    store: &mut Store<HostState>,
    exhausted: (String, Exceeded),
    limits: &Limits,
) -> CallFailure {
    let state = store.data_mut();
    let said = state.take_said();
    let (mut frames, none) = (Vec::new(), None);
    let (kind, message, exceeded) = if let Some((refused, exceeded)) = state.limiter.refused.take()
    {
        (FaultKind::Memory, format!("asked for {refused}"), Some(exceeded))
    } else if let Some(flood) = error.downcast_ref::<Flood>() {
        (FaultKind::Flood, flood.to_string(), Some(flood.exceeded))
    } else {
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt | Trap::OutOfFuel) => {
                (FaultKind::Deadline, exhausted.0, Some(exhausted.1))
            }
            Some(trap) => {
                frames = frames::of(error);
                (FaultKind::Trap, format!("{trap}{}", frames::in_words(&frames)), none)
            }
            None => without_trap(error, limits),
        }
    };
    CallFailure { kind, message, exceeded, frames, said }
}

/// Failures that are not traps: the engine's own bounds, and the host's.
fn without_trap(error: &wasmtime::Error, limits: &Limits) -> (FaultKind, String, Option<Exceeded>) {
    let text = error.root_cause().to_string();
    // The engine gives these no type of their own.
    if text.contains("fuel allocated for hostcalls") {
        let limit = limits.text_bytes_max;
        let message = format!("handed over too much at once, over the limit of {limit} bytes");
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        return (FaultKind::Flood, message, Some(Exceeded { limit, used: None, unit: "bytes" }));
    }
    if text.contains("store handle limit exceeded") {
        let limit = COMPONENT_HANDLES_MAX;
        let message = format!("too many handles at once, over the limit of {limit}");
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        return (FaultKind::Flood, message, Some(Exceeded { limit, used: None, unit: "handles" }));
    }
    if text.contains("resource limit exceeded") || text.contains("exceeds memory limits") {
        return (FaultKind::Memory, text, None);
    }
    (FaultKind::Trap, text, None)
}
