//! A Job as the controller sees it: the resolved, defaulted part of `batch/v1` that has an effect on what happens.
//!
//! This is not the manifest: names of unknown fields, labels, volumes and the like live in [`crate::manifest`], which
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
    /// How many must succeed; `None` makes a work-queue Job.
    pub completions: Option<i32>,
    /// Whether Pods have completion indexes.
    pub completion_mode: CompletionMode,
    /// How many failed Pods (or, with `OnFailure`, container restarts) are borne.
    pub backoff_limit: i32,
    /// The same for each index by itself; only Indexed.
    pub backoff_limit_per_index: Option<i32>,
    /// How many failed indexes are borne; only with `backoff_limit_per_index`.
    pub max_failed_indexes: Option<i32>,
    /// Seconds that the Job may be active.
    pub active_deadline_seconds: Option<i64>,
    /// Seconds that a finished Job stays.
    pub ttl_seconds_after_finished: Option<i32>,
    /// Whether the Job is held back.
    pub suspend: bool,
    /// When a Pod is replaced.
    pub pod_replacement_policy: PodReplacementPolicy,
    /// What is made of failed Pods.
    pub pod_failure_policy: Option<PodFailurePolicy>,
    /// When a Job counts as succeeded before all of its indexes have.
    pub success_policy: Option<SuccessPolicy>,
    /// The controller that reconciles the Job, where it is not Kubernetes' own.
    pub managed_by: Option<String>,
    /// What matters of the Pod template.
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
    /// Each index from 0 counts once.
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

/// `spec.podFailurePolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodFailurePolicy {
    /// Tried in order; the first that matches decides.
    pub rules: Vec<PodFailurePolicyRule>,
}

/// A rule of a Pod failure policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodFailurePolicyRule {
    /// What is done with a Pod that matches.
    pub action: PodFailurePolicyAction,
    /// What a Pod must show to match.
    pub requirement: PodFailureRequirement,
}

/// What is done with a failed Pod that matches a rule.
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
        /// Only the container of this name, if given.
        container_name: Option<String>,
        /// Whether the code must be, or must not be, one of the values.
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
    /// Tried in order; the first that matches decides.
    pub rules: Vec<SuccessPolicyRule>,
}

/// A rule of a success policy; at least one field is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuccessPolicyRule {
    /// The indexes that count; `None` for all. Not yet cut to the number of completions.
    pub succeeded_indexes: Option<Intervals>,
    /// How many of them suffice; `None` for all.
    pub succeeded_count: Option<i32>,
}

/// What matters of `spec.template`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodTemplate {
    /// `restartPolicy` of the Pods.
    pub restart_policy: RestartPolicy,
    /// Names of the regular containers, in order.
    pub containers: Vec<String>,
    /// Names of the init containers, in order.
    pub init_containers: Vec<String>,
    /// What they say of their own restarts, the regular containers first; empty where none says anything.
    pub container_restarts: Vec<ContainerRestarts>,
    /// The regular container that stands for the Pod: that of the annotation `kubectl.kubernetes.io/default-container`,
    /// else the first.
    pub main_container: usize,
    /// Seconds between SIGTERM and SIGKILL.
    pub termination_grace_period_seconds: i64,
    /// `activeDeadlineSeconds` of the Pods, which their kubelets keep; the Job has one of its own.
    pub active_deadline_seconds: Option<i64>,
}

/// A Job's Pods' `restartPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartPolicy {
    /// A container that exits stays as it is.
    Never,
    /// A container that fails is restarted in its Pod.
    OnFailure,
}

/// The `status` of a Job. Times are exact in the controller's hands and whole seconds once stored.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct JobStatus {
    /// Pods that are pending or running and not being deleted.
    pub active: i32,
    /// Active Pods with condition Ready.
    pub ready: Option<i32>,
    /// Pods that are being deleted and have not finished.
    pub terminating: Option<i32>,
    /// Succeeded Pods (Indexed: succeeded indexes) that were counted.
    pub succeeded: i32,
    /// Failed Pods that were counted.
    pub failed: i32,
    /// Indexes that succeeded; empty unless Indexed.
    pub completed_indexes: Intervals,
    /// Indexes that failed; `None` unless `backoffLimitPerIndex` is set.
    pub failed_indexes: Option<Intervals>,
    /// Finished Pods that are not in the counters yet.
    pub uncounted: UncountedTerminatedPods,
    /// When the Job was first (or, after a resume, last) allowed to run.
    pub start_time: Option<SimTime>,
    /// When it completed; never set on failure.
    pub completion_time: Option<SimTime>,
    /// In the order in which they were first set.
    pub conditions: SmallVec<[JobCondition; 3]>,
}

/// `status.uncountedTerminatedPods`; Pods stand for their UIDs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UncountedTerminatedPods {
    /// Succeeded Pods, in the order in which they were entered.
    pub succeeded: SmallVec<[PodId; 4]>,
    /// Failed Pods, in the order in which they were entered.
    pub failed: SmallVec<[PodId; 4]>,
}

impl Clone for UncountedTerminatedPods {
    fn clone(&self) -> Self {
        let (succeeded, failed) = (SmallVec::from_slice(&self.succeeded), SmallVec::from_slice(&self.failed));
        UncountedTerminatedPods { succeeded, failed }
    }
}

impl Clone for JobStatus {
    /// Every sync copies the status a few times, so the lists are copied as a whole and not member by member.
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
