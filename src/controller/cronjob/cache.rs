//! What the controller knows about a CronJob: the CronJob and its Jobs as the watch caches hold them, and its parsed
//! schedule. A restart loses all of it.

use super::due::Since;
use crate::api::{CronJobSpec, CronJobStatus, JobConditionType, JobStatus};
use crate::cron::{Location, Schedule};
use crate::id::JobId;
use crate::time::{SimTime, WallClock};
use std::sync::Arc;

/// A CronJob as the watch cache holds it and as the API returns it.
#[derive(Clone, Debug)]
pub struct CachedCronJob {
    /// Its name.
    pub name: Arc<str>,
    /// Its spec.
    pub spec: Arc<CronJobSpec>,
    /// Its status, as stored.
    pub status: CronJobStatus,
    /// `metadata.resourceVersion`.
    pub version: u64,
    /// `metadata.creationTimestamp`.
    pub created: SimTime,
    /// Whether it has a deletionTimestamp.
    pub deleting: bool,
}

impl CachedCronJob {
    /// From when its starts count.
    pub fn since(&self, clock: WallClock) -> Since {
        Since {
            created: clock.unix(self.created),
            last_scheduled: self.status.last_schedule_time.map(|t| clock.unix(t)),
            deadline: self.spec.starting_deadline_seconds,
        }
    }
}

/// What a sync reads of a Job that the CronJob controls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedJob {
    /// The Job; its id stands for the UID.
    pub job: JobId,
    /// Its name.
    pub name: Arc<str>,
    /// Its position in the cache's index: a sync visits its Jobs in this order.
    pub place: u32,
    /// When it started.
    pub start: Option<SimTime>,
    /// How it finished, if it has.
    pub finished: Option<Finished>,
    /// When it completed.
    pub completion: Option<SimTime>,
}

/// How a Job finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// Successfully.
    Complete,
    /// Unsuccessfully.
    Failed,
}

impl Finished {
    /// The condition's type.
    pub fn as_str(self) -> &'static str {
        match self {
            Finished::Complete => "Complete",
            Finished::Failed => "Failed",
        }
    }
}

impl OwnedJob {
    /// Takes the relevant part of a Job's status.
    pub fn new(job: JobId, name: Arc<str>, status: &JobStatus) -> Self {
        let finished = status.finished().map(|c| match c.condition_type {
            JobConditionType::Complete => Finished::Complete,
            _ => Finished::Failed,
        });
        OwnedJob { job, name, place: 0, start: status.start_time, finished, completion: status.completion_time }
    }
}

/// A schedule and a time zone, parsed; kept as long as neither changes.
#[derive(Clone, Debug)]
pub struct Timetable {
    /// The spec from which it was parsed. A schedule can be long, so it is compared only where the spec is another.
    spec: Arc<CronJobSpec>,
    /// Whether the text of the schedule contains `TZ`, which is not supported officially.
    pub(super) names_zone: bool,
    /// The schedule in its zone, or the parser's text.
    pub parsed: Result<Schedule, String>,
    /// The zone of `spec.timeZone`, UTC without one; or why it is unknown.
    pub zone: Result<Location, String>,
}

impl Timetable {
    /// Reads the schedule and zone of a spec.
    pub fn of(spec: &Arc<CronJobSpec>) -> Self {
        let zone = spec.time_zone.as_deref();
        Timetable {
            spec: spec.clone(),
            names_zone: spec.schedule.contains("TZ"),
            parsed: Schedule::of_cronjob(&spec.schedule, zone),
            zone: Location::load(zone.unwrap_or_default()),
        }
    }

    /// Whether it was parsed from this spec.
    pub fn fits(&self, spec: &Arc<CronJobSpec>) -> bool {
        self.spec.has_times_of(spec)
    }
}
