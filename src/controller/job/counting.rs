//! What a sync reads when it begins: the Pods of the view, and the counts that follow from them and from the status.
//! Nothing is decided here.

use super::backoff::finished_time;
use super::pod_failure_policy::{is_pod_failed, match_pod_failure_policy};
use super::sync::{JobSync, JobSyncContext, SyncPod};
use crate::api::{Pod, PodPhase};
use crate::id::PodId;
use std::mem;

impl JobSync {
    /// Reads the view as it is at this instant.
    pub(super) fn read_pods(&mut self, ctx: &JobSyncContext) {
        let view = ctx.caches.jobs[self.id].ledger.view();
        self.counts.active = view.active.len() as i32;
        (self.counts.ready, self.counts.terminating) = (view.ready, view.terminating);
        self.pods.extend(view.settled.iter().map(|&id| SyncPod::of(id, ctx.caches)));
        self.sort_pods();
    }

    /// Adds the active Pods that carry the finalizer: they matter when the Job ends.
    pub(super) fn include_active(&mut self, ctx: &JobSyncContext) {
        let view = ctx.caches.jobs[self.id].ledger.view();
        let active = view.active.iter().map(|&id| SyncPod::of(id, ctx.caches));
        self.pods.extend(active.filter(|p| p.pod.finalizer));
        self.sort_pods();
    }

    fn sort_pods(&mut self) {
        if self.spec.is_indexed() {
            self.pods.sort_unstable_by_key(|p| (p.pod.index, p.id));
        } else {
            self.pods.sort_unstable_by_key(|p| p.id);
        }
    }

    /// Whether a Pod's index counts: any, unless the Job is Indexed.
    pub(super) fn has_valid_index(&self, pod: &Pod) -> bool {
        !self.spec.is_indexed() || pod.index.is_some_and(|index| index.get() < self.spec.completions.unwrap_or(0))
    }

    /// Counts the newly finished Pods, renews the back-off record, and counts the uncounted Pods that have lost their
    /// finalizer.
    ///
    /// Race: a Pod whose finalizer an earlier sync removed may still carry it in the cache. It is in the counters by
    /// now, so it is left out here; else it would count twice.
    #[doc(alias = "getNewFinishedPods")]
    pub(super) fn count_new(&mut self, ctx: &JobSyncContext) {
        let uncounted = &self.status.uncounted;
        let (mut new_succeeded, mut latest_success, mut new_failed) = (0, None, 0);
        let mut failure_times = mem::take(&mut self.spare.times);
        failure_times.clear();
        for p in self.pods.iter().filter(|p| !p.removal_expected && self.has_valid_index(&p.pod)) {
            if p.pod.phase == PodPhase::Succeeded && !uncounted.succeeded.contains(&p.id) {
                new_succeeded += 1;
                latest_success = latest_success.max(Some(finished_time(&p.pod)));
            } else if is_pod_failed(&p.pod, &self.spec) && !uncounted.failed.contains(&p.id) {
                new_failed += i32::from(match_pod_failure_policy(&self.spec, &p.pod, ctx.codes).counts());
                failure_times.push(finished_time(&p.pod));
            }
        }
        self.counts.succeeded = self.status.succeeded + new_succeeded + uncounted.succeeded.len() as i32;
        self.counts.failed = self.status.failed + new_failed + uncounted.failed.len() as i32;
        let record = ctx.caches.jobs[self.id].records.backoff;
        self.backoff = record.after(latest_success.into_iter(), &failure_times);
        self.spare.times = failure_times;
        self.needs_write = self.clean_uncounted(|id| {
            ctx.caches.pod(id).is_some_and(|cached| cached.finalizer && !cached.removal_expected)
        });
        self.uncounted_before = (self.status.uncounted.succeeded.len(), self.status.uncounted.failed.len());
    }

    /// Moves uncounted Pods that no longer have the finalizer into the counters; says whether there were any.
    ///
    /// A controller that dies between the removal of a finalizer and the write of the counters leaves such Pods in the
    /// status: this is where the next one finds and counts them.
    #[doc(alias = "cleanUncountedPodsWithoutFinalizers")]
    pub(super) fn clean_uncounted(&mut self, has_finalizer: impl Fn(PodId) -> bool) -> bool {
        let uncounted = &mut self.status.uncounted;
        let before = (uncounted.succeeded.len(), uncounted.failed.len());
        uncounted.succeeded.retain(|id| has_finalizer(*id));
        uncounted.failed.retain(|id| has_finalizer(*id));
        self.status.succeeded += (before.0 - uncounted.succeeded.len()) as i32;
        self.status.failed += (before.1 - uncounted.failed.len()) as i32;
        before != (uncounted.succeeded.len(), uncounted.failed.len())
    }
}
