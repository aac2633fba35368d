//! One pass over one CronJob, sans I/O: clean-up, what became of its Jobs, a start if one is due (in [`super::start`]),
//! and the write of its status. It never waits.
//!
//! Invariant: at most one call is out at a time; the phase says which.

use super::cache::{CachedCronJob, Finished, OwnedJob, Timetable};
use super::call::{ApiErrorKind, Call, CronEmission, DeletionReason, Outcome};
use crate::api::{ActiveJob, CronJobStatus};
use crate::id::JobId;
use crate::time::{SimDuration, SimTime, WallClock};
use std::collections::VecDeque;
use std::sync::Arc;

/// What a step of a pass may see and touch.
#[derive(Debug)]
pub struct Context<'a> {
    /// The instant of the step.
    pub now: SimTime,
    /// The virtual clock among dates.
    pub clock: WallClock,
    /// Takes the Events that the step emits.
    pub emissions: &'a mut Vec<CronEmission>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A call is out; the pass goes on with its outcome.
    Call(Call),
    /// The pass is over.
    Done(End),
}

/// How a pass ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Look again after this, and forget earlier errors.
    Wake(SimDuration),
    /// No wake-up is asked for; earlier errors still count.
    Rest,
    /// An error: repeat after the requeue back-off.
    Failed,
}

/// Where a pass stands.
#[derive(Debug)]
pub(super) enum Phase {
    /// Jobs beyond the history limits are being deleted: the first of these (by place among `jobs`).
    CleanUp(VecDeque<usize>),
    /// The CronJob is read because of the Job at this place.
    Reconcile(usize),
    /// Entries of `active` whose Job the cache does not hold are looked up: the first of these.
    Missing(VecDeque<ActiveJob>),
    /// Jobs are being replaced: the first of these, which is read, or (with its id) being deleted.
    Replace(VecDeque<ActiveJob>, Option<JobId>),
    /// A Job is being created.
    Create,
    /// A Job was there already, and is read.
    Existing,
    /// The status is being written.
    Write,
}

/// A pass.
#[derive(Debug)]
pub struct Pass {
    /// The copy that is written at the end.
    copy: CachedCronJob,
    /// The object that was read afresh, with which the pass goes on in place of its copy.
    fresh: Option<CachedCronJob>,
    jobs: Vec<OwnedJob>,
    pub(super) timetable: Arc<Timetable>,
    pub(super) phase: Phase,
    /// When the part after the clean-up began.
    pub(super) now: SimTime,
    /// The time of the start that is under way.
    pub(super) scheduled: i64,
    pub(super) needs_write: bool,
    end: End,
}

impl Pass {
    /// Begins a pass over a CronJob with what the caches hold now.
    #[doc(alias = "sync")]
    pub fn begin(
        cronjob: CachedCronJob,
        jobs: &[OwnedJob],
        timetable: Arc<Timetable>,
        ctx: &mut Context,
    ) -> (Pass, Step) {
        let mut pass = Pass {
            copy: cronjob,
            fresh: None,
            jobs: jobs.to_vec(),
            timetable,
            phase: Phase::Write,
            now: ctx.now,
            scheduled: 0,
            needs_write: false,
            end: End::Rest,
        };
        let victims = pass.beyond_limits();
        let step = pass.clean_up(victims, ctx);
        (pass, step)
    }

    /// The status that [`Call::UpdateStatus`] writes, and the resourceVersion with which it is written.
    pub fn status(&self) -> (&CronJobStatus, u64) {
        (&self.copy.status, self.copy.version)
    }

    /// Resumes with the outcome of the call.
    pub fn reply(&mut self, outcome: Outcome, ctx: &mut Context) -> Step {
        match std::mem::replace(&mut self.phase, Phase::Write) {
            Phase::CleanUp(victims) => self.cleaned_up(victims, outcome, ctx),
            Phase::Reconcile(place) => self.read_afresh(place, outcome, ctx),
            Phase::Missing(entries) => self.looked_up(entries, outcome, ctx),
            Phase::Replace(old, job) => self.replaced(old, job, outcome, ctx),
            Phase::Create => self.created(outcome, ctx),
            Phase::Existing => self.found_existing(outcome, ctx),
            Phase::Write => self.written(outcome),
        }
    }

    /// The object that the pass works on.
    pub(super) fn cronjob(&self) -> &CachedCronJob {
        self.fresh.as_ref().unwrap_or(&self.copy)
    }

    pub(super) fn status_mut(&mut self) -> &mut CronJobStatus {
        &mut self.fresh.as_mut().unwrap_or(&mut self.copy).status
    }

    pub(super) fn emit(ctx: &mut Context, warning: bool, reason: &'static str, message: String) {
        ctx.emissions.push(CronEmission { warning, reason, message });
    }

    /// Places of finished Jobs beyond the history limits, in the order of their deletion.
    #[doc(alias = "cleanupFinishedJobs")]
    fn beyond_limits(&self) -> VecDeque<usize> {
        let spec = &self.copy.spec;
        let mut victims = VecDeque::new();
        for (how, limit) in [
            (Finished::Complete, spec.successful_jobs_history_limit),
            (Finished::Failed, spec.failed_jobs_history_limit),
        ] {
            let mut places: Vec<usize> =
                (0..self.jobs.len()).filter(|&place| self.jobs[place].finished == Some(how)).collect();
            let kept = usize::try_from(limit).unwrap_or(0);
            if places.len() > kept {
                places.sort_by(|&a, &b| order_of_start(&self.jobs[a]).cmp(&order_of_start(&self.jobs[b])));
                victims.extend(&places[..places.len() - kept]);
            }
        }
        victims
    }

