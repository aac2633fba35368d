//! What a user writes: the fields of a scenario file, with their names and nothing else. What they mean is in
//! `resolve`; where they stand in the file is known to `input`. The JSON Schema comes from these types,
//! so a field that is not here is in neither.

use super::scalars::{Dist, Exit, Instant, Offset, Rate, Share, Shares, Span};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What surrounds one or more Jobs: how their Pods behave, the cluster, and what is done to them.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "jobsim scenario")]
pub struct Document {
    /// The version of this format.
    pub api_version: Version,
    /// What this document is.
    pub kind: Kind,
    /// The question that the scenario answers.
    pub question: Option<String>,
    /// The seed of all chance; the same seed gives the same bytes. [default: 1]
    pub seed: Option<u64>,
    /// How many replications an experiment has, unless the command says otherwise. [default: 1]
    pub replications: Option<u32>,
    /// The wall clock when virtual time begins (RFC 3339). [default: 2000-01-01T00:00:00Z; if Jobs begin with a status, its
    /// latest time]
    pub start: Option<Instant>,
    /// The longest virtual time; what has not happened by then is cut off. [default: 365d, with CronJobs less if all of them
    /// start often]
    pub until: Option<Span>,
    /// The Jobs and CronJobs.
    #[serde(default)]
    pub jobs: Vec<JobEntry>,
    /// How Pods behave, for all Jobs that do not say otherwise.
    #[serde(default)]
    pub pods: Pods,
    /// Models for Jobs with certain labels; the first that fits is laid over `pods`.
    #[serde(default)]
    pub models: Vec<LabelledModel>,
    /// What ends Pods from outside.
    #[serde(default)]
    pub disruptions: Vec<Disruption>,
    /// Windows in which Pods that end fail together.
    #[serde(default)]
    pub outages: Vec<Outage>,
    /// The cluster around the Jobs.
    #[serde(default)]
    pub cluster: Cluster,
    /// What users do.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// What must hold, such as `P(Complete) >= 99%` or `p95(duration) <= 1h`; a run that misses it exits with 1.
    #[serde(default)]
    pub expect: Vec<String>,
}

/// `jobsim/v1`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
pub enum Version {
    /// The only one.
    #[default]
    #[serde(rename = "jobsim/v1")]
    V1,
}

/// `Scenario`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
pub enum Kind {
    /// The only one.
    #[default]
    Scenario,
}

/// Jobs and CronJobs from one manifest, and when they are created.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct JobEntry {
    /// A file (or folder) of manifests, as seen from the scenario's file.
    pub manifest: Option<String>,
    /// The manifest itself, instead of a file.
    #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
    pub inline: Option<serde_json::Value>,
    /// Another `metadata.name`; with several copies each gets `-1`, `-2` … after it.
    pub name: Option<String>,
    /// Whether Jobs that were read from a cluster begin with the status that they have there, instead of being created
    /// anew. Their Pods are not in it and begin anew. [default: false]
    pub from_status: Option<bool>,
    /// When it is created. [default: 0s]
    pub at: Option<Span>,
    /// How many copies of its Jobs are created. [default: 1]
    pub count: Option<u32>,
    /// How far apart copies are created. [default: 0s]
    pub every: Option<Span>,
    /// Copies come at random or from a trace, instead of `count` and `every`.
    pub arrivals: Option<Arrivals>,
    /// How Pods of these Jobs behave, where they differ from `pods` of the scenario.
    #[serde(default)]
    pub pods: Pods,
}

/// How copies of a Job arrive.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Arrivals {
    /// A Poisson process of this rate, such as `10/h`.
    pub poisson: Option<Rate>,
    /// A CSV file with a column of times since the start (with units, or seconds).
    pub trace: Option<String>,
    /// The column of the trace. [default: the first]
    pub column: Option<String>,
    /// At most so many arrivals. [default: 1000 for a Poisson process without `until`]
    pub count: Option<u32>,
    /// No arrival after this.
    pub until: Option<Span>,
}

/// How Pods behave, stage by stage. A stage that is not given is taken from the level above, or has its default.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Pods {
    /// From creation to being bound to a node (`never`: unschedulable). [default: 6ms]
    pub bind: Option<Dist>,
    /// From the binding to the images being there. [default: 0s]
    pub pull: Option<Dist>,
    /// From the images being there to the containers running. [default: 500ms]
    pub start: Option<Dist>,
    /// From running to ready (`never`: not at all). [default: 0s]
    pub ready: Option<Dist>,
    /// How long the containers run (`never`: they hang until they are killed). [default: 1m]
    pub run: Option<Dist>,
    /// How they end. [default: exit code 0]
    pub outcome: Option<Outcome>,
    /// From SIGTERM to the exit, at most the grace period. [default: 1s]
    pub terminate: Option<Dist>,
    /// The exit code after SIGTERM; 0 makes the Pod Succeeded. [default: 143]
    pub terminate_exit_code: Option<i32>,
    /// Where Pods of certain completion indexes (`17`, `0-4,9`) differ.
    #[serde(default)]
    pub by_index: BTreeMap<String, Pods>,
    /// Where certain attempts (`1`, `1-3`) differ.
    #[serde(default)]
    pub by_attempt: BTreeMap<String, Pods>,
}

