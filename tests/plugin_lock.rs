//! `weir.lock`: with one, a plugin loads that somebody has approved, byte for byte, and no other.

mod commands;
mod running;

use std::path::PathBuf;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::support::{Finished, Log, NOON, Weir, core_module, worked};

fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// A plugins directory that outlives the commands that work on it.
struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// The directory once this guest has been added to it, and all that was said.
    fn with(guest: &str) -> Self {
        let dir = Self::new();
        dir.add(guest).succeeds();
        dir
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn weir<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Weir {
        Weir::new(args).arg("--plugins-dir").arg(self.0.path())
    }

    fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Finished {
        self.weir(args).run()
    }

    /// `weir plugin add GUEST.wasm`
    fn add(&self, guest: &str) -> Finished {
        let file = format!("{guest}.wasm");
        self.weir(["plugin", "add", &file]).file(&file, core_module(guest)).run()
    }

    /// Puts a guest there as anybody could, without a word to Weir.
    fn drop_in(&self, name: &str, guest: &str) {
        std::fs::write(self.path(&format!("{name}.wasm")), core_module(guest)).unwrap();
    }

    fn lock(&self) -> String {
        std::fs::read_to_string(self.path("weir.lock")).unwrap()
    }

    /// The entries of `weir plugin list`, by plugin: where each stands with the lock.
    fn standings(&self) -> Vec<(String, String)> {
        let found = self.run(["plugin", "list", "--output", "json"]);
        let entries = found.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let all = entries.map(|entry| (text(&entry["plugin"]), text(&entry["lock"])));
        all.filter(|(plugin, _)| plugin != "reporting" && plugin != "alerting").collect()
    }

    /// A replay with this directory, as events.
    fn replay(&self) -> Finished {
        let log = Log::every_second(NOON, 5);
        let weir = self.weir(["replay", "access.log", "--output", "json"]);
        weir.file("access.log", log).run().succeeds()
    }
}

/// The messages of the faults, by monitor.
fn faults(found: &Finished) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let faults = found.events_of("fault").into_iter();
    faults
        .inspect(|fault| {
            assert_eq!((&fault["kind"], &fault["phase"]), (&"load".into(), &"load".into()));
        })
        .map(|fault| (text(&fault["monitor"]), text(&fault["message"])))
        .collect()
}

fn standing(name: &str, lock: &str) -> (String, String) {
    (name.to_owned(), lock.to_owned())
}

#[test]
fn adding_copies_a_plugin_pins_it_and_shows_what_it_asks_for() {
    let dir = Directory::new();
    let found = dir.add("rows").succeeds();
    let hash = sha256(&core_module("rows"));
    for line in [
        "added rows\n",
        &format!("  pinned   sha256 {hash}\n"),
        "  made for weir:monitor@0.1.0\n",
        "           rows of status\n",
        "  granted  status\n",
        "  keeps    nothing\n",
    ] {
        assert!(found.stdout.contains(line), "{line:?} in {}", found.stdout);
    }
    let expected = format!(
        "version = 1\n\n[[plugin]]\nname = \"rows\"\nsha256 = \"{hash}\"\n\
         interface = \"weir:monitor@0.1.0\"\nfields = [\"status\"]\nkeep = false\n"
    );
    assert!(dir.lock().ends_with(&expected), "{}", dir.lock());
    assert_eq!(std::fs::read(dir.path("rows.wasm")).unwrap(), core_module("rows"));
    assert_eq!(dir.standings(), [standing("rows", "pinned")]);
    let found = dir.replay();
    assert_eq!(faults(&found), []);
    assert!(!found.events_by("rows").is_empty());
}

#[test]
fn a_component_is_pinned_with_the_version_that_it_says() {
    let dir = Directory::new();
    let file = worked("top-talkers").display().to_string();
    dir.run(["plugin", "add", &file, "--name", "mine"]).succeeds();
    assert!(dir.lock().contains("name = \"mine\"\nversion = \"0.1.0\"\n"), "{}", dir.lock());
    assert!(dir.lock().contains("fields = [\"client\"]\nkeep = false\n"), "{}", dir.lock());
}

