//! One sync of one Job, sans I/O: begun with the caches and *now*, resumed with each answer. It never waits, and it
//! changes nothing but the controller's own memory.
//!
//! Invariant: `outstanding` calls have been given out and not been answered; at 0 the next phase begins.

use super::backoff::{BackoffRecord, finished_time};
use super::cache::{CachedPod, Caches};
use super::call::{Call, Emission, Outbox, Outcome};
use super::pod_failure_policy::{is_pod_failed, match_pod_failure_policy};
use crate::api::{
    ExitCodeTable, Intervals, JobCondition, JobConditionType, JobMessage, JobReason, JobSpec, JobStatus, Pod, PodPhase,
};
use crate::id::{JobId, PodId};
use crate::release::JobControllerParams;
use crate::time::{SimTime, WholeSecond};
use std::sync::Arc;

/// What a step of a sync may see and touch.
#[derive(Debug)]
pub struct Context<'a> {
    /// The watch caches and the controller's memory.
    pub caches: &'a mut Caches,
    /// What Pods' exit codes stand for.
    pub codes: &'a ExitCodeTable,
    /// The controller's constants.
    pub params: &'a JobControllerParams,
    /// The instant of the step.
    pub now: SimTime,
    /// Takes what the step gives out.
    pub out: &'a mut Outbox,
}

/// How a step of a sync ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Calls are out; the sync goes on with their outcomes.
    Waiting,
    /// The sync is over without an error.
    Done,
    /// The sync is over with an error: its key is added again after the requeue back-off.
    Failed,
}

/// Why a sync deletes Pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonToDelete {
    /// The Job ends.
    JobEnds,
    /// The Job is suspended.
    Suspended,
    /// More Pods are active than wanted.
    TooMany,
}

/// Where a sync stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Active Pods are being deleted because the Job ends.
    Ending,
    /// Surplus Pods are being deleted.
    Deleting,
    /// A batch of Pods is being created.
    Creating,
    /// The status with the uncounted Pods is being written.
    FirstWrite,
    /// Finalizers are being removed.
    Removing,
    /// The status is being written after a failed removal.
    PartialWrite,
    /// The status with the counters, and perhaps the end, is being written.
    SecondWrite,
}

/// A Pod as it was when the sync began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub id: PodId,
    pub pod: Pod,
    /// Its finalizer was removed by an earlier sync, which the cache has not seen.
    pub removal_expected: bool,
}

impl Seen {
    pub(super) fn of(id: PodId, cached: &CachedPod) -> Self {
        Seen { id, pod: cached.pod, removal_expected: cached.removal_expected }
    }
}

/// A Pod to be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Creation {
    pub index: i32,
    pub failures: i32,
    pub ignored: i32,
}

/// A sync; the value is used again for the next one, so that its buffers are.
#[derive(Debug)]
pub struct Sync {
    pub(super) id: JobId,
    pub(super) spec: Arc<JobSpec>,
    pub(super) status: JobStatus,
    pub(super) version: u64,
    pub(super) deleting: bool,
    pub(super) phase: Phase,
    pub(super) outstanding: usize,
    /// Settled Pods, and active ones where they matter, in the order of tracking.
    pub(super) pods: Vec<Seen>,
    pub(super) satisfied: bool,
    pub(super) active: i32,
    pub(super) ready: i32,
    pub(super) terminating: i32,
    pub(super) succeeded: i32,
    pub(super) failed: i32,
    pub(super) backoff: BackoffRecord,
    pub(super) finished: Option<JobCondition>,
    pub(super) previously_succeeded: Intervals,
    pub(super) succeeded_indexes: Intervals,
    pub(super) failed_indexes: Option<Intervals>,
    /// By index: the failed Pod whose finalizer stays until its replacement exists.
    pub(super) delayed: Vec<(i32, Seen)>,
    /// How many succeeded and failed Pods were uncounted already.
    pub(super) uncounted_before: (usize, usize),
    /// Calls of the phase that were refused.
    pub(super) refused: i32,
    /// Active Pods when the phase began, and those of its Pods that are ready.
    pub(super) targets: i32,
    pub(super) targets_ready: i32,
    pub(super) creations: Vec<Creation>,
    pub(super) created: usize,
    pub(super) batch: usize,
    pub(super) manage_failed: bool,
    pub(super) suspend_changed: bool,
    pub(super) needs_write: bool,
    pub(super) reached_max: bool,
    pub(super) job_finished: bool,
    pub(super) to_remove: Vec<PodId>,
    pub(super) removed: Vec<PodId>,
    pub(super) scratch: Vec<i32>,
    pub(super) times: Vec<WholeSecond>,
}

