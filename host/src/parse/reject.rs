//! Why a line is not in the log's format.

use std::fmt;

/// A line that cannot be read: what was expected, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: expected {expected}")]
pub struct Reject {
    /// What should have stood there.
    pub expected: Expected,
    /// Where, in bytes of the line, counted from 1.
    pub column: usize,
}

/// The parts that a line must have, in the order in which they are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// The client's address or host name.
    Client,
    /// What identd said.
    Ident,
    /// The authenticated user.
    User,
    /// The bracketed time.
    Timestamp,
    /// The opening quote of the request.
    Request,
    /// The closing quote of the request.
    ClosingQuote,
    /// The status code.
    Status,
    /// The size of the response.
    Size,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "a client's address or name, then a space",
            Self::Ident => "an identity or `-`, then a space",
            Self::User => "a user or `-`, then a space and a timestamp",
            Self::Timestamp => "a timestamp such as [17/May/2015:10:05:03 +0000]",
            Self::Request => "a space and a quoted request",
            Self::ClosingQuote => "the closing quote of the request",
            Self::Status => "a space and a status code of three digits or `-`",
            Self::Size => "a space and a size in bytes or `-`",
        })
    }
}
