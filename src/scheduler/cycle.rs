//! One scheduling cycle: which nodes pass the filters, and which of them is the best. It changes nothing.
//!
//! Source: `pkg/scheduler/schedule_one.go`. Go's scheduler checks nodes in parallel, so in a large cluster it is random
//! which nodes it finds first. Divergence: here nodes are checked in their order.

use super::cache::{NodeInfo, SchedulerCache};
use super::memo::{LocalScores, LocalVerdict, SpecMemo};
use super::nominator::Nominator;
use super::plugins::inter_pod_affinity::{self, InterPodState};
use super::plugins::topology_spread::{self, SpreadState};
use super::plugins::{NodeRefusal, node_filters, resources};
use crate::api::{Node, PodSchedulingSpec};
use crate::id::{NodeId, PodId};
use std::sync::Arc;

/// The best score of a plugin. Source: `MaxNodeScore`.
pub const MAX_NODE_SCORE: i64 = 100;
/// At least this many nodes are looked for. Source: `minFeasibleNodesToFind`.
const LEAST_FEASIBLE: usize = 100;
/// At least this percentage of nodes is looked for. Source: `minFeasibleNodesPercentageToFind`.
const LEAST_PERCENTAGE: usize = 5;

/// Weights of scores. Source: `pkg/scheduler/apis/config/v1/default_plugins.go`.
pub(super) mod weight {
    pub const TAINT_TOLERATION: i64 = 3;
    pub const NODE_AFFINITY: i64 = 2;
    pub const RESOURCES_FIT: i64 = 1;
    pub const TOPOLOGY_SPREAD: i64 = 2;
    pub const INTER_POD_AFFINITY: i64 = 2;
    pub const BALANCED_ALLOCATION: i64 = 1;
}

/// The Pod that is being tried, and what its filters need to know about all nodes.
#[derive(Clone, Debug)]
pub(super) struct CycleState<'a> {
    pub pod: PodId,
    pub spec: &'a PodSchedulingSpec,
    pub index: Option<u32>,
    spread: Option<Arc<SpreadState>>,
    inter_pod: Option<InterPodState>,
}

impl<'a> CycleState<'a> {
    /// Prepares the filters.
    #[doc(alias = "RunPreFilterPlugins")]
    pub fn new(cache: &'a SchedulerCache, pod: PodId, memo: &mut SpecMemo) -> Self {
        let entry = &cache.pods[pod];
        let (spec, index) = (&*cache.specs[entry.spec], entry.index);
        let spread = memo.spread.update(cache, spec);
        CycleState { pod, spec, index, spread, inter_pod: InterPodState::new(cache, (spec, index)) }
    }

    /// The effect of a Pod joining (`by` = 1) or leaving (`by` = −1) a node.
    pub fn update(&mut self, cache: &SchedulerCache, node: &Node, other: PodId, by: i64) {
        let entry = &cache.pods[other];
        let view = (&*cache.specs[entry.spec], entry.index);
        if let Some(spread) = &mut self.spread {
            Arc::make_mut(spread).update(self.spec, node, view, by);
        }
        if self.inter_pod.is_none() && !view.0.pod_anti_affinity.required.is_empty() {
            self.inter_pod = Some(InterPodState::default());
        }
        if let Some(inter_pod) = &mut self.inter_pod {
            inter_pod.update((self.spec, self.index), node, view, by);
        }
    }

    /// Whether each node is judged on its own, so that all Pods with this spec are judged alike.
    pub fn is_local(&self) -> bool {
        self.spread.is_none() && self.inter_pod.is_none()
    }

    /// The first filter that rejects a node.
    #[doc(alias = "RunFilterPlugins")]
    fn filter(&self, info: &NodeInfo) -> Result<(), NodeRefusal> {
        node_filters::filter(self.spec, info)?;
        resources::filter(self.spec, info)?;
        self.filter_among_pods(info)
    }

    /// The first filter that rejects a node among those that also look at Pods on other nodes.
    fn filter_among_pods(&self, info: &NodeInfo) -> Result<(), NodeRefusal> {
        if let Some(spread) = &self.spread {
            spread.filter(self.spec, self.index, info.object())?;
        }
        match &self.inter_pod {
            Some(inter_pod) => inter_pod.filter((self.spec, self.index), info.object()),
            None => Ok(()),
        }
    }