impl Sync {
    /// A sync that has not begun; `spec` is any Job's, a placeholder.
    pub fn new(spec: Arc<JobSpec>) -> Self {
        Sync {
            id: JobId(0),
            spec,
            status: JobStatus::default(),
            version: 0,
            deleting: false,
            phase: Phase::SecondWrite,
            outstanding: 0,
            pods: Vec::new(),
            satisfied: false,
            active: 0,
            ready: 0,
            terminating: 0,
            succeeded: 0,
            failed: 0,
            backoff: BackoffRecord::default(),
            finished: None,
            previously_succeeded: Intervals::new(),
            succeeded_indexes: Intervals::new(),
            failed_indexes: None,
            delayed: Vec::new(),
            uncounted_before: (0, 0),
            refused: 0,
            targets: 0,
            targets_ready: 0,
            creations: Vec::new(),
            created: 0,
            batch: 0,
            manage_failed: false,
            suspend_changed: false,
            needs_write: false,
            reached_max: false,
            job_finished: false,
            to_remove: Vec::new(),
            removed: Vec::new(),
            scratch: Vec::new(),
            times: Vec::new(),
        }
    }

    /// The Job that is synced.
    pub fn job(&self) -> JobId {
        self.id
    }

    /// The status that [`Call::UpdateStatus`] writes, with exact times.
    pub fn status(&self) -> &JobStatus {
        &self.status
    }

    /// Why Pods are being deleted, where they are.
    pub fn reason_to_delete(&self) -> ReasonToDelete {
        match self.phase {
            Phase::Ending => ReasonToDelete::JobEnds,
            _ if self.spec.suspend => ReasonToDelete::Suspended,
            _ => ReasonToDelete::TooMany,
        }
    }

    /// The resourceVersion with which the status is written.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Begins the sync of a Job with what the caches hold now.
    #[doc(alias = "syncJob")]
    pub fn begin(&mut self, job: JobId, ctx: &mut Context) -> Begun {
        let seen = ctx.caches.seen;
        let entry = ctx.caches.entry(job);
        let written = entry.records.written;
        if written.pods > seen.pods || written.jobs > seen.jobs {
            return Begun::Failed;
        }
        entry.records.written = Default::default();
        let Some(cached) = &entry.job else {
            entry.records = Default::default();
            return Begun::Done;
        };
        if cached.spec.is_managed_elsewhere() || entry.records.finish_written {
            return Begun::Done;
        }
        if cached.status.finished().is_some() {
            entry.records.backoff = BackoffRecord::default();
            return Begun::Done;
        }
        self.id = job;
        self.spec.clone_from(&cached.spec);
        self.status.clone_from(&cached.status);
        (self.version, self.deleting) = (cached.resource_version, cached.deleting);
        self.satisfied = entry.records.expectations.are_satisfied(ctx.now, ctx.params.expectations_timeout);
        self.reset();
        self.start(ctx)
    }

    /// Resumes with the outcome of one of the calls.
    pub fn reply(&mut self, call: Call, outcome: &Outcome, ctx: &mut Context) -> Begun {
        self.outstanding -= 1;
        self.note(outcome, ctx);
        match self.phase {
            Phase::Ending => self.deleted(call, outcome, ctx),
            Phase::Deleting => self.removed_surplus(call, outcome, ctx),
            Phase::Creating => self.pod_created(outcome, ctx),
            Phase::FirstWrite | Phase::PartialWrite | Phase::SecondWrite => return self.written(outcome, ctx),
            Phase::Removing => self.finalizer_removed(call, outcome, ctx),
        }
        if self.outstanding > 0 {
            return Begun::Waiting;
        }
        match self.phase {
            Phase::Creating => self.next_batch(ctx),
            Phase::Removing => self.after_removals(ctx),
            _ => self.after_deletions(ctx),
        }
    }

    /// Remembers which versions were written, for the check of the caches.
    fn note(&self, outcome: &Outcome, ctx: &mut Context) {
        let written = &mut ctx.caches.entry(self.id).records.written;
        match *outcome {
            Outcome::Created { version, .. } | Outcome::Patched { version } => {
                written.pods = written.pods.max(version);
            }
            Outcome::Updated { version, .. } => written.jobs = written.jobs.max(version),
            _ => {}
        }
    }

    fn reset(&mut self) {
        self.pods.clear();
        self.delayed.clear();
        self.creations.clear();
        self.to_remove.clear();
        self.removed.clear();
        self.finished = None;
        (self.outstanding, self.refused, self.created, self.batch) = (0, 0, 0, 0);
        (self.manage_failed, self.suspend_changed, self.needs_write) = (false, false, false);
        (self.reached_max, self.job_finished) = (false, false);
    }