    #[doc(alias = "removeOldestJobs")]
    fn clean_up(&mut self, victims: VecDeque<usize>, ctx: &mut Context) -> Step {
        let Some(&first) = victims.front() else {
            self.now = ctx.now;
            return self.reconcile(0, ctx);
        };
        let call = Call::DeleteJob(self.jobs[first].name.clone(), DeletionReason::History);
        self.phase = Phase::CleanUp(victims);
        Step::Call(call)
    }

    fn cleaned_up(&mut self, mut victims: VecDeque<usize>, outcome: Outcome, ctx: &mut Context) -> Step {
        if let Some(place) = victims.pop_front() {
            let (job, name) = (self.jobs[place].job, self.jobs[place].name.clone());
            self.needs_write |= self.job_deleted(job, &name, outcome, ctx);
        }
        self.clean_up(victims, ctx)
    }

    /// Notes that a Job was deleted; `false` if it was not.
    #[doc(alias = "deleteJob")]
    pub(super) fn job_deleted(&mut self, job: JobId, name: &str, outcome: Outcome, ctx: &mut Context) -> bool {
        if let Outcome::Failed(error) = outcome {
            Self::emit(ctx, true, "FailedDelete", format!("Deleted job: {}", error.text));
            return false;
        }
        self.status_mut().remove_active(job);
        Self::emit(ctx, false, "SuccessfulDelete", format!("Deleted job {name}"));
        true
    }

    /// Goes through its Jobs from a place on: finished ones leave `active`, unknown ones are looked into.
    fn reconcile(&mut self, from: usize, ctx: &mut Context) -> Step {
        for place in from..self.jobs.len() {
            let job = &self.jobs[place];
            let is_active = self.cronjob().status.is_active(job.job);
            match job.finished {
                None if !is_active => {
                    self.phase = Phase::Reconcile(place);
                    return Step::Call(Call::GetCronJob);
                }
                None => {}
                Some(how) => self.job_finished(place, how, is_active, ctx),
            }
        }
        let known = |entry: &&ActiveJob| self.jobs.iter().all(|job| job.job != entry.job);
        let unknown = self.cronjob().status.active.iter().filter(known).cloned().collect();
        self.look_up(unknown, ctx)
    }

    fn job_finished(&mut self, place: usize, how: Finished, is_active: bool, ctx: &mut Context) {
        let (job, completion) = (self.jobs[place].job, self.jobs[place].completion);
        if is_active {
            let message = format!("Saw completed job: {}, condition: {}", self.jobs[place].name, how.as_str());
            self.status_mut().remove_active(job);
            Self::emit(ctx, false, "SawCompletedJob", message);
            self.needs_write = true;
        }
        let last = self.cronjob().status.last_successful_time;
        if how == Finished::Complete && (last.is_none() || completion > last) {
            self.status_mut().last_successful_time = completion;
            self.needs_write = true;
        }
    }

    fn read_afresh(&mut self, place: usize, outcome: Outcome, ctx: &mut Context) -> Step {
        let Outcome::CronJob(fresh) = outcome else { return self.finish(End::Failed) };
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
    fn look_up(&mut self, entries: VecDeque<ActiveJob>, ctx: &mut Context) -> Step {
        let Some(first) = entries.front() else { return self.consider_start(ctx) };
        let call = Call::GetJob(first.name.clone());
        self.phase = Phase::Missing(entries);
        Step::Call(call)
    }

    fn looked_up(&mut self, mut entries: VecDeque<ActiveJob>, outcome: Outcome, ctx: &mut Context) -> Step {
        if let Outcome::Failed(error) = outcome {
            if error.kind != ApiErrorKind::NotFound {
                return self.finish(End::Failed);
            }
            if let Some(entry) = entries.front() {
                Self::emit(ctx, false, "MissingJob", format!("Active job went missing: {}", entry.name));
                self.status_mut().remove_active(entry.job);
                self.needs_write = true;
            }
        }
        entries.pop_front();
        self.look_up(entries, ctx)
    }

    /// The pass is over but for the write of the status, if anything asked for it.
    pub(super) fn finish(&mut self, end: End) -> Step {
        self.end = end;
        if !self.needs_write {
            return Step::Done(end);
        }
        self.phase = Phase::Write;
        Step::Call(Call::UpdateStatus)
    }

    fn written(&mut self, outcome: Outcome) -> Step {
        match outcome {
            Outcome::Failed(_) => Step::Done(End::Failed),
            _ => Step::Done(self.end),
        }
    }
}

/// Oldest start first; without one a Job counts as newest; equal ones by name.
#[doc(alias = "byJobStartTime")]
fn order_of_start(job: &OwnedJob) -> (bool, Option<SimTime>, &str) {
    (job.start.is_none(), job.start, &job.name)
}
