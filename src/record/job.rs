//! The record of one Job: how it ended, and what it took. It holds values; text is made in [`crate::report`].

use super::attempts::Attempts;
use super::{CriticalPath, Failures, JobCapacity, Overshoot, Owner, QueueRecord, RequestCounts, Waits};
use crate::api::{JobSpec, JobStatus, Pod};
use crate::controller::job::{BackoffWait, Emission};
use crate::id::JobId;
use crate::time::{SimDuration, SimTime};
use std::sync::Arc;

/// What the recorder is told when a Job is written.
#[derive(Clone, Debug)]
pub struct JobFacts {
    /// Its spec.
    pub spec: Arc<JobSpec>,
    /// Its status.
    pub status: Arc<JobStatus>,
    /// Whether it is marked for deletion.
    pub deleting: bool,
    /// Whether it has disappeared.
    pub gone: bool,
}

/// The record of one Job.
#[derive(Clone, Debug, Default)]
pub struct JobRecord {
    /// Its number in the world.
    pub id: JobId,
    /// The CronJob that created it.
    pub owner: Option<Owner>,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// When it was created; `None` if it was not.
    pub created: Option<SimTime>,
    /// When it was created in the cluster that it was read from, if it was read from one.
    pub created_before: Option<SimTime>,
    /// When the condition Complete or Failed was written.
    pub finished: Option<SimTime>,
    /// When it disappeared.
    pub gone: Option<SimTime>,
    /// Its state when it was last written.
    pub facts: Option<JobFacts>,
    /// Pods created.
    pub pods_created: u32,
    /// Pods that ended in phase Succeeded.
    pub pods_succeeded: u32,
    /// Pods that ended in phase Failed.
    pub pods_failed: u32,
    /// Pods that disappeared before they had finished, except those in `pods_removed`.
    pub pods_deleted: u32,
    /// Pods that a suspension or a scale-down deleted, or that were deleted after their Job, however they ended. Of the
    /// counts above only `pods_created` includes them.
    pub pods_removed: u32,
    /// When the first Pod ran.
    pub first_running: Option<SimTime>,
    /// When the last Pod was created.
    pub last_pod_created: Option<SimTime>,
    /// The highest `parallelism` that its spec has had.
    pub most_parallelism: i32,
    /// The greatest number of Pods that ran at the same time.
    pub most_running: u32,
    /// Container restarts (restartPolicy OnFailure).
    pub restarts: u32,
    /// Lost attempts, and their retries.
    pub(super) attempts: Attempts,
    /// Running time, summed over Pods.
    pub pod_time: SimDuration,
    /// Running time of Pods that did not succeed, summed over Pods.
    pub wasted_pod_time: SimDuration,
    /// Pod failure back-offs that its syncs waited for.
    pub waits: Vec<WaitRecord>,
    /// Kubernetes Events, in the order in which they were created.
    pub notices: Vec<NoticeRecord>,
    /// Requests that controllers made on its behalf.
    pub requests: RequestCounts,
    /// Time for which requests waited for their token, summed over requests.
    pub throttle_wait: SimDuration,
    /// Failures by their cause.
    pub failures: Failures,
    /// Creations of Pods that were refused.
    pub creations_refused: u32,
    /// Syncs that ended with an error.
    pub syncs_failed: u32,
    /// Users' requests that the API server refused: when, and its text.
    pub refusals: Vec<(SimTime, String)>,
    /// Times in which more Pods ran than `parallelism` asks for.
    pub overshoot: Overshoot,
    /// What it waited for, and what it took of the cluster.
    pub capacity: JobCapacity,
    /// The kubelet's restart back-offs that its Pods waited for.
    pub restart_waits: RestartWaits,
    /// Its wait in a queue of Kueue.
    pub queue: QueueRecord,
    /// Its critical path: what its time from creation to end was spent on.
    pub path: CriticalPath,
    /// When as many Pods had been created as it may have at the same time, not counting retries.
    pub all_created: Option<SimTime>,
    /// When as many Pods had begun to run, not counting retries.
    pub all_running: Option<SimTime>,
    /// Pods that have run and are no retries.
    pub(super) first_runs: u32,
    /// Whether its CronJob deleted it to make way for a new Job.
    pub replaced: bool,
    /// The group of Jobs whose running Pods are counted together with its own, if there are groups.
    pub(super) group: Option<u32>,
    /// Whether it counts among the Jobs of its CronJob that are under way.
    pub(super) under_way: bool,
}

/// A Pod failure back-off that a sync waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitRecord {
    /// When a sync first found that it had to wait.
    pub since: SimTime,
    /// What it waits for.
    pub wait: BackoffWait,
}

/// A restart back-off of the kubelet that a Pod waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartWaitRecord {
    /// When the containers had exited.
    pub since: SimTime,
    /// When they ran again.
    pub until: SimTime,
    /// The Pod at `until`.
    pub pod: Pod,
}

/// Restart back-offs that Pods waited for: a tally of all, and the first ones in full.
#[derive(Clone, Debug, Default)]
pub struct RestartWaits {
    /// All of them.
    pub tally: Waits,
    /// The first ones, at most a hundred.
    pub first: Vec<RestartWaitRecord>,
}

/// How many restart back-offs of a Job are kept in full.
const KEPT_RESTART_WAITS: usize = 100;

impl RestartWaits {
    pub(super) fn enter(&mut self, wait: RestartWaitRecord) {
        self.tally.enter(wait.until - wait.since);
        if self.first.len() < KEPT_RESTART_WAITS {
            self.first.push(wait);
        }
    }
}

