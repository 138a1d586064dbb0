//! What is wrong with a monitor's settings or questions.

use std::fmt;
use std::ops::RangeInclusive;

use crate::bindings::weir::monitor::types as raw;

/// One mistake in the settings or in a question: where it is, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    path: String,
    message: String,
    offset: Option<u32>,
}

impl Problem {
    /// A mistake in the setting `name`; `message` says what was expected and what was found. An
    /// empty name stands for the settings as a whole.
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: name.into(), message: message.into(), offset: None }
    }

    /// The same mistake, said to be that of the setting `name`: for a question that is made of a
    /// setting, so that whoever wrote the setting finds it, and the place in the question with it.
    #[must_use]
    pub fn in_setting(self, name: &str) -> Self {
        Self { message: format!("{name}: {}", self.message), ..self }
    }

    /// The setting's name, or the question's text.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What was expected.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.path.as_str(), self.offset) {
            ("", _) => f.write_str(&self.message),
            (path, None) => write!(f, "{path}: {}", self.message),
            (path, Some(offset)) => write!(f, "{path}: at byte {offset}: {}", self.message),
        }
    }
}

impl std::error::Error for Problem {}

impl From<raw::Problem> for Problem {
    fn from(problem: raw::Problem) -> Self {
        Self { path: problem.path, message: problem.message, offset: problem.offset }
    }
}

/// Everything that is wrong, so that it can be mended in one go. `?` makes one of a single
/// [`Problem`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes one more mistake.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Notes a mistake where the setting `name` has a value outside `range`; what cannot be compared,
    /// as not a number, is outside every range.
    pub fn check_range<T>(&mut self, name: &str, value: &T, range: &RangeInclusive<T>)
    where
        T: PartialOrd + fmt::Display,
    {
        if !range.contains(value) {
            let (least, most) = (range.start(), range.end());
            let message = format!("must be between {least} and {most}, not {value}");
            self.push(Problem::new(name, message));
        }
    }

    /// An error where anything was noted: `problems.into_result()?`.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The mistakes, in the order in which they were noted.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    pub(crate) fn into_raw(self) -> Vec<raw::Problem> {
        self.0
            .into_iter()
            .map(|Problem { path, message, offset }| raw::Problem { path, message, offset })
            .collect()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_where_it_is_as_far_as_that_is_known() {
        assert_eq!(Problem::new("", "expected an object").to_string(), "expected an object");
        let setting = Problem::new("interval", "must be above 0 s");
        assert_eq!(setting.to_string(), "interval: must be above 0 s");
        let question = Problem { path: "by x".to_owned(), offset: Some(3), ..setting };
        assert_eq!(question.to_string(), "by x: at byte 3: must be above 0 s");
    }

    #[test]
    fn a_question_made_of_a_setting_names_the_setting_and_keeps_its_place() {
        let found = Problem {
            path: "where x = 1 | count".to_owned(),
            message: "unknown field `x`".to_owned(),
            offset: Some(6),
        };
        let expected = "where x = 1 | count: at byte 6: errors: unknown field `x`";
        assert_eq!(found.in_setting("errors").to_string(), expected);
    }

    #[test]
    fn a_value_outside_its_range_is_a_problem_and_its_bounds_are_none() {
        let mut problems = Problems::new();
        for inside in [0.5, 1.0, 2.0] {
            problems.check_range("share", &inside, &(0.5..=2.0));
        }
        assert_eq!(problems, Problems::new());
        for (outside, found) in [(0.4, "0.4"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
            let mut problems = Problems::new();
            problems.check_range("share", &outside, &(0.5..=2.0));
            let message = format!("must be between 0.5 and 2, not {found}");
            assert_eq!(problems.as_slice(), [Problem::new("share", message)]);
        }
    }

    #[test]
    fn problems_are_an_error_once_there_is_one() {
        let mut problems = Problems::new();
        assert_eq!(problems.clone().into_result(), Ok(()));
        problems.push(Problem::new("interval", "must be above 0 s"));
        assert_eq!(problems.clone().into_result(), Err(problems));
    }
}
