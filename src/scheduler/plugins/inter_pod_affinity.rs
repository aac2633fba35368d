//! InterPodAffinity: Pods that must, must not, should or should not be in one domain with others.
//!
//! Source: `pkg/scheduler/framework/plugins/interpodaffinity`.

use super::{NodeRefusal, Plugin, Reason};
use crate::api::{Node, PodAffinityTerm, PodSchedulingSpec};
use crate::id::NodeId;
use crate::scheduler::cache::SchedulerCache;
use crate::scheduler::cycle::MAX_NODE_SCORE;
use std::collections::BTreeMap;

/// The weight of a required affinity term of a Pod that is already on a node. Source: `DefaultHardPodAffinityWeight`.
const HARD_POD_AFFINITY_WEIGHT: i64 = 1;

/// Numbers by domain: the label's key, and its value.
#[derive(Clone, Debug, Default)]
struct DomainCounts(BTreeMap<(String, String), i64>);

impl DomainCounts {
    /// Adds to the domain of a node. Entries that become 0 are removed, so an empty table means that nothing counts.
    fn add(&mut self, node: &Node, key: &str, by: i64) {
        let Some(value) = node.labels.get(key) else { return };
        let place = (key.to_owned(), value.to_owned());
        let count = self.0.entry(place.clone()).or_default();
        *count += by;
        if *count == 0 {
            self.0.remove(&place);
        }
    }

    fn of(&self, node: &Node, key: &str) -> i64 {
        let Some(value) = node.labels.get(key) else { return 0 };
        self.0.get(&(key.to_owned(), value.to_owned())).copied().unwrap_or(0)
    }
}

/// A Pod: its spec and its completion index.
pub type PodView<'a> = (&'a PodSchedulingSpec, Option<u32>);

/// Whether every one of these terms, of which there is at least one, selects a Pod.
#[doc(alias = "podMatchesAllAffinityTerms")]
pub fn matches_all(terms: &[PodAffinityTerm], (pod, index): PodView<'_>) -> bool {
    !terms.is_empty() && terms.iter().all(|t| t.matches(pod, index))
}

/// Whether any of these terms selects a Pod.
#[doc(alias = "podMatchesAnyAffinityTerms")]
pub fn matches_any(terms: &[PodAffinityTerm], (pod, index): PodView<'_>) -> bool {
    terms.iter().any(|t| t.matches(pod, index))
}

/// What the filter needs to know about the Pods on all nodes.
#[derive(Clone, Debug, Default)]
pub struct InterPodState {
    /// By domain, required anti-affinity terms of Pods there that select the Pod being scheduled.
    existing_anti_affinity: DomainCounts,
    /// By domain, Pods there that all of its required affinity terms select.
    affinity: DomainCounts,
    /// By domain, Pods there that its required anti-affinity terms select.
    anti_affinity: DomainCounts,
}

impl InterPodState {
    /// Counts over all nodes; `None` if no Pod's required terms matter.
    pub fn new(cache: &SchedulerCache, pod: PodView<'_>) -> Option<Self> {
        let (spec, _) = pod;
        let has_terms = !spec.pod_affinity.required.is_empty() || !spec.pod_anti_affinity.required.is_empty();
        if !has_terms && cache.with_required_anti_affinity == 0 {
            return None;
        }
        let mut state = InterPodState::default();
        for &id in cache.node_list() {
            let info = cache.node(id);
            if !has_terms && info.with_required_anti_affinity == 0 {
                continue;
            }
            for &other in &info.pods {
                let entry = &cache.pods[other];
                state.update(pod, info.object(), (&cache.specs[entry.spec], entry.index), 1);
            }
        }
        Some(state)
    }

    /// The effect of a Pod joining (`by` = 1) or leaving (`by` = −1) a node.
    #[doc(alias = "updateWithPod")]
    pub fn update(&mut self, pod: PodView<'_>, node: &Node, other: PodView<'_>, by: i64) {
        let (spec, index) = pod;
        for term in other.0.pod_anti_affinity.required.iter().filter(|t| t.matches(spec, index)) {
            self.existing_anti_affinity.add(node, &term.topology_key, by);
        }
        if matches_all(&spec.pod_affinity.required, other) {
            for term in &spec.pod_affinity.required {
                self.affinity.add(node, &term.topology_key, by);
            }
        }
        for term in spec.pod_anti_affinity.required.iter().filter(|t| t.matches(other.0, other.1)) {
            self.anti_affinity.add(node, &term.topology_key, by);
        }
    }

