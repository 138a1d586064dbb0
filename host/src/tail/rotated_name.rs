//! The names that rotation gives to what stood at a log's path.

use std::cmp::Reverse;

/// The endings of compressed files. What a file really holds is told by its first bytes.
const COMPRESSED_ENDINGS: [&[u8]; 2] = [b".gz", b".zst"];

/// More digits than that are a date.
const NUMBER_DIGITS_MAX: usize = 5;

/// A name such as `access.log.1`, `access.log-20260131.gz` or `access-20260131.log` of what was
/// once `access.log`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RotatedName {
    /// What the name says about when it was given.
    pub(super) age: Age,
    /// Whether its ending is that of a compressed file.
    pub(super) compressed: bool,
    /// The name without such an ending.
    pub(super) uncompressed: Vec<u8>,
}

/// How long ago a name was given: less is more recent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Age {
    /// So many rotations.
    Rotations(u32),
    /// At this date, which sorts as text.
    Date(Reverse<Vec<u8>>),
}

impl RotatedName {
    /// What `name` says as a rotated name of the log called `log`; `None` where it is none.
    ///
    /// Between the log's name and the ending of a compressed file there are a dot or a dash and
    /// digits with what stands between the digits of a date, or `old`. Further names, as of
    /// another log (`access.log.err`) or of a copy that somebody made, are not rotated ones.
    pub(super) fn parse(log: &[u8], name: &[u8]) -> Option<Self> {
        let ending = COMPRESSED_ENDINGS.iter().find_map(|ending| name.strip_suffix(*ending));
        let uncompressed = ending.unwrap_or(name);
        let behind = uncompressed.strip_prefix(log).and_then(without_separator);
        let age = behind.and_then(Age::parse).or_else(|| {
            // With the date before the log's own ending.
            let dot = log.iter().rposition(|&byte| byte == b'.').filter(|&dot| dot > 0)?;
            let (stem, ending) = log.split_at_checked(dot)?;
            let inner = uncompressed.strip_prefix(stem)?.strip_suffix(ending)?;
            without_separator(inner).and_then(Age::parse)
        })?;
        Some(Self { age, compressed: ending.is_some(), uncompressed: uncompressed.to_vec() })
    }
}

impl Age {
    fn parse(text: &[u8]) -> Option<Self> {
        if text == b"old" {
            return Some(Self::Rotations(1));
        }
        if text.len() <= NUMBER_DIGITS_MAX
            && let Ok(digits) = std::str::from_utf8(text)
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(number) = digits.parse()
        {
            return Some(Self::Rotations(number));
        }
        let of_a_date = |byte: &u8| {
            byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'T' | b'Z')
        };
        let is_date = text.iter().any(u8::is_ascii_digit) && text.iter().all(of_a_date);
        is_date.then(|| Self::Date(Reverse(text.to_vec())))
    }
}

fn without_separator(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b".").or_else(|| text.strip_prefix(b"-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ages(names: &[&str]) -> Vec<Option<Age>> {
        let parsed = |name: &&str| RotatedName::parse(b"access.log", name.as_bytes());
        names.iter().map(|name| parsed(name).map(|name| name.age)).collect()
    }

    #[test]
    fn numbers_count_rotations_compressed_or_not() {
        let one = Some(Age::Rotations(1));
        let names = [
            "access.log.1",
            "access.log.1.gz",
            "access.log-1.zst",
            "access.1.log",
            "access.log.old",
        ];
        assert_eq!(ages(&names), vec![one; 5]);
    }

    #[test]
    fn dates_come_behind_the_name_or_before_its_ending() {
        let date = |text: &str| Some(Age::Date(Reverse(text.into())));
        assert_eq!(
            ages(&["access.log-20260131", "access-20260131.log.gz"]),
            [date("20260131"), date("20260131")]
        );
        assert_eq!(ages(&["access.log.2026-01-31T12:00"]), [date("2026-01-31T12:00")]);
    }

    #[test]
    fn other_files_beside_a_log_are_not_rotated_ones() {
        let others = [
            "access.log",
            "access.log.gz",
            "access.log.err",
            "access.log.1.bz2",
            "access.log.1~",
            "access.logs.1",
            "access.log.bak",
            "access-ssl.log",
            "other.log.1",
            "access.log.",
        ];
        assert_eq!(ages(&others), [const { None }; 10]);
    }

    #[test]
    fn recent_names_come_first() {
        let mut sorted =
            ages(&["access.log.10", "access.log.2", "access.log-20250101", "access.log-20260101"]);
        sorted.sort();
        assert_eq!(
            sorted,
            ages(&["access.log.2", "access.log.10", "access.log-20260101", "access.log-20250101"])
        );
    }

    #[test]
    fn a_log_without_an_ending_has_rotated_names_too() {
        assert!(RotatedName::parse(b"messages", b"messages-20260131").is_some());
        assert!(RotatedName::parse(b".log", b"-1.log").is_none());
    }
}
