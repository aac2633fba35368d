//! Rules about where a Pod may run: selectors, affinity, tolerations, spreading, gates.

use crate::apiserver::rules::FieldCheck::{Always, Between, Each, Exactly, Fields, Judge, OneOf, Required};
use crate::apiserver::rules::formats::{dns_label, dns_subdomain, label_value, qualified_name};
use crate::apiserver::rules::selector;
use crate::apiserver::rules::{Errors, FieldRule, Path, Scope, given, int, judge, list, members, rule, text};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// A label selector.
pub(super) const LABEL_SELECTOR: &[FieldRule] = &[rule("", Judge(label_selector))];

/// All three kinds of affinity.
pub(super) const AFFINITY: &[FieldRule] = &[
    rule(
        "nodeAffinity",
        Fields(&[
            rule("requiredDuringSchedulingIgnoredDuringExecution", Judge(node_selector)),
            rule(
                "preferredDuringSchedulingIgnoredDuringExecution",
                Each(&[WEIGHT, rule("preference", Judge(preferred_term))]),
            ),
        ]),
    ),
    rule("podAffinity", Fields(POD_AFFINITY)),
    rule("podAntiAffinity", Fields(POD_AFFINITY)),
];
const WEIGHT: FieldRule = rule("", Judge(weight));
const POD_AFFINITY: &[FieldRule] = &[
    rule("requiredDuringSchedulingIgnoredDuringExecution", Each(POD_TERM)),
    rule(
        "preferredDuringSchedulingIgnoredDuringExecution",
        Each(&[WEIGHT, rule("podAffinityTerm", crate::apiserver::rules::FieldCheck::JudgeAlways(pod_term))]),
    ),
];
const POD_TERM: &[FieldRule] = &[
    rule("labelSelector", Fields(LABEL_SELECTOR)),
    rule("namespaceSelector", Fields(LABEL_SELECTOR)),
    rule("namespaces", Judge(namespaces)),
    rule("", Judge(label_keys)),
    rule("topologyKey", Required("can not be empty")),
    rule("topologyKey", Always(qualified_name)),
];

const SPREAD: &[FieldRule] = &[
    rule("maxSkew", crate::apiserver::rules::FieldCheck::JudgeAlways(positive)),
    rule("topologyKey", Required("can not be empty")),
    rule("whenUnsatisfiable", Exactly(&["DoNotSchedule", "ScheduleAnyway"])),
];
const SPREAD_REST: &[FieldRule] = &[
    rule("minDomains", Between(1, i64::MAX, "must be greater than zero")),
    rule("", Judge(min_domains)),
    rule("nodeAffinityPolicy", OneOf(&["Honor", "Ignore"])),
    rule("nodeTaintsPolicy", OneOf(&["Honor", "Ignore"])),
    rule("", Judge(spread_label_keys)),
    rule("labelSelector", Fields(LABEL_SELECTOR)),
];

fn weight(term: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let weight = int(term, "weight").unwrap_or_default();
    if !(1..=100).contains(&weight) {
        errors.invalid(path.child("weight"), weight, "must be in the range 1-100");
    }
}

/// The operator of a node requirement, which may also compare numbers.
fn judge_node_operator(requirement: &Value, path: &Path, errors: &mut Errors) {
    match text(requirement, "operator") {
        "Gt" | "Lt" if list(requirement, "values").len() != 1 => {
            let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
            errors.required(path.child("values"), detail);
        }
        "Gt" | "Lt" => {}
        _ => selector::operator(requirement, path, errors),
    }
}

fn judge_key(requirement: &Value, path: &Path, errors: &mut Errors) {
    let key = text(requirement, "key");
    errors.invalid_each(path.child("key"), key, qualified_name(key));
}

fn judge_values(requirement: &Value, path: &Path, errors: &mut Errors) {
    let path = path.child("values");
    for (place, value) in list(requirement, "values").iter().enumerate() {
        let value = value.as_str().unwrap_or_default();
        errors.invalid_each(path.index(place), value, label_value(value));
    }
}

fn label_selector(selector: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    selector::selector(selector, path, !scope.options.allow_invalid_label_values, errors);
}

