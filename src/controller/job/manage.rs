//! How many Pods there should be, and the deletions and creations that follow. Endings are decided elsewhere.

use super::backoff::{absolute_failure_count, backoff_for, remaining_backoff_per_index};
use super::call::{BackoffWait, Emission, JobCall, JobCallOutcome};
use super::phase::{Creations, Deletions, JobSyncPhase, NewPod};
use super::pod_failure_policy::only_replace_failed_pods;
use super::sync::{JobSync, JobSyncContext, SyncPod};
use crate::api::{Pod, PodPhase, PodReady};
use crate::controller::SyncStep;
use crate::release::ReleaseRule;
use crate::time::{SimDuration, WholeSecond};
use std::cmp::Reverse;
use std::mem;

impl JobSync {
    /// Deletes surplus Pods, or creates missing ones.
    #[doc(alias = "manageJob")]
    pub(super) fn manage(&mut self, ctx: &mut JobSyncContext) -> SyncStep {
        if self.spec.suspend {
            let victims = self.active_pods_for_removal(self.counts.active, ctx);
            return self.delete_surplus(victims, ctx);
        }
        let wanted = self.wanted_active();
        let at_least = (self.counts.active - wanted).max(0);
        let view = ctx.caches.jobs[self.id].ledger.view();
        let misplaced =
            self.spec.is_indexed() && view.active_indexes.has_repeats_or_above(self.spec.completions.unwrap_or(0));
        if at_least > 0 || misplaced {
            let mut victims = self.active_pods_for_removal(at_least, ctx);
            victims.truncate(ctx.params.max_pods_per_sync as usize);
            return self.delete_surplus(victims, ctx);
        }
        let terminating = if only_replace_failed_pods(&self.spec) { self.counts.terminating } else { 0 };
        let missing = wanted - terminating - self.counts.active;
        if missing > 0 { self.create(missing, ctx) } else { self.judge_completion(ctx, true) }
    }

    /// How many Pods should be active.
    fn wanted_active(&self) -> i32 {
        match self.spec.completions {
            None if self.counts.succeeded > 0 => self.counts.active,
            None => self.spec.parallelism,
            Some(completions) => (completions - self.counts.succeeded).min(self.spec.parallelism).max(0),
        }
    }

    /// The Pods to delete: misplaced indexes first, then in the order of victims.
    #[doc(alias = "activePodsForRemoval")]
    fn active_pods_for_removal(&mut self, at_least: i32, ctx: &JobSyncContext) -> Vec<SyncPod> {
        let view = ctx.caches.jobs[self.id].ledger.view();
        let mut pods: Vec<SyncPod> = view.active.iter().map(|&id| SyncPod::of(id, ctx.caches)).collect();
        let mut victims = Vec::new();
        if self.spec.is_indexed() {
            pods.sort_unstable_by_key(|p| (p.pod.index, p.id));
            (victims, pods) = split_misplaced(pods, self.spec.completions.unwrap_or(0));
        } else {
            pods.sort_unstable_by_key(|p| p.id);
        }
        let more = (at_least as usize).saturating_sub(victims.len());
        if more > 0 {
            pods.sort_by_key(|p| victim_order(&p.pod));
            victims.extend(pods.into_iter().take(more));
        }
        victims
    }

    /// Deletes Pods, their finalizers first: without it a surplus Pod never counts as failed, and cannot use up the
    /// Job's backoffLimit.
    #[doc(alias = "deleteJobPods")]
    fn delete_surplus(&mut self, victims: Vec<SyncPod>, ctx: &mut JobSyncContext) -> SyncStep {
        let ready = victims.iter().filter(|v| v.pod.is_ready()).count() as i32;
        let deletions = Deletions { targets: victims.len() as i32, ready, refused: 0 };
        if deletions.targets == self.counts.active && !victims.is_empty() {
            // With no Pod left the Job may turn out complete, and then these too are tracked.
            self.include_active(ctx);
        }
        ctx.caches.entry(self.id).records.expectations.expect_deletions(victims.len(), ctx.now);
        if victims.is_empty() {
            return self.after_surplus_deletions(&deletions, ctx);
        }
        let call = |v: &SyncPod| if v.pod.finalizer { JobCall::PatchPod(v.id) } else { JobCall::DeletePod(v.id) };
        ctx.out.calls.extend(victims.iter().map(call));
        self.wait_for(victims.len(), JobSyncPhase::DeleteSurplus(deletions))
    }

