//! The fields of a scenario for the actions of users. Whether the Jobs that are named exist is not known here.

use crate::scenario::node_scalars::TaintChangeSpec;
use crate::scenario::scalars::{Share, Span};
use crate::scenario::status_scalars::ConditionStatusSpec;
use crate::text::{TreeNode, from_node};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
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
        rename = "suspend | resume | scale | patch | patchStatus | setCondition | delete | deletePod | evictPod | deletePods | deleteNamespace | evict | preempt | kubeletEvict | nodeLost | unreachable | drain | cordon | uncordon | shutDownNode | deleteNode | taint | label | lose | controllerDown"
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
    /// Patches a Job's status through the status subresource, as `kubectl patch --subresource=status` does: conditions are
    /// merged by their type, all else is replaced. What the API server refuses is refused.
    PatchStatus(PatchStatusSpec),
    /// Sets a condition of a Job in the same way, as a user or a webhook does: one of the Job controller's, or any other.
    SetCondition(SetConditionSpec),
    /// Deletes a Job or CronJob, and what it created.
    Delete(String),
    /// Deletes a Pod gracefully.
    DeletePod(DeletePodSpec),
    /// Evicts a Pod: condition DisruptionTarget, then a graceful deletion.
    EvictPod(DeletePodSpec),
    /// Deletes a namespace, with all Jobs and CronJobs in it; what is to be created there afterwards is refused.
    DeleteNamespace(String),
    /// Deletes Pods.
    DeletePods(SomePodsSpec),
    /// Evicts Pods by the API: condition DisruptionTarget, then a graceful deletion.
    Evict(SomePodsSpec),
    /// Preempts Pods, as the scheduler does: condition DisruptionTarget, then a graceful deletion.
    Preempt(SomePodsSpec),
    /// The kubelets end Pods that are bound, as under node pressure: condition DisruptionTarget, and Failed at once.
    KubeletEvict(SomePodsSpec),
    /// The nodes of Pods are lost: condition DisruptionTarget, and Failed without exit codes.
    NodeLost(SomePodsSpec),
    /// The kubelets of Pods do not answer: what happens on their nodes is not seen, and a Pod that is deleted stays
    /// Terminating until its kubelet answers again, or it is deleted with force. Unready after 50 s, such Pods are deleted
    /// after 5 min more, as their node is tainted.
    Unreachable(SomePodsSpec),
    /// Cordons a node and evicts its Pods once, as `kubectl drain` does: the node's name, such as `spot-3`; or evicts some
    /// Pods, whose nodes are drained.
    Drain(DrainSpec),
    /// Cordons a node: no new Pod goes there.
    Cordon(String),
    /// Uncordons a node.
    Uncordon(String),
    /// Shuts a node's machine down: its kubelet stops the Pods, which fail with the condition DisruptionTarget, and is not
    /// heard of afterwards.
    ShutDownNode(ShutDownNodeSpec),
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

/// An edit of a Job's status.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "PatchStatus")]
pub struct PatchStatusSpec {
    /// The Job's name.
    pub job: String,
    /// Fields of the status: `{active: 0, conditions: [{type: FailureTarget, status: "True"}]}`.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub patch: TreeNode,
}

/// A condition that somebody sets.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "SetCondition")]
pub struct SetConditionSpec {
    /// The Job's name.
    pub job: String,
    /// Its type, such as SuccessCriteriaMet, FailureTarget or example.com/Checked.
    #[serde(rename = "type")]
    pub condition_type: String,
    /// Its status. [default: True]
    pub status: Option<ConditionStatusSpec>,
    /// Its reason. [default: empty]
    pub reason: Option<String>,
    /// Its message. [default: empty]
    pub message: Option<String>,
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
    /// With `deletePod`: without grace, as `kubectl delete --force --grace-period=0` does. [default: false]
    pub force: Option<bool>,
}

/// Pods that are neither finished nor being deleted: all of them, or those that the fields name.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "SomePods")]
pub struct SomePodsSpec {
    /// The Job's name. [default: all Jobs]
    pub job: Option<String>,
    /// The completion index, for Indexed Jobs. [default: all]
    pub index: Option<u32>,
    /// The attempt at that index, else the ordinal of creation. [default: all]
    pub attempt: Option<u32>,
    /// How many of them, chosen by chance. [default: 100%]
    pub share: Option<Share>,
    /// With `deletePods`: without grace, as `kubectl delete --force --grace-period=0` does; Pods that are being deleted
    /// already are meant too. [default: false]
    pub force: Option<bool>,
    /// With `unreachable`: how long it takes until the kubelets answer again. [default: for ever]
    #[serde(rename = "for")]
    pub down: Option<Span>,
}

/// A node, or Pods whose nodes are drained.
#[derive(Clone, Debug, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Drain")]
pub enum DrainSpec {
    /// A node's name.
    Node(String),
    /// Some Pods.
    Pods(SomePodsSpec),
}

impl<'de> Deserialize<'de> for DrainSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = TreeNode::deserialize(deserializer)?;
        match node.as_text() {
            Some(name) => Ok(DrainSpec::Node(name.to_owned())),
            None => from_node(&node).map(DrainSpec::Pods).map_err(|error| D::Error::custom(error.message)),
        }
    }
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

/// A node whose machine is switched off.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "ShutDownNode")]
pub struct ShutDownNodeSpec {
    /// The node's name.
    pub node: String,
    /// How long the kubelet may delay the shutdown to stop Pods. With 0s it does not take part: the machine goes while Pods
    /// run, as with `lose`. [default: 0s, as of the kubelet's shutdownGracePeriod]
    pub shutdown_grace_period: Option<Span>,
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
