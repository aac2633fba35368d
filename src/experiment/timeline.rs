//! Everything that happened in one replication, as the saved result has it: Pods with the instants of their stages,
//! waits, and changes of the Job's status. These are the types; they are filled from a [`crate::record::Recorder`] that
//! kept its timeline.

use super::outcome::JobEnd;
use super::timeline_cron::CronTimeline;
use crate::api::PodPhase;
use crate::record::DeletionCause;
use serde::{Deserialize, Serialize};

/// Everything that happened in one replication. Times are seconds since the scenario's start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// The replication's number.
    pub replication: u32,
    /// Why it was kept: `first`, `median`, `longest` (by time to finish), `asked`; with `inFirst` so in the first
    /// point of a design.
    pub chosen_as: Vec<String>,
    /// The wall clock at the start, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,
    /// When it ended.
    pub end: f64,
    /// Whether it was cut off at the end of virtual time.
    pub cut: bool,
    /// The Jobs.
    pub jobs: Vec<JobTimeline>,
    /// The CronJobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cron_jobs: Vec<CronTimeline>,
    /// The cluster's slots, if they are limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<u32>,
    /// The longest Pod failure back-off in seconds, if it is not that of the newest release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_backoff: Option<f64>,
    /// The longest restart back-off of the kubelets in seconds, if it is not the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_restart_backoff: Option<f64>,
    /// When the controllers stopped (false) and new ones started (true).
    pub controllers: Vec<(f64, bool)>,
    /// The nodes, in the order in which they joined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeTimeline>,
}

/// The life of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeTimeline {
    /// Its name.
    pub name: String,
    /// Its pool; empty if it belongs to none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pool: String,
    /// When the autoscaler asked for it, or else when it joined.
    pub asked: f64,
    /// When it joined.
    pub joined: f64,
    /// When it was gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<f64>,
    /// Allocatable CPUs.
    pub cpu: f64,
    /// Allocatable memory, in bytes.
    pub memory: f64,
    /// Events in its life.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<NodeChange>,
}

/// Something that happened to a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeChange {
    /// When.
    pub at: f64,
    /// What, in words, such as `cordoned` or `Ready=Unknown`.
    pub what: String,
}

/// A span in which a Pod waited to be bound.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PendingSpan {
    /// From when.
    pub from: f64,
    /// Until when.
    pub to: f64,
    /// What for: [`crate::record::PendingReason::key`].
    pub reason: String,
}

/// A stay of a Pod on a node, during which it uses capacity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeStay {
    /// The node's position in [`Timeline::nodes`].
    pub node: usize,
    /// From when.
    pub from: f64,
    /// Until when.
    pub to: f64,
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
    /// The reason of the condition; empty if there is none.
    pub reason: String,
    /// The condition's message.
    pub message: String,
    /// When it was created, if it was.
    pub created: Option<f64>,
    /// When the condition Complete or Failed was written.
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
    /// Kubernetes Events: one entry each time one was created or its count raised.
    pub events: Vec<EventEntry>,
    /// Edits and creations that were refused, and syncs that ended in error.
    pub troubles: Vec<Trouble>,
    /// The numbers of its Pods: a step for each instant in which one of them changed.
    pub levels: Vec<PodLevels>,
    /// The CronJob that created it; empty if there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cron_job: String,
    /// The scheduled time for which it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<f64>,
    /// When its first Pod began to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_running: Option<f64>,
    /// Its stages, without gaps, from its creation to its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageEntry>,
    /// What it used of the cluster: a step for each instant in which that changed.
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

/// What a Job uses of the cluster from an instant on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Occupancy {
    /// From when.
    pub at: f64,
    /// Pods that are bound and unfinished. Each takes a slot, if slots are limited.
    pub taken: u32,
    /// Pods that wait for a free slot.
    pub waiting: u32,
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
    /// Pods in `status.uncountedTerminatedPods`.
    #[serde(default, skip_serializing_if = "is_none_uncounted")]
    pub uncounted: u32,
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
    /// Whether it replaced a lost Pod; results of older versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<bool>,
    /// When it was created.
    pub created: f64,
    /// When it was bound to a node.
    pub bound: Option<f64>,
    /// When its containers first ran.
    pub running: Option<f64>,
    /// When it was first ready.
    pub ready: Option<f64>,
    /// When its deletion was first requested.
    pub deletion: Option<f64>,
    /// Who requested it; empty if it was not deleted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub deletion_cause: String,
    /// When its phase became Succeeded or Failed.
    pub finished: Option<f64>,
    /// When the controller had counted it (its tracking finalizer was removed).
    pub tracked: Option<f64>,
    /// When it disappeared.
    pub gone: Option<f64>,
    /// Its last phase.
    pub phase: String,
    /// Whether it was disrupted (condition DisruptionTarget).
    #[serde(default)]
    pub disrupted: bool,
    /// Each run of its containers.
    pub runs: Vec<ContainerRun>,
    /// Where it used capacity; empty for a cluster without nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay: Option<NodeStay>,
    /// CPUs that it requests; 0 without nodes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cpu: f64,
    /// Bytes of memory that it requests; 0 without nodes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub memory: f64,
    /// What it waited for until it was bound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<PendingSpan>,
}

/// Omits that all Pods are counted.
fn is_none_uncounted(pods: &u32) -> bool {
    *pods == 0
}

/// Omits what only says that there are no nodes.
fn is_zero(amount: &f64) -> bool {
    *amount == 0.0
}

impl PodTimeline {
    /// Whether a suspension or a scale-down deleted it, or it was deleted after its Job: then it has neither succeeded
    /// nor failed.
    pub fn is_removed(&self) -> bool {
        DeletionCause::ALL.into_iter().any(|cause| cause.is_removal() && cause.as_str() == self.deletion_cause)
    }

    /// Whether it has ended in this phase, and was not removed.
    pub fn ended_as(&self, phase: PodPhase) -> bool {
        self.phase == phase.as_str() && self.finished.is_some() && !self.is_removed()
    }

    /// Whether it replaced a lost Pod; for results that do not say, whether its index had one before.
    pub fn is_retry(&self) -> bool {
        self.retry.unwrap_or(self.index.is_some() && self.attempt > 1)
    }
}

/// One run of a Pod's containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerRun {
    /// When it began.
    pub from: f64,
    /// When it ended, if it did.
    pub to: Option<f64>,
    /// The exit code of the first container that failed, 0 if all succeeded; none if the run did not end.
    pub exit_code: Option<i32>,
}

/// A wait of a Job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// From when.
    pub from: f64,
    /// Until when.
    pub to: f64,
    /// `backoff` (Pod failure back-off), `restart` (the kubelet's back-off before it restarts containers), `throttle`
    /// (a request's token) or `room` (a Pod waits for a free slot).
    pub what: String,
    /// For back-offs, the whole back-off in seconds; the wait may be only the rest of it. For a restart, the wait
    /// itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<f64>,
    /// For back-offs: the number of failures in a row that determines its length. For restarts: the number of restarts
    /// of the Pod, this one included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<i32>,
    /// For back-offs of an index: the index.
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
    /// The API server's message, if there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// The numbers of Pods from an instant on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PodLevels {
    /// From when.
    pub at: f64,
    /// Pods whose containers are running.
    pub running: u32,
    /// Pods that are neither finished nor being deleted.
    pub active: u32,
    /// Pods that are being deleted and have not finished.
    pub terminating: u32,
    /// `spec.parallelism`.
    pub parallelism: i32,
}
