//! What the recorder is told about nodes and the placements of Pods, and the courses of nodes that it shows. The sums
//! are in [`super::node_use`].

use super::PendingReason;
use crate::api::{DisruptionReason, Node, NodeReady};
use crate::id::{NodeId, PodId};
use crate::time::SimTime;
use std::sync::Arc;

/// What the recorder is told when a node is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// Whether it has disappeared.
    pub gone: bool,
    /// The object.
    pub node: Arc<Node>,
    /// Its condition Ready.
    pub ready: NodeReady,
}

/// A change of a Pod's placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacementStep {
    /// When.
    pub at: SimTime,
    /// Which Pod.
    pub pod: PodId,
    /// The placement from then on.
    pub facts: PlacementFacts,
}

/// The name and price of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolPrice {
    /// Its name.
    pub name: Arc<str>,
    /// The price of one of its nodes per hour.
    pub per_hour: f64,
}

impl NodeFacts {
    /// What has happened to the node since it was last written, in words; `None` if nothing worth telling.
    pub(super) fn change(&self, before: Option<&NodeFacts>) -> Option<String> {
        let Some(before) = before else { return Some("joined".to_owned()) };
        if self.gone {
            return Some("gone".to_owned());
        }
        let mut parts = Vec::new();
        match (before.node.unschedulable, self.node.unschedulable) {
            (false, true) => parts.push("cordoned".to_owned()),
            (true, false) => parts.push("uncordoned".to_owned()),
            _ => {}
        }
        if before.ready != self.ready {
            parts.push(format!("Ready={}", self.ready.as_str()));
        }
        let (old, new) = (&before.node.taints, &self.node.taints);
        parts.extend(new.iter().filter(|t| !old.contains(t)).map(|t| format!("tainted {t}")));
        parts.extend(old.iter().filter(|t| !new.contains(t)).map(|t| format!("no longer tainted {t}")));
        if before.node.labels != self.node.labels {
            parts.push("labels changed".to_owned());
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// What the recorder is told of a Pod's placement when the Pod is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacementFacts {
    /// The node whose resources it takes: it is bound there, exists and has not finished.
    pub node: Option<NodeId>,
    /// Why it is not bound yet; `None` if it does not wait to be bound.
    pub pending: Option<PendingReason>,
    /// Why it was disrupted, if it was.
    pub disruption: Option<DisruptionReason>,
    /// Thousandths of a CPU that it requests.
    pub milli_cpu: i64,
    /// Bytes of memory that it requests.
    pub memory: i64,
}

/// The life of a node in a run.
#[derive(Clone, Copy, Debug)]
pub struct NodeCourse<'a> {
    /// The object, as it was last written.
    pub node: &'a Node,
    /// The name of its pool, if it belongs to one.
    pub pool: Option<&'a str>,
    /// When it was requested for its pool; without a pool, when it joined.
    pub asked: SimTime,
    /// When it joined.
    pub joined: SimTime,
    /// When it disappeared.
    pub gone: Option<SimTime>,
}
