//! Instants and spans of time, in the host's nanoseconds.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// Nanoseconds in a second.
const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// The units that a span can be written in, with their nanoseconds.
const UNITS: [(&str, u64); 4] = [
    ("ms", 1_000_000),
    ("s", NANOS_PER_SECOND),
    ("m", 60 * NANOS_PER_SECOND),
    ("h", 3_600 * NANOS_PER_SECOND),
];

/// An instant of the pipeline's time: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// The instant `nanos` nanoseconds after the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded towards the past.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(NANOS_PER_SECOND.cast_signed())
    }

    /// How long after `earlier` this is; zero where it is not after it.
    pub fn since(self, earlier: Self) -> Span {
        Span(u64::try_from(i128::from(self.0) - i128::from(earlier.0)).unwrap_or(0))
    }
}

/// A length of time in nanoseconds: a window, a period.
///
/// In settings it is written as text with its unit, `ms`, `s`, `m` or `h`: `"250ms"`, `"90s"`,
/// `"1.5h"`. A bare number is refused, because nobody can see what it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

impl Span {
    /// The log's own resolution: no window shorter than this can tell one rate from another.
    pub const RESOLUTION: Self = Self::from_secs(1);
    /// The shortest period of ticks that the host offers.
    pub const PERIOD_MIN: Self = Self::from_millis(100);
    /// The longest period of ticks, and the longest window: as far back as the host keeps what it
    /// has seen.
    pub const WINDOW_MAX: Self = Self::from_secs(24 * 3_600);

    /// The span of `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The span of `millis` milliseconds, held to what the type can say (584 years).
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// The span of `secs` seconds, held to what the type can say (584 years).
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(NANOS_PER_SECOND))
    }

    /// Nanoseconds.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Whole seconds; what is over is left out.
    pub const fn whole_secs(self) -> u64 {
        self.0 / NANOS_PER_SECOND
    }

    /// Seconds with their fraction, as an alert's value or a report's measure has them.
    #[expect(clippy::cast_precision_loss, reason = "exact for spans of up to 104 days")]
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }

    /// `count` things in this span, as a rate per second; infinite or not a number in no time.
    ///
    /// Dividing by nanoseconds keeps the result correctly rounded for up to four thousand million
    /// things, where dividing by a fraction of a second would not: 7 in 700 ms are 10 a second and
    /// not a little more.
    #[expect(clippy::cast_precision_loss, reason = "exact for spans of up to 104 days")]
    pub fn per_second(self, count: f64) -> f64 {
        count * NANOS_PER_SECOND as f64 / self.0 as f64
    }
}

/// In the largest unit that needs no fraction, as in `90s` or `2h`; what is finer than a
/// millisecond as a fraction of one.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole =
            UNITS.iter().rev().find(|(_, nanos)| self.0 != 0 && self.0.is_multiple_of(*nanos));
        match whole {
            Some((unit, nanos)) => write!(f, "{}{unit}", self.0 / nanos),
            None if self.0 == 0 => f.write_str("0s"),
            None => {
                let fraction = format!("{:06}", self.0 % 1_000_000);
                write!(f, "{}.{}ms", self.0 / 1_000_000, fraction.trim_end_matches('0'))
            }
        }
    }
}

/// Why a text is not a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanError {
    /// It is not a decimal number, perhaps with a fraction, and a unit.
    Malformed,
    /// It is a number without a unit.
    NoUnit,
    /// The unit is none of those known.
    UnknownUnit,
    /// It is longer than 584 years.
    TooLong,
    /// It is finer than a nanosecond.
    TooFine,
}

impl fmt::Display for SpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "expected a number and a unit, such as 90s, 1.5h or 250ms",
            Self::NoUnit => "write the unit behind the number: ms, s, m or h",
            Self::UnknownUnit => "the unit must be ms, s, m or h",
            Self::TooLong => "must be at most 584 years",
            Self::TooFine => "must be whole nanoseconds",
        })
    }
}

impl std::error::Error for SpanError {}

