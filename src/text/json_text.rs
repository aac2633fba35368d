//! JSON text as a tree of values that know their places, read as strictly as by Go's decoder. Fields have no meaning
//! here. (YAML readers accept most JSON too, but differently: they know no surrogate pairs, and other numbers.)
//!
//! Invariant: hostile text leads to an error, never to a panic or to unbounded memory.

use super::tree::{Field, ReadError, TreeNode, Value};
use crate::limits::{DEEPEST_TEXT, MOST_COMPLAINTS, MOST_VALUES};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Reads a text that consists of a single JSON value.
///
/// # Errors
/// The first place where it does not, or where a field is repeated.
pub fn read_json(text: &str) -> Result<TreeNode, ReadError> {
    let mut reader = JsonReader::new(text);
    let node = reader.value()?;
    if reader.has_more() {
        return Err(reader.error("there is more after the end of the JSON value"));
    }
    match reader.complaints.into_iter().next() {
        Some(twice) => Err(twice),
        None => Ok(node),
    }
}

/// Whether kubectl tries a text as JSON before it reads it as YAML.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// Reads consecutive JSON values. For repeated fields the last value is kept and the others are complaints.
pub(super) struct JsonReader<'a> {
    text: &'a str,
    /// Repeated fields, at most [`MOST_COMPLAINTS`] of them.
    pub complaints: Vec<ReadError>,
    /// In bytes.
    at: usize,
    depth: usize,
    values: usize,
    line: usize,
    /// The byte up to which columns of this line have been counted, and the column there.
    counted: usize,
    column: usize,
}

impl<'a> JsonReader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        JsonReader { text, complaints: Vec::new(), at: 0, depth: 0, values: 0, line: 1, counted: 0, column: 1 }
    }

    /// How many bytes have been read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Skips white space; returns whether anything follows.
    pub(super) fn has_more(&mut self) -> bool {
        self.skip_space();
        self.peek().is_some()
    }

    fn place(&mut self) -> (usize, usize) {
        if let Some(passed) = self.text.get(self.counted..self.at) {
            self.column += passed.chars().count();
            self.counted = self.at;
        }
        (self.line, self.column)
    }

    fn error(&mut self, message: &str) -> ReadError {
        let (line, column) = self.place();
        let message = format!("not valid JSON: {message}");
        ReadError { line, column, field: String::new(), message, suggestion: None }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.at += 1;
            if byte == b'\n' {
                self.line += 1;
                (self.counted, self.column) = (self.at, 1);
            }
        }
    }

    pub(super) fn value(&mut self) -> Result<TreeNode, ReadError> {
        self.skip_space();
        let (line, column) = self.place();
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(self.error(&format!("more than {MOST_VALUES} values")));
        }
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::map)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => self.word()?,
            None => return Err(self.error("it ends before a value")),
        };
        Ok(TreeNode { line, column, value })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, ReadError>) -> Result<Value, ReadError> {
        if self.depth >= DEEPEST_TEXT {
            return Err(self.error(&format!("nested deeper than {DEEPEST_TEXT} levels")));
        }
        self.at += 1;
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    /// Whether another member follows. Consumes the comma or the closing bracket.
    fn goes_on(&mut self, is_first: bool, close: u8) -> Result<bool, ReadError> {
        self.skip_space();
        match self.peek() {
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            Some(_) if is_first => Ok(true),
            Some(b',') => {
                self.at += 1;
                self.skip_space();
                match self.peek() {
                    Some(byte) if byte == close => Err(self.error("a comma before the end")),
                    _ => Ok(true),
                }
            }
            _ => Err(self.error(&format!("`,` or `{}` is expected", char::from(close)))),
        }
    }

    fn list(&mut self) -> Result<Value, ReadError> {
        let mut list = Vec::new();
        while self.goes_on(list.is_empty(), b']')? {
            list.push(self.value()?);
        }
        Ok(Value::List(list))
    }

    fn map(&mut self) -> Result<Value, ReadError> {
        let mut fields: Vec<(Field, TreeNode)> = Vec::new();
        let mut places = HashMap::new();
        while self.goes_on(fields.is_empty(), b'}')? {
            if self.peek() != Some(b'"') {
                return Err(self.error("a field\'s name in quotation marks is expected"));
            }
            let (line, column) = self.place();
            let name = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.error("`:` is expected"));
            }
            self.at += 1;
            let node = self.value()?;
            let field = Field { name: name.clone(), line, column };
            match places.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(fields.len());
                    fields.push((field, node));
                }
                Entry::Occupied(place) => {
                    if self.complaints.len() < MOST_COMPLAINTS {
                        self.complaints.push(ReadError::twice(line, column, field.name.clone()));
                    }
                    fields[*place.get()] = (field, node);
                }
            }
        }
        Ok(Value::Map(fields))
    }

    fn string(&mut self) -> Result<String, ReadError> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(0..0x20) => return Err(self.error("a control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(self.error("a string has no end")),
            }
        }
        self.at += 1;
        let quoted = self.text.get(start..self.at).unwrap_or_default();
        // Go replaces half of a surrogate pair by the replacement character; everything else is an error there too.
        let read = serde_json::from_str(quoted);
        let read = read.or_else(|_| serde_json::from_str::<LossyText>(quoted).map(|text| text.0));
        read.map_err(|_| self.error("an escape in a string that JSON does not know"))
    }

    fn number(&mut self) -> Result<Value, ReadError> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let number = &rest[..end];
        // serde_json also rejects numbers that 64 bits cannot hold; quantities of Kubernetes may be as long.
        let is_json = match serde_json::from_str::<serde_json::Value>(number) {
            Ok(_) => true,
            Err(error) => error.to_string().starts_with("number out of range"),
        };
        // serde_json stops where the number becomes too large, and does not see the rest. So the whole text is parsed
        // too: `1e999.0` is no number.
        let Some(x) = number.parse::<f64>().ok().filter(|_| is_json) else {
            return Err(self.error("not a number"));
        };
        self.at += end;
        Ok(match number.parse() {
            Ok(n) => Value::Int(n),
            Err(_) if x.to_string() == number => Value::Float(x),
            Err(_) => Value::Decimal(number.to_owned()),
        })
    }

    fn word(&mut self) -> Result<Value, ReadError> {
        let words = [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
        let rest = &self.text[self.at..];
        for (word, value) in words {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.error("a value is expected"))
    }
}

