//! Bytes as lower-case hexadecimal digits. Upper case is refused, so that one text stands for a
//! sequence of bytes and a flipped bit is always seen.

use std::fmt::Write as _;

/// Two digits a byte.
pub fn encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes; `None` where the text is not what [`encode`] writes.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back_from_its_digits() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        assert!(encode(&all).starts_with("000102") && encode(&all).ends_with("fdfeff"));
        assert_eq!(decode(&encode(&all)), Some(all));
    }

    #[test]
    fn what_is_not_in_lower_case_pairs_is_refused() {
        for text in ["a", "abc", "AB", "g0", "0x", "é"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
