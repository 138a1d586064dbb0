//! Reading a TOML table key by key, so that every mistake is found, placed and explained.

use std::ops::RangeInclusive;
use std::time::Duration;

use clap::ValueEnum;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::error::{Position, Problems};
use super::json;
use crate::units;

/// How alike two keys must be (Jaro-Winkler, 0 to 1) for one to be a likely slip for the other.
const LIKENESS_MIN: f64 = 0.8;

/// A value of the file and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) at: Position,
}

/// One table of the file while its keys are being read. Asking for a key makes it a known one;
/// [`Section::close`] then reports the others.
pub(super) struct Section<'s, 'text> {
    name: String,
    table: &'s DeTable<'text>,
    known: Vec<&'static str>,
    pub(super) problems: &'s mut Problems<'text>,
}

impl<'s, 'text> Section<'s, 'text> {
    /// Opens `table`, which messages call `name`.
    pub(super) fn open(
        name: String,
        table: &'s DeTable<'text>,
        problems: &'s mut Problems<'text>,
    ) -> Self {
        Self { name, table, known: Vec::new(), problems }
    }

    /// A duration with its unit.
    pub(super) fn duration(
        &mut self,
        key: &'static str,
        range: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        self.located_duration(key, range).map(|located| located.value)
    }

    /// A duration with its unit, and where it stands.
    pub(super) fn located_duration(
        &mut self,
        key: &'static str,
        range: RangeInclusive<Duration>,
    ) -> Option<Located<Duration>> {
        let found = self.value(key)?;
        let value = match found.get_ref() {
            DeValue::String(text) => units::parse_duration(text, None, &range)
                .map_err(|error| format!("invalid value {text:?} for `{key}`: {error}")),
            DeValue::Integer(_) | DeValue::Float(_) => {
                Err(format!("`{key}` needs a unit, in quotes: \"90s\", \"5m\", \"250ms\""))
            }
            other => Err(mismatch(key, "a duration such as \"90s\" or \"250ms\"", other)),
        };
        let value = self.checked(found, value)?;
        Some(Located { value, at: self.problems.position(found.span().start) })
    }

    /// A size, in bytes or with its unit.
    pub(super) fn size(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<usize> {
        let found = self.value(key)?;
        let written = match found.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(bytes) => Some(decimal(bytes)),
            _ => None,
        };
        let value = match written {
            Some(text) => units::parse_size(&text, &range)
                .map_err(|error| format!("invalid value {text:?} for `{key}`: {error}"))
                .and_then(|bytes| as_usize(key, bytes)),
            None => Err(mismatch(key, "a size such as \"16MiB\"", found.get_ref())),
        };
        self.checked(found, value)
    }

    /// A whole number of things.
    pub(super) fn count(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<usize> {
        let found = self.value(key)?;
        let value = in_range(key, found.get_ref(), &range).and_then(|n| as_usize(key, n));
        self.checked(found, value)
    }

    /// A whole number.
    pub(super) fn integer(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let found = self.value(key)?;
        let value = in_range(key, found.get_ref(), &range);
        self.checked(found, value)
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let found = self.value(key)?;
        let value = match found.get_ref() {
            DeValue::Boolean(value) => Ok(*value),
            other => Err(mismatch(key, "true or false", other)),
        };
        self.checked(found, value)
    }

    /// A text that is not empty, and where it stands.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Located<String>> {
        let found = self.value(key)?;
        let value = match found.get_ref() {
            DeValue::String(text) if text.is_empty() => Err(format!("`{key}` must not be empty")),
            DeValue::String(text) if text.contains('\0') => {
                Err(format!("`{key}` must not contain a NUL character"))
            }
            DeValue::String(text) => Ok(text.to_string()),
            other => Err(mismatch(key, "a text in quotes", other)),
        };
        let value = self.checked(found, value)?;
        Some(Located { value, at: self.problems.position(found.span().start) })
    }

