//! Everything that happened in one replication, as the saved result has it: Pods with the instants of their stages, what
//! was waited for, how the Job's status changed. These are types; they are filled from a [`crate::record::Recorder`]
//! that kept its timeline.

use super::outcome::JobEnd;
use serde::{Deserialize, Serialize};

/// Everything that happened in one replication. Times are seconds since the scenario's start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// The replication's number.
    pub replication: u32,
    /// Why it was chosen: `first`, `median`, `longest` (by time to finish), `asked`.
    pub chosen_as: Vec<String>,
    /// When it was over.
    pub end: f64,
    /// Whether it was cut off by the longest virtual time.
    pub cut: bool,
    /// The Jobs.
    pub jobs: Vec<JobTimeline>,
    /// The CronJobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cron_jobs: Vec<CronTimeline>,
    /// The cluster's slots, if they are limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<u32>,
    /// When the controllers died (false) and new ones started (true).
    pub controllers: Vec<(f64, bool)>,
}

/// What happened to one Job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobTimeline {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// How it ended.
    pub end: JobEnd,
    /// Why, as the condition says; empty where there is none.
    pub reason: String,
    /// The condition's message.
    pub message: String,
    /// When it was created; none if it was not.
    pub created: Option<f64>,
    /// When Complete or Failed was written.
    pub finished: Option<f64>,
    /// When it disappeared.
    pub gone: Option<f64>,
    /// `spec.completions` at the end; none for work queues.
    pub completions: Option<i32>,
    /// Whether Pods have completion indexes.
    pub indexed: bool,
    /// Every change of its status or spec, in order.
    pub changes: Vec<JobChange>,
    /// Its Pods, in order of creation.
    pub pods: Vec<PodTimeline>,
    /// What it waited for.
    pub waits: Vec<Wait>,
    /// Kubernetes Events, one for each time that one was created or raised in count.
    pub events: Vec<EventEntry>,
    /// What was refused: edits of users, creations of Pods; and syncs that ended in error.
    pub troubles: Vec<Trouble>,
    /// How many Pods there were: a step for each instant in which one of the numbers changed.
    pub levels: Vec<PodLevels>,
    /// The CronJob that created it; empty if none did.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cron_job: String,
    /// The scheduled time for which that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<f64>,
    /// When its first Pod ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_running: Option<f64>,
    /// What it was at, one stage after the other without gaps from its creation to its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageEntry>,
    /// What it took of the cluster: a step for each instant in which that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub occupancy: Vec<Occupancy>,
}

/// A stage of a Job's life.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StageEntry {
    /// From when.
    pub from: f64,
    /// Until when.
    pub to: f64,
    /// Which: [`crate::record::Stage::key`].
    pub stage: String,
}

/// What a Job takes of the cluster from an instant on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Occupancy {
    /// From when.
    pub at: f64,
    /// Pods that are bound and unfinished: each takes a slot, where those are counted.
    pub taken: u32,
    /// Pods that wait for room.
    pub waiting: u32,
}

/// What became of the starts of a CronJob.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CronTimeline {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// `spec.schedule` at the end.
    pub schedule: String,
    /// `spec.timeZone` at the end; empty if unset.
    pub time_zone: String,
    /// `spec.concurrencyPolicy` at the end.
    pub concurrency_policy: String,
    /// When it was created; none if it was not.
    pub created: Option<f64>,
    /// When it disappeared.
    pub gone: Option<f64>,
    /// Every start that was due by the schedule, in order.
    pub starts: Vec<CronStartEntry>,
    /// Kubernetes Events, one for each time that one was created or raised in count.
    pub events: Vec<EventEntry>,
}

/// A start that was due.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CronStartEntry {
    /// When, by the schedule.
    pub due: f64,
    /// `started`, `skipped` or `open`.
    pub fate: String,
    /// Why it was left out: [`crate::record::SkipReason::key`]; else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The Job that was created; else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub job: String,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<f64>,
    /// When it ended, or disappeared before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<f64>,
    /// Whether it was deleted for a new one (Replace).
    #[serde(default)]
    pub replaced: bool,
}

/// A Job's status after a change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobChange {
    /// When.
    pub at: f64,
    /// `status.active`.
    pub active: i32,
    /// `status.ready`.
    pub ready: i32,
    /// `status.terminating`.
    pub terminating: i32,
    /// `status.succeeded`.
    pub succeeded: i32,
    /// `status.failed`.
    pub failed: i32,
    /// `spec.parallelism`.
    pub parallelism: i32,
    /// `spec.suspend`.
    pub suspend: bool,
    /// `status.completedIndexes`; empty unless Indexed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub completed_indexes: String,
    /// `status.failedIndexes`; empty without backoffLimitPerIndex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub failed_indexes: String,
    /// Conditions that are True and were not before, as `Type/Reason`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
}

/// The life of a Pod. A stage that it did not reach has no time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodTimeline {
    /// Its name.
    pub name: String,
    /// The completion index, if it has one.
    pub index: Option<u32>,
    /// The attempt at that index, or without indexes its number in order of creation; from 1.
    pub attempt: u32,
    /// When it was created.
    pub created: f64,
    /// When it was bound to a node.
    pub bound: Option<f64>,
    /// When its containers first ran.
    pub running: Option<f64>,
    /// When it was first ready.
    pub ready: Option<f64>,
    /// When its deletion was first asked for.
    pub deletion: Option<f64>,
    /// Who asked for it; empty if nobody.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub deletion_cause: String,
    /// When its phase became Succeeded or Failed.
    pub finished: Option<f64>,
    /// When the controller had taken account of it (its tracking finalizer was removed).
    pub tracked: Option<f64>,
    /// When it disappeared.
    pub gone: Option<f64>,
    /// Its last phase.
    pub phase: String,
    /// Whether it was disrupted (condition DisruptionTarget).
    #[serde(default)]
    pub disrupted: bool,
    /// Each run of its containers: from, to (none: it did not end), exit code of the first container that failed, else 0.
    pub runs: Vec<ContainerRun>,
}

/// One run of a Pod's containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerRun {
    /// When it began.
    pub from: f64,
    /// When it ended.
    pub to: Option<f64>,
    /// The exit code of the first container that failed, else 0; none if there is none.
    pub exit_code: Option<i32>,
}

/// Something that a Job waited for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// From when.
    pub from: f64,
    /// Until when.
    pub to: f64,
    /// `backoff` (Pod failure back-off), `throttle` (a request's token) or `room` (a Pod waits for a free slot).
    pub what: String,
    /// For back-offs: the whole back-off, of which this may be the rest, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<f64>,
    /// For back-offs: how many failures in a row made it so long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<i32>,
    /// For back-offs of an index: which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<i32>,
}

/// A Kubernetes Event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EventEntry {
    /// When.
    pub at: f64,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its reason.
    pub reason: String,
    /// Its message.
    pub message: String,
}

/// Something that went wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    /// When.
    pub at: f64,
    /// `editRefused`, `createRefused` or `syncFailed`.
    pub what: String,
    /// What the API server said, where it said something.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// How many Pods there are from an instant on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PodLevels {
    /// From when.
    pub at: f64,
    /// Pods whose containers run.
    pub running: u32,
    /// Pods that are neither finished nor being deleted.
    pub active: u32,
    /// Pods that are being deleted and have not finished.
    pub terminating: u32,
    /// `spec.parallelism`.
    pub parallelism: i32,
}
