//! A CronJob as its controller sees it: the resolved, defaulted part that has an effect on what happens. It is not the
//! manifest, and not the schedule's meaning (see [`crate::cron`]).

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

/// `spec.concurrencyPolicy` of a CronJob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConcurrencyPolicy {
    /// Jobs may run side by side.
    Allow,
    /// A start is skipped while a Job is active.
    Forbid,
    /// The active Job is deleted.
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

/// The status with which a CronJob that was read from a cluster begins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitialCronJobStatus {
    /// When the CronJob was created, if the object says so.
    pub created: Option<SimTime>,
    /// The scheduled time of the last start.
    pub last_schedule_time: Option<SimTime>,
    /// When a Job last completed.
    pub last_successful_time: Option<SimTime>,
    /// The names of the Jobs that run.
    pub active: Vec<String>,
    /// The latest time that the object shows: it was read then or later.
    pub latest: SimTime,
    /// Whether it was being deleted.
    pub deleting: bool,
}
