//! The WIT interface as Rust, generated from `wit/`.
#![allow(missing_docs, clippy::pedantic, reason = "generated from wit/, which is documented")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "monitor",
    imports: { default: trappable },
    // Rows are lowered out of buffers that all their subscribers share.
    ownership: Borrowing { duplicate_if_necessary: true },
    with: {
        "weir:monitor/host.setup": super::handles::SetupHandle,
        "weir:monitor/host.query": super::handles::QueryHandle,
        "weir:monitor/host.report": super::handles::ReportDraft,
        "weir:monitor/host.alert": super::handles::AlertDraft,
    },
});
