//! What the watches of the scheduler and the node controllers deliver: Pods with their placement, and nodes. Without
//! nodes in the cluster nothing is sent. Caches are not kept here. Leases are not sent: the node lifecycle controller
//! computes which renewal has reached its cache.

use super::env::Env;
use super::event::Event;
use super::store::StoreChange;
use crate::api::{Node, NodeReady, PodPhase};
use crate::id::{NodeId, PodId};
use crate::model::{LatencyOf, Workload};
use crate::scheduler::WatchedPod;
use crate::time::WholeSecond;
use std::sync::Arc;

/// A change that the scheduler and the node controllers see.
#[derive(Clone, Debug)]
pub(in crate::world) enum ClusterChange {
    /// A Pod as it is now.
    Pod(PodId, Box<ObservedPod>),
    /// A Pod is gone.
    PodGone(PodId),
    /// A node as it is now.
    Node(NodeId, ObservedNode),
    /// A node is gone, with its lease.
    NodeGone(NodeId),
}

/// A Pod as watches show it.
#[derive(Clone, Debug)]
pub(in crate::world) struct ObservedPod {
    /// The part that the scheduler reads.
    pub pod: WatchedPod,
    /// `status.phase`.
    pub phase: PodPhase,
    /// Whether the condition Ready is True.
    pub is_ready: bool,
}

/// A node as watches show it.
#[derive(Clone, Debug)]
pub(in crate::world) struct ObservedNode {
    /// The object without its conditions.
    pub node: Arc<Node>,
    /// The condition Ready.
    pub ready: NodeReady,
    /// The `lastHeartbeatTime` of that condition.
    pub heartbeat: WholeSecond,
    /// `metadata.resourceVersion`.
    pub version: u64,
}

impl<W: Workload> Env<W> {
    /// A Pod as it is now.
    pub(super) fn observed_pod(&self, id: PodId) -> ObservedPod {
        let stored = &self.store.pods[id];
        let pod = WatchedPod {
            placement: self.store.placement(id).clone(),
            index: stored.pod.index.map(u32::from),
            deleting: stored.pod.deleting(),
            version: stored.version,
        };
        ObservedPod { pod, phase: stored.pod.phase, is_ready: stored.pod.is_ready() }
    }

    /// A node as it is now.
    pub(super) fn observed_node(&self, id: NodeId) -> ObservedNode {
        let node = &self.store.nodes[id];
        ObservedNode { node: node.node.clone(), ready: node.ready, heartbeat: node.heartbeat, version: node.version }
    }

    /// Publishes the objects that exist when the run begins. A watch begins with a list, so all caches hold them at
    /// once.
    pub(super) fn publish_list(&mut self) {
        let immediate = std::mem::replace(&mut self.immediate, true);
        self.publish();
        self.immediate = immediate;
    }

    /// Sends a change in the store to the scheduler and the node controllers, if they watch its object.
    pub(super) fn send_to_cluster(&mut self, change: &StoreChange) {
        let change = match *change {
            StoreChange::Pod(id, ..) => ClusterChange::Pod(id, Box::new(self.observed_pod(id))),
            StoreChange::PodGone(id, ..) => ClusterChange::PodGone(id),
            StoreChange::Node(id) => ClusterChange::Node(id, self.observed_node(id)),
            StoreChange::NodeGone(id) => ClusterChange::NodeGone(id),
            _ => return,
        };
        self.send_cluster_change(change);
    }

    /// Sends a change to the scheduler and the node controllers.
    fn send_cluster_change(&mut self, change: ClusterChange) {
        if self.immediate {
            return self.cluster_watch.send_at_once(change);
        }
        let job = match change {
            ClusterChange::Pod(id, _) | ClusterChange::PodGone(id) => Some(self.store.pods[id].job),
            _ => None,
        };
        let latency = self.latency(LatencyOf::Change, job);
        if let Some(at) = self.cluster_watch.send(change, self.events.now(), latency) {
            self.schedule_at(at, Event::ClusterWatch);
        }
    }
}
