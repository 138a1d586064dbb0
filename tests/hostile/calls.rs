//! Calls that trap, that do not end, or that come back where they may not.

use serde_json::{Value, json};

use super::*;

#[test]
fn a_trap_is_a_fault_and_a_fresh_instance_takes_over_each_time_later_than_before() {
    let faults = beside_guest("traps").events_of("fault");
    assert_eq!(
        faults[0],
        json!({
            "type": "fault", "monitor": "traps", "kind": "trap",
            "time": "2018-09-11T12:00:00.000Z", "phase": "on-tick",
            "message": faults[0]["message"], "retry_in_s": 1.0, "consequence": "retry",
            "plugin": "traps", "sha256": faults[0]["sha256"], "frames": ["function 4"],
        })
    );
    assert_fault(&faults[0], "traps", "trap", "on-tick", "`unreachable` instruction executed");
    let of = |name: &str| faults.iter().map(|fault| fault[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("retry_in_s"), [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]);
    let seconds = ["00:00", "00:01", "00:03", "00:07", "00:15", "00:31", "01:03"];
    assert_eq!(of("time"), seconds.map(|at| format!("2018-09-11T12:{at}.000Z")));
}

#[test]
fn the_wait_for_a_fresh_instance_can_be_set() {
    let backoff = "[limits]\nrestart_backoff_min = '10s'\nrestart_backoff_max = '20s'";
    let found = beside(replay().guests(&["traps"]).config(backoff));
    let waits = found.events_of("fault").into_iter().map(|fault| fault["retry_in_s"].clone());
    assert_eq!(waits.collect::<Vec<_>>(), [10.0, 20.0, 20.0, 20.0, 20.0, 20.0]);
}

#[test]
fn a_fault_is_a_line_in_the_text_too() {
    let found = Weir::replay(&Log::every_second(NOON, 1)).guests(&["traps"]).run().succeeds();
    let line = found.stdout.lines().find(|line| line.starts_with("[FAULT]")).unwrap();
    assert!(line.starts_with("[FAULT] traps: trap in on-tick: wasm trap: "), "{line}");
    assert!(line.ends_with("; a fresh instance takes over in 1s."), "{line}");
}

#[test]
fn a_call_that_does_not_end_is_stopped() {
    let found = beside_guest_on_little_fuel("spins");
    let message = "took more than 1000000 units of fuel";
    assert_fault(&first_fault(&found), "spins", "deadline", "on-tick", message);
}

#[test]
fn configuring_that_does_not_end_is_stopped() {
    let found = beside_guest_on_little_fuel("spins-in-configure");
    let fault = found.only("fault");
    assert_fault(&fault, "spins-in-configure", "deadline", "configure", "units of fuel");
    assert_eq!(fault["retry_in_s"], Value::Null, "it is not tried again");
    assert_eq!(fault["time"], Value::Null, "no line has been seen yet");
}

#[test]
fn a_start_function_that_does_not_end_is_stopped() {
    let found = beside_guest_on_little_fuel("spins-in-start");
    assert_fault(&found.only("fault"), "spins-in-start", "deadline", "configure", "units of fuel");
}

#[test]
fn a_recursion_without_end_is_a_trap() {
    let found = beside_guest("recurses");
    assert_fault(&first_fault(&found), "recurses", "trap", "on-tick", "call stack exhausted");
}

#[test]
fn an_alert_lives_on_through_its_monitors_traps_and_resolves_once() {
    let found = beside_guest("burns");
    let said: Vec<(String, Value)> = found
        .events_by("burns")
        .into_iter()
        .map(|event| (event["time"].as_str().unwrap()[14..19].to_owned(), event))
        .collect();
    let told = |(at, event): &(String, Value)| {
        let what = event.get("state").unwrap_or(&event["kind"]).as_str().unwrap();
        format!("{what}@{at}")
    };
    let expected = [
        "firing@00:10",
        "trap@00:20",
        "trap@00:30",
        "resolved@00:40",
        "firing@01:10",
        "trap@01:20",
        "trap@01:30",
        "resolved@01:40",
    ];
    assert_eq!(said.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(said[3].1["duration_s"], 30.0);
    assert_eq!(said[3].1["started_at"], "2018-09-11T12:00:10.000Z");
}

const FOR_EVER: &str = "(loop $for-ever (br $for-ever)) unreachable";
const ASKS_FOR_ITS_SETTINGS: &str = "(call $config (local.get $setup) (i32.const 256))";

#[track_caller]
fn assert_stopped(guest: &Guest, phase: &str) {
    let fault = first_fault(&beside_written_on_little_fuel(guest));
    assert_fault(&fault, "hostile", "deadline", phase, "took more than 1000000 units of fuel");
}

#[test]
fn a_batch_that_does_not_end_is_stopped() {
    assert_stopped(&Guest::reading(FOR_EVER), "on-batch");
}

#[test]
fn making_room_for_what_is_handed_over_without_end_is_stopped() {
    let realloc = FOR_EVER.to_owned();
    let guest = Guest { realloc, ..Guest::configured(ASKS_FOR_ITS_SETTINGS) };
    assert_stopped(&guest, "configure");
    let realloc = FOR_EVER.to_owned();
    assert_stopped(&Guest { realloc, ..Guest::reading("") }, "on-batch");
}

#[test]
fn cleaning_up_behind_a_call_without_end_is_stopped() {
    let cleans_up = "(func (export \"cabi_post_weir:monitor/guest@0.1.0#configure\") (param i32)";
    let guest = Guest::default().with(&format!("{cleans_up} {FOR_EVER})"));
    assert_stopped(&guest, "configure");
}

#[test]
fn the_host_is_not_called_back_while_it_hands_something_over_or_cleans_up() {
    let realloc = "(drop (call $now)) (i32.const 4096)".to_owned();
    let guest = Guest { realloc, ..Guest::configured(ASKS_FOR_ITS_SETTINGS) };
    assert_fails(&guest, "trap", "configure", "cannot leave component instance");
    let guest = Guest::default().with(
        "(func (export \"cabi_post_weir:monitor/guest@0.1.0#configure\") (param i32)
           (drop (call $now)))",
    );
    assert_fails(&guest, "trap", "configure", "cannot leave component instance");
}

#[test]
fn room_that_is_not_the_guests_or_not_aligned_is_not_written_to() {
    for (room, message) in [
        ("(i32.const 65528)", "beyond end of memory"),
        ("(i32.const -8)", "beyond end of memory"),
        ("(i32.const 4097)", "not aligned"),
    ] {
        let guest = Guest { realloc: room.to_owned(), ..Guest::reading("") };
        assert_fails(&guest, "trap", "on-batch", message);
    }
}

#[test]
fn calling_the_host_without_end_is_a_flood() {
    let guest = Guest::ticking("(loop $more (drop (call $now)) (br $more))");
    let message = "65537 calls of the host in one call, over the limit of 65536";
    assert_fails(&guest, "flood", "on-tick", message);
    let guest = Guest::reading("(loop $more (call $row-times (i32.const 256)) (br $more))");
    assert_fails(&guest, "flood", "on-batch", "over the limit of");
    let guest = Guest::configured(
        "(loop $more (call $tick-every (local.get $setup) (i64.const 0) (i32.const 256)) (br $more))",
    );
    assert_fails(&guest, "flood", "configure", message);
}

#[test]
fn handing_over_without_end_what_is_dropped_is_a_flood() {
    let guest = Guest::ticking(
        "(loop $more (call $log (i32.const 0) (i32.const 0) (i32.const 7000)) (br $more))",
    );
    let message = "bytes handed over in one call, over the limit of 67108864";
    assert_fails(&guest, "flood", "on-tick", message);
}

#[test]
fn a_trap_in_the_start_function_is_a_fault() {
    let guest = Guest::default().with("(func $start unreachable) (start $start)");
    let fault = beside_written(&guest).only("fault");
    assert_fault(&fault, "hostile", "trap", "configure", "`unreachable` instruction executed");
}

#[test]
fn the_name_of_a_function_is_told_up_to_a_bound() {
    let name = "n".repeat(90_000);
    let guest =
        Guest::ticking(&format!("(call ${name})")).with(&format!("(func ${name} unreachable)"));
    let fault = first_fault(&beside_written(&guest));
    assert_fault(&fault, "hostile", "trap", "on-tick", "nnnn...");
    assert!(fault["message"].as_str().unwrap().len() < 4_096);
}
