//! Sums over the nodes of a run. [`super::node_use`] adds them up.

use super::PendingTimes;
use crate::time::SimDuration;
use std::sync::Arc;

/// Sums over a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NodeTotals {
    /// Nodes that joined.
    pub joined: u32,
    /// Nodes that joined after the first instant.
    pub started: u32,
    /// The most nodes at the same time.
    pub most: u32,
    /// Time that nodes were there or on their way, summed over nodes.
    pub time: SimDuration,
    /// What nodes cost, in millionths of the unit in which prices are.
    pub cost: u64,
    /// What of it was paid for room that no Pod requested.
    pub idle_cost: u64,
    /// Allocatable CPU × time, and what of it was requested.
    pub cpu: (i128, i128),
    /// Allocatable memory in MiB × time, and what of it was requested.
    pub memory: (i128, i128),
    /// The same of CPU while a Pod was unschedulable: what is free then is of no use to it.
    pub cpu_while_unschedulable: (i128, i128),
    /// Time that Pods waited to be bound, summed over Pods.
    pub pending: SimDuration,
    /// The longest of these waits.
    pub longest_pending: SimDuration,
    /// The same by what was waited for.
    pub pending_by: PendingTimes,
    /// Time that Pods were called unschedulable, summed over Pods.
    pub unschedulable: SimDuration,
    /// From the beginning to the first node that joined later.
    pub first_node: Option<SimDuration>,
    /// Pods that others of higher priority drove away.
    pub preempted: u32,
    /// Pods that were evicted through the API: drained, or reclaimed with a notice.
    pub evicted: u32,
    /// Pods that a taint drove away.
    pub taint_evicted: u32,
    /// Pods whose node was gone.
    pub lost: u32,
    /// Nodes that were reclaimed.
    pub reclaimed: u32,
}

/// Sums over the nodes of a pool. Costs are as in [`NodeTotals`].
#[derive(Clone, Debug, PartialEq)]
pub struct PoolTotals {
    /// The pool's name.
    pub name: Arc<str>,
    /// Nodes that joined.
    pub joined: u32,
    /// Time that its nodes were there or on their way, summed over nodes.
    pub time: SimDuration,
    /// What they cost.
    pub cost: u64,
    /// What of it was paid for room that no Pod requested.
    pub idle_cost: u64,
}
