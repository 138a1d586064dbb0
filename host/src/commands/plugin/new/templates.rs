//! The files of a new project, which are part of the program: nothing has to be fetched to begin.

use crate::config::Language;

/// What stands for the monitor's name in a template.
pub(super) const NAME: &str = "{{name}}";

/// A file of the project: where it goes in the folder, and what is in it.
type File = (&'static str, &'static str);

/// Takes files from a folder of `plugins`, each to the same place in a folder of the project.
macro_rules! files {
    ($from:literal, $to:literal: $($path:literal)*) => {
        &[$((
            concat!($to, $path),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/", $from, $path)),
        )),*]
    };
}

/// What a project has in any language: a log and the events that are expected of it.
const COMMON: &[File] = files!("templates/common/", "": "tests/errors.log" "tests/errors.jsonl");

const INTERFACE: File =
    ("wit/monitor.wit", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/monitor.wit")));

const RUST: &[File] = files!(
    "templates/rust/", "":
    "weir-plugin.toml" "README.md" "Cargo.toml" "Cargo.lock" "src/lib.rs"
);
/// The crate itself, since no registry has it: what a project depends on is what this program was
/// built with, and the project builds where only the registry can be reached.
const SDK: &[File] = files!(
    "sdk/", "vendor/weir-monitor/":
    "derive/src/field.rs" "derive/src/lib.rs"
    "src/alert.rs" "src/answer.rs" "src/batch.rs" "src/bindings.rs" "src/condition.rs"
    "src/examples.rs" "src/export.rs" "src/host.rs" "src/json.rs" "src/lib.rs" "src/monitor.rs"
    "src/problem.rs" "src/report.rs" "src/setting.rs" "src/settings.rs" "src/setup.rs"
    "src/testing/imports.rs" "src/testing/mod.rs" "src/testing/state.rs" "src/texts.rs"
    "src/time.rs"
);
/// The crates' manifests outside of this program's workspace.
const SDK_MANIFESTS: &[File] = files!(
    "templates/rust/", "":
    "vendor/weir-monitor/Cargo.toml" "vendor/weir-monitor/derive/Cargo.toml"
);

const JAVASCRIPT: &[File] = files!(
    "templates/javascript/", "":
    "weir-plugin.toml" "README.md" "package.json" "src/monitor.js" "src/weir.js"
);

const PYTHON: &[File] = files!(
    "templates/python/", "":
    "weir-plugin.toml" "README.md" "requirements.txt" "src/monitor.py" "src/weir.py"
);

const C: &[File] = files!(
    "templates/c/", "":
    "weir-plugin.toml" "README.md" "include/stdlib.h" "include/string.h" "src/json.c" "src/json.h"
    "src/libc.c" "src/libc.h" "src/monitor.c" "src/weir.c" "src/weir.h"
);

/// What building leaves behind, and nobody wants to keep the versions of.
const IGNORED: File =
    (".gitignore", "/build/\n/target/\n/node_modules/\n/.venv/\n__pycache__/\n/*.wasm\n");

/// Every file of a project in `language`.
pub(super) fn files(language: Language) -> impl Iterator<Item = File> {
    let of_language: &[&[File]] = match language {
        Language::Rust => &[RUST, SDK_MANIFESTS, SDK],
        Language::Javascript => &[JAVASCRIPT],
        Language::Python => &[PYTHON],
        Language::C => &[C],
    };
    let files = of_language.iter().copied().chain([COMMON]).flatten().copied();
    files.chain([INTERFACE, IGNORED])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use clap::ValueEnum as _;
    use toml::Table;

    use super::*;

    const PLUGINS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins");

    fn files_below(dir: &Path) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(files_below(&path));
            } else {
                found.insert(path);
            }
        }
        found
    }

    fn embedded(files: &[&[File]]) -> BTreeSet<&'static str> {
        files.iter().copied().flatten().map(|(path, _)| *path).collect()
    }

    #[test]
    fn every_template_is_embedded() {
        for (folder, files) in [
            ("templates/common", &[COMMON][..]),
            ("templates/rust", &[RUST, SDK_MANIFESTS]),
            ("templates/javascript", &[JAVASCRIPT]),
            ("templates/python", &[PYTHON]),
            ("templates/c", &[C]),
        ] {
            let dir = Path::new(PLUGINS).join(folder);
            let there = files_below(&dir);
            let there = there.iter().map(|path| path.strip_prefix(&dir).unwrap().to_str().unwrap());
            assert_eq!(embedded(files), there.collect(), "{folder}");
        }
    }

    #[test]
    fn the_whole_sdk_goes_with_a_project() {
        let dir = Path::new(PLUGINS).join("sdk");
        let there: BTreeSet<String> =
            [files_below(&dir.join("src")), files_below(&dir.join("derive/src"))]
                .iter()
                .flatten()
                .map(|path| {
                    format!("vendor/weir-monitor/{}", path.strip_prefix(&dir).unwrap().display())
                })
                .collect();
        assert_eq!(embedded(&[SDK]), there.iter().map(String::as_str).collect());
    }

    #[test]
    fn outside_of_the_workspace_the_sdk_has_the_same_dependencies() {
        let read = |path: &str| -> Table {
            std::fs::read_to_string(Path::new(PLUGINS).join(path)).unwrap().parse().unwrap()
        };
        let workspace = read("../Cargo.toml");
        let shared = &workspace["workspace"]["dependencies"];
        for folder in ["", "derive/"] {
            let inside = read(&format!("sdk/{folder}Cargo.toml"));
            let outside = read(&format!("templates/rust/vendor/weir-monitor/{folder}Cargo.toml"));
            let resolved =
                inside["dependencies"].as_table().unwrap().iter().map(|(name, wanted)| {
                    let is_shared = wanted.get("workspace").is_some();
                    let mut wanted = if is_shared { shared[name].clone() } else { wanted.clone() };
                    // Where the workspace has it is not where the project has it.
                    if let Some(path) = wanted.get_mut("path") {
                        *path = path.as_str().unwrap().replace("plugins/sdk/", "").into();
                    }
                    (name.clone(), wanted)
                });
            let expected: Table = resolved.collect();
            assert_eq!(outside["dependencies"].as_table().unwrap(), &expected, "{folder}");
            for key in ["version", "edition", "rust-version", "license"] {
                let expected = &workspace["workspace"]["package"][key];
                assert_eq!(&outside["package"][key], expected, "{folder}{key}");
            }
        }
    }

    #[test]
    fn every_language_has_a_manifest_a_page_a_log_and_the_interface() {
        for language in Language::value_variants() {
            let paths: Vec<&str> = files(*language).map(|(path, _)| path).collect();
            for expected in ["weir-plugin.toml", "README.md", "tests/errors.log", "wit/monitor.wit"]
            {
                assert!(paths.contains(&expected), "{language:?} has no {expected}");
            }
            let distinct: BTreeSet<&str> = paths.iter().copied().collect();
            assert_eq!(distinct.len(), paths.len(), "{language:?} writes a file twice");
        }
    }
}
