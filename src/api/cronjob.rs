//! A CronJob as its controller sees it: the resolved, defaulted part that has an effect on what happens. It is not the
//! manifest, and not the schedule's meaning (see [`super::cron`]).

use super::{ConcurrencyPolicy, CronJobObject};
use crate::id::JobId;
use crate::time::SimTime;
use std::sync::Arc;

/// The resolved `spec` of a CronJob, without its Job template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronJobSpec {
    /// When Jobs are started.
    pub schedule: String,
    /// The zone whose clock counts; `None` for the controller's own.
    pub time_zone: Option<String>,
    /// What is done while Jobs of earlier starts run.
    pub concurrency_policy: ConcurrencyPolicy,
    /// Whether starts are held back.
    pub suspend: bool,
    /// How late a start may be, in seconds.
    pub starting_deadline_seconds: Option<i64>,
    /// How many completed Jobs are kept.
    pub successful_jobs_history_limit: i32,
    /// How many failed Jobs are kept.
    pub failed_jobs_history_limit: i32,
}

impl CronJobSpec {
    /// What the controller reads of an object.
    pub fn of(object: &CronJobObject) -> Self {
        CronJobSpec {
            schedule: object.schedule.clone(),
            time_zone: object.time_zone.clone(),
            concurrency_policy: object.concurrency_policy,
            suspend: object.suspend,
            starting_deadline_seconds: object.starting_deadline_seconds,
            successful_jobs_history_limit: object.successful_jobs_history_limit,
            failed_jobs_history_limit: object.failed_jobs_history_limit,
        }
    }
}

/// The `status` of a CronJob. Times are whole seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CronJobStatus {
    /// Jobs that run, in the order in which they were entered.
    pub active: Vec<ActiveJob>,
    /// The scheduled time of the last start.
    pub last_schedule_time: Option<SimTime>,
    /// When a Job last completed.
    pub last_successful_time: Option<SimTime>,
}

impl CronJobStatus {
    /// Whether a Job is in the list of active ones.
    #[doc(alias = "inActiveList")]
    pub fn is_active(&self, job: JobId) -> bool {
        self.active.iter().any(|a| a.job == job)
    }

    /// Whether a Job of a name is in the list of active ones.
    #[doc(alias = "inActiveListByName")]
    pub fn has_active_name(&self, name: &str) -> bool {
        self.active.iter().any(|a| *a.name == *name)
    }

    /// Takes a Job out of the list of active ones.
    #[doc(alias = "deleteFromActiveList")]
    pub fn remove_active(&mut self, job: JobId) {
        self.active.retain(|a| a.job != job);
    }
}

/// A reference to a Job that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveJob {
    /// The Job; its id stands for the UID.
    pub job: JobId,
    /// Its name.
    pub name: Arc<str>,
}
