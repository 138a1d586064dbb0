//! Whether a plugin and this host are made for each other, and if not, what the one of them lacks.

use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker};

use super::MonitorError;
use super::host::HostState;
use super::said::bounded;

/// The interface package that this host offers, and its version.
const PACKAGE: &str = "weir:monitor";
const VERSION: &str = "0.1.0";
/// Both, as they are told.
pub(super) const INTERFACE: &str = "weir:monitor@0.1.0";

/// What a monitor must export.
const GUEST_FUNCTIONS: [&str; 3] = ["configure", "on-batch", "on-tick"];

/// Checks what a component imports and exports, before the linker does, which knows no names of
/// ours. `linker` is the one that it will be linked with.
///
/// # Errors
/// [`MonitorError::Import`], [`MonitorError::InterfaceVersion`], [`MonitorError::MissingFunction`]
/// and [`MonitorError::MissingExport`].
pub(super) fn check(
    engine: &Engine,
    component: &Component,
    linker: &mut Linker<HostState>,
) -> Result<(), MonitorError> {
    let shape = component.component_type();
    let imports: Vec<&str> = shape.imports(engine).map(|(import, _)| import).collect();
    for import in &imports {
        check_package(import)?;
    }
    let lacks = missing_functions(engine, component, linker)?;
    for import in &imports {
        check_version(import, &lacks)?;
    }
    if let Some(function) = lacks.into_iter().next() {
        let (function, offered) = (bounded(&function), VERSION.to_owned());
        return Err(MonitorError::MissingFunction { function, offered });
    }
    check_exports(engine, component)
}

/// A monitor may import what this host offers and nothing else.
fn check_package(import: &str) -> Result<(), MonitorError> {
    match import.split_once('/') {
        Some((PACKAGE, _)) => Ok(()),
        _ => Err(MonitorError::Import { import: bounded(import) }),
    }
}

/// Within one minor version the interface only grows; before 1.0 the minor number is the one that
/// breaks. `lacks` is what of another version is known not to be here.
fn check_version(name: &str, lacks: &[String]) -> Result<(), MonitorError> {
    let wanted = name.rsplit_once('@').map_or("", |(_, version)| version);
    if minor(wanted).is_some() && minor(wanted) == minor(VERSION) {
        return Ok(());
    }
    let age = match (minor(wanted), minor(VERSION)) {
        (Some(wanted), Some(offered)) if wanted > offered => "which is older",
        (Some(_), Some(_)) => "which is newer; hint: build the plugin again with its interface",
        _ => "and this is no version",
    };
    let lacks = match lacks {
        [] => String::new(),
        lacks => bounded(&format!(" and does not have {}", lacks.join(", "))),
    };
    Err(MonitorError::InterfaceVersion {
        wanted: bounded(&format!("{PACKAGE}@{wanted}")),
        offered: format!("{PACKAGE}@{VERSION}"),
        difference: format!("{age}{lacks}"),
    })
}

/// The major and the minor number.
fn minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    let minor = (numbers.next()??, numbers.next()??);
    numbers.next().is_some().then_some(minor)
}

/// The functions that the component imports and the linker does not have, as `INTERFACE.FUNCTION`.
///
/// The linker cannot be asked what it has, but it refuses to have a name twice: what it takes here
/// was missing. It is not linked with afterwards where anything was.
fn missing_functions(
    engine: &Engine,
    component: &Component,
    linker: &mut Linker<HostState>,
) -> Result<Vec<String>, MonitorError> {
    let mut missing = Vec::new();
    for (import, item) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(instance) = item.ty else {
            continue;
        };
        let interface = import.split_once('@').map_or(import, |(interface, _)| interface);
        let offered = format!("{interface}@{VERSION}");
        let mut known =
            linker.instance(&offered).map_err(|source| MonitorError::Engine { source })?;
        for (function, item) in instance.exports(engine) {
            let is_function = matches!(item.ty, ComponentItem::ComponentFunc(_));
            let unavailable = |_: wasmtime::StoreContextMut<'_, HostState>, (): ()| {
                Err::<(), _>(wasmtime::Error::msg("not available"))
            };
            if is_function && known.func_wrap(function, unavailable).is_ok() {
                missing.push(format!("{interface}.{}", in_words(function)));
            }
        }
    }
    missing.sort_unstable();
    Ok(missing)
}

/// `setup.kept` of `[method]setup.kept`, as the interface's description has it.
fn in_words(function: &str) -> &str {
    function.split_once(']').map_or(function, |(_, name)| name)
}

fn check_exports(engine: &Engine, component: &Component) -> Result<(), MonitorError> {
    let lacks = |name: String| Err(MonitorError::MissingExport { name });
    let guest = format!("{PACKAGE}/guest");
    let shape = component.component_type();
    let exported = shape
        .exports(engine)
        .find(|(name, _)| name.split_once('@').map_or(*name, |(interface, _)| interface) == guest);
    let Some((name, item)) = exported else {
        return lacks(guest);
    };
    check_version(name, &[])?;
    let ComponentItem::ComponentInstance(instance) = item.ty else {
        return lacks(guest);
    };
    for function in GUEST_FUNCTIONS {
        if instance.get_export(engine, function).is_none() {
            return lacks(format!("{guest}.{function}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interface_is_told_with_its_version() {
        assert_eq!(INTERFACE, format!("{PACKAGE}@{VERSION}"));
    }

    fn refused(import: &str) -> String {
        let found = check_package(import).and_then(|()| check_version(import, &["x.y".into()]));
        found.unwrap_err().to_string()
    }

    #[test]
    fn only_the_monitor_interfaces_of_this_version_may_be_imported() {
        for taken in ["weir:monitor/host@0.1.0", "weir:monitor/types@0.1.7"] {
            assert!(check_package(taken).and_then(|()| check_version(taken, &[])).is_ok());
        }
        for import in ["wasi:cli/environment@0.2.0", "weir:monitors/host@0.1.0", "env"] {
            assert!(refused(import).contains(&format!("imports `{import}`")), "{import}");
        }
    }

    #[test]
    fn another_version_is_said_to_be_newer_or_older() {
        let newer = refused("weir:monitor/host@0.2.0");
        let expected = "is made for weir:monitor@0.2.0; this host offers weir:monitor@0.1.0, which \
                        is older and does not have x.y";
        assert_eq!(newer, expected);
        assert!(refused("weir:monitor/host@0.0.9").contains("which is newer; hint: build"));
        assert!(refused("weir:monitor/host").contains("and this is no version"));
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(minor("0.10.0") > minor("0.9.3"));
        assert_eq!(minor("0.1"), None);
        assert_eq!(minor("0.x.1"), None);
    }
}
