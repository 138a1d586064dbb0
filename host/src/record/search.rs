//! Where the next of a few bytes stands, for fields that end soon.
//!
//! `memchr` is made for long texts: choosing its vector width and calling it takes longer than most
//! fields of a line are long. Here eight bytes are looked at as one number, without a call.

/// The bytes that are looked at together.
const WORD_BYTES: usize = 8;

/// One in each byte, and
const ONES: u64 = u64::from_le_bytes([1; WORD_BYTES]);
/// the highest bit of each.
const HIGH_BITS: u64 = ONES << 7;

/// The place of the first byte of `text` that is one of `wanted`.
#[inline]
pub(crate) fn find<const N: usize>(text: &[u8], wanted: [u8; N]) -> Option<usize> {
    let (words, tail) = text.as_chunks::<WORD_BYTES>();
    let mut at = 0;
    for word in words {
        let found = places(u64::from_le_bytes(*word), wanted);
        if found != 0 {
            return Some(at + first(found));
        }
        at += WORD_BYTES;
    }
    tail.iter().position(|byte| wanted.contains(byte)).map(|place| at + place)
}

/// The highest bit of each byte of `word` that is one of `wanted`; bits above the lowest one that
/// is set may be wrong, for a subtraction borrows from there.
///
/// A byte that is equal becomes zero, and only zero borrows its highest bit without having had it:
/// Alan Mycroft's test, in Warren, Hacker's Delight, second edition, section 6-1.
#[inline]
fn places<const N: usize>(word: u64, wanted: [u8; N]) -> u64 {
    let zeros = |equal: u64| equal.wrapping_sub(ONES) & !equal;
    let found = wanted.map(|byte| zeros(word ^ ONES * u64::from(byte)));
    found.into_iter().fold(0, |all, one| all | one) & HIGH_BITS
}

/// Which byte of a word the lowest bit stands in.
#[inline]
const fn first(bits: u64) -> usize {
    (bits.trailing_zeros() / u8::BITS) as usize
}
