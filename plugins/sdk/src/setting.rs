//! What can be set: described for people, and held to its ranges.

use std::ops::RangeInclusive;

use crate::json::Json;
use crate::{Condition, NoConfig, Problems, Span};

/// A setting, or a struct of settings, for which it is derived:
///
/// ```
/// use serde::Deserialize;
/// use weir_monitor::{Problem, Setting, Span};
///
/// #[derive(Deserialize, Setting)]
/// #[serde(default, deny_unknown_fields)]
/// struct Config {
///     /// How many clients a report names.
///     #[setting(range = 1..=50)]
///     clients: u64,
///     /// How often to report.
///     #[setting(range = Span::PERIOD_MIN..=Span::WINDOW_MAX)]
///     interval: Span,
/// }
///
/// impl Default for Config {
///     fn default() -> Self {
///         Self { clients: 10, interval: Span::from_secs(60) }
///     }
/// }
///
/// let config = Config { clients: 51, ..Config::default() };
/// let found = config.check().unwrap_err();
/// assert_eq!(found.as_slice(), [Problem::new("clients", "must be between 1 and 50, not 51")]);
/// assert_eq!(
///     weir_monitor::schema_of::<Config>(),
///     r#"{"type":"object","additionalProperties":false,"properties":{"#.to_owned()
///         + r#""clients":{"description":"How many clients a report names.","#
///         + r#""type":"integer","minimum":1,"maximum":50,"default":10},"#
///         + r#""interval":{"description":"How often to report.","#
///         + r#""type":"string","pattern":"^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$","#
///         + r#""x-minimum":"100ms","x-maximum":"24h","default":"1m"}"#
///         + "}}"
/// );
/// ```
///
/// What no range can say stands in a function that the struct names,
/// `#[setting(check = Config::check_windows)]`, with the signature
/// `fn check_windows(&self, problems: &mut Problems)`.
pub trait Setting {
    /// What the least and the greatest value are called in a schema. JSON Schema has words for
    /// numbers only; other values have annotations of ours.
    const BOUNDS: [&'static str; 2] = ["x-minimum", "x-maximum"];

    /// Writes the members of its JSON Schema.
    fn describe(schema: &mut Schema);

    /// Writes a value, as it could be set.
    fn write(&self, json: &mut Json);

    /// Notes everything that is out of its range.
    fn note_problems(&self, problems: &mut Problems) {
        let _ = problems;
    }

    /// Refuses what is out of its range, naming all of it.
    ///
    /// The host's settings are checked before
    /// [`Monitor::configure`](crate::Monitor::configure) sees them.
    fn check(&self) -> Result<(), Problems> {
        let mut problems = Problems::new();
        self.note_problems(&mut problems);
        problems.into_result()
    }
}

/// The settings' description, as a JSON Schema of draft 2020-12.
pub fn schema_of<C: Setting>() -> String {
    let mut schema = Schema::default();
    schema.0.open('{');
    C::describe(&mut schema);
    schema.0.close('}');
    schema.0.into_text()
}

/// A JSON Schema that is being written.
#[derive(Debug, Default)]
pub struct Schema(Json);

impl Schema {
    /// A member: one of the schema's own words with a text.
    pub fn text(&mut self, word: &str, text: &str) {
        self.0.key(word);
        self.0.text(text);
    }

    /// Begins an object; `closed`: with no settings but those that follow.
    pub fn open_object(&mut self, about: &str, closed: bool) {
        if !about.is_empty() {
            self.text("description", about);
        }
        self.text("type", "object");
        if closed {
            self.0.key("additionalProperties");
            self.0.plain(false);
        }
        self.0.key("properties");
        self.0.open('{');
    }

    /// Ends it.
    pub fn close_object(&mut self) {
        self.0.close('}');
    }

    /// Begins one setting of an object.
    pub fn open_property(&mut self, name: &str, about: &str) {
        self.0.key(name);
        self.0.open('{');
        if !about.is_empty() {
            self.text("description", about);
        }
    }

    /// Ends it.
    pub fn close_property(&mut self) {
        self.0.close('}');
    }

    /// What values will do.
    pub fn range<T: Setting>(&mut self, range: &RangeInclusive<T>) {
        for (word, bound) in T::BOUNDS.into_iter().zip([range.start(), range.end()]) {
            self.0.key(word);
            bound.write(&mut self.0);
        }
    }

    /// What holds where nothing is set.
    pub fn default_value<T: Setting>(&mut self, value: &T) {
        self.0.key("default");
        value.write(&mut self.0);
    }
}

/// Types that JSON writes as Rust does.
macro_rules! plain_settings {
    ($($name:literal: $($ty:ty)*;)*) => {
        $($(impl Setting for $ty {
            const BOUNDS: [&'static str; 2] = ["minimum", "maximum"];

            fn describe(schema: &mut Schema) {
                schema.text("type", $name);
            }

            fn write(&self, json: &mut Json) {
                json.plain(self);
            }
        })*)*
    };
}

plain_settings! {
    "boolean": bool;
    "integer": u8 u16 u32 u64 usize i8 i16 i32 i64 isize;
}

impl Setting for f64 {
    const BOUNDS: [&'static str; 2] = ["minimum", "maximum"];

    fn describe(schema: &mut Schema) {
        schema.text("type", "number");
    }

    fn write(&self, json: &mut Json) {
        // JSON has no word for the others.
        if self.is_finite() {
            json.plain(self);
        } else {
            json.plain("null");
        }
    }
}

impl Setting for String {
    fn describe(schema: &mut Schema) {
        schema.text("type", "string");
    }

    fn write(&self, json: &mut Json) {
        json.text(self);
    }
}

impl Setting for Span {
    fn describe(schema: &mut Schema) {
        schema.text("type", "string");
        schema.text("pattern", r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$");
    }

    fn write(&self, json: &mut Json) {
        json.text(&self.to_string());
    }
}

impl Setting for Condition {
    fn describe(schema: &mut Schema) {
        String::describe(schema);
    }

    fn write(&self, json: &mut Json) {
        json.text(&self.to_string());
    }
}

impl Setting for NoConfig {
    fn describe(schema: &mut Schema) {
        schema.open_object("", true);
        schema.close_object();
    }

    fn write(&self, json: &mut Json) {
        json.open('{');
        json.close('}');
    }
}

impl<T: Setting> Setting for Option<T> {
    const BOUNDS: [&'static str; 2] = T::BOUNDS;

    fn describe(schema: &mut Schema) {
        T::describe(schema);
    }

    fn write(&self, json: &mut Json) {
        match self {
            Some(value) => value.write(json),
            None => json.plain("null"),
        }
    }

    fn note_problems(&self, problems: &mut Problems) {
        if let Some(value) = self {
            value.note_problems(problems);
        }
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn describe(schema: &mut Schema) {
        schema.text("type", "array");
        schema.open_property("items", "");
        T::describe(schema);
        schema.close_property();
    }

    fn write(&self, json: &mut Json) {
        json.open('[');
        for value in self {
            value.write(json);
        }
        json.close(']');
    }

    fn note_problems(&self, problems: &mut Problems) {
        for value in self {
            value.note_problems(problems);
        }
    }
}
