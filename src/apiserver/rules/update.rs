//! Rules for a Job that replaces a stored one: what may change and when.
//!
//! Source: `ValidateJobUpdate`, `validatePodTemplateUpdate`, `validateCompletions` in `pkg/apis/batch/validation`, and
//! the options that `pkg/registry/batch/job/strategy.go` passes to them.

use super::job::{SpecOptions, hostnames, is_indexed, job_spec};
use super::meta::{immutable, updated};
use super::{Errors, Path, given, int, list, member, scheduling, selector};
use crate::api::Quantity;
use crate::api::{JobConditionType, JobStatus};
use crate::apiserver::FieldError;
use crate::apiserver::pod_template::PodOptions;
use crate::release::{ReleaseRule, ReleaseRules};
use serde_json::{Map, Value, json};

/// The part of a Job's status that decides which edits of its Pod template are allowed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    /// Whether it has a start time.
    pub started: bool,
    /// Active Pods.
    pub active: i64,
    /// Whether the condition Suspended is True.
    pub suspended: bool,
}

impl From<&JobStatus> for Progress {
    fn from(status: &JobStatus) -> Self {
        Progress {
            started: status.start_time.is_some(),
            active: status.active.into(),
            suspended: status.is_true(JobConditionType::Suspended),
        }
    }
}

impl Progress {
    /// From a status as the API writes it.
    pub fn of_json(status: &Value) -> Self {
        let is_suspended = |c: &Value| c["type"] == "Suspended" && c["status"] == "True";
        Progress {
            started: given(status, "startTime").is_some(),
            active: int(status, "active").unwrap_or_default(),
            suspended: list(status, "conditions").iter().any(is_suspended),
        }
    }
}

/// A release's rules for a Job that replaces `old`. With `template_is_stored` it has the Pod template of `old`, which
/// has passed all rules before.
pub(crate) fn job(
    job: &Value,
    old: &Value,
    progress: Progress,
    (pod, rules): (&PodOptions, ReleaseRules),
    template_is_stored: bool,
) -> Vec<FieldError> {
    let mut errors = Errors::default();
    let (spec, old_spec) = (member(job, "spec"), member(old, "spec"));
    updated(member(job, "metadata"), member(old, "metadata"), &mut errors);
    let check_selector_values = !selector::has_bad_value(member(old_spec, "selector"));
    let options = SpecOptions { pod, check_selector_values, template_is_stored };
    job_spec(spec, options, &mut errors);
    completions(spec, old_spec, rules, &mut errors);
    immutable_field("selector", spec, old_spec, &mut errors);
    if !template_is_stored {
        template(spec, old_spec, TemplateEdits::of(old_spec, progress, rules), &mut errors);
    }
    for name in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
        immutable_field(name, spec, old_spec, &mut errors);
    }
    hostnames(job, &mut errors);
    scheduling::updated(spec, old_spec, &mut errors);
    errors.once()
}

fn immutable_field(name: &str, spec: &Value, old: &Value, errors: &mut Errors) {
    immutable(&Path::root("spec").child(name), member(spec, name), member(old, name), errors);
}

/// The completions of an Indexed Job may change together with its parallelism.
fn completions(spec: &Value, old: &Value, rules: ReleaseRules, errors: &mut Errors) {
    if !is_indexed(spec) || !rules.has(ReleaseRule::ScalesIndexedJobs) {
        return immutable_field("completions", spec, old, errors);
    }
    let (new, old) = (int(spec, "completions"), int(old, "completions"));
    if let Some(n) = new.filter(|_| new != old && new != int(spec, "parallelism")) {
        errors.invalid("spec.completions", n, "can only be modified in tandem with spec.parallelism");
    }
}

/// What may change in a Job's Pod template.
#[derive(Clone, Copy, Debug)]
struct TemplateEdits {
    /// Node selector, tolerations, gates and node affinity; also the template's labels and annotations.
    directives: bool,
    /// Resources of containers.
    resources: bool,
}

