//! The host: the component's imports, or, where there are none, what stands in for them in tests.

#[cfg(target_family = "wasm")]
pub(crate) use crate::bindings::weir::monitor::host::*;
#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::imports::*;
