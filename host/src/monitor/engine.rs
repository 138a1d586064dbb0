//! The wasm engine, narrowed to what monitors need, and the clock that stops their calls.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use wasmtime::{Cache, CacheConfig, Config, Engine};

use super::MonitorError;
use super::limits::{Limits, millis};
use crate::clock::{Clock as _, SystemClock};
use crate::event::Exceeded;

/// How often the engine's epoch moves on while a call is running: the grain of every deadline.
const EPOCH_TICK: Duration = Duration::from_millis(5);
/// The deepest stack of a guest's own calls.
const GUEST_STACK_BYTES_MAX: usize = 512 << 10;
/// What the compile cache may hold before it drops its oldest entries.
const CACHE_BYTES_MAX: u64 = 256 << 20;

/// How a call that does not end is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metering {
    /// By the clock: for live monitors.
    Deadline,
    /// By instructions, so that the same input always gives the same output: for replay.
    Fuel,
}

/// What one call may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    deadline: Duration,
    fuel: u64,
}

impl Budget {
    /// That of being configured, and of a tick.
    pub(super) fn of_tick(limits: &Limits) -> Self {
        Self { deadline: limits.deadline, fuel: limits.fuel_max }
    }

    /// That of a batch of rows.
    pub(super) fn of_batch(limits: &Limits) -> Self {
        Self { deadline: limits.batch_deadline, fuel: limits.fuel_max }
    }
}

/// The engine that all monitors of one run share.
pub struct Sandbox {
    pub(super) engine: Engine,
    metering: Metering,
    clock: SystemClock,
    ticker: Option<Arc<Ticker>>,
}

impl Sandbox {
    /// An engine; compiled code is kept under `cache_dir` where one is given.
    ///
    /// # Errors
    /// [`MonitorError::Engine`] where the machine cannot run it, [`MonitorError::Cache`] where the
    /// cache folder cannot be used safely.
    pub fn new(metering: Metering, cache_dir: Option<&Path>) -> Result<Self, MonitorError> {
        let mut config = Config::new();
        config
            .concurrency_support(false)
            .max_wasm_stack(GUEST_STACK_BYTES_MAX)
            .wasm_memory64(false)
            .wasm_multi_memory(false)
            // The NaN bits of a float operation differ between machines unless they are fixed.
            .cranelift_nan_canonicalization(metering == Metering::Fuel)
            // Live too, so that a replay gives what was said live: few guests have such operations.
            .relaxed_simd_deterministic(true);
        match metering {
            Metering::Deadline => config.epoch_interruption(true),
            Metering::Fuel => config.consume_fuel(true),
        };
        if let Some(dir) = cache_dir {
            config.cache(Some(private_cache(dir)?));
        }
        let engine = Engine::new(&config).map_err(|source| MonitorError::Engine { source })?;
        let ticker = match metering {
            Metering::Deadline => Some(Ticker::spawn(engine.clone())?),
            Metering::Fuel => None,
        };
        Ok(Self { engine, metering, clock: SystemClock::new(), ticker })
    }

    /// Gives the store what one call may use; call it before every call, instantiation included.
    pub(super) fn arm<T>(
        &self,
        store: &mut wasmtime::Store<T>,
        budget: Budget,
    ) -> wasmtime::Result<CallGuard<'_>> {
        match self.metering {
            Metering::Fuel => store.set_fuel(budget.fuel)?,
            Metering::Deadline => {
                let ticks = budget.deadline.as_nanos().div_ceil(EPOCH_TICK.as_nanos());
                // One more, since the first tick may come at once.
                store
                    .set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX).saturating_add(1));
            }
        }
        Ok(CallGuard::begin(self.ticker.as_deref()))
    }

    /// How long this sandbox has been there; `None` in replay, where no clock may count.
    pub(super) fn age(&self) -> Option<Duration> {
        (self.metering == Metering::Deadline).then(|| self.clock.elapsed())
    }

    /// The limit that a call ran into which took this long, in words and in numbers.
    pub(super) fn exhausted(&self, budget: Budget, took: Option<Duration>) -> (String, Exceeded) {
        let Budget { deadline, fuel } = budget;
        match self.metering {
            Metering::Deadline => {
                let exceeded =
                    Exceeded { limit: millis(deadline), used: took.map(millis), unit: "ms" };
                (format!("took longer than {deadline:?}"), exceeded)
            }
            Metering::Fuel => {
                // The engine stops the call when all of it is used.
                let exceeded = Exceeded { limit: fuel, used: Some(fuel), unit: "fuel" };
                (format!("took more than {fuel} units of fuel"), exceeded)
            }
        }
    }
}

