//! How the API server prepares a new object before it validates and stores it: its identity, its name, its selector.
//!
//! Source: `BeforeCreate` in `k8s.io/apiserver/pkg/registry/rest`, `pkg/registry/batch/job/strategy.go`.

use super::defaults;
use super::pod_template::PodOptions;
use super::rules::job::{NAME_LABELS, UID_LABELS};
use super::rules::text;
use crate::release::{ReleaseProfile, ReleaseRule, ReleaseRules};
use serde_json::{Map, Value, json};

/// Longest prefix of a generated name, in bytes.
const LONGEST_PREFIX: usize = 58;

/// The values that a cluster takes from random numbers or from its clock.
#[derive(Clone, Debug)]
pub(crate) struct Identity<'a> {
    /// `metadata.uid`.
    pub uid: &'a str,
    /// `metadata.creationTimestamp`.
    pub created: &'a str,
    /// The suffix that follows `generateName`.
    pub suffix: &'a str,
    /// The namespace of objects that do not name one.
    pub namespace: &'a str,
    /// What the cluster allows in Pod templates.
    pub pod: PodOptions,
    /// The cluster's release.
    pub release: ReleaseProfile,
}

/// Fields of a Job's spec that some releases drop, and the rule by which a release keeps them.
const KEPT_BY_RULE: [(&str, ReleaseRule); 5] = [
    ("podFailurePolicy", ReleaseRule::KeepsPodFailurePolicy),
    ("managedBy", ReleaseRule::KeepsManagedBy),
    ("successPolicy", ReleaseRule::KeepsSuccessPolicy),
    ("backoffLimitPerIndex", ReleaseRule::KeepsBackoffLimitPerIndex),
    ("maxFailedIndexes", ReleaseRule::KeepsBackoffLimitPerIndex),
];

/// Removes the restart rules of single containers from a Job's spec; what makes an init container a sidecar stays.
#[doc(alias = "dropContainerRestartRules")]
fn drop_restart_rules(spec: &mut Value) {
    for list in ["containers", "initContainers"] {
        let containers = spec.pointer_mut(&format!("/template/spec/{list}")).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten().filter_map(Value::as_object_mut) {
            container.shift_remove("restartPolicyRules");
            let is_sidecar = list == "initContainers" && container.get("restartPolicy") == Some(&json!("Always"));
            if !is_sidecar {
                container.shift_remove("restartPolicy");
            }
        }
    }
}

/// The fields of a Job's spec that a release drops.
pub(crate) fn dropped_fields(rules: ReleaseRules) -> impl Iterator<Item = &'static str> {
    KEPT_BY_RULE.into_iter().filter(move |&(_, rule)| !rules.has(rule)).map(|(name, _)| name)
}

/// Removes from a Job's spec what the release does not keep. Fields that the replaced spec has stay. The server does
/// this after defaulting, because defaults may come from what it drops.
pub(crate) fn drop_disabled(spec: &mut Value, old: &Value, rules: ReleaseRules) {
    let Some(fields) = spec.as_object_mut() else { return };
    for (name, rule) in KEPT_BY_RULE {
        if !rules.has(rule) && old.get(name).is_none() {
            fields.shift_remove(name);
        }
    }
    if old.is_null() && !rules.has(ReleaseRule::KeepsContainerRestartRules) {
        drop_restart_rules(spec);
    }
    if !rules.has(ReleaseRule::KeepsBackoffLimitPerIndex)
        && old.is_null()
        && let Some(rules) = spec.pointer_mut("/podFailurePolicy/rules").and_then(Value::as_array_mut)
    {
        rules.retain(|rule| text(rule, "action") != "FailIndex");
    }
}

/// A decoded Job, prepared for validation.
pub(crate) fn job(job: &mut Value, identity: &Identity<'_>) {
    let is_set = |path: &str| job.pointer(path).is_some();
    // In the server, the Job's labels and the template's are the same map, so generated labels show up in both. If the
    // name is generated too, the server has made copies before.
    let shares_labels =
        is_set("/spec/template/metadata/labels") && !is_set("/metadata/labels") && is_set("/metadata/name");
    defaults::job(job);
    metadata(job, identity);
    if let Some(spec) = job.get_mut("spec") {
        drop_disabled(spec, &Value::Null, identity.release.rules);
    }
    if let Some(spec) = job.get_mut("spec").and_then(Value::as_object_mut) {
        // The feature gate WorkloadWithJob is off, so the server drops the field.
        spec.remove("scheduling");
    }
    if job.pointer("/spec/manualSelector") != Some(&Value::Bool(true)) {
        select_own_pods(job);
    }
    if shares_labels {
        let labels = job["spec"]["template"]["metadata"]["labels"].clone();
        job["metadata"]["labels"] = labels;
    }
}

/// A decoded CronJob, prepared for validation.
pub(crate) fn cron_job(cron_job: &mut Value, identity: &Identity<'_>) {
    defaults::cron_job(cron_job, identity.release.rules);
    metadata(cron_job, identity);
    let spec = cron_job.pointer_mut("/spec/jobTemplate/spec").and_then(Value::as_object_mut);
    if let Some(spec) = spec {
        spec.remove("scheduling");
    }
}

