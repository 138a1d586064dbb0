//! One parsed line: what every stage behind the parser sees of it, borrowed from the line's bytes.

mod search;

use std::borrow::Cow;

pub(crate) use search::find;
use search::{find_any, find_far};

/// What a field that the log leaves out is written as, by the formats' own convention.
pub const ABSENT: &[u8] = b"-";

/// One request as the log has it. Everything borrows from the line; what is seldom asked for
/// (referer, agent, section) is cut out only when it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record<'line> {
    /// When the request was logged: whole seconds since 1970-01-01T00:00:00Z.
    pub second: i64,
    /// The client's address or host name.
    pub client: &'line [u8],
    /// What identd said (almost always `-`).
    pub ident: &'line [u8],
    /// The authenticated user.
    pub user: &'line [u8],
    /// The request's method; `-` where the request line is not one.
    pub method: &'line [u8],
    /// The request's target as it was sent, with its query; `-` where the request line is not one.
    pub target: &'line [u8],
    /// The request's protocol; `-` where it has none.
    pub protocol: &'line [u8],
    /// The response's status code; `None` for `-`.
    pub status: Option<u16>,
    /// The response's size in bytes; `None` for `-`.
    pub bytes: Option<u64>,
    /// What follows the size, untouched: ` "referer" "agent"` in the Combined format.
    pub rest: &'line [u8],
}

/// A field that a question or a subscription can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Field {
    /// The client's address or host name.
    Client,
    /// What identd said.
    Ident,
    /// The authenticated user.
    User,
    /// The request's method.
    Method,
    /// The request's target with its query.
    Target,
    /// The target reduced to its path: no scheme, no host, no query.
    Path,
    /// The path's first segment.
    Section,
    /// The request's protocol.
    Protocol,
    /// The response's status code.
    Status,
    /// The status code's class: `1xx` to `5xx`, or `-`.
    Class,
    /// The response's size in bytes.
    Bytes,
    /// The page that led here.
    Referer,
    /// The client's software.
    Agent,
    /// Stands for a text that is withheld from whoever asked: absent in every record. It is none of
    /// [`Field::ALL`], and no question can name it.
    WithheldText,
    /// Stands for an integer that is withheld, in the same way.
    WithheldInteger,
}

/// What a field's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Bytes of the line.
    Text,
    /// Whole numbers from 0 up.
    Integer,
}

impl Field {
    /// Every field that a log has, in the order of their names in the documentation.
    pub const ALL: [Self; 13] = [
        Self::Client,
        Self::Ident,
        Self::User,
        Self::Method,
        Self::Target,
        Self::Path,
        Self::Section,
        Self::Protocol,
        Self::Status,
        Self::Class,
        Self::Bytes,
        Self::Referer,
        Self::Agent,
    ];

    /// The name that questions use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Ident => "ident",
            Self::User => "user",
            Self::Method => "method",
            Self::Target => "target",
            Self::Path => "path",
            Self::Section => "section",
            Self::Protocol => "protocol",
            Self::Status => "status",
            Self::Class => "class",
            Self::Bytes => "bytes",
            Self::Referer => "referer",
            Self::Agent => "agent",
            Self::WithheldText | Self::WithheldInteger => "withheld",
        }
    }

    /// The field of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// What its values are.
    pub const fn kind(self) -> FieldKind {
        match self {
            Self::Status | Self::Bytes | Self::WithheldInteger => FieldKind::Integer,
            _ => FieldKind::Text,
        }
    }

    /// What stands for this field where it is withheld.
    #[must_use]
    pub const fn withheld(self) -> Self {
        match self.kind() {
            FieldKind::Text => Self::WithheldText,
            FieldKind::Integer => Self::WithheldInteger,
        }
    }
}

impl<'line> Record<'line> {
    /// A text field's bytes, as the log has them; an integer field's digits are not kept, and read
    /// as absent here.
    #[inline]
    pub fn text(&self, field: Field) -> &'line [u8] {
        match field {
            Field::Client => self.client,
            Field::Ident => self.ident,
            Field::User => self.user,
            Field::Method => self.method,
            Field::Target => self.target,
            Field::Path => self.path(),
            Field::Section => self.section(),
            Field::Protocol => self.protocol,
            Field::Class => self.class(),
            Field::Referer => self.referer(),
            Field::Agent => self.agent(),
            Field::Status | Field::Bytes | Field::WithheldText | Field::WithheldInteger => ABSENT,
        }
    }

    /// An integer field's value; `None` where the log has none, and for text fields.
    #[inline]
    pub fn integer(&self, field: Field) -> Option<u64> {
        match field {
            Field::Status => self.status.map(u64::from),
            Field::Bytes => self.bytes,
            _ => None,
        }
    }

    /// The target's path: no query or fragment, an absolute URL without scheme and host; `-` where
    /// the target has no path (`*`, `host:443`, none at all).
    #[inline]
    pub fn path(&self) -> &'line [u8] {
        let from_path = match self.target.first() {
            Some(b'/') => self.target,
            _ => match path_of_url(self.target) {
                Some(path) => path,
                None => return ABSENT,
            },
        };
        let end = find_any(from_path, *b"?#").unwrap_or(from_path.len());
        from_path.get(..end).unwrap_or(from_path)
    }

    /// The path's first segment without its slash; `/` for the root itself; `-` without a path.
    #[inline]
    pub fn section(&self) -> &'line [u8] {
        let from_path = match self.target.first() {
            Some(b'/') => self.target,
            _ => match path_of_url(self.target) {
                Some(path) => path,
                None => return ABSENT,
            },
        };
        // `//pages` is one slash more, not an empty section.
        let slashes = from_path.iter().take_while(|&&byte| byte == b'/').count();
        let segment = from_path.get(slashes..).unwrap_or_default();
        let end = find(segment, *b"/?#").unwrap_or(segment.len());
        match segment.get(..end) {
            Some(name) if !name.is_empty() => name,
            _ => b"/",
        }
    }

    /// The status code's class: `1xx` to `5xx`, or `-`.
    #[inline]
    pub fn class(&self) -> &'static [u8] {
        match self.status.map(|status| status / 100) {
            Some(1) => b"1xx",
            Some(2) => b"2xx",
            Some(3) => b"3xx",
            Some(4) => b"4xx",
            Some(5) => b"5xx",
            _ => ABSENT,
        }
    }

    /// The page that led here; `-` where the line has none or its quotes do not close.
    pub fn referer(&self) -> &'line [u8] {
        quoted(self.rest).map_or(ABSENT, |(referer, _)| referer)
    }

    /// The client's software; `-` where the line has none or its quotes do not close.
    #[inline]
    pub fn agent(&self) -> &'line [u8] {
        quoted(self.rest).and_then(|(_, rest)| quoted(rest)).map_or(ABSENT, |(agent, _)| agent)
    }
}

