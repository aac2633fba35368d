//! From a tree of values to typed values, by serde, without a detour over JSON: an error knows the place and the path
//! of the value that it is about, and suggests what a misspelt name was probably meant to be.
//!
//! Two conventions go beyond plain serde:
//! - A field whose name is `a | b` (by `serde(rename)`) holds an enum with the variants `a` and `b`, and stands for one
//!   of the fields `a` and `b`: the type says that a document has at most one of them.
//! - [`TreeNode`] can be deserialized itself, places included, for values that are interpreted later.

use super::path::{PathStep, PathText};
use super::placed::{self, NameDeserializer, Parts};
use super::suggest;
use super::tree::{Field, ReadError, TreeNode, Value, is_unsigned};
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt;

/// Separates the names of fields of which a document may have only one.
const ALTERNATIVES: &str = " | ";

/// Reads a typed value from a tree.
///
/// # Errors
/// The first value that does not fit its type, or the first unknown name, with its place and path.
pub fn from_node<T: de::DeserializeOwned>(node: &TreeNode) -> Result<T, ReadError> {
    T::deserialize(node).map_err(|error| {
        let mut path = error.path;
        path.reverse();
        let (line, column) = error.place.unwrap_or((node.line, node.column));
        let field = PathText(&path).to_string();
        ReadError { line, column, field, message: error.message, suggestion: error.suggestion }
    })
}

/// An error on its way from its value up to the root: each level adds its step to the path.
#[derive(Debug)]
pub struct NodeError {
    place: Option<(usize, usize)>,
    /// The steps, innermost first.
    path: Vec<PathStep>,
    message: String,
    suggestion: Option<String>,
}

impl NodeError {
    fn new(message: String) -> Self {
        NodeError { place: None, path: Vec::new(), message, suggestion: None }
    }

    /// The same error seen from one level above. The innermost level sets the place.
    fn below(mut self, step: PathStep, (line, column): (usize, usize)) -> Self {
        self.path.push(step);
        self.place = self.place.or(Some((line, column)));
        self
    }

    fn unknown(what: &str, name: &str, known: &[&'static str]) -> Self {
        let names: Vec<&str> = known.iter().flat_map(|known| known.split(ALTERNATIVES)).collect();
        let suggestion = suggest(name, names.iter().copied()).map(str::to_owned);
        let message = match &names[..] {
            [] => format!("unknown {what} `{name}`, there are none"),
            [only] => format!("unknown {what} `{name}`, expected `{only}`"),
            names => format!("unknown {what} `{name}`, expected one of {}", listed(names)),
        };
        NodeError { suggestion, ..NodeError::new(message) }
    }
}

/// Names in quotation marks, separated by commas.
fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for NodeError {}

impl de::Error for NodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        NodeError::new(message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        // Nobody writes a "unit value": the text has `null` or nothing at all.
        match unexpected {
            Unexpected::Unit => NodeError::new(format!("invalid type: null, expected {expected}")),
            other => NodeError::new(format!("invalid type: {other}, expected {expected}")),
        }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        NodeError::unknown("field", field, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        NodeError::unknown("variant", variant, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        let names: Vec<&str> = field.split(ALTERNATIVES).collect();
        match &names[..] {
            [only] => NodeError::new(format!("missing field `{only}`")),
            names => NodeError::new(format!("missing: exactly one of {}", listed(names))),
        }
    }
}

impl<'de> Deserializer<'de> for &'de TreeNode {
    type Error = NodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match &self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(*b),
            Value::Int(n) => visitor.visit_i64(*n),
            // Whole numbers that only fit into an unsigned type are kept as such.
            Value::Float(x) if is_unsigned(*x) => visitor.visit_u64(*x as u64),
            Value::Float(x) => visitor.visit_f64(*x),
            Value::Decimal(text) => match (text.parse(), text.parse::<f64>()) {
                (Ok(whole), _) => visitor.visit_u64(whole),
                (_, Ok(x)) if x.is_finite() => visitor.visit_f64(x),
                _ => Err(NodeError::new(format!("the number {text} is too large"))),
            },
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::List(list) => visitor.visit_seq(Members { list, next: 0 }),
            Value::Map(fields) => visitor.visit_map(Fields::of(fields, &[])),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, NodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        match &self.value {
            _ if name == placed::NAME => visitor.visit_map(Parts::new((self.line, self.column), self)),
            Value::Map(fields) => visitor.visit_map(Fields::of(fields, known)),
            _ => self.deserialize_any(visitor),
        }
    }

