//! Tokens -> a question, by recursive descent.

use super::filter::{Comparison, Condition, Filter, Pattern, TextCondition, TextTest};
use super::lexer::{Placed, Token, tokens};
use super::{
    AGGREGATES_MAX, Aggregate, BY_FIELDS_MAX, NESTING_MAX, Percentile, QUERY_BYTES_MAX, Query,
    QueryError, TOP_MAX,
};
use crate::record::{Field, FieldKind};

/// How much two names must have in common to be taken for one another, 0 to 1.
const SIMILARITY_MIN: f64 = 0.7;

/// The aggregates' names, for hints; percentiles have any number of names more.
const AGGREGATE_NAMES: [&str; 10] =
    ["count", "rate", "sum", "avg", "min", "max", "distinct", "p50", "p95", "p99"];

/// Reads a whole question.
pub(crate) fn query(text: &str) -> Result<Query, QueryError> {
    let mut parser = Parser::new(text)?;
    let mut filter = None;
    if parser.keyword("where") {
        filter = Some(Filter { condition: parser.any(0)? });
        parser.bar()?;
    }
    let mut by = Vec::new();
    if parser.keyword("by") {
        by = parser.by_fields()?;
        parser.bar()?;
    }
    let top_at = parser.offset();
    let mut top = None;
    if parser.keyword("top") {
        if by.is_empty() {
            return Err(QueryError::new(top_at, "`top` needs groups")
                .hint("such as `by section | top 10 | count`"));
        }
        top = Some(parser.rows()?);
        parser.bar()?;
    }
    let mut aggregates = vec![parser.aggregate()?];
    while parser.symbol(",") {
        let at = parser.offset();
        aggregates.push(parser.aggregate()?);
        if aggregates.len() > AGGREGATES_MAX {
            return Err(QueryError::new(at, format!("more than {AGGREGATES_MAX} aggregates")));
        }
    }
    parser.end("`,` or the end of the question")?;
    Ok(Query { filter, by, top, aggregates })
}

/// Reads a whole condition.
pub(crate) fn filter(text: &str) -> Result<Filter, QueryError> {
    let mut parser = Parser::new(text)?;
    let condition = parser.any(0)?;
    parser.end("`and`, `or` or the end of the condition")?;
    Ok(Filter { condition })
}

/// The tokens that are left.
struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Placed>>,
    length: usize,
}

impl Parser {
    fn new(text: &str) -> Result<Self, QueryError> {
        if text.len() > QUERY_BYTES_MAX {
            return Err(QueryError::new(
                QUERY_BYTES_MAX,
                format!("the text is {} bytes long, more than {QUERY_BYTES_MAX}", text.len()),
            ));
        }
        Ok(Self { tokens: tokens(text)?.into_iter().peekable(), length: text.len() })
    }

    /// Where the next token begins.
    fn offset(&mut self) -> usize {
        self.tokens.peek().map_or(self.length, |&(offset, _)| offset)
    }

    fn next(&mut self) -> Placed {
        self.tokens.next().unwrap_or((self.length, Token::End))
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        self.tokens
            .next_if(|(_, token)| matches!(token, Token::Word(word) if word == keyword))
            .is_some()
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        self.tokens
            .next_if(|(_, token)| matches!(token, Token::Symbol(found) if *found == symbol))
            .is_some()
    }

    fn demand(&mut self, symbol: &str) -> Result<(), QueryError> {
        if self.symbol(symbol) {
            return Ok(());
        }
        let found = self.next();
        Err(unexpected(&found, &format!("`{symbol}`")))
    }

    fn bar(&mut self) -> Result<(), QueryError> {
        self.demand("|")
    }

    fn end(&mut self, expected: &str) -> Result<(), QueryError> {
        match self.next() {
            (_, Token::End) => Ok(()),
            found => Err(unexpected(&found, expected)),
        }
    }

    /// A field by its name.
    fn field(&mut self) -> Result<(usize, Field), QueryError> {
        match self.next() {
            (offset, Token::Word(name)) => match Field::from_name(&name) {
                Some(field) => Ok((offset, field)),
                None => Err(unknown(offset, "field", &name, &Field::ALL.map(Field::name))),
            },
            found => Err(unexpected(&found, "a field")),
        }
    }

