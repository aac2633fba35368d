//! Sums over the nodes of a run. They hold no rules: [`super::node_use`] adds them up.

use super::PendingTimes;
use crate::time::SimDuration;
use std::sync::Arc;

/// Sums over a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NodeTotals {
    /// Nodes that joined.
    pub joined: u32,
    /// Nodes that joined after the beginning of the run.
    pub started: u32,
    /// The greatest number of nodes at the same time.
    pub most: u32,
    /// Time from the request for a node (or its joining) until it was gone, summed over nodes.
    pub time: SimDuration,
    /// The cost of nodes, in millionths of the unit of the prices.
    pub cost: u64,
    /// The part of `cost` paid for resources that no Pod requested.
    pub idle_cost: u64,
    /// Allocatable CPU × time, and the requested part of it (thousandths of a CPU × nanoseconds).
    pub cpu: (i128, i128),
    /// Allocatable memory × time, and the requested part of it (MiB × nanoseconds).
    pub memory: (i128, i128),
    /// As `cpu`, counting only time in which a Pod was unschedulable: what was free then was of no use to that Pod.
    pub cpu_while_unschedulable: (i128, i128),
    /// Time for which Pods waited to be bound, summed over Pods.
    pub pending: SimDuration,
    /// The longest of these waits.
    pub longest_pending: SimDuration,
    /// As `pending`, by what the Pods waited for.
    pub pending_by: PendingTimes,
    /// Time for which Pods were called unschedulable, summed over Pods.
    pub unschedulable: SimDuration,
    /// From the beginning of the run until the first of the nodes in `started` joined.
    pub first_node: Option<SimDuration>,
    /// Pods that were preempted by Pods of higher priority.
    pub preempted: u32,
    /// Pods that were evicted through the API: drained, or reclaimed with a notice.
    pub evicted: u32,
    /// Pods that were evicted because of a taint.
    pub taint_evicted: u32,
    /// Pods that were given up because their node was gone.
    pub lost: u32,
    /// Nodes that were reclaimed.
    pub reclaimed: u32,
}

/// Sums over the nodes of a pool, in the units of [`NodeTotals`].
#[derive(Clone, Debug, PartialEq)]
pub struct PoolTotals {
    /// The pool's name.
    pub name: Arc<str>,
    /// Nodes that joined.
    pub joined: u32,
    /// Time from the request for a node until it was gone, summed over nodes.
    pub time: SimDuration,
    /// The cost of its nodes.
    pub cost: u64,
    /// The part of `cost` paid for resources that no Pod requested.
    pub idle_cost: u64,
}
