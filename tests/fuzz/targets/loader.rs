//! No file makes the loader of plugins panic, nor a call of what it loaded, and none is without its
//! explanation. The fuzzer itself holds how much memory and time that may take.
//!
//! The first byte says whether the rest is a file as it is, what a core module is made of by
//! chance, or what is changed in a monitor, as a module or as a component.

#![no_main]

use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use weir_ordeal::{component, module, monitor, mutated, undergo};

fuzz_target!(|input: &[u8]| {
    let Some((kind, rest)) = input.split_first() else {
        return;
    };
    let mut chance = Unstructured::new(rest);
    let made = match kind % 4 {
        0 => Ok(rest.to_vec()),
        1 => module(&mut chance, &monitor()),
        2 => mutated(&mut chance, &monitor()),
        _ => mutated(&mut chance, &component()),
    };
    // Too few bytes make nothing.
    if let Ok(bytes) = made {
        undergo(&bytes);
    }
});
