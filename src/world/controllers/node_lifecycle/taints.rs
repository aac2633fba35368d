//! Which taints the node lifecycle controller gives a node, and how it writes them. Reading and tainting a node takes
//! no time. In the recordings of the real controller it takes none either: there, requests that the controller makes
//! while it holds a lock are applied at once. This is a simplification in both.
//!
//! Source: `doNoScheduleTaintingPass`, and `pkg/controller/controller_utils.go`.

use crate::api::{NodeReady, TAINT_NOT_READY, TAINT_UNREACHABLE, TAINT_UNSCHEDULABLE, Taint, TaintEffect};
use crate::id::NodeId;
use crate::model::Workload;
use crate::world::cluster_watch::ObservedNode;
use crate::world::env::Env;
use std::sync::Arc;

/// The keys of NoSchedule taints that the controller owns: it removes those without a reason.
const OWN_KEYS: [&str; 7] = [
    TAINT_UNSCHEDULABLE,
    TAINT_NOT_READY,
    TAINT_UNREACHABLE,
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/network-unavailable",
    "node.kubernetes.io/pid-pressure",
];

/// The NoExecute taint of a node with this condition Ready, and the one that the node must not have.
pub(super) fn no_execute_taints(ready: NodeReady) -> Option<(Taint, Taint)> {
    let [not_ready, unreachable] =
        [TAINT_NOT_READY, TAINT_UNREACHABLE].map(|key| Taint::new(key, TaintEffect::NoExecute));
    match ready {
        NodeReady::True => None,
        NodeReady::False => Some((not_ready, unreachable)),
        NodeReady::Unknown => Some((unreachable, not_ready)),
    }
}

/// The NoSchedule taints that a node lacks, and those that it has without a reason.
#[doc(alias = "TaintSetDiff")]
pub(super) fn no_schedule_taints(observed: &ObservedNode) -> (Vec<Taint>, Vec<Taint>) {
    let by_condition = match observed.ready {
        NodeReady::True => None,
        NodeReady::False => Some(TAINT_NOT_READY),
        NodeReady::Unknown => Some(TAINT_UNREACHABLE),
    };
    let by_cordon = observed.node.unschedulable.then_some(TAINT_UNSCHEDULABLE);
    let wanted: Vec<Taint> =
        by_condition.into_iter().chain(by_cordon).map(|key| Taint::new(key, TaintEffect::NoSchedule)).collect();
    let is_own = |taint: &&Taint| taint.effect == TaintEffect::NoSchedule && OWN_KEYS.contains(&&*taint.key);
    let own: Vec<Taint> = observed.node.taints.iter().filter(is_own).cloned().collect();
    let lacks = wanted.iter().filter(|taint| !bears(&own, taint)).cloned().collect();
    let bears_without_reason = own.iter().filter(|taint| !bears(&wanted, taint)).cloned().collect();
    (lacks, bears_without_reason)
}

/// Whether a taint is in a list.
#[doc(alias = "TaintExists")]
pub(super) fn bears(taints: &[Taint], taint: &Taint) -> bool {
    taints.iter().any(|t| t.is_same(taint))
}

/// Adds taints to a node and removes others, by two writes; `false` if there is no such node. A taint that the node
/// already has is written again, with a new time. As in [`take_away`], the cached node decides whether there is
/// anything to remove.
#[doc(alias = "SwapNodeControllerTaint")]
pub(super) fn swap<W: Workload>(
    env: &mut Env<W>,
    id: NodeId,
    (add, remove): (&[Taint], &[Taint]),
    cached: &ObservedNode,
) -> bool {
    if !env.store.nodes[id].exists() {
        return false;
    }
    if !add.is_empty() {
        env.store.update_node(id, |node| {
            let taints = &mut Arc::make_mut(&mut node.node).taints;
            for taint in add {
                match taints.iter_mut().find(|t| t.is_same(taint)) {
                    Some(old) => *old = taint.clone(),
                    None => taints.push(taint.clone()),
                }
            }
        });
    }
    take_away(env, id, remove, cached)
}

/// Removes taints from a node if the cached node has one of them; `false` if there is no such node.
#[doc(alias = "RemoveTaintOffNode")]
pub(super) fn take_away<W: Workload>(env: &mut Env<W>, id: NodeId, remove: &[Taint], cached: &ObservedNode) -> bool {
    if !remove.iter().any(|taint| bears(&cached.node.taints, taint)) {
        return true;
    }
    let stored = &env.store.nodes[id];
    if !stored.exists() {
        return false;
    }
    if remove.iter().any(|taint| bears(&stored.node.taints, taint)) {
        env.store.update_node(id, |node| {
            Arc::make_mut(&mut node.node).taints.retain(|taint| !bears(remove, taint));
        });
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Node;

    #[test]
    fn no_schedule_taints_follow_condition_and_cordon() {
        let taint = |key: &str| Taint::new(key, TaintEffect::NoSchedule);
        let keys = |taints: Vec<Taint>| taints.into_iter().map(|t| t.key).collect::<Vec<_>>();
        let foreign = [taint("dedicated"), Taint::new(TAINT_NOT_READY, TaintEffect::NoExecute)];
        for (ready, unschedulable, borne, lacks, without_reason) in [
            (NodeReady::True, false, vec![], vec![], vec![]),
            (NodeReady::True, false, vec![TAINT_NOT_READY], vec![], vec![TAINT_NOT_READY]),
            (NodeReady::True, true, vec![], vec![TAINT_UNSCHEDULABLE], vec![]),
            (NodeReady::False, false, vec![TAINT_UNREACHABLE], vec![TAINT_NOT_READY], vec![TAINT_UNREACHABLE]),
            (NodeReady::Unknown, true, vec![TAINT_UNSCHEDULABLE], vec![TAINT_UNREACHABLE], vec![]),
        ] {
            let taints = foreign.iter().cloned().chain(borne.iter().map(|key| taint(key))).collect();
            let node = Arc::new(Node { taints, unschedulable, ..Node::default() });
            let observed = ObservedNode { node, ready, heartbeat: Default::default(), version: 1 };
            let (add, remove) = no_schedule_taints(&observed);
            assert_eq!(
                (keys(add), keys(remove)),
                (lacks.into_iter().map(String::from).collect(), without_reason.into_iter().map(String::from).collect()),
                "{ready:?}, {borne:?}"
            );
        }
    }
}
