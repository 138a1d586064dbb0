//! Rows, for monitors that subscribed.

use crate::bindings::weir::monitor::host as raw;
use crate::{Instant, Texts};

/// Rows in columns, in the order of the log. Every method fetches its column from the host anew,
/// so call it once a batch, and only for the columns in use.
#[derive(Debug)]
pub struct Batch<'call> {
    raw: &'call raw::Batch,
}

impl<'call> Batch<'call> {
    pub(crate) fn new(raw: &'call raw::Batch) -> Self {
        Self { raw }
    }

    /// The number of rows; every column has as many values.
    pub fn rows(&self) -> usize {
        usize::try_from(self.raw.rows()).unwrap_or(usize::MAX)
    }

    /// When each request was logged, to the second.
    pub fn times(&self) -> Vec<Instant> {
        self.raw.times().into_iter().map(Instant::from_nanos).collect()
    }

    /// Column `column` of the subscription, counted from 0: `status` or `bytes`. Empty for a
    /// column of texts.
    pub fn integers(&self, column: u32) -> Integers {
        Integers { values: self.raw.integers(column) }
    }

    /// Column `column` of the subscription, counted from 0, as the log has it (`-` for none).
    /// Empty for a column of integers.
    pub fn texts(&self, column: u32) -> Texts {
        Texts::new(self.raw.texts(column))
    }
}

/// A column of whole numbers, some of which the log may leave out.
#[derive(Clone, Debug, Default)]
pub struct Integers {
    values: Vec<i64>,
}

impl Integers {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of row `index`, counted from 0; `None` where the log has none.
    pub fn get(&self, index: usize) -> Option<u64> {
        self.values.get(index).and_then(|&value| u64::try_from(value).ok())
    }

    /// Every row's value in its order; `None` where the log has none.
    pub fn iter(&self) -> impl Iterator<Item = Option<u64>> {
        self.values.iter().map(|&value| u64::try_from(value).ok())
    }

    /// The values as they crossed the boundary, -1 where the log has none: for tight loops.
    pub fn as_slice(&self) -> &[i64] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_log_leaves_out_is_no_number() {
        let column = Integers { values: vec![200, -1, 0] };
        assert_eq!(column.iter().collect::<Vec<_>>(), [Some(200), None, Some(0)]);
        assert_eq!((column.get(0), column.get(1), column.get(3)), (Some(200), None, None));
        assert_eq!(column.len(), 3);
    }
}