/// A Kubernetes Event, with its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeRecord {
    /// What it says; of a combined Event, what the latest one said.
    pub emission: Emission,
    /// Whether it stands for many Events of its reason ("combined from similar events").
    pub combined: bool,
    /// How often it was emitted.
    pub count: u32,
    /// When it was created.
    pub first: SimTime,
    /// When its count was last raised.
    pub last: SimTime,
}

impl JobRecord {
    /// Pods that were created in place of a Pod that had failed, been evicted or been deleted by hand.
    pub fn retries(&self) -> u32 {
        self.attempts.retries()
    }

    /// Whether it exists and its status counts Pods as active.
    pub fn has_active_pods(&self) -> bool {
        self.gone.is_none() && self.active_pods() > 0
    }

    fn active_pods(&self) -> i32 {
        self.facts.as_ref().map_or(0, |facts| facts.status.active)
    }

    /// How many of the Pods that its status counts as active are not bound to a node now.
    pub fn unbound_pods(&self) -> i32 {
        let active = self.active_pods();
        // Pods that are being deleted are bound, but not active.
        (active - self.capacity.occupancy.value() as i32).max(0)
    }

    /// Whether it has not ended, or still has running Pods.
    pub(super) fn is_under_way(&self) -> bool {
        self.created.is_some() && (!self.is_over() || self.overshoot.running() > 0)
    }

    /// Whether it has ended or is gone.
    pub fn is_over(&self) -> bool {
        self.finished.is_some() || self.gone.is_some()
    }

    /// How many Pods it may have at the same time, by its parallelism and its completions.
    pub(super) fn at_once(&self) -> u32 {
        let spec = self.facts.as_ref().map(|facts| &facts.spec);
        let pods = spec.map_or(0, |spec| spec.completions.map_or(spec.parallelism, |all| all.min(spec.parallelism)));
        pods.max(0) as u32
    }

    /// From its creation to its end; `None` without an end.
    pub fn duration(&self) -> Option<SimDuration> {
        Some(self.finished? - self.created?)
    }

    /// Time in which a sync waited for at least one Pod failure back-off, until the Job ended or, if it has not, until
    /// `end`.
    pub fn backoff_wait(&self, end: SimTime) -> SimDuration {
        let end = self.finished.or(self.gone).unwrap_or(end).min(end);
        let (mut total, mut until) = (SimDuration::ZERO, SimTime::ZERO);
        for wait in &self.waits {
            let (from, to) = (wait.since.max(until), wait.wait.until.min(end));
            total += (to - from).max(SimDuration::ZERO);
            until = until.max(to);
        }
        total
    }

    /// Empties it for another run; keeps the allocated memory.
    pub(super) fn reset(&mut self, namespace: &str, name: &str) {
        let mut fresh = JobRecord {
            name: std::mem::take(&mut self.name),
            namespace: std::mem::take(&mut self.namespace),
            waits: std::mem::take(&mut self.waits),
            notices: std::mem::take(&mut self.notices),
            refusals: std::mem::take(&mut self.refusals),
            path: std::mem::take(&mut self.path),
            ..JobRecord::default()
        };
        name.clone_into(&mut fresh.name);
        namespace.clone_into(&mut fresh.namespace);
        fresh.waits.clear();
        fresh.notices.clear();
        fresh.refusals.clear();
        fresh.path.reset();
        *self = fresh;
    }

    /// The longest back-off that a sync waited for, by its rule; an end of the Job does not shorten it.
    pub fn longest_backoff(&self) -> Option<SimDuration> {
        self.waits.iter().map(|w| w.wait.backoff).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_that_overlap_count_once_and_end_with_the_job() {
        let at = |secs| SimTime::ZERO + SimDuration::from_secs(secs);
        let wait = |since, until| WaitRecord {
            since: at(since),
            wait: BackoffWait { until: at(until), backoff: SimDuration::from_secs(10), failures: 1, index: None },
        };
        let waits = vec![wait(1, 10), wait(5, 15), wait(6, 7), wait(8, 14), wait(20, 30), wait(40, 60)];
        let mut job = JobRecord { waits, finished: Some(at(50)), ..JobRecord::default() };
        assert_eq!(job.backoff_wait(at(70)), SimDuration::from_secs(14 + 10 + 10));
        job.finished = None;
        assert_eq!(job.backoff_wait(at(70)), SimDuration::from_secs(14 + 10 + 20));
    }

    #[test]
    fn a_record_that_is_used_again_begins_empty() {
        let wait = |secs| WaitRecord {
            since: SimTime::ZERO,
            wait: BackoffWait { until: SimTime::ZERO, backoff: SimDuration::from_secs(secs), failures: 1, index: None },
        };
        let mut job = JobRecord { waits: vec![wait(10), wait(40), wait(20)], ..JobRecord::default() };
        assert_eq!(job.longest_backoff(), Some(SimDuration::from_secs(40)));
        job.refusals.push((SimTime::ZERO, "why".to_owned()));
        job.reset("default", "next");
        assert_eq!((job.waits.len(), job.notices.len(), job.refusals.len(), &*job.name), (0, 0, 0, "next"));
        assert_eq!(job.longest_backoff(), None);
    }

    #[test]
    fn a_job_is_under_way_until_it_is_over_and_its_last_pod_has_stopped() {
        let at = |secs| SimTime::ZERO + SimDuration::from_secs(secs);
        let mut job = JobRecord::default();
        assert!(!job.is_under_way());
        job.created = Some(at(1));
        job.overshoot.count(at(2), 1, None);
        assert!(job.is_under_way());
        job.finished = Some(at(5));
        assert!(job.is_under_way(), "its Pod still runs");
        job.overshoot.count(at(9), -1, None);
        assert!(!job.is_under_way());
    }
}