    /// As [`Section::text`], for a key without which the table, which stands at byte `offset`,
    /// means nothing.
    pub(super) fn required_text(
        &mut self,
        key: &'static str,
        offset: usize,
    ) -> Option<Located<String>> {
        if self.value(key).is_none() {
            let message = format!("`{key}` is missing in {}", self.name);
            self.problems.add(offset, message, None);
        }
        self.text(key)
    }

    /// The name of a plugin: not a path, since plugins are looked up in one folder only.
    pub(super) fn plugin_name(&mut self, key: &'static str) -> Option<String> {
        let name = self.text(key)?;
        if name.value.contains(['/', '\\']) || name.value.contains(".wasm") {
            self.problems.add_at(
                name.at,
                format!("invalid value {:?} for `{key}`: must be a plugin's name", name.value),
                Some("a file's name without its folder and `.wasm`".to_owned()),
            );
        }
        Some(name.value)
    }

    /// One word of a few.
    pub(super) fn choice<T: ValueEnum>(&mut self, key: &'static str) -> Option<T> {
        let found = self.value(key)?;
        let names: Vec<String> = T::value_variants()
            .iter()
            .filter_map(ValueEnum::to_possible_value)
            .map(|value| format!("\"{}\"", value.get_name()))
            .collect();
        let expected = names.join(" or ");
        let value = match found.get_ref() {
            DeValue::String(text) => T::from_str(text, false).map_err(|_never_more_telling| {
                format!("invalid value {text:?} for `{key}`: expected {expected}")
            }),
            other => Err(mismatch(key, &expected, other)),
        };
        self.checked(found, value)
    }

    /// A list of words out of `known`, none twice; it may be empty.
    pub(super) fn words(
        &mut self,
        key: &'static str,
        known: &[&'static str],
    ) -> Option<Vec<String>> {
        let found = self.value(key)?;
        let DeValue::Array(array) = found.get_ref() else {
            let message = mismatch(key, "a list of texts", found.get_ref());
            self.problems.add(found.span().start, message, None);
            return None;
        };
        let mut words: Vec<String> = Vec::with_capacity(array.len());
        for element in array {
            let (message, hint) = match element.get_ref() {
                DeValue::String(word) if words.iter().any(|earlier| earlier == word) => {
                    (format!("{word:?} is in `{key}` twice"), None)
                }
                DeValue::String(word) if known.contains(&word.as_ref()) => {
                    words.push(word.to_string());
                    continue;
                }
                DeValue::String(word) => {
                    let hint = match nearest(word, known) {
                        Some(known) => format!("did you mean \"{known}\"?"),
                        None => format!("one of {}", known.join(", ")),
                    };
                    (format!("invalid value {word:?} in `{key}`"), Some(hint))
                }
                other => (mismatch(key, "a list of texts", other), None),
            };
            self.problems.add(element.span().start, message, hint);
        }
        Some(words)
    }

    /// A table below this one, opened as `name`.
    pub(super) fn section<'a>(
        &'a mut self,
        key: &'static str,
        name: String,
    ) -> Option<Section<'a, 'text>> {
        let found = self.value(key)?;
        let value = as_table(key, found.get_ref());
        let table = self.checked(found, value)?;
        Some(Section::open(name, table, self.problems))
    }

