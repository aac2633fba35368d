//! Accounting for finished Pods: into the status as uncounted, finalizers off, into the counters, and at last the end
//! of the Job. It decides no ending.

use super::call::{Call, Emission, Outcome};
use super::pod_failure_policy::{is_pod_failed, match_pod_failure_policy};
use super::sync::{Begun, Context, Phase, Seen, Sync};
use crate::api::{JobCondition, JobConditionType, PodPhase};

impl Sync {
    /// Sets the status, enters the finished Pods, and begins to write.
    #[doc(alias = "trackJobStatusAndRemoveFinalizers")]
    pub(super) fn track(&mut self, ctx: &mut Context) -> Begun {
        let status = &mut self.status;
        let new = (self.active, Some(self.ready), Some(self.terminating));
        self.needs_write |= self.suspend_changed || new != (status.active, status.ready, status.terminating);
        (status.active, status.ready, status.terminating) = new;
        self.enter_finished_pods(ctx);
        if self.spec.is_indexed() {
            self.enter_indexes();
        }
        self.enter_interim_condition(ctx);
        if self.needs_write { self.write(Phase::FirstWrite, ctx) } else { self.remove_finalizers(ctx) }
    }

    /// Enters finished Pods into the status until it holds as many as it may.
    fn enter_finished_pods(&mut self, ctx: &Context) {
        self.scratch.clear();
        for n in 0..self.pods.len() {
            let p = self.pods[n];
            if p.removal_expected || !self.can_remove_finalizer(&p) {
                continue;
            }
            self.to_remove.push(p.id);
            self.enter(&p, ctx);
            let uncounted = &self.status.uncounted;
            if self.scratch.len() + uncounted.succeeded.len() + uncounted.failed.len() >= ctx.params.max_uncounted_pods
            {
                self.reached_max = true;
                break;
            }
        }
    }

    /// Whether a Pod's finalizer may go: the Job ends, or the Pod has succeeded, or it has failed and is not kept until
    /// its replacement exists.
    #[doc(alias = "canRemoveFinalizer")]
    fn can_remove_finalizer(&self, p: &Seen) -> bool {
        if self.deleting || self.finished.is_some() || p.pod.phase == PodPhase::Succeeded {
            return true;
        }
        is_pod_failed(&p.pod, &self.spec) && self.delayed_pod(p.pod.index).is_none_or(|d| d.id != p.id)
    }

