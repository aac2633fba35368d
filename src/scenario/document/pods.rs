//! What a user writes about the behaviour of Pods, and about what ends them from outside.

use crate::scenario::run_scalars::{Exits, Lasting};
use crate::scenario::scalars::{Dist, Exit, Rate, Share, Shares, Span};
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
    /// From the binding to the images being there (`never`: they cannot be pulled). [default: 0s]
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
    /// Whether the containers end when `terminate` says even if the grace period is over by then: a process that SIGKILL does
    /// not end, a kubelet that does not answer. [default: false]
    pub outlives_grace: Option<bool>,
    /// Runs one after the other as they are told, instead of `run` and `outcome`; the last is repeated.
    pub runs: Option<Vec<RunSpec>>,
    /// What ends the Pod from outside, and how long after its creation: `{eviction: 30s}`.
    pub disrupted: Option<DisruptedSpec>,
    /// How containers behave beside the main one, which is the first, or that of the annotation
    /// `kubectl.kubernetes.io/default-container`: by name. What is said of the Pod is said of the main container.
    #[serde(default)]
    pub containers: BTreeMap<String, ContainerSpec>,
    /// Whether all containers of a Pod end at once, with what is said of the Pod. [default: false]
    pub together: Option<bool>,
    /// Where Jobs differ that a CronJob creates: by their number among those that it creates (`1`, `2-4`, `5-`).
    #[serde(default)]
    pub by_start: BTreeMap<String, PodsSpec>,
    /// Where Pods of certain completion indexes (`17`, `0-4,9`) differ. Entries that fit are laid over one another, the one
    /// with the fewest indexes last.
    #[serde(default)]
    pub by_index: BTreeMap<String, PodsSpec>,
    /// Where certain attempts (`1`, `1-3`) differ. An attempt is that at the Pod's index; without indexes it is the number of
    /// the Pod in the order of creation. Entries that fit are laid over one another, the one with the fewest attempts last.
    #[serde(default)]
    pub by_attempt: BTreeMap<String, PodsSpec>,
}

/// How one container of a Pod behaves. A regular container and a sidecar run until they are stopped, an init container takes
/// no time, unless it is said here.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Container")]
pub struct ContainerSpec {
    /// From its turn to running. [default: 0s]
    pub start: Option<Dist>,
    /// Of a sidecar: from running until its startup probe succeeds (`never`: it does not). The next init container, or the
    /// main containers, begin then. [default: 0s]
    pub startup: Option<Dist>,
    /// From running to ready (`never`: not at all). [default: 0s]
    pub ready: Option<Dist>,
    /// How long it runs (`never`: until it is stopped).
    pub run: Option<Dist>,
    /// How a run ends. [default: exit code 0]
    pub outcome: Option<OutcomeSpec>,
    /// From the end of the main container to its own, instead of `run`.
    pub ends_after_main: Option<Dist>,
    /// Runs one after the other as they are told, instead of `run` and `outcome`; the last is repeated.
    pub runs: Option<Vec<RunSpec>>,
    /// From SIGTERM to the exit, at most the grace period. [default: 1s]
    pub terminate: Option<Dist>,
    /// The exit code after SIGTERM. [default: 143]
    pub terminate_exit_code: Option<i32>,
}

/// A run as it is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Run")]
pub struct RunSpec {
    /// From running to the exit (`never`: until it is killed).
    #[serde(rename = "for")]
    pub lasts: Lasting,
    /// The exit code; with `together` also a list with one for each container. [default: 0]
    pub exit: Option<Exits>,
    /// From the exit to the next run, where there is one. [default: as the kubelet's back-off has it]
    pub restart_after: Option<Span>,
}

/// What ends a Pod from outside: one kind, and how long after the Pod's creation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Disrupted")]
pub enum DisruptedSpec {
    /// An eviction by the API: DisruptionTarget, then a graceful deletion.
    Eviction(Dist),
    /// Preemption by the scheduler: as an eviction.
    Preemption(Dist),
    /// The kubelet ends the Pod, if it is bound by then: DisruptionTarget and Failed at once.
    Kubelet(Dist),
    /// The node is lost: DisruptionTarget and Failed without exit codes.
    NodeLoss(Dist),
    /// A user deletes the Pod.
    Deletion(Dist),
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
    /// The probability that the kernel kills a run for want of memory (OOMKilled, exit code 137) when it has lasted as long as
    /// `run` says; with restartPolicy OnFailure the container is restarted in its Pod. The word OOMKilled stands for 137
    /// wherever an exit code is written.
    pub oom_killed: Option<Share>,
    /// The probability that the Pod is never bound to a node.
    pub unschedulable: Option<Share>,
    /// The probability that a pull of the images fails (ErrImagePull); it is repeated after the kubelet's back-off of 10 s to
    /// 5 min (ImagePullBackOff).
    pub pull_failure: Option<Share>,
    /// The probability that the configuration of the Pod's containers is wrong (CreateContainerConfigError): they never start.
    pub config_error: Option<Share>,
    /// The probability that the containers cannot be started (StartError): they count as failed with exit code 128.
    pub start_error: Option<Share>,
}

/// How likely each exit code is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ExitSpec {
    /// Exit codes with relative weights: `{0: 95, 1: 4, OOMKilled: 1}`.
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
