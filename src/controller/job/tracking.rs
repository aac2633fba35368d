//! Accounting for finished Pods: first they are listed as uncounted in the status, then their finalizers are removed,
//! then they are added to the counters, and finally the Job ends. Endings are decided elsewhere.
//!
//! Race: a finished Pod can be deleted by anybody, and the controller can die at any moment; still each Pod must count
//! exactly once. The finalizer keeps the Pod until it is accounted for, and the status says how far that is:
//! 1. the Pod's UID is written into `status.uncountedTerminatedPods`; until then its finalizer must stay, or nothing
//!    would be left to count from;
//! 2. the finalizer is removed; should the controller die now, the next one finds the UID in the status, sees that the
//!    finalizer is gone, and counts the Pod;
//! 3. the UID leaves the list and the counter grows, in one write: so no Pod is in both, or in neither.

use super::call::{Emission, JobCall, JobCallOutcome};
use super::phase::{JobSyncPhase, Removals};
use super::pod_failure_policy::{is_pod_failed, match_pod_failure_policy};
use super::sync::{JobSync, JobSyncContext, SyncPod};
use crate::api::{CompletionIndex, JobCondition, JobConditionType, JobStatus, PodPhase};
use crate::controller::SyncStep;
use crate::release::ReleaseRule;
use std::mem;

impl JobSync {
    /// Sets the status, enters the finished Pods, and begins to write.
    #[doc(alias = "trackJobStatusAndRemoveFinalizers")]
    pub(super) fn track(&mut self, ctx: &mut JobSyncContext) -> SyncStep {
        let (status, counts) = (&mut self.status, self.counts);
        let new = (counts.active, Some(counts.ready), Some(counts.terminating));
        self.needs_write |= self.suspend_changed || new != (status.active, status.ready, status.terminating);
        (status.active, status.ready, status.terminating) = new;
        let removals = self.enter_finished_pods(ctx);
        self.enter_interim_condition(ctx);
        if self.needs_write {
            self.write(JobSyncPhase::WriteUncounted(removals), ctx)
        } else {
            self.remove_finalizers(removals, ctx)
        }
    }

    /// Enters finished Pods and their indexes into the status until it holds as many as it may: the object would grow
    /// too large, and one Job's sync would hold up all others.
    fn enter_finished_pods(&mut self, ctx: &JobSyncContext) -> Removals {
        let (mut pods, removed) = (mem::take(&mut self.spare.to_remove), mem::take(&mut self.spare.removed));
        pods.clear();
        let mut removals = Removals { pods, removed, refused: 0, reached_max: false };
        removals.removed.clear();
        let mut newly_succeeded = mem::take(&mut self.spare.indexes);
        newly_succeeded.clear();
        for n in 0..self.pods.len() {
            let p = self.pods[n];
            if p.removal_expected || !self.can_remove_finalizer(&p) {
                continue;
            }
            removals.pods.push(p.id);
            self.enter(&p, &mut newly_succeeded, ctx);
            let uncounted = &self.status.uncounted;
            let entered = newly_succeeded.len() + uncounted.succeeded.len() + uncounted.failed.len();
            if entered >= ctx.params.max_uncounted_pods {
                removals.reached_max = true;
                break;
            }
        }
        if self.spec.is_indexed() {
            self.enter_indexes(&newly_succeeded);
        }
        self.spare.indexes = newly_succeeded;
        removals
    }

    /// Whether a Pod's finalizer may go: the Job ends, or the Pod has succeeded, or it has failed and is not kept until
    /// its replacement exists.
    #[doc(alias = "canRemoveFinalizer")]
    fn can_remove_finalizer(&self, p: &SyncPod) -> bool {
        if self.deleting || self.finished_condition.is_some() || p.pod.phase == PodPhase::Succeeded {
            return true;
        }
        is_pod_failed(&p.pod, &self.spec)
            && p.pod.index.and_then(|ix| self.delayed_pod(ix.get())).is_none_or(|d| d.id != p.id)
    }

