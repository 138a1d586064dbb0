//! Files that are no monitors, or not as they seem.

use crate::support::{component, core_module};

use super::*;

#[test]
fn an_import_beyond_the_interface_is_refused_by_name() {
    let found = beside_guest("reads-the-environment");
    let message = "imports `wasi:cli/environment@0.2.0`";
    assert_fault(&found.only("fault"), "reads-the-environment", "load", "load", message);
}

#[test]
fn another_version_of_the_interface_is_named_with_the_one_there_is() {
    let found = beside_guest("of-another-interface");
    let message = "is made for weir:monitor@0.2.0; this host offers weir:monitor@0.1.0, which \
                   is older";
    assert_fault(&found.only("fault"), "of-another-interface", "load", "load", message);
}

#[test]
fn a_component_that_is_no_monitor_is_told_what_it_lacks() {
    let found = beside_guest("is-no-monitor");
    assert_fault(&found.only("fault"), "is-no-monitor", "load", "load", "weir:monitor/guest");
}

#[test]
fn files_that_are_no_components_are_a_fault_each_and_the_rest_run() {
    let module = core_module("says-it-once");
    let found = beside(
        replay()
            .guests(&["says-it-once"])
            .file("plugins/empty.wasm", "")
            .file("plugins/script.wasm", "#!/bin/sh\n")
            .file("plugins/truncated.wasm", &module[..module.len() / 2])
            .file("plugins/native.wasm", b"\x7fELF\x02\x01\x01")
            .file("plugins/compiled.wasm", precompiled())
            .file("plugins/compiled.cwasm", precompiled())
            .file("plugins/Badly Named.wasm", &module)
            .file("plugins/folder.wasm/file", "")
            .file("plugins/README.md", "not looked at"),
    );
    let mut faults: Vec<(String, String)> = found
        .events_of("fault")
        .iter()
        .map(|fault| {
            assert_eq!([&fault["kind"], &fault["phase"]], ["load", "load"], "{fault}");
            let text = |name: &str| fault[name].as_str().unwrap().to_owned();
            (text("monitor"), text("message"))
        })
        .collect();
    faults.sort();
    let expected = [
        ("Badly Named", "cannot be a monitor's name"),
        ("compiled", "never precompiled machine code"),
        ("empty", "not a WebAssembly file"),
        ("folder", "is not a plain file"),
        ("native", "not a WebAssembly file"),
        ("script", "not a WebAssembly file"),
        ("truncated", "not a monitor"),
    ];
    for ((monitor, message), (name, part)) in faults.iter().zip(expected) {
        assert!(monitor == name && message.contains(part), "{monitor}: {message}, not {part}");
    }
    assert_eq!(faults.len(), expected.len());
    assert!(found.events_by("says-it-once").len() >= 100);
}

/// A monitor as the engine's own compiler leaves it: machine code, which would be run as it is.
fn precompiled() -> Vec<u8> {
    let engine = wasmtime::Engine::default();
    engine.precompile_component(&component("says-it-once")).unwrap()
}

/// A section of a binary: its number, its length, its content.
pub(super) fn section(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number];
    leb128(content.len(), &mut bytes);
    bytes.extend_from_slice(content);
    bytes
}

fn leb128(mut number: usize, to: &mut Vec<u8>) {
    while number > 0x7f {
        to.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    to.push(u8::try_from(number).unwrap());
}

/// How a component begins.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
pub(super) const CUSTOM: u8 = 0;
const NESTED_COMPONENT: u8 = 4;
const INSTANCES: u8 = 5;
const TYPES: u8 = 7;

/// A monitor that does nothing, with a component in it that is instantiated too.
pub(super) fn with_nested(text: &str) -> Vec<u8> {
    let nested = wat::parse_str(text).unwrap();
    let mut bytes = Guest::default().component();
    bytes.extend(section(NESTED_COMPONENT, &nested));
    // One instance, of the component behind the one that the encoder leaves, without arguments.
    bytes.extend(section(INSTANCES, &[1, 0, 1, 0]));
    bytes
}

#[track_caller]
fn assert_not_loaded(bytes: &[u8], message: &str) {
    let fault = beside_bytes("hostile", bytes).only("fault");
    assert_fault(&fault, "hostile", "load", "load", message);
    let length = fault["message"].as_str().unwrap().len();
    assert!(length < 2_048, "a message of {length} bytes");
}

#[test]
fn a_component_within_a_monitor_runs_in_the_same_bounds() {
    let quiet = with_nested("(component (core module $m) (core instance (instantiate $m)))");
    assert_eq!(beside_bytes("hostile", &quiet).events_of("fault"), [0; 0]);
    let spins = with_nested(
        "(component
           (core module $m (func $start (loop $l (br $l))) (start $start))
           (core instance (instantiate $m)))",
    );
    let with = replay().guests(&[]).file("plugins/hostile.wasm", spins);
    let found = beside(with.config("limits.fuel = 1_000_000"));
    assert_fault(&found.only("fault"), "hostile", "deadline", "configure", "units of fuel");
}