    /// Whether the Pod may go to a node.
    pub fn filter(&self, pod: PodView<'_>, node: &Node) -> Result<(), NodeRefusal> {
        let (spec, _) = pod;
        if !self.satisfies_affinity(pod, node) {
            return Err(NodeRefusal::unresolvable(Plugin::InterPodAffinity, Reason::PodAffinity));
        }
        if spec.pod_anti_affinity.required.iter().any(|t| self.anti_affinity.of(node, &t.topology_key) > 0) {
            return Err(NodeRefusal::resolvable(Plugin::InterPodAffinity, Reason::PodAntiAffinity));
        }
        let is_hated =
            |((key, value), &count): (&(String, String), &i64)| count > 0 && node.labels.get(key) == Some(&**value);
        if self.existing_anti_affinity.0.iter().any(is_hated) {
            return Err(NodeRefusal::resolvable(Plugin::InterPodAffinity, Reason::ExistingAntiAffinity));
        }
        Ok(())
    }

    /// Whether each term finds a Pod in the node's domain. The first Pod of a group that wants to be together finds
    /// none anywhere, and may go to any node that has the keys.
    fn satisfies_affinity(&self, pod: PodView<'_>, node: &Node) -> bool {
        let terms = &pod.0.pod_affinity.required;
        if terms.iter().any(|t| node.labels.get(&t.topology_key).is_none()) {
            return false;
        }
        terms.iter().all(|t| self.affinity.of(node, &t.topology_key) > 0)
            || self.affinity.0.is_empty() && matches_all(terms, pod)
    }
}

fn has_preferences(spec: &PodSchedulingSpec) -> bool {
    !spec.pod_affinity.preferred.is_empty() || !spec.pod_anti_affinity.preferred.is_empty()
}

/// Whether a term, of the Pod or of one on a node, may count.
pub fn has_scores(cache: &SchedulerCache, spec: &PodSchedulingSpec) -> bool {
    has_preferences(spec) || cache.with_affinity > 0
}

/// The scores of nodes; `None` if no term counts anywhere.
pub fn scores(cache: &SchedulerCache, pod: PodView<'_>, nodes: &[NodeId]) -> Option<Vec<i64>> {
    let has_preferences = has_preferences(pod.0);
    let mut counts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for &id in cache.node_list() {
        let info = cache.node(id);
        for &other in &info.pods {
            let entry = &cache.pods[other];
            let other = (&*cache.specs[entry.spec], entry.index);
            if has_preferences || other.0.has_pod_affinity() {
                count_existing(&mut counts, info.object(), pod, other);
            }
        }
    }
    if counts.is_empty() {
        return None;
    }
    let score_of = |&id: &NodeId| -> i64 {
        let labels = &cache.node(id).object().labels;
        let matching = counts.iter().filter(|((key, value), _)| labels.get(key) == Some(*value));
        matching.map(|(_, count)| count).sum()
    };
    let raw: Vec<i64> = nodes.iter().map(score_of).collect();
    let (min, max) = (raw.iter().min().copied()?, raw.iter().max().copied()?);
    let span = max - min;
    let normalize = |raw: i64| match span > 0 {
        true => (MAX_NODE_SCORE as f64 * ((raw - min) as f64 / span as f64)) as i64,
        false => 0,
    };
    Some(raw.into_iter().map(normalize).collect())
}

/// What a Pod on a node adds to its domains: by the terms of the Pod being scheduled, and by its own.
#[doc(alias = "processExistingPod")]
fn count_existing<'a>(
    counts: &mut BTreeMap<(&'a str, &'a str), i64>,
    node: &'a Node,
    pod: PodView<'a>,
    other: PodView<'a>,
) {
    let mut add = |term: &'a PodAffinityTerm, weight: i64, meant: PodView<'_>| {
        if term.matches(meant.0, meant.1)
            && let Some(value) = node.labels.get(&term.topology_key)
        {
            *counts.entry((&term.topology_key, value)).or_default() += weight;
        }
    };
    pod.0.pod_affinity.preferred.iter().for_each(|(weight, term)| add(term, *weight, other));
    pod.0.pod_anti_affinity.preferred.iter().for_each(|(weight, term)| add(term, -weight, other));
    other.0.pod_affinity.required.iter().for_each(|term| add(term, HARD_POD_AFFINITY_WEIGHT, pod));
    other.0.pod_affinity.preferred.iter().for_each(|(weight, term)| add(term, *weight, pod));
    other.0.pod_anti_affinity.preferred.iter().for_each(|(weight, term)| add(term, -weight, pod));
}
