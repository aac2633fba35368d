//! PodTopologySpread: how evenly Pods are spread over domains of nodes, as a requirement (filter) and as a preference
//! (score).
//!
//! Source: `pkg/scheduler/framework/plugins/podtopologyspread`.

use super::{NodeRefusal, Plugin, Reason};
use crate::api::{LABEL_HOSTNAME, LabelSelector, Labels, Node, PodSchedulingSpec, TopologySpreadConstraint};
use crate::id::{NodeId, PodId, Table};
use crate::scheduler::cache::{NodeInfo, SchedulerCache};
use crate::scheduler::cycle::MAX_NODE_SCORE;
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::OnceLock;

/// Matching Pods by domain, for each constraint of a Pod's spec.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpreadState {
    constraints: Vec<SpreadCounts>,
}

/// Matching Pods by domain: the value of the label that makes nodes one domain.
#[derive(Clone, Debug, Default)]
struct SpreadCounts {
    domains: HashMap<Arc<str>, Domain>,
    /// The number of matching Pods in the emptiest domain, once it has been computed.
    least: OnceLock<i64>,
}

/// A domain: its nodes that count, and the matching Pods on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Domain {
    nodes: u32,
    pods: i64,
}

impl PartialEq for SpreadCounts {
    fn eq(&self, other: &Self) -> bool {
        self.domains == other.domains
    }
}

impl SpreadCounts {
    /// A node joins (`by` = 1) or leaves (`by` = −1), with this many matching Pods.
    fn add_node(&mut self, domain: &Arc<str>, pods: i64, by: i32) {
        self.least.take();
        let counts = self.domains.entry(domain.clone()).or_default();
        counts.nodes = counts.nodes.checked_add_signed(by).expect("a node that goes was counted");
        counts.pods += i64::from(by) * pods;
        if counts.nodes == 0 {
            self.domains.remove(domain);
        }
    }

    /// Adds matching Pods to, or removes them from, a domain that has nodes.
    fn add_pods(&mut self, domain: &str, by: i64) {
        self.least.take();
        self.domains.get_mut(domain).expect("the node is counted in its domain").pods += by;
    }

    /// The matching Pods of a domain; 0 without nodes that count.
    fn pods(&self, domain: &str) -> i64 {
        self.domains.get(domain).map_or(0, |domain| domain.pods)
    }

    /// The number of matching Pods in the emptiest domain; 0 while there are fewer domains than `minDomains`.
    #[doc(alias = "minMatchNum")]
    fn least(&self, c: &TopologySpreadConstraint) -> i64 {
        let has_enough = self.domains.len() as i64 >= c.min_domains.unwrap_or(1);
        let least = || self.domains.values().map(|domain| domain.pods).min().unwrap_or(0);
        if has_enough { *self.least.get_or_init(least) } else { 0 }
    }
}

/// What a node contributes to a constraint.
#[derive(Clone, Debug, Default)]
struct NodeShare {
    /// Its domain, if the constraint counts the node.
    domain: Option<Arc<str>>,
    /// Pods on it that match, whether the constraint counts the node or not.
    pods: i64,
}

/// The state for Pods of one spec, kept from one Pod to the next: only nodes that have changed are counted again.
#[derive(Debug, Default)]
pub struct KeptSpread {
    state: Arc<SpreadState>,
    nodes: Table<NodeId, SmallVec<[NodeShare; 1]>>,
    /// The last change of the cache that it includes.
    upto: u64,
}

impl KeptSpread {
    /// Forgets everything; keeps the memory.
    pub fn clear(&mut self) {
        self.nodes.clear();
        (self.state, self.upto) = (Arc::default(), 0);
    }

    /// Brings it up to date. Returns the state for the filter; `None` for a Pod without required constraints.
    #[doc(alias = "calPreFilterState")]
    pub fn update(&mut self, cache: &SchedulerCache, spec: &PodSchedulingSpec) -> Option<Arc<SpreadState>> {
        if spec.topology_spread.is_empty() {
            return None;
        }
        let state = self.count(cache, spec);
        debug_assert_eq!(state, KeptSpread::default().count(cache, spec), "what constraints read counts as a change");
        required(spec).next().is_some().then_some(state)
    }

    fn count(&mut self, cache: &SchedulerCache, spec: &PodSchedulingSpec) -> Arc<SpreadState> {
        let state = Arc::make_mut(&mut self.state);
        state.constraints.resize_with(spec.topology_spread.len(), SpreadCounts::default);
        for node in cache.changed_since(self.upto) {
            let shares = self.nodes.reach(node);
            state.count(shares, -1);
            *shares = shares_of(cache, spec, node);
            state.count(shares, 1);
        }
        self.upto = cache.changes();
        self.state.clone()
    }
}

/// What a node contributes to each constraint; nothing if it is gone.
fn shares_of(cache: &SchedulerCache, spec: &PodSchedulingSpec, id: NodeId) -> SmallVec<[NodeShare; 1]> {
    let Some(info) = cache.known_node(id) else { return SmallVec::new() };
    let node = info.object();
    let has_keys = [has_keys(preferred(spec), &node.labels), has_keys(required(spec), &node.labels)];
    let share = |c: &TopologySpreadConstraint| {
        let is_counted = has_keys[usize::from(c.is_required)] && includes(c, spec, node);
        let domain = node.labels.shared(&c.topology_key).filter(|_| is_counted).cloned();
        NodeShare { domain, pods: matching(cache, info, spec, c) }
    };
    spec.topology_spread.iter().map(share).collect()
}