impl std::str::FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
            return Err(SpanError::Malformed);
        }
        let nanos_per_unit = match UNITS.iter().find(|(name, _)| *name == unit) {
            Some((_, nanos)) => *nanos,
            None if unit.is_empty() => return Err(SpanError::NoUnit),
            None => return Err(SpanError::UnknownUnit),
        };
        let Ok(whole) = whole.parse::<u64>() else {
            return Err(SpanError::TooLong);
        };
        let whole = whole.checked_mul(nanos_per_unit).ok_or(SpanError::TooLong)?;
        let nanos = whole.checked_add(fraction_nanos(fraction, nanos_per_unit)?);
        nanos.map(Self).ok_or(SpanError::TooLong)
    }
}

/// The nanoseconds of `0.digits` units, without a detour through binary fractions.
fn fraction_nanos(digits: &str, nanos_per_unit: u64) -> Result<u64, SpanError> {
    let mut nanos = 0;
    let mut rest = nanos_per_unit;
    for digit in digits.trim_end_matches('0').bytes() {
        if !rest.is_multiple_of(10) {
            return Err(SpanError::TooFine);
        }
        rest /= 10;
        nanos += u64::from(digit - b'0') * rest;
    }
    Ok(nanos)
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpanVisitor;

        impl Visitor<'_> for SpanVisitor {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration with its unit, such as \"90s\", \"2m\" or \"250ms\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                text.parse().map_err(|error| E::custom(format_args!("{text:?}: {error}")))
            }
        }

        deserializer.deserialize_str(SpanVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_decimal_number_and_a_unit() {
        for (text, nanos) in [
            ("250ms", 250_000_000),
            ("90s", 90_000_000_000),
            ("2m", 120_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("0.1s", 100_000_000),
            ("0.000001ms", 1),
            ("1.50s", 1_500_000_000),
            ("0s", 0),
        ] {
            assert_eq!(text.parse(), Ok(Span::from_nanos(nanos)), "of {text:?}");
        }
    }

    #[test]
    fn what_is_no_span_is_refused_with_a_reason() {
        for (text, error) in [
            ("", SpanError::Malformed),
            ("s", SpanError::Malformed),
            (".5s", SpanError::Malformed),
            ("5.s", SpanError::Malformed),
            ("1.2.3s", SpanError::Malformed),
            ("-5s", SpanError::Malformed),
            (" 5s", SpanError::Malformed),
            ("120", SpanError::NoUnit),
            ("1.5", SpanError::NoUnit),
            ("5 s", SpanError::UnknownUnit),
            ("5d", SpanError::UnknownUnit),
            ("1e3s", SpanError::UnknownUnit),
            ("99999999h", SpanError::TooLong),
            ("99999999999999999999s", SpanError::TooLong),
            ("0.0000001ms", SpanError::TooFine),
        ] {
            assert_eq!(text.parse::<Span>(), Err(error), "of {text:?}");
        }
    }

    #[test]
    fn a_span_is_written_so_that_it_can_be_read_again() {
        for text in ["0s", "250ms", "90s", "2m", "24h", "1500ms", "0.000001ms", "1.25ms"] {
            assert_eq!(text.parse::<Span>().map(|span| span.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_rate_over_part_of_a_second_is_not_a_little_off() {
        assert_eq!(Span::from_millis(700).per_second(7.0).to_bits(), 10.0_f64.to_bits());
        assert_eq!(Span::from_secs(60).per_second(61.0).to_bits(), (61.0_f64 / 60.0).to_bits());
        assert_eq!(
            Span::from_secs(86_400).per_second(4_000_000_001.0).to_bits(),
            (4_000_000_001.0_f64 / 86_400.0).to_bits()
        );
    }

    #[test]
    fn a_span_is_seconds_with_a_fraction() {
        assert_eq!(Span::from_millis(1_500).as_secs().to_bits(), 1.5_f64.to_bits());
    }

    #[test]
    fn an_instant_rounds_to_seconds_towards_the_past_and_measures_forwards() {
        assert_eq!(Instant::from_nanos(-1).secs(), -1);
        let (early, late) = (Instant::from_nanos(i64::MIN), Instant::from_nanos(i64::MAX));
        assert_eq!(late.since(early), Span::from_nanos(u64::MAX));
        assert_eq!(early.since(late), Span::default());
    }
}
