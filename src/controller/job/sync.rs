//! One sync of one Job, sans I/O: it begins with the caches and *now*, and is resumed with the outcome of each call. It
//! never waits, and it changes nothing but the controller's own memory. What a sync reads is in [`super::counting`],
//! what it decides in [`super::ending`], [`super::manage`] and [`super::conditions`], and how it accounts for finished
//! Pods in [`super::tracking`].
//!
//! Invariant: `outstanding` calls have been handed out and not yet answered; at 0 the next phase begins.

use super::backoff::BackoffRecord;
use super::cache::Caches;
use super::call::{JobCall, JobCallOutcome, JobOutbox};
use super::phase::JobSyncPhase;
use crate::api::{ExitCodeTable, Intervals, JobCondition, JobSpec, JobStatus, Pod};
use crate::controller::SyncStep;
use crate::id::{JobId, PodId};
use crate::release::{JobControllerParams, ReleaseRule};
use crate::time::{SimTime, WholeSecond};
use std::mem;
use std::sync::Arc;

/// What a step of a sync may read and change.
#[derive(Debug)]
pub struct JobSyncContext<'a> {
    /// The watch caches and the controller's memory.
    pub caches: &'a mut Caches,
    /// What Pods' exit codes stand for.
    pub codes: &'a ExitCodeTable,
    /// The controller's constants.
    pub params: &'a JobControllerParams,
    /// The instant of the step, by the controller's clock.
    pub now: SimTime,
    /// Receives what the step hands out.
    pub out: &'a mut JobOutbox,
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

/// A Pod as it was when the sync began.
#[derive(Clone, Copy, Debug)]
pub(super) struct SyncPod {
    pub id: PodId,
    pub pod: Pod,
    /// An earlier sync removed its finalizer, and the cache has not seen that yet.
    pub removal_expected: bool,
}

impl SyncPod {
    pub(super) fn of(id: PodId, caches: &Caches) -> Self {
        SyncPod { id, pod: *caches.object(id), removal_expected: caches.pods[id].removal_expected }
    }
}

/// The counts of a Job's Pods that a sync uses. They begin with those of the cache and the status, and follow what the
/// sync does: the cache will show that only later.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PodCounts {
    pub active: i32,
    pub ready: i32,
    pub terminating: i32,
    pub succeeded: i32,
    pub failed: i32,
}

/// The completion indexes of an Indexed Job, as a sync computes them.
#[derive(Clone, Debug)]
pub(super) struct SyncIndexes {
    /// Indexes that the status counted as succeeded when the sync began.
    pub previously_succeeded: Intervals,
    /// These, and the indexes of Pods that have succeeded since.
    pub succeeded: Intervals,
    /// `None` where indexes cannot fail on their own.
    pub failed: Option<Intervals>,
}

impl Default for SyncIndexes {
    fn default() -> Self {
        SyncIndexes { previously_succeeded: Intervals::new(), succeeded: Intervals::new(), failed: None }
    }
}

/// Lists whose contents have no meaning between uses; only their memory is kept.
#[derive(Debug, Default)]
pub(super) struct SpareBuffers {
    pub new_pods: Vec<super::phase::NewPod>,
    pub to_remove: Vec<PodId>,
    pub removed: Vec<PodId>,
    pub indexes: Vec<i32>,
    pub times: Vec<WholeSecond>,
}

/// The memory of a sync's lists.
#[derive(Debug, Default)]
struct SyncBuffers {
    pods: Vec<SyncPod>,
    delayed: Vec<(i32, SyncPod)>,
    spare: SpareBuffers,
}

/// A sync. A worker reuses the value for its next sync, but only for the memory of its lists: [`JobSync::begin`]
/// replaces everything else.
#[derive(Debug)]
pub struct JobSync {
    pub(super) id: JobId,
    pub(super) spec: Arc<JobSpec>,
    pub(super) status: JobStatus,
    pub(super) version: u64,
    pub(super) deleting: bool,
    pub(super) phase: JobSyncPhase,
    pub(super) outstanding: usize,
    /// Whether all creations and deletions that earlier syncs asked for were seen when this one began.
    pub(super) expectations_met: bool,
    /// Settled Pods, and active ones where they matter, in the order of tracking.
    pub(super) pods: Vec<SyncPod>,
    pub(super) counts: PodCounts,
    pub(super) indexes: SyncIndexes,
    /// By index: the failed Pod whose finalizer stays until its replacement exists.
    pub(super) delayed: Vec<(i32, SyncPod)>,
    pub(super) backoff: BackoffRecord,
    /// The condition with which the Job ends, if it does.
    pub(super) finished_condition: Option<JobCondition>,
    /// How many succeeded and failed Pods were already listed as uncounted.
    pub(super) uncounted_before: (usize, usize),
    /// A Pod could not be created or deleted: the sync ends with an error, after the status is written.
    pub(super) manage_failed: bool,
    pub(super) suspend_changed: bool,
    pub(super) needs_write: bool,
    pub(super) spare: SpareBuffers,
}

