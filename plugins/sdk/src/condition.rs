//! Conditions that are settings.

use std::fmt;

use serde::Deserialize;

/// Which lines a monitor looks at, in the language of questions: what stands behind `where`. An
/// empty one holds for every line.
///
/// A setting of this type lets people say what counts, as in `where = "section = \"api\""`. The host
/// reads it when a question is made of it, with
/// [`Setup::query_where`](crate::Setup::query_where).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Condition(String);

impl Condition {
    /// The condition that `text` writes.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Holds where both do.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => other.clone(),
            (_, true) => self.clone(),
            // `or` binds less than `and`.
            _ => Self(format!("({self}) and ({other})")),
        }
    }

    /// The whole question, out of what is asked about the lines.
    pub(crate) fn asking(&self, question: &str) -> String {
        if self.is_empty() { question.to_owned() } else { format!("where {self} | {question}") }
    }

    fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_condition_leaves_the_question_as_it_is() {
        for empty in ["", "  "] {
            assert_eq!(Condition::new(empty).asking("count"), "count");
        }
        let errors = Condition::new("status >= 500");
        assert_eq!(errors.asking("count"), "where status >= 500 | count");
    }

    #[test]
    fn both_conditions_keep_what_they_mean() {
        let (one, other) = (Condition::new("status = 1 or bytes = 2"), Condition::new("bytes > 3"));
        assert_eq!(one.and(&other).to_string(), "(status = 1 or bytes = 2) and (bytes > 3)");
        assert_eq!(one.and(&Condition::default()), one);
        assert_eq!(Condition::default().and(&one), one);
    }

    #[test]
    fn a_condition_is_a_text_in_the_settings() {
        let read = serde_json::from_str::<Condition>("\"status = 404\"").unwrap();
        assert_eq!(read, Condition::new("status = 404"));
        assert!(serde_json::from_str::<Condition>("404").is_err());
    }
}
