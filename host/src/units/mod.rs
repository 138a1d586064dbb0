//! Durations, sizes and rates as people write them, on the command line and in `weir.toml`.
//!
//! Durations and sizes are read digit by digit in whole nanoseconds and bytes, never through a
//! float, so that what is shown reads back as exactly the same value.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The longest window that a question may have.
pub const WINDOW_MAX: Duration = Duration::from_hours(24);

/// The highest rate that is accepted, in events a second: far beyond what one log can carry, and
/// low enough that a rate times a window stays exact in a float.
pub const RATE_PER_SECOND_MAX: f64 = 1e9;

/// Digits behind the decimal point that count; the others cannot change a nanosecond or a byte.
const FRACTION_DIGITS_MAX: usize = 18;

/// Why a text is not the duration, size or rate that was asked for. The text itself and the flag
/// or key it was written for are named by whoever shows the error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// It does not begin with a number, or the number does not end where the unit begins.
    #[error("expected {expected}")]
    Malformed {
        /// What would have been right, with examples.
        expected: &'static str,
    },
    /// The number has a unit that is not known.
    #[error("unknown unit `{unit}`, expected one of {known}")]
    UnknownUnit {
        /// What stands behind the number.
        unit: String,
        /// The units there are.
        known: &'static str,
    },
    /// The number has no unit where one must be written.
    #[error("the unit is missing, write {example}")]
    MissingUnit {
        /// The same number with a unit.
        example: String,
    },
    /// Not a number, or infinity.
    #[error("must be a finite number")]
    NotFinite,
    /// Zero or less where only more makes sense.
    #[error("must be greater than 0")]
    NotPositive,
    /// More than is accepted.
    #[error("must be at most {high}")]
    TooHigh {
        /// The most that is accepted.
        high: String,
    },
    /// Outside the range that is accepted.
    #[error("must be from {low} to {high}{reading}")]
    OutOfRange {
        /// The least that is accepted.
        low: String,
        /// The most that is accepted.
        high: String,
        /// How a number without a unit was read, in parentheses; empty where it had one.
        reading: String,
    },
}

/// The units that a duration can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// `ms`
    Milliseconds,
    /// `s`
    Seconds,
    /// `m`
    Minutes,
    /// `h`
    Hours,
}

impl TimeUnit {
    /// Every unit, the largest first: the order in which a short way to show a value is sought.
    const ALL: [Self; 4] = [Self::Hours, Self::Minutes, Self::Seconds, Self::Milliseconds];

    /// What is written behind the number.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Minutes => "m",
            Self::Hours => "h",
        }
    }

    /// The unit's name, for sentences.
    const fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "milliseconds",
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
        }
    }

    /// Nanoseconds in one of it.
    const fn nanos(self) -> u128 {
        match self {
            Self::Milliseconds => 1_000_000,
            Self::Seconds => 1_000_000_000,
            Self::Minutes => 60 * 1_000_000_000,
            Self::Hours => 3_600 * 1_000_000_000,
        }
    }
}

/// Reads a duration such as `10`, `90s`, `5m`, `1.5h` or `250ms` and holds it to `range`.
///
/// A number without a unit is in `bare`; where that is `None`, the unit has to be written.
pub fn parse_duration(
    text: &str,
    bare: Option<TimeUnit>,
    range: &RangeInclusive<Duration>,
) -> Result<Duration, UnitError> {
    const EXPECTED: &str = "a duration such as 90s, 5m, 1.5h or 250ms";
    let number = Number::split(text, EXPECTED)?;
    let unit = match (number.unit, bare) {
        ("", Some(bare)) => bare,
        ("", None) => {
            return Err(UnitError::MissingUnit { example: format!("{}s", text.trim()) });
        }
        (written, _) => {
            TimeUnit::ALL.into_iter().find(|unit| unit.suffix() == written).ok_or_else(|| {
                UnitError::UnknownUnit { unit: written.to_owned(), known: "ms, s, m, h" }
            })?
        }
    };
    let reading = match bare {
        Some(bare) if number.unit.is_empty() => {
            format!(" (a number without a unit is in {})", bare.name())
        }
        _ => String::new(),
    };
    number
        .times(unit.nanos())
        .and_then(|nanos| u64::try_from(nanos).ok())
        .map(Duration::from_nanos)
        .filter(|duration| range.contains(duration))
        .ok_or_else(|| UnitError::OutOfRange {
            low: show_duration(*range.start()).to_string(),
            high: show_duration(*range.end()).to_string(),
            reading,
        })
}

