//! No bytes make the reader of checkpoints panic, and what it reads is written again as the same.
//!
//! Nearly no input has the right checksum, so each is also read as the content of a checkpoint
//! whose first line is right.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sha2::{Digest as _, Sha256};
use weir_fuzz::state::{Snapshot, decode, encode};

/// Monitors share the room for alerts; up to as many, the input's own size keeps all of them.
const MONITORS_WITH_ALL_ALERTS: usize = 32;

/// The words before the checksum, as this version of the format has them.
fn first_words() -> String {
    let empty = encode(&Snapshot::default()).unwrap();
    let first = String::from_utf8(empty).unwrap();
    let words: Vec<_> = first.splitn(3, ' ').take(2).collect();
    words.join(" ")
}

fn with_first_line(content: &[u8]) -> Vec<u8> {
    let checksum = Sha256::digest(content).into_iter().map(|byte| format!("{byte:02x}"));
    let mut bytes = format!("{} {}\n", first_words(), checksum.collect::<String>()).into_bytes();
    bytes.extend_from_slice(content);
    bytes
}

fn read_and_write_again(bytes: &[u8]) -> bool {
    let Ok(snapshot) = decode(bytes) else {
        return false;
    };
    let written = encode(&snapshot).unwrap();
    let again = decode(&written).unwrap();
    if snapshot.monitors.len() <= MONITORS_WITH_ALL_ALERTS {
        // As texts, since a value that is not a number is not equal to itself.
        assert_eq!(format!("{again:?}"), format!("{snapshot:?}"));
    }
    assert_eq!(encode(&again).unwrap(), written);
    true
}

fuzz_target!(|content: &[u8]| {
    read_and_write_again(content);
    let whole = with_first_line(content);
    if read_and_write_again(&whole) {
        let mut cut = whole;
        cut.pop();
        assert!(decode(&cut).is_err(), "a checkpoint that was cut short is read");
    }
});
