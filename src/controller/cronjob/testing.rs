//! The CronJob that the controller's tests start from. It is not part of the library.

use super::CachedCronJob;
use crate::api::{ConcurrencyPolicy, CronJobSpec, CronJobStatus};
use crate::time::SimTime;
use std::sync::Arc;

/// A CronJob of this name and schedule, with the API's defaults.
pub fn cronjob(name: &str, schedule: &str, suspend: bool, created: SimTime) -> CachedCronJob {
    let spec = CronJobSpec {
        schedule: schedule.to_owned(),
        time_zone: None,
        concurrency_policy: ConcurrencyPolicy::Allow,
        suspend,
        starting_deadline_seconds: None,
        successful_jobs_history_limit: 3,
        failed_jobs_history_limit: 1,
    };
    let (name, status) = (name.into(), CronJobStatus::default());
    CachedCronJob { name, spec: Arc::new(spec), status, version: 1, created, deleting: false }
}