fn required(spec: &PodSchedulingSpec) -> impl Iterator<Item = &TopologySpreadConstraint> {
    spec.topology_spread.iter().filter(|c| c.is_required)
}

fn preferred(spec: &PodSchedulingSpec) -> impl Iterator<Item = &TopologySpreadConstraint> {
    spec.topology_spread.iter().filter(|c| !c.is_required)
}

/// Whether a node has the keys of all required constraints.
pub fn has_required_keys(spec: &PodSchedulingSpec, labels: &Labels) -> bool {
    has_keys(required(spec), labels)
}

/// Whether a node has the keys of all these constraints.
#[doc(alias = "nodeLabelsMatchSpreadConstraints")]
fn has_keys<'a>(mut constraints: impl Iterator<Item = &'a TopologySpreadConstraint>, labels: &Labels) -> bool {
    constraints.all(|c| labels.get(&c.topology_key).is_some())
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
    /// Adds (`by` = 1) or removes (`by` = −1) a node's contributions.
    fn count(&mut self, shares: &[NodeShare], by: i32) {
        for (counts, share) in self.constraints.iter_mut().zip(shares) {
            if let Some(domain) = &share.domain {
                counts.add_node(domain, share.pods, by);
            }
        }
    }

    /// The required constraints, each with its counts.
    fn required<'a>(
        &'a self,
        spec: &'a PodSchedulingSpec,
    ) -> impl Iterator<Item = (&'a TopologySpreadConstraint, &'a SpreadCounts)> {
        spec.topology_spread.iter().zip(&self.constraints).filter(|(c, _)| c.is_required)
    }

    /// The effect of a Pod joining (`by` = 1) or leaving (`by` = −1) a node.
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
        for (c, counts) in spec.topology_spread.iter().zip(&mut self.constraints).filter(|(c, _)| c.is_required) {
            if selects(c.selector.as_ref(), &other.labels, index) && includes(c, spec, node) {
                let domain = node.labels.get(&c.topology_key).expect("the node has all keys");
                counts.add_pods(domain, by);
            }
        }
    }

    /// Whether the Pod may go to a node: no domain may have more than `maxSkew` matching Pods above the emptiest one.
    pub fn filter(&self, spec: &PodSchedulingSpec, index: Option<u32>, node: &Node) -> Result<(), NodeRefusal> {
        for (c, counts) in self.required(spec) {
            let Some(domain) = node.labels.get(&c.topology_key) else {
                return Err(NodeRefusal::unresolvable(Plugin::PodTopologySpread, Reason::SpreadLabelMissing));
            };
            let own = i64::from(selects(c.selector.as_ref(), &spec.labels, index));
            if counts.pods(domain) + own - counts.least(c) > c.max_skew {
                return Err(NodeRefusal::resolvable(Plugin::PodTopologySpread, Reason::Spread));
            }
        }
        Ok(())
    }
}

/// Whether nodes are scored by this plugin: only for Pods with preferred constraints.
pub fn has_scores(spec: &PodSchedulingSpec) -> bool {
    preferred(spec).next().is_some()
}

impl KeptSpread {
    /// The scores of nodes: fewer matching Pods give a higher score.
    pub fn scores(&self, cache: &SchedulerCache, spec: &PodSchedulingSpec, nodes: &[NodeId]) -> Vec<i64> {
        let labels = |id: NodeId| &cache.node(id).object().labels;
        let is_scored: Vec<bool> = nodes.iter().map(|&id| has_keys(preferred(spec), labels(id))).collect();
        let scored = || nodes.iter().zip(&is_scored).filter(|(_, is_scored)| **is_scored).map(|(&id, _)| id);
        let constraints = || spec.topology_spread.iter().enumerate().filter(|(_, c)| !c.is_required);
        // The more domains there are, the more a single Pod in a domain counts.
        let weight = |(_, c): (usize, &TopologySpreadConstraint)| {
            let domains = match c.topology_key == LABEL_HOSTNAME {
                true => scored().count(),
                false => scored().filter_map(|id| labels(id).get(&c.topology_key)).collect::<HashSet<_>>().len(),
            };
            libm::log((domains + 2) as f64)
        };
        let weights: Vec<f64> = constraints().map(weight).collect();
        let raw = |(&id, &is_scored): (&NodeId, &bool)| {
            let of = |((n, c), weight): ((usize, &TopologySpreadConstraint), &f64)| {
                let pods = match c.topology_key == LABEL_HOSTNAME {
                    true => self.nodes[id][n].pods,
                    false => labels(id).get(&c.topology_key).map_or(0, |d| self.state.constraints[n].pods(d)),
                };
                pods as f64 * weight + (c.max_skew - 1) as f64
            };
            is_scored.then(|| constraints().zip(&weights).map(of).sum::<f64>().round() as i64)
        };
        let raw: Vec<Option<i64>> = nodes.iter().zip(&is_scored).map(raw).collect();
        normalized(&raw)
    }
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
