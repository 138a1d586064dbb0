//! Monitors in every language, built by the languages' own tools: those that come with Weir do the
//! same as the ones in Rust, and a new project does what its page says. `.ci/run languages` installs
//! the tools and runs these tests; it also runs those of `worked_monitors` over the components that
//! it built, with `WEIR_TEST_LANGUAGES` for their folder.

use std::fs;
use std::path::Path;

use crate::support::Weir;

const PLUGINS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins");

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

/// Makes a project, builds it and tests it, as its page says.
fn new_build_test(language: &str) {
    let new = Weir::new(["plugin", "new", "mine", "--lang", language]);
    let (made, folder) = new.start().finish_leaving_folder();
    made.succeeds();
    let (built, folder) =
        Weir::again(folder, ["plugin", "build", "mine"]).start().finish_leaving_folder();
    let built = built.succeeds();
    let asks = "asks for  a tick every 1s\n            \
                `where status >= 500 | by section | top 100 | count` over 1m\n            \
                `by section | top 1000 | count` over 1m\n";
    assert!(built.stdout.ends_with(asks), "{}", built.stdout);
    let tested = Weir::again(folder, ["plugin", "test", "mine"]).run();
    tested.succeeds();
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
