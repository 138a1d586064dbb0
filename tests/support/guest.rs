//! Monitors that misbehave, made of the texts in `tests/guests`: core modules with the interface's
//! description in them, as a compiler for `wasm32-unknown-unknown` leaves them, or components.

use std::path::{Path, PathBuf};

use wit_component::StringEncoding;

use super::written::{described, wrapped};

const GUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/guests");
/// The components that CI compares with what their sources give.
const PREBUILT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/prebuilt");
const BUILT_INS: [&str; 2] = ["reporting.wasm", "alerting.wasm"];

fn assembled(name: &str) -> Vec<u8> {
    let path = PathBuf::from(GUESTS).join(format!("{name}.wat"));
    wat::parse_file(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The guest as a core module that says which interface it is made for.
pub(crate) fn core_module(name: &str) -> Vec<u8> {
    described(assembled(name), StringEncoding::UTF8)
}

/// A guest from its text, as a core module that says which interface it is made for.
pub(crate) fn core_module_of(text: &str) -> Vec<u8> {
    described(wat::parse_str(text).unwrap_or_else(|error| panic!("{error}")), StringEncoding::UTF8)
}

/// Another version of the guest: `from`, which stands in its text once, is `to` in it.
pub(crate) fn changed_module(name: &str, from: &str, to: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(PathBuf::from(GUESTS).join(format!("{name}.wat"))).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from:?} in {name}");
    core_module_of(&text.replace(from, to))
}

/// The guest as a component.
pub(crate) fn component(name: &str) -> Vec<u8> {
    wrapped(&core_module(name))
}

/// Makes `dir/NAME.wasm` of `tests/guests/NAME.wat`.
pub(crate) fn write_guest(dir: &Path, name: &str) {
    let assembled = assembled(name);
    // What is a component already says itself what it is made for.
    let is_component = assembled.get(4..8) != Some(&[0x01, 0x00, 0x00, 0x00]);
    let bytes = if is_component { assembled } else { core_module(name) };
    std::fs::write(dir.join(format!("{name}.wasm")), bytes).unwrap();
}

/// Makes a plugins directory, with `built_ins`' monitors in the place of the program's own.
pub(crate) fn plugins_dir(dir: &Path, built_ins: Option<&Path>) {
    std::fs::create_dir_all(dir).unwrap();
    for name in BUILT_INS {
        if let Some(built_ins) = built_ins {
            std::fs::copy(built_ins.join(name), dir.join(name)).unwrap();
        }
    }
}

/// The worked monitors that there are in another language too.
const IN_OTHER_LANGUAGES: [&str; 3] = ["brute-force", "silence", "top-talkers"];
/// Where those are, as components, to be run in the place of those in Rust.
const LANGUAGES: &str = "WEIR_TEST_LANGUAGES";

/// A worked monitor's component, as `.ci/guests` built it, or in another language where such
/// components are to be tested.
pub(crate) fn worked(name: &str) -> PathBuf {
    let languages = std::env::var_os(LANGUAGES).map(PathBuf::from);
    let folder = languages.filter(|_| IN_OTHER_LANGUAGES.contains(&name)).unwrap_or_else(|| {
        let built = std::env::var_os(super::weir::PREBUILT).map(PathBuf::from);
        built.unwrap_or_else(|| PathBuf::from(PREBUILT)).join("worked")
    });
    folder.join(format!("{name}.wasm"))
}
