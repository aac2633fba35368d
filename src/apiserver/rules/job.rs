//! Rules for a Job and for a CronJob's Job template, in the API server's order.
//!
//! Source: `ValidateJob`, `ValidateJobSpec`, `validateJobSpec` in `pkg/apis/batch/validation`.

use super::names::{dns_label, domain_prefixed_path};
use super::{Errors, Path, at, flag, given, int, member, meta, policies, selector, text};
use crate::apiserver::pod_template::{PodOptions, validate_pod_template};
use crate::apiserver::{ErrorType, FieldError};
use serde_json::Value;

/// The labels that the API server puts on a Job's Pods: with the Job's uid, and with its name.
pub(crate) const UID_LABELS: [&str; 2] = ["batch.kubernetes.io/controller-uid", "controller-uid"];
/// See [`UID_LABELS`].
pub(crate) const NAME_LABELS: [&str; 2] = ["batch.kubernetes.io/job-name", "job-name"];

const MOST_INDEXED: i64 = 100_000;
const MOST_IF_MANY: i64 = 10_000;
const MOST_MANAGED_BY_BYTES: usize = 63;

/// What some rules need to know besides the spec.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpecOptions<'a> {
    /// What the cluster allows in the Pod template.
    pub pod: &'a PodOptions,
    /// Whether the values in a selector's expressions are checked.
    pub check_selector_values: bool,
    /// Whether the Pod template is that of the stored object, which has passed the rules before.
    pub template_is_stored: bool,
}

/// Rules for a Job that is created.
pub(crate) fn created(job: &Value, pod: &PodOptions) -> Vec<FieldError> {
    let mut errors = Errors::default();
    let spec = member(job, "spec");
    meta::created(member(job, "metadata"), &mut errors);
    generated_selector(job, &mut errors);
    job_spec(spec, SpecOptions { pod, check_selector_values: true, template_is_stored: false }, &mut errors);
    hostnames(job, &mut errors);
    errors.once()
}

/// Whether the server's validation panics on the spec (which is all that it answers): it compares the success policy of
/// an Indexed Job with completions that are absent.
pub(crate) fn panics(spec: &Value) -> bool {
    let rules = spec.pointer("/successPolicy/rules").and_then(Value::as_array);
    let looks = |rule: &Value| given(rule, "succeededIndexes").is_some() || given(rule, "succeededCount").is_some();
    is_indexed(spec) && given(spec, "completions").is_none() && rules.is_some_and(|rules| rules.iter().any(looks))
}

/// The error that stands for [`panics`].
pub(crate) fn panic_error(path: &str) -> FieldError {
    let detail = "the API server's own validation panics on a successPolicy of an Indexed Job without completions: set \
                  completions";
    FieldError::new(ErrorType::Internal, format!("{path}.completions"), Value::Null, detail)
}

pub(crate) fn is_indexed(spec: &Value) -> bool {
    text(spec, "completionMode") == "Indexed"
}

/// The labels and the selector must be those that the server generates, unless the user has set them.
fn generated_selector(job: &Value, errors: &mut Errors) {
    let (meta, spec) = (member(job, "metadata"), member(job, "spec"));
    if flag(spec, "manualSelector") == Some(true) || given(spec, "selector").is_none() {
        return;
    }
    let (uid, name) = (text(meta, "uid"), text(meta, "name"));
    let labels = at(spec, &["template", "metadata", "labels"]);
    let expected = [(UID_LABELS[1], uid), (NAME_LABELS[1], name), (UID_LABELS[0], uid), (NAME_LABELS[0], name)];
    for (key, value) in expected {
        let path = || format!("spec.template.metadata.labels[{key}]");
        match labels.and_then(|labels| labels.get(key)).and_then(Value::as_str) {
            Some(found) if found == value => {}
            Some(found) => errors.invalid(path(), found, format!("must be '{value}'")),
            None => errors.required(path(), format!("must be '{value}'")),
        }
    }
    let label = |key: &str| expected.iter().find(|(k, _)| *k == key).map(|(_, value)| (*value).to_owned());
    let found = member(spec, "selector");
    if selector::matches(found, label) == Some(false) {
        errors.invalid("spec.selector", found.clone(), "`selector` not auto-generated");
    }
}

/// The hostnames of an Indexed Job's Pods consist of the Job's name and the index.
pub(super) fn hostnames(job: &Value, errors: &mut Errors) {
    let spec = member(job, "spec");
    if let Some(completions) = int(spec, "completions").filter(|n| *n > 0 && is_indexed(spec)) {
        let name = text(member(job, "metadata"), "name");
        let longest = format!("{name}-{}", completions - 1);
        if !dns_label(&longest).is_empty() {
            let detail = format!("will not able to create pod with invalid DNS label: {longest}");
            errors.invalid("metadata.name", name, detail);
        }
    }
}

/// Rules for the spec of a Job.
pub(crate) fn job_spec(spec: &Value, options: SpecOptions<'_>, errors: &mut Errors) {
    bare_spec(&Path::root("spec"), spec, options, errors);
    let found = member(spec, "selector");
    if found.is_null() {
        errors.required("spec.selector", "");
    } else {
        selector::selector(found, &Path::root("spec.selector"), options.check_selector_values, errors);
    }
    let labels = at(spec, &["template", "metadata", "labels"]).unwrap_or(&Value::Null);
    let label = |key: &str| labels.get(key).map(|value| value.as_str().unwrap_or_default().to_owned());
    if selector::matches(found, label) == Some(false) {
        errors.invalid("spec.template.metadata.labels", labels.clone(), "`selector` does not match template `labels`");
    }
}

