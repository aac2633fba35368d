//! A CronJob as its controller sees it: the resolved, defaulted part that affects what happens. The manifest and the
//! meaning of the schedule are elsewhere (see [`crate::cron`]).

use crate::id::JobId;
use crate::time::SimTime;
use std::sync::Arc;

/// The resolved `spec` of a CronJob, without its Job template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronJobSpec {
    /// The schedule in cron syntax.
    pub schedule: String,
    /// The time zone in which the schedule is read; `None` for the controller's own.
    pub time_zone: Option<String>,
    /// What happens at a start while Jobs of earlier starts are running.
    pub concurrency_policy: ConcurrencyPolicy,
    /// Whether starts are suspended.
    pub suspend: bool,
    /// How late a start may still be made, in seconds.
    pub starting_deadline_seconds: Option<i64>,
    /// How many completed Jobs are kept.
    pub successful_jobs_history_limit: i32,
    /// How many failed Jobs are kept.
    pub failed_jobs_history_limit: i32,
}

impl CronJobSpec {
    /// Whether it has the schedule and the time zone of another. A schedule can be a long text, so it is compared only if
    /// the two are not one.
    pub fn has_times_of(self: &Arc<Self>, other: &Arc<Self>) -> bool {
        Arc::ptr_eq(self, other) || (&self.schedule, &self.time_zone) == (&other.schedule, &other.time_zone)
    }
}

/// `spec.concurrencyPolicy` of a CronJob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConcurrencyPolicy {
    /// Jobs may run side by side.
    Allow,
    /// A start is skipped while a Job is active.
    Forbid,
    /// The active Job is deleted and replaced.
    Replace,
}

impl ConcurrencyPolicy {
    /// The name as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Forbid => "Forbid",
            Self::Replace => "Replace",
        }
    }
}

/// The `status` of a CronJob. Times are whole seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CronJobStatus {
    /// Running Jobs, in the order in which they were added.
    pub active: Vec<ActiveJob>,
    /// The scheduled time of the last start.
    pub last_schedule_time: Option<SimTime>,
    /// When a Job last completed.
    pub last_successful_time: Option<SimTime>,
}

impl CronJobStatus {
    /// Whether a Job is in the list of active Jobs.
    #[doc(alias = "inActiveList")]
    pub fn is_active(&self, job: JobId) -> bool {
        self.active.iter().any(|a| a.job == job)
    }

    /// Whether a Job with this name is in the list of active Jobs.
    #[doc(alias = "inActiveListByName")]
    pub fn has_active_name(&self, name: &str) -> bool {
        self.active.iter().any(|a| *a.name == *name)
    }

    /// Removes a Job from the list of active Jobs.
    #[doc(alias = "deleteFromActiveList")]
    pub fn remove_active(&mut self, job: JobId) {
        self.active.retain(|a| a.job != job);
    }
}

/// A reference to a running Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveJob {
    /// The Job; its id stands for the UID.
    pub job: JobId,
    /// Its name.
    pub name: Arc<str>,
}

/// The status that a CronJob read from a cluster starts the run with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitialCronJobStatus {
    /// When the CronJob was created, if the object says so.
    pub created: Option<SimTime>,
    /// The scheduled time of the last start.
    pub last_schedule_time: Option<SimTime>,
    /// When a Job last completed.
    pub last_successful_time: Option<SimTime>,
    /// The names of the running Jobs.
    pub active: Vec<String>,
    /// The latest time that the object shows. It was read at this time or later.
    pub latest: SimTime,
    /// Whether it was being deleted.
    pub deleting: bool,
}
