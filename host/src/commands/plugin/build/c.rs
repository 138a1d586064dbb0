//! C: bindings from `wit-bindgen`, and clang without a C library.

use std::path::{Path, PathBuf};

use super::super::ProjectError;
use super::tool::{Tool, in_folder};

/// The version is the one that the template's sources were written for.
const WIT_BINDGEN: Tool = Tool {
    name: "wit-bindgen",
    variable: "WIT_BINDGEN",
    install: "cargo install --locked wit-bindgen-cli@0.63.0",
};
const CLANG: Tool = Tool { name: "clang", variable: "CLANG", install: "apt-get install clang lld" };

/// No C library, so nothing may be taken for a call of one, but what the compiler itself makes of
/// copying; small before fast.
const FLAGS: [&str; 10] = [
    "--target=wasm32-unknown-unknown",
    "-std=c17",
    "-Os",
    "-ffreestanding",
    "-mbulk-memory",
    "-nostdlib",
    "-Wall",
    "-Wextra",
    "-Iinclude",
    "-isystembuild",
];

/// The stack lies below the data, so that one which overflows traps instead of writing over it.
const LINKER_FLAGS: [&str; 5] = [
    "-Wl,--no-entry",
    "-Wl,--gc-sections",
    "-Wl,--strip-debug",
    "-Wl,--stack-first",
    "-Wl,-z,stack-size=65536",
];

/// What `wit-bindgen` leaves in `build`: the bindings, and the world's description.
const BINDINGS: [&str; 2] = ["build/monitor.c", "build/monitor_component_type.o"];

/// The core module, below the project's folder.
const CORE: &str = "build/core.wasm";

/// Builds the core module of `src/*.c`; where it is.
pub(super) fn build(dir: &Path, wit: &Path) -> Result<PathBuf, ProjectError> {
    let program = WIT_BINDGEN.program(None, "wit-bindgen");
    let mut command = in_folder(&program, dir, ["c", "--world", "monitor", "--out-dir", "build"]);
    WIT_BINDGEN.run(command.arg(wit))?;
    let program = CLANG.program(None, "clang");
    let mut command = in_folder(&program, dir, FLAGS);
    command.args(sources(dir)?).args(BINDINGS).args(LINKER_FLAGS).args(["-o", CORE]);
    CLANG.run(&mut command)?;
    Ok(dir.join(CORE))
}

/// The project's own sources, in an order that is the same everywhere.
fn sources(dir: &Path) -> Result<Vec<PathBuf>, ProjectError> {
    let folder = dir.join("src");
    let failed = |source| ProjectError::Read { path: folder.clone(), source };
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let name = PathBuf::from(entry.map_err(failed)?.file_name());
        if name.extension().is_some_and(|extension| extension == "c") {
            sources.push(Path::new("src").join(name));
        }
    }
    sources.sort();
    Ok(sources)
}
