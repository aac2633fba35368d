//! One sync of one CronJob, sans I/O: it deletes old Jobs, takes finished ones off the active list, starts a Job if one is due
//! (in [`super::start`]), and writes the status. It never waits.
//!
//! Invariant: at most one call is out at a time; the phase says which.

use super::cache::{CachedCronJob, Finished, OwnedJob, Timetable};
use super::call::{ApiErrorKind, CronEmission, CronJobCall, CronJobCallOutcome, CronJobOutbox, DeletionReason};
use crate::api::{ActiveJob, CronJobStatus};
use crate::controller::{SyncEnd, SyncStep};
use crate::id::JobId;
use crate::release::{ReleaseRule, ReleaseRules};
use crate::time::{SimTime, WallClock};
use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

/// What a step of a sync may read and change.
#[derive(Debug)]
pub struct CronJobSyncContext<'a> {
    /// The date at which the virtual clock starts.
    pub clock: WallClock,
    /// The rules of the release.
    pub rules: ReleaseRules,
    /// The instant of the step.
    pub now: SimTime,
    /// Receives what the step hands out.
    pub out: &'a mut CronJobOutbox,
}

/// The state of a sync: which call is out.
#[derive(Debug)]
pub(super) enum CronJobSyncPhase {
    /// No call is out: the sync is between two phases, or is over.
    Idle,
    /// Jobs beyond the history limits are being deleted: the first of these (by place among `jobs`).
    CleanUp(VecDeque<usize>),
    /// The CronJob is read because of the Job at this position.
    Reconcile(usize),
    /// Entries of `active` whose Job the cache does not hold are looked up: the first of these.
    Missing(VecDeque<ActiveJob>),
    /// Jobs are being replaced: the first of these, which is read, or (with its id) being deleted.
    Replace(VecDeque<ActiveJob>, Option<JobId>),
    /// A Job is being created.
    Create,
    /// A Job existed already, and is read.
    Existing,
    /// The status is being written; then the sync ends in this way.
    Write(SyncEnd),
}

/// A sync.
#[derive(Debug)]
pub struct CronJobSync {
    /// The copy that is written at the end.
    copy: CachedCronJob,
    /// The object that was read from the API server, with which the sync continues instead of its copy.
    fresh: Option<CachedCronJob>,
    jobs: Vec<OwnedJob>,
    pub(super) timetable: Arc<Timetable>,
    pub(super) phase: CronJobSyncPhase,
    /// When the part after the clean-up began.
    pub(super) now: SimTime,
    /// The time of the start being made.
    pub(super) scheduled: i64,
    pub(super) needs_write: bool,
}

impl CronJobSync {
    /// Begins the sync of a CronJob with what the caches hold now.
    #[doc(alias = "sync")]
    pub fn begin(
        cronjob: CachedCronJob,
        jobs: &[OwnedJob],
        timetable: Arc<Timetable>,
        ctx: &mut CronJobSyncContext,
    ) -> (CronJobSync, SyncStep) {
        let mut sync = CronJobSync {
            copy: cronjob,
            fresh: None,
            jobs: jobs.to_vec(),
            timetable,
            phase: CronJobSyncPhase::Idle,
            now: ctx.now,
            scheduled: 0,
            needs_write: false,
        };
        let victims = sync.beyond_limits();
        let step = sync.clean_up(victims, ctx);
        (sync, step)
    }

    /// The status that [`CronJobCall::UpdateStatus`] writes.
    pub fn status(&self) -> &CronJobStatus {
        &self.copy.status
    }

    /// The resourceVersion with which the status is written.
    pub fn version(&self) -> u64 {
        self.copy.version
    }

    /// Resumes with the outcome of the call.
    ///
    /// # Panics
    /// If no call is out.
    pub fn resume(&mut self, outcome: CronJobCallOutcome, ctx: &mut CronJobSyncContext) -> SyncStep {
        match mem::replace(&mut self.phase, CronJobSyncPhase::Idle) {
            CronJobSyncPhase::CleanUp(victims) => self.cleaned_up(victims, outcome, ctx),
            CronJobSyncPhase::Reconcile(place) => self.read_afresh(place, outcome, ctx),
            CronJobSyncPhase::Missing(entries) => self.looked_up(entries, outcome, ctx),
            CronJobSyncPhase::Replace(old, job) => self.replaced(old, job, outcome, ctx),
            CronJobSyncPhase::Create => self.created(outcome, ctx),
            CronJobSyncPhase::Existing => self.found_existing(outcome, ctx),
            CronJobSyncPhase::Write(end) => written(end, &outcome),
            CronJobSyncPhase::Idle => unreachable!("an outcome for a sync that waits for none: {outcome:?}"),
        }
    }

