//! What users do: create, edit and delete Jobs, delete Pods, restart controllers. Edits pass through the API's
//! validation, and a refused one is observed.

use super::dispatch::World;
use crate::api::{PatchOutcome, refusal};
use crate::id::{JobId, PodId};
use crate::model::Workload;
use crate::record::{DeletionCause, Observation};
use crate::time::SimDuration;
use std::sync::Arc;

/// Something that a user does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Applies a JSON merge patch to a Job.
    Patch(JobId, Arc<serde_json::Value>),
    /// Deletes a Pod gracefully.
    DeletePod(JobId, PodKey),
    /// Deletes a Job in the foreground.
    DeleteJob(JobId),
    /// Restarts the controllers: they are down for so long.
    RestartControllers(SimDuration),
}

/// Which Pod of a Job is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodKey {
    /// Its completion index; `None` for Jobs that are not Indexed.
    pub index: Option<u32>,
    /// The attempt at that index, else the ordinal of creation; from 1.
    pub attempt: u32,
}

impl<W: Workload> World<W> {
    /// The Pod of a Job with a key, if there ever was one.
    pub fn find_pod(&self, job: JobId, key: PodKey) -> Option<PodId> {
        let index = key.index.map_or(-1, i64::from);
        let found = self
            .store
            .pods
            .iter()
            .position(|p| p.job == job && i64::from(p.pod.index) == index && p.pod.ordinal == key.attempt);
        found.map(|n| PodId(n as u32))
    }

    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::Patch(job, patch) => self.patch_job(job, &patch),
            Action::DeletePod(job, key) => {
                if let Some(pod) = self.find_pod(job, key) {
                    self.delete_pod(pod, DeletionCause::Disrupted);
                }
            }
            Action::DeleteJob(job) => drop(self.mark_job(job)),
            Action::RestartControllers(down) => self.controllers_die(down),
        }
    }

    fn patch_job(&mut self, id: JobId, patch: &serde_json::Value) {
        let job = &self.store.jobs[id.ix()];
        if !job.exists() {
            let text = format!("jobs.batch {:?} not found", job.object.name);
            return self.log.push(Observation::Refused(id, text));
        }
        match job.object.merge_patch(patch, &job.status) {
            Ok(PatchOutcome::Unchanged) => {}
            Ok(PatchOutcome::Changed(object)) => self.store.edit_job(id, Arc::from(object)),
            Err(errors) => {
                let text = refusal("Job.batch", &job.object.name, &errors);
                self.log.push(Observation::Refused(id, text));
            }
        }
    }
}
