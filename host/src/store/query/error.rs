//! What is wrong with a question's text.

use std::fmt;

/// A question or filter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at byte {offset}{}", Hint(hint.as_deref()))]
pub struct QueryError {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes of the text, counted from 0.
    pub offset: usize,
    /// What was probably meant.
    pub hint: Option<String>,
}

impl QueryError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset, hint: None }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// A hint as it is written behind a message.
struct Hint<'hint>(Option<&'hint str>);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}
