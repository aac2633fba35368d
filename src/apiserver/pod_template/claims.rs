//! Rules about claims of a Pod: the claim template of an ephemeral volume, and the Pod's resource claims.

use super::scheduling::LABEL_SELECTOR;
use crate::api::Quantity;
use crate::apiserver::rules::FieldCheck::{Fields, Format, Judge, JudgeAlways, OneOf, Required, Set};
use crate::apiserver::rules::formats::{dns_label, dns_subdomain};
use crate::apiserver::rules::meta::{annotations, labels};
use crate::apiserver::rules::{Errors, FieldRule, Path, Scope, at, entries, given, list, members, rule, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// The template of a claim.
pub(super) const CLAIM_TEMPLATE: &[FieldRule] = &[
    rule("metadata", Fields(&[rule("annotations", Judge(annotations_of)), rule("labels", Judge(labels_of))])),
    rule("metadata", Judge(nothing_but_labels)),
    rule("spec", JudgeAlways(claim)),
];

const CLAIM: &[FieldRule] = &[
    rule("accessModes", Required("at least 1 access mode is required")),
    rule("selector", Fields(LABEL_SELECTOR)),
    rule("accessModes", Judge(access_modes)),
    rule("", Judge(storage)),
    rule("storageClassName", Format(dns_subdomain)),
    rule("volumeMode", OneOf(&["Block", "Filesystem"])),
    rule("dataSource", Judge(data_source)),
    rule("dataSourceRef", Judge(data_source)),
    rule("volumeAttributesClassName", Format(dns_subdomain)),
];

const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/// The labels of a Pod template or of a claim template.
pub(super) fn labels_of(map: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    labels(map, path, errors);
}

/// The annotations of a Pod template or of a claim template.
pub(super) fn annotations_of(map: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    annotations(map, path, errors);
}

fn nothing_but_labels(metadata: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let allowed = ["annotations", "labels"];
    for (name, value) in entries(metadata) {
        if !allowed.contains(&name) && !crate::apiserver::rules::is_empty(value) {
            errors.forbidden(path.child(name), "cannot be set");
        }
    }
}

fn claim(spec: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let none = Value::Object(serde_json::Map::new());
    crate::apiserver::rules::judge(if spec.is_null() { &none } else { spec }, CLAIM, path, scope, errors);
}

fn access_modes(modes: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let modes: Vec<&str> = members(modes).iter().filter_map(Value::as_str).collect();
    for mode in modes.iter().filter(|mode| !ACCESS_MODES.contains(mode)) {
        errors.not_supported(path, mode, &ACCESS_MODES);
    }
    let others = modes.iter().any(|mode| *mode != "ReadWriteOncePod" && ACCESS_MODES.contains(mode));
    if others && modes.contains(&"ReadWriteOncePod") {
        errors.forbidden(path, "may not use ReadWriteOncePod with other access modes");
    }
}

fn storage(spec: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let path = path.child("resources");
    let path = path.key("storage");
    match at(spec, &["resources", "requests", "storage"]).and_then(Quantity::of) {
        None => errors.required(path, ""),
        Some(amount) if amount.is_negative() || amount.is_zero() => {
            errors.invalid(path, amount.to_string(), "must be greater than zero");
        }
        Some(amount) if !amount.is_whole() => errors.invalid(path, amount.to_string(), "must be an integer"),
        Some(_) => {}
    }
}

fn data_source(source: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    crate::apiserver::rules::judge(
        source,
        &[rule("name", Required("")), rule("kind", Required(""))],
        path,
        scope,
        errors,
    );
    let (group, kind) = (text(source, "apiGroup"), text(source, "kind"));
    if group.is_empty() && kind != "PersistentVolumeClaim" {
        let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
        errors.invalid(path, kind, detail);
    }
    let rules = &[rule("apiGroup", Format(dns_subdomain)), rule("namespace", Format(dns_label))];
    crate::apiserver::rules::judge(source, rules, path, scope, errors);
}

/// The Pod's claims to devices.
pub(super) fn resource_claims(claims: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    const RULES: &[FieldRule] =
        &[rule("resourceClaimName", Set(dns_subdomain)), rule("resourceClaimTemplateName", Set(dns_subdomain))];
    let mut names = BTreeSet::new();
    for (place, claim) in members(claims).iter().enumerate() {
        let path = path.index(place);
        judge_claim_name(text(claim, "name"), &mut names, &path.child("name"), errors);
        let sources = ["resourceClaimName", "resourceClaimTemplateName"];
        match sources.iter().filter(|name| given(claim, name).is_some()).count() {
            0 => {
                let detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
                errors.invalid(path, claim.clone(), detail);
            }
            1 => {}
            _ => {
                let detail = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
                errors.invalid(path, claim.clone(), detail);
            }
        }
        crate::apiserver::rules::judge(claim, RULES, &path, scope, errors);
    }
}

fn judge_claim_name<'a>(name: &'a str, names: &mut BTreeSet<&'a str>, path: &Path, errors: &mut Errors) {
    if name.is_empty() {
        errors.required(path, "");
    } else if names.insert(name) {
        errors.invalid_each(path, name, dns_label(name));
    } else {
        errors.duplicate(path, name);
    }
}

/// The names of the Pod's claims.
pub(super) fn claim_names(spec: &Value) -> BTreeSet<&str> {
    list(spec, "resourceClaims").iter().map(|claim| text(claim, "name")).filter(|name| !name.is_empty()).collect()
}
