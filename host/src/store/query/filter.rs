//! Conditions on a record.

use std::fmt::{self, Display};

use regex::bytes::{Regex, RegexBuilder};

use crate::record::{Field, Record};

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
        self.condition.holds(&mut Plain(record))
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
    Equals(Field, String),
    Differs(Field, String),
    /// The texts are sorted and differ.
    OneOfTexts(Field, Vec<String>),
    StartsWith(Field, String),
    Matches(Field, Pattern),
    MatchesNot(Field, Pattern),
}

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
    /// Which of the plan's memos keeps what it said of each interned text.
    pub(crate) memo: Option<usize>,
}

impl Pattern {
    pub(crate) fn new(text: String) -> Result<Self, regex::Error> {
        let regex = RegexBuilder::new(&text)
            .size_limit(REGEX_BYTES_MAX)
            .dfa_size_limit(REGEX_BYTES_MAX)
            .build()?;
        Ok(Self {
            text,
            regex,
            memo: None,
        })
    }

    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

/// What a condition is asked of: a record, with or without what is remembered about its texts.
pub(crate) trait Subject {
    fn record(&self) -> &Record<'_>;
    fn matches(&mut self, field: Field, pattern: &Pattern) -> bool;
}

struct Plain<'a, 'line>(&'a Record<'line>);

impl Subject for Plain<'_, '_> {
    fn record(&self) -> &Record<'_> {
        self.0
    }

    fn matches(&mut self, field: Field, pattern: &Pattern) -> bool {
        pattern.is_match(self.0.text(field))
    }
}

impl Condition {
    /// Whether it holds. Recursion goes no deeper than the parser let it.
    pub(crate) fn holds(&self, subject: &mut impl Subject) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.holds(subject)),
            Self::All(parts) => parts.iter().all(|part| part.holds(subject)),
            Self::Not(part) => !part.holds(subject),
            Self::Compare(field, comparison, bound) => {
                comparison.holds(subject.record().integer(*field), *bound)
            }
            Self::OneOf(field, numbers) => subject
                .record()
                .integer(*field)
                .is_some_and(|value| numbers.contains(&value)),
            Self::Equals(field, text) => subject.record().text(*field) == text.as_bytes(),
            Self::Differs(field, text) => subject.record().text(*field) != text.as_bytes(),
            Self::OneOfTexts(field, texts) => {
                let value = subject.record().text(*field);
                texts.iter().any(|text| text.as_bytes() == value)
            }
            Self::StartsWith(field, text) => {
                subject.record().text(*field).starts_with(text.as_bytes())
            }
            Self::Matches(field, pattern) => subject.matches(*field, pattern),
            Self::MatchesNot(field, pattern) => !subject.matches(*field, pattern),
        }
    }

    /// Every regular expression within, with the field that it is matched against.
    pub(crate) fn patterns(&mut self, visit: &mut impl FnMut(Field, &mut Pattern)) {
        match self {
            Self::Any(parts) | Self::All(parts) => {
                parts.iter_mut().for_each(|part| part.patterns(visit));
            }
            Self::Not(part) => part.patterns(visit),
            Self::Matches(field, pattern) | Self::MatchesNot(field, pattern) => {
                visit(*field, pattern);
            }
            _ => {}
        }
    }

    /// The part of a chain of `or` or `and`, in parentheses where it binds less than the chain.
    fn within(&self, conjunction: bool) -> Grouped<'_> {
        let looser = match self {
            Self::Any(_) => conjunction,
            _ => false,
        };
        Grouped {
            condition: self,
            parentheses: looser,
        }
    }
}

struct Grouped<'condition> {
    condition: &'condition Condition,
    parentheses: bool,
}

impl Display for Grouped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parentheses {
            write!(f, "({})", self.condition)
        } else {
            self.condition.fmt(f)
        }
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
            Self::Equals(field, text) => write!(f, "{} = {}", field.name(), Literal(text)),
            Self::Differs(field, text) => write!(f, "{} != {}", field.name(), Literal(text)),
            Self::OneOfTexts(field, texts) => {
                write!(f, "{} in (", field.name())?;
                joined(f, texts.iter().map(|text| Literal(text)), ", ")?;
                f.write_str(")")
            }
            Self::StartsWith(field, text) => {
                write!(f, "{} starts_with {}", field.name(), Literal(text))
            }
            Self::Matches(field, pattern) => {
                write!(f, "{} ~ {}", field.name(), Literal(pattern.text()))
            }
            Self::MatchesNot(field, pattern) => {
                write!(f, "{} !~ {}", field.name(), Literal(pattern.text()))
            }
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
        write!(
            f,
            "\"{}\"",
            self.0.replace('\\', r"\\").replace('"', "\\\"")
        )
    }
}
