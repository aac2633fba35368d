//! Label selectors: their rules, and whether one matches a set of labels.
//!
//! Source: `k8s.io/apimachinery/pkg/apis/meta/v1/validation`, `LabelSelectorAsSelector`.

use super::names::{label_value, qualified_name};
use super::{Errors, Path, entries, list, member, meta, text};
use serde_json::Value;

/// Rules for a selector. Values in expressions are checked only with `check_values`: an object that was stored with
/// invalid ones may keep them.
pub(crate) fn selector(selector: &Value, path: &Path, check_values: bool, errors: &mut Errors) {
    meta::labels(member(selector, "matchLabels"), &path.child("matchLabels"), errors);
    let expressions = path.child("matchExpressions");
    for (n, expression) in list(selector, "matchExpressions").iter().enumerate() {
        let path = expressions.index(n);
        operator(expression, &path, errors);
        let key = text(expression, "key");
        errors.invalid_each(path.child("key"), key, qualified_name(key));
        let values = path.child("values");
        for (m, value) in list(expression, "values").iter().enumerate().filter(|_| check_values) {
            let value = value.as_str().unwrap_or_default();
            errors.invalid_each(values.index(m), value, label_value(value));
        }
    }
}

/// Checks the operator of an expression, and that it has values if and only if the operator needs them.
pub(crate) fn operator(expression: &Value, path: &Path, errors: &mut Errors) {
    let has_values = !list(expression, "values").is_empty();
    match text(expression, "operator") {
        "In" | "NotIn" if !has_values => {
            errors.required(path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if has_values => {
            errors
                .forbidden(path.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => errors.invalid(path.child("operator"), other, "not a valid selector operator"),
    }
}

/// Whether an expression contains a value that no label can have.
pub(crate) fn has_bad_value(selector: &Value) -> bool {
    let values = list(selector, "matchExpressions").iter().flat_map(|e| list(e, "values"));
    values.filter_map(Value::as_str).any(|value| !label_value(value).is_empty())
}

/// Whether the selector matches labels; `None` if it is not a valid selector. `null` matches nothing, `{}` matches
/// everything.
pub(crate) fn matches(selector: &Value, label: impl Fn(&str) -> Option<String>) -> Option<bool> {
    if selector.is_null() {
        return Some(false);
    }
    let mut all = true;
    for (key, value) in entries(member(selector, "matchLabels")) {
        let value = value.as_str().unwrap_or_default();
        if !qualified_name(key).is_empty() || !label_value(value).is_empty() {
            return None;
        }
        all &= label(key).as_deref() == Some(value);
    }
    for expression in list(selector, "matchExpressions") {
        all &= matches_expression(expression, &label)?;
    }
    Some(all)
}

fn matches_expression(expression: &Value, label: &impl Fn(&str) -> Option<String>) -> Option<bool> {
    let (key, values) = (text(expression, "key"), list(expression, "values"));
    let bad_value = values.iter().filter_map(Value::as_str).any(|value| !label_value(value).is_empty());
    if bad_value || !qualified_name(key).is_empty() {
        return None;
    }
    let found = label(key);
    let is_one = found.as_ref().is_some_and(|found| values.iter().any(|value| value.as_str() == Some(found)));
    match (text(expression, "operator"), values.is_empty()) {
        ("In", false) => Some(is_one),
        ("NotIn", false) => Some(!is_one),
        ("Exists", true) => Some(found.is_some()),
        ("DoesNotExist", true) => Some(found.is_none()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_match_labels() {
        let label = |key: &str| (key == "a").then(|| "b".to_owned());
        let one = |operator: &str, values: Value| json!({"matchExpressions": [{"key": "a", "operator": operator, "values": values}]});
        for (selector, expected) in [
            (json!(null), Some(false)),
            (json!({}), Some(true)),
            (json!({"matchLabels": {"a": "b"}}), Some(true)),
            (json!({"matchLabels": {"a": "c"}}), Some(false)),
            (json!({"matchLabels": {"a": "b", "d": "e"}}), Some(false)),
            (json!({"matchLabels": {"a": " "}}), None),
            (one("In", json!(["b", "c"])), Some(true)),
            (one("NotIn", json!(["b"])), Some(false)),
            (one("In", json!([])), None),
            (one("Exists", json!([])), Some(true)),
            (one("DoesNotExist", json!([])), Some(false)),
            (one("Gt", json!(["1"])), None),
        ] {
            assert_eq!(matches(&selector, label), expected, "{selector}");
        }
    }
}