/// A validated object of this kind, as a read returns it.
pub(crate) fn stored(kind: &str, object: &mut Value) {
    if kind == "Job" {
        defaults::labels_of_template(object);
    }
}

/// Prepares an object that is stored as it is: with defaults, but without generated fields and without validation.
pub(crate) fn as_it_is(kind: &str, object: &mut Value, identity: &Identity<'_>) {
    match kind {
        "Job" => defaults::job(object),
        _ => defaults::cron_job(object, identity.release.rules),
    }
    metadata(object, identity);
}

fn metadata(object: &mut Value, identity: &Identity<'_>) {
    if let Some(object) = object.as_object_mut() {
        object.insert("status".to_owned(), json!({}));
    }
    let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    for name in ["selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "resourceVersion"] {
        meta.remove(name);
    }
    let prefix = meta.get("generateName").and_then(Value::as_str).unwrap_or_default();
    if !meta.contains_key("name") && !prefix.is_empty() {
        let end = (0..=prefix.len().min(LONGEST_PREFIX)).rev().find(|end| prefix.is_char_boundary(*end));
        let name = format!("{}{}", &prefix[..end.unwrap_or_default()], identity.suffix);
        meta.insert("name".to_owned(), name.into());
    }
    if !meta.contains_key("namespace") {
        meta.insert("namespace".to_owned(), identity.namespace.into());
    }
    meta.insert("uid".to_owned(), identity.uid.into());
    meta.insert("generation".to_owned(), 1.into());
    meta.insert("creationTimestamp".to_owned(), identity.created.into());
}

/// A map of texts inside an object, created if it is missing.
fn map_at<'a>(object: &'a mut Value, path: &[&str]) -> Option<&'a mut Map<String, Value>> {
    let mut at = object;
    for name in path {
        at = at.as_object_mut()?.entry(*name).or_insert_with(|| json!({}));
        if at.is_null() {
            *at = json!({});
        }
    }
    at.as_object_mut()
}

/// Labels the Pods with the Job's uid and name, and selects them by the uid.
fn select_own_pods(job: &mut Value) {
    let meta = &job["metadata"];
    let (uid, name) = (text(meta, "uid").to_owned(), text(meta, "name").to_owned());
    let uids = UID_LABELS.iter().map(|key| (*key, uid.clone()));
    let names = NAME_LABELS.iter().map(|key| (*key, name.clone()));
    if let Some(labels) = map_at(job, &["spec", "template", "metadata", "labels"]) {
        for (key, value) in uids.chain(names) {
            labels.entry(key).or_insert_with(|| value.into());
        }
    }
    if let Some(labels) = map_at(job, &["spec", "selector", "matchLabels"]) {
        labels.entry(UID_LABELS[0]).or_insert_with(|| uid.into());
    }
}

/// A decoded Job that replaces a stored one, prepared for validation.
pub(crate) fn replacing_job(job: &mut Value, old: &Value, rules: ReleaseRules) {
    defaults::job(job);
    replacing(job, old);
    if let Some(spec) = job.get_mut("spec") {
        drop_disabled(spec, &old["spec"], rules);
    }
    if let Some(spec) = job.get_mut("spec").and_then(Value::as_object_mut)
        && old.pointer("/spec/scheduling").is_none()
    {
        spec.remove("scheduling");
    }
}

/// A decoded CronJob that replaces a stored one, prepared for validation.
pub(crate) fn replacing_cron_job(cron_job: &mut Value, old: &Value, rules: ReleaseRules) {
    defaults::cron_job(cron_job, rules);
    replacing(cron_job, old);
    let spec = cron_job.pointer_mut("/spec/jobTemplate/spec").and_then(Value::as_object_mut);
    if let Some(spec) = spec.filter(|_| old.pointer("/spec/jobTemplate/spec/scheduling").is_none()) {
        spec.remove("scheduling");
    }
}

/// A decoded object of which only the status replaces that of the stored one.
pub(crate) fn replacing_status(object: &mut Value, old: &Value) {
    let status = object.get("status").cloned().unwrap_or_else(|| json!({}));
    replacing(object, old);
    if let Some(object) = object.as_object_mut() {
        object.insert("status".to_owned(), status);
        object.insert("spec".to_owned(), old.get("spec").cloned().unwrap_or_default());
    }
}

/// Copies from the stored object what a replacement cannot change.
fn replacing(object: &mut Value, old: &Value) {
    let status = old.get("status").cloned().unwrap_or_else(|| json!({}));
    if let Some(object) = object.as_object_mut() {
        object.insert("status".to_owned(), status);
    }
    let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    meta.remove("selfLink");
    let old = &old["metadata"];
    let keep = |meta: &mut Map<String, Value>, name: &str| match old.get(name) {
        Some(value) => drop(meta.insert(name.to_owned(), value.clone())),
        None => drop(meta.shift_remove(name)),
    };
    keep(meta, "generation");
    keep(meta, "creationTimestamp");
    if old.get("deletionTimestamp").is_some() {
        keep(meta, "deletionTimestamp");
    }
    for name in ["uid", "namespace", "deletionGracePeriodSeconds"] {
        if !meta.contains_key(name) {
            keep(meta, name);
        }
    }
}
