//! The bracketed time of a line, and a cache that makes most of them cost one comparison.

/// The bytes of `[17/May/2015:10:05:03 +0000]`, brackets included.
pub(crate) const STAMP_BYTES: usize = 28;

/// Where the seconds stand within a stamp.
const SECONDS_AT: usize = 19;

/// Seconds in a day.
const DAY_SECONDS: i64 = 86_400;

/// Reads stamps, remembering the last one: a log's lines come in the order of their times, so most
/// stamps repeat the last one or differ from it in their seconds alone.
#[derive(Clone, Debug)]
pub(crate) struct StampReader {
    last: [u8; STAMP_BYTES],
    /// What `last` says, in seconds since 1970-01-01T00:00:00Z.
    second: i64,
    /// The same with its seconds at `:00`.
    minute: i64,
}

impl StampReader {
    /// A reader that has seen nothing.
    pub(crate) const fn new() -> Self {
        // What is remembered must be a stamp: it is compared with bytes that may be anything.
        Self { last: *b"[01/Jan/1970:00:00:00 +0000]", second: 0, minute: 0 }
    }

    /// Seconds since the epoch; `None` where the bytes are not a valid stamp.
    #[inline]
    pub(crate) fn read(&mut self, stamp: &[u8; STAMP_BYTES]) -> Option<i64> {
        if *stamp == self.last {
            return Some(self.second);
        }
        self.read_new(stamp)
    }

    fn read_new(&mut self, stamp: &[u8; STAMP_BYTES]) -> Option<i64> {
        let same_minute = stamp.get(..SECONDS_AT) == self.last.get(..SECONDS_AT)
            && stamp.get(SECONDS_AT + 2..) == self.last.get(SECONDS_AT + 2..);
        if same_minute {
            self.second = self.minute + seconds_of(stamp)?;
        } else {
            let minute = minute_of(stamp)?;
            self.second = minute + seconds_of(stamp)?;
            self.minute = minute;
        }
        self.last = *stamp;
        Some(self.second)
    }
}

/// The seconds of a stamp, 0 to 59.
fn seconds_of(stamp: &[u8; STAMP_BYTES]) -> Option<i64> {
    let [.., tens, ones, _, _, _, _, _, _, _] = *stamp;
    two_digits(tens, ones).filter(|&seconds| seconds < 60)
}

/// A stamp's instant with its seconds at `:00`; everything but the seconds' digits is checked.
fn minute_of(stamp: &[u8; STAMP_BYTES]) -> Option<i64> {
    let [
        b'[',
        d1,
        d2,
        b'/',
        m1,
        m2,
        m3,
        b'/',
        y1,
        y2,
        y3,
        y4,
        b':',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        _,
        _,
        b' ',
        sign,
        zh1,
        zh2,
        zm1,
        zm2,
        b']',
    ] = *stamp
    else {
        return None;
    };
    let month = month_of([m1, m2, m3])?;
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let day = two_digits(d1, d2).filter(|&day| day >= 1 && day <= days_in(year, month))?;
    let hour = two_digits(h1, h2).filter(|&hour| hour < 24)?;
    let minute = two_digits(n1, n2).filter(|&minute| minute < 60)?;
    let zone_hours = two_digits(zh1, zh2).filter(|&hours| hours < 24)?;
    let zone_minutes = two_digits(zm1, zm2).filter(|&minutes| minutes < 60)?;
    let zone = (zone_hours * 60 + zone_minutes) * 60;
    let local = days_from_civil(year, month, day) * DAY_SECONDS + (hour * 60 + minute) * 60;
    match sign {
        b'+' => Some(local - zone),
        b'-' => Some(local + zone),
        _ => None,
    }
}

/// The number that two decimal digits write.
fn two_digits(tens: u8, ones: u8) -> Option<i64> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// The month, 1 to 12, as the C locale writes it.
fn month_of(name: [u8; 3]) -> Option<i64> {
    Some(match &name {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

/// The days of a month of the Gregorian calendar.
const fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar: `days_from_civil` of Howard
/// Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// <https://howardhinnant.github.io/date_algorithms.html>. Years begin in March there, so that the
/// leap day is the last of its year.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn read(stamp: &str) -> Option<i64> {
        StampReader::new().read(stamp.as_bytes().try_into().expect("28 bytes"))
    }

    #[test]
    fn the_zone_is_applied() {
        assert_eq!(read("[17/May/2015:10:05:03 +0000]"), Some(1_431_857_103));
        assert_eq!(read("[17/May/2015:12:05:03 +0200]"), Some(1_431_857_103));
        assert_eq!(read("[17/May/2015:05:35:03 -0430]"), Some(1_431_857_103));
    }

    #[test]
    fn every_part_is_checked() {
        for stamp in [
            "[32/May/2015:10:05:03 +0000]",
            "[00/May/2015:10:05:03 +0000]",
            "[31/Apr/2015:10:05:03 +0000]",
            "[29/Feb/2015:10:05:03 +0000]",
            "[17/MAY/2015:10:05:03 +0000]",
            "[17/May/2O15:10:05:03 +0000]",
            "[17/May/2015:24:05:03 +0000]",
            "[17/May/2015:10:60:03 +0000]",
            "[17/May/2015:10:05:60 +0000]",
            "[17/May/2015:10:05:03 00000]",
            "[17/May/2015:10:05:03 +2400]",
            "[17/May/2015:10:05:03 +0060]",
            "[17/May/2015:10:05:03 +0000 ",
            "(17/May/2015:10:05:03 +0000]",
            "[17-May-2015:10:05:03 +0000]",
        ] {
            assert_eq!(read(stamp), None, "{stamp}");
        }
        assert!(read("[29/Feb/2016:10:05:03 +0000]").is_some());
    }

    #[test]
    fn a_bad_stamp_leaves_the_cache_as_it_was() {
        let mut reader = StampReader::new();
        assert_eq!(reader.read(b"[17/May/2015:10:05:03 +0000]"), Some(1_431_857_103));
        assert_eq!(reader.read(b"[17/May/2015:10:05:73 +0000]"), None);
        assert_eq!(reader.read(b"[17/May/2015:10:99:03 +0000]"), None);
        assert_eq!(reader.read(b"[17/May/2015:10:05:03 +0000]"), Some(1_431_857_103));
        assert_eq!(reader.read(b"[17/May/2015:10:05:59 +0000]"), Some(1_431_857_159));
        assert_eq!(reader.read(b"[17/May/2015:10:05:58 +0100]"), Some(1_431_853_558));
    }

    proptest! {
        #[test]
        fn stamps_read_as_chrono_reads_them(
            instants in prop::collection::vec(
                (-62_000_000_000_i64..253_000_000_000, 0_i64..130, -1_439_i32..1_440),
                1..6,
            ),
        ) {
            let mut reader = StampReader::new();
            for (base, step, zone) in instants {
                for second in [base, base + step] {
                    let zone = chrono::FixedOffset::east_opt(zone * 60).expect("a zone");
                    let at = DateTime::from_timestamp(second, 0).expect("in range");
                    let stamp =
                        at.with_timezone(&zone).format("[%d/%b/%Y:%H:%M:%S %z]").to_string();
                    let bytes = stamp.as_bytes().try_into().expect("28 bytes");
                    prop_assert_eq!(reader.read(bytes), Some(second), "{}", stamp);
                }
            }
        }
    }
}
