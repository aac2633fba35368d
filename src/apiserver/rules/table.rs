//! Rules as data: a [`FieldRule`] is about one field, and a table of them about an object, in the order in which the
//! server checks. A rule that needs more than the field itself is a function in the table.

use super::language::{Errors, Path, TextFormat, flag, is_empty, list, members, range_words};
use crate::apiserver::pod_template::PodOptions;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A rule that needs more than the field itself.
pub(crate) type Judge = fn(&Value, &Path, &Scope, &mut Errors);

/// A check of a field.
#[derive(Clone, Copy)]
pub(crate) enum FieldCheck {
    /// Non-empty text or list; with the error's detail.
    Required(&'static str),
    /// Non-empty text with this format.
    Named(TextFormat),
    /// This format, unless empty.
    Format(TextFormat),
    /// This format if present, even if empty.
    Set(TextFormat),
    /// This format, present or not.
    Always(TextFormat),
    /// One of these; an empty text counts as missing.
    Among(&'static [&'static str]),
    /// One of these, if present.
    OneOf(&'static [&'static str]),
    /// One of these, present or not.
    Exactly(&'static [&'static str]),
    /// A number within these bounds, inclusive, if present.
    Range(i64, i64),
    /// A number within these bounds, inclusive, if present; with the error's detail.
    Between(i64, i64, &'static str),
    /// This table applies to it, if present.
    Fields(&'static [FieldRule]),
    /// This table applies to each member of the list.
    Each(&'static [FieldRule]),
    /// This function checks it, if present.
    Judge(Judge),
    /// This function checks it, present or not.
    JudgeAlways(Judge),
}

/// A check of the field `name` of an object; an empty name stands for the object itself.
#[derive(Clone, Copy)]
pub(crate) struct FieldRule {
    name: &'static str,
    check: FieldCheck,
}

/// A rule about a field.
pub(crate) const fn rule(name: &'static str, check: FieldCheck) -> FieldRule {
    FieldRule { name, check }
}

/// What rules about a part of a Pod need to know about the rest.
pub(crate) struct Scope<'a> {
    pub spec: &'a Value,
    pub options: &'a PodOptions,
    /// The valid volumes, by name.
    pub volumes: BTreeMap<&'a str, &'a Value>,
    /// The names of the Pod's resource claims.
    pub claims: BTreeSet<&'a str>,
}

impl Scope<'_> {
    /// `hostUsers`, which is true by default.
    pub fn host_users(&self) -> bool {
        flag(self.spec, "hostUsers").unwrap_or(true)
    }
}

/// Checks an object against a table.
pub(crate) fn judge(object: &Value, rules: &[FieldRule], path: &Path, scope: &Scope, errors: &mut Errors) {
    for rule in rules {
        let path = path.child(rule.name);
        let value = if rule.name.is_empty() { object } else { object.get(rule.name).unwrap_or(&Value::Null) };
        judge_value(value, rule.check, &path, scope, errors);
    }
}

fn judge_value(value: &Value, check: FieldCheck, path: &Path, scope: &Scope, errors: &mut Errors) {
    let text = value.as_str().unwrap_or_default();
    let present = !value.is_null();
    match check {
        FieldCheck::Required(detail) if is_empty(value) => errors.required(path, detail),
        FieldCheck::Named(_) if text.is_empty() => errors.required(path, ""),
        FieldCheck::Named(format) | FieldCheck::Always(format) => errors.invalid_each(path, text, format(text)),
        FieldCheck::Format(format) if !text.is_empty() => errors.invalid_each(path, text, format(text)),
        FieldCheck::Set(format) if present => errors.invalid_each(path, text, format(text)),
        FieldCheck::Among(_) if text.is_empty() => errors.required(path, ""),
        FieldCheck::Among(words) | FieldCheck::Exactly(words) if !words.contains(&text) => {
            errors.not_supported(path, text, words);
        }
        FieldCheck::OneOf(words) if present && !words.contains(&text) => errors.not_supported(path, text, words),
        FieldCheck::Range(least, most) if outside(value, least, most) => {
            errors.invalid(path, value.clone(), range_words(least, most));
        }
        FieldCheck::Between(least, most, detail) if outside(value, least, most) => {
            errors.invalid(path, value.clone(), detail);
        }
        FieldCheck::Fields(rules) if present => judge(value, rules, path, scope, errors),
        FieldCheck::Each(rules) => {
            for (place, member) in members(value).iter().enumerate() {
                judge(member, rules, &path.index(place), scope, errors);
            }
        }
        FieldCheck::Judge(judge) if present => judge(value, path, scope, errors),
        FieldCheck::JudgeAlways(judge) => judge(value, path, scope, errors),
        _ => {}
    }
}

fn outside(value: &Value, least: i64, most: i64) -> bool {
    value.as_i64().is_some_and(|number| number < least || number > most)
}

/// Visits all containers of a Pod with their paths, in the server's order.
pub(crate) fn visit_containers(spec: &Value, path: &Path, mut each: impl FnMut(&Value, &Path)) {
    for kind in ["initContainers", "containers", "ephemeralContainers"] {
        let path = path.child(kind);
        for (place, container) in list(spec, kind).iter().enumerate() {
            each(container, &path.index(place));
        }
    }
}
