//! The WIT interface as Rust, generated from `wit/`.
#![allow(missing_docs, clippy::pedantic, reason = "generated from wit/, which is documented")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "monitor",
    imports: { default: trappable },
    with: {
        "weir:monitor/host.setup": super::host::SetupHandle,
        "weir:monitor/host.query": super::host::QueryHandle,
        "weir:monitor/host.batch": super::host::BatchHandle,
        "weir:monitor/host.report": super::host::ReportDraft,
        "weir:monitor/host.alert": super::host::AlertDraft,
    },
});
