//! The vocabulary of the validation rules: where a field is ([`Path`]), what is wrong with it ([`Errors`]), and how a
//! decoded object is read. No field of the API is known here, and nothing is decided.
//!
//! A value of the wrong type counts as absent: decoding has rejected it before any rule runs.

use crate::apiserver::{ErrorType, FieldError};
use serde_json::Value;
use std::collections::HashSet;
use std::fmt::{self, Display};

/// Checks the format of a text: the errors in the server's words; empty if there are none.
pub(crate) type TextFormat = fn(&str) -> Vec<String>;

/// The path of a field. It borrows its parent, so paths that no error needs are never formatted.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    part: PathPart<'a>,
}

#[derive(Clone, Copy)]
enum PathPart<'a> {
    Name(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    /// The path of a field at the top of the object; `name` may itself be a dotted path.
    pub fn root(name: &'a str) -> Self {
        Path { parent: None, part: PathPart::Name(name) }
    }

    /// The path of a field of this one; the same path for an empty name.
    pub fn child(&'a self, name: &'a str) -> Path<'a> {
        if name.is_empty() { *self } else { Path { parent: Some(self), part: PathPart::Name(name) } }
    }

    /// The path of the object that contains this field; a root is its own parent.
    pub fn parent(&'a self) -> &'a Path<'a> {
        self.parent.unwrap_or(self)
    }

    /// The path of a list's member.
    pub fn index(&'a self, index: usize) -> Path<'a> {
        Path { parent: Some(self), part: PathPart::Index(index) }
    }

    /// The path of a map's value.
    pub fn key(&'a self, key: &'a str) -> Path<'a> {
        Path { parent: Some(self), part: PathPart::Key(key) }
    }
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}")?;
        }
        match self.part {
            PathPart::Name(name) if self.parent.is_some() => write!(f, ".{name}"),
            PathPart::Name(name) => write!(f, "{name}"),
            PathPart::Index(index) => write!(f, "[{index}]"),
            PathPart::Key(key) => write!(f, "[{key}]"),
        }
    }
}

/// The errors found so far, with a constructor for each kind of error. A path is a [`Path`], or text where a rule has
/// only one place to complain about.
#[derive(Debug, Default)]
pub(crate) struct Errors(pub Vec<FieldError>);

impl Errors {
    fn push(&mut self, error_type: ErrorType, path: impl Display, value: Value, detail: impl Into<String>) {
        self.0.push(FieldError::new(error_type, path.to_string(), value, detail));
    }

    /// The errors without repetitions: the server also drops an error whose text it has already given.
    pub fn once(self) -> Vec<FieldError> {
        let mut told: HashSet<String> = HashSet::new();
        self.0.into_iter().filter(|error| told.insert(error.to_string())).collect()
    }

    pub fn required(&mut self, path: impl Display, detail: impl Into<String>) {
        self.push(ErrorType::Required, path, Value::Null, detail);
    }

    pub fn invalid(&mut self, path: impl Display, value: impl Into<Value>, detail: impl Into<String>) {
        self.push(ErrorType::Invalid, path, value.into(), detail);
    }

    /// The same without showing the value.
    pub fn invalid_unshown(&mut self, path: impl Display, detail: impl Into<String>) {
        self.push(ErrorType::Invalid, path, Value::Null, detail);
        self.0.last_mut().expect("one was pushed").omits_value = true;
    }

    /// One error per complaint about a value.
    pub fn invalid_each(&mut self, path: impl Display, value: &str, complaints: Vec<String>) {
        for complaint in complaints {
            self.invalid(&path, value, complaint);
        }
    }

    pub fn forbidden(&mut self, path: impl Display, detail: impl Into<String>) {
        self.push(ErrorType::Forbidden, path, Value::Null, detail);
    }

    pub fn duplicate(&mut self, path: impl Display, value: impl Into<Value>) {
        self.push(ErrorType::Duplicate, path, value.into(), "");
    }

    pub fn not_found(&mut self, path: impl Display, value: &str, detail: impl Into<String>) {
        self.push(ErrorType::NotFound, path, value.into(), detail);
    }

    pub fn not_supported(&mut self, path: impl Display, value: &str, supported: &[&str]) {
        let quoted: Vec<String> = supported.iter().map(|word| format!("{word:?}")).collect();
        self.push(ErrorType::NotSupported, path, value.into(), format!("supported values: {}", quoted.join(", ")));
    }

    pub fn too_long(&mut self, path: impl Display, most: usize) {
        self.push(ErrorType::TooLong, path, Value::Null, format!("may not be more than {most} bytes"));
    }

    pub fn too_many(&mut self, path: impl Display, count: usize, most: usize) {
        self.push(ErrorType::TooMany, path, count.into(), format!("must have at most {most} items"));
    }

    /// Checks that a number, if present, is not negative.
    pub fn nonnegative(&mut self, path: impl Display, value: Option<i64>) {
        if let Some(value) = value.filter(|value| *value < 0) {
            self.invalid(path, value, "must be greater than or equal to 0");
        }
    }
}

/// The server's wording for a range.
pub(crate) fn range_words(least: i64, most: i64) -> String {
    format!("must be between {least} and {most}, inclusive")
}

/// Whether a value is absent, or an empty text, list or object.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(members) => members.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// The field of an object; null if it is absent.
pub(crate) fn member<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

/// The field of an object, unless it is absent or null.
pub(crate) fn given<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// The value at a path of names, unless something on the way is absent or null.
pub(crate) fn at<'a>(object: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().try_fold(object, |value, name| given(value, name))
}

/// The field as text; empty if it is absent.
pub(crate) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The field as a whole number.
pub(crate) fn int(object: &Value, name: &str) -> Option<i64> {
    object.get(name)?.as_i64()
}

/// The field as a boolean.
pub(crate) fn flag(object: &Value, name: &str) -> Option<bool> {
    object.get(name)?.as_bool()
}

/// The members of a list; empty for anything else.
pub(crate) fn members(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The members of the field; empty if it is not a list.
pub(crate) fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).map_or(&[], members)
}

/// The entries of a map, ordered by key. The server iterates over maps in random order, so any fixed order will do.
pub(crate) fn entries(map: &Value) -> Vec<(&str, &Value)> {
    let fields = map.as_object().into_iter().flatten();
    let mut entries: Vec<(&str, &Value)> = fields.map(|(key, value)| (key.as_str(), value)).collect();
    entries.sort_unstable_by_key(|entry| entry.0);
    entries
}
