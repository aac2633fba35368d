//! What a user writes: the fields of a scenario file, with their names and nothing else. What they mean is in
//! `resolve`. The JSON Schema and `docs/scenario.md` are made from these types and their doc comments, so a comment on
//! a field is a text for users.
//!
//! Fields that exclude each other are the variants of an enum: a field named `a | b` stands for one of the fields `a`
//! and `b` (see `text::deserialize`). A name that ends in `Spec` is the written form of what the simulation has
//! under the name without it, such as `OutageSpec` and `Outage`.

mod actions;
mod cluster;
mod kueue;
mod nodes;
mod pods;

pub use actions::{
    ActionSpec, Cascade, ChangedTaintsSpec, DeletePodSpec, DrainSpec, LabelNodeSpec, LoseNodeSpec, PatchSpec,
    PatchStatusSpec, ScaleSpec, SetConditionSpec, ShutDownNodeSpec, SomePodsSpec, TaintNodeSpec, UserActionSpec,
};
pub use cluster::{ClocksSpec, ClusterSpec, ControllerSpec, KubeletSpec, Preset, ThrottleSpec, WindowSpec};
pub use kueue::{ClusterQueueSpec, KueueSpec, QueueingStrategySpec};
pub use nodes::{
    AutoscalerSpec, ExpanderSpec, NodePoolSpec, NodePoolsSpec, OnReclaimNoticeSpec, PreemptionPolicySpec,
    PriorityClassSpec, SchedulerSpec,
};
pub use pods::{
    ContainerSpec, DisruptedSpec, DisruptionRateSpec, DisruptionSpec, ExitSpec, OutcomeSpec, PodsSpec, RunSpec,
};

use super::kubernetes::ReleaseName;
use super::scalars::{Rate, Share, Span, WallTime};
use crate::text::TreeNode;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What surrounds one or more Jobs: how their Pods behave, the cluster, and what is done to them.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "jobsim scenario")]
pub struct ScenarioDocument {
    /// The version of this format.
    pub api_version: FormatVersion,
    /// What this document is.
    pub kind: DocumentKind,
    /// The question that the scenario answers.
    pub question: Option<String>,
    /// What `jobsim studies` shows of the scenario first.
    #[serde(default)]
    pub study: StudySpec,
    /// The release of Kubernetes that is modelled, such as 1.34 or 1.34.4. [default: 1.37]
    pub kubernetes: Option<ReleaseName>,
    /// Feature gates that are not at the default of the release: whether each is on.
    #[serde(default)]
    pub feature_gates: BTreeMap<String, bool>,
    /// The seed of all chance; the same seed gives the same bytes. [default: 1]
    pub seed: Option<u64>,
    /// How many replications an experiment has, unless the command says otherwise. [default: 1]
    pub replications: Option<u32>,
    /// The wall clock when virtual time begins (RFC 3339). [default: 2000-01-01T00:00:00Z; if Jobs begin with a status, its
    /// latest time]
    pub start: Option<WallTime>,
    /// The longest virtual time; what has not happened by then is cut off. [default: 365d, with CronJobs less if all of them
    /// start often]
    pub until: Option<Span>,
    /// The Jobs and CronJobs.
    #[serde(default)]
    pub jobs: Vec<JobEntrySpec>,
    /// How Pods behave, for all Jobs that do not say otherwise.
    #[serde(default)]
    pub pods: PodsSpec,
    /// Models for Jobs with certain labels; the first that fits is laid over `pods`.
    #[serde(default)]
    pub models: Vec<LabelledModelSpec>,
    /// What ends Pods from outside.
    #[serde(default)]
    pub disruptions: Vec<DisruptionSpec>,
    /// Windows in which Pods that end fail together.
    #[serde(default)]
    pub outages: Vec<OutageSpec>,
    /// The cluster around the Jobs.
    #[serde(default)]
    pub cluster: ClusterSpec,
    /// What users do.
    #[serde(default)]
    pub actions: Vec<ActionSpec>,
    /// What must hold, such as `P(Complete) >= 99%` or `p95(duration) <= 1h`; a run that misses it exits with 1.
    #[serde(default)]
    pub expect: Vec<String>,
}

