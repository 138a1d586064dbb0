//! One rejected line as JSON.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};

use serde::{Serialize, Serializer};

use crate::clock::Timestamp;

#[derive(Serialize)]
struct Entry<'a> {
    time: String,
    source: &'a str,
    reason: &'a str,
    line: &'a str,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "digits")]
    line_hex: Option<Hex<'a>>,
}

/// Bytes as lower-case hexadecimal digits.
struct Hex<'a>(&'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Appends an entry with its newline.
///
/// # Errors
/// None that is known of: memory takes every byte, and texts are always JSON. Part of the entry may
/// be appended where there is one.
pub(super) fn encode(
    out: &mut Vec<u8>,
    time: Timestamp,
    source: &str,
    reason: &dyn Display,
    line: &[u8],
) -> serde_json::Result<()> {
    let text = String::from_utf8_lossy(line);
    let line_hex = matches!(text, Cow::Owned(_)).then_some(Hex(line));
    let time = time.rfc3339_millis();
    let mut shown = String::new();
    // A reason that cannot be displayed to its end is as much of it as there is.
    let _ = write!(shown, "{reason}");
    serde_json::to_writer(
        &mut *out,
        &Entry { time, source, reason: &shown, line: &text, line_hex },
    )?;
    out.push(b'\n');
    Ok(())
}

#[expect(clippy::ref_option, reason = "the signature is what serde calls")]
fn digits<S: Serializer>(bytes: &Option<Hex<'_>>, to: S) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => to.collect_str(bytes),
        None => to.serialize_none(),
    }
}
