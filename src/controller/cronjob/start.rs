//! The second half of a sync: whether a start is due and may be made, and the creation of its Job.

use super::call::{ApiErrorKind, CronJobCall, CronJobCallOutcome, DeletionReason};
use super::due::{Due, InvalidSchedule, Missed, most_recent, next_look, wake_up};
use super::sync::{CronJobSync, CronJobSyncContext, CronJobSyncPhase};
use crate::api::{ActiveJob, ConcurrencyPolicy};
use crate::controller::{SyncEnd, SyncStep};
use crate::cron::quote;
use crate::id::JobId;
use crate::release::ReleaseRule;
use crate::time::SimDuration;
use std::collections::VecDeque;
use std::sync::Arc;

impl CronJobSync {
    /// Checks whether a start is due.
    #[doc(alias = "syncCronJob")]
    pub(super) fn consider_start(&mut self, ctx: &mut CronJobSyncContext) -> SyncStep {
        if self.cronjob().deleting
            || !self.has_known_zone(ctx)
            || self.cronjob().spec.suspend
            || !self.has_schedule(ctx)
        {
            return self.finish(SyncEnd::Succeeded, ctx);
        }
        let timetable = self.timetable.clone();
        let schedule = timetable.parsed.as_ref().expect("has_schedule says that it parsed");
        let since = self.cronjob().since(ctx.clock);
        match most_recent(schedule, &since, ctx.clock.unix(self.now), true) {
            Err(InvalidSchedule) => {
                let (text, why) = (&self.cronjob().spec.schedule, InvalidSchedule::TEXT);
                Self::emit(ctx, true, "InvalidSchedule", format!("invalid schedule: {text} : {why}"));
                self.finish(SyncEnd::Succeeded, ctx)
            }
            Ok(Due { at: None, .. }) => self.wait(ctx),
            Ok(Due { at: Some(at), missed, .. }) => {
                if missed == Missed::Many {
                    let message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check \
                                   clock skew";
                    Self::emit(ctx, true, "TooManyMissedTimes", message.to_owned());
                }
                self.scheduled = at;
                self.start(ctx)
            }
        }
    }

    fn has_known_zone(&self, ctx: &mut CronJobSyncContext) -> bool {
        let (Err(why), Some(name)) = (&self.timetable.zone, &self.cronjob().spec.time_zone) else { return true };
        Self::emit(ctx, true, "UnknownTimeZone", format!("invalid timeZone: {}: {why}", quote(name)));
        false
    }

    #[doc(alias = "formatSchedule")]
    fn has_schedule(&self, ctx: &mut CronJobSyncContext) -> bool {
        let text = &self.cronjob().spec.schedule;
        if self.timetable.names_zone {
            let message = format!(
                "CRON_TZ or TZ used in schedule {} is not officially supported, see \
                 https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
                quote(text)
            );
            Self::emit(ctx, true, "UnsupportedSchedule", message);
        }
        let Err(why) = &self.timetable.parsed else { return true };
        Self::emit(ctx, true, "UnparseableSchedule", format!("unparseable schedule: {} : {why}", quote(text)));
        false
    }

    /// A start is due: it is skipped, replaces others, or is made.
    fn start(&mut self, ctx: &mut CronJobSyncContext) -> SyncStep {
        let spec = &self.cronjob().spec;
        let deadline = spec.starting_deadline_seconds.map(SimDuration::from_secs);
        if deadline.is_some_and(|deadline| ctx.clock.at(self.scheduled) + deadline < self.now) {
            let date = jiff::Timestamp::from_second(self.scheduled).unwrap_or(jiff::Timestamp::MIN);
            let date = date.strftime("%a, %d %b %Y %H:%M:%S +0000");
            Self::emit(ctx, true, "MissSchedule", format!("Missed scheduled time to start a job: {date}"));
            return self.wait(ctx);
        }
        let status = &self.cronjob().status;
        if status.has_active_name(&self.job_name()) || status.last_schedule_time == Some(ctx.clock.at(self.scheduled)) {
            return self.wait(ctx);
        }
        match spec.concurrency_policy {
            // Race: `active` is the status's, which may not show a Job that was started or has finished just now. So two
            // Jobs can overlap under Forbid; with starts as far apart as schedules have them it hardly ever happens.
            ConcurrencyPolicy::Forbid if !status.active.is_empty() => {
                let message = "Not starting job because prior execution is running and concurrency policy is Forbid";
                Self::emit(ctx, false, "JobAlreadyActive", message.to_owned());
                self.wait(ctx)
            }
            ConcurrencyPolicy::Replace => {
                let old = status.active.iter().cloned().collect();
                self.replace(old, ctx)
            }
            _ => self.create(ctx),
        }
    }

    /// Deletes the Jobs that are active, one after the other, then creates the new one.
    fn replace(&mut self, old: VecDeque<ActiveJob>, ctx: &mut CronJobSyncContext) -> SyncStep {
        let Some(first) = old.front() else { return self.create(ctx) };
        let call = CronJobCall::GetJob(first.name.clone());
        self.wait_for(call, CronJobSyncPhase::Replace(old, None), ctx)
    }

