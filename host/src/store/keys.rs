//! The numbers of a digest's texts, and what is remembered about them.

use super::block::{BLOCK_RECORDS_MAX, Ids, Rows};
use super::intern::{Dictionary, Pairs, UNSET, index};
use super::plan::{Plan, Source};
use super::query::{Subject, TextCondition};
use crate::record::{ABSENT, Field, FieldKind, Record};

/// The most texts, pairs or bytes of text that are remembered from one batch to the next; within a
/// batch the batch itself is the bound.
const REMEMBERED_MAX: usize = 1 << 17;
/// The most bytes of text that are remembered from one batch to the next.
const REMEMBERED_BYTES_MAX: usize = 4 << 20;

/// What the classes of status codes are called, by their numbers.
const CLASSES: [&[u8]; 6] = [b"1xx", b"2xx", b"3xx", b"4xx", b"5xx", ABSENT];

/// The number of absent values of a class.
const CLASS_ABSENT: u32 = 5;

/// The number of absent values in every dictionary.
const TEXT_ABSENT: u32 = 0;

/// How many status codes can be written with three digits.
const STATUSES: usize = 1_000;

/// The decimal digits of the largest `u64`.
const DIGITS_MAX: usize = 20;

/// The numbers of a block's records, as far as somebody asked for them.
#[derive(Debug)]
struct Column {
    known: Rows,
    ids: Ids,
}

impl Column {
    const EMPTY: Self = Self { known: Rows::NONE, ids: [UNSET; BLOCK_RECORDS_MAX] };

    /// Which of `rows` have no number yet; they are taken to get one now.
    #[inline]
    const fn claim(&mut self, rows: Rows) -> Rows {
        let missing = rows.without(self.known);
        self.known = self.known.with(rows);
        missing
    }

    #[inline]
    fn set(&mut self, row: usize, id: u32) {
        if let Some(place) = self.ids.get_mut(row) {
            *place = id;
        }
    }
}

/// The numbers where there is one group.
const WHOLE: Ids = [0; BLOCK_RECORDS_MAX];

/// Numbers texts, and keeps the numbers of the block at hand: what several questions ask of it is
/// looked up once, and what none asks of a record not at all.
#[derive(Debug)]
pub(crate) struct Keys {
    dictionaries: Vec<Dictionary>,
    pairs: Vec<Pairs>,
    /// What each remembered condition says of the texts of its dictionary.
    memos: Vec<Vec<Option<bool>>>,
    /// The numbers of the status codes, which are looked up without writing their digits.
    statuses: Vec<u32>,
    /// The block's numbers of the classes, in each dictionary, and in each table of pairs.
    classes: Column,
    columns: Vec<Column>,
    pair_columns: Vec<Column>,
    /// Which of the block's records each filter holds for.
    verdicts: Vec<Rows>,
}

