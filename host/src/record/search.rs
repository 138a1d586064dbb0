//! Where the next of a few bytes stands, in texts as short as a line's fields.
//!
//! `memchr` is made for long texts: choosing its vector width and calling it takes longer than most
//! fields are long, and its loop ends where a branch predictor cannot know it. Here the first bytes
//! of a text are compared all at once, without a branch between them.

/// The bytes that are compared with one instruction.
const BLOCK_BYTES: usize = 16;

/// The bytes that [`find_far`] compares at once: nineteen of twenty requests are shorter.
const WINDOW_BYTES: usize = 6 * BLOCK_BYTES;

/// Half of them.
const HALF_BYTES: usize = BLOCK_BYTES / 2;

/// The bytes that [`find_any`] compares at once.
const STEP_BYTES: usize = 4 * BLOCK_BYTES;

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

/// The place of the first byte of `text` that is one of `wanted`; for what may be anywhere in a text
/// of some ten or some hundred bytes, or nowhere. What is left behind whole steps or blocks is looked at
/// together with what lies before it, which is known to hold none.
#[inline]
pub(crate) fn find_any<const N: usize>(text: &[u8], wanted: [u8; N]) -> Option<usize> {
    let (steps, behind) = text.as_chunks::<STEP_BYTES>();
    for (index, step) in steps.iter().enumerate() {
        let found = places_of_step(step, wanted);
        if found != 0 {
            return Some(index * STEP_BYTES + first(found.into()));
        }
    }
    if let Some(last) = text.last_chunk() {
        let found = places_of_step(last, wanted);
        return (found != 0).then(|| text.len() - STEP_BYTES + first(found.into()));
    }
    let (blocks, behind) = behind.as_chunks();
    for (index, block) in blocks.iter().enumerate() {
        let found = places(block, wanted);
        if found != 0 {
            return Some(index * BLOCK_BYTES + first(found.into()));
        }
    }
    if let Some(last) = text.last_chunk() {
        let found = places(last, wanted);
        return (found != 0).then(|| text.len() - BLOCK_BYTES + first(found.into()));
    }
    if let (Some(low), Some(high)) = (text.first_chunk::<HALF_BYTES>(), text.last_chunk()) {
        let both = u128::from(u64::from_le_bytes(*high)) << u64::BITS;
        let both = both | u128::from(u64::from_le_bytes(*low));
        let found = places(&both.to_le_bytes(), wanted);
        let place = first(found.into());
        let skipped = if place < HALF_BYTES { 0 } else { BLOCK_BYTES - text.len() };
        return (found != 0).then_some(place - skipped);
    }
    behind.iter().position(|byte| wanted.contains(byte))
}

/// A bit for each byte of a step: whether it is one of `wanted`.
#[inline]
fn places_of_step<const N: usize>(step: &[u8; STEP_BYTES], wanted: [u8; N]) -> u64 {
    let (blocks, _) = step.as_chunks();
    blocks
        .iter()
        .rev()
        .fold(0, |found, block| found << BLOCK_BYTES | u64::from(places(block, wanted)))
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
        fn a_byte_anywhere_is_found_in_a_text_of_any_length(
            mut text in prop::collection::vec(b'a'..=b'z', 0..4 * STEP_BYTES),
            marks in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![Just(b'?'), Just(b'#')]), 0..3),
        ) {
            for (place, mark) in marks.iter().filter(|_| !text.is_empty()).collect::<Vec<_>>() {
                let at = place.index(text.len());
                text[at] = *mark;
            }
            let naive = text.iter().position(|byte| b"?#".contains(byte));
            prop_assert_eq!(find_any(&text, *b"?#"), naive);
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