    fn by_fields(&mut self) -> Result<Vec<Field>, QueryError> {
        let mut fields = Vec::new();
        loop {
            let (offset, field) = self.field()?;
            if fields.contains(&field) {
                return Err(QueryError::new(offset, format!("`{}` is there twice", field.name())));
            }
            fields.push(field);
            if fields.len() > BY_FIELDS_MAX {
                return Err(QueryError::new(
                    offset,
                    format!("more than {BY_FIELDS_MAX} fields to group by"),
                ));
            }
            if !self.symbol(",") {
                return Ok(fields);
            }
        }
    }

    /// The number of rows behind `top`.
    fn rows(&mut self) -> Result<usize, QueryError> {
        match self.next() {
            (offset, Token::Number(rows)) => match usize::try_from(rows) {
                Ok(rows @ 1..=TOP_MAX) => Ok(rows),
                _ => Err(QueryError::new(offset, format!("`top {rows}` is not 1 to {TOP_MAX}"))),
            },
            found => Err(unexpected(&found, "a number of rows")),
        }
    }

    fn aggregate(&mut self) -> Result<Aggregate, QueryError> {
        let (offset, name) = match self.next() {
            (offset, Token::Word(name)) => (offset, name),
            found => return Err(unexpected(&found, "an aggregate such as `count`")),
        };
        let make: fn(Field) -> Aggregate = match name.as_str() {
            "count" => return Ok(Aggregate::Count),
            "rate" => return Ok(Aggregate::Rate),
            "sum" => Aggregate::Sum,
            "avg" => Aggregate::Average,
            "min" => Aggregate::Min,
            "max" => Aggregate::Max,
            "distinct" => {
                self.demand("(")?;
                let (_, field) = self.field()?;
                self.demand(")")?;
                return Ok(Aggregate::Distinct(field));
            }
            _ => {
                let Some(percentile) = name.strip_prefix('p').and_then(Percentile::parse) else {
                    return Err(unknown(offset, "aggregate", &name, &AGGREGATE_NAMES));
                };
                return Ok(Aggregate::Quantile(self.integer_argument(&name)?, percentile));
            }
        };
        Ok(make(self.integer_argument(&name)?))
    }

    /// An integer field in parentheses.
    fn integer_argument(&mut self, aggregate: &str) -> Result<Field, QueryError> {
        self.demand("(")?;
        let (offset, field) = self.field()?;
        if field.kind() != FieldKind::Integer {
            return Err(QueryError::new(
                offset,
                format!("`{aggregate}` needs a number, and `{}` is a text", field.name()),
            )
            .hint("`status` and `bytes` are numbers"));
        }
        self.demand(")")?;
        Ok(field)
    }

    /// Conditions joined by `or`.
    fn any(&mut self, depth: usize) -> Result<Condition, QueryError> {
        let mut parts = Vec::new();
        loop {
            match self.all(depth)? {
                Condition::Any(nested) => parts.extend(nested),
                part => parts.push(part),
            }
            if !self.keyword("or") {
                return Ok(single(parts, Condition::Any));
            }
        }
    }

    /// Conditions joined by `and`.
    fn all(&mut self, depth: usize) -> Result<Condition, QueryError> {
        let mut parts = Vec::new();
        loop {
            match self.unary(depth)? {
                Condition::All(nested) => parts.extend(nested),
                part => parts.push(part),
            }
            if !self.keyword("and") {
                return Ok(single(parts, Condition::All));
            }
        }
    }

    /// A comparison, its negation, or a condition in parentheses.
    fn unary(&mut self, depth: usize) -> Result<Condition, QueryError> {
        if depth > NESTING_MAX {
            return Err(QueryError::new(
                self.offset(),
                format!("nested deeper than {NESTING_MAX} levels"),
            ));
        }
        if self.keyword("not") {
            return Ok(match self.unary(depth + 1)? {
                Condition::Not(twice) => *twice,
                once => Condition::Not(Box::new(once)),
            });
        }
        if self.symbol("(") {
            let inner = self.any(depth + 1)?;
            self.demand(")")?;
            return Ok(inner);
        }
        let (_, field) = self.field()?;
        match field.kind() {
            FieldKind::Integer => self.integer_comparison(field),
            FieldKind::Text => self.text_comparison(field),
        }
    }

