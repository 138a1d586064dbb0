//! `weir-componentize CORE.wasm COMPONENT.wasm`: makes a component of a monitor's core module, as
//! `cargo build --target wasm32-unknown-unknown` leaves it, and names what it imports. A component
//! that imports anything but Weir's own interfaces is not written.
//!
//! The host wraps core modules by itself; this is for the components that ship with it.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use wit_component::{ComponentEncoder, DecodedWasm};

/// What the name of every interface begins with that a monitor may import.
const OWN_INTERFACES: &str = "weir:monitor/";

fn main() -> Result<()> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(core), Some(component), None) = (paths.next(), paths.next(), paths.next()) else {
        bail!("usage: weir-componentize CORE.wasm COMPONENT.wasm");
    };
    let module = std::fs::read(&core).with_context(|| format!("cannot read {}", core.display()))?;
    let bytes = ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .with_context(|| format!("cannot make a component of {}", core.display()))?;
    let imports = imports(&bytes)?;
    let mut out = std::io::stdout().lock();
    for import in &imports {
        writeln!(out, "{}: imports {import}", component.display())?;
    }
    let stranger = imports.iter().find(|import| !import.starts_with(OWN_INTERFACES));
    if let Some(stranger) = stranger {
        bail!("{} imports {stranger}, which is not {OWN_INTERFACES}*", core.display());
    }
    std::fs::write(&component, &bytes)
        .with_context(|| format!("cannot write {}", component.display()))
}

/// The names of what `component` imports.
fn imports(component: &[u8]) -> Result<Vec<String>> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(component)? else {
        bail!("the encoder gave something else than a component");
    };
    let world = resolve.worlds.get(world).context("the component has no world")?;
    ensure!(!world.exports.is_empty(), "the component exports nothing");
    Ok(world.imports.keys().map(|key| resolve.name_world_key(key)).collect())
}
