//! Rows, for monitors that subscribed.

use std::ops::Range;

use crate::bindings::weir::monitor::types;
use crate::{Instant, Texts, host};

/// Rows in columns, in the order of the log: the columns as they crossed the boundary, the integers
/// one column behind the other, and the texts likewise.
#[derive(Debug)]
pub struct Batch(types::Columns);

impl Batch {
    pub(crate) fn new(columns: types::Columns) -> Self {
        Self(columns)
    }

    /// The number of rows; every column has as many values.
    pub fn rows(&self) -> usize {
        usize::try_from(self.0.rows).unwrap_or(usize::MAX)
    }

    /// When each request was logged, to the second. Fetched from the host anew by every call.
    pub fn times(&self) -> Vec<Instant> {
        host::row_times().into_iter().map(Instant::from_nanos).collect()
    }

    /// Integer column `column` of the subscription: those of its fields that are `status` or
    /// `bytes`, counted from 0 in their order. Empty where there is no such column.
    pub fn integers(&self, column: usize) -> Integers<'_> {
        Integers { values: self.0.integers.get(self.values(column)).unwrap_or_default() }
    }

    /// Text column `column` of the subscription: those of its fields that are neither `status` nor
    /// `bytes`, counted from 0 in their order. Texts are as the log has them (`-` for none). Empty
    /// where there is no such column.
    pub fn texts(&self, column: usize) -> Texts<'_> {
        Texts::new(&self.0.texts).slice(self.values(column))
    }

    /// Where a column's values are among those of its kind.
    fn values(&self, column: usize) -> Range<usize> {
        let start = self.rows().saturating_mul(column);
        start..start.saturating_add(self.rows())
    }
}

/// A column of whole numbers, some of which the log may leave out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Integers<'batch> {
    values: &'batch [i64],
}

impl<'batch> Integers<'batch> {
    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of row `index`, counted from 0; `None` where the log has none.
    pub fn get(&self, index: usize) -> Option<u64> {
        self.values.get(index).and_then(|&value| u64::try_from(value).ok())
    }

    /// Every row's value in its order; `None` where the log has none.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<u64>> + use<'batch> {
        self.values.iter().map(|&value| u64::try_from(value).ok())
    }

    /// The values as they crossed the boundary, -1 where the log has none: for tight loops.
    pub const fn as_slice(&self) -> &'batch [i64] {
        self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rows of `client`, `status`, `path`, `bytes`.
    fn batch() -> Batch {
        let texts = types::TextBlock { ends: vec![1, 1, 4, 6], utf8: b"c/ab/d".to_vec() };
        Batch::new(types::Columns { rows: 2, integers: vec![200, 404, -1, 7], texts })
    }

    #[test]
    fn columns_of_a_kind_are_counted_without_those_of_the_other_kind() {
        let batch = batch();
        assert_eq!(batch.texts(0).iter().collect::<Vec<_>>(), ["c", ""]);
        assert_eq!(batch.texts(1).iter().collect::<Vec<_>>(), ["/ab", "/d"]);
        assert_eq!(batch.integers(0).as_slice(), [200, 404]);
        assert_eq!(batch.integers(1).as_slice(), [-1, 7]);
    }

    #[test]
    fn a_column_that_was_not_subscribed_to_is_empty() {
        let batch = batch();
        assert!(batch.texts(2).is_empty() && batch.texts(usize::MAX).is_empty());
        assert!(batch.integers(2).is_empty() && batch.integers(usize::MAX).is_empty());
    }

    #[test]
    fn what_the_log_leaves_out_is_no_number() {
        let column = Integers { values: &[200, -1, 0] };
        assert_eq!(column.iter().collect::<Vec<_>>(), [Some(200), None, Some(0)]);
        assert_eq!((column.get(0), column.get(1), column.get(3)), (Some(200), None, None));
        assert_eq!(column.len(), 3);
    }
}
