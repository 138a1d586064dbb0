//! Rows in columns, for those who subscribed to them.

use std::ops::Range;

use super::plan::{Plan, Subscription};
use crate::clock::Timestamp;
use crate::record::{Field, FieldKind, Record, to_text};

/// What an absent integer is in a column.
const INTEGER_ABSENT: i64 = -1;

/// Many texts in one block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextBlock {
    /// Where each text ends in `utf8`; text `i` begins where text `i - 1` ends, the first one at 0.
    pub ends: Vec<u32>,
    /// The texts, one behind the other.
    pub utf8: String,
}

impl TextBlock {
    /// How many texts there are.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A text by its place.
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = self.ends.get(at).copied()?;
        let start =
            at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.utf8.get(offset(start)..offset(end))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// Adds a text; what is not UTF-8 becomes U+FFFD. Nothing is added behind the first 4 GiB but
    /// empty texts.
    #[inline]
    pub(crate) fn push(&mut self, text: &[u8]) {
        match std::str::from_utf8(text) {
            Ok(text) => self.push_str(text),
            Err(_) => self.push_str(&to_text(text)),
        }
    }

    #[inline]
    pub(crate) fn push_str(&mut self, text: &str) {
        match u32::try_from(self.utf8.len() + text.len()) {
            Ok(end) => {
                self.utf8.push_str(text);
                self.ends.push(end);
            }
            Err(_) => self.ends.push(self.ends.last().copied().unwrap_or(0)),
        }
    }
}

/// An end of a text as an index.
const fn offset(end: u32) -> usize {
    end as usize
}

/// A subscription's rows of one batch.
#[derive(Debug)]
pub(crate) struct RowSet {
    times: Vec<i64>,
    columns: Vec<Column>,
}

#[derive(Debug)]
enum Column {
    Integers(Field, Vec<i64>),
    Texts(Field, Texts),
}

/// A column of texts: as bytes while rows are added, as UTF-8 once they are all there.
#[derive(Debug, Default)]
struct Texts {
    ends: Vec<u32>,
    bytes: Vec<u8>,
    utf8: String,
}

impl Texts {
    fn clear(&mut self) {
        self.reopen();
        self.bytes.clear();
        self.ends.clear();
    }

    /// Makes the texts bytes again, where they are not.
    fn reopen(&mut self) {
        if !self.utf8.is_empty() {
            self.bytes = std::mem::take(&mut self.utf8).into_bytes();
        }
    }

    /// Adds a text; an empty one behind the first 4 GiB.
    #[inline]
    fn push(&mut self, text: &[u8]) {
        if let Ok(end) = u32::try_from(self.bytes.len() + text.len()) {
            self.bytes.extend_from_slice(text);
            self.ends.push(end);
        } else {
            self.ends.push(self.ends.last().copied().unwrap_or(0));
        }
    }

    /// Checks the texts. Nearly always they are ASCII, which is seen much sooner for all of them at
    /// once; otherwise each is looked at on its own, for two broken ones could make a whole one.
    fn finish(&mut self) {
        self.reopen();
        let bytes = std::mem::take(&mut self.bytes);
        self.utf8 = if bytes.is_ascii() {
            String::from_utf8(bytes).unwrap_or_else(|error| self.mend(&error.into_bytes()))
        } else {
            self.mend(&bytes)
        };
    }

    /// The texts with U+FFFD for what is not UTF-8, and their new ends.
    fn mend(&mut self, bytes: &[u8]) -> String {
        let mut start = 0;
        let mut mended = TextBlock::default();
        for &end in &self.ends {
            mended.push(bytes.get(offset(start)..offset(end)).unwrap_or_default());
            start = end;
        }
        self.ends = mended.ends;
        mended.utf8
    }
}

impl RowSet {
    pub(crate) fn new(subscription: &Subscription) -> Self {
        let columns = subscription.fields.iter().map(|&field| match field.kind() {
            FieldKind::Integer => Column::Integers(field, Vec::new()),
            FieldKind::Text => Column::Texts(field, Texts::default()),
        });
        Self { times: Vec::new(), columns: columns.collect() }
    }

    pub(crate) fn clear(&mut self) {
        self.times.clear();
        for column in &mut self.columns {
            match column {
                Column::Integers(_, values) => values.clear(),
                Column::Texts(_, texts) => texts.clear(),
            }
        }
    }

