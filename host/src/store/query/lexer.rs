//! A question's text -> tokens, each with the byte that it begins at.

use super::QueryError;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A keyword, a field or an aggregate: `by`, `section`, `p99.9`.
    Word(String),
    /// A whole number.
    Number(u64),
    /// A quoted text, without its quotes and escapes.
    Text(String),
    /// One of [`SYMBOLS`].
    Symbol(&'static str),
    /// Behind the last token.
    End,
}

/// The symbols, the longer ones first where one begins another.
const SYMBOLS: [&str; 12] = ["!=", "!~", "<=", ">=", "=", "~", "<", ">", "|", ",", "(", ")"];

/// A token and where it begins.
pub(crate) type Placed = (usize, Token);

/// Cuts the whole text; the last token is [`Token::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Placed>, QueryError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_ascii_start();
    loop {
        let offset = text.len() - rest.len();
        let Some(first) = rest.chars().next() else {
            tokens.push((offset, Token::End));
            return Ok(tokens);
        };
        let (token, length) = if first == '"' {
            quoted(rest, offset)?
        } else if first.is_ascii_digit() {
            number(rest, offset)?
        } else if first.is_ascii_alphabetic() {
            let word = prefix(rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            (Token::Word(word.to_owned()), word.len())
        } else if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            (Token::Symbol(symbol), symbol.len())
        } else {
            return Err(QueryError::new(offset, format!("unexpected `{}`", first.escape_debug())));
        };
        tokens.push((offset, token));
        rest = rest.get(length..).unwrap_or_default().trim_ascii_start();
    }
}

/// The longest beginning of `text` whose characters all belong.
fn prefix(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    text.find(|c| !belongs(c)).and_then(|end| text.get(..end)).unwrap_or(text)
}

fn number(text: &str, offset: usize) -> Result<(Token, usize), QueryError> {
    let digits = prefix(text, |c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    match digits.parse() {
        Ok(number) => Ok((Token::Number(number), digits.len())),
        Err(_) => Err(QueryError::new(offset, format!("`{digits}` is not a whole number"))
            .hint(format!("0 to {}", u64::MAX))),
    }
}

/// A text in double quotes. `\"` and `\\` stand for a quote and a backslash; a backslash before
/// anything else stands for itself, so that a regex need not double its own.
fn quoted(text: &str, offset: usize) -> Result<(Token, usize), QueryError> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Token::Text(value), at + 1)),
            '\\' => match chars.next_if(|&(_, next)| next == '"' || next == '\\') {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            _ => value.push(c),
        }
    }
    Err(QueryError::new(offset, "the closing quote of this text is missing"))
}
