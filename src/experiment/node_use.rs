//! What a replication used of the cluster's nodes, as part of its flat record. It is about the whole cluster; the
//! record of a single Job does not contain it.

use super::seconds;
use crate::record::{NodeTotals, PendingReason, PendingTimes, PoolTotals};
use crate::time::SimDuration;
use serde::{Deserialize, Serialize};

/// Use of nodes. Shares are in billionths, costs in millionths of the unit of prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeUse {
    /// Time that nodes existed or were on their way, summed over nodes.
    #[serde(with = "seconds")]
    pub node_time: SimDuration,
    /// What nodes cost.
    pub cost: u64,
    /// The part of it that was paid for capacity that no Pod requested.
    pub idle_cost: u64,
    /// Nodes that joined later than at the beginning.
    pub nodes_started: u32,
    /// The most nodes at the same time.
    pub most_nodes: u32,
    /// From the beginning to the first node that joined later.
    #[serde(with = "seconds::or_none")]
    pub first_node: Option<SimDuration>,
    /// The share of allocatable CPU that was requested.
    pub cpu_requested: u64,
    /// The share of allocatable memory that was requested.
    pub memory_requested: u64,
    /// The share of allocatable CPU that was free while a Pod was unschedulable.
    pub fragmentation: u64,
    /// Time that Pods waited to be bound, summed over Pods.
    #[serde(with = "seconds")]
    pub pending: SimDuration,
    /// The longest of these waits.
    #[serde(with = "seconds")]
    pub longest_pending: SimDuration,
    /// Time that Pods waited to be bound, by what they waited for.
    #[serde(with = "pending_by")]
    pub pending_by: PendingTimes,
    /// Time that Pods were reported as unschedulable, summed over Pods.
    #[serde(with = "seconds")]
    pub unschedulable: SimDuration,
    /// Pods that were preempted by Pods of higher priority.
    pub preempted: u32,
    /// Pods that were evicted through the API.
    pub evicted: u32,
    /// Pods that were evicted because of a taint.
    pub taint_evicted: u32,
    /// Pods whose node was gone.
    pub lost: u32,
    /// Nodes that were reclaimed.
    pub reclaimed: u32,
}

impl NodeUse {
    /// From the totals of a run.
    pub fn of(total: &NodeTotals) -> Self {
        let requested = |(all, requested): (i128, i128)| super::batch::billionths(requested, all);
        let (all, requested_meanwhile) = total.cpu_while_unschedulable;
        NodeUse {
            node_time: total.time,
            cost: total.cost,
            idle_cost: total.idle_cost,
            nodes_started: total.started,
            most_nodes: total.most,
            first_node: total.first_node,
            cpu_requested: requested(total.cpu),
            memory_requested: requested(total.memory),
            fragmentation: super::batch::billionths(all - requested_meanwhile, all),
            pending: total.pending,
            longest_pending: total.longest_pending,
            pending_by: total.pending_by,
            unschedulable: total.unschedulable,
            preempted: total.preempted,
            evicted: total.evicted,
            taint_evicted: total.taint_evicted,
            lost: total.lost,
            reclaimed: total.reclaimed,
        }
    }

    /// Whether there was no node.
    pub fn is_none(&self) -> bool {
        *self == NodeUse::default()
    }
}

/// What a replication used of a pool of nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolUse {
    /// The pool's name.
    pub name: String,
    /// Nodes that joined.
    pub nodes: u32,
    /// Time that its nodes existed or were on their way, summed over nodes.
    #[serde(with = "seconds")]
    pub node_time: SimDuration,
    /// What they cost, in millionths.
    pub cost: u64,
    /// The part of it that was paid for capacity that no Pod requested.
    pub idle_cost: u64,
}

impl PoolUse {
    /// From the totals of a pool.
    pub fn of(total: &PoolTotals) -> Self {
        PoolUse {
            name: total.name.to_string(),
            nodes: total.joined,
            node_time: total.time,
            cost: total.cost,
            idle_cost: total.idle_cost,
        }
    }
}

/// Waits by reason in JSON: an object of seconds, without reasons that did not occur.
mod pending_by {
    use super::{PendingReason, PendingTimes, SimDuration};
    use serde::{Deserialize, Deserializer, Serializer};
    use std::collections::BTreeMap;

    /// Writes the object.
    pub fn serialize<S: Serializer>(times: &PendingTimes, serializer: S) -> Result<S::Ok, S::Error> {
        let waits = PendingReason::ALL.into_iter().map(|reason| (reason.key(), times.of(reason).as_secs_f64()));
        serializer.collect_map(waits.filter(|(_, seconds)| *seconds > 0.0))
    }

    /// Reads the object.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PendingTimes, D::Error> {
        let mut times = PendingTimes::default();
        for (key, seconds) in BTreeMap::<String, f64>::deserialize(deserializer)? {
            let unknown = || serde::de::Error::custom(format!("{key:?} is nothing that a Pod waits for"));
            times.add(PendingReason::of_key(&key).ok_or_else(unknown)?, SimDuration::from_secs_f64(seconds));
        }
        Ok(times)
    }
}
