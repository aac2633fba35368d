//! The caches of Pods and nodes that the controllers around nodes share, like the shared informers of a
//! kube-controller-manager. They show what watches have delivered, which can be behind the store. The scheduler and the
//! Job controller have caches of their own.

use crate::api::NodeReady;
use crate::id::{Arena, NodeId, PodId, PodSpecId, Table};
use crate::world::cluster_watch::{ObservedNode, ObservedPod};
use crate::world::env::Env;
use std::collections::BTreeSet;

/// The taint by which a user declares that a node's machine is shut down.
const TAINT_OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// Pods and nodes as watches have delivered them.
#[derive(Debug, Default)]
pub(in crate::world) struct SharedInformers {
    nodes: Table<NodeId, Option<ObservedNode>>,
    pods: Arena<PodId, Option<InformedPod>>,
    by_node: Table<NodeId, Vec<PodId>>,
    /// Nodes that have Pods bound to them but are not in the cache.
    pub missing: BTreeSet<NodeId>,
    /// Pods that are being deleted and not bound.
    pub deleting_unbound: BTreeSet<PodId>,
    /// Nodes whose machine a user has declared shut down.
    pub out_of_service: BTreeSet<NodeId>,
}

/// A Pod as watches have delivered it.
#[derive(Clone, Copy, Debug)]
pub(in crate::world) struct InformedPod {
    pub node: Option<NodeId>,
    pub spec: PodSpecId,
    /// `metadata.resourceVersion`.
    pub version: u64,
    /// Whether the condition Ready is True.
    pub is_ready: bool,
    /// Whether its phase is Succeeded or Failed.
    pub is_finished: bool,
    pub is_deleting: bool,
    /// Its place in the list of its node's Pods.
    place: u32,
}

impl SharedInformers {
    /// Empties them for another run; keeps the allocated memory.
    pub fn clear(&mut self) {
        let SharedInformers { nodes, pods, by_node, missing, deleting_unbound, out_of_service } = self;
        nodes.clear();
        pods.clear();
        by_node.clear();
        missing.clear();
        deleting_unbound.clear();
        out_of_service.clear();
    }

    /// A node, if the cache holds it.
    pub fn node(&self, id: NodeId) -> Option<&ObservedNode> {
        self.nodes.get(id)?.as_ref()
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &ObservedNode)> {
        self.nodes.entries().filter_map(|(id, node)| Some((id, node.as_ref()?)))
    }

    /// A Pod, if the cache holds it.
    pub fn pod(&self, id: PodId) -> Option<&InformedPod> {
        self.pods.get(id)?.as_ref()
    }

    /// The Pods that are bound to a node, in no order.
    pub fn pods_on(&self, node: NodeId) -> &[PodId] {
        self.by_node.get(node).map_or(&[], |pods| pods)
    }

    /// The Pods that are bound to a node, in the order of their Jobs and then of their numbers.
    pub fn pods_in_order<W>(&self, env: &Env<W>, node: NodeId) -> Vec<PodId> {
        let mut pods = self.pods_on(node).to_vec();
        pods.sort_by_key(|&pod| (env.store.order_of(env.store.pods[pod].job), env.store.number_of(pod), pod));
        pods
    }

    /// A node was added or has changed; returns its former state.
    pub fn node_changed(&mut self, id: NodeId, node: ObservedNode) -> Option<ObservedNode> {
        self.missing.remove(&id);
        let is_shut_down = node.node.taints.iter().any(|taint| taint.key == TAINT_OUT_OF_SERVICE);
        match is_shut_down && node.ready != NodeReady::True {
            true => self.out_of_service.insert(id),
            false => self.out_of_service.remove(&id),
        };
        self.nodes.reach(id).replace(node)
    }

    /// A node is gone.
    pub fn node_gone(&mut self, id: NodeId) {
        *self.nodes.reach(id) = None;
        self.out_of_service.remove(&id);
        if !self.pods_on(id).is_empty() {
            self.missing.insert(id);
        }
    }

    /// A Pod was added or has changed; returns its former state.
    pub fn pod_changed(&mut self, id: PodId, observed: &ObservedPod) -> Option<InformedPod> {
        if self.pods.len() <= id.ix() {
            self.pods.reach(id);
        }
        let before = self.pods[id];
        let node = observed.pod.placement.node;
        let place = match node {
            Some(node) if before.and_then(|pod| pod.node) != Some(node) => self.bind(id, node),
            _ => before.map_or(0, |pod| pod.place),
        };
        let is_deleting = observed.pod.deleting;
        match is_deleting && node.is_none() {
            true => self.deleting_unbound.insert(id),
            false => self.deleting_unbound.remove(&id),
        };
        self.pods[id] = Some(InformedPod {
            node,
            spec: observed.pod.placement.spec,
            version: observed.pod.version,
            is_ready: observed.is_ready,
            is_finished: observed.phase.is_terminal(),
            is_deleting,
            place,
        });
        before
    }

    fn bind(&mut self, id: PodId, node: NodeId) -> u32 {
        let pods = self.by_node.reach(node);
        pods.push(id);
        let place = pods.len() - 1;
        if self.node(node).is_none() {
            self.missing.insert(node);
        }
        place as u32
    }

    /// A Pod is gone; returns its last state.
    pub fn pod_gone(&mut self, id: PodId) -> Option<InformedPod> {
        self.deleting_unbound.remove(&id);
        let pod = self.pods.forget(id)?;
        if let Some(node) = pod.node {
            let pods = self.by_node.reach(node);
            assert_eq!(pods.swap_remove(pod.place as usize), id, "each Pod knows its place");
            let is_empty = pods.is_empty();
            if let Some(&moved) = pods.get(pod.place as usize) {
                self.pods[moved].as_mut().expect("Pods of a node are in the cache").place = pod.place;
            }
            if is_empty {
                self.missing.remove(&node);
            }
        }
        Some(pod)
    }
}
