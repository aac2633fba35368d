//! What the controller does when its watch caches change: observe expectations, wake the Job, queue orphans. It syncs
//! nothing.

use super::cache::{CachedJob, Caches};
use crate::api::{ExitCodeTable, JobSpec, Pod};
use crate::controller::{Params, WorkQueue};
use crate::id::{JobId, PodId};
use crate::time::{SimDuration, SimTime};
use std::collections::VecDeque;

/// The Job controller's process: its caches, memory and queues.
#[derive(Debug)]
pub struct JobController {
    /// Caches and memory.
    pub caches: Caches,
    /// Jobs to sync.
    pub queue: WorkQueue,
    /// Pods whose finalizer no sync will remove.
    pub orphans: VecDeque<PodId>,
    /// Its constants.
    pub params: Params,
}

impl JobController {
    /// A controller that knows nothing yet.
    pub fn new(params: Params) -> Self {
        JobController { caches: Caches::default(), queue: WorkQueue::new(&params), orphans: VecDeque::new(), params }
    }

    /// Forgets everything, as a restart does.
    pub fn clear(&mut self) {
        self.caches.clear();
        self.queue.clear();
        self.orphans.clear();
    }

    /// Empties it for another run; keeps the memory.
    pub fn reset(&mut self, params: Params) {
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
        let Some(old) = entry.job.replace(new) else { return self.queue.add(id) };
        let Some(new) = &entry.job else { return };
        if new.status.finished().is_some() {
            entry.records.finish_written = false;
            return self.clean_up_finalizers(id);
        }
        let delay = match old.generation == new.generation {
            true => self.params.sync_batch_period,
            false => SimDuration::ZERO,
        };
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
        self.clean_up_finalizers(id);
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
        let is_new = self.caches.pod(id).is_none();
        self.caches.set_pod(id, job, Some(new), spec, codes);
        if new.deleting() {
            return self.deletion_seen(id, job, false, now);
        }
        let entry = self.caches.entry(job);
        if entry.job.is_none() {
            return;
        }
        if is_new {
            entry.records.expectations.creations_observed(1);
        } else if !new.finalizer {
            self.caches.pods[id.ix()].removal_expected = false;
        }
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
        let finalizer = self.caches.pods[id.ix()].pod.finalizer;
        let entry = self.caches.entry(job);
        if entry.job.as_ref().is_none_or(|j| j.status.finished().is_some()) {
            // No sync will remove its finalizer.
            if finalizer {
                self.enqueue_orphan(id);
            }
            return;
        }
        entry.records.expectations.deletion_observed();
        if last || !finalizer {
            self.caches.pods[id.ix()].removal_expected = false;
        }
        self.queue.add_after(job, now, self.params.sync_batch_period);
    }

    /// Queues every Pod of the Job that still carries the finalizer.
    #[doc(alias = "cleanupPodFinalizers")]
    fn clean_up_finalizers(&mut self, job: JobId) {
        let view = self.caches.entry(job).ledger.view();
        let mut pods: Vec<PodId> = view.settled.iter().chain(&view.active).copied().collect();
        pods.sort_unstable();
        for id in pods {
            if self.caches.pods[id.ix()].pod.finalizer {
                self.enqueue_orphan(id);
            }
        }
    }

    #[doc(alias = "enqueueOrphanPod")]
    fn enqueue_orphan(&mut self, id: PodId) {
        let pod = &mut self.caches.pods[id.ix()];
        if !pod.orphan_queued {
            pod.orphan_queued = true;
            self.orphans.push_back(id);
        }
    }

    /// The next Pod whose finalizer the orphan clean-up must remove.
    #[doc(alias = "syncOrphanPod")]
    pub fn next_orphan(&mut self) -> Option<PodId> {
        while let Some(id) = self.orphans.pop_front() {
            self.caches.pods[id.ix()].orphan_queued = false;
            let Some(pod) = self.caches.pod(id) else { continue };
            let is_orphan = self
                .caches
                .job(pod.job)
                .is_none_or(|j| !j.spec.is_managed_elsewhere() && j.status.finished().is_some());
            if is_orphan && pod.pod.finalizer {
                return Some(id);
            }
        }
        None
    }
}
