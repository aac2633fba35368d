//! Objects that exist with a status when a run begins, as if the controllers had been at work before. What controllers
//! hold only in memory is not there: they begin as after a restart.

use super::{Action, Users};
use crate::api::{ActiveJob, CronJobStatus, InitialCronJobStatus, JobStatus};
use crate::apiserver::JobObject;
use crate::id::{CronJobId, JobId};
use crate::model::Workload;
use crate::time::SimTime;
use crate::world::env::Env;
use crate::world::store::ApiJob;
use std::sync::Arc;

/// What a Job begins with.
#[derive(Clone, Debug)]
pub struct BeginsWith {
    /// Its status.
    pub status: Arc<JobStatus>,
    /// The CronJob that controls it.
    pub owner: Option<CronJobId>,
}

/// Adds a Job that is created at an instant, with a status if it begins with one.
pub(in crate::world) fn add_job<W: Workload>(
    env: &mut Env<W>,
    users: &mut Users,
    (object, begins): (Arc<JobObject>, Option<BeginsWith>),
    at: SimTime,
) -> JobId {
    let place = env.store.jobs.len() as u32;
    let (status, owner) = begins.map_or((None, None), |begins| (Some(begins.status), begins.owner));
    let job = match owner {
        Some(owner) => ApiJob::owned(object, owner),
        None => ApiJob::new(object, place),
    };
    let id = env.admit_job(match status {
        Some(status) => job.with_status(status),
        None => job,
    });
    if let Some(owner) = owner {
        env.store.cronjobs[owner].jobs.push(id);
    }
    users.plan(env, Action::CreateJob(id), at);
    id
}

/// Plans the creation of a CronJob, with a status if it begins with one. Of the active Jobs in that status only those
/// count that it controls.
pub(in crate::world) fn plan_cronjob<W: Workload>(
    env: &mut Env<W>,
    users: &mut Users,
    (id, begins): (CronJobId, Option<&InitialCronJobStatus>),
    at: SimTime,
) {
    if let Some(begins) = begins {
        let jobs = env.store.cronjobs[id].jobs.iter().map(|&job| (job, env.store.jobs[job].name.clone()));
        let active = jobs.filter(|(_, name)| begins.active.iter().any(|known| **known == **name));
        let active = active.map(|(job, name)| ActiveJob { job, name }).collect();
        let cronjob = &mut env.store.cronjobs[id];
        assert!(cronjob.created.is_none(), "only a CronJob that will be created begins with a status");
        cronjob.created_before = begins.created;
        cronjob.status = CronJobStatus {
            active,
            last_schedule_time: begins.last_schedule_time,
            last_successful_time: begins.last_successful_time,
        };
    }
    users.plan(env, Action::CreateCronJob(id), at);
}
