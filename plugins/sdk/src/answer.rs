//! Questions and their answers.

use crate::Texts;
use crate::bindings::weir::monitor::types;
use crate::host as raw;

/// A question declared with [`Setup::query`](crate::Setup::query).
#[derive(Debug)]
pub struct Query {
    raw: raw::Query,
}

impl Query {
    pub(crate) fn new(raw: raw::Query) -> Self {
        Self { raw }
    }

    /// The answer over the window that ends now. Within one tick it never changes, and each call
    /// fetches it anew, so ask once. Outside [`Monitor::on_tick`](crate::Monitor::on_tick) it is
    /// the last tick's, and empty before the first.
    pub fn answer(&self) -> Answer {
        Answer::new(self.raw.answer())
    }
}

/// A question's answer: a table of keys, one a `by` field, and values, one an aggregate.
#[derive(Clone, Debug)]
pub struct Answer {
    table: types::Table,
}

impl Answer {
    fn new(table: types::Table) -> Self {
        Self { table }
    }

    fn keys(&self) -> Texts<'_> {
        Texts::new(&self.table.keys)
    }

    /// The rows in the answer's order, each with its keys and its values. Both numbers follow from
    /// the pattern: `for ([section], [count, rate]) in answer.rows()` for
    /// `by section | count, rate`.
    ///
    /// # Panics
    ///
    /// Where the table does not have that many keys and values a row: the question and the code
    /// behind it have grown apart, and any row would be a wrong one.
    pub fn rows<const KEYS: usize, const VALUES: usize>(&self) -> Rows<'_, KEYS, VALUES> {
        const { assert!(VALUES > 0, "a row has at least one value") };
        let rows = self.table.values.len() / VALUES;
        assert!(
            rows * VALUES == self.table.values.len() && rows * KEYS == self.keys().len(),
            "an answer of {} keys and {} values does not divide into rows of {KEYS} keys and \
             {VALUES} values",
            self.keys().len(),
            self.table.values.len(),
        );
        Rows { keys: self.keys(), values: &self.table.values, next: 0, end: rows }
    }

    /// The first value of the first row: the whole answer of a question without `by` that asks one
    /// thing. 0 where there is no row, as before the first tick.
    pub fn value(&self) -> f64 {
        self.table.values.first().copied().unwrap_or(0.0)
    }

    /// Whether the answer is exact; a budget or a sketch may have made it approximate.
    pub fn is_exact(&self) -> bool {
        self.table.exact
    }
}

/// The rows of an [`Answer`], from [`Answer::rows`].
#[derive(Clone, Debug)]
pub struct Rows<'answer, const KEYS: usize, const VALUES: usize> {
    keys: Texts<'answer>,
    values: &'answer [f64],
    next: usize,
    end: usize,
}

impl<'answer, const KEYS: usize, const VALUES: usize> Iterator for Rows<'answer, KEYS, VALUES> {
    type Item = ([&'answer str; KEYS], [f64; VALUES]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.end {
            return None;
        }
        let row = self.next;
        self.next += 1;
        let keys = std::array::from_fn(|key| self.keys.get(row * KEYS + key).unwrap_or_default());
        let values = *self.values.get(row * VALUES..)?.first_chunk()?;
        Some((keys, values))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next;
        (left, Some(left))
    }
}

impl<const KEYS: usize, const VALUES: usize> ExactSizeIterator for Rows<'_, KEYS, VALUES> {}

/// An answer's value as the whole number that it is for `count` and `distinct`; 0 for what is
/// negative or not a number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates at both ends, and counts have no fraction to lose"
)]
pub fn to_count(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(keys: &[&str], values: &[f64]) -> Answer {
        let mut utf8 = Vec::new();
        let mut ends = Vec::new();
        for key in keys {
            utf8.extend_from_slice(key.as_bytes());
            ends.push(u32::try_from(utf8.len()).unwrap());
        }
        let keys = types::TextBlock { ends, utf8 };
        Answer::new(types::Table { keys, values: values.to_vec(), exact: true })
    }

    #[test]
    fn a_row_has_its_keys_and_its_values() {
        let answer = answer(&["pages", "GET", "api", "PUT"], &[3.0, 0.3, 2.0, 0.2]);
        let rows: Vec<([&str; 2], [f64; 2])> = answer.rows().collect();
        assert_eq!(rows, [(["pages", "GET"], [3.0, 0.3]), (["api", "PUT"], [2.0, 0.2])]);
        assert_eq!(answer.rows::<2, 2>().len(), 2);
    }

    #[test]
    fn a_question_without_by_has_one_row_without_keys() {
        let answer = answer(&[], &[7.0]);
        assert_eq!(answer.rows().collect::<Vec<_>>(), [([], [7.0])]);
        assert_eq!(answer.value().to_bits(), 7.0_f64.to_bits());
    }

    #[test]
    fn an_answer_before_the_first_tick_has_no_rows() {
        let answer = answer(&[], &[]);
        assert_eq!(answer.rows::<1, 1>().count(), 0);
        assert_eq!(answer.value().to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    #[should_panic(expected = "does not divide into rows of 1 keys and 2 values")]
    fn rows_of_another_shape_than_the_questions_are_refused() {
        let _ = answer(&["pages", "api"], &[1.0, 2.0]).rows::<1, 2>();
    }

    #[test]
    fn a_value_counts_as_a_whole_number() {
        assert_eq!(to_count(71.0), 71);
        assert_eq!(to_count(f64::NAN), 0);
        assert_eq!(to_count(-1.0), 0);
    }
}