#[test]
fn components_that_double_with_each_of_them_are_not_built() {
    let doubling = |n: usize| {
        let instance = |of: usize| format!("(instance (instantiate $c{of}))");
        let component = |n| format!("(component $c{n} {} {})", instance(n - 1), instance(n - 1));
        let components: String = (1..n).map(component).collect();
        format!("(component (component $c0) {components} {})", instance(n - 1))
    };
    // 40 of them make a file of two kilobytes, and would be 2^39 in memory.
    let bytes = wat::parse_str(doubling(40)).unwrap();
    assert!(bytes.len() < 4_096);
    assert_not_loaded(&bytes, "has more than 8 component instances, which no monitor needs");
}

#[test]
fn components_within_components_are_not_followed_down_for_ever() {
    let nest = |inner: Vec<u8>, _| [COMPONENT, &section(NESTED_COMPONENT, &inner)].concat();
    let bytes = (0..3_000).fold(COMPONENT.to_vec(), nest);
    assert_not_loaded(&bytes, "has more than 9 components within components");
}

#[test]
fn components_side_by_side_are_counted() {
    let many = section(NESTED_COMPONENT, COMPONENT).repeat(1_000);
    assert_not_loaded(&[COMPONENT, &many].concat(), "has more than 256 modules and components");
}

/// Types within types: to read one is to read the one within it first, on the same stack.
fn nested_types() -> Vec<u8> {
    let (begins, ends) = (b"\x41\x01\x01".repeat(300_000), b"\x41\x00");
    [COMPONENT, &section(TYPES, &[&[1], &*begins, ends].concat())].concat()
}

#[test]
fn types_within_types_do_not_overflow_the_stack() {
    assert_not_loaded(&nested_types(), "has more than 256 nested types");
}

#[test]
fn types_within_types_do_not_overflow_the_stack_in_a_modules_description_either() {
    let name = b"component-type:monitor";
    let content = [&[u8::try_from(name.len()).unwrap()], &name[..], &nested_types()].concat();
    let module = [b"\0asm\x01\0\0\0", &*section(CUSTOM, &content)].concat();
    assert_not_loaded(&module, "has more than 256 nested types");
}

#[test]
fn types_that_grow_with_each_of_them_are_refused() {
    let double = |n: usize| format!("(type $t{n} (tuple $t{} $t{}))", n - 1, n - 1);
    let types: String = (1..90).map(double).collect();
    let bytes = wat::parse_str(format!("(component (type $t0 (tuple u8 u8)) {types})")).unwrap();
    assert_not_loaded(&bytes, "type size exceeds the limit");
}

#[test]
fn code_beyond_what_any_monitor_has_is_not_compiled() {
    let long = "(local.set 0 (i32.add (local.get 0) (local.get 0)))".repeat(200_000);
    let long = Guest::default().with(&format!("(func (param i32) {long})"));
    assert_not_loaded(&long.core_module(), "has more than 1048576 bytes in one function");
    let many = Guest::default().with(&"(func)".repeat(70_000));
    assert_not_loaded(&many.core_module(), "has more than 65536 functions");
    let globals = Guest::default().with(&"(global i32 (i32.const 0))".repeat(20_000));
    assert_not_loaded(&globals.core_module(), "has more than 16384 globals");
}

#[test]
fn names_of_whatever_length_make_no_long_messages() {
    let name = format!("{}:b/c", "a".repeat(90_000));
    let text = format!("(component (import \"{name}\" (instance)))");
    assert_not_loaded(&wat::parse_str(text).unwrap(), "imports `aaaa");
}

#[test]
fn what_is_not_offered_is_not_given_by_a_version_that_says_so() {
    // A later patch of the same version may be asked for, but what it would add is not there.
    let lying = "(component (import \"weir:monitor/host@0.1.9\" (instance
                   (export \"open-file\" (func (param \"path\" string) (result u32))))))";
    assert_not_loaded(&wat::parse_str(lying).unwrap(), "open-file");
    let lying = "(component (import \"weir:monitor/host@0.1.0\" (instance
                   (export \"now\" (func (result string))))))";
    assert_not_loaded(&wat::parse_str(lying).unwrap(), "not a monitor");
}

#[test]
fn an_export_that_is_not_as_the_interface_says_is_no_monitor() {
    let half = "(component
                  (core module $m (func (export \"f\")))
                  (core instance $i (instantiate $m))
                  (func $f (canon lift (core func $i \"f\")))
                  (instance $guest (export \"on-tick\" (func $f)))
                  (export \"weir:monitor/guest@0.1.0\" (instance $guest)))";
    assert_not_loaded(&wat::parse_str(half).unwrap(), "not a monitor");
}

#[test]
fn a_module_that_describes_itself_wrongly_is_no_monitor() {
    let bare = wat::parse_str("(module (func (export \"run\")) (start 0))").unwrap();
    assert_not_loaded(&bare, "not a monitor");
    let imports = wat::parse_str("(module (import \"env\" \"open\" (func)))").unwrap();
    assert_not_loaded(&imports, "not a monitor");
}
