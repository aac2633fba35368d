//! Rules for a Job's Pod failure policy, success policy and Pod replacement policy.
//!
//! Source: `validatePodFailurePolicy`, `validateSuccessPolicy`, `validatePodReplacementPolicy` in
//! `pkg/apis/batch/validation`.

use super::job::is_indexed;
use super::names::qualified_name;
use super::{Errors, Path, given, indexes, int, list, member, text};
use serde_json::Value;
use std::collections::BTreeSet;

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS: [&str; 2] = ["In", "NotIn"];
const STATUSES: [&str; 3] = ["False", "True", "Unknown"];
const MOST_RULES: usize = 20;
const MOST_EXIT_CODES: usize = 255;
const MOST_CONDITIONS: usize = 20;
const MOST_INDEX_BYTES: usize = 64 * 1024;

/// Checks a required text that must be one of some words. The wording is that of Go's `%q` of a list.
fn one_of(field: Path, value: &str, words: &[&str], errors: &mut Errors) {
    if value.is_empty() {
        let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        errors.required(field, format!("valid values: [{}]", quoted.join(" ")));
    } else if !words.contains(&value) {
        errors.not_supported(field, value, words);
    }
}

pub(super) fn pod_failure_policy(path: &Path, spec: &Value, errors: &mut Errors) {
    let Some(policy) = given(spec, "podFailurePolicy") else { return };
    let rules = list(policy, "rules");
    let path = path.child("podFailurePolicy.rules");
    if rules.len() > MOST_RULES {
        errors.too_many(path, rules.len(), MOST_RULES);
    }
    let pod = member(member(spec, "template"), "spec");
    let containers = list(pod, "containers").iter().chain(list(pod, "initContainers"));
    let names: BTreeSet<&str> = containers.map(|container| text(container, "name")).collect();
    for (n, rule) in rules.iter().enumerate() {
        failure_rule(&path.index(n), rule, given(spec, "backoffLimitPerIndex").is_some(), &names, errors);
    }
}

fn failure_rule(path: &Path, rule: &Value, per_index: bool, names: &BTreeSet<&str>, errors: &mut Errors) {
    match text(rule, "action") {
        "FailIndex" if per_index => {}
        "FailIndex" => {
            errors.invalid(path.child("action"), "FailIndex", "requires the backoffLimitPerIndex to be set");
        }
        action => one_of(path.child("action"), action, &ACTIONS, errors),
    }
    let (codes, conditions) = (given(rule, "onExitCodes"), list(rule, "onPodConditions"));
    if let Some(codes) = codes {
        exit_codes(&path.child("onExitCodes"), codes, names, errors);
    }
    pod_conditions(&path.child("onPodConditions"), conditions, errors);
    let how_many = match (codes.is_some(), !conditions.is_empty()) {
        (true, true) => "specifying both OnExitCodes and OnPodConditions is not supported",
        (false, false) => "specifying one of OnExitCodes and OnPodConditions is required",
        _ => return,
    };
    errors.invalid(path, Value::Null, how_many);
}

fn exit_codes(path: &Path, codes: &Value, names: &BTreeSet<&str>, errors: &mut Errors) {
    let operator = text(codes, "operator");
    one_of(path.child("operator"), operator, &OPERATORS, errors);
    if let Some(name) = given(codes, "containerName").and_then(Value::as_str)
        && !names.contains(name)
    {
        let detail = "must be one of the container or initContainer names in the pod template";
        errors.invalid(path.child("containerName"), name, detail);
    }
    let values: Vec<i64> = list(codes, "values").iter().filter_map(Value::as_i64).collect();
    let path = path.child("values");
    if values.is_empty() {
        errors.invalid(path, member(codes, "values").clone(), "at least one value is required");
    } else if values.len() > MOST_EXIT_CODES {
        errors.too_many(path, values.len(), MOST_EXIT_CODES);
    }
    let mut seen = BTreeSet::new();
    for (n, &value) in values.iter().enumerate() {
        if operator == "In" && value == 0 {
            errors.invalid(path.index(n), 0, "must not be 0 for the In operator");
        }
        if !seen.insert(value) {
            errors.duplicate(path.index(n), value);
        }
    }
    if !values.is_sorted() {
        errors.invalid(path, values, "must be ordered");
    }
}

fn pod_conditions(path: &Path, conditions: &[Value], errors: &mut Errors) {
    if conditions.len() > MOST_CONDITIONS {
        errors.too_many(path, conditions.len(), MOST_CONDITIONS);
    }
    for (n, condition) in conditions.iter().enumerate() {
        let name = text(condition, "type");
        errors.invalid_each(path.index(n).child("type"), name, qualified_name(name));
        one_of(path.index(n).child("status"), text(condition, "status"), &STATUSES, errors);
    }
}

pub(super) fn success_policy(path: &Path, spec: &Value, errors: &mut Errors) {
    let Some(policy) = given(spec, "successPolicy") else { return };
    let path = path.child("successPolicy");
    if !is_indexed(spec) {
        return errors.invalid(path, policy.clone(), "requires indexed completion mode");
    }
    let rules = list(policy, "rules");
    let path = path.child("rules");
    if rules.is_empty() {
        errors.required(path, "at least one rules must be specified when the successPolicy is specified");
    }
    if rules.len() > MOST_RULES {
        errors.too_many(path, rules.len(), MOST_RULES);
    }
    for (n, rule) in rules.iter().enumerate() {
        success_rule(&path.index(n), rule, int(spec, "completions").unwrap_or_default(), errors);
    }
}

fn success_rule(path: &Path, rule: &Value, completions: i64, errors: &mut Errors) {
    let (count, indexes) = (int(rule, "succeededCount"), given(rule, "succeededIndexes").and_then(Value::as_str));
    if count.is_none() && indexes.is_none() {
        errors.required(path, "at least one of succeededCount or succeededIndexes must be specified");
    }
    let mut total = 0;
    if let Some(indexes) = indexes {
        let path = path.child("succeededIndexes");
        if indexes.len() > MOST_INDEX_BYTES {
            errors.too_long(path, MOST_INDEX_BYTES);
        }
        match indexes::count(indexes, completions) {
            Ok(found) => total = found,
            Err(why) => errors.invalid(path, indexes, format!("error parsing succeededIndexes: {why}")),
        }
    }
    let Some(count) = count else { return };
    let path = path.child("succeededCount");
    errors.nonnegative(path, Some(count));
    if count > completions {
        let detail = format!("must be less than or equal to {completions} (the number of specified completions)");
        errors.invalid(path, count, detail);
    }
    if indexes.is_some() && count > total {
        let detail = format!(
            "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
        );
        errors.invalid(path, count, detail);
    }
}

pub(super) fn pod_replacement_policy(path: &Path, spec: &Value, errors: &mut Errors) {
    let Some(policy) = given(spec, "podReplacementPolicy").and_then(Value::as_str) else { return };
    let allowed: &[&str] =
        if given(spec, "podFailurePolicy").is_some() { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
    if !allowed.contains(&policy) {
        errors.not_supported(path.child("podReplacementPolicy"), policy, allowed);
    }
}
