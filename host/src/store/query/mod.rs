//! The language of questions: what monitors ask of the lines in a window.
//!
//! ```text
//! question  := [ `where` condition `|` ] [ `by` field {`,` field} `|` ] [ `top` N `|` ] aggregate {`,` aggregate}
//! aggregate := `count` | `rate` | `sum(f)` | `avg(f)` | `min(f)` | `max(f)`
//!            | `p50(f)` (any percentile between 0 and 100, as in `p99.9`) | `distinct(f)`
//! condition := comparisons joined by `and`, `or`, `not` and parentheses:
//!              integers  `= != < <= > >=`, `in (200, 304)`
//!              texts     `= !=`, `in ("GET", "HEAD")`, `~ "regex"`, `!~ "regex"`, `starts_with "/api"`
//! ```
//!
//! All aggregates but `count`, `rate` and `distinct` take an integer field (`status`, `bytes`).

mod error;
mod filter;
mod lexer;
mod parser;
mod withholding;

#[cfg(test)]
mod tests;

use std::fmt;

pub use error::QueryError;
pub use filter::Filter;
pub(crate) use filter::{Subject, TextCondition, TextTest};

use crate::record::Field;

/// The longest text of a question or a filter, in bytes.
pub const QUERY_BYTES_MAX: usize = 4_096;
/// The deepest nesting of parentheses and `not` in a condition.
pub const NESTING_MAX: usize = 32;
/// The most fields that one question may group by.
pub const BY_FIELDS_MAX: usize = 4;
/// The most aggregates that one question may ask for.
pub const AGGREGATES_MAX: usize = 16;
/// The most rows that `top` may ask for.
pub const TOP_MAX: usize = 1_000;

/// A question: which lines, in which groups, how many of them, and what about each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub(crate) filter: Option<Filter>,
    pub(crate) by: Vec<Field>,
    pub(crate) top: Option<usize>,
    pub(crate) aggregates: Vec<Aggregate>,
}

impl Query {
    /// Reads a question.
    ///
    /// # Errors
    ///
    /// [`QueryError`] points at the byte where the text stops making sense.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parser::query(text)
    }

    /// The fields that it groups by; none where its answer is one row.
    pub fn by(&self) -> &[Field] {
        &self.by
    }

    /// What it asks about each group, in order.
    pub fn aggregates(&self) -> &[Aggregate] {
        &self.aggregates
    }
}

impl Filter {
    /// Reads a condition, as it stands behind a question's `where`.
    ///
    /// # Errors
    ///
    /// [`QueryError`] points at the byte where the text stops making sense.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parser::filter(text)
    }
}

/// One number about a group of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aggregate {
    /// How many lines.
    Count,
    /// Lines a second, over the whole window.
    Rate,
    /// The sum of a field; lines without it add nothing.
    Sum(Field),
    /// The mean of a field over the lines that have it.
    Average(Field),
    /// The least value of a field.
    Min(Field),
    /// The greatest value of a field.
    Max(Field),
    /// A percentile of a field, within 1 %.
    Quantile(Field, Percentile),
    /// How many different values a field takes; `-`, an absent value, is none.
    Distinct(Field),
}

/// A percentile between 0 and 100, both excluded, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percentile(u32);

impl Percentile {
    /// The thousandths in 100.
    const WHOLE: u32 = 100_000;

    /// Reads the digits behind the `p`: `99`, `99.9`, up to three digits behind the point.
    fn parse(digits: &str) -> Option<Self> {
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if whole.len() > 2 || fraction.len() > 3 || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let thousandths: u32 = format!("{fraction:0<3}").parse().ok()?;
        let whole: u32 = whole.parse().ok()?;
        let percentile = whole * 1_000 + thousandths;
        (percentile > 0).then_some(Self(percentile))
    }

    /// The rank, from 1, of this percentile among `count` values in their order: the nearest-rank
    /// definition, the least rank that covers the percentile.
    pub(crate) fn rank(self, count: u64) -> u64 {
        let scaled = u128::from(count) * u128::from(self.0);
        u64::try_from(scaled.div_ceil(u128::from(Self::WHOLE))).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / 1_000, self.0 % 1_000);
        if fraction == 0 {
            return write!(f, "p{whole}");
        }
        let digits = format!("{fraction:03}");
        write!(f, "p{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("count"),
            Self::Rate => f.write_str("rate"),
            Self::Sum(field) => write!(f, "sum({})", field.name()),
            Self::Average(field) => write!(f, "avg({})", field.name()),
            Self::Min(field) => write!(f, "min({})", field.name()),
            Self::Max(field) => write!(f, "max({})", field.name()),
            Self::Quantile(field, percentile) => write!(f, "{percentile}({})", field.name()),
            Self::Distinct(field) => write!(f, "distinct({})", field.name()),
        }
    }
}

/// The canonical text: equal questions have equal texts, and the text reads back as the question.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(filter) = &self.filter {
            write!(f, "where {filter} | ")?;
        }
        if !self.by.is_empty() {
            f.write_str("by ")?;
            filter::joined(f, self.by.iter().map(|field| field.name()), ", ")?;
            f.write_str(" | ")?;
        }
        if let Some(top) = self.top {
            write!(f, "top {top} | ")?;
        }
        filter::joined(f, &self.aggregates, ", ")
    }
}
