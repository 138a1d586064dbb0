//! One running instance of a monitor: calls that cannot overstay, and what they said.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use wasmtime::{Store, Trap};

use super::bindings;
use super::declared::Declared;
use super::engine::Sandbox;
use super::handles::SetupHandle;
use super::host::{Flood, HANDLES_MAX, HostState};
use super::limits::Limits;
use super::loaded::Loaded;
use super::rows::Rows;
use super::said::{Said, bounded};
use crate::clock::Timestamp;
use crate::event::FaultKind;
use crate::store::Answer;

/// The most frames of a guest's stack that a fault tells of.
const FRAMES_SHOWN_MAX: usize = 4;
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
    /// What the monitor said before it failed: its panic message, for one.
    pub said: Vec<Said>,
}

/// A configured instance.
pub struct Instance {
    store: Store<HostState>,
    bindings: bindings::Monitor,
    sandbox: Arc<Sandbox>,
    limits: Limits,
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
        // What crosses from guest to host in one call is bounded before it is copied.
        store.set_hostcall_fuel(limits.text_bytes_max.saturating_mul(2));
        store.set_max_component_handles(COMPONENT_HANDLES_MAX);
        let started = contained(|| {
            let _running = sandbox.arm(&mut store, limits)?;
            let bindings = loaded.instance_pre.instantiate(&mut store)?;
            let setup = store.data_mut().table.push(SetupHandle)?;
            let lent = wasmtime::component::Resource::new_borrow(setup.rep());
            let answer = bindings.weir_monitor_guest().call_configure(&mut store, lent)?;
            store.data_mut().table.delete(setup)?;
            Ok((bindings, answer))
        });
        match started {
            Ok((bindings, Ok(()))) => {
                let said = store.data_mut().take_said();
                let declared = Box::new(store.data().declared.clone());
                let (sandbox, limits) = (Arc::clone(sandbox), limits.clone());
                let instance = Box::new(Self { store, bindings, sandbox, limits });
                Ok(Configured::Running(instance, declared, said))
            }
            Ok((_, Err(problems))) => Ok(Configured::Refused(
                problems
                    .into_iter()
                    .map(|p| Problem { path: p.path, message: p.message, offset: p.offset })
                    .collect(),
            )),
            Err(failed) => Err(failure(&failed, &mut store, sandbox, limits)),
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
        self.call(|store, bindings| bindings.weir_monitor_guest().call_on_tick(store, now.nanos()))
    }

    /// Rows have arrived.
    ///
    /// # Errors
    /// [`CallFailure`]; the instance must be dropped.
    pub fn on_batch(&mut self, now: Timestamp, rows: &Arc<Rows>) -> Result<Vec<Said>, CallFailure> {
        let state = self.store.data_mut();
        (state.now, state.rows) = (now, Some(Arc::clone(rows)));
        let said = self.call(|store, bindings| {
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

    fn call(
        &mut self,
        run: impl FnOnce(&mut Store<HostState>, &bindings::Monitor) -> wasmtime::Result<()>,
    ) -> Result<Vec<Said>, CallFailure> {
        let outcome = contained(|| {
            let _running = self.sandbox.arm(&mut self.store, &self.limits)?;
            run(&mut self.store, &self.bindings)
        });
        match outcome {
            Ok(()) => Ok(self.store.data_mut().take_said()),
            Err(failed) => Err(failure(&failed, &mut self.store, &self.sandbox, &self.limits)),
        }
    }
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

/// Tells what kind of failure an error of the engine is.
fn failure(
    error: &wasmtime::Error,
    store: &mut Store<HostState>,
    sandbox: &Sandbox,
    limits: &Limits,
) -> CallFailure {
    let state = store.data_mut();
    let said = state.take_said();
    let (kind, message) = if let Some(refused) = state.limiter.refused.take() {
        (FaultKind::Memory, format!("asked for {refused}"))
    } else if let Some(flood) = error.downcast_ref::<Flood>() {
        (FaultKind::Flood, flood.to_string())
    } else {
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt | Trap::OutOfFuel) => {
                (FaultKind::Deadline, sandbox.limit_in_words(limits))
            }
            Some(trap) => (FaultKind::Trap, format!("{trap}{}", frames(error))),
            None => without_trap(error, limits),
        }
    };
    CallFailure { kind, message, said }
}

/// Failures that are not traps: the engine's own bounds, and the host's.
fn without_trap(error: &wasmtime::Error, limits: &Limits) -> (FaultKind, String) {
    let text = error.root_cause().to_string();
    // The engine gives these no type of their own.
    if text.contains("fuel allocated for hostcalls") {
        let limit = limits.text_bytes_max;
        return (
            FaultKind::Flood,
            format!("handed over too much at once, over the limit of {limit} bytes"),
        );
    }
    if text.contains("store handle limit exceeded") {
        let limit = COMPONENT_HANDLES_MAX;
        return (FaultKind::Flood, format!("too many handles at once, over the limit of {limit}"));
    }
    if text.contains("resource limit exceeded") || text.contains("exceeds memory limits") {
        return (FaultKind::Memory, text);
    }
    (FaultKind::Trap, text)
}

/// The innermost functions of the guest when it trapped, for its author.
fn frames(error: &wasmtime::Error) -> String {
    let Some(backtrace) = error.downcast_ref::<wasmtime::WasmBacktrace>() else {
        return String::new();
    };
    let names: Vec<String> = backtrace
        .frames()
        .iter()
        .take(FRAMES_SHOWN_MAX)
        .map(|frame| match frame.func_name() {
            Some(name) => bounded(name),
            None => format!("function {}", frame.func_index()),
        })
        .collect();
    if names.is_empty() { String::new() } else { format!(" in {}", names.join(" < ")) }
}
