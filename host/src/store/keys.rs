//! The numbers of a digest's texts, and what is remembered about them.

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

/// Something about the record of a turn.
#[derive(Clone, Copy, Debug, Default)]
struct Remembered<T> {
    turn: u64,
    value: T,
}

impl<T: Copy> Remembered<T> {
    #[inline]
    fn of(memory: &[Self], at: usize, turn: u64) -> Option<T> {
        memory.get(at).filter(|known| known.turn == turn).map(|known| known.value)
    }

    #[inline]
    fn keep(memory: &mut [Self], at: usize, turn: u64, value: T) {
        if let Some(known) = memory.get_mut(at) {
            *known = Self { turn, value };
        }
    }
}

/// Numbers texts, and remembers for the record at hand what was already looked up.
#[derive(Debug)]
pub(crate) struct Keys {
    dictionaries: Vec<Dictionary>,
    pairs: Vec<Pairs>,
    /// What each remembered condition says of the texts of its dictionary.
    memos: Vec<Vec<Option<bool>>>,
    /// The numbers of the status codes, which are looked up without writing their digits.
    statuses: Vec<u32>,
    /// Which record is the current one, counted from 1. What is remembered of a record says which
    /// one it is of, so that nothing has to be wiped between two of them.
    turn: u64,
    /// The current record's number in each dictionary.
    current: Vec<Remembered<u32>>,
    /// The current record's number in each table of pairs.
    current_pairs: Vec<Remembered<u32>>,
    /// Which filters hold for the current record.
    verdicts: Vec<Remembered<bool>>,
}

impl Keys {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            dictionaries: plan.dictionaries.iter().map(|_| dictionary()).collect(),
            pairs: plan.pairs.iter().map(|_| Pairs::new()).collect(),
            memos: plan.memos.iter().map(|_| Vec::new()).collect(),
            statuses: vec![UNSET; STATUSES],
            turn: 0,
            current: vec![Remembered::default(); plan.dictionaries.len()],
            current_pairs: vec![Remembered::default(); plan.pairs.len()],
            verdicts: vec![Remembered::default(); plan.filters.len()],
        }
    }

    /// Begins another record.
    #[inline]
    pub(crate) const fn turn(&mut self) {
        self.turn += 1;
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

    /// The record's number in a source; [`UNSET`] where there is no room for more.
    #[inline]
    pub(crate) fn id(&mut self, plan: &Plan, source: Source, record: &Record<'_>) -> u32 {
        match source {
            Source::Whole => 0,
            Source::Class => class_of(record.status),
            Source::Dictionary(slot) => self.dictionary_id(plan, slot, record),
            Source::Pair(table) => self.pair_id(plan, table, record),
        }
    }

    #[inline]
    fn dictionary_id(&mut self, plan: &Plan, slot: usize, record: &Record<'_>) -> u32 {
        if let Some(known) = Remembered::of(&self.current, slot, self.turn) {
            return known;
        }
        let (Some(dictionary), Some(&field)) =
            (self.dictionaries.get_mut(slot), plan.dictionaries.get(slot))
        else {
            return UNSET;
        };
        let id = match field {
            Field::Status => {
                let cached =
                    record.status.and_then(|code| self.statuses.get_mut(usize::from(code)));
                match cached {
                    Some(cached) => {
                        if *cached == UNSET {
                            *cached = intern_integer(dictionary, record.integer(field));
                        }
                        *cached
                    }
                    None => intern_integer(dictionary, record.integer(field)),
                }
            }
            _ if field.kind() == FieldKind::Integer => {
                intern_integer(dictionary, record.integer(field))
            }
            _ => dictionary.intern(record.text(field)),
        };
        Remembered::keep(&mut self.current, slot, self.turn, id);
        id
    }

    fn pair_id(&mut self, plan: &Plan, table: usize, record: &Record<'_>) -> u32 {
        if let Some(known) = Remembered::of(&self.current_pairs, table, self.turn) {
            return known;
        }
        // As deep as a question may have fields to group by.
        let Some(&(outer, inner)) = plan.pairs.get(table) else {
            return UNSET;
        };
        let outer = self.id(plan, outer, record);
        let inner = self.id(plan, inner, record);
        let Some(pairs) = self.pairs.get_mut(table).filter(|_| outer != UNSET && inner != UNSET)
        else {
            return UNSET;
        };
        let id = pairs.intern(outer, inner);
        Remembered::keep(&mut self.current_pairs, table, self.turn, id);
        id
    }

    /// Whether a filter holds for the record.
    #[inline]
    pub(crate) fn passes(&mut self, plan: &Plan, filter: usize, record: &Record<'_>) -> bool {
        if let Some(verdict) = Remembered::of(&self.verdicts, filter, self.turn) {
            return verdict;
        }
        let Some(condition) = plan.filters.get(filter).map(|filter| &filter.condition) else {
            return false;
        };
        let verdict = condition.holds(&mut Remembering { keys: self, plan, record });
        Remembered::keep(&mut self.verdicts, filter, self.turn, verdict);
        verdict
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

/// A record whose texts may have been matched before.
struct Remembering<'a, 'line> {
    keys: &'a mut Keys,
    plan: &'a Plan,
    record: &'a Record<'line>,
}

impl Subject for Remembering<'_, '_> {
    fn record(&self) -> &Record<'_> {
        self.record
    }

    fn satisfies(&mut self, condition: &TextCondition) -> bool {
        let known = condition.memo.and_then(|memo| {
            let id = self.keys.dictionary_id(self.plan, *self.plan.memos.get(memo)?, self.record);
            let texts = self.keys.memos.get_mut(memo).filter(|_| id != UNSET)?;
            if index(id) >= texts.len() {
                texts.resize((index(id) + 1).next_power_of_two(), None);
            }
            texts.get_mut(index(id))
        });
        match known {
            Some(Some(verdict)) => *verdict,
            Some(unknown) => *unknown.insert(condition.holds(self.record.text(condition.field))),
            None => condition.holds(self.record.text(condition.field)),
        }
    }
}
