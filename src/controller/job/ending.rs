//! Whether and why a Job ends, and the deletion of its active Pods then. The final conditions are written by
//! [`super::tracking`].

use super::call::{Call, Emission, Outcome};
use super::pod_failure_policy::match_pod_failure_policy;
use super::success_policy::match_success_policy;
use super::sync::{Begun, Context, Phase, Sync};
use crate::api::{JobCondition, JobConditionType, JobMessage, JobReason, RestartPolicy};
use crate::time::SimDuration;

impl Sync {
    /// Finds the ending: the first that applies, in the order of the controller.
    pub(super) fn evaluate_ending(&mut self, ctx: &mut Context) {
        use JobConditionType::{Failed, FailureTarget, SuccessCriteriaMet};
        let now = ctx.now;
        self.finished = match self.status.condition(SuccessCriteriaMet) {
            Some(met) if met.status => Some(*met),
            _ => match self.status.condition(FailureTarget) {
                Some(target) if target.status => {
                    Some(JobCondition { condition_type: Failed, last_transition_time: now, ..*target })
                }
                _ => self.fail_job(ctx),
            },
        };
        if self.finished.is_none() {
            self.evaluate_limits(ctx);
        }
        if self.spec.is_indexed() {
            self.evaluate_indexes(ctx);
        }
    }

    /// The ending by a FailJob rule, for the first Pod that meets one.
    #[doc(alias = "getFailJobMessage")]
    fn fail_job(&self, ctx: &Context) -> Option<JobCondition> {
        let pod = *ctx.caches.jobs[self.id].ledger.view().fail_job.iter().min()?;
        let matched = match_pod_failure_policy(&self.spec, &ctx.caches.pods[pod].pod, ctx.codes);
        let message = matched.fail_job_message(pod)?;
        Some(Self::condition(JobConditionType::FailureTarget, JobReason::PodFailurePolicy, message, ctx.now))
    }

    fn fail(&mut self, reason: JobReason, message: JobMessage, ctx: &Context) {
        self.finished = Some(Self::condition(JobConditionType::FailureTarget, reason, message, ctx.now));
    }

    /// backoffLimit and activeDeadlineSeconds; asks for a wake-up at the deadline.
    fn evaluate_limits(&mut self, ctx: &mut Context) {
        if self.failed > self.spec.backoff_limit || self.is_past_backoff_limit_on_failure(ctx) {
            return self.fail(JobReason::BackoffLimitExceeded, JobMessage::BackoffLimitExceeded, ctx);
        }
        let Some(seconds) = self.spec.active_deadline_seconds.filter(|_| !self.spec.suspend) else { return };
        // Not suspended: the sync has set the start time if it was not there.
        let start = self.status.start_time.unwrap_or(ctx.now);
        let left = SimDuration::from_secs(seconds) - (ctx.now - start);
        if left <= SimDuration::ZERO {
            self.fail(JobReason::DeadlineExceeded, JobMessage::DeadlineExceeded, ctx);
        } else {
            ctx.out.add_after.push(left);
        }
    }

    #[doc(alias = "pastBackoffLimitOnFailure")]
    fn is_past_backoff_limit_on_failure(&self, ctx: &Context) -> bool {
        let restarts = ctx.caches.jobs[self.id].ledger.view().restarts;
        self.spec.template.restart_policy == RestartPolicy::OnFailure
            && restarts >= i64::from(self.spec.backoff_limit).max(1)
    }

    /// maxFailedIndexes, failed indexes and success policy.
    fn evaluate_indexes(&mut self, ctx: &Context) {
        self.calculate_indexes(ctx);
        let completions = self.spec.completions.unwrap_or(0);
        if let (None, Some(failed)) = (&self.finished, &self.failed_indexes) {
            let (failed, succeeded) = (failed.total(), self.succeeded_indexes.total());
            if self.spec.max_failed_indexes.is_some_and(|max| failed > i64::from(max)) {
                let (reason, message) = (JobReason::MaxFailedIndexesExceeded, JobMessage::MaxFailedIndexesExceeded);
                self.fail(reason, message, ctx);
            } else if failed > 0 && failed + succeeded >= i64::from(completions) {
                self.fail(JobReason::FailedIndexes, JobMessage::FailedIndexes, ctx);
            }
        }
        self.find_delayed(ctx);
        if let (None, Some(policy)) = (&self.finished, &self.spec.success_policy) {
            self.finished = match_success_policy(policy, completions, &self.succeeded_indexes).map(|rule| {
                let message = JobMessage::SuccessPolicyRule { rule };
                Self::condition(JobConditionType::SuccessCriteriaMet, JobReason::SuccessPolicy, message, ctx.now)
            });
        }
    }

    /// Deletes every active Pod, finalizers kept.
    #[doc(alias = "deleteActivePods")]
    pub(super) fn delete_active(&mut self, ctx: &mut Context) -> Begun {
        let view = ctx.caches.jobs[self.id].ledger.view();
        (self.phase, self.targets, self.targets_ready) = (Phase::Ending, self.active, view.ready);
        ctx.out.calls.extend(view.active.iter().map(|&id| Call::DeletePod(id)));
        self.outstanding = view.active.len();
        if self.outstanding > 0 { Begun::Waiting } else { self.after_deletions(ctx) }
    }

    /// A Pod of an ending Job was deleted, or not.
    pub(super) fn deleted(&mut self, call: Call, outcome: &Outcome, ctx: &mut Context) {
        match (call, outcome) {
            (Call::DeletePod(pod), Outcome::Deleted) => ctx.out.emissions.push(Emission::SuccessfulDelete(pod)),
            (_, Outcome::Refused) => self.refused += 1,
            _ => {}
        }
    }

    /// All deletions of the phase are answered.
    pub(super) fn after_deletions(&mut self, ctx: &mut Context) -> Begun {
        let deleted = self.targets - self.refused;
        self.active -= deleted;
        self.terminating += deleted;
        self.ready -= self.targets_ready;
        self.manage_failed = self.refused > 0;
        if self.phase == Phase::Deleting {
            return self.judge_completion(ctx, true);
        }
        if self.refused > 0 || !self.satisfied {
            // Finalizers may remain, or Pods that the cache has not seen: the end waits.
            self.finished = None;
        }
        self.track(ctx)
    }
}
