//! Memory, tables and instances without end.

use crate::support::Running;

use super::*;

#[test]
fn memory_ends_at_its_limit() {
    let found = beside_guest("grows");
    let message = "bytes of memory, over the limit of 16777216";
    assert_fault(&first_fault(&found), "grows", "memory", "on-tick", message);
    let found = beside(replay().guests(&["grows"]).config("limits.memory = '2MiB'"));
    let message = "bytes of memory, over the limit of 2097152";
    assert_fault(&first_fault(&found), "grows", "memory", "on-tick", message);
}

#[test]
fn memory_that_is_asked_for_before_the_start_counts_too() {
    let found = beside_guest("asks-for-much-memory");
    let message = "1073741824 bytes of memory, over the limit of 16777216";
    assert_fault(&found.only("fault"), "asks-for-much-memory", "memory", "configure", message);
}

#[test]
fn four_gibibytes_are_not_given_however_they_are_asked_for() {
    let message = "4294967296 bytes of memory, over the limit of 16777216";
    let guest = Guest { pages: 65_536, ..Guest::default() };
    assert_fails(&guest, "memory", "configure", message);
    // What an image of the memory would have to hold lies at both of its ends.
    let ends = r#"(data (i32.const 0) "a") (data (i32.const -1) "b")"#;
    assert_fails(&guest.clone().with(ends), "memory", "configure", message);
    let grows = Guest::ticking("(drop (memory.grow (i32.const 65535)))");
    assert_fails(&grows, "memory", "on-tick", message);
}

#[test]
fn tables_end_at_their_limit() {
    let guest = Guest::ticking(
        "(loop $more (drop (table.grow $t (ref.null func) (i32.const 1000))) (br $more))",
    );
    let message = "asked for a table of 66000 elements, over the limit of 65536";
    assert_fails(&guest.with("(table $t 0 funcref)"), "memory", "on-tick", message);
    let guest = Guest::default().with("(table 9000000 funcref)");
    let message = "asked for a table of 9000000 elements, over the limit of 65536";
    assert_fails(&guest, "memory", "configure", message);
}

#[test]
fn instances_end_at_their_limit() {
    let nested = |count: usize, items: &str| {
        let instances = "(core instance (instantiate $m))".repeat(count);
        structure::with_nested(&format!("(component (core module $m {items}) {instances})"))
    };
    for (items, message) in [
        ("", "resource limit exceeded: instance count too high"),
        ("(memory 1)", "resource limit exceeded: memory count too high"),
        ("(table 1 funcref)", "resource limit exceeded: table count too high"),
    ] {
        let found = beside_bytes("hostile", &nested(300, items));
        assert_fault(&found.only("fault"), "hostile", "memory", "configure", message);
    }
}

#[test]
fn copying_and_filling_costs_by_the_byte() {
    // Four mebibytes at a time: counted as one instruction each it would go on for hours.
    let guest = Guest {
        pages: 64,
        ..Guest::ticking(
            "(loop $more
               (memory.fill (i32.const 0) (i32.const 7) (i32.const 4194304))
               (memory.copy (i32.const 1) (i32.const 0) (i32.const 4194303))
               (br $more))",
        )
    };
    assert_fails(&guest, "deadline", "on-tick", "units of fuel");
}

/// Follows a log until this plugin has failed, or has not.
fn follow(bytes: &[u8]) -> Running {
    let guests = Weir::follow().json().guests(&["says-it-once"]);
    guests.file("plugins/hostile.wasm", bytes).start()
}

#[test]
fn large_sections_take_the_memory_that_reading_them_takes() {
    let mebibytes = 16;
    let content = [&b"\x04junk"[..], &vec![b'x'; mebibytes << 20]].concat();
    let mut custom = Guest::default().component();
    custom.extend(structure::section(structure::CUSTOM, &content));
    let text = "x".repeat(mebibytes << 20);
    let data = Guest::ticking("unreachable").with(&format!("(data \"{text}\")")).component();
    for bytes in [custom, data] {
        let mut running = follow(&bytes);
        running.wait_for_event("a report", |event| event["monitor"] == "says-it-once");
        let peak = running.peak_memory_bytes();
        assert!(peak < 256 << 20, "{peak} bytes");
        running.stop().succeeds();
    }
}