/// The first byte of half of a surrogate pair.
const FIRST_OF_HALF: u8 = 0xed;

/// A string in which unpaired surrogates are replaced.
struct LossyText(String);

impl<'de> serde::Deserialize<'de> for LossyText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = LossyText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<LossyText, E> {
                let mut text = String::new();
                for chunk in bytes.utf8_chunks() {
                    text.push_str(chunk.valid());
                    // An unpaired surrogate is three bytes, each of which is a chunk of its own.
                    if chunk.invalid().first() == Some(&FIRST_OF_HALF) {
                        text.push(char::REPLACEMENT_CHARACTER);
                    }
                }
                Ok(LossyText(text))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn json_is_read_with_places() {
        let text = "{\n\t\"a\": [1, 2.5, \"x\\u00e9\\n\", null, true, 1e3, -0],\n \"b\": {}}";
        let node = read_json(text).unwrap();
        assert_eq!(node.to_json().to_string(), "{\"a\":[1,2.5,\"xé\\n\",null,true,1000.0,0],\"b\":{}}");
        let b = node.get("b").unwrap();
        assert_eq!((b.line, b.column), (3, 7));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for (text, part) in [
            ("", "1:1: not valid JSON: it ends before a value"),
            ("{a: 1}", "1:2: not valid JSON: a field's name"),
            ("{\"a\" 1}", "1:6: not valid JSON: `:` is expected"),
            ("[1,]", "1:4: not valid JSON: a comma"),
            ("[1 2]", "1:4: not valid JSON: `,` or `]`"),
            ("[01]", "1:2: not valid JSON: not a number"),
            ("[+1]", "1:2: not valid JSON: a value"),
            ("[1] x", "1:5: not valid JSON: there is more"),
            ("[\"a]", "1:5: not valid JSON: a string has no end"),
            ("[\"\\q\"]", "not valid JSON: an escape"),
            ("{\"a\": 1, \"a\": 2}", "1:10: a: the field \"a\" stands twice"),
            (&"[".repeat(1000), "nested deeper"),
            ("\"\\", "a string has no end"),
        ] {
            let error = read_json(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-a-c0-9:,\\[\\]{}\\\\\"tfnule.é \\n\\t]{0,60}") {
            let _ = read_json(&text);
        }
    }
}
