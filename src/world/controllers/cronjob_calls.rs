//! What the CronJob controller's calls do to the store, and how the API server answers them. When they are made and
//! answered is in [`super::cronjob`].

use super::garbage_collector;
use crate::apiserver::refusal;
use crate::controller::cronjob::{ApiError, ApiErrorKind, CronJobCall, CronJobCallOutcome, CronJobSync};
use crate::id::{CronJobId, JobId};
use crate::model::Workload;
use crate::record::Observation;
use crate::world::env::Env;
use crate::world::store::{ApiJob, NotWritten};
use std::sync::Arc;

/// Applies a call of a CronJob's sync.
pub(super) fn perform<W: Workload>(
    env: &mut Env<W>,
    id: CronJobId,
    sync: &CronJobSync,
    call: CronJobCall,
) -> CronJobCallOutcome {
    match call {
        CronJobCall::GetCronJob if env.store.cronjobs[id].exists() => {
            CronJobCallOutcome::CronJob(env.store.cronjobs[id].cached())
        }
        CronJobCall::GetCronJob => cronjob_not_found(env, id),
        CronJobCall::GetJob(name) => match find_job_in_namespace_of(env, id, &name) {
            Some(job) => CronJobCallOutcome::Job { job, is_owned: env.store.jobs[job].owner == Some(id) },
            None => job_not_found(&name),
        },
        CronJobCall::DeleteJob(name, reason) => match find_job_in_namespace_of(env, id, &name) {
            Some(job) => {
                env.log.push(Observation::JobDeleted(job, reason));
                let is_deleted = garbage_collector::delete_job_in_background(env, job);
                assert!(is_deleted, "a Job that is found by its name exists");
                CronJobCallOutcome::Done
            }
            None => job_not_found(&name),
        },
        CronJobCall::CreateJob { name, scheduled } => create_job(env, id, name, scheduled),
        CronJobCall::UpdateStatus => update_status(env, id, sync),
    }
}

fn create_job<W: Workload>(env: &mut Env<W>, id: CronJobId, name: Arc<str>, scheduled: i64) -> CronJobCallOutcome {
    if find_job_in_namespace_of(env, id, &name).is_some() {
        return failed(ApiErrorKind::AlreadyExists, format!("jobs.batch {name:?} already exists"));
    }
    let cronjob = &mut env.store.cronjobs[id];
    let job = match cronjob.accepted_job(&name) {
        Ok(like) => ApiJob::scheduled(like, name, (id, cronjob.object.clone()), scheduled),
        Err(errors) => return failed(ApiErrorKind::Other, refusal("Job.batch", &name, &errors)),
    };
    let job = garbage_collector::create_owned_job(env, job, id);
    CronJobCallOutcome::Job { job, is_owned: true }
}

fn update_status<W>(env: &mut Env<W>, id: CronJobId, sync: &CronJobSync) -> CronJobCallOutcome {
    match env.store.update_cronjob_status(id, sync.version(), sync.status()) {
        Ok(()) => CronJobCallOutcome::Done,
        Err(NotWritten::NotFound) => cronjob_not_found(env, id),
        Err(NotWritten::Conflict) => {
            let text = format!(
                "Operation cannot be fulfilled on cronjobs.batch {:?}: the object has been modified; please apply your \
                 changes to the latest version and try again",
                env.store.cronjobs[id].name
            );
            failed(ApiErrorKind::Other, text)
        }
    }
}

fn find_job_in_namespace_of<W>(env: &Env<W>, id: CronJobId, name: &str) -> Option<JobId> {
    env.store.find_job(&env.store.cronjobs[id].object.namespace, name)
}

fn cronjob_not_found<W>(env: &Env<W>, id: CronJobId) -> CronJobCallOutcome {
    failed(ApiErrorKind::NotFound, format!("cronjobs.batch {:?} not found", env.store.cronjobs[id].name))
}

fn job_not_found(name: &str) -> CronJobCallOutcome {
    failed(ApiErrorKind::NotFound, format!("jobs.batch {name:?} not found"))
}

fn failed(kind: ApiErrorKind, text: String) -> CronJobCallOutcome {
    CronJobCallOutcome::Failed(ApiError { kind, text })
}