/// The answer to the question of a scenario, as `jobsim studies` gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Study")]
pub struct StudySpec {
    /// Two sentences; `{p95(duration)}` stands for what was measured, `{p95(duration) @ 2}` for that of the second point of a
    /// design and `@ best` for that which `solve` found; a field that varies stands for its value, `{verdict}` for the first
    /// sentence of a comparison or a search.
    pub answer: Option<String>,
    /// What must hold for the words to be true, as in `expect`; `@ 2` at the end names the second point.
    #[serde(default)]
    pub holds: Vec<String>,
    /// The picture that shows it: a kind of `jobsim plot`, or the name of one of several, such as `starts-nightly`. [default:
    /// the first that there is]
    pub plot: Option<String>,
    /// The command that answers it and its flags, such as `[compare, --with, spec.parallelism=4]`. [default: `[run]`]
    #[serde(default)]
    pub command: Vec<String>,
}

/// `jobsim/v1`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Version")]
pub enum FormatVersion {
    /// The only one.
    #[default]
    #[serde(rename = "jobsim/v1")]
    V1,
}

/// `Scenario`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Kind")]
pub enum DocumentKind {
    /// The only one.
    #[default]
    Scenario,
}

/// Jobs and CronJobs from one manifest, and when they are created.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "JobEntry")]
pub struct JobEntrySpec {
    /// The manifests.
    #[serde(rename = "manifest | inline")]
    #[schemars(flatten)]
    pub source: ManifestSource,
    /// Another `metadata.name`; with several copies each gets `-1`, `-2` … after it.
    pub name: Option<String>,
    /// Whether Jobs that were read from a cluster begin with the status that they have there, instead of being created
    /// anew. Pods that were read too go on where they were, and tell which failures the controller has in memory; active Pods that
    /// were not read begin anew.
    /// [default: false]
    pub from_status: Option<bool>,
    /// When it is created. [default: 0s]
    pub at: Option<Span>,
    /// How many copies of its Jobs are created. [default: 1]
    pub count: Option<u32>,
    /// How far apart copies are created. [default: 0s]
    pub every: Option<Span>,
    /// Copies come at random or from a trace, instead of `count` and `every`.
    pub arrivals: Option<ArrivalsSpec>,
    /// How Pods of these Jobs behave, where they differ from `pods` of the scenario.
    #[serde(default)]
    pub pods: PodsSpec,
}

/// Where the manifests of an entry stand.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ManifestSource {
    /// A file (or folder) of manifests, as seen from the scenario's file.
    Manifest(String),
    /// The manifest itself, instead of a file.
    Inline(#[schemars(with = "BTreeMap<String, serde_json::Value>")] TreeNode),
}

/// How copies of a Job arrive.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Arrivals")]
pub struct ArrivalsSpec {
    /// What they follow.
    #[serde(rename = "poisson | trace")]
    #[schemars(flatten)]
    pub source: ArrivalSource,
    /// The column of the trace. [default: the first]
    pub column: Option<String>,
    /// At most this many arrivals. [default: 1000 for a Poisson process without `until`]
    pub count: Option<u32>,
    /// No arrival after this.
    pub until: Option<Span>,
}

/// What arrivals follow.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ArrivalSource {
    /// A Poisson process of this rate, such as `10/h`.
    Poisson(Rate),
    /// A CSV file with a column of times since the start (with units, or seconds).
    Trace(String),
}

/// A model for Jobs with certain labels.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "LabelledModel")]
pub struct LabelledModelSpec {
    /// Labels that the Job's metadata must have.
    pub match_labels: BTreeMap<String, String>,
    /// How their Pods behave.
    pub pods: PodsSpec,
}

/// A window in which Pods fail together.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Outage")]
pub struct OutageSpec {
    /// When it begins.
    pub from: Span,
    /// When it is over.
    pub to: Span,
    /// The probability that a Pod that runs in it fails. [default: 100%]
    pub fail: Option<Share>,
}
