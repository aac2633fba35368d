//! Whether a measure is meaningful for a setup. A meaningless measure is rejected, because it would still give a
//! number: for a CronJob, `P(complete within 4h)` would always be 0. Only what is impossible is rejected, not what is
//! unlikely: "no Pod fails" is an answer, but without slots there is no utilisation.

use super::goal::{GoalEvent, Measure, Measured};
use super::goal_text::GoalError;
use super::job_share::JobEvent;
use super::outcome::JobEnd;
use super::response::Response;
use super::setup::Setup;
use crate::api::{ConcurrencyPolicy, JobReason, JobSpec, PodFailurePolicyAction, RestartPolicy};
use crate::text::suggest;
use crate::time::SimDuration;
use crate::world::Action;
use std::sync::Arc;

impl Measure {
    /// Rejects a measure of something that the setup does not have.
    ///
    /// # Errors
    /// Why it is meaningless, and what to ask or add instead.
    pub fn check(&self, setup: &Setup) -> Result<(), GoalError> {
        let about = MeasuredJobs { setup, series: self.series };
        let event = match &self.what {
            Measured::Probability(event) | Measured::Share(JobEvent::Happens(event)) => Some(event),
            Measured::Share(JobEvent::Within { span, .. } | JobEvent::LongerThan(span)) => {
                about.is_within(*span)?;
                None
            }
            Measured::Share(JobEvent::DoneBy(_)) => None,
            Measured::Statistic(_, response) => {
                about.has(*response)?;
                None
            }
            Measured::OfPool(_, response, pool) => {
                about.has(*response)?;
                about.has_pool(pool)?;
                None
            }
        };
        self.given.iter().chain(event).try_for_each(|event| about.can_happen(event))
    }

    /// Why it is always 0; it may be asked for nevertheless if a limit varies.
    pub fn always_zero(&self, setup: &Setup) -> Option<String> {
        use Response as R;
        let Measured::Statistic(_, response) = self.what else { return None };
        let is_of_retries = matches!(response, R::Retries | R::BackoffWaits | R::BackoffWait | R::LongestBackoff);
        let about = MeasuredJobs { setup, series: self.series };
        let retries = |spec: &JobSpec| {
            let per_index = spec.backoff_limit_per_index.is_some_and(|limit| limit > 0);
            spec.backoff_limit > 0 && spec.backoff_limit_per_index.is_none()
                || per_index
                || spec.has_failure_action(PodFailurePolicyAction::Ignore)
        };
        let is_zero = is_of_retries && !about.any_job(retries) && !about.setup.edits("backoffLimit");
        is_zero.then(|| format!("{} is always 0: backoffLimit is 0, so nothing is tried again", response.name()))
    }
}

/// What a measure is about: all Jobs of a setup, or a series of them.
struct MeasuredJobs<'a> {
    setup: &'a Setup,
    series: Option<usize>,
}

fn refused(message: impl Into<String>) -> Result<(), GoalError> {
    Err(GoalError { message: message.into(), suggestion: None })
}

fn never_ends(instead: &str) -> Result<(), GoalError> {
    refused(format!(
        "a CronJob goes on creating Jobs, so there is no time to its end: ask about its Jobs, such as {instead}"
    ))
}

