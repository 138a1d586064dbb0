//! A compiled plugin: checked for what it imports, ready to be instantiated in microseconds.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::component::{Component, HasSelf, Linker};

use super::MonitorError;
use super::anatomy;
use super::bindings::{Monitor, MonitorPre};
use super::compatibility;
use super::engine::Sandbox;
use super::host::HostState;
use super::instance::panic_text;
use super::plugin::Plugin;
use super::said::bounded;

/// How a binary of either kind begins: magic, version and layer.
const MAGIC: &[u8] = b"\0asm";
const CORE_LAYER: [u8; 4] = [0x01, 0x00, 0x00, 0x00];

/// A plugin that has been compiled and linked.
pub struct Loaded {
    pub(super) instance_pre: MonitorPre<HostState>,
}

impl Loaded {
    /// Compiles a plugin, or takes it from the compile cache.
    ///
    /// # Errors
    /// A [`MonitorError`] that says what the plugin is instead of a monitor.
    pub fn new(sandbox: &Sandbox, plugin: &Plugin) -> Result<Self, MonitorError> {
        anatomy::check(&plugin.bytes)?;
        // A compiler that panics over a file is an error of that file.
        let compiled = catch_unwind(AssertUnwindSafe(|| Self::compile(sandbox, plugin)));
        compiled.unwrap_or_else(|panic| {
            let message = format!("the compiler failed: {}", panic_text(&*panic));
            Err(MonitorError::Invalid { message })
        })
    }

    fn compile(sandbox: &Sandbox, plugin: &Plugin) -> Result<Self, MonitorError> {
        let bytes = as_component(&plugin.bytes)?;
        let component = Component::new(&sandbox.engine, &bytes).map_err(|error| invalid(&error))?;
        let mut linker = Linker::new(&sandbox.engine);
        Monitor::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)
            .map_err(|source| MonitorError::Engine { source })?;
        compatibility::check(&sandbox.engine, &component, &mut linker)?;
        let instance_pre = linker.instantiate_pre(&component).map_err(|error| mismatch(&error))?;
        let instance_pre = MonitorPre::new(instance_pre).map_err(|error| mismatch(&error))?;
        Ok(Self { instance_pre })
    }
}

/// The component itself, or a core module wrapped into one.
///
/// # Errors
/// [`MonitorError`] for what is no wasm, and for a core module that does not say which interface it
/// is made for.
pub fn as_component(bytes: &[u8]) -> Result<Cow<'_, [u8]>, MonitorError> {
    if !bytes.starts_with(MAGIC) {
        return Err(MonitorError::NotWasm);
    }
    if bytes.get(4..8) != Some(&CORE_LAYER) {
        return Ok(Cow::Borrowed(bytes));
    }
    let wrapped = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(bytes)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| MonitorError::NotAMonitor { message: bounded(&format!("{error:#}")) })?;
    Ok(Cow::Owned(wrapped))
}

fn invalid(error: &wasmtime::Error) -> MonitorError {
    MonitorError::Invalid { message: bounded(&format!("{error:#}")) }
}

fn mismatch(error: &wasmtime::Error) -> MonitorError {
    MonitorError::NotAMonitor { message: bounded(&format!("{error:#}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_wasm_is_said_to_be_so() {
        assert!(matches!(as_component(b"\x7fELF"), Err(MonitorError::NotWasm)));
        assert!(matches!(as_component(b""), Err(MonitorError::NotWasm)));
        let empty_module = b"\0asm\x01\0\0\0";
        assert!(as_component(empty_module).is_ok_and(|bytes| bytes.get(4) == Some(&0x0d)));
    }
}
