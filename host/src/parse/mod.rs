//! Parse: the bytes of one line of an access log -> a [`Record`] that borrows from them.
//!
//! Common and Combined lines are read alike: `client ident user [time] "request" status size`, and
//! whatever follows is kept untouched. Nothing is allocated, and no input panics.

mod reject;
mod timestamp;

#[cfg(test)]
mod tests;

use memchr::{memchr_iter, memrchr};

pub use reject::{Expected, Reject};

use crate::record::{ABSENT, Record, closing_quote, find};
use timestamp::{STAMP_BYTES, StampReader};

/// The byte order mark of UTF-8, which some editors put in front of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The bytes of ` HTTP/1.1`, the usual end of a request.
const PROTOCOL_TAIL_BYTES: usize = 9;

/// Reads lines. Each thread has its own, for the cache of the last timestamp.
#[derive(Clone, Debug)]
pub struct Parser {
    stamps: StampReader,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// A parser that has read nothing.
    pub const fn new() -> Self {
        Self { stamps: StampReader::new() }
    }

    /// Reads one line, given without its newline; one carriage return at its end and a byte order
    /// mark at its beginning are skipped.
    ///
    /// A request that is not `METHOD target` or `METHOD target PROTOCOL` (the bytes of a TLS
    /// handshake, `-`, nothing) is no reason to reject the line: its parts are absent.
    ///
    /// # Errors
    ///
    /// [`Reject`] says what is missing, and at which column.
    #[expect(clippy::inline_always, reason = "hot: otherwise every record is copied twice")]
    #[inline(always)]
    pub fn parse<'line>(&mut self, line: &'line [u8]) -> Result<Record<'line>, Reject> {
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        let mut cursor = Cursor { text, at: 0 };
        cursor.skip(BYTE_ORDER_MARK);

        let client = cursor.word(Expected::Client)?;
        let (ident, user, second) = match self.without_user(&mut cursor) {
            Some(second) => (ABSENT, ABSENT, second),
            None => self.with_user(&mut cursor)?,
        };

        if !cursor.skip(b" \"") {
            return Err(cursor.reject(Expected::Request));
        }
        let quoted = cursor.rest();
        let Some(close) = closing_quote(quoted) else {
            return Err(cursor.reject(Expected::ClosingQuote));
        };
        let (method, target, protocol) =
            quoted.get(..close).and_then(request).unwrap_or((ABSENT, ABSENT, ABSENT));
        cursor.at += close + 1;

        let status = cursor.status()?;
        let bytes = cursor.size()?;
        let rest = cursor.rest();
        Ok(Record { second, client, ident, user, method, target, protocol, status, bytes, rest })
    }

    /// The time of a line with neither identity nor user, as nearly all are; goes nowhere where
    /// the line is another.
    #[inline]
    fn without_user(&mut self, cursor: &mut Cursor<'_>) -> Option<i64> {
        let after = cursor.rest().strip_prefix(b"- - ")?;
        let second = self.stamps.read(after.first_chunk::<STAMP_BYTES>()?)?;
        cursor.at += 4 + STAMP_BYTES;
        Some(second)
    }

    /// Identity, user and time. The user may hold spaces: it is all up to the first ` [` that
    /// begins a valid timestamp.
    fn with_user<'line>(
        &mut self,
        cursor: &mut Cursor<'line>,
    ) -> Result<(&'line [u8], &'line [u8], i64), Reject> {
        let ident = cursor.word(Expected::Ident)?;
        let after = cursor.rest();
        let mut first_bracket = None;
        for bracket in memchr_iter(b'[', after) {
            let Some((user, stamp)) = after.split_at_checked(bracket) else {
                break;
            };
            let Some(user) = user.strip_suffix(b" ").filter(|user| !user.is_empty()) else {
                continue;
            };
            first_bracket.get_or_insert(bracket);
            let read = stamp.first_chunk().and_then(|stamp| self.stamps.read(stamp));
            if let Some(second) = read {
                cursor.at += bracket + STAMP_BYTES;
                return Ok((ident, user, second));
            }
        }
        let expected = first_bracket.map_or(Expected::User, |_| Expected::Timestamp);
        cursor.at += first_bracket.unwrap_or(0);
        Err(cursor.reject(expected))
    }
}

/// A place in a line.
struct Cursor<'line> {
    text: &'line [u8],
    at: usize,
}

impl<'line> Cursor<'line> {
    #[inline]
    fn rest(&self) -> &'line [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    #[cold]
    fn reject(&self, expected: Expected) -> Reject {
        Reject { expected, column: self.at + 1 }
    }

    /// Goes over `bytes` if they stand here.
    #[inline]
    fn skip(&mut self, bytes: &[u8]) -> bool {
        let there = self.rest().starts_with(bytes);
        if there {
            self.at += bytes.len();
        }
        there
    }

