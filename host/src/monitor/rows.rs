//! Rows in the columns that a monitor is handed, on any thread.

use super::aligned::Aligned;
use super::bindings::weir::monitor::types;
use crate::store::{ColumnView, RowsView, TextsView};

/// The most rows of one call. Fewer have each a larger share in what a call costs; of more, the copy
/// into the guest falls out of the second-level cache.
pub const ROWS_MAX: usize = 2_048;

/// Some rows of a subscription, laid out as they cross into a guest: once for all monitors that
/// subscribed to them, and then as few copies a monitor as there are blocks.
pub struct Rows {
    times: Vec<i64>,
    integers: Aligned<i64>,
    ends: Aligned<u32>,
    utf8: Aligned<u8>,
}

impl Rows {
    /// The rows of a view, in portions of at most [`ROWS_MAX`].
    pub fn split(view: &RowsView<'_>) -> Vec<Self> {
        Self::portions(view, ROWS_MAX)
    }

    fn portions(view: &RowsView<'_>, most: usize) -> Vec<Self> {
        view.chunks(most).map(|portion| Self::copied(&portion)).collect()
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
        let mut rows = Self {
            times: view.times().to_vec(),
            integers: Aligned::with_capacity(integers),
            ends: Aligned::with_capacity(ends),
            utf8: Aligned::with_capacity(utf8),
        };
        for column in view.columns() {
            match column {
                ColumnView::Integers(values) => rows.integers.extend_from_slice(values),
                ColumnView::Texts(texts) => rows.append(&texts),
            }
        }
        rows
    }

    /// Puts a column's texts behind those of the columns before it. No batch of lines has 4 GiB of
    /// texts; if one had, the ends would stay where they can be told to be wrong.
    fn append(&mut self, column: &TextsView<'_>) {
        let base = u32::try_from(self.utf8.as_slice().len()).unwrap_or(u32::MAX);
        self.ends.extend(column.ends().map(|end| end.saturating_add(base)));
        self.utf8.extend_from_slice(column.utf8());
    }

    /// No rows at all, of whatever subscription.
    pub fn none() -> Self {
        Self {
            times: Vec::new(),
            integers: Aligned::with_capacity(0),
            ends: Aligned::with_capacity(0),
            utf8: Aligned::with_capacity(0),
        }
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

    /// As they cross the boundary.
    pub(super) fn columns(&self) -> types::Columns<'_> {
        let texts =
            types::TextBlockParam { ends: self.ends.as_slice(), utf8: self.utf8.as_slice() };
        let rows = u32::try_from(self.len()).unwrap_or(u32::MAX);
        types::Columns { rows, integers: self.integers.as_slice(), texts }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::record::{ABSENT, Field, Record};
    use crate::store::{Digest, PlanBuilder};

    #[derive(Clone, Debug)]
    struct Row {
        second: i64,
        client: String,
        status: Option<u16>,
        user: String,
        bytes: Option<u64>,
    }

    fn row() -> impl Strategy<Value = Row> {
        let texts = ("[a-zé]{0,3}", "[a-zé]{0,3}");
        let integers = (prop::option::of(100..600_u16), prop::option::of(0..9_u64));
        (0..2_i64, texts, integers).prop_map(|(second, (client, user), (status, bytes))| Row {
            second,
            client,
            status,
            user,
            bytes,
        })
    }

    impl Row {
        fn record(&self) -> Record<'_> {
            Record {
                second: self.second,
                client: self.client.as_bytes(),
                ident: ABSENT,
                user: self.user.as_bytes(),
                method: b"GET",
                target: b"/",
                protocol: b"HTTP/1.1",
                status: self.status,
                bytes: self.bytes,
                rest: b"",
            }
        }
    }

    fn digest(rows: &[Row]) -> (Digest, crate::store::SubscriptionId) {
        let mut builder = PlanBuilder::new();
        let fields = [Field::Client, Field::Status, Field::User, Field::Bytes];
        let subscription = builder.subscribe(&fields, None);
        let mut digest = Digest::new(Arc::new(builder.build()));
        digest.extend(rows.iter().map(Row::record));
        digest.finish();
        (digest, subscription)
    }

    fn cut(block: &types::TextBlockParam<'_>) -> Vec<String> {
        let (mut start, mut texts) = (0, Vec::new());
        for &end in block.ends {
            texts.push(String::from_utf8(block.utf8[start..end as usize].to_vec()).unwrap());
            start = end as usize;
        }
        texts
    }

    proptest! {
        #[test]
        fn each_portion_has_its_rows_column_behind_column(
            rows in vec(row(), 0..150),
            most in 1..12_usize,
        ) {
            let (digest, subscription) = digest(&rows);
            let view = digest.rows(subscription, 0..digest.runs().len());
            let portions = Rows::portions(&view, most);
            prop_assert_eq!(portions.len(), rows.len().div_ceil(most));
            for (portion, rows) in portions.iter().zip(rows.chunks(most)) {
                let statuses = rows.iter().map(|row| row.status.map_or(-1, i64::from));
                let sizes = rows.iter().map(|row| row.bytes.map_or(-1, u64::cast_signed));
                let clients = rows.iter().map(|row| row.client.clone());
                let users = rows.iter().map(|row| row.user.clone());
                let times = rows.iter().map(|row| row.second * 1_000_000_000);
                let columns = portion.columns();
                prop_assert_eq!(columns.rows as usize, rows.len());
                prop_assert_eq!(columns.integers, statuses.chain(sizes).collect::<Vec<_>>());
                prop_assert_eq!(cut(&columns.texts), clients.chain(users).collect::<Vec<_>>());
                prop_assert_eq!(portion.times(), times.collect::<Vec<_>>());
            }
        }
    }
}
