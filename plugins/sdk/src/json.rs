//! JSON, as far as settings need it written: the serializer that settings are read with would make
//! each component half as large again.

use std::fmt::{Display, Write as _};

/// A JSON text that is being written.
#[derive(Clone, Debug, Default)]
pub struct Json(String);

impl Json {
    /// Begins an object or an array.
    pub fn open(&mut self, bracket: char) {
        self.separate();
        self.0.push(bracket);
    }

    /// Ends it.
    pub fn close(&mut self, bracket: char) {
        self.0.push(bracket);
    }

    /// The name of the value that comes next.
    pub fn key(&mut self, name: &str) {
        self.text(name);
        self.0.push(':');
    }

    /// A string.
    pub fn text(&mut self, text: &str) {
        self.separate();
        self.0.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => self.0.extend(['\\', c]),
                // RFC 8259, section 7: these must be escaped.
                '\0'..='\x1f' => drop(write!(self.0, "\\u{:04x}", u32::from(c))),
                _ => self.0.push(c),
            }
        }
        self.0.push('"');
    }

    /// A number or a truth value, as Rust writes it; what JSON cannot say is null.
    pub fn plain(&mut self, value: impl Display) {
        self.separate();
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{value}");
    }

    /// What has been written.
    pub fn into_text(self) -> String {
        self.0
    }

    /// A comma, where something stands before that is not waiting for this.
    fn separate(&mut self) {
        if !matches!(self.0.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.0.push(',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read_again() {
        let mut json = Json::default();
        json.open('{');
        json.key("a \"quoted\" name");
        json.open('[');
        json.plain(1.5);
        json.plain(true);
        json.open('[');
        json.close(']');
        json.text("back\\slash, newline\n, \u{1}");
        json.close(']');
        json.key("next");
        json.plain(-7);
        json.close('}');
        let read: serde_json::Value = serde_json::from_str(&json.into_text()).unwrap();
        let expected = serde_json::json!({
            "a \"quoted\" name": [1.5, true, [], "back\\slash, newline\n, \u{1}"],
            "next": -7,
        });
        assert_eq!(read, expected);
    }
}