    /// Enters one Pod as succeeded or failed.
    fn enter(&mut self, p: &Seen, ctx: &Context) {
        let (valid, (succeeded, failed)) = (self.has_valid_index(&p.pod), self.uncounted_before);
        let uncounted = &mut self.status.uncounted;
        let is_failed_already = uncounted.failed[..failed].contains(&p.id);
        let ends_in_failure = self.finished.is_some_and(|c| c.condition_type != JobConditionType::SuccessCriteriaMet);
        if p.pod.phase == PodPhase::Succeeded && !is_failed_already {
            if self.spec.is_indexed() {
                if valid && !self.previously_succeeded.has(p.pod.index) {
                    self.scratch.push(p.pod.index);
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
    fn enter_indexes(&mut self) {
        self.succeeded_indexes = self.succeeded_indexes.with_ordered_indexes(&self.scratch);
        self.needs_write |= self.status.completed_indexes != self.succeeded_indexes;
        self.status.completed_indexes.clone_from(&self.succeeded_indexes);
        self.status.succeeded = self.succeeded_indexes.total() as i32;
        self.needs_write |= self.status.failed_indexes != self.failed_indexes;
        self.status.failed_indexes.clone_from(&self.failed_indexes);
    }

    /// Enters FailureTarget or SuccessCriteriaMet, and prepares the final condition.
    fn enter_interim_condition(&mut self, ctx: &Context) {
        use JobConditionType::{Complete, Failed, FailureTarget, SuccessCriteriaMet};
        let Some(found) = self.finished else { return };
        let last = match found.condition_type {
            FailureTarget => Failed,
            SuccessCriteriaMet => Complete,
            _ => return,
        };
        if !self.status.is_true(found.condition_type) {
            self.status.conditions.push(found);
            self.needs_write = true;
        }
        self.finished = Some(JobCondition { condition_type: last, last_transition_time: ctx.now, ..found });
    }

    fn write(&mut self, phase: Phase, ctx: &mut Context) -> Begun {
        (self.phase, self.outstanding) = (phase, 1);
        ctx.out.calls.push(Call::UpdateStatus);
        Begun::Waiting
    }

    /// A status write was answered.
    pub(super) fn written(&mut self, outcome: &Outcome, ctx: &mut Context) -> Begun {
        let Outcome::Updated { status, version } = outcome else { return Begun::Failed };
        match self.phase {
            Phase::FirstWrite => {
                self.status.clone_from(status);
                self.version = *version;
                self.needs_write = false;
                ctx.caches.entry(self.id).records.backoff = self.backoff;
                self.remove_finalizers(ctx)
            }
            Phase::PartialWrite => Begun::Failed,
            _ => {
                if self.job_finished {
                    self.record_job_finished(ctx);
                }
                self.done()
            }
        }
    }

    fn done(&self) -> Begun {
        if self.manage_failed { Begun::Failed } else { Begun::Done }
    }

    /// Removes the finalizers of the Pods that are in the status now.
    #[doc(alias = "removeTrackingFinalizerFromPods")]
    fn remove_finalizers(&mut self, ctx: &mut Context) -> Begun {
        (self.phase, self.refused) = (Phase::Removing, 0);
        for &pod in &self.to_remove {
            ctx.caches.pods[pod].removal_expected = true;
            ctx.out.calls.push(Call::PatchPod(pod));
        }
        self.outstanding = self.to_remove.len();
        if self.outstanding > 0 { Begun::Waiting } else { self.after_removals(ctx) }
    }

    /// A finalizer was removed, or not.
    pub(super) fn finalizer_removed(&mut self, call: Call, outcome: &Outcome, ctx: &mut Context) {
        let Call::PatchPod(pod) = call else { return };
        if !matches!(outcome, Outcome::Patched { .. }) {
            // No Pod event will tell of a removal.
            ctx.caches.pods[pod].removal_expected = false;
        }
        match outcome {
            Outcome::Refused => self.refused += 1,
            _ => self.removed.push(pod),
        }
    }

    /// All finalizers are off: the Pods are counted, and the Job may be over.
    pub(super) fn after_removals(&mut self, ctx: &mut Context) -> Begun {
        let mut removed = std::mem::take(&mut self.removed);
        removed.sort_unstable();
        self.needs_write |= self.clean_uncounted(|id| removed.binary_search(&id).is_err());
        self.removed = removed;
        if self.refused > 0 {
            return if self.needs_write { self.write(Phase::PartialWrite, ctx) } else { Begun::Failed };
        }
        self.job_finished = !self.reached_max && self.enact_job_finished(ctx);
        if self.job_finished || self.needs_write { self.write(Phase::SecondWrite, ctx) } else { self.done() }
    }

    /// Enters Complete or Failed, unless Pods are uncounted or still terminating.
    #[doc(alias = "enactJobFinished")]
    fn enact_job_finished(&mut self, ctx: &Context) -> bool {
        let Some(finished) = self.finished else { return false };
        let uncounted = &self.status.uncounted;
        if !uncounted.succeeded.is_empty() || !uncounted.failed.is_empty() || self.terminating > 0 {
            return false;
        }
        self.status.conditions.push(JobCondition { last_transition_time: ctx.now, ..finished });
        if finished.condition_type == JobConditionType::Complete {
            self.status.completion_time = Some(finished.last_transition_time);
        }
        true
    }

    /// Emits how the Job ended.
    #[doc(alias = "recordJobFinished")]
    fn record_job_finished(&mut self, ctx: &mut Context) {
        let Some(finished) = self.finished else { return };
        ctx.caches.entry(self.id).records.finish_written = true;
        if finished.condition_type == JobConditionType::Failed {
            ctx.out.emissions.push(Emission::Failed(finished.reason, finished.message));
            return;
        }
        if self.spec.completions.is_some_and(|completions| self.status.succeeded > completions) {
            ctx.out.emissions.push(Emission::TooManySucceededPods);
        }
        ctx.out.emissions.push(Emission::Completed);
    }
}