    /// The same, with the Pods of equal or higher priority that are nominated to the node: the Pod must fit together
    /// with them and, as they may go elsewhere, without them.
    #[doc(alias = "RunFilterPluginsWithNominatedPods")]
    pub fn filter_with_nominated(
        &self,
        cache: &SchedulerCache,
        nominator: &Nominator,
        (id, info): (NodeId, &NodeInfo),
    ) -> Result<(), NodeRefusal> {
        self.filter_beside_nominated(cache, nominator, (id, info))?;
        self.filter(info)
    }

    /// Whether the Pod fits with those that are nominated to the node, if there are any that count.
    fn filter_beside_nominated(
        &self,
        cache: &SchedulerCache,
        nominator: &Nominator,
        (id, info): (NodeId, &NodeInfo),
    ) -> Result<(), NodeRefusal> {
        let counts = |&&other: &&PodId| other != self.pod && cache.spec_of(other).priority >= self.spec.priority;
        let mut nominated = nominator.on(id).iter().filter(counts).peekable();
        if nominated.peek().is_none() {
            return Ok(());
        }
        let (mut state, mut with) = (self.clone(), info.clone());
        for &other in nominated {
            with.add(other, cache.spec_of(other));
            state.update(cache, info.object(), other, 1);
        }
        state.filter(&with)
    }

    /// The verdict of a node of the cache: its scores, or why it rejects the Pod.
    fn ask(&self, cache: &SchedulerCache, nominator: &Nominator, memo: &mut SpecMemo, id: NodeId) -> LocalVerdict {
        if !nominator.is_empty() {
            self.filter_beside_nominated(cache, nominator, (id, cache.node(id)))?;
        }
        let scores = match memo.verdict(cache, self.spec, id) {
            Ok(scores) => *scores,
            Err(refusal) => return Err(refusal.clone()),
        };
        if !self.is_local() {
            self.filter_among_pods(cache.node(id))?;
        }
        Ok(scores)
    }
}

/// The result of filtering.
#[derive(Debug, Default)]
pub(super) struct Filtered {
    /// Nodes that passed, in order, with their own scores.
    pub feasible: Vec<(NodeId, LocalScores)>,
    /// If none passed: all nodes, in order.
    pub refused: Vec<(NodeId, NodeRefusal)>,
    /// Nodes that were not checked, because the Pod's affinity names others.
    pub named_others: usize,
}

/// How many nodes that pass are looked for, out of all.
#[doc(alias = "numFeasibleNodesToFind")]
pub(super) fn feasible_to_find(all: usize) -> usize {
    if all < LEAST_FEASIBLE {
        return all;
    }
    let percentage = 50usize.saturating_sub(all / 125).max(LEAST_PERCENTAGE);
    (all * percentage / 100).max(LEAST_FEASIBLE)
}

