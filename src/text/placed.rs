//! Trees inside typed values: a field of type [`TreeNode`] keeps what was written, places included, until it is
//! interpreted. Only [`super::deserialize`] provides places; a [`TreeNode`] cannot be read from other formats.
//!
//! Serde has no notion of places, so a node is requested as a struct with a reserved name and passed on in parts.

use super::deserialize::NodeError;
use super::tree::{Field, TreeNode, Value};
use serde::de::value::{BorrowedStrDeserializer, StrDeserializer, U64Deserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt;
use std::marker::PhantomData;

/// The reserved name of the struct that represents a node or the name of a field.
pub(super) const NAME: &str = "$jobsim::text::Placed";
/// Its parts, in this order.
const PARTS: [&str; 3] = ["line", "column", "value"];

/// A value and its place, in the form in which serde passes them on.
struct Placed<T> {
    line: usize,
    column: usize,
    value: T,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PlacedVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for PlacedVisitor<T> {
            type Value = Placed<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its place")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Placed<T>, A::Error> {
                let missing = || A::Error::custom("only a tree with places can be read into a tree");
                let (_, line): (&str, _) = parts.next_entry()?.ok_or_else(missing)?;
                let (_, column): (&str, _) = parts.next_entry()?.ok_or_else(missing)?;
                let (_, value): (&str, _) = parts.next_entry()?.ok_or_else(missing)?;
                Ok(Placed { line, column, value })
            }
        }
        deserializer.deserialize_struct(NAME, &PARTS, PlacedVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for TreeNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Placed { line, column, value } = Placed::deserialize(deserializer)?;
        Ok(TreeNode { line, column, value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
                Ok(Value::Bool(b))
            }

            fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
                Ok(Value::Int(n))
            }

            fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
                Ok(i64::try_from(n).map_or_else(|_| Value::Decimal(n.to_string()), Value::Int))
            }

            fn visit_f64<E>(self, x: f64) -> Result<Value, E> {
                Ok(Value::Float(x))
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
                let mut list = Vec::new();
                while let Some(member) = members.next_element()? {
                    list.push(member);
                }
                Ok(Value::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((Placed { line, column, value: name }, node)) = entries.next_entry()? {
                    fields.push((Field { name, line, column }, node));
                }
                Ok(Value::Map(fields))
            }
        }
        deserializer.deserialize_any(ValueVisitor)
    }
}

/// Passes on a place and then its value.
pub(super) struct Parts<T> {
    place: (usize, usize),
    value: T,
    next: usize,
}

impl<T> Parts<T> {
    pub(super) fn new(place: (usize, usize), value: T) -> Self {
        Parts { place, value, next: 0 }
    }
}

impl<'de, T: Deserializer<'de, Error = NodeError> + Copy> MapAccess<'de> for Parts<T> {
    type Error = NodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, NodeError> {
        let Some(part) = PARTS.get(self.next) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(BorrowedStrDeserializer::new(part)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NodeError> {
        match self.next {
            1 => seed.deserialize(U64Deserializer::new(self.place.0 as u64)),
            2 => seed.deserialize(U64Deserializer::new(self.place.1 as u64)),
            _ => seed.deserialize(self.value),
        }
    }
}

/// A field's name, with its place if that is requested.
#[derive(Clone, Copy)]
pub(super) struct NameDeserializer<'de> {
    pub place: (usize, usize),
    pub name: &'de str,
}

impl<'de> Deserializer<'de> for NameDeserializer<'de> {
    type Error = NodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        visitor.visit_borrowed_str(self.name)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        match name {
            NAME => visitor.visit_map(Parts::new(self.place, StrDeserializer::new(self.name))),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
