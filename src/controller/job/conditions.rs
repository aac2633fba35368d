//! The conditions that a sync sets without an ending of its own: the Job turns out complete, or is suspended or
//! resumed. Endings by a limit or a policy are in [`super::ending`].

use super::call::Emission;
use super::sync::{JobSync, JobSyncContext};
use crate::api::{JobCondition, JobConditionType, JobMessage, JobReason};
use crate::controller::SyncStep;
use crate::release::ReleaseRule;
use crate::time::SimTime;

impl JobSync {
    pub(super) fn condition(t: JobConditionType, reason: JobReason, message: JobMessage, now: SimTime) -> JobCondition {
        JobCondition { condition_type: t, status: true, reason, message, last_transition_time: now }
    }

    /// After managing Pods, or without: the Job may be complete; otherwise its Suspended condition is updated.
    pub(super) fn judge_completion(&mut self, ctx: &mut JobSyncContext, managed: bool) -> SyncStep {
        let enough = match self.spec.completions {
            None => self.counts.succeeded > 0,
            Some(completions) => self.counts.succeeded >= completions,
        };
        if enough && self.counts.active == 0 {
            self.finished_condition = Some(Self::success_condition(ctx));
        } else if managed {
            self.keep_suspended_condition(ctx);
        }
        self.track(ctx)
    }

    #[doc(alias = "newSuccessCondition")]
    fn success_condition(ctx: &JobSyncContext) -> JobCondition {
        let rules = ctx.params.rules;
        let is_announced = rules.has(ReleaseRule::EndWaitsForTerminatingPods);
        let met = if is_announced { JobConditionType::SuccessCriteriaMet } else { JobConditionType::Complete };
        // The reason came with success policies, to tell one success from another.
        let (reason, message) = match is_announced && rules.has(ReleaseRule::KeepsSuccessPolicy) {
            true => (JobReason::CompletionsReached, JobMessage::CompletionsReached),
            false => (JobReason::Empty, JobMessage::Empty),
        };
        Self::condition(met, reason, message, ctx.now)
    }

    /// Sets the Suspended condition according to `spec.suspend`; resuming resets the start time.
    #[doc(alias = "ensureJobConditionStatus")]
    fn keep_suspended_condition(&mut self, ctx: &mut JobSyncContext) {
        let suspend = self.spec.suspend;
        let found = self.status.conditions.iter_mut().find(|c| c.condition_type == JobConditionType::Suspended);
        let (reason, message) = match suspend {
            true => (JobReason::JobSuspended, JobMessage::Suspended),
            false => (JobReason::JobResumed, JobMessage::Resumed),
        };
        let new = Self::condition(JobConditionType::Suspended, reason, message, ctx.now);
        match found {
            Some(c) if (c.status, c.reason, c.message) == (suspend, reason, message) => return,
            Some(c) => *c = JobCondition { status: suspend, ..new },
            None if suspend => self.status.conditions.push(new),
            // Never suspended, and not to be suspended.
            None => return,
        }
        self.suspend_changed = true;
        if !suspend {
            self.status.start_time = Some(ctx.now);
        } else if ctx.params.rules.has(ReleaseRule::ClearsStartTimeOnSuspension) {
            self.status.start_time = None;
        }
        ctx.out.emissions.push(if suspend { Emission::Suspended } else { Emission::Resumed });
    }
}
