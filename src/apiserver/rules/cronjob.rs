//! Rules for a CronJob, new or replacing a stored one, in the API server's order.
//!
//! Source: `ValidateCronJobCreate`, `ValidateCronJobUpdate` in `pkg/apis/batch/validation`.

use super::job::job_template;
use super::schedule::{schedule_errors, time_zone_errors};
use super::{Errors, Path, given, int, member, meta, text};
use crate::apiserver::pod_template::PodOptions;
use crate::apiserver::{ErrorType, FieldError};
use serde_json::Value;

/// Longest name: the controller appends 11 bytes to make a Job's name, which may have 63.
const LONGEST_NAME: usize = 52;

/// Rules for a CronJob that is created.
pub(crate) fn created(cron_job: &Value, pod: &PodOptions) -> Vec<FieldError> {
    let mut errors = Errors::default();
    let meta = member(cron_job, "metadata");
    meta::created(meta, &mut errors);
    spec(member(cron_job, "spec"), None, pod, &mut errors);
    let name = text(meta, "name");
    if name.len() > LONGEST_NAME {
        errors.invalid("metadata.name", name, format!("must be no more than {LONGEST_NAME} characters"));
    }
    required_last(&mut errors);
    errors.once()
}

/// Rules for a CronJob that replaces `old`.
pub(crate) fn updated(cron_job: &Value, old: &Value, pod: &PodOptions) -> Vec<FieldError> {
    let mut errors = Errors::default();
    meta::updated(member(cron_job, "metadata"), member(old, "metadata"), &mut errors);
    spec(member(cron_job, "spec"), Some(member(old, "spec")), pod, &mut errors);
    required_last(&mut errors);
    errors.once()
}

/// Rules for a CronJob whose status replaces that of `old`: only those for the metadata.
pub(crate) fn status_updated(cron_job: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    meta::updated(member(cron_job, "metadata"), member(old, "metadata"), &mut errors);
    errors.once()
}

fn spec(spec: &Value, old: Option<&Value>, pod: &PodOptions, errors: &mut Errors) {
    let zone = |spec: &Value| given(spec, "timeZone").and_then(Value::as_str).map(str::to_owned);
    let had_zone = old.is_some_and(|old| text(old, "schedule").contains("TZ"));
    let time_zone = zone(spec);
    errors.0.extend(schedule_errors("spec.schedule", text(spec, "schedule"), time_zone.as_deref(), had_zone));
    errors.nonnegative("spec.startingDeadlineSeconds", int(spec, "startingDeadlineSeconds"));
    if old.is_none_or(|old| zone(old) != time_zone) {
        errors.0.extend(time_zone_errors("spec.timeZone", time_zone.as_deref()));
    }
    match text(spec, "concurrencyPolicy") {
        "Allow" | "Forbid" | "Replace" => {}
        other => errors.not_supported("spec.concurrencyPolicy", other, &["Allow", "Forbid", "Replace"]),
    }
    job_template(&Path::root("spec.jobTemplate"), member(spec, "jobTemplate"), pod, errors);
    for name in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        errors.nonnegative(format!("spec.{name}"), int(spec, name));
    }
}

/// Moves the error about a missing schedule to the end: that rule is a declarative one, and the server evaluates those
/// last.
fn required_last(errors: &mut Errors) {
    let is_late = |e: &FieldError| e.error_type == ErrorType::Required && e.field == "spec.schedule";
    errors.0.sort_by_key(is_late);
}