/// How a run of the containers ends.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Outcome {
    /// Exit codes with relative weights: `{0: 95, 1: 4, 137: 1}`.
    pub exit_codes: Option<BTreeMap<String, f64>>,
    /// The probability of failing, instead of `exitCodes`: `5%`, or one for each attempt, of which the last repeats.
    pub fail: Option<Shares>,
    /// The exit code of a failure by `fail`, `timeToFailure` or an outage. [default: 1]
    pub fail_exit_code: Option<Exit>,
    /// Containers fail after this time, if they still run then.
    pub time_to_failure: Option<Dist>,
    /// The probability that the containers hang until they are killed.
    pub hang: Option<Share>,
    /// The probability that the Pod is never bound to a node.
    pub unschedulable: Option<Share>,
}

/// A model for Jobs with certain labels.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LabelledModel {
    /// Labels that the Job's metadata must have.
    pub match_labels: BTreeMap<String, String>,
    /// How their Pods behave.
    pub pods: Pods,
}

/// What ends Pods from outside: one kind each.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Disruption {
    /// Evictions by the API: DisruptionTarget, then a graceful deletion.
    pub eviction: Option<DisruptionRate>,
    /// Preemption by the scheduler: as an eviction.
    pub preemption: Option<DisruptionRate>,
    /// The kubelet ends the Pod under node pressure: DisruptionTarget and Failed at once.
    pub kubelet: Option<DisruptionRate>,
    /// The node is lost: DisruptionTarget and Failed without exit codes.
    pub node_loss: Option<DisruptionRate>,
    /// Somebody deletes the Pod, without a condition.
    pub deletion: Option<DisruptionRate>,
}

/// How often.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DisruptionRate {
    /// For each Pod that is bound to a node, such as `0.02/h`.
    pub rate: Rate,
}

/// A window in which Pods fail together.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Outage {
    /// When it begins.
    pub from: Span,
    /// When it is over.
    pub to: Span,
    /// The probability that a Pod that runs in it fails. [default: 100%]
    pub fail: Option<Share>,
}

/// The cluster around the Jobs. What is not given is as the preset has it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Cluster {
    /// A named set of values. [default: measured]
    pub preset: Option<Preset>,
    /// How long each request of a controller takes.
    pub api_latency: Option<Dist>,
    /// How long a change takes to reach the controllers' caches.
    pub watch_latency: Option<Dist>,
    /// How long the garbage collector takes to act.
    pub gc_latency: Option<Span>,
    /// The token bucket of each controller's client.
    pub client_throttle: Option<Throttle>,
    /// Clocks that are ahead of the API server's, or (`-3s`) behind.
    #[serde(default)]
    pub clocks: Clocks,
    /// Room for so many Pods that are bound and unfinished. [default: no limit]
    pub slots: Option<u32>,
    /// Windows in which creating Pods is refused, as by a quota.
    #[serde(default)]
    pub create_failures: Vec<Window>,
    /// The Job controller's constants.
    #[serde(default)]
    pub controller: Controller,
    /// The kubelets' settings.
    #[serde(default)]
    pub kubelet: KubeletSettings,
}

/// Named clusters.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum Preset {
    /// A v1.37 control plane as measured: requests 3 ms, watch 2 ms, 20 requests/s with a burst of 30 (the defaults of
    /// kube-controller-manager's --kube-api-qps and --kube-api-burst), Events included.
    #[default]
    Measured,
    /// Nothing takes time and nothing is throttled.
    Ideal,
    /// OpenShift: as `measured`, with its controllers' 150 requests/s and a burst of 300 (bindata/assets/config/
    /// defaultconfig.yaml of openshift/cluster-kube-controller-manager-operator).
    Openshift,
    /// Huawei Cloud CCE: as `measured`, with its controllers' 100 requests/s and a burst of 100, the defaults up to 1,000
    /// nodes (its configuration reference, kube-api-qps and kube-api-burst of the controllers).
    Cce,
    /// A busy control plane at the limit of Kubernetes' own objective for latency: requests 1 s (SIG Scalability, API call
    /// latency of mutating requests, 99th percentile); watch 1 s is an assumption.
    Slow,
}

