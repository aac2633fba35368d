//! The small language in which the rules about a Pod template are written: a [`Rule`] says what must hold for one field
//! of an object, a table of rules says it for an object, in the order in which the API server finds fault. It knows no
//! field of the API; the tables are beside it. Values of a wrong type count as absent: decoding has refused them before.

use super::PodOptions;
use crate::apiserver::{ErrorType, FieldError};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is wrong with a text, in the server's words; empty if nothing is.
pub(super) type Format = fn(&str) -> Vec<String>;
/// A rule that needs more than the field itself.
pub(super) type Judge = fn(&Value, &Path, &Scope, &mut Errors);

/// What must hold for a field.
#[derive(Clone, Copy)]
pub(super) enum Check {
    /// A text or list that is not empty; with the error's detail.
    Required(&'static str),
    /// A text that is not empty and has this format.
    Named(Format),
    /// If not empty, it has this format.
    Format(Format),
    /// If present, even as an empty text, it has this format.
    Set(Format),
    /// Present or not, it has this format.
    Always(Format),
    /// One of these; an empty text is missing.
    Among(&'static [&'static str]),
    /// If present, one of these.
    OneOf(&'static [&'static str]),
    /// Present or not, one of these.
    Exactly(&'static [&'static str]),
    /// If present, a number between these, inclusive.
    Range(i64, i64),
    /// If present, a number between these; with the error's detail.
    Between(i64, i64, &'static str),
    /// If present, this object's fields.
    Fields(&'static [Rule]),
    /// Each member of the list.
    Each(&'static [Rule]),
    /// If present, as this judges.
    Judge(Judge),
    /// Present or not, as this judges.
    JudgeAlways(Judge),
}

/// What must hold for the field `name` of an object; an empty name stands for the object itself.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    name: &'static str,
    check: Check,
}

/// A rule about a field.
pub(super) const fn rule(name: &'static str, check: Check) -> Rule {
    Rule { name, check }
}

/// What rules about a part of the Pod need to know of the rest.
pub(super) struct Scope<'a> {
    pub spec: &'a Value,
    pub options: &'a PodOptions,
    /// The volumes without fault, by name.
    pub volumes: BTreeMap<&'a str, &'a Value>,
    /// The names of the Pod's resource claims.
    pub claims: BTreeSet<&'a str>,
}

impl Scope<'_> {
    /// `hostUsers`, true unless said otherwise.
    pub fn host_users(&self) -> bool {
        flag(self.spec, "hostUsers").unwrap_or(true)
    }
}

/// The place of a field. It becomes a text only when an error needs it.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    part: Part<'a>,
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Name(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    pub fn root(name: &'a str) -> Self {
        Path { parent: None, part: Part::Name(name) }
    }

    /// The place of this one's field; the same place for an empty name.
    pub fn child(&'a self, name: &'a str) -> Path<'a> {
        if name.is_empty() { *self } else { Path { parent: Some(self), part: Part::Name(name) } }
    }

    /// The place of the object that holds this field; a root holds itself.
    pub fn parent(&'a self) -> &'a Path<'a> {
        self.parent.unwrap_or(self)
    }

    pub fn index(&'a self, index: usize) -> Path<'a> {
        Path { parent: Some(self), part: Part::Index(index) }
    }

    pub fn key(&'a self, key: &'a str) -> Path<'a> {
        Path { parent: Some(self), part: Part::Key(key) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}")?;
        }
        match self.part {
            Part::Name(name) if self.parent.is_some() => write!(f, ".{name}"),
            Part::Name(name) => write!(f, "{name}"),
            Part::Index(index) => write!(f, "[{index}]"),
            Part::Key(key) => write!(f, "[{key}]"),
        }
    }
}

/// The errors found so far.
pub(super) struct Errors<'e>(pub &'e mut Vec<FieldError>);

impl Errors<'_> {
    fn add(&mut self, error_type: ErrorType, path: &Path, value: Value, detail: impl Into<String>) {
        self.0.push(FieldError::new(error_type, path.to_string(), value, detail));
    }

    pub fn required(&mut self, path: &Path, detail: &str) {
        self.add(ErrorType::Required, path, Value::Null, detail);
    }

    pub fn invalid(&mut self, path: &Path, value: impl Into<Value>, detail: impl Into<String>) {
        self.add(ErrorType::Invalid, path, value.into(), detail);
    }

    /// Each of the complaints about one value.
    pub fn invalid_each(&mut self, path: &Path, value: &str, complaints: Vec<String>) {
        for complaint in complaints {
            self.invalid(path, value, complaint);
        }
    }

    pub fn forbidden(&mut self, path: &Path, detail: &str) {
        self.add(ErrorType::Forbidden, path, Value::Null, detail);
    }

    pub fn duplicate(&mut self, path: &Path, value: impl Into<Value>) {
        self.add(ErrorType::Duplicate, path, value.into(), "");
    }

    pub fn not_found(&mut self, path: &Path, value: &str, detail: impl Into<String>) {
        self.add(ErrorType::NotFound, path, value.into(), detail);
    }

    pub fn not_supported(&mut self, path: &Path, value: &str, supported: &[&str]) {
        let quoted: Vec<String> = supported.iter().map(|word| format!("{word:?}")).collect();
        self.add(ErrorType::NotSupported, path, value.into(), format!("supported values: {}", quoted.join(", ")));
    }

    pub fn too_long(&mut self, path: &Path, most: usize) {
        self.add(ErrorType::TooLong, path, Value::Null, format!("may not be more than {most} bytes"));
    }

    pub fn too_many(&mut self, path: &Path, count: usize, most: usize) {
        self.add(ErrorType::TooMany, path, count.into(), format!("must have at most {most} items"));
    }
}

