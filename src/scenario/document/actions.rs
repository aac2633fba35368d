//! What a user writes about what users do. Whether the Jobs that are named exist is not known here.

use crate::scenario::node_scalars::TaintChangeSpec;
use crate::scenario::scalars::Span;
use crate::text::TreeNode;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Something that a user does: `at`, and one thing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Action")]
pub struct ActionSpec {
    /// When.
    pub at: Span,
    /// What is done.
    #[serde(
        rename = "suspend | resume | scale | patch | delete | deletePod | evictPod | drain | cordon | uncordon | deleteNode | taint | label | lose | controllerDown"
    )]
    #[schemars(flatten)]
    pub what: UserActionSpec,
    /// With `delete`: whether the Pods (and of a CronJob the Jobs) are deleted first. [default: background, as kubectl has it]
    pub cascade: Option<Cascade>,
}

/// What is done: one thing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UserActionSpec {
    /// Suspends a Job or CronJob: its name, or `job/NAME`, `cronjob/NAME`; a Job that a CronJob creates is `CRONJOB-MINUTE`.
    Suspend(String),
    /// Resumes a Job or CronJob.
    Resume(String),
    /// Sets how many Pods may run at once, and, for elastic Indexed Jobs, completions.
    Scale(ScaleSpec),
    /// Edits a Job or CronJob with a JSON merge patch, as `kubectl patch --type merge` does.
    Patch(PatchSpec),
    /// Deletes a Job or CronJob, and what it created.
    Delete(String),
    /// Deletes a Pod gracefully.
    DeletePod(DeletePodSpec),
    /// Evicts a Pod: condition DisruptionTarget, then a graceful deletion.
    EvictPod(DeletePodSpec),
    /// Cordons a node and evicts its Pods once, as `kubectl drain` does: the node's name, such as `spot-3`.
    Drain(String),
    /// Cordons a node: no new Pod goes there.
    Cordon(String),
    /// Uncordons a node.
    Uncordon(String),
    /// A node's machine is gone for good, and its Node object with it.
    DeleteNode(String),
    /// Sets or takes away taints of a node, as `kubectl taint` does.
    Taint(TaintNodeSpec),
    /// Sets or takes away labels of a node, as `kubectl label` does.
    Label(LabelNodeSpec),
    /// A node's kubelet loses the API server.
    Lose(LoseNodeSpec),
    /// The controllers die and are down for so long; new ones know nothing.
    ControllerDown(Span),
}

/// The order in which a Job and its Pods are deleted.
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
#[schemars(rename = "Scale")]
pub struct ScaleSpec {
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
#[schemars(rename = "Patch")]
pub struct PatchSpec {
    /// Its name.
    pub job: String,
    /// The JSON merge patch.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub patch: TreeNode,
}

/// A Pod of a Job.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "DeletePod")]
pub struct DeletePodSpec {
    /// The Job's name.
    pub job: String,
    /// The completion index, for Indexed Jobs.
    pub index: Option<u32>,
    /// The attempt at that index, else the ordinal of creation. [default: 1]
    pub attempt: Option<u32>,
}

/// Taints of a node that change.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "TaintNode")]
pub struct TaintNodeSpec {
    /// The node's name.
    pub node: String,
    /// Which taints.
    #[serde(rename = "taint | taints")]
    #[schemars(flatten)]
    pub which: ChangedTaintsSpec,
}

/// One taint or several: `dedicated=batch:NoSchedule` is set, `dedicated:NoSchedule-` is taken away.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangedTaintsSpec {
    /// A taint.
    Taint(TaintChangeSpec),
    /// Several.
    Taints(Vec<TaintChangeSpec>),
}

/// Labels of a node that change.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "LabelNode")]
pub struct LabelNodeSpec {
    /// The node's name.
    pub node: String,
    /// Their new values; null takes a label away.
    pub labels: BTreeMap<String, Option<String>>,
}

/// A node whose kubelet loses the API server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "LoseNode")]
pub struct LoseNodeSpec {
    /// The node's name.
    pub node: String,
    /// How long it takes until the kubelet reaches the API server again. [default: for ever]
    #[serde(rename = "for")]
    pub down: Option<Span>,
}
