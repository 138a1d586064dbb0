//! The commands on a plugins directory, and what they refuse.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Directory, sha256, standing};
use crate::support::{Finished, Weir, core_module, worked};

#[test]
fn removing_takes_the_file_and_the_pin() {
    let dir = Directory::with("rows");
    dir.add("says-it-once").succeeds();
    let config = "monitor.rows.config = {}";
    let found = dir.weir(["plugin", "remove", "rows"]).config(config).run().succeeds();
    let found = found.complains("the configuration has [monitor.rows] yet, which ran it");
    assert_eq!(found.stdout, "removed rows\n");
    assert!(!dir.path("rows.wasm").exists());
    assert_eq!(dir.standings(), [standing("says-it-once", "pinned")]);
    dir.run(["plugin", "remove", "rows"]).exits_with(1).complains("no plugin `rows` in ");
    dir.run(["plugin", "remove", "../rows"]).exits_with(1).complains("no plugin `../rows` in ");
    dir.run(["plugin", "remove", "says-it-once"]).succeeds();
    dir.drop_in("rows", "rows");
    assert_eq!(dir.standings(), [standing("rows", "unknown")], "the lock outlives its last pin");
}

#[test]
fn a_projects_folder_is_added_by_the_name_in_its_manifest() {
    let dir = Directory::new();
    let add = || dir.weir(["plugin", "add", "project"]);
    let bare = add().file("project/x", "").run();
    bare.exits_with(78).complains("cannot read the configuration file project/weir-plugin.toml");
    let manifest = "name = \"counts\"\nlanguage = \"rust\"\n";
    let named = || add().file("project/weir-plugin.toml", manifest);
    named()
        .run()
        .exits_with(1)
        .complains("no project/counts.wasm; hint: weir plugin build project");
    let nameless = add().file("project/weir-plugin.toml", "language = \"c\"").run();
    nameless.exits_with(78).complains("weir-plugin.toml:1:1: `name` is missing");
    named().file("project/counts.wasm", core_module("rows")).run().succeeds();
    assert_eq!(dir.standings(), [standing("counts", "pinned")]);
}

#[test]
fn what_is_no_monitor_is_not_added() {
    let dir = Directory::new();
    let add = |bytes: &[u8], config: &str| {
        dir.weir(["plugin", "add", "it.wasm"]).file("it.wasm", bytes).config(config).run()
    };
    add(b"\x7fELF", "")
        .exits_with(78)
        .complains("plugin `it` cannot be used: not a WebAssembly file");
    let imports = wat::parse_str("(component (import \"wasi:cli/x@0.2.0\" (func)))").unwrap();
    add(&imports, "").exits_with(78).complains("imports `wasi:cli/x@0.2.0`");
    let spins = "limits.deadline = '10ms'";
    let spins = add(&core_module("spins-in-configure"), spins).exits_with(78);
    spins.complains("monitor `it`: configure: took longer than");
    let nonsense = add(&core_module("asks-nonsense"), "").exits_with(78);
    nonsense.complains("hint: its settings are those of [monitor.it.config]");
    let named = dir.weir(["plugin", "add", "it.wasm", "--name", "../it"]);
    let named = named.file("it.wasm", core_module("rows")).run();
    named.exits_with(78).complains("`../it` cannot be a monitor's name");
    assert_eq!(std::fs::read_dir(dir.0.path()).unwrap().count(), 0, "the directory is untouched");
}

#[test]
fn without_a_directory_somebody_is_asked_for_one() {
    for args in [["plugin", "add", "x.wasm"], ["plugin", "approve", "x"], ["plugin", "remove", "x"]]
    {
        // Where other built-ins are tested there always is a directory.
        if Weir::has_own_built_ins() {
            let found = Weir::new(args).run().exits_with(78);
            found.complains("there is no plugins directory; hint: name one with --plugins-dir");
        }
    }
}

#[test]
fn a_directory_that_is_not_there_is_made_its_parents_are_not() {
    let add = |dir: &str| {
        let add = Weir::new(["plugin", "add", "rows.wasm", "--plugins-dir", dir]);
        add.file("rows.wasm", core_module("rows")).run()
    };
    add("mine").succeeds();
    add("no/such/folder")
        .exits_with(1)
        .complains("cannot make the plugins directory no/such/folder");
}