impl JobSync {
    /// A sync that has not begun; `spec` is any Job's, a placeholder.
    pub fn new(spec: Arc<JobSpec>) -> Self {
        Self::fresh(JobId(0), spec, JobStatus::default(), SyncBuffers::default())
    }

    /// A sync at its beginning, which uses these buffers. Every sync starts here, so none inherits anything else from
    /// an earlier one.
    #[inline]
    fn fresh(id: JobId, spec: Arc<JobSpec>, status: JobStatus, buffers: SyncBuffers) -> Self {
        let SyncBuffers { pods, delayed, spare } = buffers;
        JobSync {
            id,
            spec,
            status,
            version: 0,
            deleting: false,
            phase: JobSyncPhase::Idle,
            outstanding: 0,
            expectations_met: false,
            pods,
            counts: PodCounts::default(),
            indexes: SyncIndexes::default(),
            delayed,
            backoff: BackoffRecord::default(),
            finished_condition: None,
            uncounted_before: (0, 0),
            manage_failed: false,
            suspend_changed: false,
            needs_write: false,
            spare,
        }
    }

    /// Takes the memory of the lists, without what they hold.
    fn take_buffers(&mut self) -> SyncBuffers {
        self.pods.clear();
        self.delayed.clear();
        SyncBuffers {
            pods: mem::take(&mut self.pods),
            delayed: mem::take(&mut self.delayed),
            spare: mem::take(&mut self.spare),
        }
    }

    /// The Job that is synced.
    pub fn job(&self) -> JobId {
        self.id
    }

    /// The spec that it uses: the cache's when it began.
    pub fn spec(&self) -> &Arc<JobSpec> {
        &self.spec
    }

    /// The status that [`JobCall::UpdateStatus`] writes, with exact times.
    pub fn status(&self) -> &JobStatus {
        &self.status
    }

    /// The resourceVersion with which the status is written.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Why Pods are being deleted, if they are.
    pub fn reason_to_delete(&self) -> ReasonToDelete {
        match self.phase {
            JobSyncPhase::DeleteActive(_) => ReasonToDelete::JobEnds,
            _ if self.spec.suspend => ReasonToDelete::Suspended,
            _ => ReasonToDelete::TooMany,
        }
    }

    /// Begins the sync of a Job with what the caches hold now.
    #[doc(alias = "syncJob")]
    pub fn begin(&mut self, job: JobId, ctx: &mut JobSyncContext) -> SyncStep {
        let seen = ctx.caches.seen;
        let entry = ctx.caches.entry(job);
        // Race: the caches may lag behind what an earlier sync wrote. From such a view this one would count Pods twice,
        // or write a status that is already out of date. It ends with an error instead, so that the key comes again
        // after the requeue back-off, when the caches have caught up.
        let written = entry.records.written;
        let is_behind = written.pods > seen.pods || written.jobs > seen.jobs;
        if is_behind && ctx.params.rules.has(ReleaseRule::ChecksCachesBeforeSync) {
            return SyncStep::FAILED;
        }
        entry.records.written = Default::default();
        let Some(cached) = &entry.job else {
            // The Job is gone: what was expected of it will never be seen.
            entry.records = Default::default();
            return SyncStep::SUCCEEDED;
        };
        // Race: once the end is written, a sync from a cache that does not show it yet would end the Job again.
        if cached.spec.is_managed_elsewhere() || entry.records.finish_written {
            return SyncStep::SUCCEEDED;
        }
        if cached.status.finished().is_some() {
            entry.records.backoff = BackoffRecord::default();
            return SyncStep::SUCCEEDED;
        }
        // Race: expectations are read before the Pods are. The other way round, a Pod that arrives in between would
        // meet its expectation without having been counted, and be created once more. In this order the worst case is a
        // sync that does less than it could; the Pod's event brings the next one.
        let expectations_met = entry.records.expectations.are_satisfied(ctx.now, ctx.params.expectations_timeout);
        let (version, deleting) = (cached.resource_version, cached.deleting);
        let buffers = self.take_buffers();
        *self = Self::fresh(job, cached.spec.clone(), JobStatus::clone(&cached.status), buffers);
        (self.version, self.deleting, self.expectations_met) = (version, deleting, expectations_met);
        self.evaluate(ctx)
    }

