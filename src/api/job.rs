//! A Job as the controller sees it: the resolved, defaulted part of `batch/v1` that affects what happens.
//!
//! This is not the manifest: unknown fields, labels, volumes and the like are handled in [`crate::manifest`], which
//! resolves a manifest to these types. Invariant: every value here has passed the API's validation.

use super::{ContainerRestarts, JobCondition, JobConditionType};
use crate::api::Intervals;
use crate::id::PodId;
use crate::time::SimTime;
use smallvec::SmallVec;

/// The resolved `spec` of a Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSpec {
    /// How many Pods may be active at once.
    pub parallelism: i32,
    /// How many Pods must succeed; `None` makes a work-queue Job.
    pub completions: Option<i32>,
    /// Whether Pods have completion indexes.
    pub completion_mode: CompletionMode,
    /// How many Pod failures (with `OnFailure`, container restarts) the Job survives.
    pub backoff_limit: i32,
    /// How many failures each index survives; only in Indexed Jobs.
    pub backoff_limit_per_index: Option<i32>,
    /// How many failed indexes the Job survives; only with `backoff_limit_per_index`.
    pub max_failed_indexes: Option<i32>,
    /// How long the Job may be active, in seconds.
    pub active_deadline_seconds: Option<i64>,
    /// How long a finished Job is kept, in seconds.
    pub ttl_seconds_after_finished: Option<i32>,
    /// Whether the Job is suspended.
    pub suspend: bool,
    /// When a Pod gets a replacement.
    pub pod_replacement_policy: PodReplacementPolicy,
    /// How failed Pods are treated.
    pub pod_failure_policy: Option<PodFailurePolicy>,
    /// When the Job counts as succeeded although not all of its indexes have.
    pub success_policy: Option<SuccessPolicy>,
    /// The controller that reconciles the Job, if it is not the built-in one.
    pub managed_by: Option<String>,
    /// The parts of the Pod template that matter.
    pub template: PodTemplate,
}

/// `spec.managedBy` of Jobs that the built-in controller reconciles.
pub const JOB_CONTROLLER_NAME: &str = "kubernetes.io/job-controller";

impl JobSpec {
    /// Whether Pods have completion indexes.
    #[doc(alias = "isIndexedJob")]
    #[inline]
    pub fn is_indexed(&self) -> bool {
        self.completion_mode == CompletionMode::Indexed
    }

    /// Whether the Pod failure policy has a rule with this action.
    pub fn has_failure_action(&self, action: PodFailurePolicyAction) -> bool {
        self.pod_failure_policy.as_ref().is_some_and(|policy| policy.rules.iter().any(|rule| rule.action == action))
    }

    /// Whether another controller reconciles the Job.
    #[doc(alias = "managedByExternalController")]
    #[inline]
    pub fn is_managed_elsewhere(&self) -> bool {
        self.managed_by.as_deref().is_some_and(|name| name != JOB_CONTROLLER_NAME)
    }
}

/// `spec.completionMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionMode {
    /// Any successful Pod counts.
    NonIndexed,
    /// Each index counts once.
    Indexed,
}

/// `spec.podReplacementPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodReplacementPolicy {
    /// A Pod is replaced as soon as it is terminating.
    TerminatingOrFailed,
    /// A Pod is replaced only when its phase is Failed.
    Failed,
}

impl PodReplacementPolicy {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            PodReplacementPolicy::TerminatingOrFailed => "TerminatingOrFailed",
            PodReplacementPolicy::Failed => "Failed",
        }
    }
}

/// `spec.podFailurePolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodFailurePolicy {
    /// The rules in order; the first that matches decides.
    pub rules: Vec<PodFailurePolicyRule>,
}

/// A rule of a Pod failure policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodFailurePolicyRule {
    /// What happens to the count when a Pod matches.
    pub action: PodFailurePolicyAction,
    /// What a Pod must show to match.
    pub requirement: PodFailureRequirement,
}

/// What a matching rule does with a failed Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodFailurePolicyAction {
    /// The whole Job fails.
    FailJob,
    /// The Pod's index fails.
    FailIndex,
    /// The failure counts towards no limit.
    Ignore,
    /// The failure counts as it would without a rule.
    Count,
}

impl PodFailurePolicyAction {
    /// The name as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FailJob => "FailJob",
            Self::FailIndex => "FailIndex",
            Self::Ignore => "Ignore",
            Self::Count => "Count",
        }
    }
}

/// What a failed Pod must show to match a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodFailureRequirement {
    /// Exit codes of its containers.
    OnExitCodes {
        /// The container whose exit code is checked; all containers if `None`.
        container_name: Option<String>,
        /// Whether the code must be one of the values, or none of them.
        operator: ExitCodesOperator,
        /// The codes; never 0 with `In`.
        values: Vec<i32>,
    },
    /// Any of these conditions.
    OnPodConditions(Vec<PodConditionPattern>),
}

