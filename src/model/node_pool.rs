//! Pools of nodes: nodes of one kind that an autoscaler adds and removes, and what befalls them. A model, not a copy of a
//! controller: the scheduler is exact, the autoscaler is not.

use super::Distribution;
use crate::api::{Node, Resources};
use crate::time::SimDuration;
use std::sync::Arc;

/// Nodes of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct NodePool {
    /// Its name; a node's is the pool's and an ordinal from 1, such as `spot-3`.
    pub name: Arc<str>,
    /// What its nodes are like; the name of each is filled in.
    pub template: Arc<Node>,
    /// What Pods without a Job take of its first nodes, by ordinal.
    pub reserved: Vec<NodeRoom>,
    /// What such Pods (of DaemonSets) take of each node that comes later.
    pub reserved_later: NodeRoom,
    /// Zones over which nodes are spread in turn; empty: the template says it, or nobody.
    pub zones: Vec<String>,
    /// How many nodes there are at the start.
    pub initial: u32,
    /// How many nodes the autoscaler leaves at least.
    pub min: u32,
    /// How many nodes there are at most; the autoscaler adds none to a pool whose `max` is its `initial`.
    pub max: u32,
    /// What a node costs an hour, from when it is asked for until it is gone.
    pub price_per_hour: f64,
    /// Seconds from the autoscaler's decision until the node joins.
    pub provisioning: Distribution,
    /// How long a node must be without Pods (of Jobs) before the autoscaler removes it; `None`: never.
    pub idle_timeout: Option<SimDuration>,
    /// The share of CPU and memory, of which more is requested, below which a node counts as idle too, if its Pods find room
    /// elsewhere; `None`: only nodes without Pods do.
    pub consolidate_below: Option<f64>,
    /// How often a node is reclaimed, for each hour that it is there; 0: never.
    pub reclaims_per_hour: f64,
    /// How long before it is reclaimed a node is told so.
    pub reclaim_notice: SimDuration,
    /// What is done with a node that is told so.
    pub on_reclaim_notice: OnReclaimNotice,
}

/// What is done with a node that will be reclaimed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnReclaimNotice {
    /// It is cordoned, and its Pods are evicted, as a termination handler does.
    #[default]
    Drain,
    /// Its kubelet stops the Pods and lets them fail: graceful node shutdown.
    Shutdown,
    /// Nothing.
    Ignore,
}

/// Room on a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeRoom {
    /// What is requested.
    pub requests: Resources,
    /// By how many Pods.
    pub pods: i64,
}

impl NodeRoom {
    /// Adds room.
    pub fn add(&mut self, other: &NodeRoom) {
        self.requests += &other.requests;
        self.pods += other.pods;
    }

    /// Takes it from what a node has for Pods. A node may be overcommitted; then it has nothing.
    pub fn take_from(&self, node: &mut Node) {
        node.allocatable -= &self.requests;
        node.allocatable.raise_to(&Resources::default());
        let names: Vec<Arc<str>> = node.allocatable.scalar.iter().filter(|s| s.1 < 0).map(|s| s.0.clone()).collect();
        names.iter().for_each(|name| node.allocatable.add_scalar(name, -node.allocatable.scalar(name)));
        node.allowed_pods = (node.allowed_pods - self.pods).max(0);
    }
}

impl NodePool {
    /// The node of that ordinal (from 1).
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

    /// The ordinal of the pool's node of that name, if it can have one.
    pub fn ordinal_of(&self, node: &str) -> Option<u32> {
        let ordinal: u32 = node.strip_prefix(&*self.name)?.strip_prefix('-')?.parse().ok()?;
        (ordinal >= 1 && node == format!("{}-{ordinal}", self.name)).then_some(ordinal)
    }

    /// Whether the autoscaler changes how many nodes there are.
    pub fn is_elastic(&self) -> bool {
        self.max > self.initial || self.min < self.initial
    }
}

/// How the autoscaler acts on all pools.
#[derive(Clone, Debug, PartialEq)]
pub struct AutoscalerModel {
    /// How often it looks. Source: cluster-autoscaler, `--scan-interval`, 10 s.
    pub scan_interval: SimDuration,
    /// Which pool takes Pods that several could take.
    pub expander: Expander,
}

impl Default for AutoscalerModel {
    fn default() -> Self {
        AutoscalerModel { scan_interval: SimDuration::from_secs(10), expander: Expander::Cheapest }
    }
}

/// What a random number of a node decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeDraw {
    /// How long it takes until it joins.
    Provisioning,
    /// When it is reclaimed.
    Reclaim,
    /// Which pool the autoscaler chooses.
    Expander,
}

/// How the autoscaler chooses among pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expander {
    /// The pool whose new nodes cost least an hour in all; of equal ones the first.
    Cheapest,
    /// The pool whose new nodes would have the smallest share of CPU and memory left over.
    LeastWaste,
    /// Any, by a random number.
    Random,
}
