//! Texts that are none, and texts that are meant for a terminal.

use wit_component::StringEncoding;

use super::*;

/// Clears the screen, sets a title, begins a sequence with a single character, turns the writing
/// round, ends a line for some, and rings.
const DISRUPTIVE: &str =
    "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}txt.\u{2066}\u{200f}\u{2028}\n\r\u{7f}";

/// The bytes of a text, as a data segment writes them.
fn escaped(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    bytes.concat()
}

/// Says `DISRUPTIVE` wherever a monitor can say anything.
fn shouts() -> Guest {
    let length = DISRUPTIVE.len();
    let it = format!("(i32.const 1024) (i32.const {length})");
    let tick = format!(
        "(local $draft i32)
         (local.set $draft (call $report {it}))
         (call $number (local.get $draft) {it} (f64.const 1) {it})
         (call $text (local.get $draft) {it} {it})
         (call $emit (local.get $draft))
         (call $drop-report (local.get $draft))
         (local.set $draft (call $alert {it} {it}))
         (call $label (local.get $draft) {it} {it})
         (call $raise (local.get $draft))
         (call $drop-alert (local.get $draft))
         (call $log (i32.const 3) {it})"
    );
    let data = escaped(DISRUPTIVE);
    Guest::ticking(&tick).with(&format!("(data (i32.const 1024) \"{data}\")"))
}

/// Holds that a terminal would take every character of it as a character.
#[track_caller]
fn assert_harmless(output: &str) {
    let marks = "\u{202e}\u{2066}\u{200f}\u{2028}";
    let drives = |c: &char| *c != '\n' && (c.is_control() || marks.contains(*c));
    let found = output.chars().find(drives);
    assert_eq!(found, None, "in {output:?}");
}

#[test]
fn what_a_monitor_says_drives_no_terminal_in_any_output() {
    let guest = shouts().core_module();
    let said = replay().guests(&[]).file("plugins/hostile.wasm", &guest);
    let said = beside(said);
    assert_harmless(&said.stdout);
    assert_harmless(&said.stderr);
    assert!(said.stderr.contains("owned"), "it logs: {}", said.stderr);
    let report = &said.events_by("hostile")[0];
    assert_eq!(report["title"], DISRUPTIVE, "whoever reads JSON gets what was said");
    assert_eq!(report["measures"][DISRUPTIVE], DISRUPTIVE);

    let log = Log::every_second(NOON, 2);
    let said = Weir::replay(&log).guests(&[]).file("plugins/hostile.wasm", &guest).run().succeeds();
    assert!(said.stdout.contains("owned"), "{}", said.stdout);
    assert_harmless(&said.stdout);
}

#[test]
fn what_a_monitor_says_begins_no_line_of_its_own() {
    let log = Log::every_second(NOON, 2);
    let guest = shouts().core_module();
    let said = Weir::replay(&log).guests(&[]).file("plugins/hostile.wasm", guest).run().succeeds();
    let known = ["[", "\u{fffd}", "-", "Traffic", "most_", "requests_", "response_"];
    for line in said.stdout.lines().filter(|line| !line.is_empty()) {
        assert!(known.iter().any(|known| line.starts_with(known)), "{line:?}");
    }
}

#[test]
fn names_of_files_and_functions_drive_no_terminal_either() {
    let name = escaped("\u{1b}[2J\u{202e}named");
    let guest = Guest::ticking("(call $named)")
        .with(&format!("(func $named (@name \"{name}\") unreachable)"));
    let log = Log::every_second(NOON, 2);
    for json in [false, true] {
        let run = Weir::replay(&log).guests(&[]);
        let run = run.file("plugins/hostile.wasm", guest.core_module());
        let run = run.file("plugins/\u{1b}[2J\u{202e}file.wasm", guest.core_module());
        let found = if json { run.json() } else { run }.run().succeeds();
        assert!(
            found.stdout.contains("named") && found.stdout.contains("file"),
            "{}",
            found.stdout
        );
        assert_harmless(&found.stdout);
        assert_harmless(&found.stderr);
    }
}

#[test]
fn bytes_that_are_no_text_are_a_trap() {
    for bytes in [
        "\\ff\\fe",
        "\\c0\\80",         // an overlong NUL
        "\\ed\\a0\\80",     // a surrogate
        "\\f4\\90\\80\\80", // beyond U+10FFFF
        "\\e2\\82",         // cut short
    ] {
        let length = bytes.len() / 3;
        let guest = Guest::ticking(&format!(
            "(call $emit (call $report (i32.const 1024) (i32.const {length})))"
        ));
        let guest = guest.with(&format!("(data (i32.const 1024) \"{bytes}\")"));
        assert_fails(&guest, "trap", "on-tick", "utf-8");
    }
}

#[test]
fn half_a_surrogate_pair_is_a_trap_in_the_other_encodings() {
    for (encoding, length) in [
        (StringEncoding::UTF16, "1"),
        // The highest bit says that it is UTF-16.
        (StringEncoding::CompactUTF16, "0x80000001"),
    ] {
        let tick = format!("(call $emit (call $report (i32.const 1024) (i32.const {length})))");
        let data = r#"(data (i32.const 1024) "\00\d8")"#;
        let guest = Guest { encoding, ..Guest::ticking(&tick).with(data) };
        assert_fails(&guest, "trap", "on-tick", "unpaired surrogate");
    }
}

#[test]
fn a_text_beyond_the_guests_memory_is_a_trap() {
    for (address, length) in [("65535", "2"), ("-1", "1"), ("0", "-1"), ("1", "65536")] {
        let tick =
            format!("(call $emit (call $report (i32.const {address}) (i32.const {length})))");
        let fault = first_fault(&beside_written(&Guest::ticking(&tick)));
        let kind = fault["kind"].as_str().unwrap();
        assert!(["trap", "flood"].contains(&kind), "{fault}");
    }
}
