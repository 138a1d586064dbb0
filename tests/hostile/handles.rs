//! Handles beyond their life, of the wrong kind, or never given.

use super::*;

/// Remembers one number from call to call.
const KEEPS: &str = "(global $kept (mut i32) (i32.const 0))";
const REPORT: &str = "(call $report (i32.const 64) (i32.const 4))";
const ALERT: &str = "(call $alert (i32.const 64) (i32.const 4) (i32.const 64) (i32.const 4))";

#[test]
fn what_it_is_set_up_with_is_gone_once_it_is_configured() {
    let guest = Guest::configured("(global.set $kept (local.get $setup))").with(KEEPS);
    let guest = guest.and_ticking("(call $config (global.get $kept) (i32.const 256))");
    assert_fails(&guest, "trap", "on-tick", "unknown handle index");
}

#[test]
fn what_it_is_set_up_with_is_gone_once_it_is_dropped_and_has_to_be_dropped() {
    let drop = "(call $drop-setup (local.get $setup))";
    let config = "(call $config (local.get $setup) (i32.const 256))";
    for (answer, message) in [
        (format!("{drop} {config} (i32.const 0)"), "unknown handle index"),
        (format!("{drop} {drop} (i32.const 0)"), "unknown handle index"),
        ("(i32.const 0)".to_owned(), "borrow handles still remain at the end of the call"),
    ] {
        let guest = Guest { answer, ..Guest::default() };
        assert_fails(&guest, "trap", "configure", message);
    }
}

#[test]
fn a_draft_is_gone_once_it_is_dropped() {
    for (draft, drop, then) in [
        (REPORT, "$drop-report", "(call $drop-report (global.get $kept))"),
        (REPORT, "$drop-report", "(call $emit (global.get $kept))"),
        (ALERT, "$drop-alert", "(call $drop-alert (global.get $kept))"),
        (ALERT, "$drop-alert", "(call $raise (global.get $kept))"),
        (ALERT, "$drop-alert", "(call $severity (global.get $kept) (i32.const 2))"),
    ] {
        let tick = format!("(global.set $kept {draft}) (call {drop} (global.get $kept)) {then}");
        let guest = Guest::ticking(&tick).with(KEEPS);
        assert_fails(&guest, "trap", "on-tick", "unknown handle index");
    }
}

#[test]
fn a_handle_serves_only_what_it_was_given_for() {
    for (handle, used) in [
        (REPORT, "(call $raise (global.get $kept))"),
        (REPORT, "(call $drop-alert (global.get $kept))"),
        (ALERT, "(call $emit (global.get $kept))"),
        (ALERT, "(call $answer (global.get $kept) (i32.const 256))"),
        (REPORT, "(call $config (global.get $kept) (i32.const 256))"),
    ] {
        let tick = format!("(global.set $kept {handle}) {used}");
        let guest = Guest::ticking(&tick).with(KEEPS);
        assert_fails(&guest, "trap", "on-tick", "handle index 1 used with the wrong type");
    }
}

#[test]
fn a_handle_that_was_never_given_is_none() {
    for used in ["(call $emit (i32.const 7))", "(call $raise (i32.const 0))"] {
        assert_fails(&Guest::ticking(used), "trap", "on-tick", "unknown handle index");
    }
    let used = "(call $answer (i32.const -1) (i32.const 256))";
    assert_fails(&Guest::ticking(used), "trap", "on-tick", "unknown handle index");
}

#[test]
fn a_severity_that_there_is_not_is_a_trap() {
    let tick = format!("(call $severity {ALERT} (i32.const 99))");
    assert_fails(&Guest::ticking(&tick), "trap", "on-tick", "unexpected discriminant: 99");
}

#[test]
fn a_question_is_gone_once_it_is_dropped() {
    let asks = "(call $query (local.get $setup) (i32.const 64) (i32.const 5)
                  (i64.const 10000000000) (i32.const 256))";
    let guest = Guest::configured(asks).with(r#"(data (i32.const 64) "count")"#);
    // The answer is a result; the handle is behind its discriminant.
    let handle = "(i32.load (i32.const 260))";
    let guest = guest.and_ticking(&format!(
        "(call $drop-query {handle}) (call $answer {handle} (i32.const 512))"
    ));
    assert_fails(&guest, "trap", "on-tick", "unknown handle index");
}

#[test]
fn a_draft_of_an_earlier_call_says_nothing() {
    let guest = Guest::ticking(&format!(
        "(if (global.get $kept)
           (then
             (call $emit (global.get $kept))
             (call $drop-report (global.get $kept))
             (global.set $kept (i32.const 0)))
           (else (global.set $kept {REPORT})))"
    ));
    let found = beside_written(&guest.with(KEEPS));
    assert_eq!(found.events_by("hostile"), [0; 0], "neither a report nor a fault");
}

#[test]
fn resources_of_the_guests_own_are_bounded_too() {
    // Resources that a component defines itself cost it nothing; the engine keeps their handles.
    let nested = structure::with_nested(
        r#"(component
             (type $own (resource (rep i32)))
             (core func $new (canon resource.new $own))
             (core module $hoards
               (import "" "new" (func $new (param i32) (result i32)))
               (func $start (loop $more (drop (call $new (i32.const 1))) (br $more)))
               (start $start))
             (core instance (instantiate $hoards
               (with "" (instance (export "new" (func $new)))))))"#,
    );
    let fault = first_fault(&beside_bytes("hostile", &nested));
    assert_fault(&fault, "hostile", "flood", "configure", "2048");
}
