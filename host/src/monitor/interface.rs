//! What a compiled plugin says of itself: the interface that it is made for, and what it imports.

use wasmtime::component::types::ComponentItem;

use super::engine::Sandbox;
use super::loaded::Loaded;

/// The functions without which no state outlives an instance.
const KEEPING: [&str; 2] = ["keep", "[method]setup.kept"];

/// What a plugin exports and imports, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// The interface that it is made for, such as `weir:monitor@0.1.0`.
    pub name: String,
    /// The functions of the host that it may call, in the order of their names.
    pub imports: Vec<String>,
}

impl Interface {
    /// Whether it may keep a state, or ask for one that was kept.
    pub fn keeps(&self) -> bool {
        self.imports.iter().any(|import| KEEPING.contains(&import.as_str()))
    }
}

impl Loaded {
    /// What the plugin exports and imports.
    pub fn interface(&self, sandbox: &Sandbox) -> Interface {
        let engine = &sandbox.engine;
        let component = self.instance_pre.instance_pre().component().component_type();
        let name = component.exports(engine).find_map(|(export, _)| package(export));
        let mut imports: Vec<String> = component
            .imports(engine)
            .filter_map(|(_, import)| match import.ty {
                ComponentItem::ComponentInstance(instance) => Some(instance),
                _ => None,
            })
            .flat_map(|instance| {
                let functions = instance
                    .exports(engine)
                    .filter(|(_, export)| matches!(export.ty, ComponentItem::ComponentFunc(_)));
                functions.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
            })
            .collect();
        imports.sort_unstable();
        Interface { name: name.unwrap_or_default(), imports }
    }
}

/// `weir:monitor@0.1.0` of `weir:monitor/guest@0.1.0`; what else a plugin exports is of no use to
/// anybody.
fn package(export: &str) -> Option<String> {
    let version = export.strip_prefix("weir:monitor/guest@")?;
    Some(format!("weir:monitor@{version}"))
}
