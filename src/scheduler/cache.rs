//! The scheduler's cache: what its watches have shown about Pods and nodes, and the Pods that it has decided to bind.
//! It may be behind the API server.
//!
//! Invariant: a node's sums are those of the Pods in its list; `recount` computes them from scratch.

use super::node_tree::NodeTree;
use super::plugins::{node_filters, resources};
use crate::api::{HostPort, Node, PodPlacement, PodSchedulingSpec, Resources};
use crate::id::{Arena, ArenaKey, NodeId, PodId, PodSpecId, Table};
use std::sync::Arc;
use std::sync::OnceLock;

/// A Pod as the scheduler's watch has shown it.
#[derive(Clone, Debug)]
pub struct WatchedPod {
    /// Where it is and what it is waiting for.
    pub placement: PodPlacement,
    /// Its completion index.
    pub index: Option<u32>,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// `metadata.resourceVersion`.
    pub version: u64,
}

/// What the cache knows about a Pod.
#[derive(Clone, Debug, Default)]
pub(super) struct PodEntry {
    /// The Pod as the watch has shown it; `None` if it has not been shown yet, or is gone.
    pub seen: Option<WatchedPod>,
    /// The node whose list contains it: it is bound there, or about to be.
    pub on: Option<NodeId>,
    /// Whether it is on that list only because the scheduler decided so, and the binding has not been seen yet.
    pub assumed: bool,
    /// Its spec; meaningless for a Pod that has never been seen.
    pub spec: PodSpecId,
    /// Its completion index.
    pub index: Option<u32>,
}

/// A node with the Pods on it.
#[derive(Clone, Debug, Default)]
pub struct NodeInfo {
    /// The object; `None` if it is gone, or was never seen, while Pods are still bound to it.
    pub node: Option<Arc<Node>>,
    /// The Pods, in the order in which preemption considers equal ones: a Pod that changes moves to the end, and when
    /// one is removed, the last takes its place.
    pub pods: Vec<PodId>,
    /// The sum of the Pods' requests.
    pub requested: Resources,
    /// The same, where a container without a CPU request counts as 100 m.
    pub non_zero_milli_cpu: i64,
    /// The same, where a container without a memory request counts as 200 MiB.
    pub non_zero_memory: i64,
    /// How many of the Pods have required anti-affinity.
    pub with_required_anti_affinity: u32,
    /// Ports of the node that its Pods use.
    pub host_ports: Vec<HostPort>,
}

impl NodeInfo {
    /// A node without Pods.
    pub fn of(node: Arc<Node>) -> Self {
        NodeInfo { node: Some(node), ..NodeInfo::default() }
    }

    /// Whether the node accepts such a Pod as far as its object and its free capacity are concerned. Spreading and
    /// affinity among Pods are not checked.
    pub fn takes(&self, spec: &PodSchedulingSpec) -> bool {
        node_filters::filter(spec, self).is_ok() && resources::filter(spec, self).is_ok()
    }

    /// The smaller of the free shares of CPU and memory.
    pub fn free_share(&self) -> f64 {
        let allocatable = &self.object().allocatable;
        let free = |all: i64, requested: i64| if all > 0 { (all - requested).max(0) as f64 / all as f64 } else { 1.0 };
        let cpu = free(allocatable.milli_cpu, self.requested.milli_cpu);
        cpu.min(free(allocatable.memory, self.requested.memory))
    }

    /// Adds a Pod to the end of the list.
    pub fn add(&mut self, pod: PodId, spec: &PodSchedulingSpec) {
        debug_assert!(!self.pods.contains(&pod), "a Pod is on a node's list once");
        self.pods.push(pod);
        self.requested += &spec.requests;
        self.non_zero_milli_cpu += spec.non_zero_milli_cpu;
        self.non_zero_memory += spec.non_zero_memory;
        self.with_required_anti_affinity += u32::from(!spec.pod_anti_affinity.required.is_empty());
        self.host_ports.extend_from_slice(&spec.host_ports);
    }

