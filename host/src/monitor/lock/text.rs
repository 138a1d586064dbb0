//! The lock as text: TOML that is read strictly and always written alike.

use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::super::grants::Grants;
use super::super::plugin::{PLUGINS_MAX, VERSION_BYTES_MAX, is_monitor_name};
use super::{Lock, LockError, Pin};
use crate::record::Field;

/// The layout that is read and written.
const VERSION: u32 = 1;
/// The hex digits of a SHA-256.
const SHA256_DIGITS: usize = 64;
/// The longest name of an interface.
const INTERFACE_BYTES_MAX: usize = 64;

const HEADER: &str = "\
# Which plugins of this folder may load, byte for byte, and what each is granted.
# Written by `weir plugin add`, `approve` and `remove`.
";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: Spanned<u32>,
    #[serde(default)]
    plugin: Vec<Spanned<WrittenPin>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPin {
    name: Spanned<String>,
    version: Option<Spanned<String>>,
    sha256: Spanned<String>,
    interface: Spanned<String>,
    fields: Vec<Spanned<String>>,
    keep: bool,
}

/// Reads a lock's bytes, which were found at `path`.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Lock, LockError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        invalid(path, &String::from_utf8_lossy(valid), valid.len(), "not UTF-8".to_owned())
    })?;
    let wrong = |offset, message| invalid(path, text, offset, message);
    let written: Written = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        wrong(offset, error.message().replace('\n', ", "))
    })?;
    if *written.version.get_ref() != VERSION {
        let found = written.version.get_ref();
        let message = format!("version {found} of the lock; this weir knows version {VERSION}");
        return Err(wrong(written.version.span().start, message));
    }
    let mut lock = Lock::default();
    for table in written.plugin {
        let offset = table.span().start;
        if lock.pins().len() == PLUGINS_MAX {
            return Err(wrong(offset, format!("more than {PLUGINS_MAX} plugins")));
        }
        let pin = table.into_inner().checked().map_err(|(at, message)| wrong(at, message))?;
        if lock.get(&pin.name).is_some() {
            return Err(wrong(offset, format!("the plugin `{}` is there twice", pin.name)));
        }
        lock.pin(pin);
    }
    Ok(lock)
}

impl WrittenPin {
    /// The pin, or where it is wrong and how.
    fn checked(self) -> Result<Pin, (usize, String)> {
        let name = held(self.name, "a monitor's name", is_monitor_name)?;
        let version = self
            .version
            .map(|version| held(version, "a version", |text| is_word(text, VERSION_BYTES_MAX)))
            .transpose()?;
        let sha256 = held(self.sha256, "a SHA-256 in lower-case hex", is_sha256)?;
        let interface =
            held(self.interface, "an interface's name", |text| is_word(text, INTERFACE_BYTES_MAX))?;
        let mut fields = Vec::with_capacity(self.fields.len());
        for name in self.fields {
            let offset = name.span().start;
            match Field::from_name(name.get_ref()) {
                Some(field) if !fields.contains(&field) => fields.push(field),
                Some(field) => {
                    return Err((offset, format!("the field `{}` is there twice", field.name())));
                }
                None => {
                    return Err((offset, format!("no such field: {}", shown(name.get_ref()))));
                }
            }
        }
        fields.sort_unstable();
        let grants = Grants { fields: Some(fields), keep: self.keep };
        Ok(Pin { name, version, sha256, interface, grants })
    }
}

/// The text, where it is what it has to be.
fn held(
    text: Spanned<String>,
    what: &str,
    is_right: impl Fn(&str) -> bool,
) -> Result<String, (usize, String)> {
    if is_right(text.get_ref()) {
        return Ok(text.into_inner());
    }
    Err((text.span().start, format!("{} is not {what}", shown(text.get_ref()))))
}

/// A wrong text for people, short and harmless.
fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 80;
    let cut: String = text.chars().take(CHARS_MAX).collect();
    format!("{cut:?}")
}

fn is_sha256(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == SHA256_DIGITS && text.bytes().all(is_digit)
}

fn is_word(text: &str, bytes_max: usize) -> bool {
    !text.is_empty() && text.len() <= bytes_max && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn invalid(path: &Path, text: &str, offset: usize, message: String) -> LockError {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    LockError::Invalid {
        path: path.to_path_buf(),
        line: before.matches('\n').count() + 1,
        column: line.chars().count() + 1,
        message,
    }
}

/// The lock as it is written: by name, every key of every plugin on a line of its own, so that a
/// version control shows what changed.
pub(super) fn write(lock: &Lock) -> String {
    let mut text = format!("{HEADER}version = {VERSION}\n");
    for pin in lock.pins() {
        let Pin { name, version, sha256, interface, grants } = pin;
        let fields = grants.fields.as_deref().unwrap_or(&Field::ALL);
        let fields: Vec<String> = fields.iter().map(|field| quoted(field.name())).collect();
        let version = version.as_ref().map(|version| format!("version = {}\n", quoted(version)));
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n[[plugin]]\nname = {}\n{}sha256 = {}\ninterface = {}\nfields = [{}]\nkeep = {}\n",
            quoted(name),
            version.unwrap_or_default(),
            quoted(sha256),
            quoted(interface),
            fields.join(", "),
            grants.keep,
        );
    }
    text
}

/// A text of printable ASCII as TOML writes it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}