fn node_selector(selector: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let path = path.child("nodeSelectorTerms");
    let terms = list(selector, "nodeSelectorTerms");
    if terms.is_empty() {
        errors.required(path, "must have at least one node selector term");
    }
    for (place, term) in terms.iter().enumerate() {
        judge_term(term, scope.options.allow_invalid_node_label_values, &path.index(place), errors);
    }
}

/// A preference may contain invalid values: it then matches no node, which only causes a warning.
fn preferred_term(term: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    judge_term(term, true, path, errors);
}

fn judge_term(term: &Value, any_value: bool, path: &Path, errors: &mut Errors) {
    let expressions = path.child("matchExpressions");
    for (place, requirement) in list(term, "matchExpressions").iter().enumerate() {
        let path = expressions.index(place);
        judge_node_operator(requirement, &path, errors);
        judge_key(requirement, &path, errors);
        if !any_value {
            judge_values(requirement, &path, errors);
        }
    }
    let fields = path.child("matchFields");
    for (place, requirement) in list(term, "matchFields").iter().enumerate() {
        judge_node_field(requirement, &fields.index(place), errors);
    }
}

/// The name is the only field by which nodes can be selected.
fn judge_node_field(requirement: &Value, path: &Path, errors: &mut Errors) {
    let values = list(requirement, "values");
    let values_path = path.child("values");
    match text(requirement, "operator") {
        "In" | "NotIn" if values.len() != 1 => {
            let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.required(values_path, detail);
        }
        "In" | "NotIn" => {}
        other => errors.invalid(path.child("operator"), other, "not a valid selector operator"),
    }
    let key = text(requirement, "key");
    if key != "metadata.name" {
        return errors.invalid(path.child("key"), key, "not a valid field selector key");
    }
    for (place, value) in values.iter().enumerate() {
        let value = value.as_str().unwrap_or_default();
        errors.invalid_each(values_path.index(place), value, dns_subdomain(value));
    }
}

fn pod_term(term: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let none = Value::Object(serde_json::Map::new());
    judge(if term.is_null() { &none } else { term }, POD_TERM, path, scope, errors);
}

/// The server's errors name `namespace` for each entry of `namespaces`.
fn namespaces(names: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    for name in members(names).iter().filter_map(Value::as_str) {
        errors.invalid_each(path.parent().child("namespace"), name, dns_label(name));
    }
}

fn keys<'a>(holder: &'a Value, name: &str) -> Vec<&'a str> {
    list(holder, name).iter().filter_map(Value::as_str).collect()
}

fn label_keys(term: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let selector = given(term, "labelSelector");
    for name in ["matchLabelKeys", "mismatchLabelKeys"] {
        let path = path.child(name);
        match selector {
            None if !list(term, name).is_empty() => {
                errors.forbidden(path, "must not be specified when labelSelector is not set");
            }
            _ => judge_keys(&keys(term, name), &path, errors),
        }
    }
    let matched = keys(term, "matchLabelKeys");
    if let Some(selector) = selector {
        judge_keys_against_selector(&matched, selector, path, errors);
    }
    let mismatched = keys(term, "mismatchLabelKeys");
    let path = path.child("matchLabelKeys");
    for (place, key) in matched.iter().enumerate().filter(|(_, key)| mismatched.contains(key)) {
        errors.invalid(path.index(place), *key, "exists in both matchLabelKeys and mismatchLabelKeys");
    }
}

fn judge_keys(keys: &[&str], path: &Path, errors: &mut Errors) {
    for (place, key) in keys.iter().enumerate() {
        errors.invalid_each(path.index(place), key, qualified_name(key));
    }
}

/// Before this rule, the server has added the matched keys to the selector's expressions; a key that occurs twice was
/// there before.
fn judge_keys_against_selector(matched: &[&str], selector: &Value, path: &Path, errors: &mut Errors) {
    let mut seen: BTreeSet<&str> = selector_labels(selector).into_iter().collect();
    let expressions = list(selector, "matchExpressions").iter().map(|expression| text(expression, "key"));
    for key in expressions {
        if let Some(place) = matched.iter().rposition(|other| *other == key).filter(|_| seen.contains(key)) {
            errors.invalid(path.index(place), key, "exists in both matchLabelKeys and labelSelector");
        }
        seen.insert(key);
    }
}