impl Keys {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            dictionaries: plan.dictionaries.iter().map(|_| dictionary()).collect(),
            pairs: plan.pairs.iter().map(|_| Pairs::new()).collect(),
            memos: plan.memos.iter().map(|_| Vec::new()).collect(),
            statuses: vec![UNSET; STATUSES],
            classes: Column::EMPTY,
            columns: plan.dictionaries.iter().map(|_| Column::EMPTY).collect(),
            pair_columns: plan.pairs.iter().map(|_| Column::EMPTY).collect(),
            verdicts: vec![Rows::NONE; plan.filters.len()],
        }
    }

    /// Begins another block, and tries all filters on it.
    pub(crate) fn begin(&mut self, plan: &Plan, records: &[Record<'_>]) {
        self.classes.known = Rows::NONE;
        for column in self.columns.iter_mut().chain(&mut self.pair_columns) {
            column.known = Rows::NONE;
        }
        for (index, filter) in plan.filters.iter().enumerate() {
            let all = Rows::all(records);
            let rows = filter.condition.rows(&mut Remembering { keys: self, plan, records }, all);
            if let Some(verdict) = self.verdicts.get_mut(index) {
                *verdict = rows;
            }
        }
    }

    /// The block's records that a filter holds for, or else all of them.
    #[inline]
    pub(crate) fn passing(&self, filter: Option<usize>, records: &[Record<'_>]) -> Rows {
        match filter {
            None => Rows::all(records),
            Some(filter) => self.verdicts.get(filter).copied().unwrap_or_default(),
        }
    }

    /// Whether there is so much that it should be forgotten before the next batch.
    pub(crate) fn is_full(&self) -> bool {
        self.dictionaries.iter().any(|dictionary| {
            dictionary.len() > REMEMBERED_MAX || dictionary.bytes() > REMEMBERED_BYTES_MAX
        }) || self.pairs.iter().any(|pairs| pairs.len() > REMEMBERED_MAX)
    }

    /// Forgets everything and keeps the memory.
    pub(crate) fn clear(&mut self) {
        for dictionary in &mut self.dictionaries {
            dictionary.clear();
            dictionary.intern(ABSENT);
        }
        self.pairs.iter_mut().for_each(Pairs::clear);
        self.memos.iter_mut().for_each(Vec::clear);
        self.statuses.fill(UNSET);
    }

    /// Numbers some of the block's records in a source; [`Self::ids`] has the numbers then.
    pub(crate) fn number(
        &mut self,
        plan: &Plan,
        source: Source,
        records: &[Record<'_>],
        rows: Rows,
    ) {
        match source {
            Source::Whole => {}
            Source::Class => {
                for (row, record) in self.classes.claim(rows).of(records) {
                    self.classes.set(row, class_of(record.status));
                }
            }
            Source::Dictionary(slot) => self.number_texts(plan, slot, records, rows),
            Source::Pair(table) => self.number_pairs(plan, table, records, rows),
        }
    }

    /// The block's numbers in a source, for the records that were numbered; [`UNSET`] where there
    /// was no room for more.
    #[inline]
    pub(crate) fn ids(&self, source: Source) -> &Ids {
        let column = match source {
            Source::Whole => None,
            Source::Class => Some(&self.classes),
            Source::Dictionary(slot) => self.columns.get(slot),
            Source::Pair(table) => self.pair_columns.get(table),
        };
        column.map_or(&WHOLE, |column| &column.ids)
    }

    fn number_texts(&mut self, plan: &Plan, slot: usize, records: &[Record<'_>], rows: Rows) {
        let (Some(dictionary), Some(column), Some(&field)) = (
            self.dictionaries.get_mut(slot),
            self.columns.get_mut(slot),
            plan.dictionaries.get(slot),
        ) else {
            return;
        };
        let rows = column.claim(rows).of(records);
        match field {
            Field::Status => {
                for (row, record) in rows {
                    let code = record.status.map(usize::from);
                    let id = match code.and_then(|code| self.statuses.get_mut(code)) {
                        Some(id) if *id != UNSET => *id,
                        unknown => {
                            let new = intern_integer(dictionary, record.integer(field));
                            unknown.map_or(new, |id| {
                                *id = new;
                                new
                            })
                        }
                    };
                    column.set(row, id);
                }
            }
            _ if field.kind() == FieldKind::Integer => rows.for_each(|(row, record)| {
                column.set(row, intern_integer(dictionary, record.integer(field)));
            }),
            // The most asked for, and the one that must be cut out first: worth a loop of its own.
            Field::Section => rows.for_each(|(row, record)| {
                column.set(row, dictionary.intern(record.section()));
            }),
            _ => rows.for_each(|(row, record)| {
                column.set(row, dictionary.intern(record.text(field)));
            }),
        }
    }

    /// Recursion goes as deep as a question may have fields to group by.
    fn number_pairs(&mut self, plan: &Plan, table: usize, records: &[Record<'_>], rows: Rows) {
        let Some(&(outer, inner)) = plan.pairs.get(table) else {
            return;
        };
        self.number(plan, outer, records, rows);
        self.number(plan, inner, records, rows);
        let (outer, inner) = (*self.ids(outer), *self.ids(inner));
        let (Some(pairs), Some(column)) =
            (self.pairs.get_mut(table), self.pair_columns.get_mut(table))
        else {
            return;
        };
        let rows = column.claim(rows);
        for ((row, outer), (_, inner)) in rows.ids(&outer).zip(rows.ids(&inner)) {
            let fits = outer != UNSET && inner != UNSET;
            column.set(row, if fits { pairs.intern(outer, inner) } else { UNSET });
        }
    }

    /// Whether a number of a source stands for an absent value.
    #[inline]
    pub(crate) fn is_absent(source: Source, id: u32) -> bool {
        match source {
            Source::Class => id == CLASS_ABSENT,
            _ => id == TEXT_ABSENT,
        }
    }

    /// The text of a number; for a pair there is none.
    #[inline]
    pub(crate) fn text(&self, source: Source, id: u32) -> &[u8] {
        match source {
            Source::Class => CLASSES.get(index(id)).copied().unwrap_or(ABSENT),
            Source::Dictionary(slot) => {
                self.dictionaries.get(slot).map_or(ABSENT, |dictionary| dictionary.get(id))
            }
            Source::Whole | Source::Pair(_) => b"",
        }
    }

    /// The texts of a group's fields, in order.
    pub(crate) fn visit(
        &self,
        plan: &Plan,
        source: Source,
        id: u32,
        visit: &mut impl FnMut(&[u8]),
    ) {
        match source {
            Source::Whole => {}
            Source::Class | Source::Dictionary(_) => visit(self.text(source, id)),
            Source::Pair(table) => {
                let sources = plan.pairs.get(table).copied();
                let ids = self.pairs.get(table).map(|pairs| pairs.get(id));
                if let (Some((outer, inner)), Some((outer_id, inner_id))) = (sources, ids) {
                    self.visit(plan, outer, outer_id, visit);
                    self.visit(plan, inner, inner_id, visit);
                }
            }
        }
    }
}

/// A dictionary that holds what absent values are written as.
fn dictionary() -> Dictionary {
    let mut dictionary = Dictionary::new();
    dictionary.intern(ABSENT);
    dictionary
}

/// The number of a status code's class.
#[inline]
fn class_of(status: Option<u16>) -> u32 {
    match status.map(|status| status / 100) {
        Some(class @ 1..=5) => u32::from(class) - 1,
        _ => CLASS_ABSENT,
    }
}

/// Interns an integer as its decimal digits.
fn intern_integer(dictionary: &mut Dictionary, value: Option<u64>) -> u32 {
    let Some(mut value) = value else {
        return dictionary.intern(ABSENT);
    };
    let mut digits = [b'0'; DIGITS_MAX];
    let mut from = DIGITS_MAX;
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
        from -= 1;
        if value == 0 {
            break;
        }
    }
    dictionary.intern(digits.get(from..).unwrap_or_default())
}

/// Records whose texts may have been matched before.
struct Remembering<'a, 'line> {
    keys: &'a mut Keys,
    plan: &'a Plan,
    records: &'a [Record<'line>],
}

impl Subject for Remembering<'_, '_> {
    fn records(&self) -> &[Record<'_>] {
        self.records
    }

    fn satisfying(&mut self, condition: &TextCondition, rows: Rows) -> Rows {
        let Self { keys, plan, records } = self;
        let memo = condition.memo.and_then(|memo| Some((memo, *plan.memos.get(memo)?)));
        let Some((memo, slot)) = memo else {
            return condition.rows(records, rows);
        };
        keys.number_texts(plan, slot, records, rows);
        let (Some(texts), Some(column)) = (keys.memos.get_mut(memo), keys.columns.get(slot)) else {
            return Rows::NONE;
        };
        let holds = |row| records.get(row).is_some_and(|record| condition.holds(record));
        rows.filter(|row| {
            let id = column.ids.get(row).copied().unwrap_or(UNSET);
            if id == UNSET {
                return holds(row);
            }
            if index(id) >= texts.len() {
                texts.resize((index(id) + 1).next_power_of_two(), None);
            }
            match texts.get_mut(index(id)) {
                Some(known) => *known.get_or_insert_with(|| holds(row)),
                None => holds(row),
            }
        })
    }
}
