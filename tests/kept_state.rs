//! What a monitor keeps: for the instance after a failure, after SIGHUP, after `kill -9`; and what
//! follows where it cannot be used.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::{Finished, Log, NOON, Running, Stream, Weir};

const RUN: [&str; 9] = [
    "run",
    "--logfile",
    "access.log",
    "--output",
    "json",
    "--plugins-dir",
    "plugins",
    "--state-dir",
    "state",
];

/// The counts that a guest has reported, in their order.
fn counted(found: &Finished, guest: &str) -> Vec<u64> {
    let events = found.events_by(guest);
    let counts = events.iter().filter_map(|event| event["measures"]["ticks"].as_u64());
    counts.collect()
}

fn replay(guest: &str, seconds: i64) -> Finished {
    let log = Log::every_second(NOON, seconds);
    Weir::replay(&log).json().config("limits.fuel = 1_000_000").guests(&[guest]).run().succeeds()
}

/// Waits until the monitor has reported this count or a higher one.
fn wait_for_ticks(running: &mut Running, least: u64) -> u64 {
    let event = running.wait_for_event("a report of the ticks", |event| {
        event["measures"]["ticks"].as_u64().is_some_and(|ticks| ticks >= least)
    });
    event["measures"]["ticks"].as_u64().unwrap()
}

#[test]
fn a_replacement_goes_on_from_what_was_kept_in_calls_that_ended_well() {
    let found = replay("keeps-and-traps", 10);
    assert_eq!(found.events_of("fault").len(), 1, "{}", found.stdout);
    // The third tick kept 99 and trapped; the one after it is waited out.
    assert_eq!(counted(&found, "keeps-and-traps")[..4], [1, 2, 3, 4]);
}

#[test]
fn a_replay_starts_with_nothing_kept() {
    assert_eq!(counted(&replay("keeps", 5), "keeps"), [1, 2, 3, 4, 5]);
}

#[test]
fn a_state_that_cannot_be_used_is_dropped_and_that_is_said() {
    for (guest, kind, what) in [
        ("traps-on-kept", "trap", "`unreachable` instruction executed"),
        ("spins-on-kept", "deadline", "units of fuel"),
    ] {
        let found = replay(guest, 10);
        let faults: Vec<Value> = found.events_of("fault");
        let (trapped, dropped) = (&faults[0], &faults[1]);
        assert_eq!(trapped["phase"], "on-tick");
        assert_eq!([&dropped["kind"], &dropped["phase"]], [kind, "configure"], "{dropped}");
        assert_eq!(dropped["retry_in_s"], Value::Null, "the monitor goes on");
        let said = dropped["message"].as_str().unwrap();
        assert!(said.starts_with("with the state that was kept, which is dropped: "), "{said}");
        assert!(said.contains(what), "{said}");
        // Without it the next instance has run on until its own second tick.
        assert_eq!(faults[2]["phase"], "on-tick");
    }
}

#[test]
fn what_was_kept_outlives_a_kill_and_a_configuration_that_is_read_again() {
    let mut running =
        Weir::new(RUN).file("access.log", "").guests_in("plugins", &["keeps"]).start();
    let before = wait_for_ticks(&mut running, 2);
    running.wait_for_file("state/checkpoint", |text| {
        text.contains(&format!("{{\"plugin\":\"keeps\",\"state_hex\":\"{before:02x}\"}}"))
    });
    let (_, folder) = running.kill();
    let mut running = Weir::again(folder, RUN).start();
    let after = wait_for_ticks(&mut running, 0);
    assert!(after > before, "{after} counts on from {before}");
    running.signal("HUP");
    let later = wait_for_ticks(&mut running, after + 2);
    let found = running.stop().succeeds();
    let counts = counted(&found, "keeps");
    let every: Vec<u64> = (after..).take(counts.len()).collect();
    assert_eq!(counts, every, "every tick counts on: {later}\n{}", found.stderr);
    assert_eq!(found.events_of("fault"), [Value::Null; 0]);
}

#[test]
fn a_bad_state_in_the_checkpoint_is_dropped_at_the_start() {
    let weir = Weir::new(RUN).file("access.log", "").guests_in("plugins", &["traps-on-kept"]);
    let mut running = weir.start();
    running.wait_for_file("state/checkpoint", |text| text.contains("\"state_hex\":\"0000"));
    let (_, folder) = running.kill();
    let mut running = Weir::again(folder, RUN).start();
    let fault = running.wait_for_event("a fault", |event| event["type"] == "fault");
    let said = fault["message"].as_str().unwrap();
    assert!(said.starts_with("with the state that was kept, which is dropped: "), "{said}");
    running.stop().succeeds();
}

#[test]
fn what_one_may_keep_can_be_set_and_more_is_refused() {
    let limited = "[limits]\nkept_bytes = 0\n";
    let log = Log::every_second(NOON, 5);
    let found = Weir::replay(&log).json().config(limited).guests(&["keeps-and-traps"]).run();
    let found = found.succeeds();
    // Nothing was kept, so that the replacement counts from the start, and traps at its third tick.
    assert_eq!(counted(&found, "keeps-and-traps")[..4], [1, 2, 1, 2], "{}", found.stdout);
}

#[test]
fn what_all_monitors_keep_together_is_bounded_and_more_is_told_once() {
    let mut config = String::from("[limits]\nkept_bytes = \"1MiB\"\ndeadline = \"10s\"\n");
    for number in 0..17 {
        writeln!(config, "[monitor.keeps-{number:02}]\nplugin = \"keeps-much\"").unwrap();
    }
    let weir = Weir::new(["run", "--logfile", "access.log"]).json().config(&config);
    let mut running = weir.file("access.log", "").guests(&["keeps-much"]).start();
    let told =
        "keeps 1048576 bytes, and all monitors together more than the 16777216 of a checkpoint";
    running.wait_for(Stream::Err, told);
    let found = running.stop().succeeds();
    assert_eq!(found.stderr.matches(told).count(), 1, "{}", found.stderr);
    assert_eq!(found.events_of("fault"), [Value::Null; 0]);
}
