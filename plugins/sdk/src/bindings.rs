//! What `wit-bindgen` makes of `wit/monitor.wit`; the rest of this crate gives it a shape that
//! reads well.

#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    reason = "generated: the canonical ABI is a matter of raw pointers, and the interface's \
              documentation is in the WIT file"
)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "monitor",
    pub_export_macro: true,
    export_macro_name: "export_bindings",
});
