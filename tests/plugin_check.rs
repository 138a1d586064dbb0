//! `weir plugin check`: what a plugin is, what it asks for, and how it bears bad input.

use serde_json::{Value, json};

use crate::support::{Finished, Weir, component, core_module};

/// The checks of a plugin, in their order.
const CHECKS: [&str; 17] = [
    "file",
    "interface",
    "imports",
    "settings",
    "asks for",
    "schema",
    "limits",
    "no lines",
    "one line",
    "every status",
    "nothing but dashes",
    "huge fields",
    "bytes that are no UTF-8",
    "extreme numbers",
    "large answers",
    "a million paths",
    "time that jumps",
];

/// `weir plugin check mine.wasm` of this plugin.
fn check(plugin: impl AsRef<[u8]>) -> Weir {
    Weir::new(["plugin", "check", "mine.wasm"]).file("mine.wasm", plugin)
}

/// What machines read of each check.
fn checks(found: &Finished) -> Vec<Value> {
    found.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn failed(found: &Finished) -> Vec<String> {
    let failed = checks(found).into_iter().filter(|check| check["ok"] == false);
    failed.map(|check| check["check"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_worked_monitor_passes_every_check() {
    let run = Weir::new(["plugin", "check", "silence.wasm", "--settings", "requests_min=3"]);
    let found = run.args(["--output", "json"]).worked_in(".", "silence").run().succeeds();
    let checks = checks(&found);
    let names: Vec<&str> = checks.iter().map(|check| check["check"].as_str().unwrap()).collect();
    assert_eq!(names, CHECKS);
    assert!(checks.iter().all(|check| check["ok"] == true && check["file"] == "silence.wasm"));
    let detail = |name: &str| {
        let check = checks.iter().find(|check| check["check"] == name).unwrap();
        check["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(detail("interface"), "weir:monitor@0.1.0");
    assert!(detail("imports").contains("[method]query.answer"));
    assert_eq!(detail("settings"), r#"{"requests_min":3}"#);
    assert!(detail("asks for").starts_with("a tick every 1s; `count` over 5m; "));
    assert!(detail("limits").starts_with("16MiB of memory, "));
    // Ten thousand lines a second come in batches of about as many, each with its tick.
    let calls = detail("a million paths").split(' ').next().unwrap().parse::<u32>().unwrap();
    assert!((90..=130).contains(&calls), "{calls} calls");
}

#[test]
fn a_trap_fails_the_scenarios_in_which_it_happens_with_the_faults_words() {
    let found = check(core_module("traps")).run().exits_with(78);
    let said =
        "  FAILED no lines: trap in on-tick: wasm trap: wasm `unreachable` instruction executed";
    assert!(found.stdout.contains(said), "{}", found.stdout);
    assert!(found.stdout.starts_with("mine.wasm\n  ok     file: "), "{}", found.stdout);
    found.complains("10 of 17 checks failed");
}

#[test]
fn rows_that_are_too_large_for_a_monitor_fail_it_and_others_do_not() {
    let found = check(core_module("echoes-columns")).json().run().exits_with(78);
    let failed = failed(&found);
    assert!(failed.iter().any(|check| check == "huge fields"), "{failed:?}");
    assert!(!failed.iter().any(|check| check == "one line"), "{failed:?}");
}

#[test]
fn a_call_that_does_not_end_is_stopped_by_its_fuel() {
    let found = check(core_module("spins")).config("limits.fuel = 1_000_000").run().exits_with(78);
    let said = "FAILED no lines: deadline in on-tick: took more than 1000000 units of fuel\n";
    assert!(found.stdout.contains(said), "{}", found.stdout);
}

#[test]
fn a_function_that_this_host_does_not_have_is_named() {
    let needs = wat::parse_str(
        r#"(component (import "weir:monitor/host@0.1.9" (instance
            (export "now" (func (result s64)))
            (export "frobnicate" (func (param "much" u32))))))"#,
    );
    let found = check(needs.unwrap()).run().exits_with(78);
    let said = "FAILED interface: needs weir:monitor/host.frobnicate, which this host (0.1.0) does \
                not have\n";
    assert!(found.stdout.contains(said), "{}", found.stdout);
    found.complains("1 of 2 checks failed");
}

#[test]
fn a_newer_interface_is_said_to_be_so_with_what_of_it_is_missing() {
    let needs = wat::parse_str(
        r#"(component (import "weir:monitor/host@0.3.0" (instance
            (export "frobnicate" (func)) (export "now" (func (result s64))))))"#,
    );
    let found = check(needs.unwrap()).run().exits_with(78);
    let said = "FAILED interface: is made for weir:monitor@0.3.0; this host offers \
                weir:monitor@0.1.0, which is older and does not have \
                weir:monitor/host.frobnicate\n";
    assert!(found.stdout.contains(said), "{}", found.stdout);
}

#[test]
fn an_export_that_is_not_there_is_named() {
    let nothing = wat::parse_str("(component)").unwrap();
    let found = check(nothing).run().exits_with(78);
    let said = "FAILED interface: not a monitor: does not export weir:monitor/guest; hint: ";
    assert!(found.stdout.contains(said), "{}", found.stdout);
    let half =
        r#"(component (instance $guest) (export "weir:monitor/guest@0.1.0" (instance $guest)))"#;
    let found = check(wat::parse_str(half).unwrap()).run().exits_with(78);
    let said = "not a monitor: does not export weir:monitor/guest.configure; hint: ";
    assert!(found.stdout.contains(said), "{}", found.stdout);
}

#[test]
fn an_import_of_another_world_is_named() {
    let wasi = r#"(component (import "wasi:cli/environment@0.2.0" (instance)))"#;
    let found = check(wat::parse_str(wasi).unwrap()).run().exits_with(78);
    let said = "FAILED interface: imports `wasi:cli/environment@0.2.0`; hint: ";
    assert!(found.stdout.contains(said), "{}", found.stdout);
}

#[test]
fn settings_that_the_monitor_refuses_fail_with_its_own_words() {
    let run = Weir::new(["plugin", "check", "silence.wasm"]).worked_in(".", "silence");
    let run = run.config("[monitor.silence.config]\nafter = '30s'\n");
    let found = run.args(["--settings", "after=soon"]).json().run().exits_with(78);
    assert_eq!(failed(&found), ["settings"]);
    let checks = checks(&found);
    let last = checks.last().unwrap();
    let detail = last["detail"].as_str().unwrap();
    assert!(detail.starts_with("monitor `silence`: after: "), "{detail}");
    assert_eq!(last["type"], json!("check"));
}

#[test]
fn a_monitor_that_does_not_come_back_from_being_configured_fails_there() {
    let guest = core_module("spins-in-configure");
    let found = check(guest).config("limits.fuel = 1_000_000").run().exits_with(78);
    let said = "FAILED settings: deadline in configure: took more than 1000000 units of fuel\n";
    assert!(found.stdout.contains(said), "{}", found.stdout);
}

#[test]
fn each_of_several_files_is_checked_whatever_is_wrong_with_the_others() {
    let run = Weir::new(["plugin", "check", "native.wasm", "folder.wasm", "No.wasm", "traps.wasm"]);
    let run = run.file("native.wasm", "\x7fELF").file("folder.wasm/x", "").file("No.wasm", "");
    let found = run.file("traps.wasm", component("traps")).run().exits_with(78);
    for said in [
        "native.wasm\n  ok     file: 4 bytes, sha256 ",
        "\n  FAILED interface: not a WebAssembly file; hint: ",
        "\nfolder.wasm\n  FAILED file: folder.wasm is not a plain file\n",
        "\nNo.wasm\n  FAILED file: No.wasm: `No` cannot be a monitor's name; hint: ",
        "\ntraps.wasm\n  ok     file: ",
    ] {
        assert!(found.stdout.contains(said), "{said:?} in {}", found.stdout);
    }
}

#[test]
fn a_setting_is_a_key_and_a_value() {
    for wrong in ["after", "=30s"] {
        let run = Weir::new(["plugin", "check", "x.wasm", "--settings", wrong]);
        run.run().exits_with(64).complains("must be KEY=VALUE");
    }
}
