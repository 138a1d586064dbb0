//! Monitors that trap, spin, grow, flood, forge handles, or are no monitors at all. Each loses its
//! own say and nothing else: what the built-in monitors say beside it is what they say without it.

mod calls;
mod directory;
mod floods;
mod handles;
mod live;
mod memory;
mod questions;
mod structure;
mod texts;

use serde_json::Value;

use crate::support::{Finished, Guest, Line, Log, NOON, Weir};

/// A hundred seconds of traffic that the built-in monitors have something to say about.
fn traffic() -> Log {
    (0..100).fold(Log::new(), |log, second| {
        let count = if (30..50).contains(&second) { 4 } else { 1 };
        log.lines(count, &Line::at(NOON + second).status(200 + 100 * (second % 4)))
    })
}

fn replay() -> Weir {
    let flags = ["--alerting-threshold", "2", "--alerting-interval", "10s"];
    Weir::replay(&traffic()).args(flags).json()
}

/// Replays the traffic with these plugins too, and holds that the built-in monitors do not notice.
fn beside(with_plugins: Weir) -> Finished {
    let alone = replay().run().succeeds();
    assert_eq!(alone.edges(NOON).len(), 2, "the traffic is high once: {}", alone.stdout);
    let found = with_plugins.run().succeeds();
    assert_eq!(found.built_ins_said(), alone.built_ins_said());
    found
}

fn beside_guest(name: &str) -> Finished {
    beside(replay().guests(&[name]))
}

/// With a bound on each call that is soon met.
fn beside_guest_on_little_fuel(name: &str) -> Finished {
    beside(replay().guests(&[name]).config("limits.fuel = 1_000_000"))
}

#[track_caller]
fn first_fault(found: &Finished) -> Value {
    found.events_of("fault").first().unwrap_or_else(|| panic!("a fault in {found:#?}")).clone()
}

#[track_caller]
fn assert_fault(fault: &Value, monitor: &str, kind: &str, phase: &str, message: &str) {
    let found = [&fault["monitor"], &fault["kind"], &fault["phase"]];
    assert_eq!(found, [monitor, kind, phase], "{fault}");
    let said = fault["message"].as_str().unwrap();
    assert!(said.contains(message), "{message:?} is not in {said:?}");
}

/// With a plugin of these bytes.
fn beside_bytes(name: &str, bytes: &[u8]) -> Finished {
    let file = format!("plugins/{name}.wasm");
    beside(replay().guests(&[]).file(&file, bytes))
}

/// With a guest that is written here.
fn beside_written(guest: &Guest) -> Finished {
    beside_bytes("hostile", &guest.core_module())
}

fn beside_written_on_little_fuel(guest: &Guest) -> Finished {
    let guest = guest.core_module();
    let with = replay().guests(&[]).file("plugins/hostile.wasm", guest);
    beside(with.config("limits.fuel = 1_000_000"))
}

/// Holds how the guest that is written here failed, and that the built-in monitors did not notice.
#[track_caller]
fn assert_fails(guest: &Guest, kind: &str, phase: &str, message: &str) {
    assert_fault(&first_fault(&beside_written(guest)), "hostile", kind, phase, message);
}

#[test]
fn all_of_them_at_once_change_nothing_either() {
    let guests = [
        "asks-for-much-memory",
        "burns",
        "floods-alerts",
        "floods-log",
        "floods-reports",
        "grows",
        "hoards-handles",
        "is-no-monitor",
        "of-another-interface",
        "reads-the-environment",
        "recurses",
        "rows",
        "says-it-once",
        "says-too-much",
        "spins",
        "spins-in-configure",
        "spins-in-start",
        "traps",
    ];
    beside(replay().guests(&guests).config("limits.fuel = 1_000_000"));
}
