//! Monitors in every language, built by the languages' own tools: those that come with Weir do the
//! same as the ones in Rust, and a new project does what its page says. `.ci/run languages` installs
//! the tools and runs these tests; it also runs those of `worked_monitors` over the components that
//! it built, with `WEIR_TEST_LANGUAGES` for their folder.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const PLUGINS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins");
/// Where compiled monitors are kept: the same folder as that of all other tests.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");

/// What the worked monitors in other languages share with the templates, file by file.
const SHARED: [(&str, &str, &[&str]); 3] = [
    ("top-talkers/javascript", "javascript", &["src/weir.js"]),
    ("silence/python", "python", &["requirements.txt", "src/weir.py"]),
    (
        "brute-force/c",
        "c",
        &[
            "include/stdlib.h",
            "include/string.h",
            "src/json.c",
            "src/json.h",
            "src/libc.c",
            "src/libc.h",
            "src/weir.c",
            "src/weir.h",
        ],
    ),
];

#[test]
fn the_worked_monitors_begin_with_the_files_that_a_new_project_has() {
    for (project, template, files) in SHARED {
        for file in files {
            let read = |folder: &Path| fs::read_to_string(folder.join(file)).unwrap();
            let (here, there) = (Path::new(PLUGINS).join(project), Path::new(PLUGINS));
            let there = there.join("templates").join(template);
            assert_eq!(read(&here), read(&there), "{project}/{file}");
        }
    }
}

/// Runs `weir ARGS...` to its end, however long a language's tools take; what it said.
fn weir(dir: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
    command.current_dir(dir).args(args).env("XDG_CACHE_HOME", CACHE);
    // Cargo names itself to its tests; the one to build guests with may be another.
    for (ours, theirs) in [("WEIR_TEST_CARGO", "CARGO"), ("WEIR_TEST_RUSTC", "RUSTC")] {
        if let Some(tool) = std::env::var_os(ours) {
            command.env(theirs, tool);
        }
    }
    let found = command.output().unwrap();
    let (out, err) = (String::from_utf8(found.stdout), String::from_utf8(found.stderr));
    assert!(found.status.success(), "weir {args:?} {}:\n{}", found.status, err.unwrap());
    out.unwrap()
}

/// Makes a project, builds it and tests it, as its page says.
fn new_build_test(language: &str) {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    weir(dir, &["plugin", "new", "mine", "--lang", language]);
    let built = weir(dir, &["plugin", "build", "mine"]);
    let asks = "asks for  a tick every 1s\n            \
                `where status >= 500 | by section | top 100 | count` over 1m\n            \
                `by section | top 1000 | count` over 1m\n";
    assert!(built.ends_with(asks), "{built}");
    weir(dir, &["plugin", "test", "mine"]);
}

#[test]
#[ignore = "needs a Rust toolchain for wasm32-unknown-unknown: .ci/run languages"]
fn a_new_project_in_rust_builds_and_passes_its_test() {
    new_build_test("rust");
}

#[test]
#[ignore = "needs componentize-js: .ci/run languages"]
fn a_new_project_in_javascript_builds_and_passes_its_test() {
    new_build_test("javascript");
}

#[test]
#[ignore = "needs componentize-py: .ci/run languages"]
fn a_new_project_in_python_builds_and_passes_its_test() {
    new_build_test("python");
}

#[test]
#[ignore = "needs wit-bindgen and clang: .ci/run languages"]
fn a_new_project_in_c_builds_and_passes_its_test() {
    new_build_test("c");
}
