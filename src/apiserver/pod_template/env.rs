//! Rules about a container's environment: variables, where their values come from, and what the downward API offers.

use crate::api::Quantity;
use crate::apiserver::rules::FieldCheck::{Always, Fields, Format, Judge, Named};
use crate::apiserver::rules::formats::{
    config_key, dns_label, dns_subdomain, dns_subdomain_prefix, env_name, local_path, qualified_name,
};
use crate::apiserver::rules::{Errors, FieldRule, Path, Scope, given, judge, members, rule, text};
use serde_json::Value;

/// A variable.
pub(super) const ENV: &[FieldRule] = &[rule("name", Named(env_name)), rule("", Judge(value_from))];

/// Where a value may come from, in the order of the API server.
const SOURCES: &[FieldRule] = &[
    rule("fieldRef", Judge(field_of_env)),
    rule("resourceFieldRef", Judge(resource_of_env)),
    rule("configMapKeyRef", Fields(KEY)),
    rule("secretKeyRef", Fields(KEY)),
    rule("fileKeyRef", Fields(FILE_KEY)),
];
const SOURCE_NAMES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
const KEY: &[FieldRule] = &[rule("name", Always(dns_subdomain)), rule("key", Named(config_key))];
const FILE_KEY: &[FieldRule] =
    &[rule("volumeName", Named(dns_label)), rule("path", Named(local_path)), rule("key", Named(env_name))];

/// Fields of a Pod that can be referenced at all, besides labels and annotations.
const FIELD_LABELS: [&str; 14] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// The fields that a variable can refer to.
const FIELDS_OF_ENV: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// The fields that a file can refer to.
pub(super) const FIELDS_OF_FILES: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const DIVISORS_OF_CPU: [&str; 2] = ["1m", "1"];
const DIVISORS: [&str; 13] = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

fn value_from(variable: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let Some(source) = given(variable, "valueFrom") else { return };
    let path = path.child("valueFrom");
    judge(source, SOURCES, &path, scope, errors);
    let detail = match SOURCE_NAMES.iter().filter(|name| given(source, name).is_some()).count() {
        0 => "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        _ if !text(variable, "value").is_empty() => "may not be specified when `value` is not empty",
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    errors.invalid(path, "", detail);
}

/// All variables from a ConfigMap or Secret. Errors about their number refer to the list.
pub(super) fn env_from(sources: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    const REFERENCE: &[FieldRule] = &[rule("name", Named(dns_subdomain_prefix))];
    const RULES: &[FieldRule] = &[
        rule("prefix", Format(env_name)),
        rule("configMapRef", Fields(REFERENCE)),
        rule("secretRef", Fields(REFERENCE)),
    ];
    for (place, source) in members(sources).iter().enumerate() {
        judge(source, RULES, &path.index(place), scope, errors);
        match ["configMapRef", "secretRef"].iter().filter(|name| given(source, name).is_some()).count() {
            0 => errors.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => errors.invalid(path, "", "may not have more than one field specified at a time"),
        }
    }
}

fn field_of_env(reference: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    judge_field_reference(reference, &FIELDS_OF_ENV, path, errors);
}

/// A reference to a field of the Pod: one of `fields`, a label or an annotation.
pub(super) fn judge_field_reference(reference: &Value, fields: &[&str], path: &Path, errors: &mut Errors) {
    let (version, name) = (text(reference, "apiVersion"), text(reference, "fieldPath"));
    let name_path = path.child("fieldPath");
    if version.is_empty() {
        return errors.required(path.child("apiVersion"), "");
    }
    if name.is_empty() {
        return errors.required(name_path, "");
    }
    let subscripted =
        name.strip_suffix("']").and_then(|front| front.split_once("['")).filter(|parts| !parts.0.is_empty());
    let problem = match subscripted {
        _ if version != "v1" => Some(format!("unsupported pod version: {version}")),
        Some(("metadata.annotations" | "metadata.labels", _)) => None,
        Some(_) => Some(format!("field label does not support subscript: {name}")),
        None if FIELD_LABELS.contains(&name) || name == "spec.host" => None,
        None => Some(format!("field label not supported: {name}")),
    };
    if let Some(problem) = problem {
        return errors.invalid(name_path, name, format!("error converting fieldPath: {problem}"));
    }
    let name = if name == "spec.host" { "spec.nodeName" } else { name };
    match subscripted {
        Some(("metadata.annotations", key)) => {
            let key = key.to_lowercase();
            errors.invalid_each(path, &key, qualified_name(&key));
        }
        Some((_, key)) => errors.invalid_each(path, key, qualified_name(key)),
        None if !fields.contains(&name) => errors.not_supported(name_path, name, fields),
        None => {}
    }
}

fn resource_of_env(reference: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    judge_resource_reference(reference, false, path, errors);
}

/// A reference to a resource of a container; in a file it must name the container.
pub(super) fn judge_resource_reference(reference: &Value, in_file: bool, path: &Path, errors: &mut Errors) {
    let name = text(reference, "resource");
    let huge_pages = ["requests.hugepages-", "limits.hugepages-"].iter().any(|prefix| name.starts_with(prefix));
    if in_file && text(reference, "containerName").is_empty() {
        errors.required(path.child("containerName"), "");
    } else if name.is_empty() {
        errors.required(path.child("resource"), "");
    } else if !RESOURCES.contains(&name) && !huge_pages {
        errors.not_supported(path.child("resource"), name, &RESOURCES);
    }
    let Some(divisor) = given(reference, "divisor").and_then(Quantity::of).filter(|divisor| !divisor.is_zero()) else {
        return;
    };
    let kind = match name.split_once('.').map(|parts| parts.1) {
        Some("cpu") if RESOURCES.contains(&name) => {
            if !DIVISORS_OF_CPU.contains(&divisor.to_string().as_str()) {
                let detail = "only divisor's values 1m and 1 are supported with the cpu resource";
                errors.invalid(path.child("divisor"), name, detail);
            }
            return;
        }
        Some("memory") if RESOURCES.contains(&name) => "memory",
        Some("ephemeral-storage") if RESOURCES.contains(&name) => "local ephemeral storage",
        _ if huge_pages => "hugepages",
        _ => return,
    };
    if !DIVISORS.contains(&divisor.to_string().as_str()) {
        let values = DIVISORS.join(", ");
        let detail = format!("only divisor's values {values} are supported with the {kind} resource");
        errors.invalid(path.child("divisor"), name, detail);
    }
}
