//! Whether and why a Job ends, and the deletion of its active Pods then. The final conditions are written by
//! [`super::tracking`].

use super::call::{Emission, JobCall, JobCallOutcome};
use super::phase::{Deletions, JobSyncPhase};
use super::pod_failure_policy::match_pod_failure_policy;
use super::success_policy::match_success_policy;
use super::sync::{JobSync, JobSyncContext};
use crate::api::{JobCondition, JobConditionType, JobMessage, JobReason, RestartPolicy};
use crate::controller::SyncStep;
use crate::release::ReleaseRule;
use crate::time::SimDuration;

impl JobSync {
    /// Finds the ending: the first one that applies, in the controller's order.
    pub(super) fn evaluate_ending(&mut self, ctx: &mut JobSyncContext) {
        use JobConditionType::{Failed, FailureTarget, SuccessCriteriaMet};
        let now = ctx.now;
        self.finished_condition = match self.status.condition(SuccessCriteriaMet) {
            Some(met) if met.status => Some(*met),
            _ => match self.status.condition(FailureTarget) {
                Some(target) if target.status => {
                    Some(JobCondition { condition_type: Failed, last_transition_time: now, ..*target })
                }
                _ => self.fail_job(ctx),
            },
        };
        if self.finished_condition.is_none() {
            self.evaluate_limits(ctx);
        }
        if self.spec.is_indexed() {
            self.evaluate_indexes(ctx);
        }
    }

    /// The ending by a FailJob rule, for the first Pod that meets one.
    #[doc(alias = "getFailJobMessage")]
    fn fail_job(&self, ctx: &JobSyncContext) -> Option<JobCondition> {
        let pod = *ctx.caches.jobs[self.id].ledger.view().fail_job.iter().min()?;
        let matched = match_pod_failure_policy(&self.spec, ctx.caches.object(pod), ctx.codes);
        let message = matched.fail_job_message(pod)?;
        Some(Self::condition(JobConditionType::FailureTarget, JobReason::PodFailurePolicy, message, ctx.now))
    }

    #[doc(alias = "newFailureCondition")]
    fn fail(&mut self, reason: JobReason, message: JobMessage, ctx: &JobSyncContext) {
        let condition = match ctx.params.rules.has(ReleaseRule::EndWaitsForTerminatingPods) {
            true => JobConditionType::FailureTarget,
            false => JobConditionType::Failed,
        };
        self.finished_condition = Some(Self::condition(condition, reason, message, ctx.now));
    }

    /// backoffLimit and activeDeadlineSeconds; asks for a wake-up at the deadline.
    fn evaluate_limits(&mut self, ctx: &mut JobSyncContext) {
        if self.counts.failed > self.spec.backoff_limit || self.is_past_backoff_limit_on_failure(ctx) {
            return self.fail(JobReason::BackoffLimitExceeded, JobMessage::BackoffLimitExceeded, ctx);
        }
        let Some(seconds) = self.spec.active_deadline_seconds.filter(|_| !self.spec.suspend) else { return };
        // Not suspended: the sync has set the start time if it was missing.
        let start = self.status.start_time.unwrap_or(ctx.now);
        let left = SimDuration::from_secs(seconds) - (ctx.now - start);
        if left <= SimDuration::ZERO {
            self.fail(JobReason::DeadlineExceeded, JobMessage::DeadlineExceeded, ctx);
        } else {
            ctx.out.add_after.push(left);
        }
    }

    #[doc(alias = "pastBackoffLimitOnFailure")]
    fn is_past_backoff_limit_on_failure(&self, ctx: &JobSyncContext) -> bool {
        let restarts = ctx.caches.jobs[self.id].ledger.view().restarts;
        self.spec.template.restart_policy == RestartPolicy::OnFailure
            && restarts >= i64::from(self.spec.backoff_limit).max(1)
    }

    /// maxFailedIndexes, failed indexes and success policy.
    fn evaluate_indexes(&mut self, ctx: &JobSyncContext) {
        self.calculate_indexes(ctx);
        let completions = self.spec.completions.unwrap_or(0);
        if let (None, Some(failed)) = (&self.finished_condition, &self.indexes.failed) {
            let (failed, succeeded) = (failed.total(), self.indexes.succeeded.total());
            if self.spec.max_failed_indexes.is_some_and(|max| failed > i64::from(max)) {
                let (reason, message) = (JobReason::MaxFailedIndexesExceeded, JobMessage::MaxFailedIndexesExceeded);
                self.fail(reason, message, ctx);
            } else if failed > 0 && failed + succeeded >= i64::from(completions) {
                self.fail(JobReason::FailedIndexes, JobMessage::FailedIndexes, ctx);
            }
        }
        self.find_delayed(ctx);
        if let (None, Some(policy)) = (&self.finished_condition, &self.spec.success_policy) {
            self.finished_condition = match_success_policy(policy, completions, &self.indexes.succeeded).map(|rule| {
                let message = JobMessage::SuccessPolicyRule { rule };
                Self::condition(JobConditionType::SuccessCriteriaMet, JobReason::SuccessPolicy, message, ctx.now)
            });
        }
    }

    /// Deletes every active Pod. Their finalizers stay, unlike those of surplus Pods: a Pod that is deleted because its
    /// Job ends is accounted for like one that has finished.
    #[doc(alias = "deleteActivePods")]
    pub(super) fn delete_active(&mut self, ctx: &mut JobSyncContext) -> SyncStep {
        let view = ctx.caches.jobs[self.id].ledger.view();
        let deletions = Deletions { targets: self.counts.active, ready: view.ready, refused: 0 };
        if view.active.is_empty() {
            return self.after_active_deletions(&deletions, ctx);
        }
        ctx.out.calls.extend(view.active.iter().map(|&id| JobCall::DeletePod(id)));
        self.wait_for(view.active.len(), JobSyncPhase::DeleteActive(deletions))
    }

    /// A Pod of an ending Job was deleted, or not. One that is gone already is as good as deleted.
    pub(super) fn active_deleted(
        &mut self,
        deletions: &mut Deletions,
        call: JobCall,
        outcome: &JobCallOutcome,
        ctx: &mut JobSyncContext,
    ) {
        match (call, outcome) {
            (JobCall::DeletePod(pod), JobCallOutcome::Deleted) => {
                ctx.out.emissions.push(Emission::SuccessfulDelete(pod));
            }
            (_, JobCallOutcome::Refused) => deletions.refused += 1,
            _ => {}
        }
    }

    /// The active Pods of an ending Job are deleted, or not.
    pub(super) fn after_active_deletions(&mut self, deletions: &Deletions, ctx: &mut JobSyncContext) -> SyncStep {
        self.count_deletions(deletions, ctx);
        if deletions.refused > 0 || !self.expectations_met {
            // Race: finalizers may remain on Pods that could not be deleted, or on Pods that the cache does not show
            // yet. If the Job were declared finished now, no sync would ever remove them. The end waits.
            self.finished_condition = None;
        }
        self.track(ctx)
    }

    /// Pods that were deleted count as terminating at once, though the cache will show it only later.
    pub(super) fn count_deletions(&mut self, deletions: &Deletions, ctx: &JobSyncContext) {
        let deleted = deletions.targets - deletions.refused;
        self.counts.active -= deleted;
        if ctx.params.rules.has(ReleaseRule::CountsItsOwnDeletions) {
            self.counts.terminating += deleted;
            self.counts.ready -= deletions.ready;
        }
        self.manage_failed = deletions.refused > 0;
    }
}
