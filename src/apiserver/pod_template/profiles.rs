//! Rules about seccomp and AppArmor profiles, in fields and in the annotations that preceded them.

use crate::apiserver::rules::FieldCheck::{Judge, JudgeAlways};
use crate::apiserver::rules::formats::descending_path;
use crate::apiserver::rules::{Errors, FieldRule, Path, Scope, at, entries, given, rule, text, visit_containers};
use serde_json::Value;
use std::collections::BTreeSet;

/// A seccomp profile.
pub(super) const SECCOMP: &[FieldRule] = &[rule("type", JudgeAlways(seccomp_type)), rule("", Judge(seccomp_file))];
/// An AppArmor profile.
pub(super) const APP_ARMOR: &[FieldRule] = &[rule("", Judge(app_armor))];

const PROFILE_TYPES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];
/// The longest path of a profile: a byte less than PATH_MAX.
const LONGEST_PROFILE: usize = 4095;

fn seccomp_type(kind: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    match kind.as_str().unwrap_or_default() {
        "" => errors.required(path, "type is required when seccompProfile is set"),
        kind if !PROFILE_TYPES.contains(&kind) => errors.not_supported(path, kind, &PROFILE_TYPES),
        _ => {}
    }
}

fn seccomp_file(profile: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let file = given(profile, "localhostProfile");
    let path = path.child("localhostProfile");
    match (text(profile, "type") == "Localhost", file) {
        (true, None) => errors.required(path, "must be set when seccomp type is Localhost"),
        (true, Some(file)) => {
            let file = file.as_str().unwrap_or_default();
            errors.invalid_each(path, file, descending_path(file));
        }
        (false, Some(_)) => {
            errors.invalid(path, profile.clone(), "can only be set when seccomp type is Localhost");
        }
        (false, None) => {}
    }
}

fn app_armor(profile: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let file = given(profile, "localhostProfile").map(|file| file.as_str().unwrap_or_default());
    let file_path = path.child("localhostProfile");
    match (text(profile, "type"), file) {
        ("Localhost", None) => errors.required(file_path, "must be set when AppArmor type is Localhost"),
        ("Localhost", Some(file)) => {
            if file.trim() != file {
                errors.invalid(file_path, file, "must not be padded with whitespace");
            } else if file.is_empty() {
                errors.required(file_path, "must be set when AppArmor type is Localhost");
            }
            if file.len() > LONGEST_PROFILE {
                errors.too_long(file_path, LONGEST_PROFILE);
            }
        }
        ("RuntimeDefault" | "Unconfined", Some(file)) => {
            errors.invalid(file_path, file, "can only be set when AppArmor type is Localhost");
        }
        ("RuntimeDefault" | "Unconfined", None) => {}
        ("", _) => errors.required(path.child("type"), "type is required when appArmorProfile is set"),
        (kind, _) => errors.not_supported(path.child("type"), kind, &PROFILE_TYPES),
    }
}

pub(super) const SECCOMP_OF_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
pub(super) const SECCOMP_OF_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
pub(super) const APP_ARMOR_OF_CONTAINER: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The annotations that preceded the fields.
pub(super) fn judge_profile_annotations(annotations: &Value, spec: &Value, path: &Path, errors: &mut Errors) {
    let annotations = entries(annotations);
    for (key, value) in &annotations {
        if *key == SECCOMP_OF_POD || key.starts_with(SECCOMP_OF_CONTAINER) {
            let value = value.as_str().unwrap_or_default();
            match value.strip_prefix("localhost/") {
                Some(file) => errors.invalid_each(path.child(key), file, descending_path(file)),
                None if ["runtime/default", "docker/default", "unconfined"].contains(&value) => {}
                None => errors.invalid(path.child(key), value, "must be a valid seccomp profile"),
            }
        }
    }
    let mut names = BTreeSet::new();
    visit_containers(spec, path, |container, _| {
        names.insert(text(container, "name").to_owned());
    });
    for (key, value) in annotations {
        let Some(name) = key.strip_prefix(APP_ARMOR_OF_CONTAINER) else { continue };
        let value = value.as_str().unwrap_or_default();
        if !names.contains(name) {
            errors.invalid(path.key(key), name, "container not found");
        }
        if !["", "runtime/default", "unconfined"].contains(&value) && !value.starts_with("localhost/") {
            errors.invalid(path.key(key), value, format!("invalid AppArmor profile name: {value:?}"));
        }
    }
}

/// A profile that is set both in an annotation and in a field must be the same.
pub(super) fn judge_profiles_agree(annotations: &Value, spec: &Value, path: &Path, errors: &mut Errors) {
    let annotation = |key: &str| annotations.get(key).and_then(Value::as_str);
    let own = at(spec, &["securityContext", "seccompProfile"]);
    if let (Some(profile), Some(value)) = (own, annotation(SECCOMP_OF_POD)) {
        judge_agreement(value, profile, "seccomp", &path.child("securityContext").child("seccompProfile"), errors);
    }
    visit_containers(spec, path, |container, path| {
        let key = format!("{SECCOMP_OF_CONTAINER}{}", text(container, "name"));
        let profile = at(container, &["securityContext", "seccompProfile"]);
        if let (Some(profile), Some(value)) = (profile, annotation(&key)) {
            judge_agreement(value, profile, "seccomp", &path.child("securityContext").child("seccompProfile"), errors);
        }
    });
    if at(spec, &["os", "name"]).and_then(Value::as_str) == Some("windows") {
        return;
    }
    let own = at(spec, &["securityContext", "appArmorProfile"]);
    visit_containers(spec, path, |container, path| {
        let key = format!("{APP_ARMOR_OF_CONTAINER}{}", text(container, "name"));
        let profile = at(container, &["securityContext", "appArmorProfile"]).or(own);
        if let (Some(profile), Some(value)) = (profile, annotation(&key)) {
            let context = path.child("securityContext");
            judge_agreement(value, profile, "apparmor", &context.child("appArmorProfile"), errors);
        }
    });
}

fn judge_agreement(annotation: &str, profile: &Value, what: &str, path: &Path, errors: &mut Errors) {
    let file = annotation.strip_prefix("localhost/");
    let agrees = match text(profile, "type") {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => annotation == "runtime/default" || what == "seccomp" && annotation == "docker/default",
        "Localhost" => file.is_some(),
        _ => true,
    };
    if !agrees {
        errors.forbidden(path.child("type"), format!("{what} type in annotation and field must match"));
    } else if file.is_some_and(|file| file != text(profile, "localhostProfile")) && text(profile, "type") == "Localhost"
    {
        let detail = format!("{what} profile in annotation and field must match");
        errors.forbidden(path.child("localhostProfile"), &detail);
    }
}
