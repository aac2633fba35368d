//! Removes the fields that the API server itself sets from an object that was read from a cluster, so that it can be
//! created again. It is the inverse of [`super::create`].
//!
//! Source for what the server sets: `pkg/registry/batch/job/strategy.go`.

use super::rules::job::{NAME_LABELS, UID_LABELS};
use super::rules::{list, member, text};
use serde_json::{Map, Value};

/// What was removed from an object.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// The notice for the user, if the object came from a cluster.
    pub notice: Option<String>,
    /// Its status, if it had one.
    pub status: Option<Value>,
    /// When it was written, according to its metadata, in no particular order.
    pub written: Vec<String>,
    /// When its status was last written, if its metadata say so.
    pub status_written: Option<String>,
    /// When it was created; empty if unknown.
    pub created: String,
    /// Its UID; empty if there is none.
    pub uid: String,
    /// Whether it was being deleted.
    pub deleting: bool,
}

/// The fields that the server sets in `metadata`.
const IN_METADATA: [&str; 8] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// Removes from a decoded object what the server had set. The notice does not mention the status if that is kept.
pub(crate) fn take(object: &mut Value, keeps_status: bool) -> Taken {
    let status = object.as_object_mut().and_then(|object| object.shift_remove("status"));
    let status = status.filter(|status| status.as_object().is_some_and(|fields| !fields.is_empty()));
    let meta = member(object, "metadata");
    let (uid, name) = (text(meta, "uid").to_owned(), text(meta, "name").to_owned());
    let created = text(meta, "creationTimestamp").to_owned();
    let deleting = !text(meta, "deletionTimestamp").is_empty();
    let managed = list(meta, "managedFields");
    let written = managed.iter().map(|entry| text(entry, "time").to_owned()).chain([created.clone()]).collect();
    let of_status = managed.iter().filter(|entry| text(entry, "subresource") == "status");
    let status_written = of_status.map(|entry| text(entry, "time").to_owned()).max();
    let mut gone: Vec<String> = Vec::new();
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for name in IN_METADATA {
            if meta.shift_remove(name).is_some() {
                gone.push(name.to_owned());
            }
        }
    }
    if !uid.is_empty() && object.pointer("/spec/manualSelector") != Some(&Value::Bool(true)) {
        generated(object, &uid, &name, &mut gone);
    }
    if status.is_some() && !keeps_status {
        gone.push("status".to_owned());
    }
    let notice = format!("read from a cluster: what the server had set is left out ({})", gone.join(", "));
    let notice = (!gone.is_empty()).then_some(notice);
    Taken { notice, status, written, status_written, created, uid, deleting }
}

/// Removes the selector and the labels that the server had generated.
fn generated(object: &mut Value, uid: &str, name: &str, gone: &mut Vec<String>) {
    let is_generated = |key: &str, value: &Value| {
        UID_LABELS.contains(&key) && value == uid || NAME_LABELS.contains(&key) && value == name
    };
    let places = ["/metadata/labels", "/spec/template/metadata/labels", "/spec/selector/matchLabels"];
    let mut any = false;
    for place in places {
        if let Some(labels) = object.pointer_mut(place).and_then(Value::as_object_mut) {
            let before = labels.len();
            labels.retain(|key, value| !is_generated(key, value));
            any |= labels.len() < before;
        }
    }
    if any {
        gone.push("generated labels and selector".to_owned());
    }
    remove_if_empty(object, "/spec/selector", "matchLabels");
    remove_if_empty(object, "/spec", "selector");
    remove_if_empty(object, "/metadata", "labels");
    remove_if_empty(object, "/spec/template/metadata", "labels");
}

fn remove_if_empty(object: &mut Value, parent: &str, name: &str) {
    let Some(parent) = object.pointer_mut(parent).and_then(Value::as_object_mut) else { return };
    if parent.get(name).and_then(Value::as_object).is_some_and(Map::is_empty) {
        parent.shift_remove(name);
    }
}