/// The path of `scheme://host/path`; `/` where the URL has none, `None` for what is not a URL.
fn path_of_url(target: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', target)?;
    let scheme = target.get(..colon)?;
    let after = target.get(colon..)?.strip_prefix(b"://")?;
    // RFC 3986, section 3.1.
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    if !is_scheme {
        return None;
    }
    let end = memchr::memchr3(b'/', b'?', b'#', after).unwrap_or(after.len());
    match after.get(end..) {
        Some(path) if path.first() == Some(&b'/') => Some(path),
        _ => Some(b"/"),
    }
}

/// The next quoted text of `bytes` without its quotes, and what follows; a quote behind an odd
/// number of backslashes belongs to the text.
#[inline]
fn quoted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = match bytes {
        // Where the quote nearly always stands: no search needed.
        [b' ', b'"', text @ ..] => text,
        _ => behind_quote(bytes)?,
    };
    let close = closing(text, find_any(text, [b'"'])?)?;
    Some((text.get(..close)?, text.get(close + 1..)?))
}

/// What follows the first quote.
#[cold]
fn behind_quote(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(memchr::memchr(b'"', bytes)? + 1..)
}

/// Where the quote stands that closes `text`, which begins behind the opening one.
#[inline]
pub fn closing_quote(text: &[u8]) -> Option<usize> {
    closing(text, find_far(text, b'"')?)
}

/// Where the quote stands that closes `text`, of which the first one is `quote`.
#[inline]
fn closing(text: &[u8], quote: usize) -> Option<usize> {
    match text.get(..quote)? {
        [.., b'\\'] => unescaped_quote(text),
        _ => Some(quote),
    }
}

/// The first quote of `text` behind an even number of backslashes.
#[cold]
fn unescaped_quote(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'"', text).find(|&quote| {
        let before = text.get(..quote).unwrap_or_default();
        before.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 0
    })
}

/// Bytes of a log as text: what is not UTF-8 becomes U+FFFD.
pub fn to_text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requesting(target: &[u8]) -> Record<'_> {
        Record {
            second: 0,
            client: ABSENT,
            ident: ABSENT,
            user: ABSENT,
            method: b"GET",
            target,
            protocol: b"HTTP/1.1",
            status: Some(200),
            bytes: Some(1),
            rest: b"",
        }
    }

    #[test]
    fn a_section_is_the_first_segment_of_the_path() {
        for (target, section) in [
            ("/pages/create", "pages"),
            ("/pages", "pages"),
            ("/pages/", "pages"),
            ("/pages?user=1", "pages"),
            ("/pages#top", "pages"),
            ("//pages/create", "pages"),
            ("/", "/"),
            ("/?q=a/b", "/"),
            ("http://my.site.com/pages/create", "pages"),
            ("https://my.site.com", "/"),
            ("https://my.site.com?q=/a", "/"),
            ("*", "-"),
            ("my.site.com:443", "-"),
            ("-", "-"),
            ("", "-"),
        ] {
            assert_eq!(to_text(requesting(target.as_bytes()).section()), section, "of {target:?}");
        }
    }

    #[test]
    fn a_path_has_neither_host_nor_query() {
        for (target, path) in [
            ("/pages/create?x=1", "/pages/create"),
            ("http://my.site.com/pages/create?x=1", "/pages/create"),
            ("http://my.site.com", "/"),
            ("*", "-"),
        ] {
            assert_eq!(to_text(requesting(target.as_bytes()).path()), path, "of {target:?}");
        }
    }

    #[test]
    fn referer_and_agent_come_from_the_rest_of_the_line() {
        let record = Record { rest: br#" "http://a/\"b\"" "Mozilla \\""#, ..requesting(b"/") };
        assert_eq!(to_text(record.referer()), r#"http://a/\"b\""#);
        assert_eq!(to_text(record.agent()), r"Mozilla \\");
        let open = Record { rest: br#" "http://a" "Mozilla"#, ..requesting(b"/") };
        assert_eq!(to_text(open.referer()), "http://a");
        assert_eq!(open.agent(), ABSENT);
    }

    #[test]
    fn every_field_is_found_by_its_name() {
        for field in Field::ALL {
            assert_eq!(Field::from_name(field.name()), Some(field));
        }
        assert_eq!(Field::from_name("colour"), None);
    }
}