impl MeasuredJobs<'_> {
    fn is_of(&self, series: usize) -> bool {
        self.series.is_none_or(|own| own == series)
    }

    fn has_cronjobs(&self) -> bool {
        self.setup.cronjobs.iter().any(|cronjob| self.is_of(cronjob.series))
    }

    /// Whether a Job, or a Job of a CronJob, satisfies a predicate.
    fn any_job(&self, is: impl Fn(&JobSpec) -> bool) -> bool {
        let jobs = self.setup.jobs.iter().filter(|job| self.is_of(job.series));
        // Copies of a Job share its spec and are checked once.
        let mut before: Option<&Arc<JobSpec>> = None;
        let mut jobs = jobs.filter(|job| {
            let spec = &job.object.spec;
            !before.replace(spec).is_some_and(|last| Arc::ptr_eq(last, spec))
        });
        let mut cronjobs = self.setup.cronjobs.iter().filter(|cronjob| self.is_of(cronjob.series));
        jobs.any(|job| is(&job.object.spec))
            || cronjobs.any(|cronjob| cronjob.object.job(&cronjob.object.name).is_ok_and(|job| is(&job.spec)))
    }

    /// Whether a user takes an action of this kind.
    fn any_action(&self, is: impl Fn(&Action) -> bool) -> bool {
        self.setup.actions.iter().any(|action| is(&action.action))
    }

    /// Whether something may delete Jobs before they have ended.
    fn deletes_jobs(&self) -> bool {
        let cronjobs = &self.setup.cronjobs;
        self.setup.jobs.iter().any(|job| job.begins.as_ref().is_some_and(|begins| begins.deleting))
            || self.any_action(|action| matches!(action, Action::DeleteJob(..) | Action::DeleteCronJob(..)))
            || cronjobs.iter().any(|c| c.status.as_ref().is_some_and(|status| status.deleting))
            || cronjobs.iter().any(|c| c.object.spec().concurrency_policy == ConcurrencyPolicy::Replace)
            || self.setup.edits("concurrencyPolicy")
    }

    /// Rejects a response that is meaningless for the setup.
    fn has(&self, response: Response) -> Result<(), GoalError> {
        use Response as R;
        let name = response.name();
        let config = &self.setup.config;
        match response {
            R::AllCreated | R::AllRunning if self.has_cronjobs() => refused(format!(
                "{name}: the Jobs of a CronJob have no common beginning; ask `max(mostRunning)` or \
                 `share(complete within 4h)`"
            )),
            R::PathRoom if config.slots.is_none() && config.nodes.is_none() => refused(format!(
                "{name} is about room, and there is room without end here: cluster.slots or cluster.nodes bound it"
            )),
            R::Duration | R::TimeToComplete if self.has_cronjobs() => {
                never_ends("`share(longer than 4h)`, or `p95(longestJob)` (the longest time of one Job)")
            }
            _ if response.is_of_cronjobs() && !self.has_cronjobs() => {
                refused(format!("{name} is about the starts of CronJobs, and there is no CronJob here"))
            }
            _ if response.is_of_nodes() && config.nodes.is_none() => {
                refused(format!("{name} is about nodes, and there are none: cluster.nodes says which there are"))
            }
            R::Utilisation | R::RoomWait | R::LongestRoomWait | R::Queueing | R::AtRoom if config.slots.is_none() => {
                refused(format!(
                    "{name} is about the slots of the cluster, and none are set: cluster.slots says how many"
                ))
            }
            R::QueueTime | R::LongestQueueTime if config.kueue.is_none() => {
                refused(format!("{name} is about queues of Kueue, and there are none: cluster.kueue"))
            }
            R::ThrottleWait | R::Throttled | R::HeldUp | R::ThrottleShare | R::AtThrottle | R::PathThrottle
                if config.throttle.is_none() =>
            {
                refused(format!(
                    "{name} is about the client's throttle, and there is none here: cluster.clientThrottle"
                ))
            }
            R::ContainerRestarts | R::PathRestart
                if !self.any_job(|spec| spec.template.restart_policy == RestartPolicy::OnFailure) =>
            {
                refused(format!(
                    "{name} is about containers that are restarted in their Pod, and no Job has restartPolicy: OnFailure; \
                     new Pods in the place of failed ones are `retries`"
                ))
            }
            R::IgnoredFailures if !self.any_job(|spec| spec.has_failure_action(PodFailurePolicyAction::Ignore)) => {
                refused(format!("{name} is about rules of a podFailurePolicy with action Ignore, and no Job has one"))
            }
            R::AtSuspended | R::PathSuspended if !self.any_job(|spec| spec.suspend) && !self.setup.edits("suspend") => {
                refused(format!("{name} is about suspended Jobs, and none is or will be suspended here"))
            }
            R::JobsDeleted if !self.deletes_jobs() => refused(format!("{name}: nothing here deletes a Job")),
            _ => Ok(()),
        }
    }

    /// Rejects a pool of nodes that the setup does not have.
    fn has_pool(&self, name: &str) -> Result<(), GoalError> {
        let pools = self.setup.config.nodes.as_ref().map_or(&[][..], |nodes| &nodes.pools);
        if pools.iter().any(|pool| *pool.name == *name) {
            return Ok(());
        }
        let names = || pools.iter().map(|pool| &*pool.name);
        let there_are = match pools {
            [] => "there are none".to_owned(),
            _ => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
        };
        let message = format!("there is no pool of nodes {name:?}; {there_are}");
        Err(GoalError { message, suggestion: suggest(name, names()).map(str::to_owned) })
    }

    /// Rejects an event that cannot happen.
    fn can_happen(&self, event: &GoalEvent) -> Result<(), GoalError> {
        match *event {
            GoalEvent::Within { span, .. } if self.has_cronjobs() => never_ends(&format!(
                "`share(complete within {span})` of its starts, or `P(longestJob <= {span})` (the longest time of one Job)"
            )),
            GoalEvent::Within { span, .. } => self.is_within(span),
            GoalEvent::Compares(response, ..) => self.has(response),
            GoalEvent::Reason(reason) => self.can_end_by(reason),
            GoalEvent::End(JobEnd::Deleted) if !self.deletes_jobs() => refused("Deleted: nothing here deletes a Job"),
            GoalEvent::End(JobEnd::NotCreated) if self.is_one_created() => {
                refused("NotCreated: a Job is created here in any case")
            }
            _ => Ok(()),
        }
    }

    /// Rejects a time that virtual time does not reach.
    fn is_within(&self, span: SimDuration) -> Result<(), GoalError> {
        let until = self.setup.until;
        if span <= until {
            return Ok(());
        }
        refused(format!(
            "virtual time ends after {until}: what happens within {span} is not known (--until, or until: in a scenario)"
        ))
    }

    /// Whether at least one Job is certain to be created.
    fn is_one_created(&self) -> bool {
        let Setup { jobs, arrivals, until, .. } = self.setup;
        arrivals.is_empty() && jobs.iter().any(|job| self.is_of(job.series) && job.at <= *until)
    }

    /// Rejects a reason for which no Job can end.
    fn can_end_by(&self, reason: JobReason) -> Result<(), GoalError> {
        use JobReason as R;
        let name = reason.as_str();
        let lacks = |field: &str, has: &dyn Fn(&JobSpec) -> bool| match self.any_job(has) || self.setup.edits(field) {
            true => Ok(()),
            false => refused(format!("{name}: no Job has {field}, so none ends for that reason")),
        };
        match reason {
            R::JobSuspended | R::JobResumed => {
                refused(format!("{name} is a reason of the condition Suspended: no Job ends for it"))
            }
            R::CompletionsReached | R::BackoffLimitExceeded | R::Empty | R::Custom => Ok(()),
            R::SuccessPolicy => lacks("successPolicy", &|spec| spec.success_policy.is_some()),
            R::PodFailurePolicy => {
                lacks("podFailurePolicy", &|spec| spec.has_failure_action(PodFailurePolicyAction::FailJob))
            }
            R::DeadlineExceeded => lacks("activeDeadlineSeconds", &|spec| spec.active_deadline_seconds.is_some()),
            R::MaxFailedIndexesExceeded => lacks("maxFailedIndexes", &|spec| spec.max_failed_indexes.is_some()),
            R::FailedIndexes => lacks("backoffLimitPerIndex", &|spec| spec.backoff_limit_per_index.is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_responses_about_cronjobs_stand_together() {
        let names: Vec<&str> = Response::ALL.iter().filter(|r| r.is_of_cronjobs()).map(|r| r.name()).collect();
        assert_eq!((names.len(), names[0], names[names.len() - 1]), (16, "dueStarts", "mostAtOnce"));
    }
}