    /// Hands out a call and waits for its outcome.
    pub(super) fn wait_for(
        &mut self,
        call: CronJobCall,
        phase: CronJobSyncPhase,
        ctx: &mut CronJobSyncContext,
    ) -> SyncStep {
        assert!(ctx.out.call.is_none(), "{:?} is still to be made", ctx.out.call);
        ctx.out.call = Some(call);
        self.phase = phase;
        SyncStep::Waiting
    }

    /// The object that the sync works on.
    pub(super) fn cronjob(&self) -> &CachedCronJob {
        self.fresh.as_ref().unwrap_or(&self.copy)
    }

    pub(super) fn status_mut(&mut self) -> &mut CronJobStatus {
        &mut self.fresh.as_mut().unwrap_or(&mut self.copy).status
    }

    pub(super) fn emit(ctx: &mut CronJobSyncContext, warning: bool, reason: &'static str, message: String) {
        ctx.out.emissions.push(CronEmission { warning, reason, message });
    }

    /// Positions of finished Jobs beyond the history limits, in the order of their deletion.
    #[doc(alias = "cleanupFinishedJobs")]
    fn beyond_limits(&self) -> VecDeque<usize> {
        let spec = &self.copy.spec;
        let mut victims = VecDeque::new();
        for (how, limit) in [
            (Finished::Complete, spec.successful_jobs_history_limit),
            (Finished::Failed, spec.failed_jobs_history_limit),
        ] {
            let places = || (0..self.jobs.len()).filter(|&place| self.jobs[place].finished == Some(how));
            let kept = usize::try_from(limit).unwrap_or(0);
            if places().count() > kept {
                let mut places: Vec<usize> = places().collect();
                places.sort_by(|&a, &b| order_of_start(&self.jobs[a]).cmp(&order_of_start(&self.jobs[b])));
                victims.extend(&places[..places.len() - kept]);
            }
        }
        victims
    }

    #[doc(alias = "removeOldestJobs")]
    fn clean_up(&mut self, victims: VecDeque<usize>, ctx: &mut CronJobSyncContext) -> SyncStep {
        let Some(&first) = victims.front() else {
            self.now = ctx.now;
            return self.reconcile(0, ctx);
        };
        let call = CronJobCall::DeleteJob(self.jobs[first].name.clone(), DeletionReason::History);
        self.wait_for(call, CronJobSyncPhase::CleanUp(victims), ctx)
    }

    fn cleaned_up(
        &mut self,
        mut victims: VecDeque<usize>,
        outcome: CronJobCallOutcome,
        ctx: &mut CronJobSyncContext,
    ) -> SyncStep {
        let place = victims.pop_front().expect("the first of them was being deleted");
        let (job, name) = (self.jobs[place].job, self.jobs[place].name.clone());
        self.needs_write |= self.job_deleted(job, &name, outcome, ctx);
        self.clean_up(victims, ctx)
    }

    /// Records that a Job was deleted; `false` if it was not.
    #[doc(alias = "deleteJob")]
    pub(super) fn job_deleted(
        &mut self,
        job: JobId,
        name: &str,
        outcome: CronJobCallOutcome,
        ctx: &mut CronJobSyncContext,
    ) -> bool {
        if let CronJobCallOutcome::Failed(error) = outcome {
            Self::emit(ctx, true, "FailedDelete", format!("Deleted job: {}", error.text));
            return false;
        }
        self.status_mut().remove_active(job);
        Self::emit(ctx, false, "SuccessfulDelete", format!("Deleted job {name}"));
        true
    }

    /// Goes through its Jobs from a place on: finished ones leave `active`, unknown ones are looked into.
    ///
    /// Race: an unfinished Job that is not in `active` may be one that an earlier sync created just before its write of
    /// the status failed, or the cache's CronJob may be older than its Jobs. So the CronJob is read afresh from the API
    /// server before anything is said about the Job.
    fn reconcile(&mut self, from: usize, ctx: &mut CronJobSyncContext) -> SyncStep {
        for place in from..self.jobs.len() {
            let job = &self.jobs[place];
            let is_active = self.cronjob().status.is_active(job.job);
            match job.finished {
                None if !is_active => {
                    return self.wait_for(CronJobCall::GetCronJob, CronJobSyncPhase::Reconcile(place), ctx);
                }
                None => {}
                Some(how) => self.job_finished(place, how, is_active, ctx),
            }
        }
        let known = |entry: &&ActiveJob| self.jobs.iter().all(|job| job.job != entry.job);
        let unknown = self.cronjob().status.active.iter().filter(known).cloned().collect();
        self.look_up(unknown, ctx)
    }