    /// Moves a Pod to the end of the list; the last one takes its place.
    fn move_to_end(&mut self, pod: PodId) {
        let place = self.pods.iter().position(|&p| p == pod).expect("a Pod is on the list of its node");
        self.pods.swap_remove(place);
        self.pods.push(pod);
    }

    /// Removes a Pod from the list; the last one takes its place.
    pub(super) fn remove(&mut self, pod: PodId, spec: &PodSchedulingSpec) {
        let place = self.pods.iter().position(|&p| p == pod).expect("a Pod is taken from the list that it is on");
        self.pods.swap_remove(place);
        self.requested -= &spec.requests;
        self.non_zero_milli_cpu -= spec.non_zero_milli_cpu;
        self.non_zero_memory -= spec.non_zero_memory;
        self.with_required_anti_affinity -= u32::from(!spec.pod_anti_affinity.required.is_empty());
        for port in &spec.host_ports {
            let place = self.host_ports.iter().position(|p| p == port).expect("a Pod's ports were entered with it");
            self.host_ports.swap_remove(place);
        }
    }

    /// The node object, of a node that is in the node list.
    pub fn object(&self) -> &Arc<Node> {
        self.node.as_ref().expect("the node list holds nodes whose objects exist")
    }
}

/// The scheduler's cache.
#[derive(Debug, Default)]
pub struct SchedulerCache {
    pub(super) nodes: Table<NodeId, NodeInfo>,
    pub(super) pods: Arena<PodId, PodEntry>,
    pub(super) specs: Table<PodSpecId, Arc<PodSchedulingSpec>>,
    tree: NodeTree,
    /// All nodes, in the order in which they are considered; unset after a change, until they are needed.
    list: OnceLock<Vec<NodeId>>,
    /// For each node, the number of its last change that filters or scores may see.
    #[doc(alias = "Generation")]
    last_changes: Table<NodeId, u64>,
    changes: u64,
    /// The lowest priority of all known specs: no Pod would have to yield to one of that priority.
    lowest_priority: Option<i32>,
    /// How many Pods on nodes have Pod affinity or anti-affinity of any kind.
    pub(super) with_affinity: u32,
    /// How many Pods on nodes have required anti-affinity.
    pub(super) with_required_anti_affinity: u32,
}

impl SchedulerCache {
    /// Empties it for another run; keeps the memory.
    pub(super) fn clear(&mut self) {
        let SchedulerCache { nodes, pods, specs, tree, list, last_changes, changes, lowest_priority, .. } = self;
        nodes.clear();
        pods.clear();
        specs.clear();
        tree.clear();
        list.take();
        last_changes.clear();
        *changes = 0;
        *lowest_priority = None;
        (self.with_affinity, self.with_required_anti_affinity) = (0, 0);
    }

    /// All nodes, in the order in which they are considered.
    pub fn node_list(&self) -> &[NodeId] {
        self.list.get_or_init(|| self.tree.list())
    }

    /// The number of a node's last change that filters or scores may see.
    pub(super) fn last_change(&self, node: NodeId) -> u64 {
        self.last_changes[node]
    }

    /// The number of changes.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// The nodes that changed, joined or left after this many changes.
    pub(super) fn changed_since(&self, changes: u64) -> impl Iterator<Item = NodeId> {
        self.last_changes.entries().filter(move |(_, last)| **last > changes).map(|(id, _)| id)
    }

    fn changed(&mut self, node: NodeId) {
        self.changes += 1;
        *self.last_changes.reach(node) = self.changes;
    }

    /// A node with its Pods, if the watch has shown it.
    pub fn known_node(&self, id: NodeId) -> Option<&NodeInfo> {
        self.nodes.get(id).filter(|info| info.node.is_some())
    }

    /// A node with its Pods.
    pub fn node(&self, id: NodeId) -> &NodeInfo {
        &self.nodes[id]
    }

    /// The spec of a Pod that is, or was, in the cache.
    pub fn spec_of(&self, pod: PodId) -> &PodSchedulingSpec {
        &self.specs[self.pods[pod].spec]
    }

