//! PodTopologySpread: how evenly Pods lie over domains of nodes, as a condition (filter) and as a wish (score).
//!
//! Source: `pkg/scheduler/framework/plugins/podtopologyspread`.

use super::{NodeRefusal, Plugin, Reason};
use crate::api::{LABEL_HOSTNAME, LabelSelector, Labels, Node, PodSchedulingSpec, TopologySpreadConstraint};
use crate::id::{NodeId, PodId};
use crate::scheduler::cache::{NodeInfo, SchedulerCache};
use crate::scheduler::cycle::MAX_NODE_SCORE;
use std::collections::BTreeMap;

/// Matching Pods by domain, for each required constraint of the Pod that is scheduled.
#[derive(Clone, Debug, Default)]
pub struct SpreadState {
    counts: Vec<BTreeMap<String, i64>>,
}

fn required(spec: &PodSchedulingSpec) -> impl Iterator<Item = &TopologySpreadConstraint> {
    spec.topology_spread.iter().filter(|c| c.is_required)
}

fn preferred(spec: &PodSchedulingSpec) -> impl Iterator<Item = &TopologySpreadConstraint> {
    spec.topology_spread.iter().filter(|c| !c.is_required)
}

/// Whether a node has the keys of all required constraints.
#[doc(alias = "nodeLabelsMatchSpreadConstraints")]
pub fn has_required_keys(spec: &PodSchedulingSpec, labels: &Labels) -> bool {
    required(spec).all(|c| labels.get(&c.topology_key).is_some())
}

/// Whether a Pod is one that a required constraint counts.
#[doc(alias = "podLabelsMatchSpreadConstraints")]
pub fn counts(spec: &PodSchedulingSpec, other: &PodSchedulingSpec, index: Option<u32>) -> bool {
    spec.namespace == other.namespace && required(spec).any(|c| selects(c.selector.as_ref(), &other.labels, index))
}

/// Whether the constraint counts the node, by its policies on affinity and taints.
#[doc(alias = "matchNodeInclusionPolicies")]
fn includes(constraint: &TopologySpreadConstraint, spec: &PodSchedulingSpec, node: &Node) -> bool {
    (!constraint.honors_affinity || spec.matches_node(&node.labels, &node.name))
        && (!constraint.honors_taints || spec.untolerated(&node.taints).is_none())
}

fn selects(selector: Option<&LabelSelector>, labels: &Labels, index: Option<u32>) -> bool {
    selector.is_some_and(|s| s.matches(labels, index))
}

/// How many Pods on a node a constraint counts; Pods that are being deleted are left out.
#[doc(alias = "countPodsMatchSelector")]
fn matching(cache: &SchedulerCache, info: &NodeInfo, spec: &PodSchedulingSpec, c: &TopologySpreadConstraint) -> i64 {
    let is_counted = |&&pod: &&PodId| {
        let entry = &cache.pods[pod];
        let other = &cache.specs[entry.spec];
        other.namespace == spec.namespace
            && !entry.seen.as_ref().is_some_and(|seen| seen.deleting)
            && selects(c.selector.as_ref(), &other.labels, entry.index)
    };
    info.pods.iter().filter(is_counted).count() as i64
}

impl SpreadState {
    /// Counts matching Pods in all domains; `None` for a Pod without required constraints.
    #[doc(alias = "calPreFilterState")]
    pub fn new(cache: &SchedulerCache, spec: &PodSchedulingSpec) -> Option<Self> {
        let constraints = required(spec).count();
        if constraints == 0 {
            return None;
        }
        let mut state = SpreadState { counts: vec![BTreeMap::new(); constraints] };
        for &id in cache.node_list() {
            let info = cache.node(id);
            let node = info.object();
            if !has_required_keys(spec, &node.labels) {
                continue;
            }
            for (c, counts) in required(spec).zip(&mut state.counts) {
                if includes(c, spec, node) {
                    let domain = node.labels.get(&c.topology_key).expect("the node has all keys");
                    let matching = matching(cache, info, spec, c);
                    match counts.get_mut(domain) {
                        Some(count) => *count += matching,
                        None => drop(counts.insert(domain.to_owned(), matching)),
                    }
                }
            }
        }
        Some(state)
    }

    /// A Pod would be on a node (`by` = 1), or would not any more (`by` = −1).
    #[doc(alias = "updateWithPod")]
    pub fn update(
        &mut self,
        spec: &PodSchedulingSpec,
        node: &Node,
        (other, index): (&PodSchedulingSpec, Option<u32>),
        by: i64,
    ) {
        if other.namespace != spec.namespace || !has_required_keys(spec, &node.labels) {
            return;
        }
        for (c, counts) in required(spec).zip(&mut self.counts) {
            if selects(c.selector.as_ref(), &other.labels, index) && includes(c, spec, node) {
                let domain = node.labels.get(&c.topology_key).expect("the node has all keys");
                *counts.entry(domain.to_owned()).or_default() += by;
            }
        }
    }