    fn job_finished(&mut self, place: usize, how: Finished, is_active: bool, ctx: &mut CronJobSyncContext) {
        let (job, completion) = (self.jobs[place].job, self.jobs[place].completion);
        let at_once = ctx.rules.has(ReleaseRule::SetsLastSuccessAtOnce);
        if is_active {
            let word = if at_once { "condition" } else { "status" };
            let message = format!("Saw completed job: {}, {word}: {}", self.jobs[place].name, how.as_str());
            self.status_mut().remove_active(job);
            Self::emit(ctx, false, "SawCompletedJob", message);
            self.needs_write = true;
            if !at_once {
                return;
            }
        }
        let last = self.cronjob().status.last_successful_time;
        if how == Finished::Complete && (last.is_none() || completion > last) {
            self.status_mut().last_successful_time = completion;
            self.needs_write = true;
        }
    }

    fn read_afresh(&mut self, place: usize, outcome: CronJobCallOutcome, ctx: &mut CronJobSyncContext) -> SyncStep {
        let CronJobCallOutcome::CronJob(fresh) = outcome else { return self.finish(SyncEnd::Failed, ctx) };
        let job = &self.jobs[place];
        if fresh.status.is_active(job.job) {
            if !self.timetable.fits(&fresh.spec) {
                self.timetable = Arc::new(Timetable::of(&fresh.spec));
            }
            self.fresh = Some(fresh);
        } else {
            let message = format!("Saw a job that the controller did not create or forgot: {}", job.name);
            Self::emit(ctx, true, "UnexpectedJob", message);
        }
        self.reconcile(place + 1, ctx)
    }

    /// Looks up entries of `active` whose Job the cache does not hold.
    ///
    /// Race: such a Job may have been deleted, or the cache may not show it yet. An entry that stayed for a Job that is
    /// gone would keep a CronJob with `Forbid` from ever starting again; one that left too early would let a second Job
    /// start beside the first. So the API server is asked.
    fn look_up(&mut self, entries: VecDeque<ActiveJob>, ctx: &mut CronJobSyncContext) -> SyncStep {
        let Some(first) = entries.front() else { return self.consider_start(ctx) };
        let call = CronJobCall::GetJob(first.name.clone());
        self.wait_for(call, CronJobSyncPhase::Missing(entries), ctx)
    }

    fn looked_up(
        &mut self,
        mut entries: VecDeque<ActiveJob>,
        outcome: CronJobCallOutcome,
        ctx: &mut CronJobSyncContext,
    ) -> SyncStep {
        let entry = entries.pop_front().expect("the first of them was being looked up");
        if let CronJobCallOutcome::Failed(error) = outcome {
            if error.kind != ApiErrorKind::NotFound {
                return self.finish(SyncEnd::Failed, ctx);
            }
            Self::emit(ctx, false, "MissingJob", format!("Active job went missing: {}", entry.name));
            self.status_mut().remove_active(entry.job);
            self.needs_write = true;
        }
        self.look_up(entries, ctx)
    }

    /// The sync is over except for the write of the status, if anything requires it.
    pub(super) fn finish(&mut self, end: SyncEnd, ctx: &mut CronJobSyncContext) -> SyncStep {
        if !self.needs_write {
            return SyncStep::Ended(end);
        }
        self.wait_for(CronJobCall::UpdateStatus, CronJobSyncPhase::Write(end), ctx)
    }
}

/// The status was written, or not: then the sync has failed, whatever else it has done, and the next one finds its
/// Jobs.
fn written(end: SyncEnd, outcome: &CronJobCallOutcome) -> SyncStep {
    match outcome {
        CronJobCallOutcome::Failed(_) => SyncStep::FAILED,
        _ => SyncStep::Ended(end),
    }
}

/// Oldest start first; Jobs without a start count as newest; ties are broken by name.
#[doc(alias = "byJobStartTime")]
fn order_of_start(job: &OwnedJob) -> (bool, Option<SimTime>, &str) {
    (job.start.is_none(), job.start, &job.name)
}
