//! The shape of the host, held against its sources: who may know whom, and what has one home only.
//!
//! A stage is a top-level module of `host/src`. What tests of a stage use is their own affair.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// The longest file that still reads as one thought.
const FILE_LINES_MAX: usize = 400;

/// Each stage, and the stages that it may use. `commands` and `pipeline` wire the others.
const MAY_USE: &[(&str, &[&str])] = &[
    ("alert", &["clock", "event"]),
    ("causes", &[]),
    ("cli", &["config", "record", "units"]),
    ("clock", &[]),
    ("comparison", &["clock", "event"]),
    ("config", &["record", "units"]),
    ("diagnostics", &["sink"]),
    ("event", &["clock"]),
    ("generate", &["clock"]),
    ("hex", &[]),
    ("monitor", &["clock", "event", "hex", "record", "store"]),
    ("parse", &["record"]),
    ("record", &[]),
    ("schedule", &["clock"]),
    ("service", &[]),
    ("sink", &["clock", "event", "hex"]),
    ("state", &["alert", "causes", "clock", "event", "hex", "tail"]),
    ("store", &["clock", "record"]),
    ("tail", &["clock"]),
    ("units", &[]),
];

/// The stages that may use every other one, and that nothing but each other and `main` may use.
const WIRING: [&str; 2] = ["commands", "pipeline"];

/// A source file without its tests and comments.
struct Source {
    /// Below `host/src`.
    path: String,
    code: String,
}

impl Source {
    fn load(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let shipped = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let without_comment = |line: &str| line.split("//").next().unwrap_or("").to_owned();
        let code = shipped.lines().map(without_comment).collect::<Vec<_>>().join("\n");
        let path = path.strip_prefix(SOURCES).unwrap().to_str().unwrap().to_owned();
        Self { path, code }
    }

    /// The modules that lead to this one from the crate's root.
    fn module(&self) -> Vec<&str> {
        let path = self.path.strip_suffix(".rs").unwrap();
        path.split('/').filter(|part| *part != "mod").collect()
    }

    fn stage(&self) -> &str {
        self.module()[0]
    }

    /// The top-level modules that `crate::...` leads to here.
    fn uses(&self) -> Vec<String> {
        let mut uses = Vec::new();
        let start = Regex::new(r"\bcrate::").unwrap();
        let name = Regex::new(r"^[a-z_0-9]+").unwrap();
        for found in start.find_iter(&self.code) {
            let behind = &self.code[found.end()..];
            let paths = match behind.strip_prefix('{') {
                Some(group) => outermost_paths(group),
                None => vec![behind],
            };
            let names = paths.iter().filter_map(|path| name.find(path.trim_start()));
            uses.extend(names.map(|name| name.as_str().to_owned()));
        }
        uses.sort();
        uses.dedup();
        uses
    }
}