/// Opens the compile cache in a folder that nobody else can write to: who can write compiled code
/// there can run it in this process.
fn private_cache(dir: &Path) -> Result<Cache, MonitorError> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    let failed = |source| MonitorError::CacheDir { dir: dir.to_path_buf(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    let dir = dir.canonicalize().map_err(failed)?;
    let found = std::fs::metadata(&dir).map_err(failed)?;
    if found.mode() & 0o022 != 0 {
        return Err(MonitorError::CacheShared { dir });
    }
    let mut config = CacheConfig::new();
    config.with_directory(&dir).with_files_total_size_soft_limit(CACHE_BYTES_MAX);
    Cache::new(config).map_err(|source| MonitorError::Cache { dir, source })
}

/// Where compiled code is kept unless the configuration says otherwise: `$XDG_CACHE_HOME/weir`, or
/// `$HOME/.cache/weir`; nowhere without either.
pub fn default_cache_dir(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    let set = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache"))).map(|dir| dir.join("weir"))
}

/// Moves the epoch on, but only while a call is running: an idle host must not wake up.
struct Ticker {
    running: AtomicUsize,
    asleep: Mutex<bool>,
    wake: Condvar,
    ended: std::sync::atomic::AtomicBool,
}

impl Ticker {
    fn spawn(engine: Engine) -> Result<Arc<Self>, MonitorError> {
        let ticker = Arc::new(Self {
            running: AtomicUsize::new(0),
            asleep: Mutex::new(false),
            wake: Condvar::new(),
            ended: std::sync::atomic::AtomicBool::new(false),
        });
        let shared = Arc::clone(&ticker);
        std::thread::Builder::new()
            .name("weir-epoch".to_owned())
            .spawn(move || shared.tick(&engine))
            .map_err(|source| MonitorError::Thread { source })?;
        Ok(ticker)
    }

    fn tick(&self, engine: &Engine) {
        let mut asleep = self.asleep.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.ended.load(Ordering::Acquire) {
            if self.running.load(Ordering::Acquire) == 0 {
                *asleep = true;
                asleep = self.wake.wait(asleep).unwrap_or_else(PoisonError::into_inner);
                *asleep = false;
            } else {
                let waited = self.wake.wait_timeout(asleep, EPOCH_TICK);
                asleep = waited.unwrap_or_else(PoisonError::into_inner).0;
                engine.increment_epoch();
            }
        }
    }

    fn rouse(&self) {
        let asleep = self.asleep.lock().unwrap_or_else(PoisonError::into_inner);
        if *asleep {
            self.wake.notify_one();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(ticker) = &self.ticker {
            ticker.ended.store(true, Ordering::Release);
            ticker.rouse();
        }
    }
}

/// Held while a call runs, so that the epoch moves on.
pub(super) struct CallGuard<'sandbox>(Option<&'sandbox Ticker>);

impl<'sandbox> CallGuard<'sandbox> {
    fn begin(ticker: Option<&'sandbox Ticker>) -> Self {
        if let Some(ticker) = ticker
            && ticker.running.fetch_add(1, Ordering::AcqRel) == 0
        {
            ticker.rouse();
        }
        Self(ticker)
    }
}

impl Drop for CallGuard<'_> {
    fn drop(&mut self) {
        if let Some(ticker) = self.0 {
            ticker.running.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
