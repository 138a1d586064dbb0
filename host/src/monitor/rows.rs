//! Rows in columns of their own, to be handed to a monitor on any thread.

use crate::store::{ColumnView, RowsView, TextBlock};

/// The most rows of one call: from 256 to 4,096 the cost of a row is the same, and more would make
/// a call long.
pub const ROWS_MAX: usize = 4_096;

/// Some rows of a subscription.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    times: Vec<i64>,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq)]
enum Column {
    Integers(Vec<i64>),
    Texts(TextBlock),
}

impl Rows {
    /// The rows of a view, in portions of at most [`ROWS_MAX`].
    pub fn split(view: &RowsView<'_>) -> Vec<Self> {
        let mut portions: Vec<Self> = view
            .times()
            .chunks(ROWS_MAX)
            .map(|times| Self { times: times.to_vec(), columns: Vec::new() })
            .collect();
        for column in (0..).map_while(|index| view.column(index)) {
            match column {
                ColumnView::Integers(values) => {
                    for (portion, values) in portions.iter_mut().zip(values.chunks(ROWS_MAX)) {
                        portion.columns.push(Column::Integers(values.to_vec()));
                    }
                }
                ColumnView::Texts(texts) => {
                    let ends: Vec<u32> = texts.ends().collect();
                    let mut base = 0;
                    for (portion, ends) in portions.iter_mut().zip(ends.chunks(ROWS_MAX)) {
                        let end = ends.last().copied().unwrap_or(base);
                        let utf8 = texts.utf8().get(offset(base)..offset(end)).unwrap_or_default();
                        let ends = ends.iter().map(|end| end - base).collect();
                        let block = TextBlock { ends, utf8: utf8.to_owned() };
                        portion.columns.push(Column::Texts(block));
                        base = end;
                    }
                }
            }
        }
        portions
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
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// A column of integers by its place; `None` where there is none or it holds texts.
    pub fn integers(&self, column: usize) -> Option<&[i64]> {
        match self.columns.get(column)? {
            Column::Integers(values) => Some(values),
            Column::Texts(_) => None,
        }
    }

    /// A column of texts by its place; `None` where there is none or it holds integers.
    pub fn texts(&self, column: usize) -> Option<&TextBlock> {
        match self.columns.get(column)? {
            Column::Texts(texts) => Some(texts),
            Column::Integers(_) => None,
        }
    }
}

fn offset(end: u32) -> usize {
    usize::try_from(end).unwrap_or(usize::MAX)
}
