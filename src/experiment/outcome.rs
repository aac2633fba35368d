//! The flat record of a replication: for each Job, and for all of them, how it ended and what it took. Summaries,
//! comparisons and files of records are made of it; what happened in between is in a
//! [`super::Timeline`].
//!
//! Invariant: every response is a whole number (nanoseconds or a count), so that sums over replications are exact and
//! do not depend on their order.

use super::batch::{EndCounts, SharedUse, StartCounts};
use super::job_share::CountedShare;
use super::node_use::{NodeUse, PoolUse};
use super::path_times::PathTimes;
use super::seconds;
use crate::api::{JobConditionType, JobReason};
use crate::record::{Failures, JobRecord, OvershootByCause, RequestCounts};
use crate::time::{SimDuration, SimTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a Job ended. Of several Jobs it is the worst end, in the order of this list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum JobEnd {
    /// Condition Complete.
    Complete,
    /// Condition Failed.
    Failed,
    /// Deleted before it ended.
    Deleted,
    /// Not ended when the replication ended: virtual time was over, or nothing more would happen.
    Unfinished,
    /// The Job was never created.
    #[default]
    NotCreated,
}

impl JobEnd {
    /// Every end, best first.
    pub const ALL: [JobEnd; 5] = [Self::Complete, Self::Failed, Self::Deleted, Self::Unfinished, Self::NotCreated];

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
fn end_of(job: &JobRecord) -> (JobEnd, Option<JobReason>) {
    let condition = job.facts.as_ref().and_then(|facts| facts.status.finished());
    match condition {
        Some(c) => {
            let end = if c.condition_type == JobConditionType::Complete { JobEnd::Complete } else { JobEnd::Failed };
            // Reasons are counted; one that a user wrote is shown with the condition.
            (end, Some(c.reason).filter(|reason| !matches!(reason, JobReason::Empty | JobReason::Custom)))
        }
        None if job.created.is_none() => (JobEnd::NotCreated, None),
        None if job.gone.is_some() => (JobEnd::Deleted, None),
        None => (JobEnd::Unfinished, None),
    }
}

/// How a Job, or several together, fared in one replication. For several, counts and times of Pods are sums; longest
/// and most are maxima (except for Pods that run at the same time, which are counted over all of them); times since
/// creation count from the first creation to the last end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// How many Jobs these are.
    pub jobs: u32,
    /// How it ended.
    pub end: JobEnd,
    /// Why, as the condition Complete or Failed says.
    #[serde(with = "reason", default)]
    pub reason: Option<JobReason>,
    /// From creation to Complete or Failed; of several Jobs only if all of them ended.
    #[serde(with = "seconds::or_none", default)]
    pub duration: Option<SimDuration>,
    /// From creation to the first running Pod; of several Jobs the longest of these times.
    #[serde(with = "seconds::or_none", default)]
    pub first_running: Option<SimDuration>,
    /// From creation until each Pod that `parallelism` (or, if lower, the number of completions) asks for had been
    /// created, not counting retries; for several Jobs, until that was true of the last one, if all got that far.
    #[serde(with = "seconds::or_none", default)]
    pub all_created: Option<SimDuration>,
    /// From creation until each of these Pods had run.
    #[serde(with = "seconds::or_none", default)]
    pub all_running: Option<SimDuration>,
    /// Pods created.
    pub pods_created: u32,
    /// Pods that ended in phase Succeeded.
    pub pods_succeeded: u32,
    /// Pods that ended in phase Failed.
    pub pods_failed: u32,
    /// Pods that disappeared before they finished.
    pub pods_deleted: u32,
    /// Pods that a suspension or a scale-down deleted, or that were deleted after their Job: they are in none of the
    /// three numbers above.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pods_removed: u32,
    /// Pods created to replace one that had failed, been evicted or been deleted by hand.
    pub retries: u32,
    /// Container restarts (restartPolicy OnFailure).
    pub container_restarts: u32,
    /// The most Pods that ran at the same time; of several Jobs, of all of them together.
    pub most_running: u32,
    /// The most Pods of a single Job that ran at the same time.
    #[serde(default)]
    pub most_running_in_job: u32,
    /// Time that Pods ran, summed over Pods.
    #[serde(with = "seconds")]
    pub pod_time: SimDuration,
    /// Time that Pods ran which did not succeed, summed over Pods.
    #[serde(with = "seconds")]
    pub wasted_pod_time: SimDuration,
    /// How often a Pod failure back-off delayed a Pod.
    pub backoff_waits: u32,
    /// How long Pod failure back-offs delayed Pods; waits of several indexes that overlap all count.
    #[serde(with = "seconds")]
    pub backoff_wait: SimDuration,
    /// The longest Pod failure back-off that delayed a Pod, as the rule gives it.
    #[serde(with = "seconds")]
    pub longest_backoff: SimDuration,
    /// Pods running above `parallelism`.
    pub overshoot: OvershootRecord,
    /// Failures by cause.
    pub failures: Failures,
    /// Requests of the controllers that the API server applied or refused.
    pub requests: RequestCounts,
    /// Time that requests waited for their token, summed over requests.
    #[serde(with = "seconds")]
    pub throttle_wait: SimDuration,
    /// Syncs that ended in error.
    pub syncs_failed: u32,
    /// Users' actions that were refused or had no effect.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub actions_refused: u32,
    /// Jobs by their end.
    #[serde(default)]
    pub ends: EndCounts,
    /// Starts of CronJobs.
    #[serde(default, skip_serializing_if = "StartCounts::is_none")]
    pub starts: StartCounts,
    /// What the Jobs waited for and used of the cluster.
    #[serde(default)]
    pub shared: SharedUse,
    /// The Jobs' lives, by what delayed their ends.
    #[serde(default)]
    pub path: PathTimes,
    /// What all Jobs together used of the cluster's nodes.
    #[serde(default, skip_serializing_if = "NodeUse::is_none")]
    pub nodes: NodeUse,
}

impl Outcome {
    /// The outcome of one Job, as it was recorded until `end`.
    pub fn of(job: &JobRecord, end: SimTime) -> Self {
        let (how, reason) = end_of(job);
        let since_creation = |t: Option<SimTime>| t.zip(job.created).map(|(then, created)| then - created);
        Outcome {
            jobs: 1,
            end: how,
            reason,
            duration: job.duration(),
            first_running: since_creation(job.first_running),
            all_created: since_creation(job.all_created),
            all_running: since_creation(job.all_running),
            pods_created: job.pods_created,
            pods_succeeded: job.pods_succeeded,
            pods_failed: job.pods_failed,
            pods_deleted: job.pods_deleted,
            pods_removed: job.pods_removed,
            retries: job.retries(),
            container_restarts: job.restarts,
            most_running: job.most_running,
            most_running_in_job: job.most_running,
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
            actions_refused: job.refusals.len() as u32,
            ends: EndCounts::of(job),
            starts: StartCounts::default(),
            shared: SharedUse::of(job, end),
            path: job.path.spans().into(),
            nodes: NodeUse::default(),
        }
    }

    /// Adds the outcome of another Job, except for times that depend on when each began: `Aggregate` computes these.
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
        self.pods_removed += job.pods_removed;
        self.retries += job.retries;
        self.container_restarts += job.container_restarts;
        self.most_running = self.most_running.max(job.most_running);
        self.most_running_in_job = self.most_running_in_job.max(job.most_running_in_job);
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
        self.actions_refused += job.actions_refused;
        self.ends.add(&job.ends);
        self.starts.add(&job.starts);
        self.shared.add(&job.shared);
        self.path.add(&job.path);
    }
}