/// Rules for the Job template of a CronJob, at a path.
pub(crate) fn job_template(path: &Path, template: &Value, pod: &PodOptions, errors: &mut Errors) {
    let (path, spec) = (path.child("spec"), member(template, "spec"));
    bare_spec(&path, spec, SpecOptions { pod, check_selector_values: true, template_is_stored: false }, errors);
    if let Some(found) = given(spec, "selector") {
        errors.invalid(path.child("selector"), found.clone(), "`selector` will be auto-generated");
    }
    if flag(spec, "manualSelector") == Some(true) {
        errors.not_supported(path.child("manualSelector"), "true", &["nil", "false"]);
    }
}

fn bare_spec(path: &Path, spec: &Value, options: SpecOptions<'_>, errors: &mut Errors) {
    for name in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        errors.nonnegative(path.child(name), int(spec, name));
    }
    if given(spec, "maxFailedIndexes").is_some() && given(spec, "backoffLimitPerIndex").is_none() {
        errors.required(path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    if let Some(name) = spec.get("managedBy").and_then(Value::as_str) {
        domain_prefixed_path(&path.child("managedBy"), name, errors);
        if name.len() > MOST_MANAGED_BY_BYTES {
            errors.too_long(path.child("managedBy"), MOST_MANAGED_BY_BYTES);
        }
    }
    completion_mode(path, spec, errors);
    policies::pod_failure_policy(path, spec, errors);
    policies::success_policy(path, spec, errors);
    policies::pod_replacement_policy(path, spec, errors);
    if !options.template_is_stored {
        validate_pod_template(member(spec, "template"), &path.child("template"), options.pod, errors);
    }
    restart_policy(path, spec, errors);
}

fn completion_mode(path: &Path, spec: &Value, errors: &mut Errors) {
    let mode = given(spec, "completionMode").and_then(Value::as_str);
    if let Some(mode) = mode.filter(|mode| !["NonIndexed", "Indexed"].contains(mode)) {
        errors.not_supported(path.child("completionMode"), mode, &["NonIndexed", "Indexed"]);
    }
    if mode == Some("Indexed") {
        indexed(path, spec, errors);
    }
    if matches!(mode, None | Some("NonIndexed")) {
        for name in ["backoffLimitPerIndex", "maxFailedIndexes"] {
            if let Some(value) = int(spec, name) {
                errors.invalid(path.child(name), value, "requires indexed completion mode");
            }
        }
    }
}

fn indexed(path: &Path, spec: &Value, errors: &mut Errors) {
    let (completions, parallelism) = (int(spec, "completions"), int(spec, "parallelism"));
    let most_failed = int(spec, "maxFailedIndexes");
    if completions.is_none() {
        errors.required(path.child("completions"), "when completion mode is Indexed");
    }
    if let Some(n) = parallelism.filter(|n| *n > MOST_INDEXED) {
        let detail = format!("must be less than or equal to {MOST_INDEXED} when completion mode is Indexed");
        errors.invalid(path.child("parallelism"), n, detail);
    }
    if let Some(n) = most_failed.filter(|n| completions.is_some_and(|completions| *n > completions)) {
        errors.invalid(path.child("maxFailedIndexes"), n, "must be less than or equal to completions");
    }
    if let Some(n) = most_failed.filter(|n| *n > MOST_INDEXED) {
        errors.invalid(path.child("maxFailedIndexes"), n, format!("must be less than or equal to {MOST_INDEXED}"));
    }
    if completions.is_none_or(|n| n <= MOST_INDEXED) || given(spec, "backoffLimitPerIndex").is_none() {
        return;
    }
    if most_failed.is_none() {
        let detail = format!("must be specified when completions is above {MOST_INDEXED}");
        errors.required(path.child("maxFailedIndexes"), detail);
    }
    for (name, value) in [("parallelism", parallelism), ("maxFailedIndexes", most_failed)] {
        if let Some(n) = value.filter(|n| *n > MOST_IF_MANY) {
            let detail = format!(
                "must be less than or equal to {MOST_IF_MANY} when completions are above {MOST_INDEXED} and used with \
                 backoff limit per index"
            );
            errors.invalid(path.child(name), n, detail);
        }
    }
}

fn restart_policy(path: &Path, spec: &Value, errors: &mut Errors) {
    let field = path.child("template.spec.restartPolicy");
    match text(member(member(spec, "template"), "spec"), "restartPolicy") {
        "" | "Always" => errors.required(field, "valid values: \"OnFailure\", \"Never\""),
        "Never" => {}
        "OnFailure" if given(spec, "podFailurePolicy").is_some() => {
            errors.invalid(field, "OnFailure", "only \"Never\" is supported when podFailurePolicy is specified");
        }
        "OnFailure" => {}
        other => errors.not_supported(field, other, &["OnFailure", "Never"]),
    }
}