#[test]
fn a_file_that_has_changed_does_not_load_and_what_changed_is_said() {
    let dir = Directory::with("rows");
    dir.add("says-it-once").succeeds();
    dir.drop_in("rows", "keeps-if-granted");
    let (before, now) = (sha256(&core_module("rows")), sha256(&core_module("keeps-if-granted")));
    let message = format!(
        "{} has changed since it was approved: sha256 {before} -> sha256 {now}; hint: `weir plugin \
         inspect rows`, then `weir plugin approve rows`",
        dir.path("rows.wasm").display()
    );
    let found = dir.replay();
    assert_eq!(faults(&found), [("rows".to_owned(), message.clone())]);
    assert_eq!(found.events_by("says-it-once").len(), 5, "the others go on");
    dir.run(["check"]).exits_with(78).complains(&format!("monitor `rows`: load: {message}"));
    let standings = [standing("says-it-once", "pinned"), standing("rows", "changed")];
    assert_eq!(dir.standings(), standings);
}

#[test]
fn a_file_that_nobody_approved_does_not_load() {
    let dir = Directory::with("rows");
    dir.drop_in("says-it-once", "says-it-once");
    let found = dir.replay();
    let [(monitor, message)] = &faults(&found)[..] else { panic!("{}", found.stdout) };
    assert_eq!(monitor, "says-it-once");
    let expected = format!("is not in weir.lock: sha256 {}", sha256(&core_module("says-it-once")));
    assert!(message.contains(&expected), "{message}");
    assert!(message.ends_with("then `weir plugin approve says-it-once`"), "{message}");
    assert_eq!(dir.standings(), [standing("rows", "pinned"), standing("says-it-once", "unknown")]);
}

#[test]
fn a_file_that_was_approved_and_is_gone_is_missed() {
    let dir = Directory::with("rows");
    std::fs::remove_file(dir.path("rows.wasm")).unwrap();
    let [(monitor, message)] = &faults(&dir.replay())[..] else { panic!() };
    assert_eq!(monitor, "rows");
    assert!(message.contains("is in weir.lock and not there"), "{message}");
    assert!(message.ends_with("hint: put it back, or `weir plugin remove rows`"), "{message}");
    assert_eq!(dir.standings(), [standing("rows", "missing")]);
    dir.run(["plugin", "approve", "rows"]).exits_with(1).complains("`weir plugin remove rows`");
    dir.run(["plugin", "remove", "rows"]).succeeds();
    assert_eq!(faults(&dir.replay()), []);
}

#[test]
fn where_the_lock_is_damaged_no_file_of_the_directory_loads_and_the_built_ins_run() {
    let dir = Directory::with("rows");
    dir.drop_in("says-it-once", "says-it-once");
    std::fs::write(dir.path("weir.lock"), "version = 1\n[[plugin]\n").unwrap();
    let found = dir.replay();
    let faults = faults(&found);
    let monitors: Vec<&str> = faults.iter().map(|(monitor, _)| monitor.as_str()).collect();
    assert_eq!(monitors, ["rows", "says-it-once"]);
    for (_, message) in &faults {
        assert!(message.contains("weir.lock:2:"), "{message}");
        assert!(message.contains("hint: put the file back as it was"), "{message}");
    }
    assert!(!found.events_by("reporting").is_empty());
    dir.run(["check"]).exits_with(78).complains("weir.lock:2:");
    dir.add("rows").exits_with(78).complains("weir.lock:2:");
    dir.run(["plugin", "approve", "rows"]).exits_with(78).complains("weir.lock:2:");
    for file in ["rows.wasm", "says-it-once.wasm"] {
        std::fs::remove_file(dir.path(file)).unwrap();
    }
    dir.run(["check"]).exits_with(78).complains("weir.lock:2:");
}

#[test]
fn built_ins_are_in_no_lock_unless_a_file_replaces_them() {
    let dir = Directory::with("rows");
    assert!(!dir.lock().contains("reporting"), "{}", dir.lock());
    let guest = core_module("says-it-once");
    let replacing = dir.weir(["plugin", "add", "other.wasm", "--name", "reporting"]);
    replacing.file("other.wasm", guest).run().succeeds();
    assert!(dir.lock().contains("name = \"reporting\""), "{}", dir.lock());
    let found = dir.replay();
    assert_eq!(found.events_by("reporting")[0]["title"], "Says it once");
    assert_eq!(faults(&found), []);
}

