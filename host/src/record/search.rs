//! Where the next of a few bytes stands, in texts as short as a line's fields.
//!
//! `memchr` is made for long texts: choosing its vector width and calling it takes longer than most
//! fields are long, and its loop ends where a branch predictor cannot know it. Here the first bytes
//! of a text are compared all at once, without a branch between them.

/// The bytes that are compared with one instruction.
const BLOCK_BYTES: usize = 16;

/// The bytes that [`find_far`] compares at once: nineteen of twenty requests are shorter.
const WINDOW_BYTES: usize = 6 * BLOCK_BYTES;

/// The place of the first byte of `text` that is one of `wanted`; for what is usually within 16.
#[inline]
pub(crate) fn find<const N: usize>(text: &[u8], wanted: [u8; N]) -> Option<usize> {
    let (blocks, tail) = text.as_chunks();
    let mut at = 0;
    for block in blocks {
        let found = places(block, wanted);
        if found != 0 {
            return Some(at + first(found.into()));
        }
        at += BLOCK_BYTES;
    }
    tail.iter().position(|byte| wanted.contains(byte)).map(|place| at + place)
}

/// The place of the first `wanted` in `text`; for what is usually within 96 bytes.
#[inline]
pub(crate) fn find_far(text: &[u8], wanted: u8) -> Option<usize> {
    if let Some(window) = text.first_chunk::<WINDOW_BYTES>() {
        let (blocks, _) = window.as_chunks();
        let found = blocks
            .iter()
            .rev()
            .fold(0, |found, block| found << BLOCK_BYTES | u128::from(places(block, [wanted])));
        if found != 0 {
            return Some(first(found));
        }
    }
    memchr::memchr(wanted, text)
}

/// The place of the lowest bit.
#[inline]
const fn first(found: u128) -> usize {
    found.trailing_zeros() as usize
}

/// A bit for each byte of a block: whether it is one of `wanted`.
#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(unsafe_code, reason = "a line is parsed a tenth faster than by comparing words")]
#[expect(clippy::cast_possible_truncation, reason = "both halves are used; a mask has 16 bits")]
fn places<const N: usize>(block: &[u8; BLOCK_BYTES], wanted: [u8; N]) -> u16 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
        _mm_setzero_si128,
    };
    let bits = u128::from_le_bytes(*block);
    let (low, high) = (bits as i64, (bits >> u64::BITS) as i64);
    // SAFETY: these functions ask for nothing but a processor that has SSE2, and every x86-64
    // processor has. They take and give values; no pointer is involved.
    let mask = unsafe {
        let block = _mm_set_epi64x(high, low);
        let equal = |byte: u8| _mm_cmpeq_epi8(block, _mm_set1_epi8(byte.cast_signed()));
        let found =
            wanted.map(equal).into_iter().fold(_mm_setzero_si128(), |a, b| _mm_or_si128(a, b));
        _mm_movemask_epi8(found)
    };
    mask.cast_unsigned() as u16
}

/// A bit for each byte of a block: whether it is one of `wanted`.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn places<const N: usize>(block: &[u8; BLOCK_BYTES], wanted: [u8; N]) -> u16 {
    block.iter().rev().fold(0, |found, byte| found << 1 | u16::from(wanted.contains(byte)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_of_the_wanted_bytes_is_found(
            text in prop::collection::vec(prop_oneof![9 => any::<u8>(), 1 => Just(b'/')], 0..40),
            wanted in any::<[u8; 2]>(),
        ) {
            let wanted = [wanted[0], b'/', wanted[1]];
            let naive = text.iter().position(|byte| wanted.contains(byte));
            prop_assert_eq!(find(&text, wanted), naive);
        }

        #[test]
        fn a_far_byte_is_found_in_and_behind_the_window(
            mut text in prop::collection::vec(b'a'..=b'z', 0..3 * WINDOW_BYTES),
            quotes in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        ) {
            for quote in quotes.iter().filter(|_| !text.is_empty()).collect::<Vec<_>>() {
                let at = quote.index(text.len());
                text[at] = b'"';
            }
            let naive = text.iter().position(|&byte| byte == b'"');
            prop_assert_eq!(find_far(&text, b'"'), naive);
        }
    }
}
