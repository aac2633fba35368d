//! Which Pods are nominated to which nodes: a Pod that has preempted others is expected on the node that they leave.

use crate::id::{NodeId, PodId};

/// Nominations, in the order in which they were made.
#[doc(alias = "nominator")]
#[derive(Debug, Default)]
pub(super) struct Nominator {
    /// Only a few at a time, so a linear search is cheap.
    nodes: Vec<(NodeId, Vec<PodId>)>,
}

impl Nominator {
    /// Forgets all nominations.
    pub fn clear(&mut self) {
        self.nodes.clear();
    }

    /// Whether there are no nominations.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The Pods that are nominated to a node.
    pub fn on(&self, node: NodeId) -> &[PodId] {
        self.nodes.iter().find(|(n, _)| *n == node).map_or(&[], |(_, pods)| pods)
    }

    /// The node to which a Pod is nominated.
    pub fn node_of(&self, pod: PodId) -> Option<NodeId> {
        self.nodes.iter().find(|(_, pods)| pods.contains(&pod)).map(|(node, _)| *node)
    }

    /// Nominates a Pod to a node, or to none; this ends an earlier nomination.
    pub fn set(&mut self, pod: PodId, node: Option<NodeId>) {
        if self.nodes.is_empty() && node.is_none() {
            return;
        }
        for (_, pods) in &mut self.nodes {
            pods.retain(|&p| p != pod);
        }
        self.nodes.retain(|(_, pods)| !pods.is_empty());
        let Some(node) = node else { return };
        match self.nodes.iter_mut().find(|(n, _)| *n == node) {
            Some((_, pods)) => pods.push(pod),
            None => self.nodes.push((node, vec![pod])),
        }
        debug_assert!(self.node_of(pod) == Some(node), "a Pod is nominated to one node at a time");
    }
}
