//! Filters that look only at a node's object: NodeUnschedulable, NodeName, TaintToleration and NodeAffinity; also
//! NodePorts. Their scores too: taints to avoid, and preferred node affinity.

use super::{NodeRefusal, Plugin, Reason};
use crate::api::{Node, Operator, PodSchedulingSpec, TAINT_UNSCHEDULABLE, Taint, TaintEffect};
use crate::scheduler::cache::NodeInfo;

/// The first of these filters that rejects a node.
pub fn filter(spec: &PodSchedulingSpec, info: &NodeInfo) -> Result<(), NodeRefusal> {
    let node = info.object();
    if node.unschedulable && !spec.tolerates(&Taint::new(TAINT_UNSCHEDULABLE, TaintEffect::NoSchedule)) {
        return Err(NodeRefusal::unresolvable(Plugin::NodeUnschedulable, Reason::Unschedulable));
    }
    if spec.node_name.as_ref().is_some_and(|name| *name != node.name) {
        return Err(NodeRefusal::unresolvable(Plugin::NodeName, Reason::OtherNodeName));
    }
    if spec.untolerated(&node.taints).is_some() {
        return Err(NodeRefusal::unresolvable(Plugin::TaintToleration, Reason::UntoleratedTaint));
    }
    if !spec.matches_node(&node.labels, &node.name) {
        return Err(NodeRefusal::unresolvable(Plugin::NodeAffinity, Reason::NodeAffinity));
    }
    let are_ports_free = spec.host_ports.iter().all(|port| !info.host_ports.iter().any(|p| p.conflicts_with(port)));
    if !are_ports_free {
        return Err(NodeRefusal::resolvable(Plugin::NodePorts, Reason::Ports));
    }
    Ok(())
}

/// The names of the only nodes that can match, if every required term names nodes.
#[doc(alias = "PreFilterResult")]
pub fn named_nodes(spec: &PodSchedulingSpec) -> Option<Vec<&str>> {
    let terms = spec.node_affinity.required.as_ref().filter(|terms| !terms.is_empty())?;
    let mut names = Vec::new();
    for term in terms {
        let mut lists = term.match_fields.iter().filter(|r| r.key == "metadata.name" && r.operator == Operator::In);
        let first = lists.next()?;
        let is_in_all = |name: &&String| lists.clone().all(|r| r.values.contains(*name));
        names.extend(first.values.iter().filter(is_in_all).map(String::as_str));
    }
    Some(names)
}

/// How many taints of effect PreferNoSchedule the Pod does not tolerate.
#[doc(alias = "countIntolerableTaintsPreferNoSchedule")]
pub fn avoided_taints(spec: &PodSchedulingSpec, node: &Node) -> i64 {
    let avoided = node.taints.iter().filter(|t| t.effect == TaintEffect::PreferNoSchedule && !spec.tolerates(t));
    avoided.count() as i64
}

/// The sum of the weights of the preferred terms that a node matches.
pub fn preferred_affinity(spec: &PodSchedulingSpec, node: &Node) -> i64 {
    let matching = spec.node_affinity.preferred.iter().filter(|(_, term)| term.matches(&node.labels, &node.name));
    matching.map(|(weight, _)| weight).sum()
}