fn selector_labels(selector: &Value) -> Vec<&str> {
    let labels = given(selector, "matchLabels").and_then(Value::as_object);
    labels.into_iter().flatten().map(|entry| entry.0.as_str()).collect()
}

/// Tolerations of taints.
pub(super) fn tolerations(tolerations: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    for (place, toleration) in members(tolerations).iter().enumerate() {
        let path = path.index(place);
        let (key, operator, effect) =
            (text(toleration, "key"), text(toleration, "operator"), text(toleration, "effect"));
        if !key.is_empty() {
            errors.invalid_each(path.child("key"), key, qualified_name(key));
        } else if operator != "Exists" {
            let detail = r#"operator must be Exists when `key` is empty, which means "match all values and all keys""#;
            errors.invalid(path.child("operator"), operator, detail);
        }
        if given(toleration, "tolerationSeconds").is_some() && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid(path.child("effect"), effect, detail);
        }
        judge_toleration_operator(operator, text(toleration, "value"), &path.child("operator"), errors);
        if !matches!(effect, "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            errors.not_supported(path.child("effect"), effect, &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
        }
    }
}

fn judge_toleration_operator(operator: &str, value: &str, path: &Path, errors: &mut Errors) {
    match operator {
        "Equal" | "" => {
            let complaints = label_value(value);
            if !complaints.is_empty() {
                errors.invalid(path, value, complaints.join(";"));
            }
        }
        "Exists" if !value.is_empty() => {
            errors.invalid(path, value, "value must be empty when `operator` is 'Exists'");
        }
        "Exists" => {}
        // Known, but behind a feature gate that is off.
        "Gt" | "Lt" => errors.not_supported(path, operator, &["Equal", "Exists", "Lt", "Gt"]),
        _ => errors.not_supported(path, operator, &["Equal", "Exists"]),
    }
}

/// Constraints on how Pods are spread.
pub(super) fn spread_constraints(constraints: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let constraints = members(constraints);
    let pair = |constraint| (text(constraint, "topologyKey"), text(constraint, "whenUnsatisfiable"));
    let last: HashMap<_, usize> = constraints.iter().enumerate().map(|(place, one)| (pair(one), place)).collect();
    for (place, constraint) in constraints.iter().enumerate() {
        let path = path.index(place);
        judge(constraint, SPREAD, &path, scope, errors);
        let (key, action) = pair(constraint);
        if last[&(key, action)] > place {
            errors.duplicate(path.child("{topologyKey, whenUnsatisfiable}"), format!("{{{key}, {action}}}"));
        }
        judge(constraint, SPREAD_REST, &path, scope, errors);
    }
}

fn positive(number: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let number = number.as_i64().unwrap_or_default();
    if number <= 0 {
        errors.invalid(path, number, "must be greater than zero");
    }
}

fn min_domains(constraint: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let action = text(constraint, "whenUnsatisfiable");
    if let Some(domains) = int(constraint, "minDomains").filter(|_| action != "DoNotSchedule") {
        let detail = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
        errors.invalid(path.child("minDomains"), domains, detail);
    }
}

fn spread_label_keys(constraint: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let matched = keys(constraint, "matchLabelKeys");
    if matched.is_empty() {
        return;
    }
    let path = path.child("matchLabelKeys");
    let mut known = BTreeSet::new();
    match given(constraint, "labelSelector") {
        None => errors.forbidden(path, "must not be specified when labelSelector is not set"),
        Some(selector) => {
            known.extend(selector_labels(selector));
            known.extend(list(selector, "matchExpressions").iter().map(|expression| text(expression, "key")));
        }
    }
    for (place, key) in matched.iter().enumerate() {
        errors.invalid_each(path.index(place), key, qualified_name(key));
        if known.contains(key) {
            errors.invalid(path.index(place), *key, "exists in both matchLabelKeys and labelSelector");
        }
    }
}

/// Gates that hold a Pod back from being scheduled.
pub(super) fn scheduling_gates(gates: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for (place, gate) in members(gates).iter().enumerate() {
        let (path, name) = (path.index(place), text(gate, "name"));
        errors.invalid_each(path, name, qualified_name(name));
        if !names.insert(name) {
            errors.duplicate(path, name);
        }
    }
}
