//! Where a Pod is, and what its status says about how it got there. Values only.

use crate::id::{NodeId, PodSpecId};
use crate::time::WholeSecond;
use std::sync::Arc;

/// The part of a Pod that matters in clusters with nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodPlacement {
    /// What its spec says about where it may run.
    pub spec: PodSpecId,
    /// `spec.nodeName`.
    pub node: Option<NodeId>,
    /// `status.nominatedNodeName`.
    pub nominated: Option<NodeId>,
    /// Whether it has scheduling gates.
    pub is_gated: bool,
    /// The condition PodScheduled.
    pub scheduled: PodScheduled,
    /// The reason of the condition DisruptionTarget with status True, if the Pod has it.
    pub disruption: Option<DisruptionReason>,
    /// The `lastTransitionTime` of that condition.
    pub disrupted_at: WholeSecond,
    /// `status.startTime`.
    pub start_time: Option<WholeSecond>,
}

/// The condition PodScheduled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PodScheduled {
    /// There is no such condition yet.
    #[default]
    Unset,
    /// The Pod is bound.
    True,
    /// The Pod is not bound.
    False {
        /// The reason, in one word.
        reason: UnscheduledReason,
        /// The message for people.
        message: Arc<str>,
        /// `lastTransitionTime`.
        since: WholeSecond,
    },
}

/// Why a Pod is not bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnscheduledReason {
    /// It has scheduling gates.
    SchedulingGated,
    /// No node accepts it.
    Unschedulable,
    /// Its scheduling failed with an error.
    SchedulerError,
}

impl UnscheduledReason {
    /// The reason as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SchedulingGated => "SchedulingGated",
            Self::Unschedulable => "Unschedulable",
            Self::SchedulerError => "SchedulerError",
        }
    }
}

/// The message of a Pod that waits for its scheduling gates to be removed. Source: `pkg/registry/core/pod/util.go`.
pub const GATED_MESSAGE: &str = "Scheduling is blocked due to non-empty scheduling gates";

/// Why a Pod is disrupted: the reason of its condition DisruptionTarget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisruptionReason {
    /// A Pod of higher priority preempts it.
    Preemption,
    /// Its node has a taint that it does not tolerate, or no longer tolerates.
    TaintManager,
    /// A client evicts it.
    Eviction,
    /// Its node is gone.
    PodGc,
    /// Its kubelet ends it, because the node runs short of a resource or shuts down.
    Kubelet,
}

impl DisruptionReason {
    /// The reason as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preemption => "PreemptionByScheduler",
            Self::TaintManager => "DeletionByTaintManager",
            Self::Eviction => "EvictionByEvictionAPI",
            Self::PodGc => "DeletionByPodGC",
            Self::Kubelet => "TerminationByKubelet",
        }
    }
}
