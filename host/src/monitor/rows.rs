//! Rows in the columns that a monitor is handed, on any thread.

use super::bindings::weir::monitor::types;
use crate::store::{ColumnView, RowsView, TextsView};

/// The most rows of one call: from 256 to 4,096 the cost of a row is the same, and more would make
/// a call long.
pub const ROWS_MAX: usize = 4_096;

/// Some rows of a subscription, laid out as they cross into a guest: once for all monitors that
/// subscribed to them, and then as few copies a monitor as there are blocks.
pub struct Rows {
    times: Vec<i64>,
    columns: types::Columns,
}

impl Rows {
    /// The rows of a view, in portions of at most [`ROWS_MAX`].
    pub fn split(view: &RowsView<'_>) -> Vec<Self> {
        view.chunks(ROWS_MAX).map(|portion| Self::copied(&portion)).collect()
    }

    fn copied(view: &RowsView<'_>) -> Self {
        let (mut integers, mut ends, mut utf8) = (0, 0, 0);
        for column in view.columns() {
            match column {
                ColumnView::Integers(values) => integers += values.len(),
                ColumnView::Texts(texts) => {
                    ends += texts.ends().len();
                    utf8 += texts.utf8().len();
                }
            }
        }
        let mut integers = Vec::with_capacity(integers);
        let mut texts =
            types::TextBlock { ends: Vec::with_capacity(ends), utf8: Vec::with_capacity(utf8) };
        for column in view.columns() {
            match column {
                ColumnView::Integers(values) => integers.extend_from_slice(values),
                ColumnView::Texts(column) => append(&mut texts, &column),
            }
        }
        let rows = u32::try_from(view.len()).unwrap_or(u32::MAX);
        Self { times: view.times().to_vec(), columns: types::Columns { rows, integers, texts } }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// When each was logged, in nanoseconds since the epoch.
    pub(super) fn times(&self) -> &[i64] {
        &self.times
    }

    pub(super) const fn columns(&self) -> &types::Columns {
        &self.columns
    }
}

/// Puts a column's texts behind those of the columns before it. No batch of lines has 4 GiB of
/// texts; if one had, the ends would stay where they can be told to be wrong.
fn append(block: &mut types::TextBlock, column: &TextsView<'_>) {
    let base = u32::try_from(block.utf8.len()).unwrap_or(u32::MAX);
    block.ends.extend(column.ends().map(|end| end.saturating_add(base)));
    block.utf8.extend_from_slice(column.utf8().as_bytes());
}
