//! TOML handed on to a monitor, which reads its settings as JSON.

use std::path::Path;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Problems};
use super::file::{parse_document, read_text};
use super::reader::Section;

/// A monitor's settings from a TOML file that has nothing else.
///
/// # Errors
/// [`ConfigError::Read`], [`ConfigError::TooLarge`], and [`ConfigError::Invalid`] with every mistake.
pub fn load_monitor_config(path: &Path) -> Result<serde_json::Map<String, Json>, ConfigError> {
    let text = read_text(path)?;
    let settings = parse_document(path, &text, "the settings", whole)?;
    // Without a problem told there is nothing missing.
    Ok(settings.unwrap_or_default())
}

fn whole(settings: Section<'_, '_>) -> Option<serde_json::Map<String, Json>> {
    settings.into_json()
}

/// The table as JSON; `None`, with every problem told, where a number in it cannot be said.
pub(super) fn of_table(
    table: &DeTable<'_>,
    problems: &mut Problems<'_>,
) -> Option<serde_json::Map<String, Json>> {
    let mut object = serde_json::Map::new();
    let mut is_whole = true;
    for (key, value) in table {
        match of_value(value, problems) {
            Some(json) => drop(object.insert(key.get_ref().to_string(), json)),
            None => is_whole = false,
        }
    }
    is_whole.then_some(object)
}

/// The value as JSON; `None`, with the problem told, for a number that JSON cannot say.
fn of_value(value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<Json> {
    let number = match value.get_ref() {
        DeValue::String(text) => return Some(Json::String(text.to_string())),
        DeValue::Boolean(value) => return Some(Json::Bool(*value)),
        DeValue::Datetime(date) => return Some(Json::String(date.to_string())),
        DeValue::Array(array) => {
            // Every element is looked at, so that every problem is told.
            let elements: Vec<_> = array.iter().map(|value| of_value(value, problems)).collect();
            return elements.into_iter().collect::<Option<Vec<_>>>().map(Json::Array);
        }
        DeValue::Table(table) => return of_table(table, problems).map(Json::Object),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map(serde_json::Number::from)
            .or_else(|_not_signed| {
                u64::from_str_radix(integer.as_str(), integer.radix()).map(Into::into)
            })
            .ok(),
        DeValue::Float(float) => float.as_str().parse().ok().and_then(serde_json::Number::from_f64),
    };
    if number.is_none() {
        let message = "a monitor's settings cannot hold this number".to_owned();
        let hint = "neither infinite numbers nor those beyond 64 bits".to_owned();
        problems.add(value.span().start, message, Some(hint));
    }
    number.map(Json::Number)
}
