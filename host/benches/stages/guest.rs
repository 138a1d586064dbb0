//! The guests of `host/benches/guests`, as a compiler for `wasm32-unknown-unknown` leaves them: core
//! modules with the interface's description in them.

use std::error::Error;
use std::path::Path;

use wit_component::StringEncoding;
use wit_parser::Resolve;

const GUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/guests");
const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit");

/// The guest of that name.
///
/// # Errors
/// Where there is no such guest, or its text is not one.
pub(crate) fn core_module(name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut module = wat::parse_file(Path::new(GUESTS).join(name).with_extension("wat"))?;
    let mut resolve = Resolve::default();
    let (package, _files) = resolve.push_path(WIT).map_err(|error| error.to_string())?;
    let world = resolve.select_world(&[package], Some("monitor")).map_err(|e| e.to_string())?;
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .map_err(|error| error.to_string())?;
    Ok(module)
}