    pub(super) fn replaced(
        &mut self,
        mut old: VecDeque<ActiveJob>,
        deleting: Option<JobId>,
        outcome: CronJobCallOutcome,
        ctx: &mut CronJobSyncContext,
    ) -> SyncStep {
        let name = old.front().expect("the first of them was being replaced").name.clone();
        match (deleting, outcome) {
            (None, CronJobCallOutcome::Job { job, .. }) => {
                let call = CronJobCall::DeleteJob(name, DeletionReason::Replace);
                self.wait_for(call, CronJobSyncPhase::Replace(old, Some(job)), ctx)
            }
            (None, outcome) => {
                if let CronJobCallOutcome::Failed(error) = outcome {
                    Self::emit(ctx, true, "FailedGet", format!("Get job: {}", error.text));
                }
                self.finish(SyncEnd::Failed, ctx)
            }
            (Some(job), outcome) => {
                if !self.job_deleted(job, &name, outcome, ctx) {
                    return self.finish(SyncEnd::Failed, ctx);
                }
                self.needs_write = true;
                old.pop_front();
                self.replace(old, ctx)
            }
        }
    }

    /// The name of the Job of the start that is under way. It follows from the scheduled time alone: a controller that
    /// died after it had created the Job, or whose cache does not show it, meets the Job by its name and does not start
    /// twice.
    #[doc(alias = "getJobName")]
    fn job_name(&self) -> String {
        format!("{}-{}", self.cronjob().name, self.scheduled / 60)
    }

    fn create(&mut self, ctx: &mut CronJobSyncContext) -> SyncStep {
        let call = CronJobCall::CreateJob { name: Arc::from(self.job_name()), scheduled: self.scheduled };
        self.wait_for(call, CronJobSyncPhase::Create, ctx)
    }

    pub(super) fn created(&mut self, outcome: CronJobCallOutcome, ctx: &mut CronJobSyncContext) -> SyncStep {
        match outcome {
            CronJobCallOutcome::Job { job, .. } => {
                Self::emit(ctx, false, "SuccessfulCreate", format!("Created job {}", self.job_name()));
                self.started(job, ctx)
            }
            CronJobCallOutcome::Failed(error) if error.kind == ApiErrorKind::AlreadyExists => {
                if !ctx.rules.has(ReleaseRule::FindsJobsByOwnerUid) {
                    // It is looked for in the namespace of the new Job, which has none before the API server sets it: the
                    // client refuses that itself.
                    return self.finish(SyncEnd::Failed, ctx);
                }
                let call = CronJobCall::GetJob(Arc::from(self.job_name()));
                self.wait_for(call, CronJobSyncPhase::Existing, ctx)
            }
            CronJobCallOutcome::Failed(error) => {
                if error.kind != ApiErrorKind::NamespaceTerminating {
                    Self::emit(ctx, true, "FailedCreate", format!("Error creating job: {}", error.text));
                }
                self.finish(SyncEnd::Failed, ctx)
            }
            _ => self.finish(SyncEnd::Failed, ctx),
        }
    }

    /// The Job was there already: an earlier sync created it, and could not write the status or has not seen it yet. It
    /// is taken up if this CronJob controls it.
    pub(super) fn found_existing(&mut self, outcome: CronJobCallOutcome, ctx: &mut CronJobSyncContext) -> SyncStep {
        match outcome {
            CronJobCallOutcome::Job { job, is_owned } if is_owned && !self.cronjob().status.is_active(job) => {
                self.started(job, ctx)
            }
            CronJobCallOutcome::Job { .. } => self.finish(SyncEnd::Succeeded, ctx),
            _ => self.finish(SyncEnd::Failed, ctx),
        }
    }

    fn started(&mut self, job: JobId, ctx: &mut CronJobSyncContext) -> SyncStep {
        let (name, at) = (Arc::from(self.job_name()), ctx.clock.at(self.scheduled));
        let status = self.status_mut();
        status.active.push(ActiveJob { job, name });
        status.last_schedule_time = Some(at);
        self.needs_write = true;
        self.wait(ctx)
    }

    /// The sync asks to be woken when the next start is due.
    fn wait(&mut self, ctx: &mut CronJobSyncContext) -> SyncStep {
        let since = self.cronjob().since(ctx.clock);
        let timetable = self.timetable.clone();
        let next = timetable.parsed.as_ref().ok().and_then(|s| next_look(s, &since, ctx.clock.unix(self.now)));
        // Divergence: for a time that never comes the controller would sync again at once, forever.
        match next.and_then(|next| wake_up(next, ctx.clock)) {
            Some(at) => self.finish(SyncEnd::WakeAfter(at - self.now), ctx),
            None => self.finish(SyncEnd::Succeeded, ctx),
        }
    }
}
