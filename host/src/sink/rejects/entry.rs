//! One rejected line as JSON.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};

use serde::Serialize;

use crate::clock::Timestamp;
use crate::hex;

#[derive(Serialize)]
struct Entry<'a> {
    time: String,
    source: &'a str,
    reason: &'a str,
    line: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line_hex: Option<String>,
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
    let line_hex = matches!(text, Cow::Owned(_)).then(|| hex::encode(line));
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