    /// A Pod as the watch has shown it, if it has.
    pub fn pod(&self, id: PodId) -> Option<&WatchedPod> {
        self.pods.get(id)?.seen.as_ref()
    }

    /// Makes the specs up to this key known.
    pub(super) fn learn_specs(&mut self, all: &Table<PodSpecId, Arc<PodSchedulingSpec>>, upto: PodSpecId) {
        while self.specs.len() <= upto.ix() {
            let next = PodSpecId::from_ix(self.specs.len());
            let priority = all[next].priority;
            self.lowest_priority = Some(self.lowest_priority.map_or(priority, |lowest| lowest.min(priority)));
            self.specs.push(all[next].clone());
        }
    }

    /// Whether no Pod can have a lower priority.
    pub(super) fn is_lowest(&self, priority: i32) -> bool {
        self.lowest_priority.is_none_or(|lowest| priority <= lowest)
    }

    pub(super) fn entry(&mut self, id: PodId) -> &mut PodEntry {
        self.pods.reach(id)
    }

    /// Adds a Pod to a node's list.
    pub(super) fn put(&mut self, pod: PodId, node: NodeId, assumed: bool) {
        let entry = &mut self.pods[pod];
        assert!(entry.on.is_none(), "a Pod is on one node at most");
        (entry.on, entry.assumed) = (Some(node), assumed);
        let spec = &self.specs[entry.spec];
        self.nodes.reach(node).add(pod, spec);
        self.with_affinity += u32::from(spec.has_pod_affinity());
        self.with_required_anti_affinity += u32::from(!spec.pod_anti_affinity.required.is_empty());
        debug_assert_eq!(self.nodes[node].requested, self.recount(node), "a node's sums are those of its Pods");
        self.changed(node);
    }

    /// A Pod on a node changed: it goes to the end of the node's list. `is_seen`: filters or scores may see the change.
    pub(super) fn move_to_end(&mut self, pod: PodId, is_seen: bool) {
        let entry = &mut self.pods[pod];
        entry.assumed = false;
        let node = entry.on.expect("a bound Pod is on its node's list");
        self.nodes[node].move_to_end(pod);
        if is_seen {
            self.changed(node);
        }
    }

    /// Removes a Pod from the list that contains it; returns the node.
    pub(super) fn take(&mut self, pod: PodId) -> Option<NodeId> {
        let entry = &mut self.pods[pod];
        entry.assumed = false;
        let node = entry.on.take()?;
        let spec = &self.specs[entry.spec];
        self.nodes[node].remove(pod, spec);
        self.with_affinity -= u32::from(spec.has_pod_affinity());
        self.with_required_anti_affinity -= u32::from(!spec.pod_anti_affinity.required.is_empty());
        self.changed(node);
        Some(node)
    }

    /// A node joined or changed; returns the object as it was before.
    pub(super) fn set_node(&mut self, id: NodeId, node: Arc<Node>) -> Option<Arc<Node>> {
        self.changed(id);
        let before = self.nodes.reach(id).node.replace(node.clone());
        match &before {
            Some(before) if before.zone() == node.zone() => return Some(before.clone()),
            Some(before) => self.tree.remove(id, before.zone()),
            None => {}
        }
        self.tree.add(id, node.zone());
        self.list.take();
        before
    }

    /// A node left. The Pods that are bound to it stay on its list until they leave.
    pub(super) fn remove_node(&mut self, id: NodeId) -> Option<Arc<Node>> {
        let before = self.nodes.get_mut(id)?.node.take()?;
        self.tree.remove(id, before.zone());
        self.list.take();
        self.changed(id);
        Some(before)
    }

    /// A node's sums, computed from scratch.
    fn recount(&self, id: NodeId) -> Resources {
        let mut sum = Resources::default();
        self.nodes[id].pods.iter().for_each(|&pod| sum += &self.spec_of(pod).requests);
        sum
    }
}