/// Reads a size such as `64KiB`, `16MiB`, `1MB` or `4096` (bytes) and holds it to `range`, in
/// bytes. A fraction of a byte is rounded to the nearest whole one.
pub fn parse_size(text: &str, range: &RangeInclusive<u64>) -> Result<u64, UnitError> {
    const EXPECTED: &str = "a size such as 64KiB, 16MiB, 1MB or 4096";
    let number = Number::split(text, EXPECTED)?;
    let factor: u128 = match number.unit {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        unit => {
            return Err(UnitError::UnknownUnit {
                unit: unit.to_owned(),
                known: "B, kB, MB, GB, KiB, MiB, GiB",
            });
        }
    };
    number
        .times(factor)
        .and_then(|bytes| u64::try_from(bytes).ok())
        .filter(|bytes| range.contains(bytes))
        .ok_or_else(|| UnitError::OutOfRange {
            low: show_size(*range.start()).to_string(),
            high: show_size(*range.end()).to_string(),
            reading: String::new(),
        })
}

/// Reads a rate, a second: a number above 0 and up to [`RATE_PER_SECOND_MAX`].
pub fn parse_rate(text: &str) -> Result<f64, UnitError> {
    let rate = text
        .trim()
        .parse::<f64>()
        .map_err(|_not_a_number| UnitError::Malformed { expected: "a number such as 10 or 2.5" })?;
    if !rate.is_finite() {
        Err(UnitError::NotFinite)
    } else if rate <= 0.0 {
        Err(UnitError::NotPositive)
    } else if rate > RATE_PER_SECOND_MAX {
        Err(UnitError::TooHigh { high: RATE_PER_SECOND_MAX.to_string() })
    } else {
        Ok(rate)
    }
}

/// Shows a duration as [`parse_duration`] reads it: whole in the largest unit in which it is, or
/// else in fractional seconds.
pub fn show_duration(duration: Duration) -> impl fmt::Display {
    ShownDuration(duration)
}

/// Shows a size as [`parse_size`] reads it: whole in the largest binary unit in which it is, or
/// else in bytes.
pub fn show_size(bytes: u64) -> impl fmt::Display {
    ShownSize(bytes)
}

struct ShownDuration(Duration);

impl fmt::Display for ShownDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        if nanos == 0 {
            return f.write_str("0s");
        }
        let unit = TimeUnit::ALL.into_iter().find(|unit| nanos.is_multiple_of(unit.nanos()));
        if let Some(unit) = unit {
            return write!(f, "{}{}", nanos / unit.nanos(), unit.suffix());
        }
        let fraction = format!("{:09}", self.0.subsec_nanos());
        write!(f, "{}.{}s", self.0.as_secs(), fraction.trim_end_matches('0'))
    }
}

struct ShownSize(u64);

impl fmt::Display for ShownSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1_u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        match units.into_iter().find(|(unit, _)| self.0 != 0 && self.0.is_multiple_of(*unit)) {
            Some((unit, suffix)) => write!(f, "{}{suffix}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
    }
}

/// A decimal number as it was written, and the unit behind it.
#[derive(Clone, Copy)]
struct Number<'text> {
    negative: bool,
    whole: &'text str,
    fraction: &'text str,
    unit: &'text str,
}

impl<'text> Number<'text> {
    /// Cuts `text` into its number and its unit; a blank between them is fine.
    fn split(text: &'text str, expected: &'static str) -> Result<Self, UnitError> {
        let text = text.trim();
        let (negative, text) = match text.strip_prefix('-') {
            Some(positive) => (true, positive),
            None => (false, text),
        };
        if ["nan", "inf", "infinity"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return Err(UnitError::NotFinite);
        }
        let (whole, rest) = leading_digits(text);
        let (fraction, rest) = match rest.strip_prefix('.').map(leading_digits) {
            Some(("", _)) => return Err(UnitError::Malformed { expected }),
            Some(split) => split,
            None => ("", rest),
        };
        let unit = rest.trim_start();
        let is_unit = unit.chars().all(char::is_alphabetic);
        if (whole.is_empty() && fraction.is_empty()) || !is_unit {
            return Err(UnitError::Malformed { expected });
        }
        Ok(Self { negative, whole, fraction, unit })
    }

    /// The number times `factor` (at most 10^13), rounded to the nearest whole number; `None`
    /// where that is negative or too large to be said.
    fn times(self, factor: u128) -> Option<u128> {
        let whole: u128 = if self.whole.is_empty() { 0 } else { self.whole.parse().ok()? };
        let digits = self.fraction.get(..FRACTION_DIGITS_MAX).unwrap_or(self.fraction);
        let fraction: u128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let scale = 10_u128.checked_pow(u32::try_from(digits.len()).ok()?)?;
        let part = (fraction * factor + scale / 2) / scale;
        let product = whole.checked_mul(factor)?.checked_add(part)?;
        (!self.negative || product == 0).then_some(product)
    }
}

/// The ASCII digits that `text` begins with, and what follows them.
fn leading_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests;
