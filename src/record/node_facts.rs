//! What is written about nodes and Pods' placements, as the ledger of nodes is handed it, and what it hands on. Sums are in
//! [`super::node_use`].

use super::PendingReason;
use crate::api::{DisruptionReason, Node, NodeReady};
use crate::id::{NodeId, PodId};
use crate::time::SimTime;
use std::sync::Arc;

/// What is known of a node when it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// Whether it has disappeared.
    pub gone: bool,
    /// The object.
    pub node: Arc<Node>,
    /// Its condition Ready.
    pub ready: NodeReady,
}

/// What happened to a Pod's placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacementStep {
    /// When.
    pub at: SimTime,
    /// Which Pod.
    pub pod: PodId,
    /// As it is from then on.
    pub facts: PlacementFacts,
}

/// A pool, for the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolPrice {
    /// Its name.
    pub name: Arc<str>,
    /// What a node of it costs an hour.
    pub per_hour: f64,
}

impl NodeFacts {
    /// What has happened to the node since it was written before; `None` for nothing that is worth a word.
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

/// What is known of a Pod's placement when it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacementFacts {
    /// The node whose room it takes: it is bound there, exists and has not finished.
    pub node: Option<NodeId>,
    /// What it waits for, if it waits to be bound.
    pub pending: Option<PendingReason>,
    /// Why it is disrupted, if it is.
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
    /// Its pool, if it is of one.
    pub pool: Option<&'a str>,
    /// When it was asked for, or joined.
    pub asked: SimTime,
    /// When it joined.
    pub joined: SimTime,
    /// When it was gone.
    pub gone: Option<SimTime>,
}
