//! Compares the answer of this crate's rules with what the record says the server answered.

use super::request::answer;
use crate::apiserver::FieldError;
use crate::apiserver::answer::ServerAnswer;
use serde_json::{Map, Value, json};

/// Compares one record (see [`crate::conformance::value::Compare`]).
///
/// # Errors
/// The record is not a case of this corpus; the message says why.
pub fn validation(record: &Value) -> Result<Option<(Value, Value)>, String> {
    let got = shown(record, &answer(record)?);
    let expected = recorded(record, &got);
    Ok((expected != got).then_some((expected, got)))
}

/// What the record says, as far as it is compared.
fn recorded(record: &Value, got: &Value) -> Value {
    let mut shown = Map::new();
    shown.insert("code".to_owned(), record["code"].clone());
    let errors = record["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let error = |e: &Value| {
        let part = |name: &str| e[name].as_str().unwrap_or_default().to_owned();
        vec![part("type"), part("field"), part("detail")]
    };
    shown.insert("errors".to_owned(), sorted(record, errors.iter().map(error).collect()));
    let warnings = record["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    shown.insert("warnings".to_owned(), sorted(record, warnings.collect()));
    for name in ["message", "spec", "status", "generation", "resultName", "labels", "annotations"] {
        if let (Some(value), true) = (record.get(name), got.get(name).is_some()) {
            shown.insert(name.to_owned(), value.clone());
        }
    }
    Value::Object(shown)
}

/// The answer, as far as the record has something to compare it with.
fn shown(record: &Value, answer: &ServerAnswer) -> Value {
    let mut shown = Map::new();
    shown.insert("code".to_owned(), answer.code.into());
    let error = |e: &FieldError| vec![e.error_type.as_str().to_owned(), e.field.clone(), e.detail.clone()];
    shown.insert("errors".to_owned(), sorted(record, answer.errors.iter().map(error).collect()));
    shown.insert("warnings".to_owned(), sorted(record, answer.warnings.clone()));
    if let Some(message) = answer.message {
        shown.insert("message".to_owned(), message.into());
    }
    let Some(meta) = answer.object.get("metadata") else { return Value::Object(shown) };
    let nothing = || json!({});
    let values = [
        ("generation", meta["generation"].clone()),
        ("resultName", meta["name"].clone()),
        ("labels", meta.get("labels").cloned().unwrap_or_else(nothing)),
        ("annotations", meta.get("annotations").cloned().unwrap_or_else(nothing)),
        ("spec", spec(record, &answer.object)),
        ("status", answer.object.get("status").cloned().unwrap_or_else(nothing)),
    ];
    for (name, value) in values {
        if record.get(name).is_some() {
            shown.insert(name.to_owned(), value);
        }
    }
    Value::Object(shown)
}

/// The spec, without its Pod template where the record leaves it out.
fn spec(record: &Value, object: &Value) -> Value {
    let mut spec = object["spec"].clone();
    let inner = if record["kind"] == "CronJob" { "/jobTemplate/spec" } else { "" };
    let recorded = record["spec"].pointer(inner).is_some_and(|spec| spec.get("template").is_some());
    if let Some(spec) = spec.pointer_mut(inner).and_then(Value::as_object_mut).filter(|_| !recorded) {
        spec.shift_remove("template");
    }
    // The recorder also left out what contained nothing else.
    if let Some(template) = spec.get_mut("jobTemplate").and_then(Value::as_object_mut).filter(|_| !recorded)
        && template.get("metadata") == Some(&json!({}))
    {
        template.shift_remove("metadata");
    }
    spec
}

/// A list; sorted where the server's order changes from run to run.
fn sorted<T: Ord + Into<Value>>(record: &Value, mut list: Vec<T>) -> Value {
    if record["unordered"] == true {
        list.sort();
    }
    list.into_iter().map(Into::into).collect()
}
