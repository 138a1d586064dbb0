//! A monitor's settings: from the host's JSON to the monitor's own type.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::Problem;

/// The settings of a monitor that has none: whatever is set is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoConfig {}

/// Reads `json`, one object, as settings. A problem names the setting that was being read when it
/// arose, and not the place in a text that nobody has seen.
pub(crate) fn parse<C: DeserializeOwned>(json: &str) -> Result<C, Problem> {
    let mut reading = String::new();
    let mut json = serde_json::Deserializer::from_str(json);
    let config = json.deserialize_map(Settings { reading: &mut reading, config: PhantomData });
    config.and_then(|config| json.end().map(|()| config)).map_err(|error| {
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        Problem::new(reading, message.strip_suffix(&place).unwrap_or(&message))
    })
}

/// An object that is read as a `C`.
struct Settings<'a, C> {
    reading: &'a mut String,
    config: PhantomData<C>,
}

impl<'de, C: Deserialize<'de>> Visitor<'de> for Settings<'_, C> {
    type Value = C;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<C, A::Error> {
        C::deserialize(MapAccessDeserializer::new(Entries { entries, reading: self.reading }))
    }
}

/// The entries of an object; `reading` is the key of the one that is being read.
struct Entries<'a, A> {
    entries: A,
    reading: &'a mut String,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        // What goes wrong behind the last entry, such as a missing one, belongs to none of them.
        self.reading.clear();
        let Some(key) = self.entries.next_key::<String>()? else {
            return Ok(None);
        };
        self.reading.push_str(&key);
        seed.deserialize(key.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.entries.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Config {
        threshold: f64,
        interval: Option<Span>,
    }

    fn complaint<C: DeserializeOwned>(json: &str) -> String {
        match parse::<C>(json) {
            Ok(_) => panic!("{json} was accepted"),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn an_empty_object_gives_the_defaults() {
        assert_eq!(parse::<Config>("{}"), Ok(Config::default()));
        assert_eq!(parse::<NoConfig>("{}"), Ok(NoConfig {}));
    }

    #[test]
    fn settings_are_read_into_the_type() {
        let config = parse::<Config>(r#"{ "threshold": 10, "interval": "2m" }"#);
        assert_eq!(config, Ok(Config { threshold: 10.0, interval: Some(Span::from_secs(120)) }));
    }

    #[test]
    fn a_misspelt_setting_is_refused_by_its_name() {
        assert_eq!(
            complaint::<Config>(r#"{ "threshold": 1, "treshold": 2 }"#),
            "treshold: unknown field `treshold`, expected `threshold` or `interval`"
        );
        assert_eq!(
            complaint::<NoConfig>(r#"{ "interval": "10s" }"#),
            "interval: unknown field `interval`, there are no fields"
        );
    }

    #[test]
    fn a_bad_value_is_refused_by_its_settings_name() {
        assert_eq!(
            complaint::<Config>(r#"{ "threshold": "many" }"#),
            "threshold: invalid type: string \"many\", expected f64"
        );
        assert_eq!(
            complaint::<Config>(r#"{ "interval": 120 }"#),
            "interval: invalid type: integer `120`, expected a duration with its unit, such as \
             \"90s\", \"2m\" or \"250ms\""
        );
    }

    #[test]
    fn a_setting_that_is_given_twice_is_refused() {
        assert_eq!(
            complaint::<Config>(r#"{ "threshold": 1, "threshold": 2 }"#),
            "threshold: duplicate field `threshold`"
        );
    }

    #[test]
    fn a_missing_setting_is_nobodys_fault() {
        #[derive(Debug, Deserialize)]
        struct Strict {
            #[serde(rename = "here")]
            _here: u32,
            #[serde(rename = "missing")]
            _missing: u32,
        }
        assert_eq!(complaint::<Strict>(r#"{ "here": 1 }"#), "missing field `missing`");
    }

    #[test]
    fn settings_that_are_no_object_are_refused() {
        assert_eq!(
            complaint::<Config>("[]"),
            "invalid type: sequence, expected an object with the settings"
        );
    }
}
