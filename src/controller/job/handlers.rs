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

#[cfg(test)]
mod tests {
    use super::super::testing::{JOB, at, codes, spec};
    use super::*;
    use crate::api::{JobConditionType, JobMessage, JobReason, JobStatus, PodPhase};
    use crate::controller::job::{JobSync, Records};
    use std::sync::Arc;

    const POD: PodId = PodId(0);

    fn job(generation: u64, status: JobStatus) -> CachedJob {
        let (spec, status) = (Arc::new(spec()), Arc::new(status));
        CachedJob { spec, status, resource_version: generation, generation, deleting: false }
    }

    fn complete() -> JobStatus {
        let (reason, message) = (JobReason::CompletionsReached, JobMessage::CompletionsReached);
        let condition = JobSync::condition(JobConditionType::Complete, reason, message, at(50));
        JobStatus { conditions: [condition].into_iter().collect(), ..JobStatus::default() }
    }

    /// A controller whose queue has handed out the Job and is empty.
    fn controller() -> JobController {
        let mut controller = JobController::default();
        controller.job_changed(JOB, job(1, JobStatus::default()), at(0));
        assert_eq!(controller.queue.get(), Some(JOB));
        controller.queue.done(JOB);
        controller
    }

    fn pod() -> Pod {
        Pod::new(at(0).into(), None, 0, 0)
    }

    fn seen(controller: &mut JobController, pod: &Pod) {
        controller.pod_changed(POD, JOB, (pod, 1), (&spec(), &codes()), at(10));
    }

    fn records(controller: &mut JobController) -> &mut Records {
        &mut controller.caches.entry(JOB).records
    }

    /// Source: updateJob of v1.37.
    #[test]
    fn a_change_of_the_spec_is_acted_on_at_once_and_one_of_the_status_in_the_next_batch() {
        let mut status = controller();
        status.job_changed(JOB, job(1, JobStatus { failed: 1, ..JobStatus::default() }), at(10));
        assert_eq!((status.queue.len(), &status.queue.timers[..]), (0, &[(at(11), JOB)][..]));
        let mut spec = controller();
        spec.job_changed(JOB, job(2, JobStatus::default()), at(10));
        assert_eq!((spec.queue.len(), spec.queue.timers.len()), (1, 0));
    }

    /// Source: addPod, which takes a Pod that is being deleted for a deletion.
    #[test]
    fn a_pod_that_is_first_seen_while_it_is_deleted_is_no_creation() {
        for (deletion_began, open) in [(None, 1), (Some(at(9).into()), 2)] {
            let mut controller = controller();
            records(&mut controller).expectations.expect_creations(2, at(5));
            seen(&mut controller, &Pod { deletion_began, ..pod() });
            assert_eq!(records(&mut controller).expectations.outstanding(), (open, 0), "{deletion_began:?}");
        }
    }

    #[test]
    fn a_removed_finalizer_is_expected_until_it_is_seen_to_be_gone() {
        let terminating = Pod { deletion_began: Some(at(9).into()), bound: true, ..pod() };
        let finished = Pod { phase: PodPhase::Succeeded, bound: true, ..pod() };
        for before in [terminating, finished] {
            let mut controller = controller();
            seen(&mut controller, &before);
            controller.caches.pods[POD].removal_expected = true;
            seen(&mut controller, &before);
            assert!(controller.caches.pods[POD].removal_expected, "it still has the finalizer: {before:?}");
            seen(&mut controller, &Pod { finalizer: false, ..before });
            assert!(!controller.caches.pods[POD].removal_expected, "{before:?}");
        }
    }

    #[test]
    fn the_deletion_of_a_pod_and_its_version_have_been_seen_when_it_is_gone() {
        let mut controller = controller();
        seen(&mut controller, &pod());
        records(&mut controller).expectations.expect_deletions(2, at(15));
        controller.pod_gone(POD, JOB, 7, (&spec(), &codes()), at(20));
        assert_eq!((controller.caches.seen.pods, records(&mut controller).expectations.outstanding()), (7, (0, 1)));
    }

    /// Source: updateJob (cleanupPodFinalizers), and deletePod (enqueueOrphanPod).
    #[test]
    fn pods_of_a_job_that_has_finished_are_orphans() {
        let mut before = controller();
        seen(&mut before, &pod());
        records(&mut before).finish_written = true;
        before.job_changed(JOB, job(1, complete()), at(60));
        assert!(before.orphans.has(OrphanKey::Pod(POD)));
        assert!(!records(&mut before).finish_written, "the end has been seen");
        assert!(before.is_orphan(POD));
        let mut after = controller();
        after.job_changed(JOB, job(1, complete()), at(60));
        seen(&mut after, &Pod { deletion_began: Some(at(61).into()), bound: true, ..pod() });
        assert!(after.orphans.has(OrphanKey::Pod(POD)));
    }

    #[test]
    fn an_orphan_that_comes_again_while_it_is_processed_is_taken_once_more() {
        let mut controller = controller();
        let key = OrphanKey::Pod(POD);
        controller.orphans.add(key);
        assert_eq!(controller.next_orphans().map(|(key, _)| key), Some(key));
        assert!(controller.orphans.has(key), "it is being processed");
        controller.orphans.add(key);
        assert!(!controller.orphans.is_ready());
        controller.orphans.done(key);
        assert!(controller.orphans.is_ready());
    }

    /// Source: handleOrphanPod, which leaves Jobs alone that another controller manages.
    #[test]
    fn pods_of_a_job_that_another_controller_manages_are_no_orphans() {
        for (managed_by, is_orphan) in [(None, true), (Some("example.com/queue".into()), false)] {
            let mut controller = controller();
            seen(&mut controller, &pod());
            let managed = CachedJob { spec: Arc::new(JobSpec { managed_by, ..spec() }), ..job(1, complete()) };
            controller.job_changed(JOB, managed, at(60));
            assert_eq!(controller.is_orphan(POD), is_orphan);
        }
    }

    /// Source: syncOrphanPod of v1.37 lists the Pods of a Job that is gone; the last is looked at last.
    #[test]
    fn pods_of_a_job_that_is_gone_are_cleaned_up_in_order() {
        let mut controller = controller();
        for number in [1, 0, 2] {
            controller.pod_changed(PodId(number), JOB, (&pod(), 1), (&spec(), &codes()), at(10));
        }
        controller.job_gone(JOB, 2);
        // A worker takes them from the end.
        assert_eq!(controller.next_orphans(), Some((OrphanKey::PodsOf(JOB), [2, 1, 0].map(PodId).to_vec())));
    }
}