/// Pods that ran above `parallelism`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OvershootRecord {
    /// Whatever the cause.
    #[serde(flatten)]
    pub total: Excess,
    /// Pods above `parallelism` × time.
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

/// How often, for how long, and by how many Pods at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Excess {
    /// How often it began.
    pub episodes: u32,
    /// How long it lasted in all.
    #[serde(with = "seconds")]
    pub time: SimDuration,
    /// The most Pods above `parallelism`.
    pub most: u32,
}

impl From<OvershootByCause> for Excess {
    fn from(tally: OvershootByCause) -> Self {
        Excess { episodes: tally.episodes, time: tally.time, most: tally.most }
    }
}

impl Excess {
    /// Adds episodes and time of another; the most is the maximum of both.
    pub(super) fn add(&mut self, other: &Excess) {
        self.episodes += other.episodes;
        self.time += other.time;
        self.most = self.most.max(other.most);
    }
}

/// Overshoot by cause; see [`crate::record::OvershootCause`] for what each means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExcessByCause {
    /// Replacements of Pods that are still terminating.
    pub replacement_beside_terminating: Excess,
    /// `parallelism` was lowered, and Pods are still stopping.
    pub scale_down: Excess,
    /// The Job was suspended, and Pods are still stopping.
    pub suspended: Excess,
    /// The end of the Job is decided, and Pods are still stopping.
    pub job_ends: Excess,
    /// New controllers began with empty caches.
    pub controller_restart: Excess,
    /// The controller acted on an old view.
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

    /// The same, mutable.
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

/// One replication: its number, all Jobs together, and each series.
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
    pub series: Vec<SeriesOutcome>,
    /// What was used of each pool of nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<PoolUse>,
    /// Whether virtual time was over before everything had happened.
    pub cut: bool,
    /// The requested shares of Jobs; no file contains them.
    #[serde(skip)]
    pub shares: Vec<CountedShare>,
}

/// The outcome of a series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SeriesOutcome {
    /// The name of the Job, or the common part of the Jobs' names.
    pub job: std::sync::Arc<str>,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde asks for it
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// Reasons under their names in the API.
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
