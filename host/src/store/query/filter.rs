//! Conditions on a record.

use std::fmt::{self, Display};

use regex::bytes::{Regex, RegexBuilder};

use crate::record::{Field, Record};
use crate::store::block::Rows;

/// The most memory that one compiled regular expression may take, and its cache at run time.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// A condition that a record satisfies or not. Two filters are equal if their canonical texts
/// ([`Display`]) are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pub(crate) condition: Condition,
}

impl Filter {
    /// Whether the condition holds for the record.
    ///
    /// An absent integer is not equal to any number and satisfies neither order nor `in`, so that
    /// only `!=` and `not` hold for it. An absent text is `-`, as the log has it.
    pub fn matches(&self, record: &Record<'_>) -> bool {
        let records = std::slice::from_ref(record);
        !self.condition.rows(&mut Plain(records), Rows::all(records)).is_empty()
    }
}

impl Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(f)
    }
}

/// A node of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Any(Vec<Self>),
    All(Vec<Self>),
    Not(Box<Self>),
    Compare(Field, Comparison, u64),
    /// The numbers are sorted and differ.
    OneOf(Field, Vec<u64>),
    Text(TextCondition),
}

/// A condition on a text field.
#[derive(Clone, Debug)]
pub(crate) struct TextCondition {
    pub(crate) field: Field,
    pub(crate) test: TextTest,
    /// Which of the plan's memos keeps what it says of each interned text.
    pub(crate) memo: Option<usize>,
}

/// What a text is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TextTest {
    Equals(String),
    Differs(String),
    /// The texts are sorted and differ.
    OneOf(Vec<String>),
    StartsWith(String),
    Matches(Pattern),
    MatchesNot(Pattern),
}

impl TextCondition {
    /// Whether it holds for the text of its field.
    #[inline]
    pub(crate) fn holds(&self, record: &Record<'_>) -> bool {
        let text = record.text(self.field);
        match &self.test {
            TextTest::Equals(other) => text == other.as_bytes(),
            TextTest::Differs(other) => text != other.as_bytes(),
            TextTest::OneOf(others) => others.iter().any(|other| other.as_bytes() == text),
            TextTest::StartsWith(start) => text.starts_with(start.as_bytes()),
            TextTest::Matches(pattern) => pattern.regex.is_match(text),
            TextTest::MatchesNot(pattern) => !pattern.regex.is_match(text),
        }
    }

    /// Those of `rows` that it holds for.
    pub(crate) fn rows(&self, records: &[Record<'_>], rows: Rows) -> Rows {
        rows.filter_records(records, |record| self.holds(record))
    }
}

/// Memos are the plan's affair.
impl PartialEq for TextCondition {
    fn eq(&self, other: &Self) -> bool {
        self.field == other.field && self.test == other.test
    }
}

impl Eq for TextCondition {}

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Comparison {
    /// The comparison that a symbol writes.
    pub(crate) fn from_symbol(symbol: &str) -> Option<Self> {
        Some(match symbol {
            "=" => Self::Equal,
            "!=" => Self::Unequal,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::Greater,
            ">=" => Self::AtLeast,
            _ => return None,
        })
    }

    const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    #[inline]
    fn holds(self, value: Option<u64>, bound: u64) -> bool {
        let Some(value) = value else {
            return self == Self::Unequal;
        };
        match self {
            Self::Equal => value == bound,
            Self::Unequal => value != bound,
            Self::Less => value < bound,
            Self::AtMost => value <= bound,
            Self::Greater => value > bound,
            Self::AtLeast => value >= bound,
        }
    }
}

/// A regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    pub(crate) fn new(text: String) -> Result<Self, regex::Error> {
        let regex = RegexBuilder::new(&text)
            .size_limit(REGEX_BYTES_MAX)
            .dfa_size_limit(REGEX_BYTES_MAX)
            .build()?;
        Ok(Self { text, regex })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

/// What a condition is asked of: records, with or without what is remembered about their texts.
pub(crate) trait Subject {
    fn records(&self) -> &[Record<'_>];
    fn satisfying(&mut self, condition: &TextCondition, rows: Rows) -> Rows;
}

struct Plain<'a, 'line>(&'a [Record<'line>]);

impl Subject for Plain<'_, '_> {
    fn records(&self) -> &[Record<'_>] {
        self.0
    }

