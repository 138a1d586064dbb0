//! The WIT interface as Rust, generated from `wit/`.
#![allow(missing_docs, clippy::pedantic, reason = "generated from wit/, which is documented")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "monitor",
    imports: { default: trappable },
    with: {
        "weir:monitor/host.setup": super::handles::SetupHandle,
        "weir:monitor/host.query": super::handles::QueryHandle,
        "weir:monitor/host.report": super::handles::ReportDraft,
        "weir:monitor/host.alert": super::handles::AlertDraft,
    },
});