#[test]
fn several_may_add_at_once() {
    let dir = Directory::new();
    let names = ["a", "b", "c", "d"];
    let adding = names.map(|name| {
        let add = dir.weir(["plugin", "add", "rows.wasm", "--name", name]);
        add.file("rows.wasm", core_module("rows")).start()
    });
    for running in adding {
        running.finish().succeeds();
    }
    assert_eq!(dir.standings(), names.map(|name| standing(name, "pinned")));
    assert_eq!(std::fs::read_dir(dir.0.path()).unwrap().count(), names.len() + 1);
}

#[test]
fn an_inspection_shows_everything_there_is_to_know() {
    let dir = Directory::with("echoes-columns");
    dir.drop_in("echoes-columns", "rows");
    let inspect = |name: &str| {
        let found = dir.run(["plugin", "inspect", name, "--output", "json"]).succeeds();
        serde_json::from_str::<Value>(&found.stdout).unwrap()
    };
    let entry = inspect("echoes-columns");
    let bytes = core_module("rows");
    for (key, value) in [
        ("lock", json!("changed")),
        ("version", json!(null)),
        ("sha256", json!(sha256(&bytes))),
        ("bytes", json!(bytes.len())),
        ("interface", json!("weir:monitor@0.1.0")),
        ("reads", json!(["status"])),
        ("keeps", json!(false)),
    ] {
        assert_eq!(entry[key], value, "{key} in {entry}");
    }
    let imports = entry["imports"].as_array().unwrap();
    assert!(imports.contains(&json!("[method]setup.subscribe")), "{imports:?}");
    let monitor = &entry["monitors"][0];
    assert_eq!(monitor["rows"], json!({ "fields": ["status"], "where": "" }));
    assert_eq!(monitor["granted"], json!(["target", "status", "bytes"]));
    assert_eq!(monitor["limits"]["memory"], json!({ "limit": "16MiB", "used": "64KiB" }));
    assert_eq!(monitor["limits"]["queries"], json!({ "limit": "64", "used": "0" }));
    assert_eq!(monitor["limits"]["kept_bytes"], json!({ "limit": "64KiB", "used": "0" }));
    assert_eq!(monitor["limits"].as_object().unwrap().len(), 16);
    let file = worked("top-talkers").display().to_string();
    let entry = inspect(&file);
    assert_eq!((&entry["plugin"], &entry["lock"]), (&json!("top-talkers"), &json!("none")));
    let question = json!({ "question": "count, distinct(client)", "window": "1m" });
    assert_eq!(entry["monitors"][0]["questions"][0], question);
    if Weir::has_own_built_ins() {
        assert_eq!(inspect("alerting")["lock"], "built-in");
    }
    let unknown = dir.run(["plugin", "inspect", "nobody"]).exits_with(1);
    unknown.complains("no plugin `nobody` in ");
}

#[test]
fn people_read_an_inspection_as_a_block_a_plugin_and_one_a_monitor() {
    let dir = Directory::with("rows");
    let config = "monitor.first.plugin = 'rows'\nmonitor.second.plugin = 'rows'\n\
                  monitor.second.limits.memory = '1MiB'";
    let found = dir.weir(["plugin", "inspect", "rows"]).config(config).run().succeeds();
    let titles: Vec<&str> = found.stdout.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(titles, ["rows", "as monitor `first`", "as monitor `second`"]);
    assert!(found.stdout.contains("\n  lock     pinned\n"), "{}", found.stdout);
    let memory = "  limits   memory              64KiB of 1MiB\n";
    assert!(found.stdout.contains(memory), "{}", found.stdout);
}

/// What a terminal shows of a command that says one after the other.
fn shown(found: &Finished) -> String {
    format!("{}{}", found.stdout, found.stderr)
}

#[test]
fn the_session_in_the_readme_is_true() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let session = readme.split("```text\n").find(|text| text.starts_with("$ weir plugin add"));
    let session = session.unwrap().split("```").next().unwrap();
    let hash = regex::Regex::new("[0-9a-f]{64}").unwrap();
    let folder = TempDir::new().unwrap();
    std::fs::copy(worked("top-talkers"), folder.path().join("top-talkers.wasm")).unwrap();
    std::fs::copy(worked("silence"), folder.path().join("other.wasm")).unwrap();
    let mut found = String::new();
    for command in session.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let words: Vec<&str> = command.split_whitespace().collect();
        found.extend(["$ ", command, "\n"]);
        match &words[..] {
            ["cp", from, to] => {
                let path = |name: &str| folder.path().join(name);
                std::fs::copy(path(from), path(to)).unwrap();
            }
            ["weir", args @ ..] => {
                let ran = Weir::new(args).dir(folder.path()).run();
                found.push_str(&hash.replace_all(&shown(&ran), "…"));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(found, session);
}