/// Filters nodes, from the position in the list at which the last cycle stopped; advances that position.
#[doc(alias = "findNodesThatFitPod")]
pub(super) fn find_feasible(
    cache: &SchedulerCache,
    nominator: &Nominator,
    (state, memo): (&CycleState<'_>, &mut SpecMemo),
    next_start: &mut usize,
) -> Filtered {
    let list = cache.node_list();
    let mut found = Filtered::default();
    let named: Vec<NodeId>;
    let nodes = match node_filters::named_nodes(state.spec) {
        None => list,
        Some(names) => {
            let is_named = |id: &&NodeId| names.contains(&&*cache.node(**id).object().name);
            named = list.iter().filter(is_named).copied().collect();
            found.named_others = list.len() - named.len();
            &named
        }
    };
    let wanted = feasible_to_find(nodes.len());
    found.feasible.reserve(wanted);
    let (before, after) = nodes.split_at(if nodes.is_empty() { 0 } else { *next_start % nodes.len() });
    // For most Pods the memo has the answer.
    let is_in_memo = state.is_local() && nominator.is_empty();
    let mut refused = 0;
    for &id in after.iter().chain(before) {
        let scores = match is_in_memo {
            true => memo.verdict(cache, state.spec, id).as_ref().ok().copied(),
            false => state.ask(cache, nominator, memo, id).ok(),
        };
        match scores {
            // One more than wanted passes before the search ends; it is not counted.
            Some(_) if found.feasible.len() == wanted => break,
            Some(scores) => found.feasible.push((id, scores)),
            None => refused += 1,
        }
    }
    if found.feasible.is_empty() {
        // Only now does the reason matter.
        let why = |&id: &NodeId| (id, state.ask(cache, nominator, memo, id).expect_err("each node has refused it"));
        found.refused = after.iter().chain(before).map(why).collect();
    }
    *next_start = (*next_start + found.feasible.len() + refused) % list.len();
    found
}

/// The best of several nodes that passed.
#[doc(alias = "prioritizeNodes")]
pub(super) fn best_of(
    cache: &SchedulerCache,
    state: &CycleState<'_>,
    memo: &SpecMemo,
    nodes: &[(NodeId, LocalScores)],
) -> NodeId {
    let scores = scores(cache, state, memo, nodes);
    nodes[first_of_heap(&scores)].0
}

fn scores(
    cache: &SchedulerCache,
    state: &CycleState<'_>,
    memo: &SpecMemo,
    nodes: &[(NodeId, LocalScores)],
) -> Vec<i64> {
    let spec = state.spec;
    let own = || nodes.iter().map(|(_, scores)| scores);
    let mut totals: Vec<i64> = own().map(|scores| scores.resources).collect();
    let mut add = |weight: i64, scores: Vec<i64>| {
        totals.iter_mut().zip(scores).for_each(|(total, score)| *total += weight * score);
    };
    // Where no node has such taints all score alike.
    if own().any(|scores| scores.avoided_taints > 0) {
        add(weight::TAINT_TOLERATION, normalized(own().map(|scores| scores.avoided_taints).collect(), true));
    }
    if !spec.node_affinity.preferred.is_empty() {
        add(weight::NODE_AFFINITY, normalized(own().map(|scores| scores.preferred_affinity).collect(), false));
    }
    let ids = || nodes.iter().map(|(id, _)| *id).collect::<Vec<NodeId>>();
    if topology_spread::has_scores(spec) {
        add(weight::TOPOLOGY_SPREAD, memo.spread.scores(cache, spec, &ids()));
    }
    if inter_pod_affinity::has_scores(cache, spec)
        && let Some(inter_pod) = inter_pod_affinity::scores(cache, (spec, state.index), &ids())
    {
        add(weight::INTER_POD_AFFINITY, inter_pod);
    }
    totals
}

/// Scales scores to 0 to 100 in proportion to the largest, or inverts them.
#[doc(alias = "DefaultNormalizeScore")]
fn normalized(scores: Vec<i64>, reverse: bool) -> Vec<i64> {
    let max = scores.iter().copied().max().unwrap_or(0);
    let normalize = |score: i64| match (max, reverse) {
        (0, true) => MAX_NODE_SCORE,
        (0, false) => score,
        (_, true) => MAX_NODE_SCORE - MAX_NODE_SCORE * score / max,
        (_, false) => MAX_NODE_SCORE * score / max,
    };
    scores.into_iter().map(normalize).collect()
}

/// Which of the scores ends up at the root of a heap. Equal ones are not exchanged, so it is not always the first of
/// the best. Source: `container/heap`, `Init`, on `pkg/scheduler/framework/sorted_nodes.go`.
#[doc(alias = "NewSortedScoredNodes")]
fn first_of_heap(scores: &[i64]) -> usize {
    // A single best score gets to the root whatever the shape of the heap.
    let (mut best, mut is_single) = (0, true);
    for (place, &score) in scores.iter().enumerate().skip(1) {
        if score > scores[best] {
            (best, is_single) = (place, true);
        } else if score == scores[best] {
            is_single = false;
        }
    }
    if is_single {
        return best;
    }
    let mut heap: Vec<(i64, usize)> = scores.iter().copied().zip(0..).collect();
    for root in (0..heap.len() / 2).rev() {
        let (mut at, moved) = (root, heap[root]);
        while let Some(&left) = heap.get(2 * at + 1) {
            let is_right_greater = heap.get(2 * at + 2).is_some_and(|right| right.0 > left.0);
            let child = 2 * at + 1 + usize::from(is_right_greater);
            if heap[child].0 <= moved.0 {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = moved;
    }
    heap[0].1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heap_does_not_always_give_the_first_of_the_best() {
        for (scores, first) in [(&[5][..], 0), (&[5, 5], 0), (&[1, 5, 5], 1), (&[1, 2, 1, 5, 5], 3), (&[1, 2, 5, 5], 3)]
        {
            assert_eq!(first_of_heap(scores), first, "{scores:?}");
        }
        assert_eq!(first_of_heap(&[1, 1, 5, 5, 1, 1, 1, 5]), 3);
    }

    #[test]
    fn a_share_of_many_nodes_is_looked_for() {
        for (all, wanted) in [(5, 5), (99, 99), (100, 100), (300, 144), (1_000, 420), (5_000, 500), (10_000, 500)] {
            assert_eq!(feasible_to_find(all), wanted, "{all}");
        }
    }
}
