//! The API server's warnings when it accepts a Job or CronJob.
//!
//! Source: `pkg/registry/batch/job/strategy.go`, `pkg/registry/batch/cronjob/strategy.go`, `pkg/api/job/warnings.go`.

use super::pod_template::pod_template_warnings;
use super::rules::job::is_indexed;
use super::rules::names::dns_label_advice;
use super::rules::{int, member, text};
use serde_json::Value;

/// Warnings on the creation of a Job.
pub(crate) fn job_created(job: &Value) -> Vec<String> {
    let mut warnings: Vec<String> = name(job).into_iter().collect();
    warnings.extend(job_spec("spec", member(job, "spec")));
    warnings
}

/// Warnings on an update of a Job: only if its spec changes.
pub(crate) fn job_updated(job: &Value, spec_changed: bool) -> Vec<String> {
    if spec_changed { job_spec("spec", member(job, "spec")) } else { Vec::new() }
}

/// Warnings on the creation of a CronJob.
pub(crate) fn cron_job_created(cron_job: &Value) -> Vec<String> {
    let mut warnings: Vec<String> = name(cron_job).into_iter().collect();
    warnings.extend(job_template(cron_job));
    warnings.extend(zone_in_schedule(cron_job));
    warnings
}

/// Warnings on an update of a CronJob.
pub(crate) fn cron_job_updated(cron_job: &Value, spec_changed: bool) -> Vec<String> {
    let mut warnings = if spec_changed { job_template(cron_job) } else { Vec::new() };
    warnings.extend(zone_in_schedule(cron_job));
    warnings
}

fn name(object: &Value) -> Option<String> {
    let advice = dns_label_advice(text(member(object, "metadata"), "name"));
    (!advice.is_empty()).then(|| {
        format!(
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label \
             is recommended: [{}]",
            advice.join(" ")
        )
    })
}

fn zone_in_schedule(cron_job: &Value) -> Option<String> {
    text(member(cron_job, "spec"), "schedule").contains("TZ").then(|| {
        "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see \
         https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
            .to_owned()
    })
}

fn job_template(cron_job: &Value) -> Vec<String> {
    job_spec("spec.jobTemplate.spec", member(member(member(cron_job, "spec"), "jobTemplate"), "spec"))
}

fn job_spec(path: &str, spec: &Value) -> Vec<String> {
    let above = |name: &str, limit: i64| int(spec, name).is_some_and(|n| n > limit);
    let mut warnings = Vec::new();
    if is_indexed(spec) && above("completions", 100_000) && above("parallelism", 10_000) {
        warnings.push(format!(
            "{path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, \
             Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        ));
    }
    warnings.extend(pod_template_warnings(member(spec, "template"), &format!("{path}.template")));
    warnings
}
