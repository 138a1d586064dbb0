//! Questions that are expensive to ask, and answers that are large.

use super::*;

/// Asks `count` questions about the last minute, none like another: the `NN` of the text is
/// replaced by the question's number. Traps where one is not taken.
fn asks(text: &str, count: usize) -> Guest {
    assert!(text.len() < 8_000, "it would reach where answers are put");
    let digits = 1024 + text.find("NN").unwrap();
    let digit = |at: usize, of: &str| {
        format!("(i32.store8 (i32.const {at}) (i32.add (i32.const 48) {of}))")
    };
    let tens = digit(digits, "(i32.div_u (local.get $n) (i32.const 10))");
    let ones = digit(digits + 1, "(i32.rem_u (local.get $n) (i32.const 10))");
    let length = text.len();
    let guest = Guest::configured(&format!(
        "(local $n i32)
         (loop $more
           {tens} {ones}
           (call $query (local.get $setup) (i32.const 1024) (i32.const {length})
             (i64.const 60000000000) (i32.const 256))
           (if (i32.load8_u (i32.const 256)) (then unreachable))
           (global.set $last (i32.load (i32.const 260)))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $more (i32.lt_u (local.get $n) (i32.const {count}))))"
    ));
    let escaped = text.replace('"', "\\\"");
    let items =
        format!("(global $last (mut i32) (i32.const 0)) (data (i32.const 1024) \"{escaped}\")");
    let guest = Guest { pages: 64, ..guest.with(&items) };
    // It asks for the last answer, and says how many rows that has.
    guest.and_ticking(
        "(local $report i32)
         (call $answer (global.get $last) (i32.const 256))
         (local.set $report (call $report (i32.const 1024) (i32.const 5)))
         (call $count (local.get $report) (i32.const 1024) (i32.const 5)
           (i64.extend_i32_u (i32.load (i32.const 260))))
         (call $emit (local.get $report))
         (call $drop-report (local.get $report))",
    )
}

/// Requests for paths and from clients of which each is seen once.
fn all_different(count: usize) -> Log {
    (0..count).fold(Log::new(), |log, n| {
        let line = Line::at(NOON + i64::try_from(n / 5_000).unwrap());
        let client = format!("10.{}.{}.{}", n >> 16, (n >> 8) & 255, n & 255);
        log.line(&line.client(&client).target(&format!("/{n}/a-path-of-some-length?{n}")))
    })
}

const GROUPS: &str = "where status != 1NN | by target, client, user, method | top 1000 \
                      | count, p99(bytes), distinct(client), distinct(target)";

#[test]
fn groups_are_told_apart_for_an_eighth_of_the_questions_only() {
    let message = "9 questions that tell groups or values apart, over the limit of 8";
    assert_fails(&asks(GROUPS, 9), "flood", "configure", message);
    assert_fails(&asks("where status != 1NN | distinct(client)", 9), "flood", "configure", message);
    // Another window of the same question costs little, except where percentiles are kept.
    let same = |text: &str| {
        let asked = asks(text, 9);
        // The digits are written elsewhere, so that the text stays as it is.
        let configure =
            asked.configure.replace("i32.store8 (i32.const 1", "i32.store8 (i32.const 9");
        Guest { configure, items: asked.items.replace("NN", "00"), ..asked }
    };
    let found = beside_written(&same("where status != 1NN or status = 200 | by client | count"));
    assert_eq!(found.events_of("fault"), [0; 0]);
    assert_fails(
        &same("where status != 1NN | by client | p99(bytes)"),
        "flood",
        "configure",
        message,
    );
}

#[test]
fn questions_beyond_what_one_may_be_are_told_where_they_stop() {
    let deep = format!("where {} status = 1NN {} | count", "(".repeat(40), ")".repeat(40));
    let wide = format!("where status = 1NN {} | count", "or status = 200 ".repeat(400));
    let large = "where status != 1NN | by client | top 1001 | count";
    let pattern = "where status != 1NN and path ~ \"((a{500}){500}){500}\" | count";
    for text in [&deep, &wide, large, pattern] {
        // It traps where the host does not take the question.
        assert_fails(&asks(text, 1), "trap", "configure", "unreachable");
    }
}

#[test]
fn groups_without_number_and_patterns_that_never_match_change_nothing() {
    let slow =
        "where status != 1NN and path !~ \"(a|ab|aba)*c$\" or user ~ \"[a-z]{9}[0-9]{9}\" | count";
    let log = all_different(20_000);
    let alone = Weir::replay(&log).json().guests(&[]).run().succeeds();
    let with = Weir::replay(&log).json().guests(&[]);
    let with = with.file("plugins/groups.wasm", asks(GROUPS, 8).core_module());
    let with = with.file("plugins/slow.wasm", asks(slow, 32).core_module()).run().succeeds();
    assert_eq!(with.built_ins_said(), alone.built_ins_said());
    assert_eq!(with.events_of("fault"), [0; 0]);
    let last = with.events_by("groups").pop().unwrap();
    assert_eq!(last["measures"]["where"], 4_000, "1,000 rows of four keys: {last}");
}

#[test]
fn live_memory_stays_bounded_whatever_is_asked_and_whoever_comes() {
    let follow = Weir::new(["run", "--logfile", "access.log", "--from", "start"]).json();
    let with = follow.file("access.log", "").guests(&["rows"]);
    let with = with.file("plugins/groups.wasm", asks(GROUPS, 8).core_module());
    // A machine that is busy elsewhere must not make the one that counts the rows miss any.
    let mut running = with.config("monitor.rows.limits.deadline = '30s'").start();
    let now = crate::support::now();
    let lines = (0..20_000).fold(Log::new(), |log, n| {
        log.line(&Line::at(now).target(&format!("/{n}")).client(&format!("10.0.{n}")))
    });
    lines.append_to(&running.path("access.log"));
    let mut seen = 0;
    while seen < 20_000 {
        let rows = running.wait_for_event("rows", |event| event["monitor"] == "rows");
        seen += rows["measures"]["rows"].as_u64().unwrap();
    }
    let peak = running.peak_memory_bytes();
    assert!(peak < 1 << 30, "{peak} bytes");
    assert_eq!(running.stop().succeeds().only("account")["parsed"], 20_000);
}
