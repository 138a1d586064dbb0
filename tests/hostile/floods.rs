//! More events, texts, messages, questions and handles than a call may have.

use super::*;

#[test]
fn reports_without_end_are_a_flood() {
    let found = beside_guest("floods-reports");
    let message = "257 reports and alerts in one call, over the limit of 256";
    assert_fault(&first_fault(&found), "floods-reports", "flood", "on-tick", message);
    let (reports, faults) = found
        .events_by("floods-reports")
        .into_iter()
        .partition::<Vec<_>, _>(|event| event["type"] == "report");
    assert!(reports.len() <= 256 * faults.len(), "{} reports", reports.len());
}

#[test]
fn alerts_without_end_are_a_flood() {
    let found = beside_guest("floods-alerts");
    let message = "257 reports and alerts in one call, over the limit of 256";
    assert_fault(&first_fault(&found), "floods-alerts", "flood", "on-tick", message);
}

#[test]
fn a_thousand_alerts_may_fire_at_once_and_no_more() {
    let generous = "[monitor.floods-alerts.limits]\nevents = 5_000\ntext_bytes = '1MiB'";
    let found = beside(replay().guests(&["floods-alerts"]).config(generous));
    let fault = first_fault(&found);
    let message = "one more than the 1000 that may fire at once";
    assert_fault(&fault, "floods-alerts", "flood", "on-tick", message);
    assert_eq!(fault["retry_in_s"], Value::Null, "the monitor goes on");
    let alerts = found.events_by("floods-alerts");
    let firing = alerts.iter().filter(|event| event["state"] == "firing").count();
    assert_eq!(firing, 1_000);
}

#[test]
fn drafts_that_are_neither_published_nor_dropped_are_a_flood() {
    let found = beside_guest("hoards-handles");
    assert_fault(&first_fault(&found), "hoards-handles", "flood", "on-tick", "1024");
}

#[test]
fn a_text_beyond_the_limit_is_a_flood() {
    let found = beside_guest("says-too-much");
    assert_fault(&first_fault(&found), "says-too-much", "flood", "on-tick", "over the limit of");
    assert_eq!(found.events_by("says-too-much")[0]["type"], "fault", "nothing of it is published");
}

#[test]
fn log_messages_beyond_the_limit_are_counted_and_dropped() {
    let found = beside_guest("floods-log");
    assert_eq!(found.events_of("fault"), [0; 0]);
    assert!(!found.events_by("floods-log").is_empty(), "it still reports");
    let (ticks, dropped) =
        (found.events_by("floods-log").len(), "968 more log messages were dropped");
    assert_eq!(found.stderr.matches(dropped).count(), ticks);
    assert_eq!(found.stderr.matches("monitor `floods-log`: Spam").count(), 32 * ticks);
}

const REPORT: &str = "(call $report (i32.const 64) (i32.const 4))";
const ALERT: &str = "(call $alert (i32.const 64) (i32.const 4) (i32.const 64) (i32.const 4))";

#[test]
fn labels_and_measures_without_end_are_a_flood() {
    let label = "(call $label (global.get $kept) (i32.const 64) (i32.const 4)
                   (i32.const 64) (i32.const 4))";
    let count = "(call $count (global.get $kept) (i32.const 64) (i32.const 0) (i64.const 1))";
    let number = "(call $number (global.get $kept) (i32.const 64) (i32.const 0) (f64.const 1)
                    (i32.const 0) (i32.const 0))";
    let text = "(call $text (global.get $kept) (i32.const 64) (i32.const 0)
                  (i32.const 64) (i32.const 4))";
    let labels = "257 labels of one alert, over the limit of 256";
    let measures = "257 measures in one report, over the limit of 256";
    for (draft, more, message) in [
        (ALERT, label, labels),
        (REPORT, count, measures),
        (REPORT, number, measures),
        (REPORT, text, measures),
    ] {
        let tick = format!("(global.set $kept {draft}) (loop $more {more} (br $more))");
        let guest = Guest::ticking(&tick).with("(global $kept (mut i32) (i32.const 0))");
        assert_fails(&guest, "flood", "on-tick", message);
    }
}

#[test]
fn saying_again_what_was_said_is_bounded_too() {
    let tick = format!(
        "(global.set $kept {REPORT}) (loop $more (call $emit (global.get $kept)) (br $more))"
    );
    let guest = Guest::ticking(&tick).with("(global $kept (mut i32) (i32.const 0))");
    assert_fails(&guest, "flood", "on-tick", "65537 calls of the host in one call");
}

#[test]
fn questions_without_end_are_a_flood() {
    let guest = Guest::configured(
        "(loop $more
           (call $query (local.get $setup) (i32.const 64) (i32.const 5)
             (i64.const 10000000000) (i32.const 256))
           (br $more))",
    );
    let guest = guest.with(r#"(data (i32.const 64) "count")"#);
    let message = "65 questions, over the limit of 64";
    assert_fails(&guest, "flood", "configure", message);
    let guest = Guest::configured(
        "(loop $more
           (call $subscribe (local.get $setup) (i32.const 0) (i32.const 1) (i32.const 0)
             (i32.const 0) (i32.const 256))
           (br $more))",
    );
    let message = "bytes of text in one call, over the limit of 262144";
    assert_fails(&guest, "flood", "configure", message);
}

#[test]
fn objections_without_end_are_a_flood() {
    // No, for ten million reasons, all of them in the same place.
    let guest = Guest {
        answer: "(call $drop-setup (local.get $setup))
                 (i32.store8 (i32.const 0) (i32.const 1))
                 (i32.store (i32.const 4) (i32.const 64))
                 (i32.store (i32.const 8) (i32.const 500000))
                 (i32.const 0)"
            .to_owned(),
        pages: 250,
        ..Guest::default()
    };
    assert_fails(&guest, "flood", "configure", "handed over too much at once");
}

#[test]
fn a_plugin_that_objects_to_settings_that_nobody_wrote_stops_nobody_else() {
    let guest = Guest {
        answer: "(call $drop-setup (local.get $setup))
                 (i32.store8 (i32.const 0) (i32.const 1))
                 (i32.store (i32.const 4) (i32.const 64))
                 (i32.store (i32.const 8) (i32.const 1))
                 ;; The problem: no path, and a message at 128.
                 (i32.store (i32.const 72) (i32.const 128))
                 (i32.store (i32.const 76) (i32.const 6))
                 (i32.const 0)"
            .to_owned(),
        ..Guest::default()
    };
    let guest = guest.with(r#"(data (i32.const 128) "I wont")"#);
    let found = beside_written(&guest);
    let fault = found.only("fault");
    assert_fault(&fault, "hostile", "load", "configure", "refuses its settings: I wont");
}
