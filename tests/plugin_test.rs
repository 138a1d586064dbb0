//! `weir plugin test`: a plugin's project, its recorded logs, and the events expected of them.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::support::{Finished, Log, NOON, Weir, core_module};

const MANIFEST: &str = "\
name = 'silence'
language = 'rust'
[config]
after = '30s'
baseline = '2m'
requests_min = 20
";

/// A minute of requests, and some much later.
fn pausing() -> Log {
    Log::every_second(NOON, 60).then(&Log::every_second(NOON + 1_000, 5))
}

/// `weir plugin test project` for the worked monitor `silence`, with a log that pauses and one that
/// does not.
fn project() -> Weir {
    Weir::new(["plugin", "test", "project"])
        .file("project/weir-plugin.toml", MANIFEST)
        .worked_in("project", "silence")
        .file("project/tests/pause.log", pausing())
        .file("project/tests/steady.log", Log::every_second(NOON, 60))
        .file("project/tests/steady.jsonl", "")
}

/// The project after `--bless`, tested again with these arguments.
fn blessed(more: &[&str]) -> Weir {
    let (found, folder) = project().arg("--bless").start().finish_leaving_folder();
    found.succeeds();
    Weir::again(folder, ["plugin", "test", "project"]).args(more)
}

fn read(run: &Weir, file: &str) -> String {
    std::fs::read_to_string(run.path(file)).unwrap()
}

