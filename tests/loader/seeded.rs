//! Whatever the bytes of a plugin are, the loader comes back, and so does every call of what it
//! loaded; a process of its own shows that no more memory is taken than a few such files may take.
//!
//! What is tried depends on nothing but the seed, so that every run tries the same. The fuzz target
//! `loader` goes on from there for as long as it is left running.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that is surprised has failed"
)]

use arbitrary::Unstructured;
use wasmparser::{Parser, Payload};
use weir_ordeal::{Reached, component, module, monitor, mutated, undergo};

/// The most memory that this process may ever have.
const MEMORY_BYTES_MAX: u64 = 768 << 20;

/// As many bytes as there is a use for, by chance, from a seed (splitmix64).
fn chance(seed: u64) -> Vec<u8> {
    let next = |n: u64| {
        let mut z = seed
            .wrapping_mul(0x2545_f491_4f6c_dd1d)
            .wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).to_le_bytes()
    };
    (1..=1_024).flat_map(next).collect()
}

fn prebuilt(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/prebuilt/");
    std::fs::read(format!("{path}{name}.wasm")).unwrap()
}

fn assert_memory_is_bounded() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak = peak.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1_024;
    assert!(peak < MEMORY_BYTES_MAX, "{peak} bytes");
}

#[test]
fn modules_by_chance_are_refused_or_run_in_their_bounds() {
    let monitor = monitor();
    let reached: Vec<Reached> = (0..200)
        .filter_map(|seed| module(&mut Unstructured::new(&chance(seed)), &monitor).ok())
        .map(|bytes| undergo(&bytes))
        .collect();
    // What chance makes is not all refused at the door; but to be configured a monitor has to give
    // back what it is lent, which chance does not think of. Changed monitors come further.
    for stage in [Reached::Refused, Reached::Loaded] {
        let count = reached.iter().filter(|reached| **reached == stage).count();
        assert!(count > 5, "{count} of {} are {stage:?}", reached.len());
    }
    assert_memory_is_bounded();
}

#[test]
fn monitors_with_a_few_bytes_changed_are_refused_or_run_in_their_bounds() {
    let originals = [component(), monitor()];
    let reached: Vec<Reached> = (0..400)
        .map(|seed| {
            let original = &originals[usize::try_from(seed % 2).unwrap()];
            undergo(&mutated(&mut Unstructured::new(&chance(seed)), original).unwrap())
        })
        .collect();
    assert!(reached.contains(&Reached::Refused) && reached.contains(&Reached::Configured));
    assert_memory_is_bounded();
}

#[test]
fn the_monitors_of_the_program_with_a_few_bytes_changed_are_refused_or_run_in_their_bounds() {
    let originals = [prebuilt("alerting"), prebuilt("worked/top-talkers")];
    for seed in 0..24 {
        let original = &originals[usize::try_from(seed % 2).unwrap()];
        undergo(&mutated(&mut Unstructured::new(&chance(seed)), original).unwrap());
    }
    assert_memory_is_bounded();
}

#[test]
fn a_file_that_was_cut_short_at_whichever_section_is_refused() {
    for bytes in [prebuilt("alerting"), component()] {
        let mut borders: Vec<usize> = Parser::new(0)
            .parse_all(&bytes)
            .filter_map(|payload| match payload.unwrap() {
                Payload::CodeSectionEntry(_) => None,
                payload => payload.as_section().map(|(_, range)| range),
            })
            .flat_map(|range| [range.start, range.end - 1, range.end])
            .filter(|at| *at < bytes.len())
            .collect();
        borders.dedup();
        assert!(borders.len() > 30, "{}", borders.len());
        for at in borders {
            // The last sections say where it comes from: without them it is as good as before.
            let reached = undergo(&bytes[..at]);
            let whole = Parser::new(0).parse_all(&bytes[..at]).all(|payload| payload.is_ok());
            assert!(whole || reached == Reached::Refused, "cut at {at}: {reached:?}");
        }
    }
    assert_memory_is_bounded();
}