/// Judges an object by a table of rules.
pub(super) fn judge(object: &Value, rules: &[Rule], path: &Path, scope: &Scope, errors: &mut Errors) {
    for rule in rules {
        let path = path.child(rule.name);
        let value = if rule.name.is_empty() { object } else { object.get(rule.name).unwrap_or(&Value::Null) };
        judge_value(value, rule.check, &path, scope, errors);
    }
}

fn judge_value(value: &Value, check: Check, path: &Path, scope: &Scope, errors: &mut Errors) {
    let text = value.as_str().unwrap_or_default();
    let present = !value.is_null();
    match check {
        Check::Required(detail) if is_empty(value) => errors.required(path, detail),
        Check::Named(_) if text.is_empty() => errors.required(path, ""),
        Check::Named(format) => errors.invalid_each(path, text, format(text)),
        Check::Format(format) if !text.is_empty() => errors.invalid_each(path, text, format(text)),
        Check::Set(format) if present => errors.invalid_each(path, text, format(text)),
        Check::Always(format) => errors.invalid_each(path, text, format(text)),
        Check::Among(_) if text.is_empty() => errors.required(path, ""),
        Check::Among(words) | Check::Exactly(words) if !words.contains(&text) => {
            errors.not_supported(path, text, words);
        }
        Check::OneOf(words) if present && !words.contains(&text) => errors.not_supported(path, text, words),
        Check::Range(least, most) if outside(value, least, most) => {
            errors.invalid(path, value.clone(), range_words(least, most));
        }
        Check::Between(least, most, detail) if outside(value, least, most) => {
            errors.invalid(path, value.clone(), detail)
        }
        Check::Fields(rules) if present => judge(value, rules, path, scope, errors),
        Check::Each(rules) => {
            for (place, member) in members(value).iter().enumerate() {
                judge(member, rules, &path.index(place), scope, errors);
            }
        }
        Check::Judge(judge) if present => judge(value, path, scope, errors),
        Check::JudgeAlways(judge) => judge(value, path, scope, errors),
        _ => {}
    }
}

fn outside(value: &Value, least: i64, most: i64) -> bool {
    value.as_i64().is_some_and(|number| number < least || number > most)
}

/// The server's words for a range.
pub(super) fn range_words(least: i64, most: i64) -> String {
    format!("must be between {least} and {most}, inclusive")
}

/// Whether it is absent, or a text, list or object without anything in it.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(members) => members.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// The members of a list; none for anything else.
pub(super) fn members(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The field's text; empty if it has none.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The field's members; none if it is no list.
pub(super) fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).map_or(&[], members)
}

/// The field, unless it is absent or null.
pub(super) fn field<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// The field's truth value, if it has one.
pub(super) fn flag(object: &Value, name: &str) -> Option<bool> {
    object.get(name).and_then(Value::as_bool)
}

/// The field's number, if it has one.
pub(super) fn number(object: &Value, name: &str) -> Option<i64> {
    object.get(name).and_then(Value::as_i64)
}

/// The entries of a map, by key. The server's order is a different one each time.
pub(super) fn entries(map: &Value) -> Vec<(&str, &Value)> {
    let mut entries: Vec<(&str, &Value)> =
        map.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value)).collect();
    entries.sort_unstable_by_key(|entry| entry.0);
    entries
}

/// The value under a path of names.
pub(super) fn at<'a>(object: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().try_fold(object, |value, name| field(value, name))
}

/// All containers of a Pod with their places, in the order in which the server visits them.
pub(super) fn visit(spec: &Value, path: &Path, mut each: impl FnMut(&Value, &Path)) {
    for kind in ["initContainers", "containers", "ephemeralContainers"] {
        let path = path.child(kind);
        for (place, container) in list(spec, kind).iter().enumerate() {
            each(container, &path.index(place));
        }
    }
}
