//! A CronJob as the API server keeps it: the whole object, and what its controller reads of it. It is created from a
//! manifest and edited by patches, both through the API server's own rules. It is not the CronJob's status.

use super::create::{self, Identity};
use super::job_object::{POD_OPTIONS, decoded, with_identity};
use super::resolve::is_true;
use super::rules::update;
use super::rules::{cronjob as rules, given, int, job as job_rules, member, text};
use super::{FieldError, JobObject, defaults, resolve};
use crate::api::{ConcurrencyPolicy, CronJobSpec, JobSpec};
use crate::release::ReleaseProfile;
use crate::text::merge;
use serde_json::{Value, json};
use std::sync::Arc;

/// A CronJob that the API server has accepted.
#[derive(Clone, Debug)]
pub struct CronJobObject {
    /// The object as a read returns it, without its status: defaults included.
    pub object: Value,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// When Jobs start: five fields, or a descriptor such as `@daily`.
    pub schedule: String,
    /// The time zone of the schedule; `None` for the controller's own.
    pub time_zone: Option<String>,
    /// Seconds after a scheduled time within which a Job may still start.
    pub starting_deadline_seconds: Option<i64>,
    /// What happens at a start while an earlier Job is active.
    pub concurrency_policy: ConcurrencyPolicy,
    /// Whether starts are suspended.
    pub suspend: bool,
    /// How many succeeded Jobs are kept.
    pub successful_jobs_history_limit: i32,
    /// How many failed Jobs are kept.
    pub failed_jobs_history_limit: i32,
    /// The controller's view of each of its Jobs' specs.
    pub job_spec: Arc<JobSpec>,
    /// The release of the API server that stores it.
    pub release: ReleaseProfile,
}

/// The result of an accepted edit of a CronJob.
#[derive(Clone, Debug)]
pub enum CronJobPatchOutcome {
    /// The spec has the same meaning as before.
    Unchanged,
    /// The edited CronJob.
    Changed(Box<CronJobObject>),
}

impl CronJobObject {
    /// The part that the controller reads.
    pub fn spec(&self) -> CronJobSpec {
        CronJobSpec {
            schedule: self.schedule.clone(),
            time_zone: self.time_zone.clone(),
            concurrency_policy: self.concurrency_policy,
            suspend: self.suspend,
            starting_deadline_seconds: self.starting_deadline_seconds,
            successful_jobs_history_limit: self.successful_jobs_history_limit,
            failed_jobs_history_limit: self.failed_jobs_history_limit,
        }
    }

    /// The CronJob that the API server of the modelled release stores for this manifest.
    ///
    /// # Errors
    /// The API server's errors, in its order.
    pub fn from_value(value: &Value) -> Result<CronJobObject, Vec<FieldError>> {
        Self::in_release(value, ReleaseProfile::default())
    }

    /// The CronJob that the API server of a release stores for this manifest.
    ///
    /// # Errors
    /// The API server's errors, in its order.
    pub fn in_release(value: &Value, release: ReleaseProfile) -> Result<CronJobObject, Vec<FieldError>> {
        with_identity(value, release, |identity| Self::created(value, identity))
    }

    pub(crate) fn created(value: &Value, identity: &Identity<'_>) -> Result<CronJobObject, Vec<FieldError>> {
        let mut object = decoded(value, "CronJob", identity.release)?;
        create::cron_job(&mut object, identity);
        not_panicking(&object)?;
        let errors = rules::created(&object, &identity.pod);
        if errors.is_empty() { Ok(Self::of(object, identity.release)) } else { Err(errors) }
    }

    /// The CronJob that is stored for this manifest without validation, as an older release may have stored it.
    ///
    /// # Errors
    /// Fields of the wrong type.
    pub fn unvalidated(value: &Value) -> Result<CronJobObject, Vec<FieldError>> {
        let release = ReleaseProfile::default();
        let mut object = decoded(value, "CronJob", release)?;
        let (uid, created, suffix, namespace) = ("", "2026-01-01T00:00:00Z", "", "default");
        create::cron_job(&mut object, &Identity { uid, created, suffix, namespace, pod: POD_OPTIONS, release });
        Ok(Self::of(object, release))
    }

