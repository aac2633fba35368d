//! The flat record of a replication: for each Job, and for all of them, how it ended and what it took. It is what
//! summaries, comparisons and files of records are made of; what happened in between is in a
//! [`super::Timeline`].
//!
//! Invariant: every response is a whole number (nanoseconds or a count), so that sums over replications are exact and do
//! not depend on their order.

use super::batch::{Ends, Shared, Starts};
use super::seconds;
use crate::api::{JobConditionType, JobReason};
use crate::record::{Failures, JobRecord, OvershootByCause, RequestCounts};
use crate::time::{SimDuration, SimTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a Job ended. Of several Jobs it is the worst, in the order of this list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum End {
    /// Condition Complete.
    Complete,
    /// Condition Failed.
    Failed,
    /// It disappeared before it had ended.
    Deleted,
    /// It had not ended when the replication was over: the longest virtual time had come, or nothing more happens.
    Unfinished,
    /// It was never created.
    #[default]
    NotCreated,
}

impl End {
    /// Every end, from the best.
    pub const ALL: [End; 5] = [Self::Complete, Self::Failed, Self::Deleted, Self::Unfinished, Self::NotCreated];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "Complete",
            Self::Failed => "Failed",
            Self::Deleted => "Deleted",
            Self::Unfinished => "Unfinished",
            Self::NotCreated => "NotCreated",
        }
    }
}

/// How and why a Job ended.
fn end_of(job: &JobRecord) -> (End, Option<JobReason>) {
    let condition = job.facts.as_ref().and_then(|facts| facts.status.finished());
    match condition {
        Some(c) if c.condition_type == JobConditionType::Complete => (End::Complete, Some(c.reason)),
        Some(c) => (End::Failed, Some(c.reason)),
        None if job.created.is_none() => (End::NotCreated, None),
        None if job.gone.is_some() => (End::Deleted, None),
        None => (End::Unfinished, None),
    }
}

/// What became of a Job, or of several together, in one replication. Of several, counts and times of Pods are sums,
/// longest and most are the largest, and times since creation count from the first creation to the last end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// How many Jobs it is about.
    pub jobs: u32,
    /// How it ended.
    pub end: End,
    /// Why, as the condition Complete or Failed says.
    #[serde(with = "reason", default)]
    pub reason: Option<JobReason>,
    /// From creation to Complete or Failed; of several Jobs only if all of them ended.
    #[serde(with = "seconds::or_none", default)]
    pub duration: Option<SimDuration>,
    /// From creation to the first running Pod.
    #[serde(with = "seconds::or_none", default)]
    pub first_running: Option<SimDuration>,
    /// Pods created.
    pub pods_created: u32,
    /// Pods that ended in phase Succeeded.
    pub pods_succeeded: u32,
    /// Pods that ended in phase Failed.
    pub pods_failed: u32,
    /// Pods that disappeared before they had finished.
    pub pods_deleted: u32,
    /// Pods beyond the first for each completion.
    pub retries: u32,
    /// Container restarts (restartPolicy OnFailure).
    pub container_restarts: u32,
    /// Most Pods that were running at a time.
    pub most_running: u32,
    /// Time that Pods were running, summed over Pods.
    #[serde(with = "seconds")]
    pub pod_time: SimDuration,
    /// The same of Pods that did not succeed.
    #[serde(with = "seconds")]
    pub wasted_pod_time: SimDuration,
    /// How often a Pod failure back-off was waited for.
    pub backoff_waits: u32,
    /// Time in which a Pod failure back-off was waited for; of overlapping waits (of indexes) each counts.
    #[serde(with = "seconds")]
    pub backoff_wait: SimDuration,
    /// The longest Pod failure back-off that was waited for, as its rule gives it.
    #[serde(with = "seconds")]
    pub longest_backoff: SimDuration,
    /// Pods running above `parallelism`.
    pub overshoot: OvershootRecord,
    /// What failures used the retry budget for.
    pub failures: Failures,
    /// Requests of the controllers that the API server applied or refused.
    pub requests: RequestCounts,
    /// Time that requests waited for their token, summed over requests.
    #[serde(with = "seconds")]
    pub throttle_wait: SimDuration,
    /// Syncs that ended in error.
    pub syncs_failed: u32,
    /// Jobs by their end.
    #[serde(default)]
    pub ends: Ends,
    /// Starts of CronJobs.
    #[serde(default, skip_serializing_if = "Starts::is_none")]
    pub starts: Starts,
    /// What Jobs waited for and took of the cluster.
    #[serde(default)]
    pub shared: Shared,
}

impl Outcome {
    /// What became of one Job, as it was recorded until `end`.
    pub fn of(job: &JobRecord, end: SimTime) -> Self {
        let (how, reason) = end_of(job);
        Outcome {
            jobs: 1,
            end: how,
            reason,
            duration: job.duration(),
            first_running: job.first_running.zip(job.created).map(|(ran, created)| ran - created),
            pods_created: job.pods_created,
            pods_succeeded: job.pods_succeeded,
            pods_failed: job.pods_failed,
            pods_deleted: job.pods_removed,
            retries: job.retries(),
            container_restarts: job.restarts,
            most_running: job.most_running,
            pod_time: job.pod_time,
            wasted_pod_time: job.wasted_pod_time,
            backoff_waits: job.waits.len() as u32,
            backoff_wait: job.backoff_wait(end),
            longest_backoff: job.longest_backoff().unwrap_or_default(),
            overshoot: OvershootRecord::of(job),
            failures: job.failures,
            requests: job.requests,
            throttle_wait: job.throttle_wait,
            syncs_failed: job.syncs_failed,
            ends: Ends::of(job),
            starts: Starts::default(),
            shared: Shared::of(job, end),
        }
    }