    /// The tables of an array of tables, each opened by `read`.
    pub(super) fn each_section<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(Section<'_, 'text>, usize) -> T,
    ) -> Option<Vec<T>> {
        let found = self.value(key)?;
        let DeValue::Array(array) = found.get_ref() else {
            let message = mismatch(key, &format!("[[{key}]] tables"), found.get_ref());
            self.problems.add(found.span().start, message, None);
            return None;
        };
        if array.is_empty() {
            self.problems.add(found.span().start, format!("`{key}` must not be empty"), None);
        }
        let mut all = Vec::with_capacity(array.len());
        for element in array {
            let value = as_table(key, element.get_ref());
            if let Some(table) = self.checked(element, value) {
                let section = Section::open(format!("[[{key}]]"), table, self.problems);
                all.push(read(section, element.span().start));
            }
        }
        Some(all)
    }

    /// The entries of a table of tables with names of the user's own: those `[key.NAME]` that
    /// `accepts` finds no fault with, opened by `read`.
    pub(super) fn named_sections<T>(
        &mut self,
        key: &'static str,
        accepts: impl Fn(&str) -> Result<(), String>,
        read: impl Fn(Section<'_, 'text>, &str) -> T,
    ) -> Vec<T> {
        let Some(found) = self.value(key) else {
            return Vec::new();
        };
        let value = as_table(key, found.get_ref());
        let Some(table) = self.checked(found, value) else {
            return Vec::new();
        };
        let mut all = Vec::with_capacity(table.len());
        for (name, element) in table {
            let accepted = accepts(name.get_ref());
            let label = format!("{key}.{}", name.get_ref().escape_debug());
            let value = as_table(&label, element.get_ref());
            let is_named_well = self.checked(name, accepted).is_some();
            if let (Some(table), true) = (self.checked(element, value), is_named_well) {
                let section = Section::open(format!("[{label}]"), table, self.problems);
                all.push(read(section, name.get_ref()));
            }
        }
        all
    }

    /// A table handed on as it is, as JSON; dates become texts.
    pub(super) fn json(
        &mut self,
        key: &'static str,
    ) -> Option<serde_json::Map<String, serde_json::Value>> {
        let found = self.value(key)?;
        let value = as_table(key, found.get_ref());
        let table = self.checked(found, value)?;
        json::of_table(table, self.problems)
    }

    /// All of it handed on as it is, as JSON; dates become texts.
    pub(super) fn into_json(self) -> Option<serde_json::Map<String, serde_json::Value>> {
        json::of_table(self.table, self.problems)
    }

    /// Ends the reading: every key that nobody asked for is a mistake. `advice` is told where no
    /// known key is like it.
    pub(super) fn close(self, advice: Option<&str>) {
        for key in self.table.keys().filter(|key| !self.known.contains(&key.get_ref().as_ref())) {
            let hint = match (nearest(key.get_ref(), &self.known), advice) {
                (Some(known), _) => format!("did you mean `{known}`?"),
                (None, Some(advice)) => advice.to_owned(),
                (None, None) => format!("expected `{}`", self.known.join("`, `")),
            };
            let message =
                format!("unknown key `{}` in {}", key.get_ref().escape_debug(), self.name);
            self.problems.add(key.span().start, message, Some(hint));
        }
    }

    fn value(&mut self, key: &'static str) -> Option<&'s Spanned<DeValue<'text>>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// The value, or its problem filed under where `found` stands.
    fn checked<T, F>(&mut self, found: &Spanned<F>, value: Result<T, String>) -> Option<T> {
        value.map_err(|message| self.problems.add(found.span().start, message, None)).ok()
    }
}

/// The known key that `key` is most likely a slip for.
fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(key, candidate), *candidate))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

fn as_table<'v, 'text>(key: &str, value: &'v DeValue<'text>) -> Result<&'v DeTable<'text>, String> {
    value.as_table().ok_or_else(|| mismatch(key, "a table", value))
}

fn mismatch(key: &str, expected: &str, found: &DeValue<'_>) -> String {
    let found = match found {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    };
    format!("`{key}` must be {expected}, not {found}")
}

fn in_range(key: &str, value: &DeValue<'_>, range: &RangeInclusive<u64>) -> Result<u64, String> {
    let DeValue::Integer(integer) = value else {
        return Err(mismatch(key, "a whole number", value));
    };
    u64::from_str_radix(integer.as_str(), integer.radix())
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| {
            let written = decimal(integer);
            let (low, high) = (range.start(), range.end());
            format!("invalid value {written} for `{key}`: must be from {low} to {high}")
        })
}

/// The integer in decimal, whatever base it was written in; as written where it is too large.
fn decimal(integer: &DeInteger<'_>) -> String {
    i128::from_str_radix(integer.as_str(), integer.radix())
        .map_or_else(|_too_large| integer.to_string(), |value| value.to_string())
}

fn as_usize(key: &str, value: u64) -> Result<usize, String> {
    usize::try_from(value)
        .map_err(|_too_large| format!("invalid value {value} for `{key}`: too large here"))
}
