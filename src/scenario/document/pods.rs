//! What a user writes about the behaviour of Pods, and about what ends them from outside.

use crate::scenario::scalars::{Dist, Exit, Rate, Share, Shares};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How Pods behave, stage by stage. A stage that is not given is taken from the level above, or has its default.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Pods")]
pub struct PodsSpec {
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
    pub outcome: Option<OutcomeSpec>,
    /// From SIGTERM to the exit, at most the grace period. [default: 1s]
    pub terminate: Option<Dist>,
    /// The exit code after SIGTERM; 0 makes the Pod Succeeded. [default: 143]
    pub terminate_exit_code: Option<i32>,
    /// Where Pods of certain completion indexes (`17`, `0-4,9`) differ. Of entries that fit the one with the fewest indexes
    /// decides.
    #[serde(default)]
    pub by_index: BTreeMap<String, PodsSpec>,
    /// Where certain attempts (`1`, `1-3`) differ. An attempt is that at the Pod's index; without indexes it is the number of
    /// the Pod in the order of creation. Of entries that fit the one with the fewest attempts decides.
    #[serde(default)]
    pub by_attempt: BTreeMap<String, PodsSpec>,
}

/// How a run of the containers ends.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Outcome")]
pub struct OutcomeSpec {
    /// With which exit codes.
    #[serde(rename = "exitCodes | fail")]
    #[schemars(flatten)]
    pub exit: Option<ExitSpec>,
    /// The exit code of a failure by `fail`, `timeToFailure` or an outage. [default: 1]
    pub fail_exit_code: Option<Exit>,
    /// Containers fail after this time, if they still run then.
    pub time_to_failure: Option<Dist>,
    /// The probability that the containers hang until they are killed.
    pub hang: Option<Share>,
    /// The probability that the Pod is never bound to a node.
    pub unschedulable: Option<Share>,
}

/// How likely each exit code is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ExitSpec {
    /// Exit codes with relative weights: `{0: 95, 1: 4, 137: 1}`.
    ExitCodes(BTreeMap<String, f64>),
    /// The probability of failing, instead of `exitCodes`: `5%`, or one for each attempt (see byAttempt), of which the last
    /// repeats.
    Fail(Shares),
}

/// What ends Pods from outside: one kind each.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Disruption")]
pub enum DisruptionSpec {
    /// Evictions by the API: DisruptionTarget, then a graceful deletion.
    Eviction(DisruptionRateSpec),
    /// Preemption by the scheduler: as an eviction.
    Preemption(DisruptionRateSpec),
    /// The kubelet ends the Pod under node pressure: DisruptionTarget and Failed at once.
    Kubelet(DisruptionRateSpec),
    /// The node is lost: DisruptionTarget and Failed without exit codes.
    NodeLoss(DisruptionRateSpec),
    /// A user deletes the Pod; it gets no condition.
    Deletion(DisruptionRateSpec),
}

/// How often.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "DisruptionRate")]
pub struct DisruptionRateSpec {
    /// For each Pod that is bound to a node, such as `0.02/h`.
    pub rate: Rate,
}