    /// Reads the Pods, and decides what to do.
    fn evaluate(&mut self, ctx: &mut JobSyncContext) -> SyncStep {
        self.read_pods(ctx);
        self.count_new(ctx);
        if self.status.start_time.is_none() && !self.spec.suspend {
            self.status.start_time = Some(ctx.now);
        }
        self.evaluate_ending(ctx);
        if self.deleting || self.finished_condition.is_some() {
            self.include_active(ctx);
        }
        if self.finished_condition.is_some() {
            return self.delete_active(ctx);
        }
        // Race: with expectations open, the cache does not show all Pods that earlier syncs created or deleted; managing
        // now would create or delete them a second time. The status is still brought up to date.
        if self.expectations_met && !self.deleting {
            return self.manage(ctx);
        }
        self.judge_completion(ctx, false)
    }

    /// Resumes with the outcome of one of the calls. Several are out at once, so the call is given too.
    ///
    /// # Panics
    /// If no call is out.
    pub fn resume(&mut self, call: JobCall, outcome: &JobCallOutcome, ctx: &mut JobSyncContext) -> SyncStep {
        assert!(self.outstanding > 0, "an outcome for a sync that waits for none: {call:?}");
        self.outstanding -= 1;
        self.note_version(outcome, ctx);
        let mut phase = mem::replace(&mut self.phase, JobSyncPhase::Idle);
        match &mut phase {
            JobSyncPhase::DeleteActive(deletions) => self.active_deleted(deletions, call, outcome, ctx),
            JobSyncPhase::DeleteSurplus(deletions) => self.surplus_answered(deletions, call, outcome, ctx),
            JobSyncPhase::Create(creations) => self.creation_answered(creations, outcome, ctx),
            JobSyncPhase::RemoveFinalizers(removals) => self.removal_answered(removals, call, outcome, ctx),
            JobSyncPhase::WriteUncounted(_)
            | JobSyncPhase::WritePartial
            | JobSyncPhase::WriteCounters(_)
            | JobSyncPhase::Idle => {}
        }
        if self.outstanding > 0 {
            self.phase = phase;
            return SyncStep::Waiting;
        }
        match phase {
            JobSyncPhase::DeleteActive(deletions) => self.after_active_deletions(&deletions, ctx),
            JobSyncPhase::DeleteSurplus(deletions) => self.after_surplus_deletions(&deletions, ctx),
            JobSyncPhase::Create(creations) => self.next_batch(creations, ctx),
            JobSyncPhase::WriteUncounted(removals) => self.uncounted_written(removals, outcome, ctx),
            JobSyncPhase::RemoveFinalizers(removals) => self.after_removals(removals, ctx),
            // Finalizers remain, whether the write succeeded or not.
            JobSyncPhase::WritePartial => SyncStep::FAILED,
            JobSyncPhase::WriteCounters(finished) => self.counters_written(finished, outcome, ctx),
            JobSyncPhase::Idle => unreachable!("calls are out in a phase that makes none: {call:?}"),
        }
    }

    /// Remembers which versions were written, for the check of the caches when the next sync begins.
    fn note_version(&self, outcome: &JobCallOutcome, ctx: &mut JobSyncContext) {
        let written = &mut ctx.caches.entry(self.id).records.written;
        match *outcome {
            JobCallOutcome::Created { version, .. } | JobCallOutcome::Patched { version } => {
                written.pods = written.pods.max(version);
            }
            JobCallOutcome::Updated { version, .. } => written.jobs = written.jobs.max(version),
            JobCallOutcome::Deleted | JobCallOutcome::NotFound => {}
            JobCallOutcome::Refused | JobCallOutcome::Forbidden(_) => {}
        }
    }

    /// Waits for the calls that a phase has given out; there is at least one.
    pub(super) fn wait_for(&mut self, calls: usize, phase: JobSyncPhase) -> SyncStep {
        assert!(calls > 0 && self.outstanding == 0, "a phase begins with {calls} calls and {} out", self.outstanding);
        (self.phase, self.outstanding) = (phase, calls);
        SyncStep::Waiting
    }
}