/// `onExitCodes.operator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCodesOperator {
    /// The code is one of the values.
    In,
    /// The code is none of the values.
    NotIn,
}

/// An entry of `onPodConditions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodConditionPattern {
    /// The condition's type, such as `DisruptionTarget`.
    pub condition_type: String,
    /// The condition's status: `True`, `False` or `Unknown`.
    pub status: String,
}

/// `spec.successPolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuccessPolicy {
    /// The rules in order; the first that matches decides.
    pub rules: Vec<SuccessPolicyRule>,
}

/// A rule of a success policy; at least one field is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuccessPolicyRule {
    /// The indexes that count; `None` for all. Indexes beyond `completions` have not been removed.
    pub succeeded_indexes: Option<Intervals>,
    /// How many of these indexes must succeed; `None` for all.
    pub succeeded_count: Option<i32>,
}

/// The parts of `spec.template` that matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodTemplate {
    /// `restartPolicy` of the Pods.
    pub restart_policy: RestartPolicy,
    /// Names of the regular containers, in order.
    pub containers: Vec<String>,
    /// Names of the init containers, in order.
    pub init_containers: Vec<String>,
    /// The containers' own restart settings, regular containers first; empty if no container has any.
    pub container_restarts: Vec<ContainerRestarts>,
    /// The position of the regular container that stands for the Pod: the one named by the annotation
    /// `kubectl.kubernetes.io/default-container`, or else the first.
    pub main_container: usize,
    /// Seconds between SIGTERM and SIGKILL.
    pub termination_grace_period_seconds: i64,
    /// `activeDeadlineSeconds` of the Pods, enforced by the kubelet. The Job has its own.
    pub active_deadline_seconds: Option<i64>,
}

/// `restartPolicy` of a Job's Pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartPolicy {
    /// Containers that exit are not restarted.
    Never,
    /// A container that fails is restarted in its Pod.
    OnFailure,
}

/// The `status` of a Job. While the controller works on it times are exact; stored times are whole seconds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct JobStatus {
    /// Pods that are pending or running and not being deleted.
    pub active: i32,
    /// Active Pods with condition Ready.
    pub ready: Option<i32>,
    /// Pods that are being deleted and have not finished.
    pub terminating: Option<i32>,
    /// Succeeded Pods (in Indexed Jobs, succeeded indexes) that have been counted.
    pub succeeded: i32,
    /// Failed Pods that have been counted.
    pub failed: i32,
    /// Indexes that succeeded; empty unless Indexed.
    pub completed_indexes: Intervals,
    /// Indexes that failed; `None` unless `backoffLimitPerIndex` is set.
    pub failed_indexes: Option<Intervals>,
    /// Finished Pods that are not yet in the counters.
    pub uncounted: UncountedTerminatedPods,
    /// When the Job was first allowed to run; after a resume, when it was last allowed to.
    pub start_time: Option<SimTime>,
    /// When the Job completed; never set on failure.
    pub completion_time: Option<SimTime>,
    /// The conditions, in the order in which they were first set.
    pub conditions: SmallVec<[JobCondition; 3]>,
}

/// `status.uncountedTerminatedPods`. Pod ids stand for UIDs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UncountedTerminatedPods {
    /// Succeeded Pods, in the order in which they were added.
    pub succeeded: SmallVec<[PodId; 4]>,
    /// Failed Pods, in the order in which they were added.
    pub failed: SmallVec<[PodId; 4]>,
}

impl Clone for UncountedTerminatedPods {
    fn clone(&self) -> Self {
        let (succeeded, failed) = (SmallVec::from_slice(&self.succeeded), SmallVec::from_slice(&self.failed));
        UncountedTerminatedPods { succeeded, failed }
    }
}

impl Clone for JobStatus {
    /// Every sync copies the status several times, so the lists are copied in one piece instead of member by member.
    fn clone(&self) -> Self {
        JobStatus {
            conditions: SmallVec::from_slice(&self.conditions),
            completed_indexes: self.completed_indexes.clone(),
            failed_indexes: self.failed_indexes.clone(),
            uncounted: self.uncounted.clone(),
            ..*self
        }
    }
}

impl JobStatus {
    /// The condition of a type, if the Job has it.
    #[doc(alias = "findConditionByType")]
    #[inline]
    pub fn condition(&self, t: JobConditionType) -> Option<&JobCondition> {
        self.conditions.iter().find(|c| c.condition_type == t)
    }

    /// Whether the Job has a condition of the type with status True.
    #[inline]
    pub fn is_true(&self, t: JobConditionType) -> bool {
        self.condition(t).is_some_and(|c| c.status)
    }

    /// The condition Complete or Failed with status True, if there is one.
    #[doc(alias = "IsJobFinished")]
    pub fn finished(&self) -> Option<&JobCondition> {
        self.conditions
            .iter()
            .find(|c| matches!(c.condition_type, JobConditionType::Complete | JobConditionType::Failed) && c.status)
    }
}
