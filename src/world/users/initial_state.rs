//! Objects that are there with a status when a run begins, as if the controllers had been at work before. What the
//! controllers had only in memory is not there: they begin as after a restart.

use super::jobs::Deed;
use crate::api::InitialCronJobStatus;
use crate::api::{ActiveJob, CronJobStatus, JobStatus};
use crate::apiserver::{CronJobObject, JobObject};
use crate::id::{CronJobId, JobId};
use crate::model::Workload;
use crate::time::SimTime;
use crate::world::dispatch::World;
use crate::world::store::cronjobs::ApiCronJob;
use crate::world::store::jobs::ApiJob;
use std::sync::Arc;

/// What a Job begins with.
#[derive(Clone, Debug)]
pub struct BeginsWith {
    /// Its status.
    pub status: Arc<JobStatus>,
    /// The CronJob that controls it.
    pub owner: Option<CronJobId>,
}

impl<W: Workload> World<W> {
    /// Adds a Job that is created at an instant, with a status if it begins with one.
    pub fn add_job_that(&mut self, object: Arc<JobObject>, begins: Option<BeginsWith>, at: SimTime) -> JobId {
        let Some(BeginsWith { status, owner }) = begins else { return self.add_job(object, at) };
        let place = self.store.jobs.len() as u32;
        let job =
            owner.map_or_else(|| ApiJob::new(object.clone(), place), |owner| ApiJob::owned(object.clone(), owner));
        let id = self.admit(job.with_status(status));
        if let Some(owner) = owner {
            self.store.cronjobs[owner].jobs.push(id);
        }
        self.plan_deed(Deed::Create(id), at);
        id
    }

    /// Makes a CronJob known to the world; it is not created yet.
    pub fn admit_cronjob(&mut self, object: Arc<CronJobObject>) -> CronJobId {
        self.store.cronjobs.push(ApiCronJob::new(object))
    }

    /// Plans the creation of a CronJob, with a status if it begins with one. Of the Jobs that are active those are meant
    /// that it controls.
    pub fn create_cronjob_at(&mut self, id: CronJobId, begins: Option<&InitialCronJobStatus>, at: SimTime) {
        if let Some(begins) = begins {
            let active = self.store.cronjobs[id].jobs.iter().map(|&job| (job, self.store.jobs[job].name.clone()));
            let active = active.filter(|(_, name)| begins.active.iter().any(|known| **known == **name));
            let active = active.map(|(job, name)| ActiveJob { job, name }).collect();
            let cronjob = &mut self.store.cronjobs[id];
            cronjob.before = begins.created;
            cronjob.status = CronJobStatus {
                active,
                last_schedule_time: begins.last_schedule_time,
                last_successful_time: begins.last_successful_time,
            };
        }
        self.plan_deed(Deed::CreateCronJob(id), at);
    }
}
