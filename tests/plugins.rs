//! Monitors as files: what is dropped into the plugins directory runs.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{Finished, Log, NOON, Weir, component, core_module};

fn minute() -> Weir {
    Weir::replay(&Log::every_second(NOON, 60)).json()
}

fn monitors(found: &Finished) -> Vec<String> {
    let mut names: Vec<String> = found
        .events()
        .iter()
        .filter_map(|event| event["monitor"].as_str().map(str::to_owned))
        .collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn a_file_dropped_into_the_directory_is_a_monitor_under_its_name() {
    let found = minute().guests(&["says-it-once"]).run().succeeds();
    let reports = found.events_by("says-it-once");
    assert_eq!(reports.len(), 60, "a report a second, published once");
    let first = json!({
        "type": "report", "monitor": "says-it-once", "time": "2018-09-11T12:00:00.000Z",
        "title": "Says it once", "measures": {},
    });
    assert_eq!(reports[0], first);
    assert_eq!(monitors(&found), ["reporting", "says-it-once"]);
}

#[test]
fn a_monitors_report_has_the_layout_of_every_report() {
    let found = Weir::replay(&Log::every_second(NOON + 1, 2)).guests(&["rows"]).run().succeeds();
    let report = "\nrows 2018-09-11 12:00:01+00:00\n---------------------------\nrows: 1\n";
    assert!(found.stdout.contains(report), "{}", found.stdout);
}

#[test]
fn a_core_module_and_a_component_run_alike() {
    let as_module = minute().guests(&[]).file("plugins/mine.wasm", core_module("says-it-once"));
    let as_component = minute().guests(&[]).file("plugins/mine.wasm", component("says-it-once"));
    let (as_module, as_component) = (as_module.run().succeeds(), as_component.run().succeeds());
    assert_eq!(as_module, as_component);
    assert_eq!(as_module.events_by("mine").len(), 60);
}

#[test]
fn a_file_named_like_a_built_in_replaces_it() {
    let guest = core_module("says-it-once");
    let found = minute().guests(&[]).file("plugins/reporting.wasm", guest).run().succeeds();
    assert_eq!(found.events_by("reporting")[0]["title"], "Says it once");
    assert_eq!(found.events_by("reporting").len(), 60);
}

#[test]
fn the_directory_can_be_named_in_the_environment_and_on_the_command_line() {
    let with = minute().guests_in("here", &["says-it-once"]).guests_in("there", &["rows"]);
    let found = with.env("WEIR_PLUGINS_DIR", "here").run().succeeds();
    assert_eq!(monitors(&found), ["reporting", "says-it-once"]);
    let with = minute().guests_in("here", &["says-it-once"]).guests_in("there", &["rows"]);
    let flags = ["--plugins_dir", "there"];
    let found = with.env("WEIR_PLUGINS_DIR", "here").args(flags).run().succeeds();
    assert_eq!(monitors(&found), ["reporting", "rows"]);
}

#[test]
fn a_directory_that_is_not_there_is_an_error() {
    let found = minute().args(["--plugins-dir", "nowhere"]).run();
    assert_ne!(found.code, Some(0));
    found.complains("cannot read the plugins directory nowhere");
}

#[test]
fn rows_are_handed_over_once_each_and_in_batches() {
    let log = Log::new().lines(10_000, &crate::support::Line::at(NOON));
    let found = Weir::replay(&log).json().guests(&["rows"]).run().succeeds();
    let counts: Vec<u64> =
        found.events_by("rows").iter().map(|r| r["measures"]["rows"].as_u64().unwrap()).collect();
    assert_eq!(counts.iter().sum::<u64>(), 10_000);
    assert!(counts.len() > 1 && counts.len() < 1_000, "{counts:?}");
}

#[test]
fn a_rows_columns_reach_a_monitor_as_the_log_has_them() {
    let first = crate::support::Line::at(NOON).target("/a?b").status(404).size("100");
    let second = crate::support::Line::at(NOON).target("/caf%C3%A9").status(200).size("-");
    let log = Log::new().line(&first).line(&second);
    let found = Weir::replay(&log).json().guests(&["echoes-columns"]).run().succeeds();
    let reports = found.events_by("echoes-columns");
    let measures: Vec<&Value> = reports.iter().map(|report| &report["measures"]).collect();
    let expected = json!({
        "rows": 2, "integers": 404 + 200 + 100 - 1, "ends": 4 + 14, "texts": "/a?b/caf%C3%A9",
        "time": NOON,
    });
    assert_eq!(measures, [&expected]);
}

#[test]
fn a_question_that_makes_no_sense_is_a_configuration_error_that_shows_the_place() {
    let configured = minute().guests(&["asks-nonsense"]).config("[monitor.asks-nonsense]");
    let found = configured.run().exits_with(78);
    assert_eq!(found.stdout, "");
    let found = found.complains("weir: error: monitor `asks-nonsense`: ");
    let shown = "\n  by nonsense | count\n     ^";
    assert!(found.stderr.contains(shown), "{}", found.stderr);
}

/// The blocks of `weir plugin list`, by the monitor's name.
fn listed(found: &Finished, monitor: &str) -> Value {
    let entries = found.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut entries = entries.filter(|entry| entry["monitor"] == monitor);
    let entry = entries.next().unwrap_or_else(|| panic!("{monitor} in {}", found.stdout));
    assert!(entries.next().is_none(), "{monitor} is listed twice");
    entry
}

#[test]
fn the_list_shows_where_each_monitor_comes_from_and_what_it_asks_for() {
    let list = Weir::new(["plugin", "list", "--output", "json"]).guests(&["rows", "says-it-once"]);
    let found = list.run().succeeds();
    let hash = format!("{:x}", Sha256::digest(core_module("rows")));
    let rows = json!({
        "type": "plugin", "monitor": "rows", "plugin": "rows", "version": null,
        "origin": "plugins/rows.wasm", "sha256": hash, "bytes": core_module("rows").len(),
        "lock": "none", "asks_for": ["a tick every 1s", "rows of status"], "reads": ["status"],
        "withheld": [],
    });
    assert_eq!(listed(&found, "rows"), rows);
    let alerting = listed(&found, "alerting");
    assert_eq!(alerting["version"], "0.1.0");
    assert_eq!(alerting["asks_for"], json!(["a tick every 1s", "`count` over 121s"]));
    if Weir::has_own_built_ins() {
        assert_eq!(alerting["origin"], "built-in");
    }
    let reporting = listed(&found, "reporting");
    let asks = json!([
        "a tick every 10s",
        "`by section | top 1 | count` over 10s",
        "`by class | count` over 10s"
    ]);
    assert_eq!(reporting["asks_for"], asks);
}

#[test]
fn people_read_the_list_a_block_a_monitor() {
    let found = Weir::new(["plugin", "list"]).guests(&["rows"]).run().succeeds();
    let mut names = found.stdout.lines().filter(|line| !line.starts_with(' '));
    assert!(names.by_ref().eq(["reporting", "alerting", "rows"]), "{}", found.stdout);
    let (_, rows) = found.stdout.split_once("\nrows\n").unwrap();
    let labels: Vec<&str> = rows.lines().map(|line| line[2..10].trim_end()).collect();
    let expected = ["plugin", "from", "sha256", "size", "asks for", ""];
    assert_eq!(labels, expected, "{rows}");
    assert!(rows.contains("  from     plugins/rows.wasm\n"), "{rows}");
}

#[test]
fn the_list_shows_what_can_be_loaded_and_fails_for_what_cannot() {
    let list = Weir::new(["plugin", "list"]).guests(&["rows", "reads-the-environment"]);
    let found = list.run().exits_with(78);
    assert!(found.stdout.contains("\nrows\n"), "{}", found.stdout);
    assert!(!found.stdout.contains("reads-the-environment\n  plugin"), "{}", found.stdout);
    found.complains("monitor `reads-the-environment`").complains("wasi:cli/environment@0.2.0");
}

#[test]
fn compiled_code_is_kept_in_a_private_folder_for_the_next_start() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::TempDir::new().unwrap();
    let cache = parent.path().join("compiled");
    let config = format!("plugins.cache_dir = '{}'", cache.display());
    let first = minute().config(&config).run().succeeds();
    assert_eq!(std::fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
    assert_ne!(std::fs::read_dir(&cache).unwrap().count(), 0);
    assert_eq!(minute().config(&config).run().succeeds(), first);
}

#[test]
fn a_cache_that_others_can_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let run = minute().config("plugins.cache_dir = 'compiled'").file("compiled/x", "");
    let shared = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(run.path("compiled"), shared).unwrap();
    let found = run.run();
    assert_ne!(found.code, Some(0));
    found.complains("others can write to the compile cache folder");
}