impl TemplateEdits {
    /// Edits are allowed while the Job with this spec is suspended and none of its Pods runs; when exactly depends on
    /// the release.
    #[doc(alias = "shouldAllowMutablePodTemplate")]
    fn of(old: &Value, progress: Progress, rules: ReleaseRules) -> Self {
        let is_suspended = old.get("suspend") == Some(&Value::Bool(true));
        let is_fresh = !progress.started && rules.has(ReleaseRule::EditsTemplateBeforeCondition);
        let is_idle = is_suspended && progress.active == 0 && (is_fresh || progress.suspended);
        let directives = match rules.has(ReleaseRule::EditsTemplateAfterStart) {
            true => is_idle,
            false => is_suspended && !progress.started,
        };
        TemplateEdits { directives, resources: is_idle && rules.has(ReleaseRule::EditsResources) }
    }
}

fn template(spec: &Value, old: &Value, edits: TemplateEdits, errors: &mut Errors) {
    let (new_template, old_template) = (member(spec, "template"), member(old, "template"));
    let new_pod = member(new_template, "spec");
    let old_pod = with_mutable_parts(member(old_template, "spec"), new_pod, edits);
    if edits.resources {
        // Labels and annotations are not compared in this case.
        if !equal(new_pod, &old_pod) {
            errors.invalid("spec.template.spec", new_pod.clone(), "field is immutable");
        }
        return;
    }
    let mut expected = old_template.clone();
    if edits.directives
        && let Some(template) = expected.as_object_mut()
    {
        template.insert("spec".to_owned(), old_pod);
        if let Some(meta) = template.get_mut("metadata").and_then(Value::as_object_mut) {
            for name in ["labels", "annotations"] {
                take(meta, member(new_template, "metadata"), name);
            }
        }
    }
    if !equal(new_template, &expected) {
        errors.invalid("spec.template", new_template.clone(), "field is immutable");
    }
}

/// The old Pod spec with those parts of the new one that may differ.
fn with_mutable_parts(old: &Value, new: &Value, edits: TemplateEdits) -> Value {
    let mut merged = old.clone();
    let Some(pod) = merged.as_object_mut() else { return merged };
    if edits.directives {
        for name in ["nodeSelector", "tolerations", "schedulingGates"] {
            take(pod, new, name);
        }
        node_affinity(pod, new);
    }
    let containers = if edits.resources { &["containers", "initContainers"][..] } else { &[] };
    for name in containers {
        let containers = pod.get_mut(*name).and_then(Value::as_array_mut);
        for (container, new) in containers.into_iter().flatten().zip(list(new, name)) {
            if let Some(resources) = container.get_mut("resources").and_then(Value::as_object_mut) {
                for name in ["limits", "requests"] {
                    take(resources, member(new, "resources"), name);
                }
            }
        }
    }
    merged
}

/// Copies a member, even if it is absent.
fn take(object: &mut Map<String, Value>, new: &Value, name: &str) {
    match given(new, name) {
        Some(value) => drop(object.insert(name.to_owned(), value.clone())),
        None => drop(object.remove(name)),
    }
}

fn node_affinity(pod: &mut Map<String, Value>, new: &Value) {
    match (pod.get_mut("affinity").and_then(Value::as_object_mut), given(new, "affinity")) {
        (Some(old), Some(new)) => take(old, new, "nodeAffinity"),
        (Some(old), None) => {
            old.remove("nodeAffinity");
            if old.is_empty() {
                pod.remove("affinity");
            }
        }
        (None, Some(new)) => {
            let mut affinity = Map::new();
            take(&mut affinity, new, "nodeAffinity");
            pod.insert("affinity".to_owned(), Value::Object(affinity));
        }
        (None, None) => {}
    }
}

/// Members that are amounts, or maps of amounts.
const AMOUNTS: [&str; 5] = ["limits", "requests", "overhead", "sizeLimit", "divisor"];

/// Whether two values mean the same: absent and empty are equal, and amounts are compared by size.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            names.into_iter().all(|name| {
                let (a, b) = (a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null));
                if AMOUNTS.contains(&name.as_str()) { equal_amounts(a, b) } else { equal(a, b) }
            })
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Null, Value::Array(list)) | (Value::Array(list), Value::Null) => list.is_empty(),
        _ => a == b,
    }
}

fn equal_amounts(a: &Value, b: &Value) -> bool {
    let nothing = json!({});
    let (a, b) = (if a.is_null() { &nothing } else { a }, if b.is_null() { &nothing } else { b });
    let amount = |value: &Value| Quantity::parse(value.as_str()?).ok();
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| amount(a) == amount(b)))
        }
        _ => a == b || amount(a).is_some() && amount(a) == amount(b),
    }
}
