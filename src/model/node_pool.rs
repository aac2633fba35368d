//! Pools of nodes: nodes of one kind that an autoscaler adds and removes, and that can be reclaimed. This is a model,
//! not a copy of a controller: the scheduler is exact, the autoscaler is not.

use super::Distribution;
use crate::api::{Node, Resources};
use crate::time::SimDuration;
use std::sync::Arc;

/// Nodes of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct NodePool {
    /// Its name. A node is named after its pool and its ordinal from 1, such as `spot-3`.
    pub name: Arc<str>,
    /// The template of its nodes, without a name.
    pub template: Arc<Node>,
    /// What Pods without a Job use on its first nodes, by ordinal.
    pub reserved: Vec<NodeRoom>,
    /// What such Pods (of DaemonSets) use on each later node.
    pub reserved_later: NodeRoom,
    /// Zones over which the nodes are spread in turn. If empty, only the template can give a zone.
    pub zones: Vec<String>,
    /// How many nodes there are at the start.
    pub initial: u32,
    /// The least number of nodes that the autoscaler keeps.
    pub min: u32,
    /// The largest number of nodes. The autoscaler adds none to a pool whose `max` is its `initial`.
    pub max: u32,
    /// The price of a node per hour, from the request for it until it is gone.
    pub price_per_hour: f64,
    /// Seconds from the autoscaler's decision until the node joins.
    pub provisioning: Distribution,
    /// How long a node must be without Pods of Jobs before the autoscaler removes it; `None` for never.
    pub idle_timeout: Option<SimDuration>,
    /// The utilization of CPU and memory (by requests) below which a node counts as idle too, if its Pods fit
    /// elsewhere. `None` if only nodes without Pods count as idle.
    pub consolidate_below: Option<f64>,
    /// How often a node is reclaimed, per hour of its life; 0 for never.
    pub reclaims_per_hour: f64,
    /// How long in advance a node is told that it will be reclaimed.
    pub reclaim_notice: SimDuration,
    /// What happens on a node that is told so.
    pub on_reclaim_notice: OnReclaimNotice,
}

/// What happens on a node that will be reclaimed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnReclaimNotice {
    /// It is cordoned and its Pods are evicted, as termination handlers do.
    #[default]
    Drain,
    /// Its kubelet stops the Pods and marks them Failed: graceful node shutdown.
    Shutdown,
    /// Nothing.
    Ignore,
}

/// Part of a node's capacity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeRoom {
    /// What is requested.
    pub requests: Resources,
    /// How many Pods request it.
    pub pods: i64,
}

impl NodeRoom {
    /// Adds capacity.
    pub fn add(&mut self, other: &NodeRoom) {
        self.requests += &other.requests;
        self.pods += other.pods;
    }

    /// Subtracts it from a node's allocatable resources. An overcommitted node has none left.
    pub fn take_from(&self, node: &mut Node) {
        node.allocatable -= &self.requests;
        node.allocatable.raise_to(&Resources::default());
        let names: Vec<Arc<str>> = node.allocatable.scalar.iter().filter(|s| s.1 < 0).map(|s| s.0.clone()).collect();
        names.iter().for_each(|name| node.allocatable.add_scalar(name, -node.allocatable.scalar(name)));
        node.allowed_pods = (node.allowed_pods - self.pods).max(0);
    }
}

impl NodePool {
    /// The node with this ordinal, from 1.
    pub fn node(&self, ordinal: u32) -> Node {
        let mut node = (*self.template).clone();
        node.name = format!("{}-{ordinal}", self.name);
        node.labels.set(crate::api::LABEL_HOSTNAME, &node.name);
        let first = self.reserved.get(ordinal as usize - 1);
        let later = Some(&self.reserved_later).filter(|_| ordinal > self.initial);
        first.into_iter().chain(later).for_each(|room| room.take_from(&mut node));
        if let Some(zone) = self.zones.get((ordinal as usize - 1) % self.zones.len().max(1)) {
            node.labels.set(crate::api::LABEL_ZONE, zone);
        }
        node
    }

    /// The ordinal of the pool's node with this name, if it can have one.
    pub fn ordinal_of(&self, node: &str) -> Option<u32> {
        let ordinal: u32 = node.strip_prefix(&*self.name)?.strip_prefix('-')?.parse().ok()?;
        (ordinal >= 1 && node == format!("{}-{ordinal}", self.name)).then_some(ordinal)
    }

    /// Whether the autoscaler changes the number of its nodes.
    pub fn is_elastic(&self) -> bool {
        self.max > self.initial || self.min < self.initial
    }
}

/// How the autoscaler acts on all pools.
#[derive(Clone, Debug, PartialEq)]
pub struct AutoscalerModel {
    /// How often it scans the cluster. Source: cluster-autoscaler, `--scan-interval`, 10 s.
    pub scan_interval: SimDuration,
    /// How it chooses when several pools could take the Pods.
    pub expander: Expander,
}

impl Default for AutoscalerModel {
    fn default() -> Self {
        AutoscalerModel { scan_interval: SimDuration::from_secs(10), expander: Expander::Cheapest }
    }
}

/// What a node's random number decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeDraw {
    /// How long it takes to join.
    Provisioning,
    /// When it is reclaimed.
    Reclaim,
    /// Which pool the autoscaler chooses.
    Expander,
}

/// How the autoscaler chooses among pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expander {
    /// The pool whose new nodes cost the least per hour in total; the first of equals.
    Cheapest,
    /// The pool whose new nodes would have the smallest share of CPU and memory left over.
    LeastWaste,
    /// A random pool.
    Random,
}