/// The paths of a `{...}` group, which begins behind its brace.
fn outermost_paths(group: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut paths) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                paths.push(&group[begin..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                paths.push(&group[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    paths
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// What ships.
fn sources() -> Vec<Source> {
    let shipped = files(Path::new(SOURCES))
        .into_iter()
        .filter(|path| !is_test(path.strip_prefix(SOURCES).unwrap()));
    let sources: Vec<Source> = shipped.map(|path| Source::load(&path)).collect();
    assert!(sources.len() > 50, "only {} sources were found", sources.len());
    sources
}

/// The files that have code which this pattern finds.
fn where_is(pattern: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    let found = sources().into_iter().filter(|source| pattern.is_match(&source.code));
    found.map(|source| source.path).collect()
}

#[test]
fn every_stage_uses_only_what_the_table_grants() {
    let mut offences = Vec::new();
    for source in sources() {
        let stage = source.stage();
        if ["lib", "main"].contains(&stage) || WIRING.contains(&stage) {
            continue;
        }
        let Some((_, granted)) = MAY_USE.iter().find(|(name, _)| *name == stage) else {
            offences.push(format!("{}: the stage `{stage}` is not in the table", source.path));
            continue;
        };
        for used in source.uses() {
            if used != stage && !granted.contains(&used.as_str()) {
                offences.push(format!("{}: `{stage}` uses `{used}`", source.path));
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn the_table_has_no_stage_that_is_gone_and_grants_nothing_that_is_unused() {
    let sources = sources();
    for (stage, granted) in MAY_USE {
        let of_stage: Vec<&Source> =
            sources.iter().filter(|source| source.stage() == *stage).collect();
        assert!(!of_stage.is_empty(), "there is no stage `{stage}`");
        for other in *granted {
            let is_used = of_stage.iter().any(|source| source.uses().iter().any(|u| u == other));
            assert!(is_used, "`{stage}` does not use `{other}`");
        }
    }
}

#[test]
fn the_grants_have_an_order_without_circles() {
    let mut settled: Vec<&str> = Vec::new();
    while settled.len() < MAY_USE.len() {
        let next = MAY_USE.iter().find(|(stage, granted)| {
            !settled.contains(stage) && granted.iter().all(|other| settled.contains(other))
        });
        let (stage, _) = next.unwrap_or_else(|| panic!("a circle among all but {settled:?}"));
        settled.push(stage);
    }
}

#[test]
fn nobody_reaches_another_stage_through_super() {
    let supers = Regex::new(r"\b(?:super::)+").unwrap();
    for source in sources() {
        // So many `super::` lead to the crate's root.
        let to_root = source.module().len();
        for found in supers.find_iter(&source.code) {
            let count = found.as_str().matches("super::").count();
            assert!(count < to_root, "{} leaves its stage by {}", source.path, found.as_str());
        }
    }
}

#[test]
fn the_wasm_engine_has_one_home() {
    for path in where_is(r"\b(wasmtime|wit_component|wasmparser)\b") {
        assert!(path.starts_with("monitor/"), "{path} names the wasm engine");
    }
}

#[test]
fn only_the_clock_reads_the_time_and_nobody_sleeps() {
    let readers = r"\bSystemTime\b|\bInstant::now\b|\b(Utc|Local)::now\b|\.elapsed\(\)";
    let asks_the_clock = r"clock\.elapsed\(\)";
    let asks_the_clock = Regex::new(asks_the_clock).unwrap();
    let readers = Regex::new(readers).unwrap();
    for source in sources() {
        let others = asks_the_clock.replace_all(&source.code, "");
        assert!(
            source.path == "clock.rs" || !readers.is_match(&others),
            "{} reads the time by itself",
            source.path
        );
    }
    assert_eq!(where_is(r"\bthread::sleep\b"), [""; 0]);
}

#[test]
fn errors_have_types_everywhere_but_in_main() {
    assert_eq!(where_is(r"\banyhow\b"), ["main.rs"]);
}

#[test]
fn main_only_parses_and_executes() {
    let main = sources().into_iter().find(|source| source.path == "main.rs").unwrap();
    let used = Regex::new(r"\bweir::([a-z_]+)").unwrap();
    let used: Vec<&str> =
        used.captures_iter(&main.code).map(|found| found.get(1).unwrap().as_str()).collect();
    assert_eq!(used, ["cli", "commands"]);
}

#[test]
fn only_the_command_line_and_the_sinks_write_to_the_terminal() {
    for path in where_is(r"\bstdout\(\)|\bprintln!|\bprint!|\beprintln!") {
        let may = ["commands/", "sink/", "generate/"].iter().any(|stage| path.starts_with(stage));
        assert!(may, "{path} writes to standard output");
    }
    for path in where_is(r"\bstderr\(\)") {
        assert!(
            ["main.rs", "diagnostics.rs", "commands/replay/mod.rs"].contains(&path.as_str()),
            "{path} writes to standard error"
        );
    }
}

#[test]
fn no_file_is_longer_than_a_thought() {
    let too_long: Vec<String> = files(Path::new(SOURCES))
        .iter()
        .map(|path| (path, fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > FILE_LINES_MAX)
        .map(|(path, lines)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(too_long.is_empty(), "over {FILE_LINES_MAX} lines:\n{}", too_long.join("\n"));
}
