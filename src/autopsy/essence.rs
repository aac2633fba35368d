//! The part of a Job's or CronJob's spec that an autopsy needs, as the API server of a release stores it. Everything else is
//! left out before it is read: clusters are newer than this program, and what nobody asks for cannot be wrong.

use crate::api::JobSpec;
use crate::apiserver::rules::{given, list, member, text};
use crate::manifest::{Loaded, Manifest};
use crate::release::Release;
use crate::text::{ReadError, TreeNode};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Fields of a Job's spec that its controller reads.
const OF_JOBS: [&str; 13] = [
    "parallelism",
    "completions",
    "completionMode",
    "backoffLimit",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
    "activeDeadlineSeconds",
    "ttlSecondsAfterFinished",
    "suspend",
    "podReplacementPolicy",
    "podFailurePolicy",
    "successPolicy",
    "managedBy",
];

/// Fields of a CronJob's spec, except for its template.
const OF_CRONJOBS: [&str; 7] = [
    "schedule",
    "timeZone",
    "startingDeadlineSeconds",
    "concurrencyPolicy",
    "suspend",
    "successfulJobsHistoryLimit",
    "failedJobsHistoryLimit",
];

fn only(object: &Value, fields: &[&str]) -> Map<String, Value> {
    let kept = fields.iter().filter_map(|name| Some(((*name).to_owned(), given(object, name)?.clone())));
    kept.collect()
}

fn job_spec(spec: &Value) -> Value {
    let pod = member(member(spec, "template"), "spec");
    let mut kept = only(pod, &["restartPolicy", "terminationGracePeriodSeconds", "activeDeadlineSeconds"]);
    for field in ["containers", "initContainers"] {
        let containers = list(pod, field).iter().map(|container| {
            let mut kept = only(container, &["name", "restartPolicy", "restartPolicyRules"]);
            kept.insert("image".to_owned(), "app".into());
            Value::Object(kept)
        });
        let containers: Vec<Value> = containers.collect();
        if !containers.is_empty() {
            kept.insert(field.to_owned(), containers.into());
        }
    }
    let mut job = only(spec, &OF_JOBS);
    job.insert("template".to_owned(), json!({"spec": kept}));
    Value::Object(job)
}

/// The essence of a Job or CronJob, as the API server of the release stores it.
pub(super) fn loaded(object: &Value, kind: &str, release: &Release) -> Result<Manifest, Vec<String>> {
    let (meta, spec) = (member(object, "metadata"), member(object, "spec"));
    let name = text(meta, "name");
    let spec = match kind {
        "Job" => job_spec(spec),
        _ => {
            let mut kept = only(spec, &OF_CRONJOBS);
            let template = job_spec(member(member(spec, "jobTemplate"), "spec"));
            kept.insert("jobTemplate".to_owned(), json!({"spec": template}));
            Value::Object(kept)
        }
    };
    let meta = Value::Object(only(meta, &["name", "namespace"]));
    let bare = json!({"apiVersion": "batch/v1", "kind": kind, "metadata": meta, "spec": spec});
    let mut loaded = Loaded { release: release.profile, ..Loaded::default() };
    loaded.add_object(&TreeNode::from_json(&bare));
    if !loaded.errors.is_empty() {
        let told = |error: &ReadError| format!("{kind} {name}: {}: {}", error.field, error.message);
        return Err(loaded.errors.iter().map(told).collect());
    }
    let read = loaded.objects.pop().map(|object| object.object);
    read.ok_or_else(|| vec![format!("{kind} {name}: it cannot be read")])
}

/// What the Job controller of the release reads of a Job.
pub(super) fn spec_of(job: &Value, release: &Release) -> Result<Arc<JobSpec>, Vec<String>> {
    match loaded(job, "Job", release)? {
        Manifest::Job(object) => Ok(object.spec),
        Manifest::CronJob(_) => Err(vec!["a Job that is a CronJob".to_owned()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::field_reference;

    #[test]
    fn each_field_of_a_job_is_read_or_known_to_be_of_no_use() {
        const NOT_READ: [&str; 4] = ["selector", "manualSelector", "scheduling", "template"];
        let fields = field_reference("job.spec").unwrap().children;
        for (name, _) in fields {
            let is_read = OF_JOBS.contains(&name);
            assert!(is_read != NOT_READ.contains(&name), "does the Job controller read spec.{name}?");
        }
    }
}