#[test]
fn blessed_events_are_those_of_a_replay_but_for_the_books() {
    let run = blessed(&[]);
    let golden = read(&run, "project/tests/pause.jsonl");
    let replay = Weir::replay(&pausing()).json().worked("silence").args(["--monitor", "silence"]);
    let config = MANIFEST.replace("[config]", "[monitor.silence.config]");
    let config = config.lines().skip(2).collect::<Vec<_>>().join("\n");
    let said = replay.config(&config).run().succeeds().stdout;
    let said: Vec<&str> =
        said.lines().filter(|line| !line.contains(r#""type":"account""#)).collect();
    assert_eq!(golden.lines().collect::<Vec<_>>(), said);
    assert_eq!(golden.lines().count(), 2, "the silence begins and ends");
    assert_eq!(read(&run, "project/tests/steady.jsonl"), "");
}

#[test]
fn a_project_whose_monitor_says_what_is_expected_passes() {
    let found = blessed(&[]).run().succeeds();
    let expected = "\
running 2 tests
test pause ... ok
test steady ... ok

test result: ok. 2 passed; 0 failed; 0 filtered out
";
    assert_eq!(found.stdout, expected);
    assert_eq!(found.stderr, "");
}

#[test]
fn blessing_tells_what_it_wrote() {
    let found = project().arg("--bless").run().succeeds();
    assert!(found.stdout.contains("test pause ... blessed\ntest steady ... ok\n"));
}

#[test]
fn a_test_without_expected_events_fails_and_says_how_to_write_them() {
    let found = project().run().exits_with(1);
    let said = "test pause ... FAILED\ntest steady ... ok\n\n---- pause ----\n\
                no project/tests/pause.jsonl\nhint: --bless writes what the monitor says into it\n";
    assert!(found.stdout.contains(said), "{}", found.stdout);
    assert!(found.stdout.ends_with("test result: FAILED. 1 passed; 1 failed; 0 filtered out\n"));
    found.complains("1 of 2 tests failed");
}

/// The project with something else expected of one event.
fn differing() -> Weir {
    let run = blessed(&[]);
    let golden = read(&run, "project/tests/pause.jsonl").replacen("critical", "warning", 1);
    run.file("project/tests/pause.jsonl", golden)
}

#[test]
fn a_difference_is_shown_event_by_event() {
    let found = differing().run().exits_with(1);
    let (_, diff) = found.stdout.split_once("---- pause ----\n").unwrap();
    let lines: Vec<&str> = diff.lines().take(7).collect();
    assert_eq!(lines[0], "the events are not those that are expected");
    assert_eq!(
        lines[1..4],
        ["--- project/tests/pause.jsonl", "+++ what the monitor says", "@@ -1,2 +1,2 @@"]
    );
    assert!(lines[4].starts_with(r#"-{"type":"alert""#) && lines[4].contains("warning"), "{diff}");
    assert!(lines[5].starts_with(r#"+{"type":"alert""#) && lines[5].contains("critical"), "{diff}");
    assert!(lines[6].starts_with(r#" {"type":"alert""#) && lines[6].contains("resolved"), "{diff}");
    let colored = differing().args(["--color", "always"]).run().exits_with(1);
    assert!(colored.stdout.contains("\x1b[31m-{\"type\"") && !found.stdout.contains('\x1b'));
}

#[test]
fn a_log_may_be_compressed_and_have_settings_of_its_own() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(pausing().as_ref()).unwrap();
    let patient = "after = '20m'\nbaseline = '1h'\nrequests_min = 20\n";
    let run = blessed(&[]).file("project/tests/patient.log.gz", packed.finish().unwrap());
    let run = run.file("project/tests/patient.toml", patient);
    let found = run.file("project/tests/patient.jsonl", "").run().succeeds();
    assert!(found.stdout.contains("test patient ... ok\n"), "{}", found.stdout);
}

#[test]
fn settings_that_the_monitor_refuses_fail_their_test_and_no_other() {
    let run = blessed(&[]).file("project/tests/steady.toml", "after = '30s'\nbefore = 1\n");
    let found = run.run().exits_with(1);
    assert!(found.stdout.contains("test pause ... ok\ntest steady ... FAILED\n"));
    assert!(found.stdout.contains("monitor `silence`: "), "{}", found.stdout);
}

#[test]
fn tests_can_be_chosen_by_a_part_of_their_name() {
    let found = blessed(&["stead"]).run().succeeds();
    let expected = "running 1 test\ntest steady ... ok\n\n\
                    test result: ok. 1 passed; 0 failed; 1 filtered out\n";
    assert_eq!(found.stdout, expected);
}

#[test]
fn a_fault_is_an_event_like_the_others() {
    let found = Weir::new(["plugin", "test", "--bless"])
        .file("weir-plugin.toml", "name = 'traps'\nlanguage = 'c'\n")
        .file("traps.wasm", core_module("traps"))
        .file("tests/any.log", Log::every_second(NOON, 2));
    let (found, folder) = found.start().finish_leaving_folder();
    found.succeeds();
    let golden = std::fs::read_to_string(folder.path().join("tests/any.jsonl")).unwrap();
    assert!(golden.starts_with(r#"{"type":"fault","monitor":"traps","kind":"trap""#), "{golden}");
}

#[test]
fn machines_read_a_test_a_line() {
    let found: Finished = differing().json().run().exits_with(1);
    let lines: Vec<Value> =
        found.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["name"], &lines[0]["ok"]), (&json!("pause"), &json!(false)));
    assert!(lines[0]["diff"].as_str().unwrap().starts_with("--- project/tests/pause.jsonl\n"));
    let passed = json!({
        "type": "test", "name": "steady", "ok": true, "blessed": false, "message": null,
        "diff": null,
    });
    assert_eq!(lines[1], passed);
    let result = json!({"type": "tests", "passed": 1, "failed": 1, "filtered_out": 0});
    assert_eq!(lines[2], result);
}

#[test]
fn a_project_that_is_broken_is_a_configuration_error() {
    let found = Weir::new(["plugin", "test"]).run().exits_with(78);
    found.complains("cannot read the configuration file ./weir-plugin.toml");
    let run = project().file("project/weir-plugin.toml", "nam = 'silence'\nlanguage = 'rust'\n");
    let found = run.run().exits_with(78).complains("weir-plugin.toml:1:1: unknown key `nam`");
    found.complains("`name` is missing in weir-plugin.toml");
    let run = project().file("project/weir-plugin.toml", "name = 'other'\nlanguage = 'rust'\n");
    run.run().exits_with(78).complains("hint: `weir plugin build` makes the component");
    let run = project().file("project/silence.wasm", "not wasm");
    run.run().exits_with(78).complains("monitor `silence`: load: ");
    let empty = Weir::new(["plugin", "test", "project"]).file("project/tests/notes.txt", "");
    let empty = empty.file("project/weir-plugin.toml", MANIFEST).worked_in("project", "silence");
    empty.run().exits_with(78).complains("no tests in project/tests");
}
