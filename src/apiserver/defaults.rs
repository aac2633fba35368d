//! The API server's defaults for fields of a Job or CronJob.
//!
//! Source: `pkg/apis/batch/v1/defaults.go` of Kubernetes v1.37. Not here: the Pod template.

use super::pod_template::default_pod_template;
use crate::release::{ReleaseRule, ReleaseRules};
use serde_json::{Map, Value, json};

/// Sets a member if it is absent.
fn default(object: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    if object.get(name).is_none_or(Value::is_null) {
        object.insert(name.to_owned(), value.into());
    }
}

/// The member as an object, which decoding guarantees.
fn object<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    value.get_mut(name)?.as_object_mut()
}

/// Fills in the defaults of a decoded Job.
pub(crate) fn job(job: &mut Value) {
    labels_of_template(job);
    let Some(spec) = job.get_mut("spec") else { return };
    conditions(spec);
    template(spec);
    let Some(spec) = spec.as_object_mut() else { return };
    if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
        default(spec, "completions", 1);
    }
    default(spec, "parallelism", 1);
    default(spec, "backoffLimit", if spec.contains_key("backoffLimitPerIndex") { i32::MAX } else { 6 });
    default(spec, "completionMode", "NonIndexed");
    default(spec, "suspend", false);
    default(spec, "manualSelector", false);
    let replacement = if spec.contains_key("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    default(spec, "podReplacementPolicy", replacement);
}

/// A Job without labels gets those of its Pod template.
pub(crate) fn labels_of_template(job: &mut Value) {
    let labels = job.pointer("/spec/template/metadata/labels").cloned();
    if let (Some(meta), Some(labels)) = (object(job, "metadata"), labels) {
        default(meta, "labels", labels);
    }
}

/// Fills in the defaults of a decoded CronJob. Its Job template gets no defaults except inside its parts.
pub(crate) fn cron_job(cron_job: &mut Value, rules: ReleaseRules) {
    let Some(spec) = object(cron_job, "spec") else { return };
    default(spec, "concurrencyPolicy", "Allow");
    default(spec, "suspend", false);
    default(spec, "successfulJobsHistoryLimit", 3);
    default(spec, "failedJobsHistoryLimit", 1);
    if let Some(spec) = spec.get_mut("jobTemplate").and_then(|template| template.get_mut("spec")) {
        if rules.has(ReleaseRule::DefaultsConditionsInCronJobs) {
            conditions(spec);
        }
        template(spec);
    }
}

/// The status of conditions in a Pod failure policy.
fn conditions(spec: &mut Value) {
    let rules = spec.pointer_mut("/podFailurePolicy/rules").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten() {
        let conditions = rule.get_mut("onPodConditions").and_then(Value::as_array_mut);
        for condition in conditions.into_iter().flatten() {
            if condition.get("status") == Some(&json!("")) {
                condition["status"] = json!("True");
            }
        }
    }
}

/// Fills in the defaults of the Pod template.
fn template(spec: &mut Value) {
    if let Some(template) = spec.get_mut("template") {
        default_pod_template(template);
    }
}
