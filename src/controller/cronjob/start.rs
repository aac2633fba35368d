//! The second half of a pass: whether a start is due and may be made, and the creation of its Job.

use super::START_DELAY;
use super::call::{ApiErrorKind, Call, DeletionReason, Outcome};
use super::due::{Due, InvalidSchedule, Missed, most_recent, next_look};
use super::sync::{Context, End, Pass, Phase, Step};
use crate::api::{ActiveJob, ConcurrencyPolicy};
use crate::cron::quote;
use crate::id::JobId;
use crate::time::SimDuration;
use std::collections::VecDeque;
use std::sync::Arc;

impl Pass {
    /// Looks whether a start is due.
    #[doc(alias = "syncCronJob")]
    pub(super) fn consider_start(&mut self, ctx: &mut Context) -> Step {
        if self.cronjob().deleting
            || !self.has_known_zone(ctx)
            || self.cronjob().spec.suspend
            || !self.has_schedule(ctx)
        {
            return self.finish(End::Rest);
        }
        let timetable = self.timetable.clone();
        let Ok(schedule) = &timetable.parsed else { return self.finish(End::Rest) };
        let since = self.cronjob().since(ctx.clock);
        match most_recent(schedule, &since, ctx.clock.unix(self.now), true) {
            Err(InvalidSchedule) => {
                let (text, why) = (&self.cronjob().spec.schedule, InvalidSchedule::TEXT);
                Self::emit(ctx, true, "InvalidSchedule", format!("invalid schedule: {text} : {why}"));
                self.finish(End::Rest)
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

    fn has_known_zone(&self, ctx: &mut Context) -> bool {
        let (Err(why), Some(name)) = (&self.timetable.zone, &self.cronjob().spec.time_zone) else { return true };
        Self::emit(ctx, true, "UnknownTimeZone", format!("invalid timeZone: {}: {why}", quote(name)));
        false
    }

    #[doc(alias = "formatSchedule")]
    fn has_schedule(&self, ctx: &mut Context) -> bool {
        let text = &self.cronjob().spec.schedule;
        if text.contains("TZ") {
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

    /// A start is due: it is left out, replaces others, or is made.
    fn start(&mut self, ctx: &mut Context) -> Step {
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
            ConcurrencyPolicy::Forbid if !status.active.is_empty() => {
                let message = "Not starting job because prior execution is running and concurrency policy is Forbid";
                Self::emit(ctx, false, "JobAlreadyActive", message.to_owned());
                self.wait(ctx)
            }
            ConcurrencyPolicy::Replace => {
                let old = status.active.iter().cloned().collect();
                self.replace(old)
            }
            _ => self.create(),
        }
    }

    fn replace(&mut self, old: VecDeque<ActiveJob>) -> Step {
        let Some(first) = old.front() else { return self.create() };
        let call = Call::GetJob(first.name.clone());
        self.phase = Phase::Replace(old, None);
        Step::Call(call)
    }

    pub(super) fn replaced(
        &mut self,
        mut old: VecDeque<ActiveJob>,
        deleting: Option<JobId>,
        outcome: Outcome,
        ctx: &mut Context,
    ) -> Step {
        let Some(name) = old.front().map(|entry| entry.name.clone()) else { return self.create() };
        match (deleting, outcome) {
            (None, Outcome::Job { job, .. }) => {
                self.phase = Phase::Replace(old, Some(job));
                Step::Call(Call::DeleteJob(name, DeletionReason::Replace))
            }
            (None, outcome) => {
                if let Outcome::Failed(error) = outcome {
                    Self::emit(ctx, true, "FailedGet", format!("Get job: {}", error.text));
                }
                self.finish(End::Failed)
            }
            (Some(job), outcome) => {
                if !self.job_deleted(job, &name, outcome, ctx) {
                    return self.finish(End::Failed);
                }
                self.needs_write = true;
                old.pop_front();
                self.replace(old)
            }
        }
    }

    /// The name of the Job of the start that is under way.
    #[doc(alias = "getJobName")]
    fn job_name(&self) -> String {
        format!("{}-{}", self.cronjob().name, self.scheduled / 60)
    }

    fn create(&mut self) -> Step {
        self.phase = Phase::Create;
        Step::Call(Call::CreateJob { name: Arc::from(self.job_name()), scheduled: self.scheduled })
    }

    pub(super) fn created(&mut self, outcome: Outcome, ctx: &mut Context) -> Step {
        match outcome {
            Outcome::Job { job, .. } => {
                Self::emit(ctx, false, "SuccessfulCreate", format!("Created job {}", self.job_name()));
                self.started(job, ctx)
            }
            Outcome::Failed(error) if error.kind == ApiErrorKind::AlreadyExists => {
                self.phase = Phase::Existing;
                Step::Call(Call::GetJob(Arc::from(self.job_name())))
            }
            Outcome::Failed(error) => {
                if error.kind != ApiErrorKind::NamespaceTerminating {
                    Self::emit(ctx, true, "FailedCreate", format!("Error creating job: {}", error.text));
                }
                self.finish(End::Failed)
            }
            _ => self.finish(End::Failed),
        }
    }

    /// The Job was there already: it is taken up if this CronJob controls it.
    pub(super) fn found_existing(&mut self, outcome: Outcome, ctx: &mut Context) -> Step {
        match outcome {
            Outcome::Job { job, is_owned } if is_owned && !self.cronjob().status.is_active(job) => {
                self.started(job, ctx)
            }
            Outcome::Job { .. } => self.finish(End::Rest),
            _ => self.finish(End::Failed),
        }
    }

    fn started(&mut self, job: JobId, ctx: &mut Context) -> Step {
        let (name, at) = (Arc::from(self.job_name()), ctx.clock.at(self.scheduled));
        let status = self.status_mut();
        status.active.push(ActiveJob { job, name });
        status.last_schedule_time = Some(at);
        self.needs_write = true;
        self.wait(ctx)
    }

    /// The pass asks to be woken when the next start is due.
    fn wait(&mut self, ctx: &mut Context) -> Step {
        let since = self.cronjob().since(ctx.clock);
        let timetable = self.timetable.clone();
        let next = timetable.parsed.as_ref().ok().and_then(|s| next_look(s, &since, ctx.clock.unix(self.now)));
        // Divergence: for a time that never comes the controller would look again at once, and so for ever.
        match next {
            Some(next) => self.finish(End::Wake(ctx.clock.at(next) + START_DELAY - self.now)),
            None => self.finish(End::Rest),
        }
    }
}
