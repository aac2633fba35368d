//! Trees of values that know their places in a text, and errors about them. Parsing is elsewhere, and fields have no
//! meaning here.

use std::fmt;

/// A value and the place where it begins. A value that was not read from a text, such as one from the command line, is
/// at line 0 and column 0.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeNode {
    /// Line, from 1; 0 without a place.
    pub line: usize,
    /// Column in characters, from 1; 0 without a place.
    pub column: usize,
    /// The value itself.
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A number that would lose digits in 64 bits, as its text: Kubernetes keeps the text of amounts.
    Decimal(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<TreeNode>),
    /// Fields in the order of the text, with unique names.
    Map(Vec<(Field, TreeNode)>),
}

/// A field's name and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name.
    pub name: String,
    /// Line, from 1; 0 without a place.
    pub line: usize,
    /// Column in characters, from 1; 0 without a place.
    pub column: usize,
}

/// An error about a place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// Line, from 1; 0 if the value has no place.
    pub line: usize,
    /// Column in characters, from 1; 0 if the value has no place.
    pub column: usize,
    /// Path of the field, such as `spec.parallelism`; empty if the text cannot be parsed at all.
    pub field: String,
    /// What is wrong, and what is allowed.
    pub message: String,
    /// What a misspelt name was probably meant to be.
    pub suggestion: Option<String>,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{}", self.message)?;
        match &self.suggestion {
            Some(word) => write!(f, " (did you mean {word:?}?)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ReadError {}

impl ReadError {
    /// Whether the error is a repeated field, for which other readers keep the last value.
    pub fn is_duplicate(&self) -> bool {
        self.message.ends_with(STANDS_TWICE)
    }
}

impl ReadError {
    /// A merge sets a field that exists already, or a field repeats one that a merge has set.
    pub(crate) fn merged_over(line: usize, column: usize, name: String) -> ReadError {
        let message = format!("the field {name:?} is set by a merge (`<<`) and once more in this object");
        ReadError { line, column, field: name, message, suggestion: None }
    }

    pub(crate) fn twice(line: usize, column: usize, name: String) -> ReadError {
        let message = format!("the field {name:?} {STANDS_TWICE}");
        ReadError { line, column, field: name, message, suggestion: None }
    }
}

/// The end of messages about repeated fields.
const STANDS_TWICE: &str = "stands twice in this object";

impl TreeNode {
    /// An error about this value.
    pub fn error(&self, field: &str, message: impl Into<String>) -> ReadError {
        let (line, column) = (self.line, self.column);
        ReadError { line, column, field: field.to_owned(), message: message.into(), suggestion: None }
    }

    /// The field with this name, if this is a map that has it.
    pub fn get(&self, name: &str) -> Option<&TreeNode> {
        match &self.value {
            Value::Map(fields) => fields.iter().find(|f| f.0.name == name).map(|f| &f.1),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The type of the value, in words.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a truth value",
            Value::Int(_) => "a whole number",
            Value::Float(_) | Value::Decimal(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "an object",
        }
    }

    /// The number of values in it, a measure of the memory that it takes: a text counts as one more for every 32 bytes.
    pub fn values(&self) -> u64 {
        let bytes = |text: &str| text.len() as u64 / 32;
        1 + match &self.value {
            Value::Text(text) | Value::Decimal(text) => bytes(text),
            Value::List(list) => list.iter().map(TreeNode::values).sum(),
            Value::Map(fields) => fields.iter().map(|(field, node)| bytes(&field.name) + node.values()).sum(),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
        }
    }

    /// JSON as a tree whose places are all 0:0.
    pub fn from_json(json: &serde_json::Value) -> TreeNode {
        use serde_json::Value as Json;
        let nowhere = |name: &String| Field { name: name.clone(), line: 0, column: 0 };
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(n) => n.as_i64().map_or_else(|| Value::Float(n.as_f64().unwrap_or(f64::MAX)), Value::Int),
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(list) => Value::List(list.iter().map(TreeNode::from_json).collect()),
            Json::Object(map) => Value::Map(map.iter().map(|(k, v)| (nowhere(k), TreeNode::from_json(v))).collect()),
        };
        TreeNode { line: 0, column: 0, value }
    }

    /// The value as JSON, without places.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Int(n) => Json::from(*n),
            Value::Float(x) if is_unsigned(*x) => Json::from(*x as u64),
            Value::Float(x) => Json::from(*x),
            Value::Decimal(text) => match (text.parse::<u64>(), text.parse::<f64>()) {
                (Ok(whole), _) => Json::from(whole),
                (_, Ok(x)) => Json::from(x.clamp(f64::MIN, f64::MAX)),
                _ => unreachable!("only text that reads as a number becomes a decimal"),
            },
            Value::Text(text) => Json::from(text.as_str()),
            Value::List(list) => list.iter().map(TreeNode::to_json).collect(),
            Value::Map(fields) => Json::Object(fields.iter().map(|(f, n)| (f.name.clone(), n.to_json())).collect()),
        }
    }
}

/// Whether a number is an integer that fits into 64 bits only without a sign. Such numbers are written without a
/// fraction.
pub(super) fn is_unsigned(x: f64) -> bool {
    x == libm::trunc(x) && (9e18..1.8e19).contains(&x)
}
