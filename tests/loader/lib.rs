//! What the loader is put through: bytes that came about by chance, as near to a monitor as chance
//! gets by itself or with help, and everything that a host does with a monitor.
//!
//! It serves the seeded tests beside it and the fuzz target `loader`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "a test that is surprised has failed"
)]

#[allow(dead_code, reason = "guests serve more tests than these")]
#[path = "../support/written.rs"]
mod written;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use arbitrary::{Result, Unstructured};
use wasm_smith::{Config, Module};
use weir::clock::Timestamp;
use weir::monitor::{
    CallFailure, Configured, Instance, Limits, Loaded, Metering, Origin, Plugin, Rows, Sandbox,
};
use weir::record::{Field, Record};
use weir::store::{Digest, PlanBuilder};

/// The longest explanation that a plugin may cause, in bytes, with what its texts may add.
const MESSAGE_BYTES_MAX: usize = TEXT_BYTES_MAX + 4_096;
const TEXT_BYTES_MAX: usize = 4_096;

/// How far a file came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// It was not loaded, for a reason.
    Refused,
    /// It was compiled, and failed while it was configured or said no.
    Loaded,
    /// It was configured, ticked and given rows, and may have failed then.
    Configured,
}

/// A core module that imports all that the host offers, exports what a monitor has to, and says so;
/// it reads rows, and asks for its settings.
pub fn monitor() -> Vec<u8> {
    let guest = written::Guest::reading("(drop (call $now))");
    guest.and_ticking("(call $log (i32.const 1) (i32.const 64) (i32.const 6))").core_module()
}

/// The same as a component.
///
/// # Panics
/// Where the encoder does not take it.
pub fn component() -> Vec<u8> {
    written::wrapped(&monitor())
}

/// Loads a file and, where it loads, configures it, ticks it and gives it rows, all in narrow
/// limits. Panics where the host does, or where it has no explanation.
pub fn undergo(bytes: &[u8]) -> Reached {
    static SANDBOX: OnceLock<Arc<Sandbox>> = OnceLock::new();
    let sandbox = SANDBOX.get_or_init(|| Arc::new(Sandbox::new(Metering::Fuel, None).unwrap()));
    let limits = Limits {
        memory_bytes_max: 4 << 20,
        fuel_max: 100_000,
        text_bytes_max: TEXT_BYTES_MAX,
        ..Limits::default()
    };
    let plugin = Plugin {
        name: "chance".to_owned(),
        origin: Origin::BuiltIn,
        bytes: Cow::Owned(bytes.to_vec()),
    };
    let _ = plugin.version();
    let loaded = match Loaded::new(sandbox, &plugin) {
        Ok(loaded) => loaded,
        Err(error) => {
            assert_explained(&error.to_string());
            return Reached::Refused;
        }
    };
    let name: Arc<str> = plugin.name.as_str().into();
    let mut instance =
        match Instance::start(sandbox, &loaded, &name, &limits, "{}".to_owned(), None) {
            Ok(Configured::Running(instance, ..)) => instance,
            Ok(Configured::Refused(_)) => return Reached::Loaded,
            Err(failure) => {
                assert_failed(&failure);
                return Reached::Loaded;
            }
        };
    let now = Timestamp::from_secs(1_536_667_200);
    let ticked = instance.on_tick(now, Vec::new());
    // An instance that failed is never called again.
    let served = ticked.and_then(|_| instance.on_batch(now, &rows()));
    if let Err(failure) = &served {
        assert_failed(failure);
    }
    Reached::Configured
}

fn assert_failed(failure: &CallFailure) {
    assert!(!failure.message.contains("the host failed"), "{}", failure.message);
    assert_explained(&failure.message);
}

fn assert_explained(message: &str) {
    assert!(!message.is_empty() && message.len() <= MESSAGE_BYTES_MAX, "{message}");
}

/// A few rows, as a subscription would have them.
fn rows() -> Arc<Rows> {
    static ROWS: OnceLock<Arc<Rows>> = OnceLock::new();
    Arc::clone(ROWS.get_or_init(|| {
        let mut builder = PlanBuilder::new();
        let subscription = builder.subscribe(&[Field::Status, Field::Target], None);
        let mut digest = Digest::new(Arc::new(builder.build()));
        digest.extend((0..10).map(|second| Record {
            second,
            client: b"192.0.2.7",
            ident: b"-",
            user: b"-",
            method: b"GET",
            target: b"/a",
            protocol: b"HTTP/1.1",
            status: Some(200),
            bytes: None,
            rest: b"",
        }));
        digest.finish();
        let view = digest.rows(subscription, 0..digest.runs().len());
        Arc::new(Rows::split(&view).remove(0))
    }))
}

/// A core module by chance: anything at all, or one that imports what the host offers, exports
/// what a monitor has to, and says so, as `monitor` does.
///
/// # Errors
/// Where `u` has too few bytes.
pub fn module(u: &mut Unstructured<'_>, monitor: &[u8]) -> Result<Vec<u8>> {
    if u.ratio(1, 4)? {
        let config: Config = u.arbitrary()?;
        return Ok(Module::new(config, u)?.to_bytes());
    }
    let config = Config {
        available_imports: Some(monitor.to_vec()),
        exports: Some(monitor.to_vec()),
        max_memories: 1,
        memory64_enabled: false,
        shared_everything_threads_enabled: false,
        threads_enabled: false,
        gc_enabled: false,
        reference_types_enabled: false,
        exceptions_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    };
    let mut bytes = Module::new(config, u)?.to_bytes();
    bytes.extend_from_slice(description(monitor));
    Ok(bytes)
}

/// The section of a module that says which interface it is made for: the encoder puts it last.
fn description(monitor: &[u8]) -> &[u8] {
    const NAME: &[u8] = b"component-type";
    let name = monitor.windows(NAME.len()).position(|window| window == NAME).unwrap();
    // Before the name: its length in one byte, the section's length in some, and a zero.
    let start = monitor[..name].iter().rposition(|&byte| byte == 0).unwrap();
    &monitor[start..]
}

/// Bytes with a few of them changed, cut out, doubled or cut off.
///
/// # Errors
/// Where `u` has too few bytes.
pub fn mutated(u: &mut Unstructured<'_>, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    for _ in 0..u.int_in_range(1..=3)? {
        if bytes.is_empty() {
            break;
        }
        let at = u.choose_index(bytes.len())?;
        match u.int_in_range(0..=5)? {
            0 => bytes.truncate(at),
            1 => bytes[at] = u.arbitrary()?,
            2 => {
                let end = (at + u.int_in_range(1..=64)?).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => {
                let end = (at + u.int_in_range(1..=64)?).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes[at] ^= 1 << u.int_in_range(0..=7)?,
        }
    }
    Ok(bytes)
}