    /// Adds what became of another Job; times since creation are left to the caller.
    pub(super) fn add(&mut self, job: &Outcome) {
        if self.jobs == 0 || job.end > self.end {
            (self.end, self.reason) = (job.end, job.reason);
        }
        self.jobs += job.jobs;
        self.first_running = self.first_running.max(job.first_running);
        self.pods_created += job.pods_created;
        self.pods_succeeded += job.pods_succeeded;
        self.pods_failed += job.pods_failed;
        self.pods_deleted += job.pods_deleted;
        self.retries += job.retries;
        self.container_restarts += job.container_restarts;
        self.most_running = self.most_running.max(job.most_running);
        self.pod_time += job.pod_time;
        self.wasted_pod_time += job.wasted_pod_time;
        self.backoff_waits += job.backoff_waits;
        self.backoff_wait += job.backoff_wait;
        self.longest_backoff = self.longest_backoff.max(job.longest_backoff);
        self.overshoot.add(&job.overshoot);
        self.failures.add(&job.failures);
        self.requests.add(&job.requests);
        self.throttle_wait += job.throttle_wait;
        self.syncs_failed += job.syncs_failed;
        self.ends.add(&job.ends);
        self.starts.add(&job.starts);
        self.shared.add(&job.shared);
    }
}

/// More Pods running than `parallelism` asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OvershootRecord {
    /// In all.
    #[serde(flatten)]
    pub total: Excess,
    /// Pods above × time.
    #[serde(with = "seconds")]
    pub pod_time: SimDuration,
    /// By cause, in the order of [`crate::record::OvershootCause::ALL`].
    pub by_cause: ExcessByCause,
    /// How long at least 1, 2, 3 … Pods ran above `parallelism`.
    #[serde(with = "seconds::list")]
    pub above: Vec<SimDuration>,
}

impl OvershootRecord {
    fn of(job: &JobRecord) -> Self {
        let overshoot = &job.overshoot;
        let mut record = OvershootRecord {
            total: overshoot.total.into(),
            pod_time: overshoot.pod_time,
            by_cause: ExcessByCause::default(),
            above: overshoot.above.clone(),
        };
        for (into, from) in record.by_cause.each_mut().into_iter().zip(&overshoot.by_cause) {
            *into = (*from).into();
        }
        record
    }

    fn add(&mut self, other: &OvershootRecord) {
        self.total.add(&other.total);
        self.pod_time += other.pod_time;
        self.above.resize(self.above.len().max(other.above.len()), SimDuration::ZERO);
        self.above.iter_mut().zip(&other.above).for_each(|(into, time)| *into += *time);
        for (into, from) in self.by_cause.each_mut().into_iter().zip(other.by_cause.each()) {
            into.add(from);
        }
    }
}

/// How often, how long and by how many Pods at the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Excess {
    /// How often it began.
    pub episodes: u32,
    /// How long it lasted in all.
    #[serde(with = "seconds")]
    pub time: SimDuration,
    /// Most Pods above.
    pub most: u32,
}

impl From<OvershootByCause> for Excess {
    fn from(tally: OvershootByCause) -> Self {
        Excess { episodes: tally.episodes, time: tally.time, most: tally.most }
    }
}

impl Excess {
    /// Adds another's episodes and time; the most is that of either.
    pub(super) fn add(&mut self, other: &Excess) {
        self.episodes += other.episodes;
        self.time += other.time;
        self.most = self.most.max(other.most);
    }
}

/// Overshoot by cause; see [`crate::record::OvershootCause`] for what each means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // one for each cause
pub struct ExcessByCause {
    pub replacement_beside_terminating: Excess,
    pub scale_down: Excess,
    pub suspended: Excess,
    pub job_ends: Excess,
    pub controller_restart: Excess,
    pub stale_cache: Excess,
}

impl ExcessByCause {
    /// Each cause's, in the order of [`crate::record::OvershootCause::ALL`].
    pub fn each(&self) -> [&Excess; 6] {
        [
            &self.replacement_beside_terminating,
            &self.scale_down,
            &self.suspended,
            &self.job_ends,
            &self.controller_restart,
            &self.stale_cache,
        ]
    }

    /// The same, to be changed.
    pub fn each_mut(&mut self) -> [&mut Excess; 6] {
        [
            &mut self.replacement_beside_terminating,
            &mut self.scale_down,
            &mut self.suspended,
            &mut self.job_ends,
            &mut self.controller_restart,
            &mut self.stale_cache,
        ]
    }
}

/// One replication: its number, all Jobs together, and each for itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Replication {
    /// Its number; the first is 0.
    pub replication: u32,
    /// All Jobs together.
    #[serde(flatten)]
    pub all: Outcome,
    /// Each series of Jobs, if there are several; see [`super::Setup::series`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Named>,
    /// Whether the longest virtual time was over, and things were still to happen.
    pub cut: bool,
}

/// What became of a series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// The name of its Job, or what its Jobs' names have in common.
    pub job: std::sync::Arc<str>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Reasons by the API's names.
mod reason {
    use super::{Deserialize, Deserializer, JobReason, Serializer};

    pub fn serialize<S: Serializer>(reason: &Option<JobReason>, serializer: S) -> Result<S::Ok, S::Error> {
        match reason {
            Some(reason) => serializer.serialize_str(reason.as_str()),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<JobReason>, D::Error> {
        let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let known = JobReason::ALL.into_iter().find(|reason| reason.as_str() == name);
        known.map(Some).ok_or_else(|| serde::de::Error::custom(format!("{name:?} is no reason of a Job")))
    }
}
