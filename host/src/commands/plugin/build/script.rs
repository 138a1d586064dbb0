//! JavaScript and Python: an engine with the project's sources in it, made by tools that a registry
//! has. With every feature off that would need the system, only `weir:monitor` is left to import.

use std::path::{Path, PathBuf};

use super::super::ProjectError;
use super::tool::{Tool, in_folder};

const COMPONENTIZE_JS: Tool = Tool {
    name: "componentize-js",
    variable: "COMPONENTIZE_JS",
    install: "npm install, in the project's folder",
};

const COMPONENTIZE_PY: Tool = Tool {
    name: "componentize-py",
    variable: "COMPONENTIZE_PY",
    install: "pip install -r requirements.txt, in a virtual environment .venv in the project's \
              folder or in one that is active",
};

/// Where both leave the component, below the project's folder.
const COMPONENT: &str = "build/monitor.wasm";

/// Everything that the JavaScript engine could ask the system for.
const FEATURES: [&str; 5] = ["random", "stdio", "clocks", "http", "fetch-event"];

/// Builds the component of `src/monitor.js`; where it is.
pub(super) fn build_javascript(dir: &Path, wit: &Path) -> Result<PathBuf, ProjectError> {
    let program = COMPONENTIZE_JS.program(in_node_modules(dir), "componentize-js");
    let mut command = in_folder(&program, dir, ["src/monitor.js", "--world-name", "monitor"]);
    command.arg("--wit").arg(wit).args(["--out", COMPONENT, "--disable"]).args(FEATURES);
    COMPONENTIZE_JS.run(&mut command)?;
    Ok(dir.join(COMPONENT))
}

/// Builds the component of `src/monitor.py`; where it is.
pub(super) fn build_python(dir: &Path, wit: &Path) -> Result<PathBuf, ProjectError> {
    let local = std::path::absolute(dir.join(".venv/bin/componentize-py")).ok();
    let local = local.filter(|program| program.is_file());
    let program = COMPONENTIZE_PY.program(local, "componentize-py");
    let mut command = in_folder(&program, dir, ["--world", "monitor", "--wit-path"]);
    command.arg(wit).args(["componentize", "--stub-wasi", "--python-path", "src", "monitor"]);
    command.args(["--output", COMPONENT]);
    COMPONENTIZE_PY.run(&mut command)?;
    Ok(dir.join(COMPONENT))
}

/// The tool as npm installs it: in the project's folder or, as node looks for modules, in one above.
fn in_node_modules(dir: &Path) -> Option<PathBuf> {
    let dir = std::path::absolute(dir).ok()?;
    let programs = dir.ancestors().map(|above| above.join("node_modules/.bin/componentize-js"));
    programs.into_iter().find(|program| program.is_file())
}
