//! Rules for `metadata`, of new and of updated objects.
//!
//! Source: `k8s.io/apimachinery/pkg/api/validation/objectmeta.go`, and `pkg/apis/core/validation` for the names of
//! finalizers.

use super::names::{dns_subdomain, label_value, qualified_name};
use super::{Errors, Path, entries, flag, given, int, list, member, text};
use serde_json::Value;

/// The largest total size of annotations, in bytes.
const MOST_ANNOTATION_BYTES: usize = 256 * 1024;

/// Rules for a new object whose name must be a DNS subdomain.
pub(crate) fn created(meta: &Value, errors: &mut Errors) {
    let prefix = text(meta, "generateName");
    if !prefix.is_empty() {
        // A generated suffix follows the prefix, so it may end in a dash. The server also masks the letter before the
        // dash.
        let masked = prefix.strip_suffix('-').and_then(|rest| {
            let (end, _) = rest.char_indices().next_back()?;
            Some(format!("{}a", &rest[..end]))
        });
        errors.invalid_each("metadata.generateName", prefix, dns_subdomain(masked.as_deref().unwrap_or(prefix)));
    }
    match text(meta, "name") {
        "" => errors.required("metadata.name", "name or generateName is required"),
        name => errors.invalid_each("metadata.name", name, dns_subdomain(name)),
    }
    errors.nonnegative("metadata.generation", int(meta, "generation"));
    common(meta, errors);
    finalizers(meta, errors);
}

/// Rules for an object that replaces another one.
pub(crate) fn updated(meta: &Value, old: &Value, errors: &mut Errors) {
    if given(old, "deletionTimestamp").is_some() {
        no_new_finalizers(meta, old, errors);
    }
    for name in ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        immutable(&Path::root("metadata").child(name), member(meta, name), member(old, name), errors);
    }
    common(meta, errors);
    finalizers(meta, errors);
}

/// A field that may not change.
pub(super) fn immutable(path: &Path, new: &Value, old: &Value, errors: &mut Errors) {
    if new != old {
        errors.invalid(path, new.clone(), "field is immutable");
    }
}

fn no_new_finalizers(meta: &Value, old: &Value, errors: &mut Errors) {
    let known = list(old, "finalizers");
    let mut new: Vec<&str> =
        list(meta, "finalizers").iter().filter(|f| !known.contains(f)).filter_map(Value::as_str).collect();
    new.sort_unstable();
    new.dedup();
    if !new.is_empty() {
        let shown: Vec<String> = new.iter().map(|name| format!("{name:?}")).collect();
        let detail = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
            shown.join(", ")
        );
        errors.forbidden("metadata.finalizers", detail);
    }
}

fn common(meta: &Value, errors: &mut Errors) {
    labels(member(meta, "labels"), &Path::root("metadata.labels"), errors);
    annotations(member(meta, "annotations"), &Path::root("metadata.annotations"), errors);
    owners(list(meta, "ownerReferences"), errors);
}

/// Rules for labels. Errors name the map, not the key.
pub(crate) fn labels(map: &Value, path: &Path, errors: &mut Errors) {
    for (key, value) in entries(map) {
        let value = value.as_str().unwrap_or_default();
        errors.invalid_each(path, key, qualified_name(key));
        errors.invalid_each(path, value, label_value(value));
    }
}

/// Rules for annotations: their keys and their total size.
pub(crate) fn annotations(map: &Value, path: &Path, errors: &mut Errors) {
    let mut size = 0;
    for (key, value) in entries(map) {
        // Unlike those of labels, keys of annotations are checked in lower case.
        errors.invalid_each(path, key, qualified_name(&key.to_lowercase()));
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    if size > MOST_ANNOTATION_BYTES {
        errors.too_long(path, MOST_ANNOTATION_BYTES);
    }
}

fn owners(owners: &[Value], errors: &mut Errors) {
    let mut controller: Option<String> = None;
    let list_path = Path::root("metadata.ownerReferences");
    for (n, owner) in owners.iter().enumerate() {
        let path = list_path.index(n);
        let version = text(owner, "apiVersion");
        let is_version = match version.split('/').collect::<Vec<_>>()[..] {
            [v] | [_, v] => !v.is_empty(),
            _ => false,
        };
        if version.is_empty() {
            errors.required(path.child("apiVersion"), "must not be empty");
        } else if !is_version {
            errors.invalid(path.child("apiVersion"), version, "must be <group>/<version> or <version>");
        }
        for name in ["kind", "name", "uid"] {
            if text(owner, name).is_empty() {
                errors.required(path.child(name), "must not be empty");
            }
        }
        if (version, text(owner, "kind")) == ("v1", "Event") {
            errors.invalid(path, owner.clone(), "/v1, Kind=Event is disallowed from being an owner");
        }
        if flag(owner, "controller") == Some(true) {
            let name = format!("{}/{}", text(owner, "kind"), text(owner, "name"));
            match &controller {
                Some(first) => {
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} \
                         and {name}"
                    );
                    errors.invalid(list_path, Value::from(owners), detail);
                }
                None => controller = Some(name),
            }
        }
    }
}

fn finalizers(meta: &Value, errors: &mut Errors) {
    let names: Vec<&str> = list(meta, "finalizers").iter().filter_map(Value::as_str).collect();
    for name in &names {
        errors.invalid_each("metadata.finalizers", name, qualified_name(name));
    }
    if names.contains(&"orphan") && names.contains(&"foregroundDeletion") {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.invalid("metadata.finalizers", Value::from(names.clone()), detail);
    }
    for (n, name) in names.iter().enumerate() {
        if !name.contains('/') && !["kubernetes", "orphan", "foregroundDeletion"].contains(name) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.invalid(format!("metadata.finalizers[{n}]"), *name, detail);
        }
    }
}
