//! Nodes in the store, and which Pods are bound to them. Which node a Pod gets is decided by the scheduler, and what
//! runs there by the kubelets.

use super::{Store, StoreChange};
use crate::api::{DisruptionReason, Node, NodeReady, PodPlacement, PodScheduled, PodSchedulingSpec};
use crate::id::{NodeId, PodId, PodSpecId};
use crate::time::{SimTime, WholeSecond};
use std::sync::Arc;

/// A node in the store.
#[derive(Clone, Debug)]
pub struct ApiNode {
    /// The object without its conditions.
    pub node: Arc<Node>,
    /// The condition Ready.
    pub ready: NodeReady,
    /// The `lastHeartbeatTime` of that condition.
    pub heartbeat: WholeSecond,
    /// `metadata.resourceVersion`.
    pub version: u64,
    /// When it was created; `None` before.
    pub created: Option<SimTime>,
    /// Whether it has disappeared.
    pub gone: bool,
}

impl ApiNode {
    /// A node that will be created.
    pub(in crate::world) fn new(node: Arc<Node>) -> Self {
        ApiNode {
            node,
            ready: NodeReady::True,
            heartbeat: WholeSecond::default(),
            version: 0,
            created: None,
            gone: false,
        }
    }

    /// Whether it exists: created, and not gone.
    pub fn exists(&self) -> bool {
        self.created.is_some() && !self.gone
    }
}

impl Store {
    fn node_written(&mut self, id: NodeId) {
        let version = self.next_version();
        let node = &mut self.nodes[id];
        assert!(node.version < version, "{id:?} is written with version {version}, after {}", node.version);
        node.version = version;
        self.changes.push(if node.gone { StoreChange::NodeGone(id) } else { StoreChange::Node(id) });
    }

    /// Creates a node.
    pub(in crate::world) fn create_node(&mut self, id: NodeId, now: SimTime) {
        let node = &mut self.nodes[id];
        assert!(node.created.is_none(), "a node is created once");
        node.created = Some(now);
        node.heartbeat = now.into();
        self.node_written(id);
    }

    /// Changes a node that exists.
    pub(in crate::world) fn update_node(&mut self, id: NodeId, change: impl FnOnce(&mut ApiNode)) {
        let node = &mut self.nodes[id];
        assert!(node.exists(), "only a node that exists is written");
        change(node);
        self.node_written(id);
    }

    /// The node with this name, if it exists.
    pub(in crate::world) fn node_of_name(&self, name: &str) -> Option<NodeId> {
        self.nodes.entries().find(|(_, node)| node.exists() && *node.node.name == *name).map(|(id, _)| id)
    }

    /// Removes a node; its Pods stay as they are.
    pub(in crate::world) fn remove_node(&mut self, id: NodeId) {
        assert!(self.nodes[id].exists(), "a node disappears once, after it was created");
        self.nodes[id].gone = true;
        self.node_written(id);
    }

    /// The key of what a Pod's spec says about scheduling. Equal specs share a key.
    pub(in crate::world) fn intern_pod_spec(&mut self, spec: PodSchedulingSpec) -> PodSpecId {
        if let Some(&id) = self.pod_spec_ids.get(&spec) {
            return id;
        }
        assert!(self.pod_specs.len() == self.pod_spec_ids.len(), "each spec is kept once");
        let spec = Arc::new(spec);
        let id = self.pod_specs.push(spec.clone());
        self.pod_spec_ids.insert(spec, id);
        id
    }

    /// Where a Pod is; only in clusters with nodes.
    pub fn placement(&self, pod: PodId) -> &PodPlacement {
        &self.placements[pod]
    }

    /// What a Pod's spec says about scheduling.
    pub fn pod_spec(&self, pod: PodId) -> &PodSchedulingSpec {
        &self.pod_specs[self.placements[pod].spec]
    }

    /// Changes what a Pod's status or spec says about its placement, and writes the Pod.
    pub(in crate::world) fn update_placement(&mut self, id: PodId, change: impl FnOnce(&mut PodPlacement)) {
        assert!(!self.pods[id].gone, "only a Pod that exists is written");
        change(&mut self.placements[id]);
        self.update_pod(id, |_| {});
    }

    /// Gives a Pod the condition DisruptionTarget, with the time given by a patch. A patch that changes nothing is not
    /// a write.
    pub(in crate::world) fn mark_disrupted(&mut self, id: PodId, reason: DisruptionReason, at: WholeSecond) {
        let placement = &mut self.placements[id];
        if (placement.disruption, placement.disrupted_at) != (Some(reason), at) {
            (placement.disruption, placement.disrupted_at) = (Some(reason), at);
            assert!(!self.pods[id].gone, "only a Pod that exists is disrupted");
            self.update_pod(id, |pod| pod.disruption_target = true);
        }
    }

    /// Sets the condition DisruptionTarget of a Pod; the caller writes the Pod.
    pub(in crate::world) fn note_disruption(&mut self, id: PodId, reason: DisruptionReason, at: WholeSecond) {
        match self.placements.get_mut(id) {
            Some(placement) => (placement.disruption, placement.disrupted_at) = (Some(reason), at),
            None => assert!(self.placements.is_empty(), "every Pod has a placement, or none has"),
        }
    }

    /// Sets when a Pod's containers first began to run; the caller writes the Pod.
    pub(in crate::world) fn note_start(&mut self, id: PodId, at: WholeSecond) {
        match self.placements.get_mut(id) {
            Some(placement) => placement.start_time = Some(at),
            None => assert!(self.placements.is_empty(), "every Pod has a placement, or none has"),
        }
    }

    /// Binds a Pod to a node.
    #[doc(alias = "setPodNodeAndMetadata")]
    pub(in crate::world) fn bind_pod(&mut self, id: PodId, node: NodeId) {
        let placement = &mut self.placements[id];
        assert!(placement.node.is_none(), "a Pod is bound once");
        (placement.node, placement.nominated, placement.scheduled) = (Some(node), None, PodScheduled::True);
        self.update_pod(id, |pod| pod.bound = true);
    }
}
