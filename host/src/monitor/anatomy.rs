//! What a plugin's file is made of, counted before it is handed to a compiler.
//!
//! The engine's own bounds are made for browsers: within them a file of a kilobyte can describe a
//! component that takes gigabytes once its parts are put together, and types so deeply nested that
//! reading them overflows the stack, which no process survives. The bounds here are a few times
//! what the largest known guests need, which bring an interpreter for Python or JavaScript along.

use wasmparser::{Encoding, Parser, Payload};

use super::MonitorError;

/// How deep components may lie within components. A guest's adapters lie one deep.
const DEPTH_MAX: usize = 8;
/// The most modules and components in one file; a Python guest has 41.
const PARTS_MAX: usize = 256;
/// The most instances of components that a file describes. Each may instantiate those before it
/// several times, so that what is built may be exponential in this; guests have one or two.
const COMPONENT_INSTANCES_MAX: usize = 8;
/// The most instances of core modules that a file describes; a Python guest has 108.
const CORE_INSTANCES_MAX: usize = 512;
/// The most bytes of all that joins modules to a component; a Python guest has 85,000.
const JOINTS_BYTES_MAX: usize = 512 << 10;
/// The most types that are described within other types, which are read by recursion; guests have
/// two.
const NESTED_TYPES_MAX: usize = 256;
/// The most functions with a body; interpreters have about 14,000.
const FUNCTIONS_MAX: usize = 65_536;
/// The longest body of one function: a compiler's time and memory grow faster than it. The largest
/// one of `CPython` has 427,000.
const FUNCTION_BYTES_MAX: usize = 1 << 20;
/// The most globals, and the most bytes of what fills tables: an instance has a copy of them that
/// does not count as its memory.
const GLOBALS_MAX: usize = 16_384;
const ELEMENTS_BYTES_MAX: usize = 512 << 10;

/// How a custom section is called that describes a core module's interface as a component.
const DESCRIPTION: &str = "component-type";

/// Counts what a plugin's file is made of. Whatever is wrong with the file apart from that is left
/// to the engine to say.
///
/// # Errors
/// [`MonitorError::TooMuch`] names what there is too much of.
pub(super) fn check(bytes: &[u8]) -> Result<(), MonitorError> {
    Anatomy::default().add(bytes, Descriptions::Counted)
}

/// Whether descriptions within a module count; those within a description mean nothing.
#[derive(Clone, Copy, PartialEq)]
enum Descriptions {
    Counted,
    Ignored,
}

/// What was counted until now.
#[derive(Default)]
struct Anatomy {
    parts: usize,
    component_instances: usize,
    core_instances: usize,
    joints_bytes: usize,
    nested_types: usize,
    functions: usize,
    globals: usize,
    elements_bytes: usize,
}

impl Anatomy {
    fn add(&mut self, bytes: &[u8], descriptions: Descriptions) -> Result<(), MonitorError> {
        let mut open = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let Ok(payload) = payload else {
                // The engine will come no further either.
                return Ok(());
            };
            match &payload {
                Payload::Version { encoding, .. } => {
                    open.push(*encoding);
                    within("components within components", open.len(), DEPTH_MAX + 1)?;
                    add("modules and components", &mut self.parts, 1, PARTS_MAX)?;
                }
                Payload::End(_) => {
                    open.pop();
                }
                Payload::CustomSection(section) => {
                    let described = section.name().starts_with(DESCRIPTION);
                    if described && descriptions == Descriptions::Counted {
                        self.add(section.data(), Descriptions::Ignored)?;
                    }
                }
                payload if open.last() == Some(&Encoding::Component) => {
                    self.add_joint(payload, bytes)?;
                }
                payload => self.add_core(payload)?,
            }
        }
        Ok(())
    }

    /// A section of a component.
    fn add_joint(&mut self, payload: &Payload<'_>, bytes: &[u8]) -> Result<(), MonitorError> {
        match payload {
            // What lies in them is counted as it comes.
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => return Ok(()),
            Payload::ComponentInstanceSection(section) => {
                let (instances, count) = (&mut self.component_instances, section.count());
                add("component instances", instances, usize_of(count), COMPONENT_INSTANCES_MAX)?;
            }
            Payload::InstanceSection(section) => {
                let (instances, count) = (&mut self.core_instances, section.count());
                add("core instances", instances, usize_of(count), CORE_INSTANCES_MAX)?;
            }
            Payload::ComponentTypeSection(section) => {
                let nested = nested_types(bytes.get(section.range()).unwrap_or_default());
                add("nested types", &mut self.nested_types, nested, NESTED_TYPES_MAX)?;
            }
            _ => {}
        }
        let length = payload.as_section().map_or(0, |(_, range)| range.len());
        add("bytes that join modules", &mut self.joints_bytes, length, JOINTS_BYTES_MAX)
    }

    /// A section of a core module, or a function's body.
    fn add_core(&mut self, payload: &Payload<'_>) -> Result<(), MonitorError> {
        match payload {
            Payload::CodeSectionStart { count, .. } => {
                add("functions", &mut self.functions, usize_of(*count), FUNCTIONS_MAX)
            }
            Payload::CodeSectionEntry(body) => {
                within("bytes in one function", body.range().len(), FUNCTION_BYTES_MAX)
            }
            Payload::GlobalSection(section) => {
                add("globals", &mut self.globals, usize_of(section.count()), GLOBALS_MAX)
            }
            Payload::ElementSection(section) => {
                let length = section.range().len();
                add("bytes that fill tables", &mut self.elements_bytes, length, ELEMENTS_BYTES_MAX)
            }
            _ => Ok(()),
        }
    }
}

/// At least as many types as are described within other types: each begins with the byte that
/// declares a type, then the one that says that it is a component's or an instance's. Names may
/// hold the same two bytes, and count too.
fn nested_types(section: &[u8]) -> usize {
    const DECLARES_TYPE: u8 = 0x01;
    const COMPONENT: u8 = 0x41;
    const INSTANCE: u8 = 0x42;
    let begins = |pair: &&[u8]| matches!(pair, [DECLARES_TYPE, COMPONENT | INSTANCE]);
    section.windows(2).filter(begins).count()
}

fn add(what: &'static str, sum: &mut usize, more: usize, limit: usize) -> Result<(), MonitorError> {
    *sum = sum.saturating_add(more);
    within(what, *sum, limit)
}

fn within(what: &'static str, found: usize, limit: usize) -> Result<(), MonitorError> {
    if found > limit { Err(MonitorError::TooMuch { what, limit }) } else { Ok(()) }
}

fn usize_of(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