    /// One of the two requests of a surplus Pod's deletion was answered.
    pub(super) fn surplus_answered(
        &mut self,
        deletions: &mut Deletions,
        call: JobCall,
        outcome: &JobCallOutcome,
        ctx: &mut JobSyncContext,
    ) {
        match (call, outcome) {
            (JobCall::PatchPod(pod), JobCallOutcome::Patched { .. }) => {
                ctx.out.calls.push(JobCall::DeletePod(pod));
                self.outstanding += 1;
            }
            (JobCall::DeletePod(pod), JobCallOutcome::Deleted) => {
                ctx.out.emissions.push(Emission::SuccessfulDelete(pod));
            }
            (call, failure) => {
                // No event will tell of a deletion that was not made: waiting for it would hold the Job up.
                ctx.caches.entry(self.id).records.expectations.deletion_observed();
                deletions.refused += i32::from(matches!(failure, JobCallOutcome::Refused));
                if let JobCall::PatchPod(pod) = call {
                    // The cache may have lost the Pod since; its last state is still there.
                    deletions.ready -= i32::from(ctx.caches.pods[pod].ready);
                }
            }
        }
    }

    /// The surplus Pods are deleted, or not.
    pub(super) fn after_surplus_deletions(&mut self, deletions: &Deletions, ctx: &mut JobSyncContext) -> SyncStep {
        self.count_deletions(deletions, ctx);
        self.judge_completion(ctx, true)
    }

    /// Creates missing Pods, unless a back-off has to be waited for.
    fn create(&mut self, missing: i32, ctx: &mut JobSyncContext) -> SyncStep {
        let per_index = self.spec.backoff_limit_per_index.is_some();
        let left = if per_index { SimDuration::ZERO } else { self.backoff.remaining(ctx.now, ctx.params) };
        if left.is_positive() {
            let failures = self.backoff.failures_after_last_success;
            let backoff = backoff_for(failures, ctx.params);
            return self.wait(left, BackoffWait { until: ctx.now + left, backoff, failures, index: None }, ctx);
        }
        let missing = missing.min(ctx.params.max_pods_per_sync) as usize;
        let mut pods = mem::take(&mut self.spare.new_pods);
        pods.clear();
        if self.spec.is_indexed() {
            if let Some((left, wait)) = self.choose_indexes(missing, &mut pods, ctx) {
                self.spare.new_pods = pods;
                return self.wait(left, wait, ctx);
            }
        } else {
            pods.resize(missing, NewPod { index: None, failures: 0, ignored: 0 });
        }
        // Race: the watch brings the new Pods only later. Until each has been seen (or refused) no sync creates others;
        // and as the first Pod can be seen before the last is asked for, all are expected before any call is made.
        ctx.caches.entry(self.id).records.expectations.expect_creations(pods.len(), ctx.now);
        self.counts.active += pods.len() as i32;
        let creations = Creations { pods, answered: 0, batch: 0, refused: 0 };
        self.issue_batch(creations, ctx.params.slow_start_initial_batch.max(1) as usize, ctx)
    }

    /// Adds Pods for the lowest pending indexes whose back-off is over; if there are none, returns the shortest wait.
    fn choose_indexes(
        &mut self,
        count: usize,
        pods: &mut Vec<NewPod>,
        ctx: &JobSyncContext,
    ) -> Option<(SimDuration, BackoffWait)> {
        let mut indexes = mem::take(&mut self.spare.indexes);
        indexes.clear();
        self.first_pending_indexes(count, ctx.caches.jobs[self.id].ledger.view(), &mut indexes);
        let per_index = self.spec.backoff_limit_per_index.is_some();
        let wait = if per_index { self.keep_ready_indexes(&mut indexes, ctx) } else { None };
        pods.extend(indexes.iter().map(|&ix| self.new_pod(ix, ctx)));
        self.spare.indexes = indexes;
        wait
    }

    /// Syncs again when the back-off is over.
    #[doc(alias = "enqueueSyncJobWithDelay")]
    fn wait(&mut self, left: SimDuration, wait: BackoffWait, ctx: &mut JobSyncContext) -> SyncStep {
        ctx.out.add_after.push(left.max(ctx.params.sync_batch_period));
        ctx.out.waits.push(wait);
        if ctx.params.rules.has(ReleaseRule::ReportsNoActivePodsInBackoff) {
            self.counts.active = 0;
        }
        self.judge_completion(ctx, true)
    }

    /// Keeps the indexes whose own back-off is over; if none is left, returns the shortest wait.
    #[doc(alias = "getPodCreationInfoForIndependentIndexes")]
    fn keep_ready_indexes(&self, indexes: &mut Vec<i32>, ctx: &JobSyncContext) -> Option<(SimDuration, BackoffWait)> {
        let left = |ix: i32| {
            self.delayed_pod(ix).map_or(SimDuration::ZERO, |p| remaining_backoff_per_index(ctx.now, &p.pod, ctx.params))
        };
        let shortest = indexes.iter().map(|&ix| (left(ix), ix)).min_by_key(|&(left, _)| left);
        indexes.retain(|&ix| !left(ix).is_positive());
        let (left, index) = shortest.filter(|_| indexes.is_empty())?;
        let failures = self.delayed_pod(index).map_or(0, |p| absolute_failure_count(&p.pod) + 1);
        let (until, backoff) = (ctx.now + left, backoff_for(failures, ctx.params));
        Some((left, BackoffWait { until, backoff, failures, index: Some(index) }))
    }