    fn start(&mut self, ctx: &mut Context) -> Begun {
        self.take_view(ctx);
        self.count_new(ctx);
        if self.status.start_time.is_none() && !self.spec.suspend {
            self.status.start_time = Some(ctx.now);
        }
        self.evaluate_ending(ctx);
        if self.deleting || self.finished.is_some() {
            self.include_active(ctx);
        }
        if self.finished.is_some() {
            return self.delete_active(ctx);
        }
        if self.satisfied && !self.deleting {
            return self.manage(ctx);
        }
        self.judge_completion(ctx, false)
    }

    /// Takes what the view holds at this instant.
    fn take_view(&mut self, ctx: &Context) {
        let view = ctx.caches.jobs[self.id].ledger.view();
        self.active = view.active.len() as i32;
        (self.ready, self.terminating) = (view.ready, view.terminating);
        self.pods.extend(view.settled.iter().map(|&id| Seen::of(id, &ctx.caches.pods[id])));
        self.sort_pods();
    }

    /// Adds the active Pods that carry the finalizer: they matter when the Job ends.
    pub(super) fn include_active(&mut self, ctx: &Context) {
        let view = ctx.caches.jobs[self.id].ledger.view();
        let active = view.active.iter().map(|&id| Seen::of(id, &ctx.caches.pods[id]));
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
        !self.spec.is_indexed() || (pod.index >= 0 && pod.index < self.spec.completions.unwrap_or(0))
    }

    /// Counts the newly finished Pods, renews the back-off record, and counts the uncounted Pods that have lost their
    /// finalizer.
    #[doc(alias = "getNewFinishedPods")]
    fn count_new(&mut self, ctx: &Context) {
        let uncounted = &self.status.uncounted;
        let (mut new_succeeded, mut latest_success, mut new_failed) = (0, None, 0);
        let mut failure_times = std::mem::take(&mut self.times);
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
        self.succeeded = self.status.succeeded + new_succeeded + uncounted.succeeded.len() as i32;
        self.failed = self.status.failed + new_failed + uncounted.failed.len() as i32;
        let record = ctx.caches.jobs[self.id].records.backoff;
        self.backoff = record.after(latest_success.into_iter(), &failure_times);
        self.times = failure_times;
        self.needs_write = self.clean_uncounted(|id| {
            ctx.caches.pod(id).is_some_and(|cached| cached.pod.finalizer && !cached.removal_expected)
        });
        self.uncounted_before = (self.status.uncounted.succeeded.len(), self.status.uncounted.failed.len());
    }

    /// Moves uncounted Pods that no longer have the finalizer into the counters; says whether there were any.
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

    pub(super) fn condition(t: JobConditionType, reason: JobReason, message: JobMessage, now: SimTime) -> JobCondition {
        JobCondition { condition_type: t, status: true, reason, message, last_transition_time: now }
    }

    /// After managing, or without: the Job may be complete; else its Suspended condition is kept.
    pub(super) fn judge_completion(&mut self, ctx: &mut Context, managed: bool) -> Begun {
        let enough = match self.spec.completions {
            None => self.succeeded > 0,
            Some(completions) => self.succeeded >= completions,
        };
        if enough && self.active == 0 {
            let reached = (JobReason::CompletionsReached, JobMessage::CompletionsReached);
            self.finished = Some(Self::condition(JobConditionType::SuccessCriteriaMet, reached.0, reached.1, ctx.now));
        } else if managed {
            self.keep_suspended_condition(ctx);
        }
        self.track(ctx)
    }

    #[doc(alias = "ensureJobConditionStatus")]
    fn keep_suspended_condition(&mut self, ctx: &mut Context) {
        let suspend = self.spec.suspend;
        let found = self.status.conditions.iter_mut().find(|c| c.condition_type == JobConditionType::Suspended);
        let (reason, message) = match suspend {
            true => (JobReason::JobSuspended, JobMessage::Suspended),
            false => (JobReason::JobResumed, JobMessage::Resumed),
        };
        let new = Self::condition(JobConditionType::Suspended, reason, message, ctx.now);
        match found {
            Some(c) if c.status == suspend => return,
            Some(c) => *c = JobCondition { status: suspend, ..new },
            None if suspend => self.status.conditions.push(new),
            None => return,
        }
        self.suspend_changed = true;
        self.status.start_time = (!suspend).then_some(ctx.now);
        ctx.out.emissions.push(if suspend { Emission::Suspended } else { Emission::Resumed });
    }
}