    fn of(object: Value, release: ReleaseProfile) -> CronJobObject {
        let (meta, spec) = (member(&object, "metadata"), member(&object, "spec"));
        let limit = |name: &str| int(spec, name).and_then(|n| i32::try_from(n).ok()).unwrap_or_default();
        // Its Jobs are created with defaults.
        let mut job = json!({"metadata": {}, "spec": spec["jobTemplate"]["spec"]});
        defaults::job(&mut job);
        create::drop_disabled(&mut job["spec"], &Value::Null, release.rules);
        CronJobObject {
            namespace: text(meta, "namespace").to_owned(),
            name: text(meta, "name").to_owned(),
            schedule: text(spec, "schedule").to_owned(),
            time_zone: given(spec, "timeZone").and_then(Value::as_str).map(str::to_owned),
            starting_deadline_seconds: int(spec, "startingDeadlineSeconds"),
            concurrency_policy: match text(spec, "concurrencyPolicy") {
                "Forbid" => ConcurrencyPolicy::Forbid,
                "Replace" => ConcurrencyPolicy::Replace,
                _ => ConcurrencyPolicy::Allow,
            },
            suspend: is_true(spec, "suspend"),
            successful_jobs_history_limit: limit("successfulJobsHistoryLimit"),
            failed_jobs_history_limit: limit("failedJobsHistoryLimit"),
            job_spec: Arc::new(resolve::job_spec(&job["spec"])),
            object,
            release,
        }
    }

    /// The Job with this name that the template makes, as the API server accepts or rejects it.
    ///
    /// # Errors
    /// The API server's errors about the Job, in its order: rules such as the one for the hostnames of an Indexed Job
    /// apply only at this point.
    pub fn job(&self, name: &str) -> Result<JobObject, Vec<FieldError>> {
        let template = &self.object["spec"]["jobTemplate"];
        let mut job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {}, "spec": template["spec"]});
        for field in ["labels", "annotations"] {
            if let Some(value) = member(template, "metadata").get(field) {
                job["metadata"][field] = value.clone();
            }
        }
        job["metadata"]["name"] = name.into();
        job["metadata"]["namespace"] = self.namespace.as_str().into();
        JobObject::in_release(&job, self.release)
    }

    /// The CronJob after a JSON merge patch (RFC 7386).
    ///
    /// # Errors
    /// The API server's errors, in its order.
    pub fn merge_patch(&self, patch: &Value) -> Result<CronJobPatchOutcome, Vec<FieldError>> {
        let mut new = self.object.clone();
        merge::merge_patch(&mut new, patch);
        let new = self.replaced(&new)?;
        Ok(match update::equal(&new["spec"], &self.object["spec"]) {
            true => CronJobPatchOutcome::Unchanged,
            false => CronJobPatchOutcome::Changed(Box::new(Self::of(new, self.release))),
        })
    }

    /// The CronJob after a JSON merge patch, without validation.
    ///
    /// # Errors
    /// Fields of the wrong type.
    pub fn merge_patch_unvalidated(&self, patch: &Value) -> Result<CronJobPatchOutcome, Vec<FieldError>> {
        let mut new = self.object.clone();
        merge::merge_patch(&mut new, patch);
        let mut new = decoded(&new, "CronJob", self.release)?;
        create::replacing_cron_job(&mut new, &self.object, self.release.rules);
        Ok(match update::equal(&new["spec"], &self.object["spec"]) {
            true => CronJobPatchOutcome::Unchanged,
            false => CronJobPatchOutcome::Changed(Box::new(Self::of(new, self.release))),
        })
    }

    /// The object that a PUT of `new` leaves.
    pub(crate) fn replaced(&self, new: &Value) -> Result<Value, Vec<FieldError>> {
        let mut new = decoded(new, "CronJob", self.release)?;
        create::replacing_cron_job(&mut new, &self.object, self.release.rules);
        not_panicking(&new)?;
        let errors = rules::updated(&new, &self.object, &POD_OPTIONS);
        if errors.is_empty() { Ok(new) } else { Err(errors) }
    }
}

fn not_panicking(object: &Value) -> Result<(), Vec<FieldError>> {
    match object.pointer("/spec/jobTemplate/spec") {
        Some(spec) if job_rules::panics(spec) => Err(vec![job_rules::panic_error("spec.jobTemplate.spec")]),
        _ => Ok(()),
    }
}
