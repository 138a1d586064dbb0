//! `weir plugin new` and `weir plugin build`: from nothing to a project, and from a project to a
//! component that was checked. The languages' own tools are the affair of `languages`; here programs
//! of a few lines stand in for them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::Weir;

const LANGUAGES: [&str; 4] = ["rust", "javascript", "python", "c"];
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// A run of `weir plugin build project` with `script` in the place of `componentize-js`; what the
/// script builds is `built`.
fn build(manifest: &str, script: &str, built: &[u8]) -> Weir {
    let weir = Weir::new(["plugin", "build", "project"])
        .file("project/weir-plugin.toml", manifest)
        .file("tool", format!("#!/bin/sh\n{script}\n"))
        .file("built.wasm", built);
    let tool = weir.path("tool");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    weir.env("COMPONENTIZE_JS", tool)
}

const MANIFEST: &str = "name = \"mine\"\nlanguage = \"javascript\"\n";
const COPY: &str = "cp ../built.wasm build/monitor.wasm";

fn worked(name: &str) -> Vec<u8> {
    fs::read(Path::new(ROOT).join(format!("plugins/prebuilt/worked/{name}.wasm"))).unwrap()
}

#[test]
fn a_new_project_has_its_name_the_interface_and_tests_in_every_language() {
    let interface = fs::read_to_string(Path::new(ROOT).join("wit/monitor.wit")).unwrap();
    for language in LANGUAGES {
        let weir = Weir::new(["plugin", "new", "mine-2", "--lang", language, "--dir", "made/here"]);
        let dir = weir.path("made/here");
        let (found, _folder) = weir.start().finish_leaving_folder();
        let next = "made the project of the monitor `mine-2` in made/here\n\
                    next: read made/here/README.md, then weir plugin build made/here\n";
        assert_eq!(found.succeeds().stdout, next);
        let read = |file: &str| fs::read_to_string(dir.join(file)).unwrap();
        assert!(read("weir-plugin.toml").starts_with("name = \"mine-2\"\n"), "{language}");
        assert_eq!(read("wit/monitor.wit"), interface);
        assert!(read("tests/errors.jsonl").contains("\"monitor\":\"mine-2\""));
        for path in files_below(&dir) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("{{"), "{} has a hole", path.display());
        }
    }
}

#[test]
fn what_is_in_a_folder_is_not_written_over() {
    let weir = Weir::new(["plugin", "new", "mine", "--lang", "c"]).file("mine/notes", "precious");
    let complaint = "the folder mine is not empty; hint: choose another with --dir";
    weir.run().exits_with(1).complains(complaint);
}

#[test]
fn a_project_has_the_name_of_a_monitor_and_a_known_language() {
    for (name, language, complaint) in [
        ("Mine", "c", "invalid monitor name \"Mine\""),
        ("mine", "cobol", "[possible values: rust, javascript, python, c]"),
    ] {
        let weir = Weir::new(["plugin", "new", name, "--lang", language]);
        weir.run().exits_with(64).complains(complaint);
    }
}

#[test]
fn what_was_built_is_put_in_its_place_and_shown_with_what_it_asks_for() {
    let manifest = format!("{MANIFEST}[config]\nafter = \"1m\"\nbaseline = \"2m\"\n");
    let weir = build(&manifest, COPY, &worked("silence")).json();
    let component = weir.path("project/mine.wasm");
    let (found, _folder) = weir.start().finish_leaving_folder();
    let found = found.succeeds();
    let shown: Value = serde_json::from_str(&found.stdout).unwrap();
    let asks = json!(["a tick every 1s", "`count` over 1m", "`count` over 2m"]);
    assert_eq!((&shown["plugin"], &shown["asks_for"]), (&json!("mine"), &asks));
    assert_eq!(fs::read(component).unwrap(), worked("silence"));
}

#[test]
fn what_is_no_monitor_is_not_put_in_the_place_of_one() {
    let copy = "cp ../made/reads-the-environment.wasm build/monitor.wasm";
    let weir = build(MANIFEST, copy, b"")
        .guests_in("made", &["reads-the-environment"])
        .file("project/mine.wasm", "the last one that was good");
    let place = weir.path("project/mine.wasm");
    let (found, _folder) = weir.start().finish_leaving_folder();
    let complaint = "imports `wasi:cli/environment@0.2.0`; hint: a monitor may import the \
                     weir:monitor interfaces only";
    found.exits_with(78).complains(complaint);
    assert_eq!(fs::read_to_string(place).unwrap(), "the last one that was good");
}

#[test]
fn a_monitor_that_refuses_the_projects_settings_is_a_wrong_configuration() {
    let manifest = format!("{MANIFEST}[config]\nafter = \"1ms\"\n");
    let complaint = "monitor `mine`: after: must be between 1s and 24h, not 1ms";
    build(&manifest, COPY, &worked("silence")).run().exits_with(78).complains(complaint);
}

#[test]
fn a_tool_that_fails_is_quoted_and_one_that_is_missing_comes_with_what_installs_it() {
    let found = build(MANIFEST, "echo 'monitor.js:7: a brace is missing' >&2; exit 2", b"").run();
    let found = found.exits_with(1).complains("failed, exit status: 2");
    found.complains("monitor.js:7: a brace is missing");
    for (language, variable, hint) in [
        ("rust", "RUSTC", "install Rust from https://rustup.rs"),
        ("javascript", "COMPONENTIZE_JS", "npm install"),
        ("python", "COMPONENTIZE_PY", "pip install -r requirements.txt"),
        ("c", "WIT_BINDGEN", "cargo install --locked wit-bindgen-cli@"),
    ] {
        let weir = Weir::new(["plugin", "build"])
            .file("weir-plugin.toml", format!("name = \"mine\"\nlanguage = \"{language}\"\n"))
            .env(variable, "/nowhere/tool");
        let found = weir.run().exits_with(1).complains("tried `/nowhere/tool`; hint: ");
        let found = found.complains(hint);
        found.complains(&format!("name another in {variable}"));
    }
}

#[test]
fn a_folder_without_a_manifest_is_no_project() {
    let weir = Weir::new(["plugin", "build"]);
    weir.run().exits_with(78).complains("cannot read the configuration file ./weir-plugin.toml");
}
