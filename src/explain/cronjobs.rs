//! Replaces CronJobs by the Jobs that they create, which are then explained. When Jobs start is not explained.

use crate::cron::Schedule;
use crate::experiment::{PlannedCronJob, PlannedJob, Setup};
use crate::world::{Action, JobRef};
use std::sync::Arc;

/// The setup with each CronJob replaced by the first Job that it creates. These Jobs come after all others.
pub fn as_jobs(setup: &Setup) -> Setup {
    if setup.cronjobs.is_empty() {
        return setup.clone();
    }
    let mut jobs = setup.jobs.clone();
    let mut assignment = (*setup.assignment).clone();
    for cronjob in &setup.cronjobs {
        let object = &cronjob.object;
        // `validate` reports a Job that the API server would refuse.
        let Ok(job) = object.job(&first_name(cronjob, setup)) else { continue };
        let model = assignment.cronjobs.get(&(object.namespace.clone(), object.name.clone())).copied();
        assignment.jobs.insert((job.namespace.clone(), job.name.clone()), model.unwrap_or(0));
        jobs.push(PlannedJob {
            object: Arc::new(job),
            at: cronjob.at,
            begins: None,
            owner: None,
            series: cronjob.series,
        });
    }
    let of_jobs = |action: &Action| match action {
        Action::PatchJob(job, _) | Action::DeleteJob(job, _) | Action::DeletePod(job, _) => {
            matches!(job, JobRef::Id(_))
        }
        Action::RestartControllers(_) => true,
        _ => false,
    };
    let mut actions = setup.actions.clone();
    actions.retain(|action| of_jobs(&action.action));
    Setup { jobs, cronjobs: Vec::new(), actions, assignment: Arc::new(assignment), ..setup.clone() }
}

/// The name of the first Job that a CronJob creates.
fn first_name(cronjob: &PlannedCronJob, setup: &Setup) -> String {
    let object = &cronjob.object;
    let from = setup.config.clock.unix(setup.start + cronjob.at);
    let schedule = Schedule::of_cronjob(&object.schedule, object.time_zone.as_deref()).ok();
    let first = schedule.and_then(|schedule| schedule.next(from)).unwrap_or(from);
    format!("{}-{}", object.name, first / 60)
}

/// The assumption about such a Job; `job` is its index in the setup of [`as_jobs`].
pub fn supposes(job: usize, setup: &Setup) -> Option<String> {
    let cronjob = setup.cronjobs.get(job.checked_sub(setup.jobs.len())?)?;
    Some(format!(
        "It is the first Job of CronJob {}, started when that is created; `jobsim next` lists the starts, `jobsim run` \
         simulates them.",
        cronjob.object.name
    ))
}