    /// Whether the Pod may go to a node: no domain may have more than `maxSkew` matching Pods above the emptiest one.
    pub fn filter(&self, spec: &PodSchedulingSpec, index: Option<u32>, node: &Node) -> Result<(), NodeRefusal> {
        for (c, counts) in required(spec).zip(&self.counts) {
            let Some(domain) = node.labels.get(&c.topology_key) else {
                return Err(NodeRefusal::unresolvable(Plugin::PodTopologySpread, Reason::SpreadLabelMissing));
            };
            let own = i64::from(selects(c.selector.as_ref(), &spec.labels, index));
            let count = counts.get(domain).copied().unwrap_or(0);
            if count + own - least(c, counts) > c.max_skew {
                return Err(NodeRefusal::resolvable(Plugin::PodTopologySpread, Reason::Spread));
            }
        }
        Ok(())
    }
}

/// The number of matching Pods in the emptiest domain; 0 while there are fewer domains than `minDomains`.
#[doc(alias = "minMatchNum")]
fn least(c: &TopologySpreadConstraint, counts: &BTreeMap<String, i64>) -> i64 {
    let has_enough = counts.len() as i64 >= c.min_domains.unwrap_or(1);
    counts.values().copied().min().filter(|_| has_enough).unwrap_or(0)
}

/// The scores of nodes; `None` for a Pod without preferred constraints, which is not scored for this.
pub fn scores(cache: &SchedulerCache, spec: &PodSchedulingSpec, nodes: &[NodeId]) -> Option<Vec<i64>> {
    let constraints: Vec<&TopologySpreadConstraint> = preferred(spec).collect();
    if constraints.is_empty() {
        return None;
    }
    let has_keys = |node: &Node| constraints.iter().all(|c| node.labels.get(&c.topology_key).is_some());
    let is_scored: Vec<bool> = nodes.iter().map(|&id| has_keys(cache.node(id).object())).collect();
    let scored: Vec<NodeId> = nodes.iter().zip(&is_scored).filter(|(_, scored)| **scored).map(|(&id, _)| id).collect();
    let domains: Vec<BTreeMap<&str, i64>> = constraints
        .iter()
        .map(|c| match c.topology_key == LABEL_HOSTNAME {
            true => BTreeMap::new(),
            false => counts_by_domain(cache, (spec, c), &scored, has_keys),
        })
        .collect();
    let hosts = scored.len();
    let raw = |(&id, &scored): (&NodeId, &bool)| {
        let info = cache.node(id);
        let of = |(c, domains): (&&TopologySpreadConstraint, &BTreeMap<&str, i64>)| {
            let is_host = c.topology_key == LABEL_HOSTNAME;
            let size = if is_host { hosts } else { domains.len() };
            let count = match is_host {
                true => matching(cache, info, spec, c),
                false => info.object().labels.get(&c.topology_key).map_or(0, |domain| domains[domain]),
            };
            count as f64 * libm::log((size + 2) as f64) + (c.max_skew - 1) as f64
        };
        scored.then(|| constraints.iter().zip(&domains).map(of).sum::<f64>().round() as i64)
    };
    let raw: Vec<Option<i64>> = nodes.iter().zip(&is_scored).map(raw).collect();
    Some(normalized(&raw))
}

/// Matching Pods by domain, for the domains of the nodes that are scored.
#[doc(alias = "initPreScoreState")]
fn counts_by_domain<'a>(
    cache: &'a SchedulerCache,
    (spec, c): (&PodSchedulingSpec, &TopologySpreadConstraint),
    scored: &[NodeId],
    has_keys: impl Fn(&Node) -> bool,
) -> BTreeMap<&'a str, i64> {
    let domain_of = |id: NodeId| cache.node(id).object().labels.get(&c.topology_key);
    let mut counts: BTreeMap<&str, i64> = scored.iter().filter_map(|&id| Some((domain_of(id)?, 0))).collect();
    for &id in cache.node_list() {
        let info = cache.node(id);
        if !has_keys(info.object()) || !includes(c, spec, info.object()) {
            continue;
        }
        if let Some(count) = domain_of(id).and_then(|domain| counts.get_mut(domain)) {
            *count += matching(cache, info, spec, c);
        }
    }
    counts
}

/// Fewer matching Pods give a higher score; a node that lacks a key has none.
fn normalized(raw: &[Option<i64>]) -> Vec<i64> {
    let max = raw.iter().flatten().copied().max().unwrap_or(0).max(0);
    let min = raw.iter().flatten().copied().min().unwrap_or(0);
    let score = |raw: &Option<i64>| match raw {
        None => 0,
        Some(_) if max == 0 => MAX_NODE_SCORE,
        Some(raw) => MAX_NODE_SCORE * (max + min - raw) / max,
    };
    raw.iter().map(score).collect()
}
