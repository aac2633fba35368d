//! The verdict of each node about a Pod, for people. Nothing is decided here, and no position in a queue changes.

use super::Scheduler;
use super::cycle::CycleState;
use super::memo::SpecMemo;
use super::plugins::{NodeRefusal, Plugin, Reason, node_filters};
use crate::id::{NodeId, PodId};

impl Scheduler {
    /// The first filter that rejects the Pod on each node, in the order of the node list; `None` for nodes that accept
    /// it. All nodes are checked, however many there are.
    pub fn diagnose(&self, pod: PodId) -> Vec<(NodeId, Option<NodeRefusal>)> {
        let state = CycleState::new(&self.cache, pod, &mut SpecMemo::default());
        let named = node_filters::named_nodes(state.spec);
        let ask = |&id: &NodeId| {
            let info = self.cache.node(id);
            if named.as_ref().is_some_and(|names| !names.contains(&&*info.object().name)) {
                return (id, Some(NodeRefusal::unresolvable(Plugin::NodeAffinity, Reason::NamedNodes)));
            }
            (id, state.filter_with_nominated(&self.cache, &self.nominator, (id, info)).err())
        };
        self.cache.node_list().iter().map(ask).collect()
    }
}
