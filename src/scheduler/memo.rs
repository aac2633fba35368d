//! What the scheduler remembers about identical Pods: the verdict of each node on its own, and how many Pods their
//! spreading constraints count. Each Pod that is placed changes one node, so only few nodes have to be checked again.
//! Nothing is decided here: a memo returns what would be computed without it.

use super::cache::{NodeInfo, SchedulerCache};
use super::cycle::weight;
use super::decide::FitFailure;
use super::plugins::topology_spread::KeptSpread;
use super::plugins::{NodeRefusal, node_filters, resources};
use crate::api::PodSchedulingSpec;
use crate::id::{NodeId, PodSpecId, Table};

/// A node's own scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LocalScores {
    /// For free room and for balance, weighted.
    pub resources: i64,
    /// Taints to avoid.
    pub avoided_taints: i64,
    /// Weights of the preferred terms of node affinity that it matches.
    pub preferred_affinity: i64,
}

/// A node's own verdict about a Pod: its scores, or why it rejects the Pod.
pub(super) type LocalVerdict = Result<LocalScores, NodeRefusal>;

fn verdict(spec: &PodSchedulingSpec, info: &NodeInfo) -> LocalVerdict {
    node_filters::filter(spec, info)?;
    resources::filter(spec, info)?;
    let balance = match resources::is_best_effort(spec) {
        true => 0,
        false => weight::BALANCED_ALLOCATION * resources::balanced_allocation(spec, info),
    };
    Ok(LocalScores {
        resources: weight::RESOURCES_FIT * resources::least_allocated(spec, info) + balance,
        avoided_taints: node_filters::avoided_taints(spec, info.object()),
        preferred_affinity: node_filters::preferred_affinity(spec, info.object()),
    })
}

/// A remembered verdict.
#[derive(Debug)]
struct KeptVerdict {
    /// The change of the node after which it was found. Changes count from 1, so 0 means that it is unknown.
    after: u64,
    verdict: LocalVerdict,
}

impl Default for KeptVerdict {
    fn default() -> Self {
        KeptVerdict { after: 0, verdict: Ok(LocalScores::default()) }
    }
}

/// What is remembered about Pods with one spec.
#[derive(Debug, Default)]
pub(super) struct SpecMemo {
    spec: PodSpecId,
    /// When it was last used, as a counter.
    used: u64,
    verdicts: Table<NodeId, KeptVerdict>,
    /// Why no node accepted a Pod, and after how many changes of the cache.
    failure: Option<(u64, FitFailure)>,
    /// The counts of its spreading constraints.
    pub spread: KeptSpread,
}

impl SpecMemo {
    /// Why no node accepts such a Pod, if one was rejected since the last change.
    pub fn failure(&self, cache: &SchedulerCache) -> Option<&FitFailure> {
        self.failure.as_ref().filter(|(after, _)| *after == cache.changes()).map(|(_, failure)| failure)
    }

    /// Remembers why no node accepted a Pod, until something changes.
    pub fn keep_failure(&mut self, cache: &SchedulerCache, failure: FitFailure) {
        self.failure = Some((cache.changes(), failure));
    }

    /// A node's verdict: the remembered one, if the node has not changed since.
    pub fn verdict(&mut self, cache: &SchedulerCache, spec: &PodSchedulingSpec, node: NodeId) -> &LocalVerdict {
        let change = cache.last_change(node);
        let kept = self.verdicts.reach(node);
        if kept.after != change {
            *kept = KeptVerdict { after: change, verdict: verdict(spec, cache.node(node)) };
        }
        debug_assert_eq!(kept.verdict, verdict(spec, cache.node(node)), "what verdicts read counts as a change");
        &kept.verdict
    }
}

/// This many verdicts are remembered at a time, at least those of one spec: some 25 MB.
const REMEMBERED: usize = 1 << 19;

/// The memos of all specs.
#[derive(Debug, Default)]
pub(super) struct Memos {
    memos: Vec<SpecMemo>,
    places: Table<PodSpecId, Option<usize>>,
    uses: u64,
}

impl Memos {
    /// Forgets everything.
    pub fn clear(&mut self) {
        let Memos { memos, places, uses } = self;
        memos.clear();
        places.clear();
        *uses = 0;
    }

    /// The memo of a spec, for this many nodes.
    pub fn of(&mut self, spec: PodSpecId, nodes: usize) -> &mut SpecMemo {
        let place = match *self.places.reach(spec) {
            Some(place) => place,
            None => self.new_place(REMEMBERED / nodes.max(1)),
        };
        self.places[spec] = Some(place);
        self.uses += 1;
        let memo = &mut self.memos[place];
        (memo.spec, memo.used) = (spec, self.uses);
        memo
    }

    /// A slot for one more memo. If `most` are kept, it is that of the least recently used spec.
    fn new_place(&mut self, most: usize) -> usize {
        if self.memos.len() < most.max(1) {
            self.memos.push(SpecMemo::default());
            return self.memos.len() - 1;
        }
        let oldest = (0..self.memos.len()).min_by_key(|&place| self.memos[place].used).expect("there are memos");
        let SpecMemo { spec, verdicts, failure, spread, .. } = &mut self.memos[oldest];
        self.places[*spec] = None;
        verdicts.clear();
        *failure = None;
        spread.clear();
        oldest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Node, Resources};
    use std::sync::Arc;

    fn cache() -> SchedulerCache {
        let mut cache = SchedulerCache::default();
        for n in 0..3 {
            let allocatable = Resources { milli_cpu: 1_000, memory: 1 << 30, ..Resources::default() };
            let node = Node { name: format!("n{n}"), allocatable, allowed_pods: 110, ..Node::default() };
            cache.set_node(NodeId(n), Arc::new(node));
        }
        cache
    }

    fn spec(milli_cpu: i64) -> PodSchedulingSpec {
        PodSchedulingSpec { requests: Resources { milli_cpu, ..Resources::default() }, ..PodSchedulingSpec::default() }
    }

    #[test]
    fn a_verdict_changes_with_its_node() {
        let (mut cache, mut memo, spec) = (cache(), SpecMemo::default(), spec(600));
        let mut full = Node::clone(cache.node(NodeId(1)).object());
        assert!(memo.verdict(&cache, &spec, NodeId(1)).is_ok());
        full.allocatable.milli_cpu = 500;
        cache.set_node(NodeId(1), Arc::new(full));
        assert!(memo.verdict(&cache, &spec, NodeId(1)).is_err());
        assert!(memo.verdict(&cache, &spec, NodeId(0)).is_ok());
    }

    #[test]
    fn the_spec_that_was_not_used_for_longest_gives_way() {
        let (cache, mut memos) = (cache(), Memos::default());
        // Room for two specs.
        let nodes = REMEMBERED / 2;
        let mut asked = Vec::new();
        for id in [0, 1, 2, 0, 1, 0, 2] {
            let memo = memos.of(PodSpecId(id), nodes);
            asked.push(memo.verdicts.is_empty());
            let spec = spec(i64::from(id) * 600);
            assert_eq!(memo.verdict(&cache, &spec, NodeId(0)).is_ok(), id < 2);
        }
        assert_eq!(asked, [true, true, true, true, true, false, true]);
        assert_eq!(memos.memos.len(), 2);
    }
}