#[test]
fn the_first_lock_of_a_directory_makes_its_other_files_unknown_and_says_so() {
    let dir = Directory::new();
    dir.drop_in("says-it-once", "says-it-once");
    dir.drop_in("keeps-if-granted", "keeps-if-granted");
    let both = [standing("keeps-if-granted", "none"), standing("says-it-once", "none")];
    assert_eq!(dir.standings(), both);
    let hint = "not loaded: keeps-if-granted, says-it-once; hint: weir plugin approve \
                keeps-if-granted says-it-once";
    dir.add("rows").succeeds().complains(hint);
    let found = dir.run(["plugin", "approve", "keeps-if-granted", "says-it-once"]).succeeds();
    assert_eq!(found.stderr, "");
    assert!(found.stdout.contains("approved says-it-once\n"), "{}", found.stdout);
    let pinned = ["keeps-if-granted", "rows", "says-it-once"].map(|name| standing(name, "pinned"));
    assert_eq!(dir.standings(), pinned);
}

#[test]
fn approving_a_change_keeps_the_grants_and_shows_what_is_asked_for_beyond_them() {
    let dir = Directory::with("rows");
    dir.drop_in("rows", "echoes-columns");
    let found = dir.run(["plugin", "approve", "rows"]).succeeds();
    let (before, now) = (sha256(&core_module("rows")), sha256(&core_module("echoes-columns")));
    for line in [
        "approved rows\n",
        &format!("  was      sha256 {before}\n  is       sha256 {now}\n"),
        "           rows of status, target, bytes\n",
        "  granted  status\n  withheld target, bytes\n",
        "           hint: weir plugin approve rows --grant target,status,bytes\n",
    ] {
        assert!(found.stdout.contains(line), "{line:?} in {}", found.stdout);
    }
    let texts = |found: &Finished| found.events_by("rows")[0]["measures"]["texts"].clone();
    assert_eq!(texts(&dir.replay()), "-");
    let granting = ["plugin", "approve", "rows", "--grant", "target,status,bytes"];
    let found = dir.run(granting).succeeds();
    assert!(!found.stdout.contains("withheld"), "{}", found.stdout);
    assert_eq!(texts(&dir.replay()), "/pages/create");
}

#[test]
fn the_configuration_wins_over_the_grants_of_the_lock() {
    let dir = Directory::with("echoes-columns");
    let log = Log::every_second(NOON, 1);
    let run = |config: &str| {
        let weir = dir.weir(["replay", "access.log", "--output", "json"]);
        let found = weir.file("access.log", &log).config(config).run().succeeds();
        found.events_by("echoes-columns")[0]["measures"]["texts"].clone()
    };
    assert_eq!(run(""), "/pages/create");
    assert_eq!(run("monitor.echoes-columns.grants.fields = ['status']"), "-");
    assert_eq!(run("monitor.echoes-columns.grants.keep = false"), "/pages/create");
    dir.run(["plugin", "approve", "echoes-columns", "--grant", "none"]).succeeds();
    assert_eq!(run(""), "-");
    assert_eq!(run("monitor.echoes-columns.grants.fields = ['target']"), "/pages/create");
}

#[test]
fn a_state_is_granted_where_it_is_asked_for_unless_somebody_says_otherwise() {
    let dir = Directory::with("keeps-if-granted");
    assert!(dir.lock().contains("fields = []\nkeep = true\n"), "{}", dir.lock());
    let found = dir.run(["plugin", "approve", "keeps-if-granted", "--no-keep"]).succeeds();
    assert!(found.stdout.contains("keeps    nothing: not granted"), "{}", found.stdout);
    assert!(dir.lock().contains("keep = false\n"), "{}", dir.lock());
    let reports = dir.replay().events_by("keeps-if-granted");
    assert_eq!(reports[0]["measures"]["problem"], "keeping is not granted");
    dir.run(["plugin", "approve", "keeps-if-granted", "--keep"]).succeeds();
    assert!(dir.lock().contains("keep = true\n"), "{}", dir.lock());
}

#[test]
fn a_newer_file_is_added_over_the_older_with_its_grants() {
    let dir = Directory::with("rows");
    let newer = dir.weir(["plugin", "add", "new/rows.wasm", "--output", "json"]);
    let found = newer.file("new/rows.wasm", core_module("echoes-columns")).run().succeeds();
    let entry: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!((&entry["type"], &entry["plugin"]), (&json!("added"), &json!("rows")));
    assert_eq!(entry["sha256_before"], sha256(&core_module("rows")));
    assert_eq!(entry["granted"], json!(["status"]));
    assert_eq!(entry["withheld"], json!(["target", "bytes"]));
    assert_eq!(dir.standings(), [standing("rows", "pinned")]);
}
