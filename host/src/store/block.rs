//! A few records that are looked at together, question after question instead of record after
//! record: what to do with a record is then decided once for all of them.

use crate::record::Record;

/// The most records of a block: a set of them fits one number, and what is read again for each
/// question is still in the fastest cache.
pub(crate) const BLOCK_RECORDS_MAX: usize = 64;

/// A number for each record of a block.
pub(crate) type Ids = [u32; BLOCK_RECORDS_MAX];

/// Some records of a block, by their places: bit `i` is record `i`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows(u64);

impl Rows {
    /// No record.
    pub(crate) const NONE: Self = Self(0);

    /// All records of a block of at most [`BLOCK_RECORDS_MAX`].
    #[inline]
    pub(crate) fn all(records: &[Record<'_>]) -> Self {
        match records.len() {
            0 => Self::NONE,
            count => Self(u64::MAX >> BLOCK_RECORDS_MAX.saturating_sub(count)),
        }
    }

    #[inline]
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many they are.
    #[inline]
    pub(crate) const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// These and those.
    #[inline]
    pub(crate) const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those of these that are not among the others.
    #[inline]
    pub(crate) const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Those for whose places `holds` does.
    #[inline]
    pub(crate) fn filter(self, mut holds: impl FnMut(usize) -> bool) -> Self {
        Self(self.into_iter().fold(0, |kept, row| kept | u64::from(holds(row)) << row))
    }

    /// Those of these for whose records `holds` does.
    #[inline]
    pub(crate) fn filter_records<'line>(
        self,
        records: &[Record<'line>],
        mut holds: impl FnMut(&Record<'line>) -> bool,
    ) -> Self {
        self.filter(|row| records.get(row).is_some_and(&mut holds))
    }

    /// Their records, with their places.
    #[inline]
    pub(crate) fn of<'a, 'line>(
        self,
        records: &'a [Record<'line>],
    ) -> impl Iterator<Item = (usize, &'a Record<'line>)> {
        self.into_iter().filter_map(|row| Some((row, records.get(row)?)))
    }

    /// Their numbers, with their places.
    #[inline]
    pub(crate) fn ids(self, ids: &Ids) -> impl Iterator<Item = (usize, u32)> {
        self.into_iter().filter_map(|row| Some((row, *ids.get(row)?)))
    }
}

impl IntoIterator for Rows {
    type Item = usize;
    type IntoIter = Places;

    #[inline]
    fn into_iter(self) -> Places {
        Places(self.0)
    }
}

/// The places of records, in order.
#[derive(Clone, Debug)]
pub(crate) struct Places(u64);

impl Iterator for Places {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let place = self.0.trailing_zeros();
        if place >= u64::BITS {
            return None;
        }
        self.0 &= self.0 - 1;
        Some(place as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_places_that_were_kept_whatever_the_size_of_the_block() {
        let records = [Record::default(); BLOCK_RECORDS_MAX];
        for size in 0..=BLOCK_RECORDS_MAX {
            let all = Rows::all(&records[..size]);
            assert_eq!(all.into_iter().collect::<Vec<_>>(), (0..size).collect::<Vec<_>>());
            let odd = all.filter(|row| row % 2 == 1);
            assert_eq!(odd.count() as usize, size / 2);
            assert_eq!(odd.with(all.without(odd)), all);
        }
    }
}