    /// The bytes up to the next space, which is skipped; at least one.
    #[inline]
    fn word(&mut self, expected: Expected) -> Result<&'line [u8], Reject> {
        let rest = self.rest();
        match find(rest, [b' ']).and_then(|space| rest.get(..space)) {
            Some(word) if !word.is_empty() => {
                self.at += word.len() + 1;
                Ok(word)
            }
            _ => Err(self.reject(expected)),
        }
    }

    /// A space, then a status code or `-`, before the next space.
    #[inline]
    fn status(&mut self) -> Result<Option<u16>, Reject> {
        match *self.rest() {
            [b' ', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ', ..] => {
                self.at += 4;
                let digit = |byte: u8| u16::from(byte - b'0');
                Ok(Some(digit(a) * 100 + digit(b) * 10 + digit(c)))
            }
            [b' ', b'-', b' ', ..] => {
                self.at += 2;
                Ok(None)
            }
            _ => Err(self.reject(Expected::Status)),
        }
    }

    /// A space, then a size or `-`, before a space or the line's end.
    #[inline]
    fn size(&mut self) -> Result<Option<u64>, Reject> {
        let rest = self.rest();
        let Some((b' ', after)) = rest.split_first() else {
            return Err(self.reject(Expected::Size));
        };
        if let Some((size, digits)) = after.first_chunk().copied().and_then(short_number)
            && after.get(digits) == Some(&b' ')
        {
            self.at += 1 + digits;
            return Ok(Some(size));
        }
        self.any_size(after)
    }

    /// A size as long as it may be, at the line's end or `-`; `after` the space.
    fn any_size(&mut self, after: &[u8]) -> Result<Option<u64>, Reject> {
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let written = after.get(..digits).unwrap_or_default();
        let size = number(written).ok_or_else(|| self.reject(Expected::Size))?;
        let dash = digits == 0 && after.first() == Some(&b'-');
        let length = digits + usize::from(dash);
        match after.get(length) {
            None | Some(b' ') if length > 0 => {
                self.at += 1 + length;
                Ok((!dash).then_some(size))
            }
            _ => Err(self.reject(Expected::Size)),
        }
    }
}

/// The number that digits write, 0 where there are none; `None` where it does not fit.
fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |size, &byte| {
        size.checked_mul(10)?.checked_add(u64::from(byte.wrapping_sub(b'0')))
    })
}

/// The number that the one to seven digits at the beginning of `text` write, and how many they are;
/// `None` where there are fewer or more.
///
/// All digits at once: Lemire, "Quickly parsing eight digits", 2018,
/// <https://lemire.me/blog/2018/10/03/quickly-parsing-eight-digits/>.
#[inline]
fn short_number(text: [u8; 8]) -> Option<(u64, usize)> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let values = u64::from_le_bytes(text) ^ (ONES * 0x30);
    // A byte of ten or more gets its highest bit, or has it; what a sum carries into the next byte
    // comes from one that is no digit itself.
    let others = (values.wrapping_add(ONES * 0x76) | values) & (ONES * 0x80);
    let digits = others.trailing_zeros() / u8::BITS;
    if digits == 0 || others == 0 {
        return None;
    }
    // The first digit comes to lie where an eight-digit number has it, with zeros before.
    let values = values << (u64::BITS - digits * u8::BITS);
    let pairs = values.wrapping_mul(1 + (10 << 8)) >> 8 & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(1 + (100 << 16)) >> 16 & 0x0000_FFFF_0000_FFFF;
    let number = fours.wrapping_mul(1 + (10_000 << 32)) >> 32;
    Some((number, digits as usize))
}

/// Method, target and protocol of a request line; `None` where it is not one.
///
/// A target may hold spaces, as careless clients send them: the protocol is what follows the last
/// space if it looks like one (`HTTP/1.1`), and is absent otherwise.
#[inline]
fn request(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (method, after) = method(line)?;
    let tail = after.len().wrapping_sub(PROTOCOL_TAIL_BYTES);
    if let Some([b' ', protocol @ ..]) = after.get(tail..)
        && let Some([b'0'..=b'9', b'.', b'0'..=b'9']) = protocol.strip_prefix(b"HTTP/")
        && tail > 0
    {
        return Some((method, after.get(..tail)?, protocol));
    }
    let (target, protocol) = memrchr(b' ', after)
        .and_then(|space| Some((after.get(..space)?, after.get(space + 1..)?)))
        .filter(|(_, protocol)| is_protocol(protocol))
        .unwrap_or((after, ABSENT));
    (!target.is_empty()).then_some((method, target, protocol))
}

/// The method of a request line, and what follows its space.
#[inline]
fn method(line: &[u8]) -> Option<(&[u8], &[u8])> {
    for usual in [b"GET ".as_slice(), b"POST ", b"HEAD "] {
        if let Some(after) = line.strip_prefix(usual) {
            return Some((line.get(..usual.len() - 1)?, after));
        }
    }
    // A method is a token (RFC 9110, sections 9.1 and 5.6.2), and short: a plain loop finds its end
    // sooner than a vector search starts.
    let space = line.iter().position(|&byte| !is_token(byte)).filter(|&space| space > 0)?;
    Some((line.get(..space)?, line.get(space..)?.strip_prefix(b" ")?))
}

/// Which bytes may stand in a method.
const TOKEN: [bool; 256] = {
    let mut token = [false; 256];
    let mut rest: &[u8] = b"!#$%&'*+-.^_`|~0123456789\
        ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    while let [byte, after @ ..] = rest {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler; a byte fits 256")]
        {
            token[*byte as usize] = true;
        }
        rest = after;
    }
    token
};

/// Whether a byte may stand in a method.
#[inline]
fn is_token(byte: u8) -> bool {
    TOKEN.get(usize::from(byte)) == Some(&true)
}

/// Whether `word` is a name, a slash and a version that begins with a digit: `HTTP/2`, `RTSP/1.0`.
#[inline]
fn is_protocol(word: &[u8]) -> bool {
    let name = word.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    match word.get(name..) {
        Some([b'/', digit, version @ ..]) => {
            name > 0
                && digit.is_ascii_digit()
                && version.iter().all(|&byte| byte.is_ascii_digit() || byte == b'.')
        }
        _ => false,
    }
}
