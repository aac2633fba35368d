//! Rules about volumes that project something into files: the downward API, tokens, certificates, and several of these.

use super::env::{FIELDS_OF_FILES, judge_field_reference, judge_resource_reference};
use super::scheduling::LABEL_SELECTOR;
use super::volumes::{KEY_TO_PATH, MODE};
use crate::apiserver::rules::FieldCheck::{Fields, Format, Required};
use crate::apiserver::rules::formats::{dns_subdomain, local_path, qualified_name};
use crate::apiserver::rules::{Errors, Path, Scope, given, int, judge, list, rule, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// Files that contain fields of the Pod.
pub(super) fn downward_api(source: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    // Errors about a file refer to the volume.
    list(source, "items").iter().for_each(|file| judge_file(file, path, scope, errors));
}

fn judge_file(file: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    judge(file, &[rule("path", Required("")), rule("path", Format(local_path))], path, scope, errors);
    match (given(file, "fieldRef"), given(file, "resourceFieldRef")) {
        (Some(reference), other) => {
            judge_field_reference(reference, &FIELDS_OF_FILES, &path.child("fieldRef"), errors);
            if other.is_some() {
                let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
                errors.invalid(path, "resource", detail);
            }
        }
        (None, Some(reference)) => {
            judge_resource_reference(reference, true, &path.child("resourceFieldRef"), errors);
        }
        (None, None) => errors.required(path, "one of fieldRef and resourceFieldRef is required"),
    }
    judge(file, &[MODE], path, scope, errors);
}

/// The sources of a projected volume, whose files must not have the same path.
pub(super) fn projected(source: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let sources_path = path.child("sources");
    let mut files = BTreeSet::new();
    for (place, source) in list(source, "sources").iter().enumerate() {
        let inner = sources_path.index(place);
        for name in ["secret", "configMap"] {
            let Some(source) = given(source, name) else { continue };
            let inner = inner.child(name);
            judge(source, &[rule("name", Required(""))], &inner, scope, errors);
            let items_path = inner.child("items");
            for (place, item) in list(source, "items").iter().enumerate() {
                judge(item, KEY_TO_PATH, &items_path.index(place), scope, errors);
                judge_unique(text(item, "path"), &mut files, path, errors);
            }
        }
        let downward = inner.child("downwardAPI");
        for file in given(source, "downwardAPI").map_or(&[][..], |source| list(source, "items")) {
            judge_file(file, &downward, scope, errors);
            judge_unique(text(file, "path"), &mut files, path, errors);
        }
        if let Some(token) = given(source, "serviceAccountToken") {
            judge_token(token, &inner.child("serviceAccountToken"), path, scope, errors);
        }
        if let Some(bundle) = given(source, "clusterTrustBundle") {
            judge_bundle(bundle, &inner.child("clusterTrustBundle"), scope, errors);
            judge_unique(text(bundle, "path"), &mut files, path, errors);
        }
        let names = ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle"];
        if names.iter().filter(|name| given(source, name).is_some()).count() > 1 {
            errors.forbidden(inner, "may not specify more than 1 volume type per source");
        }
    }
}

fn judge_unique<'a>(file: &'a str, files: &mut BTreeSet<&'a str>, path: &Path, errors: &mut Errors) {
    if !file.is_empty() && !files.insert(file) {
        errors.invalid(path, file, "conflicting duplicate paths");
    }
}

fn judge_token(token: &Value, path: &Path, volume_path: &Path, scope: &Scope, errors: &mut Errors) {
    let seconds = int(token, "expirationSeconds").unwrap_or_default();
    let seconds_path = path.child("expirationSeconds");
    if seconds < 600 {
        errors.invalid(seconds_path, seconds, "may not specify a duration less than 10 minutes");
    }
    if seconds > 1 << 32 {
        errors.invalid(seconds_path, seconds, "may not specify a duration larger than 2^32 seconds");
    }
    judge(token, &[rule("path", Required("")), rule("path", Format(local_path))], volume_path, scope, errors);
}

fn judge_bundle(bundle: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let (name, signer) = (text(bundle, "name"), text(bundle, "signerName"));
    match (given(bundle, "name").is_some(), given(bundle, "signerName").is_some()) {
        (true, true) => errors.invalid(path, bundle.clone(), "only one of name and signerName may be used"),
        (true, false) => judge_bundle_name(name, bundle, path, errors),
        (false, true) => {
            if signer.is_empty() {
                errors.required(path.child("signerName"), "must be a valid signer name");
            }
            judge_signer(signer, &path.child("signerName"), errors);
            judge(bundle, &[rule("labelSelector", Fields(LABEL_SELECTOR))], path, scope, errors);
        }
        (false, false) => errors.required(path, "either name or signerName must be specified"),
    }
    judge(bundle, &[rule("path", Required("")), rule("path", Format(local_path))], path, scope, errors);
}

fn judge_bundle_name(name: &str, bundle: &Value, path: &Path, errors: &mut Errors) {
    let name_path = path.child("name");
    if name.is_empty() {
        errors.required(name_path, "must be a valid object name");
    }
    // Bundles of a signer are named `signer:with:dots:name`; the rules for names apply only to the last part.
    let last = name.rsplit(':').next().unwrap_or_default();
    for complaint in dns_subdomain(last) {
        errors.invalid(name_path, name, format!("not a valid clustertrustbundlename: {complaint}"));
    }
    if let Some(selector) = given(bundle, "labelSelector") {
        let detail = "labelSelector must be unset if name is specified";
        errors.invalid(path.child("labelSelector"), selector.clone(), detail);
    }
}

/// A signer is `domain/path`.
fn judge_signer(name: &str, path: &Path, errors: &mut Errors) {
    let detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    match name.split_once('/') {
        Some((domain, rest)) if domain.contains('.') && !rest.is_empty() && qualified_name(domain).is_empty() => {}
        _ => errors.invalid(path, name, detail),
    }
}