    /// Makes room for more rows behind readable ones.
    pub(crate) fn reopen(&mut self) {
        for column in &mut self.columns {
            if let Column::Texts(_, texts) = column {
                texts.reopen();
            }
        }
    }

    /// Makes the rows readable, after the last one.
    pub(crate) fn finish(&mut self) {
        for column in &mut self.columns {
            if let Column::Texts(_, texts) = column {
                texts.finish();
            }
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.times.len()
    }

    #[inline]
    pub(crate) fn push(&mut self, record: &Record<'_>) {
        self.times.push(Timestamp::from_secs(record.second).nanos());
        for column in &mut self.columns {
            match column {
                Column::Integers(field, values) => {
                    let value = record.integer(*field);
                    values.push(
                        value.map_or(INTEGER_ABSENT, |value| {
                            i64::try_from(value).unwrap_or(i64::MAX)
                        }),
                    );
                }
                Column::Texts(field, texts) => texts.push(record.text(*field)),
            }
        }
    }
}

/// A stretch of a subscription's rows, in the order of the log.
#[derive(Clone, Debug)]
pub struct RowsView<'digest> {
    set: Option<&'digest RowSet>,
    rows: Range<usize>,
}

/// The values of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnView<'digest> {
    /// Of an integer field; -1 where the log has none, and `i64::MAX` for what is larger.
    Integers(&'digest [i64]),
    /// Of a text field.
    Texts(TextsView<'digest>),
}

/// A stretch of a column of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextsView<'digest> {
    /// What has to be taken from each end.
    base: u32,
    ends: &'digest [u32],
    utf8: &'digest str,
}

impl<'digest> RowsView<'digest> {
    pub(crate) fn new(set: Option<&'digest RowSet>, rows: Range<usize>) -> Self {
        Self { set, rows }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.times().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.times().is_empty()
    }

    /// When each was logged, in nanoseconds since the epoch.
    pub fn times(&self) -> &'digest [i64] {
        self.set.and_then(|set| set.times.get(self.rows.clone())).unwrap_or_default()
    }

    /// The same rows in stretches of `most` rows, the last one of what is left.
    pub fn chunks(&self, most: usize) -> impl Iterator<Item = Self> {
        let (rows, most) = (self.rows.start..self.rows.start + self.len(), most.max(1));
        rows.clone().step_by(most).map(move |start| Self {
            set: self.set,
            rows: start..rows.end.min(start.saturating_add(most)),
        })
    }

    /// The columns, in the order of the subscription.
    pub fn columns(&self) -> impl Iterator<Item = ColumnView<'digest>> {
        (0..).map_while(|index| self.column(index))
    }

    /// A column by its place in the subscription.
    pub fn column(&self, column: usize) -> Option<ColumnView<'digest>> {
        match self.set?.columns.get(column)? {
            Column::Integers(_, values) => values.get(self.rows.clone()).map(ColumnView::Integers),
            Column::Texts(_, texts) => {
                let ends = texts.ends.get(self.rows.clone())?;
                let before = self.rows.start.checked_sub(1).and_then(|at| texts.ends.get(at));
                let base = before.copied().unwrap_or(0);
                let end = ends.last().copied().unwrap_or(base);
                let utf8 = texts.utf8.get(offset(base)..offset(end))?;
                Some(ColumnView::Texts(TextsView { base, ends, utf8 }))
            }
        }
    }
}

impl<'digest> TextsView<'digest> {
    /// Where each text ends in [`Self::utf8`].
    pub fn ends(&self) -> impl ExactSizeIterator<Item = u32> + 'digest {
        let base = self.base;
        self.ends.iter().map(move |end| end - base)
    }

    /// The texts, one behind the other.
    pub const fn utf8(&self) -> &'digest str {
        self.utf8
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'digest str> {
        let utf8 = self.utf8;
        self.ends().scan(0, move |start, end| {
            let text = utf8.get(offset(*start)..offset(end));
            *start = end;
            text
        })
    }
}

/// The row sets of a plan.
pub(crate) fn row_sets(plan: &Plan) -> Vec<RowSet> {
    plan.subscriptions.iter().map(RowSet::new).collect()
}