    /// Hands out the next creations.
    fn issue_batch(&mut self, mut creations: Creations, size: usize, ctx: &mut JobSyncContext) -> SyncStep {
        creations.batch = size.min(creations.pods.len() - creations.answered);
        creations.refused = 0;
        if creations.batch == 0 {
            self.spare.new_pods = creations.pods;
            return self.judge_completion(ctx, true);
        }
        let batch = &creations.pods[creations.answered..][..creations.batch];
        ctx.out.calls.extend(batch.iter().map(|&NewPod { index, failures, ignored }| JobCall::CreatePod {
            index,
            failures,
            ignored,
        }));
        self.wait_for(creations.batch, JobSyncPhase::Create(creations))
    }

    /// A Pod was created, or not.
    pub(super) fn creation_answered(
        &mut self,
        creations: &mut Creations,
        outcome: &JobCallOutcome,
        ctx: &mut JobSyncContext,
    ) {
        match *outcome {
            JobCallOutcome::Created { pod, .. } => ctx.out.emissions.push(Emission::SuccessfulCreate(pod)),
            JobCallOutcome::Forbidden(why) => {
                ctx.out.emissions.push(Emission::FailedCreate(why));
                // No event will tell of a Pod that was not created.
                ctx.caches.entry(self.id).records.expectations.creations_observed(1);
                self.counts.active -= 1;
                creations.refused += 1;
                self.manage_failed = true;
            }
            ref other => unreachable!("{other:?} is no answer to a creation"),
        }
    }

    /// A batch is answered: the next is twice as large. This slow start keeps a Job whose Pods are all refused for the
    /// same reason, such as a quota, from flooding the API server: after the first refusal the rest is not tried.
    #[doc(alias = "SlowStartInitialBatchSize")]
    pub(super) fn next_batch(&mut self, mut creations: Creations, ctx: &mut JobSyncContext) -> SyncStep {
        creations.answered += creations.batch;
        let skipped = creations.pods.len() - creations.answered;
        if creations.refused > 0 && skipped > 0 {
            ctx.caches.entry(self.id).records.expectations.creations_observed(skipped);
            self.counts.active -= skipped as i32;
            self.spare.new_pods = creations.pods;
            return self.judge_completion(ctx, true);
        }
        let size = 2 * creations.batch;
        self.issue_batch(creations, size, ctx)
    }
}

/// The order of victims: least worth keeping first.
#[doc(alias = "ActivePods")]
fn victim_order(pod: &Pod) -> impl Ord + use<> {
    let ready_since = match pod.ready {
        PodReady::True(since) => Reverse(since),
        _ => Reverse(WholeSecond::default()),
    };
    (
        pod.bound,
        pod.phase != PodPhase::Pending,
        pod.is_ready(),
        ready_since,
        Reverse(pod.restarts),
        Reverse(pod.created),
    )
}

/// Splits Pods, ordered by index, into those whose index is missing, out of range or taken by a better one, and the
/// rest.
#[doc(alias = "appendDuplicatedIndexPodsForRemoval")]
fn split_misplaced(pods: Vec<SyncPod>, completions: i32) -> (Vec<SyncPod>, Vec<SyncPod>) {
    let (mut misplaced, mut left) = (Vec::new(), Vec::with_capacity(pods.len()));
    for group in pods.chunk_by(|a, b| a.pod.index == b.pod.index) {
        if group[0].pod.index.is_none_or(|index| index.get() >= completions) {
            misplaced.extend_from_slice(group);
            continue;
        }
        let mut group = group.to_vec();
        group.sort_by_key(|p| victim_order(&p.pod));
        left.extend(group.pop());
        misplaced.append(&mut group);
    }
    (misplaced, left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SimTime;

    fn sec(seconds: i64) -> WholeSecond {
        WholeSecond::from(SimTime::ZERO + SimDuration::from_secs(seconds))
    }

    /// Source: ActivePods.Less of pkg/controller: the first difference decides.
    #[test]
    fn the_pod_that_has_done_least_is_deleted_first() {
        let running = Pod { bound: true, phase: PodPhase::Running, ..Pod::new(sec(10), None, 0, 0) };
        let ready = |since| Pod { ready: PodReady::True(sec(since)), ..running };
        let order = [
            Pod { bound: false, ..Pod::new(sec(1), None, 0, 0) },
            Pod { bound: true, ..Pod::new(sec(1), None, 0, 0) },
            running,
            ready(30),
            Pod { restarts: 3, ..ready(20) },
            Pod { restarts: 1, ..ready(20) },
            Pod { created: sec(12), ..ready(20) },
            ready(20),
        ];
        for pair in order.windows(2) {
            assert!(victim_order(&pair[0]) < victim_order(&pair[1]), "{pair:?}");
        }
    }
}
