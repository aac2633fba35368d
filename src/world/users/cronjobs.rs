//! What users do with CronJobs, and with Jobs beside them: create, edit and delete, start and stop the controllers, and
//! (where no Job controller runs) write what becomes of a Job. What the API refuses is observed.

use super::jobs::{Action, Deed, Propagation};
use crate::api::JobStatus;
use crate::apiserver::{CronJobObject, CronJobPatchOutcome, JobObject, refusal};
use crate::id::{CronJobId, JobId};
use crate::model::Workload;
use crate::record::Observation;
use crate::time::SimTime;
use crate::world::dispatch::World;
use crate::world::store::cronjobs::ApiCronJob;
use crate::world::store::jobs::ApiJob;
use serde_json::Value;
use std::sync::Arc;

/// Something that a user does with CronJobs or beside them.
#[derive(Clone, Debug)]
pub enum CronAction {
    /// Applies a JSON merge patch to a CronJob; what validation refuses only if it is asked.
    Patch(CronJobId, Arc<Value>, Validation),
    /// Deletes a CronJob.
    Delete(CronJobId, Propagation),
    /// Creates a Job, which the CronJob controls if one is given.
    CreateJob(Arc<JobObject>, Option<CronJobId>),
    /// Deletes a Job that the CronJob's controller created, the first being 0, in the background; nothing if it has not
    /// yet created so many.
    DeleteCreated(CronJobId, usize),
    /// Writes a Job's status, if the Job is there.
    WriteStatus(JobId, Arc<JobStatus>),
    /// The controllers start.
    StartControllers,
    /// The controllers end.
    StopControllers,
}

/// Whether the API validates what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// It does.
    On,
    /// It does not, as if the object had been stored by an older release.
    Off,
}

impl<W: Workload> World<W> {
    /// Adds a CronJob that is created at an instant.
    pub fn add_cronjob(&mut self, object: Arc<CronJobObject>, at: SimTime) -> CronJobId {
        let id = self.admit_cronjob(object);
        self.create_cronjob_at(id, None, at);
        id
    }

    /// Adds something that a user does with CronJobs at an instant; gives its number, by which a refusal names it.
    pub fn add_cron_action(&mut self, action: CronAction, at: SimTime) -> u32 {
        self.plan_deed(Deed::Act(Action::Cron(Box::new(action))), at)
    }

    /// Does it.
    pub(in crate::world) fn act_on_cronjob(&mut self, number: u32, action: CronAction) {
        let done = match action {
            CronAction::Patch(id, patch, validation) => self.patch_cronjob(id, &patch, validation),
            CronAction::Delete(id, propagation) => self.delete_cronjob(id, propagation),
            CronAction::CreateJob(object, owner) => self.create_users_job(object, owner),
            CronAction::DeleteCreated(id, n) => self.delete_created(id, n),
            CronAction::WriteStatus(job, status) => {
                self.store.write_status(job, &status);
                Ok(())
            }
            CronAction::StartControllers => {
                self.controllers_start();
                Ok(())
            }
            CronAction::StopControllers => {
                self.controllers_stop();
                Ok(())
            }
        };
        if let Err(text) = done {
            self.log.push(Observation::ActRefused(number, text));
        }
    }

    fn existing_cronjob(&self, id: CronJobId) -> Result<&ApiCronJob, String> {
        let cronjob = &self.store.cronjobs[id];
        if cronjob.exists() { Ok(cronjob) } else { Err(format!("cronjobs.batch {:?} not found", cronjob.name)) }
    }

    fn patch_cronjob(&mut self, id: CronJobId, patch: &Value, validation: Validation) -> Result<(), String> {
        let cronjob = self.existing_cronjob(id)?;
        let patched = match validation {
            Validation::On => cronjob.object.merge_patch(patch),
            Validation::Off => cronjob.object.merge_patch_unvalidated(patch),
        };
        match patched.map_err(|errors| refusal("CronJob.batch", &cronjob.name, &errors))? {
            CronJobPatchOutcome::Unchanged => {}
            CronJobPatchOutcome::Changed(object) => self.store.edit_cronjob(id, Arc::from(object)),
        }
        Ok(())
    }

    fn delete_cronjob(&mut self, id: CronJobId, propagation: Propagation) -> Result<(), String> {
        self.existing_cronjob(id)?;
        match propagation {
            Propagation::Foreground => self.mark_cronjob(id),
            Propagation::Background => {
                self.store.remove_cronjob(id);
                self.owner_gone(id);
            }
        }
        Ok(())
    }

    fn create_users_job(&mut self, object: Arc<JobObject>, owner: Option<CronJobId>) -> Result<(), String> {
        if self.store.find_job(&object.namespace, &object.name).is_some() {
            return Err(format!("jobs.batch {:?} already exists", object.name));
        }
        match owner {
            Some(owner) => drop(self.create_owned_job(ApiJob::owned(object, owner), owner)),
            None => {
                let place = self.store.jobs.len() as u32;
                let id = self.admit(ApiJob::new(object, place));
                self.store.create_job(id, self.events.now());
            }
        }
        Ok(())
    }

    fn delete_created(&mut self, id: CronJobId, n: usize) -> Result<(), String> {
        let jobs = self.store.cronjobs[id].jobs.iter().map(|&job| &self.store.jobs[job]);
        let Some(job) = jobs.filter(|job| job.scheduled.is_some()).nth(n) else { return Ok(()) };
        // A user names the Job, and may by now meet another of that name.
        match self.store.find_job(job.namespace(), &job.name) {
            Some(job) => drop(self.delete_job_in_background(job)),
            None => return Err(format!("jobs.batch {:?} not found", job.name)),
        }
        Ok(())
    }
}