/// Clocks that differ from the API server's.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Clocks {
    /// The nodes', which stamp when containers finish: the back-off moves with them. [default: 0s]
    pub nodes: Option<Offset>,
    /// The controllers', by which back-off, deadline and TTL are reckoned. [default: 0s]
    pub controllers: Option<Offset>,
}

/// A token bucket.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Throttle {
    /// Requests a second (`--kube-api-qps`); 0 for no throttle.
    pub qps: Option<f64>,
    /// Requests at once (`--kube-api-burst`).
    pub burst: Option<u32>,
    /// Whether Kubernetes Events take tokens and time too. [default: true]
    pub events: Option<bool>,
}

/// A span of virtual time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Window {
    /// When it begins.
    pub from: Span,
    /// When it is over.
    pub to: Span,
}

/// The Job controller's constants, by default those of the release that is modelled.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Controller {
    /// Pod failure back-off after the first failure. [default: 10s]
    pub pod_failure_backoff: Option<Span>,
    /// Longest Pod failure back-off (6m in older releases). [default: 10m]
    pub max_pod_failure_backoff: Option<Span>,
    /// How long Pod events are gathered into one sync. [default: 1s]
    pub sync_batch_period: Option<Span>,
    /// Pods created or deleted by one sync at the most. [default: 500]
    pub max_pods_per_sync: Option<u32>,
    /// Finished Pods accounted for by one sync at the most. [default: 500]
    pub max_uncounted_pods: Option<u32>,
    /// Size of the first batch of creations. [default: 1]
    pub slow_start_initial_batch: Option<u32>,
    /// Jobs that are synced at a time (`--concurrent-job-syncs`), at most 256. [default: 5]
    pub concurrent_job_syncs: Option<u32>,
    /// Requeue back-off after the first error. [default: 1s]
    pub requeue_backoff: Option<Span>,
    /// Longest requeue back-off. [default: 60s]
    pub max_requeue_backoff: Option<Span>,
    /// After this, unmet expectations are given up. [default: 5m]
    pub expectations_timeout: Option<Span>,
}

/// The kubelets' settings.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KubeletSettings {
    /// Restart back-off after the second exit. [default: 10s]
    pub restart_backoff: Option<Span>,
    /// Longest restart back-off (`crashLoopBackOff.maxContainerRestartPeriod`). [default: 300s]
    pub max_restart_backoff: Option<Span>,
    /// Whether the kubelet looks at waiting containers only now and then, as a real one does. [default: true]
    pub jitter: Option<bool>,
}

/// Something that a user does: `at`, and one thing.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Action {
    /// When.
    pub at: Span,
    /// Suspends a Job or CronJob: its name, or `job/NAME`, `cronjob/NAME`; a Job that a CronJob creates is `CRONJOB-MINUTE`.
    pub suspend: Option<String>,
    /// Resumes a Job or CronJob.
    pub resume: Option<String>,
    /// Sets how many Pods may run at once, and, for elastic Indexed Jobs, completions.
    pub scale: Option<Scale>,
    /// Edits a Job or CronJob with a JSON merge patch, as `kubectl patch --type merge` does.
    pub patch: Option<Patch>,
    /// Deletes a Job or CronJob, and what it created.
    pub delete: Option<String>,
    /// With `delete`: whether the Pods (and of a CronJob the Jobs) are deleted first. [default: background, as kubectl has it]
    pub cascade: Option<Cascade>,
    /// Deletes a Pod gracefully.
    pub delete_pod: Option<DeletePod>,
    /// The controllers die and are down for so long; new ones know nothing.
    pub controller_down: Option<Span>,
}

/// What becomes of the Pods of a Job that is deleted.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Cascade {
    /// The Job is gone at once, its Pods are deleted after it.
    Background,
    /// The Job stays, marked for deletion, until its last Pod is gone.
    Foreground,
}

/// A new size of a Job.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Scale {
    /// The Job's name.
    pub job: String,
    /// `spec.parallelism`.
    pub parallelism: Option<i32>,
    /// `spec.completions`.
    pub completions: Option<i32>,
}

/// An edit of a Job or CronJob.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Patch {
    /// Its name.
    pub job: String,
    /// The JSON merge patch.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub patch: serde_json::Value,
}

/// A Pod that is deleted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DeletePod {
    /// The Job's name.
    pub job: String,
    /// The completion index, for Indexed Jobs.
    pub index: Option<u32>,
    /// The attempt at that index, else the ordinal of creation. [default: 1]
    pub attempt: Option<u32>,
}