    /// A plain name, or an object with one field. A field that is null counts as absent.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        match &self.value {
            Value::Text(name) => visitor.visit_enum(name.as_str().into_deserializer()),
            Value::Map(fields) => {
                if let Some((field, _)) = fields.iter().find(|(field, _)| !variants.contains(&field.name.as_str())) {
                    let unknown = NodeError::unknown("field", &field.name, variants);
                    return Err(unknown.below(PathStep::name(&field.name), (field.line, field.column)));
                }
                let mut given = fields.iter().filter(|(_, node)| node.value != Value::Null);
                match (given.next(), given.next()) {
                    (Some((field, node)), None) => visitor
                        .visit_enum(OneField { name: &field.name, node })
                        .map_err(|error| error.below(PathStep::name(&field.name), (node.line, node.column))),
                    _ => Err(NodeError::new(format!("an object with exactly one of {}", listed(variants)))),
                }
            }
            _ => Err(de::Error::invalid_type(self.unexpected(), &"a name, or an object with one field")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

impl TreeNode {
    fn unexpected(&self) -> Unexpected<'_> {
        match &self.value {
            Value::Null => Unexpected::Unit,
            Value::Bool(b) => Unexpected::Bool(*b),
            Value::Int(n) => Unexpected::Signed(*n),
            Value::Float(x) => Unexpected::Float(*x),
            Value::Decimal(text) => Unexpected::Other(text),
            Value::Text(text) => Unexpected::Str(text),
            Value::List(_) => Unexpected::Seq,
            Value::Map(_) => Unexpected::Map,
        }
    }
}

/// The members of a list.
struct Members<'de> {
    list: &'de [TreeNode],
    next: usize,
}

impl<'de> de::SeqAccess<'de> for Members<'de> {
    type Error = NodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, NodeError> {
        let Some(node) = self.list.get(self.next) else { return Ok(None) };
        let step = PathStep::Place(self.next);
        self.next += 1;
        seed.deserialize(node).map(Some).map_err(|error| error.below(step, (node.line, node.column)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.list.len() - self.next)
    }
}

/// The fields of a map.
struct Fields<'de> {
    fields: std::slice::Iter<'de, (Field, TreeNode)>,
    /// The fields of the type; empty if it accepts any.
    known: &'static [&'static str],
    /// The field whose value comes next.
    open: Option<(&'de Field, &'de TreeNode, Slot)>,
    /// The alternatives seen so far: the type's field, and the text's field.
    chosen: Vec<(&'static str, &'de str)>,
}

/// What a field of a text means to the type.
#[derive(Clone, Copy)]
enum Slot {
    /// A field of its own.
    Own,
    /// One of the fields that this one stands for.
    Alternative(&'static str),
}

impl<'de> Fields<'de> {
    fn of(fields: &'de [(Field, TreeNode)], known: &'static [&'static str]) -> Self {
        Fields { fields: fields.iter(), known, open: None, chosen: Vec::new() }
    }

    fn slot(&self, name: &str) -> Slot {
        let stands_for =
            |known: &&&'static str| known.contains(ALTERNATIVES) && known.split(ALTERNATIVES).any(|n| n == name);
        self.known.iter().find(stands_for).map_or(Slot::Own, |known| Slot::Alternative(known))
    }

    /// Rejects a second alternative of which only one may be present.
    fn choose(&mut self, of: &'static str, name: &'de str) -> Result<(), NodeError> {
        if let Some((_, first)) = self.chosen.iter().find(|(chosen, _)| *chosen == of) {
            let names: Vec<&str> = of.split(ALTERNATIVES).collect();
            let message = match names[..] {
                [one, other] => format!("give either {one} or {other}, not both"),
                _ => format!("{name} beside {first}: give exactly one of {}", listed(&names)),
            };
            return Err(NodeError::new(message));
        }
        self.chosen.push((of, name));
        Ok(())
    }
}

impl<'de> de::MapAccess<'de> for Fields<'de> {
    type Error = NodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, NodeError> {
        while let Some((field, node)) = self.fields.next() {
            let slot = self.slot(&field.name);
            let at_field = |error: NodeError| error.below(PathStep::name(&field.name), (field.line, field.column));
            let name = match slot {
                Slot::Own => &field.name,
                // As with other optional fields, null means absent.
                Slot::Alternative(_) if node.value == Value::Null => continue,
                Slot::Alternative(of) => {
                    self.choose(of, &field.name).map_err(at_field)?;
                    of
                }
            };
            self.open = Some((field, node, slot));
            let name = NameDeserializer { name, place: (field.line, field.column) };
            return seed.deserialize(name).map(Some).map_err(at_field);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NodeError> {
        let (field, node, slot) = self.open.take().expect("serde asks for a key before each value");
        let value = match slot {
            Slot::Own => seed.deserialize(node),
            Slot::Alternative(_) => seed.deserialize(OneField { name: &field.name, node }),
        };
        value.map_err(|error| error.below(PathStep::name(&field.name), (node.line, node.column)))
    }
}

/// A field as a variant of an enum and its data.
struct OneField<'de> {
    name: &'de str,
    node: &'de TreeNode,
}

impl<'de> Deserializer<'de> for OneField<'de> {
    type Error = NodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        visitor.visit_enum(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> de::EnumAccess<'de> for OneField<'de> {
    type Error = NodeError;
    type Variant = &'de TreeNode;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, &'de TreeNode), NodeError> {
        Ok((seed.deserialize(de::value::BorrowedStrDeserializer::new(self.name))?, self.node))
    }
}

impl<'de> de::VariantAccess<'de> for &'de TreeNode {
    type Error = NodeError;

    fn unit_variant(self) -> Result<(), NodeError> {
        de::Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, NodeError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, NodeError> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        self.deserialize_struct("", known, visitor)
    }
}

#[cfg(test)]
#[path = "deserialize_tests.rs"]
mod tests;
