//! Rows in columns, for those who subscribed to them.

use std::ops::Range;

use super::block::{BLOCK_RECORDS_MAX, Rows};
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

/// A column of texts.
#[derive(Debug, Default)]
struct Texts {
    /// Where each ends.
    ends: Vec<u32>,
    /// The texts, one behind the other; each is UTF-8. Not a `String`, which would have to be told so
    /// by looking at each byte once more.
    utf8: Vec<u8>,
}

impl Texts {
    fn clear(&mut self) {
        self.ends.clear();
        self.utf8.clear();
    }

    /// Adds a text of each record, an empty one behind the first 4 GiB; with room for a block's.
    #[inline]
    fn extend<'line>(
        &mut self,
        texts: &mut [&'line [u8]; BLOCK_RECORDS_MAX],
        records: &[&Record<'line>],
        text: impl Fn(&Record<'line>) -> &'line [u8],
    ) {
        let mut bytes = 0;
        for (place, record) in texts.iter_mut().zip(records) {
            *place = text(record);
            bytes += place.len();
        }
        let texts = texts.get(..records.len()).unwrap_or_default();
        let start = self.utf8.len();
        self.utf8.reserve(bytes);
        for text in texts {
            self.utf8.extend_from_slice(text);
        }
        // Nearly always all are ASCII, which is seen much sooner for all of them at once.
        let ascii = self.utf8.get(start..).is_some_and(<[u8]>::is_ascii);
        match (u32::try_from(start), u32::try_from(self.utf8.len())) {
            (Ok(mut end), Ok(_)) if ascii => self.ends.extend(texts.iter().map(|text| {
                #[expect(clippy::cast_possible_truncation, reason = "all of them together fit")]
                let bytes = text.len() as u32;
                end += bytes;
                end
            })),
            _ => {
                self.utf8.truncate(start);
                self.mend(texts);
            }
        }
    }

    /// Adds texts with U+FFFD for what is not UTF-8. Each is looked at on its own, for two broken
    /// ones could make a whole one.
    #[cold]
    fn mend(&mut self, texts: &[&[u8]]) {
        for text in texts {
            let text = to_text(text);
            if let Ok(end) = u32::try_from(self.utf8.len() + text.len()) {
                self.utf8.extend_from_slice(text.as_bytes());
                self.ends.push(end);
            } else {
                self.ends.push(self.ends.last().copied().unwrap_or(0));
            }
        }
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

    pub(crate) const fn len(&self) -> usize {
        self.times.len()
    }

    /// Adds some of a block's records, which are all of one second, column after column.
    pub(crate) fn extend<'line>(&mut self, second: i64, records: &[Record<'line>], passing: Rows) {
        let Some(first) = records.first() else { return };
        let mut chosen = [first; BLOCK_RECORDS_MAX];
        let mut count = 0;
        for (place, (_, record)) in chosen.iter_mut().zip(passing.of(records)) {
            *place = record;
            count += 1;
        }
        let records = chosen.get(..count).unwrap_or_default();
        let rows = self.times.len() + count;
        self.times.resize(rows, Timestamp::from_secs(second).nanos());
        let room: &mut [&'line [u8]; _] = &mut [&[]; BLOCK_RECORDS_MAX];
        for column in &mut self.columns {
            match column {
                Column::Integers(field, values) => match field {
                    Field::Status => values.extend(records.iter().map(|r| integer(r.status))),
                    _ => values.extend(records.iter().map(|r| integer(r.integer(*field)))),
                },
                // What to cut out is decided once a block for those that are most asked for.
                Column::Texts(field, texts) => match field {
                    Field::Client => texts.extend(room, records, |record| record.client),
                    Field::Method => texts.extend(room, records, |record| record.method),
                    Field::Target => texts.extend(room, records, |record| record.target),
                    Field::Path => texts.extend(room, records, Record::path),
                    Field::Agent => texts.extend(room, records, Record::agent),
                    _ => texts.extend(room, records, |record| record.text(*field)),
                },
            }
        }
    }
}

/// A number as a column has it.
#[inline]
fn integer<T: TryInto<i64>>(value: Option<T>) -> i64 {
    value.map_or(INTEGER_ABSENT, |value| value.try_into().unwrap_or(i64::MAX))
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
    utf8: &'digest [u8],
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

    /// The texts, one behind the other, each in UTF-8.
    pub const fn utf8(&self) -> &'digest [u8] {
        self.utf8
    }

    /// All of them, in order, each in UTF-8.
    pub fn iter(&self) -> impl Iterator<Item = &'digest [u8]> {
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