    /// Enters one Pod as succeeded or failed, unless it is entered already. Where the Job is Indexed, a success is an
    /// index, and needs no UID: the index is counted once however often it is entered.
    fn enter(&mut self, p: &SyncPod, newly_succeeded: &mut Vec<i32>, ctx: &JobSyncContext) {
        let (valid, (succeeded, failed)) = (self.has_valid_index(&p.pod), self.uncounted_before);
        let uncounted = &mut self.status.uncounted;
        let is_failed_already = uncounted.failed[..failed].contains(&p.id);
        let ends_in_failure =
            self.finished_condition.is_some_and(|c| c.condition_type != JobConditionType::SuccessCriteriaMet);
        if p.pod.phase == PodPhase::Succeeded && !is_failed_already {
            if self.spec.is_indexed() {
                let index = p.pod.index.map(CompletionIndex::get).filter(|_| valid);
                if let Some(index) = index.filter(|&index| !self.indexes.previously_succeeded.has(index)) {
                    newly_succeeded.push(index);
                    self.needs_write = true;
                }
            } else if !uncounted.succeeded[..succeeded].contains(&p.id) {
                uncounted.succeeded.push(p.id);
                self.needs_write = true;
            }
        } else if (ends_in_failure || is_pod_failed(&p.pod, &self.spec))
            && !is_failed_already
            && valid
            && match_pod_failure_policy(&self.spec, &p.pod, ctx.codes).counts()
        {
            uncounted.failed.push(p.id);
            self.needs_write = true;
        }
    }

    /// Enters the succeeded and failed indexes.
    fn enter_indexes(&mut self, newly_succeeded: &[i32]) {
        let (indexes, status) = (&mut self.indexes, &mut self.status);
        indexes.succeeded = indexes.succeeded.with_ordered_indexes(newly_succeeded);
        self.needs_write |= status.completed_indexes != indexes.succeeded;
        status.completed_indexes.clone_from(&indexes.succeeded);
        status.succeeded = indexes.succeeded.total() as i32;
        self.needs_write |= status.failed_indexes != indexes.failed;
        status.failed_indexes.clone_from(&indexes.failed);
    }

    /// Enters FailureTarget or SuccessCriteriaMet, and prepares the final condition, which waits until no Pod runs.
    fn enter_interim_condition(&mut self, ctx: &JobSyncContext) {
        use JobConditionType::{Complete, Custom, Failed, FailureTarget, SuccessCriteriaMet, Suspended};
        let Some(found) = self.finished_condition else { return };
        let last = match found.condition_type {
            FailureTarget => Failed,
            SuccessCriteriaMet => Complete,
            // An earlier sync entered FailureTarget, so this one found the final condition at once; or the release
            // announces no end.
            Failed | Complete => return,
            Suspended | Custom => unreachable!("no sync ends a Job by {:?}", found.condition_type),
        };
        if !self.status.is_true(found.condition_type) {
            self.status.conditions.push(found);
            self.needs_write = true;
        }
        let finished = JobCondition { condition_type: last, last_transition_time: ctx.now, ..found };
        self.finished_condition = Some(finished);
    }

    fn write(&mut self, phase: JobSyncPhase, ctx: &mut JobSyncContext) -> SyncStep {
        ctx.out.calls.push(JobCall::UpdateStatus);
        self.wait_for(1, phase)
    }

    /// The status with the uncounted Pods is written, or not. Only now do their failures enter the back-off record: had
    /// the write failed, the next sync would find the same Pods new and count them again.
    pub(super) fn uncounted_written(
        &mut self,
        removals: Removals,
        outcome: &JobCallOutcome,
        ctx: &mut JobSyncContext,
    ) -> SyncStep {
        let JobCallOutcome::Updated { status, version } = outcome else { return SyncStep::FAILED };
        self.status = JobStatus::clone(status);
        self.version = *version;
        self.needs_write = false;
        ctx.caches.entry(self.id).records.backoff = self.backoff;
        self.remove_finalizers(removals, ctx)
    }

    /// Removes the finalizers of the Pods that are in the status now. That each is gone is expected before it is asked
    /// for, so that a sync that meets a Pod in an old state does not count it again.
    #[doc(alias = "removeTrackingFinalizerFromPods")]
    fn remove_finalizers(&mut self, removals: Removals, ctx: &mut JobSyncContext) -> SyncStep {
        for &pod in &removals.pods {
            ctx.caches.pods[pod].removal_expected = true;
            ctx.out.calls.push(JobCall::PatchPod(pod));
        }
        match removals.pods.len() {
            0 => self.after_removals(removals, ctx),
            calls => self.wait_for(calls, JobSyncPhase::RemoveFinalizers(removals)),
        }
    }