    fn integer_comparison(&mut self, field: Field) -> Result<Condition, QueryError> {
        if self.keyword("in") {
            let numbers = self.list(Self::number)?;
            return Ok(match *numbers {
                [number] => Condition::Compare(field, Comparison::Equal, number),
                _ => Condition::OneOf(field, numbers),
            });
        }
        match self.next() {
            (offset, Token::Symbol(symbol)) => match Comparison::from_symbol(symbol) {
                Some(comparison) => Ok(Condition::Compare(field, comparison, self.number()?)),
                None => Err(unexpected(
                    &(offset, Token::Symbol(symbol)),
                    "`=`, `!=`, `<`, `<=`, `>`, `>=` or `in`",
                )),
            },
            found => Err(unexpected(&found, "`=`, `!=`, `<`, `<=`, `>`, `>=` or `in`")),
        }
    }

    fn text_comparison(&mut self, field: Field) -> Result<Condition, QueryError> {
        let test = if self.keyword("in") {
            let mut texts = self.list(Self::text)?;
            match texts.pop() {
                Some(text) if texts.is_empty() => TextTest::Equals(text),
                last => {
                    texts.extend(last);
                    TextTest::OneOf(texts)
                }
            }
        } else if self.keyword("starts_with") {
            TextTest::StartsWith(self.text()?)
        } else {
            match self.next() {
                (_, Token::Symbol("=")) => TextTest::Equals(self.text()?),
                (_, Token::Symbol("!=")) => TextTest::Differs(self.text()?),
                (_, Token::Symbol("~")) => TextTest::Matches(self.pattern()?),
                (_, Token::Symbol("!~")) => TextTest::MatchesNot(self.pattern()?),
                found => {
                    return Err(unexpected(&found, "`=`, `!=`, `~`, `!~`, `in` or `starts_with`"));
                }
            }
        };
        Ok(Condition::Text(TextCondition { field, test, memo: None }))
    }

    /// Values in parentheses, sorted, each once.
    fn list<T: Ord>(
        &mut self,
        value: impl Fn(&mut Self) -> Result<T, QueryError>,
    ) -> Result<Vec<T>, QueryError> {
        self.demand("(")?;
        let mut values = vec![value(self)?];
        while self.symbol(",") {
            values.push(value(self)?);
        }
        self.demand(")")?;
        values.sort_unstable();
        values.dedup();
        Ok(values)
    }

    fn number(&mut self) -> Result<u64, QueryError> {
        match self.next() {
            (_, Token::Number(number)) => Ok(number),
            found => Err(unexpected(&found, "a whole number")),
        }
    }

    fn text(&mut self) -> Result<String, QueryError> {
        match self.next() {
            (_, Token::Text(text)) => Ok(text),
            found => Err(unexpected(&found, "a text in double quotes")),
        }
    }

    fn pattern(&mut self) -> Result<Pattern, QueryError> {
        let offset = self.offset();
        Pattern::new(self.text()?).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            QueryError::new(offset, format!("not a regular expression that can be used: {reason}"))
        })
    }
}

/// The only part, or all of them joined.
fn single(mut parts: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}

fn unexpected((offset, token): &Placed, expected: &str) -> QueryError {
    let found = match token {
        Token::Word(word) => format!("`{word}`"),
        Token::Number(number) => format!("`{number}`"),
        Token::Text(_) => "a text".to_owned(),
        Token::Symbol(symbol) => format!("`{symbol}`"),
        Token::End => "the end".to_owned(),
    };
    QueryError::new(*offset, format!("expected {expected}, found {found}"))
}

fn unknown(offset: usize, what: &str, name: &str, known: &[&str]) -> QueryError {
    let nearest = known
        .iter()
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    let error = QueryError::new(offset, format!("unknown {what} `{name}`"));
    match nearest {
        Some((similarity, nearest)) if similarity >= SIMILARITY_MIN => {
            error.hint(format!("did you mean `{nearest}`?"))
        }
        _ => error.hint(format!("one of {}", known.join(", "))),
    }
}
