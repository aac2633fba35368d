//! JSON of which only some fields are read: all others are stepped over, and cost no memory. It knows no field's
//! meaning.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt::{self, Formatter};

/// Which fields of a value are read.
#[derive(Debug)]
pub(crate) enum FieldSelection {
    /// All.
    All,
    /// Of an object only these fields, each with its own selection; of a list the same of each member. Any other value
    /// is read.
    Only(&'static [(&'static str, FieldSelection)]),
}

impl FieldSelection {
    /// What is read of a field; `None` if it is not read.
    pub(crate) fn of(&'static self, name: &str) -> Option<&'static FieldSelection> {
        match self {
            FieldSelection::All => Some(self),
            FieldSelection::Only(fields) => fields.iter().find(|(known, _)| *known == name).map(|(_, of)| of),
        }
    }
}

impl<'de> DeserializeSeed<'de> for &'static FieldSelection {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        match self {
            FieldSelection::All => serde::Deserialize::deserialize(from),
            FieldSelection::Only(_) => from.deserialize_any(SelectedValue(self)),
        }
    }
}

struct SelectedValue(&'static FieldSelection);

impl<'de> Visitor<'de> for SelectedValue {
    type Value = Value;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(member) = members.next_element_seed(self.0)? {
            list.push(member);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(field) = fields.next_key_seed(SelectedName(self.0))? {
            match field {
                Some((name, selection)) => _ = object.insert(name.to_owned(), fields.next_value_seed(selection)?),
                None => _ = fields.next_value::<IgnoredAny>()?,
            }
        }
        Ok(Value::Object(object))
    }
}

/// The name of a field, if it is read.
struct SelectedName(&'static FieldSelection);

impl<'de> DeserializeSeed<'de> for SelectedName {
    type Value = Option<(&'static str, &'static FieldSelection)>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for SelectedName {
    type Value = Option<(&'static str, &'static FieldSelection)>;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(match self.0 {
            FieldSelection::All => None,
            FieldSelection::Only(fields) => {
                fields.iter().find(|(known, _)| *known == name).map(|(known, of)| (*known, of))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_selected_is_read() {
        static WANTED: FieldSelection = FieldSelection::Only(&[
            ("a", FieldSelection::All),
            ("list", FieldSelection::Only(&[("kept", FieldSelection::All)])),
        ]);
        let text =
            r#"{"a": {"b": [1, 2.5, "é\n", null]}, "other": {"a": 1}, "list": [{"kept": true, "x": 1}, 7, -1, "s"]}"#;
        let mut from = serde_json::Deserializer::from_str(text);
        let read = WANTED.deserialize(&mut from).expect("it is JSON");
        let kept = json!({"a": {"b": [1, 2.5, "é\n", null]}, "list": [{"kept": true}, 7, -1, "s"]});
        assert_eq!(read, kept);
        let mut broken = serde_json::Deserializer::from_str(r#"{"other": {"a": }}"#);
        assert!(WANTED.deserialize(&mut broken).is_err(), "what is stepped over must be JSON too");
    }
}