    /// A finalizer was removed, or not. A Pod that does not exist any more has none either.
    pub(super) fn removal_answered(
        &mut self,
        removals: &mut Removals,
        call: JobCall,
        outcome: &JobCallOutcome,
        ctx: &mut JobSyncContext,
    ) {
        let JobCall::PatchPod(pod) = call else { unreachable!("{call:?} while finalizers are removed") };
        if !matches!(outcome, JobCallOutcome::Patched { .. }) {
            // No Pod event will tell of a removal.
            ctx.caches.pods[pod].removal_expected = false;
        }
        match outcome {
            JobCallOutcome::Refused => removals.refused += 1,
            _ => removals.removed.push(pod),
        }
    }

    /// All finalizers are off: the Pods are counted, and the Job may be over.
    pub(super) fn after_removals(&mut self, mut removals: Removals, ctx: &mut JobSyncContext) -> SyncStep {
        removals.removed.sort_unstable();
        self.needs_write |= self.clean_uncounted(|id| removals.removed.binary_search(&id).is_err());
        let Removals { pods, removed, refused, reached_max } = removals;
        (self.spare.to_remove, self.spare.removed) = (pods, removed);
        if refused > 0 {
            return if self.needs_write { self.write(JobSyncPhase::WritePartial, ctx) } else { SyncStep::FAILED };
        }
        let finished = if reached_max { None } else { self.enact_job_finished(ctx) };
        if finished.is_some() || self.needs_write {
            self.write(JobSyncPhase::WriteCounters(finished), ctx)
        } else {
            self.end()
        }
    }

    /// Enters Complete or Failed and gives it, unless Pods are uncounted or still terminating: once the Job is finished
    /// no sync looks at it again, so nothing may be left to do.
    #[doc(alias = "enactJobFinished")]
    fn enact_job_finished(&mut self, ctx: &JobSyncContext) -> Option<JobCondition> {
        let finished = self.finished_condition?;
        let uncounted = &self.status.uncounted;
        let waits = ctx.params.rules.has(ReleaseRule::EndWaitsForTerminatingPods) && self.counts.terminating > 0;
        if !uncounted.succeeded.is_empty() || !uncounted.failed.is_empty() || waits {
            return None;
        }
        let entered = JobCondition { last_transition_time: ctx.now, ..finished };
        // Somebody else may have written that the Job has not ended.
        match self.status.conditions.iter_mut().find(|c| c.condition_type == entered.condition_type) {
            Some(known) => *known = entered,
            None => self.status.conditions.push(entered),
        }
        if finished.condition_type == JobConditionType::Complete {
            self.status.completion_time = Some(finished.last_transition_time);
        }
        Some(finished)
    }

    /// The status with the counters is written, or not.
    pub(super) fn counters_written(
        &mut self,
        finished: Option<JobCondition>,
        outcome: &JobCallOutcome,
        ctx: &mut JobSyncContext,
    ) -> SyncStep {
        if !matches!(outcome, JobCallOutcome::Updated { .. }) {
            return SyncStep::FAILED;
        }
        if let Some(finished) = finished {
            self.record_job_finished(finished, ctx);
        }
        self.end()
    }

    /// Emits how the Job ended.
    #[doc(alias = "recordJobFinished")]
    fn record_job_finished(&mut self, finished: JobCondition, ctx: &mut JobSyncContext) {
        let is_remembered = ctx.params.rules.has(ReleaseRule::RemembersWrittenEnd);
        ctx.caches.entry(self.id).records.finish_written = is_remembered;
        if finished.condition_type == JobConditionType::Failed {
            ctx.out.emissions.push(Emission::Failed(finished.reason, finished.message));
            return;
        }
        if self.spec.completions.is_some_and(|completions| self.status.succeeded > completions) {
            ctx.out.emissions.push(Emission::TooManySucceededPods);
        }
        ctx.out.emissions.push(Emission::Completed);
    }

    /// The sync is over. If Pods could not be created or deleted, that is an error even though the status is written.
    fn end(&self) -> SyncStep {
        if self.manage_failed { SyncStep::FAILED } else { SyncStep::SUCCEEDED }
    }
}
