//! From a type to a component's exports: what [`export!`](crate::export!) expands to rests on
//! this.

use std::cell::RefCell;
use std::panic::PanicHookInfo;

use crate::bindings::weir::monitor::types;
use crate::{
    Batch, Instant, Level, Monitor, Problem, Problems, Setting as _, Setup, host, log, schema_of,
    settings,
};

/// Makes a [`Monitor`] the component that this crate builds. Once a crate, with the type's name:
/// `weir_monitor::export!(MyMonitor);`.
///
/// The crate's version and description, from its `Cargo.toml`, go into the component with it, so
/// that the host can list them.
#[macro_export]
macro_rules! export {
    ($monitor:ty) => {
        // Elsewhere no linker takes the exports' names.
        #[cfg(target_family = "wasm")]
        const _: () = {
            ::std::thread_local! {
                static MONITOR: $crate::Slot<$monitor> = const { $crate::Slot::empty() };
            }

            struct Exports;

            impl $crate::bindings::exports::weir::monitor::guest::Guest for Exports {
                fn configure(
                    setup: &$crate::bindings::weir::monitor::host::Setup,
                ) -> ::std::result::Result<
                    (),
                    ::std::vec::Vec<$crate::bindings::weir::monitor::types::Problem>,
                > {
                    MONITOR.with(|slot| slot.configure(setup))
                }

                fn on_batch(columns: $crate::bindings::weir::monitor::types::Columns) {
                    MONITOR.with(|slot| slot.on_batch(columns));
                }

                fn on_tick(now: i64) {
                    MONITOR.with(|slot| slot.on_tick(now));
                }
            }

            $crate::bindings::export_bindings! { Exports with_types_in $crate::bindings }
        };
        #[cfg(not(target_family = "wasm"))]
        const _: () = $crate::assert_monitor::<$monitor>();

        $crate::section!("version", env!("CARGO_PKG_VERSION"));
        $crate::section!("description", env!("CARGO_PKG_DESCRIPTION"));
    };
}

/// A text as a custom section of the module, under a name that the WebAssembly tool conventions
/// give a meaning.
#[doc(hidden)]
#[macro_export]
macro_rules! section {
    ($name:literal, $text:expr) => {
        const _: () = {
            #[cfg(target_family = "wasm")]
            #[allow(unsafe_code, reason = "a section holds bytes that nothing in the module reads")]
            #[unsafe(link_section = $name)]
            #[used]
            static SECTION: [u8; $text.len()] = $crate::section_bytes($text);
        };
    };
}

/// `text` as an array, which is what a custom section must be made of.
#[doc(hidden)]
pub const fn section_bytes<const N: usize>(text: &str) -> [u8; N] {
    match text.as_bytes().first_chunk() {
        Some(bytes) => *bytes,
        None => [0; N],
    }
}

/// Holds at compile time that `M` can be a component.
#[doc(hidden)]
pub const fn assert_monitor<M: Monitor>() {}

/// Where a component keeps its one monitor between calls. A component has a single thread, and the
/// host never calls it from within a call.
#[doc(hidden)]
#[derive(Debug)]
pub struct Slot<M>(RefCell<Option<M>>);

impl<M: Monitor> Slot<M> {
    /// No monitor yet.
    pub const fn empty() -> Self {
        Self(RefCell::new(None))
    }

    /// Makes the monitor from its settings.
    pub fn configure(&self, raw: &host::Setup) -> Result<(), Vec<types::Problem>> {
        std::panic::set_hook(Box::new(log_panic));
        self.start(raw).map_err(Problems::into_raw)
    }

    /// Describes the settings, reads them, holds them to their ranges and makes the monitor of them.
    pub(crate) fn start(&self, raw: &host::Setup) -> Result<(), Problems> {
        raw.schema(&schema_of::<M::Config>()).map_err(Problem::from)?;
        let config: M::Config = settings::parse(&raw.config())?;
        config.check()?;
        self.0.replace(Some(M::configure(&mut Setup::new(raw), config)?));
        Ok(())
    }

    /// Hands over rows; for nothing where `configure` has not succeeded.
    pub fn on_batch(&self, columns: types::Columns) {
        if let Some(monitor) = self.0.borrow_mut().as_mut() {
            monitor.on_batch(&Batch::new(columns));
        }
    }

    /// Ticks; for nothing where `configure` has not succeeded.
    pub fn on_tick(&self, now: i64) {
        if let Some(monitor) = self.0.borrow_mut().as_mut() {
            monitor.on_tick(Instant::from_nanos(now));
        }
    }
}

/// A panic ends in a trap, which carries no message: the host's log is the only place for it.
fn log_panic(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("a value that is no text");
    let message = match info.location() {
        Some(place) => format!("panicked at {place}: {message}"),
        None => format!("panicked: {message}"),
    };
    log(Level::Error, &message);
}

#[cfg(test)]
mod tests {
    use super::section_bytes;

    #[test]
    fn a_section_holds_the_texts_bytes() {
        assert_eq!(&section_bytes::<5>("0.1.0"), b"0.1.0");
    }
}
