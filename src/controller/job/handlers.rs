//! What the controller does when its watch caches change: it observes expectations, wakes the Job, and queues orphans.
//! It syncs nothing.

use super::cache::{CachedJob, Caches};
use super::orphans::{OrphanKey, OrphanQueue};
use crate::api::{ExitCodeTable, JobSpec, Pod};
use crate::controller::WorkQueue;
use crate::id::{JobId, PodId};
use crate::release::{JobControllerParams, MODELLED, ReleaseRule};
use crate::time::{SimDuration, SimTime};

/// The Job controller's process: its caches, memory and queues.
#[derive(Debug)]
pub struct JobController {
    /// Caches and memory.
    pub caches: Caches,
    /// Jobs to sync.
    pub queue: WorkQueue,
    /// Pods whose finalizer no sync will remove.
    pub orphans: OrphanQueue,
    /// Its constants.
    pub params: JobControllerParams,
}

/// A controller with the modelled release's constants.
impl Default for JobController {
    fn default() -> Self {
        JobController::new(MODELLED.job_controller)
    }
}

impl JobController {
    /// A controller that knows nothing yet.
    pub fn new(params: JobControllerParams) -> Self {
        JobController {
            caches: Caches::default(),
            queue: WorkQueue::new(&params),
            orphans: OrphanQueue::default(),
            params,
        }
    }

    /// Forgets everything, as a restart does.
    pub fn clear(&mut self) {
        self.caches.clear();
        self.queue.clear();
        self.orphans.clear();
    }

    /// Empties it for another run; keeps the memory.
    pub fn reset(&mut self, params: JobControllerParams) {
        self.clear();
        self.caches.reset();
        self.queue.reset(&params);
        self.params = params;
    }

    /// The Job cache has seen a Job, new or changed.
    #[doc(alias = "addJob")]
    #[doc(alias = "updateJob")]
    pub fn job_changed(&mut self, id: JobId, new: CachedJob, now: SimTime) {
        self.caches.seen.jobs = self.caches.seen.jobs.max(new.resource_version);
        let entry = self.caches.entry(id);
        let old = entry.job.take();
        let new = entry.job.insert(new);
        let Some(old) = old else { return self.queue.add(id) };
        // A change of the spec is acted on at once. A change of the status alone is mostly the controller's own write, and
        // waits with the events of Pods for the next batch.
        let delay = match old.generation == new.generation {
            true => self.params.sync_batch_period,
            false => SimDuration::ZERO,
        };
        if new.status.finished().is_some() {
            entry.records.finish_written = false;
            if self.params.rules.has(ReleaseRule::HasOneOrphanWorker) {
                self.queue.add_after(id, now, delay);
            }
            return self.clean_up_finalizers(id);
        }
        self.queue.add_after(id, now, delay);
        let deadline = new.spec.active_deadline_seconds;
        if let (Some(start), Some(seconds)) = (new.status.start_time, deadline)
            && old.spec.active_deadline_seconds != deadline
        {
            self.queue.add_after(id, now, SimDuration::from_secs(seconds) - (now - start));
        }
    }

    /// The Job cache has seen a Job disappear.
    #[doc(alias = "deleteJob")]
    pub fn job_gone(&mut self, id: JobId, version: u64) {
        self.caches.seen.jobs = self.caches.seen.jobs.max(version);
        self.caches.entry(id).job = None;
        self.queue.add(id);
        match self.params.rules.has(ReleaseRule::HasOneOrphanWorker) {
            true => self.clean_up_finalizers(id),
            false => self.orphans.add(OrphanKey::PodsOf(id)),
        }
    }

    /// The Pod cache has seen a Pod, new or changed. `spec` is its Job's.
    #[doc(alias = "addPod")]
    #[doc(alias = "updatePod")]
    pub fn pod_changed(
        &mut self,
        id: PodId,
        job: JobId,
        (new, version): (&Pod, u64),
        (spec, codes): (&JobSpec, &ExitCodeTable),
        now: SimTime,
    ) {
        self.caches.seen.pods = self.caches.seen.pods.max(version);
        let is_new = !self.caches.set_pod(id, job, Some(new), spec, codes);
        if new.deleting() {
            // Race: after a restart, or when the watch lags, a Pod can be first seen when it is already being deleted. It
            // must not count as an observed creation.
            return self.deletion_seen(id, job, false, now);
        }
        let entry = self.caches.entry(job);
        if entry.job.is_none() {
            // The cache no longer holds the Job, or does not hold it yet: there is no sync to wake.
            return;
        }
        if is_new {
            entry.records.expectations.creations_observed(1);
        } else if !new.finalizer {
            self.caches.pods[id].removal_expected = false;
        }
        // Events of Pods are gathered for a while: a wave of Pods that finish together costs one sync and one status write.
        self.queue.add_after(job, now, self.params.sync_batch_period);
    }

    /// The Pod cache has seen a Pod disappear. `spec` is its Job's.
    #[doc(alias = "deletePod")]
    pub fn pod_gone(
        &mut self,
        id: PodId,
        job: JobId,
        version: u64,
        (spec, codes): (&JobSpec, &ExitCodeTable),
        now: SimTime,
    ) {
        self.caches.seen.pods = self.caches.seen.pods.max(version);
        self.caches.set_pod(id, job, None, spec, codes);
        self.deletion_seen(id, job, true, now);
    }

    /// A Pod is being deleted, or (`last`) is gone.
    fn deletion_seen(&mut self, id: PodId, job: JobId, last: bool, now: SimTime) {
        let finalizer = self.caches.pods[id].finalizer;
        let entry = self.caches.entry(job);
        if entry.job.as_ref().is_none_or(|j| j.status.finished().is_some()) {
            // No sync will remove its finalizer.
            if finalizer {
                self.orphans.add(OrphanKey::Pod(id));
            }
            return;
        }
        entry.records.expectations.deletion_observed();
        if last || !finalizer {
            self.caches.pods[id].removal_expected = false;
        }
        self.queue.add_after(job, now, self.params.sync_batch_period);
    }

    /// Queues every Pod of a Job that still carries the finalizer.
    #[doc(alias = "cleanupPodFinalizers")]
    fn clean_up_finalizers(&mut self, job: JobId) {
        for id in self.pods_with_finalizer(job) {
            self.orphans.add(OrphanKey::Pod(id));
        }
    }
}