    fn satisfying(&mut self, condition: &TextCondition, rows: Rows) -> Rows {
        condition.rows(self.0, rows)
    }
}

impl Condition {
    /// Those of `rows` that it holds for; a part of it is tried only on the records that it decides.
    /// Recursion goes no deeper than the parser let it.
    pub(crate) fn rows(&self, subject: &mut impl Subject, rows: Rows) -> Rows {
        match self {
            Self::Any(parts) => parts
                .iter()
                .fold(Rows::NONE, |held, part| held.with(part.rows(subject, rows.without(held)))),
            Self::All(parts) => parts.iter().fold(rows, |held, part| part.rows(subject, held)),
            Self::Not(part) => rows.without(part.rows(subject, rows)),
            Self::Compare(field, comparison, bound) => rows
                .filter_records(subject.records(), |record| {
                    comparison.holds(record.integer(*field), *bound)
                }),
            Self::OneOf(field, numbers) => rows.filter_records(subject.records(), |record| {
                record.integer(*field).is_some_and(|value| numbers.contains(&value))
            }),
            Self::Text(condition) => subject.satisfying(condition, rows),
        }
    }

    /// Every condition on a text within.
    pub(crate) fn texts(&mut self, visit: &mut impl FnMut(&mut TextCondition)) {
        match self {
            Self::Any(parts) | Self::All(parts) => {
                for part in parts {
                    part.texts(visit);
                }
            }
            Self::Not(part) => part.texts(visit),
            Self::Text(condition) => visit(condition),
            Self::Compare(..) | Self::OneOf(..) => {}
        }
    }

    /// The part of a chain of `or` or `and`, in parentheses where it binds less than the chain.
    fn within(&self, conjunction: bool) -> Grouped<'_> {
        let looser = match self {
            Self::Any(_) => conjunction,
            _ => false,
        };
        Grouped { condition: self, parentheses: looser }
    }
}

struct Grouped<'condition> {
    condition: &'condition Condition,
    parentheses: bool,
}

impl Display for Grouped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parentheses { write!(f, "({})", self.condition) } else { self.condition.fmt(f) }
    }
}

/// The canonical text, which reads back as the same condition.
impl Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any(parts) => joined(f, parts.iter().map(|part| part.within(false)), " or "),
            Self::All(parts) => joined(f, parts.iter().map(|part| part.within(true)), " and "),
            Self::Not(part) => match **part {
                Self::Any(_) | Self::All(_) => write!(f, "not ({part})"),
                _ => write!(f, "not {part}"),
            },
            Self::Compare(field, comparison, bound) => {
                write!(f, "{} {} {bound}", field.name(), comparison.symbol())
            }
            Self::OneOf(field, numbers) => {
                write!(f, "{} in (", field.name())?;
                joined(f, numbers, ", ")?;
                f.write_str(")")
            }
            Self::Text(condition) => condition.fmt(f),
        }
    }
}

impl Display for TextCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field.name())?;
        match &self.test {
            TextTest::Equals(text) => write!(f, " = {}", Literal(text)),
            TextTest::Differs(text) => write!(f, " != {}", Literal(text)),
            TextTest::OneOf(texts) => {
                f.write_str(" in (")?;
                joined(f, texts.iter().map(|text| Literal(text)), ", ")?;
                f.write_str(")")
            }
            TextTest::StartsWith(text) => write!(f, " starts_with {}", Literal(text)),
            TextTest::Matches(pattern) => write!(f, " ~ {}", Literal(&pattern.text)),
            TextTest::MatchesNot(pattern) => write!(f, " !~ {}", Literal(&pattern.text)),
        }
    }
}

/// Writes `items` with `between` between them.
pub(crate) fn joined(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = impl Display>,
    between: &str,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

/// A text as a question writes it.
struct Literal<'text>(&'text str);

impl Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('\\', r"\\").replace('"', "\\\""))
    }
}
