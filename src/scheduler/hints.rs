//! Queueing hints: whether a change in the cluster may help a Pod that plugins rejected. Without them every change
//! would wake every waiting Pod.
//!
//! Source: `EventsToRegister` and the `isSchedulableAfter…` functions of each plugin.

use super::plugins::inter_pod_affinity::{PodView, matches_all, matches_any};
use super::plugins::topology_spread::{counts, has_required_keys};
use super::plugins::{Plugin, PluginSet, resources};
use crate::api::{Node, PodSchedulingSpec};
use std::sync::Arc;

/// A change in the cluster that may help waiting Pods.
#[derive(Clone, Debug)]
pub(super) enum ClusterEvent {
    /// A Pod was bound.
    AssignedPodAdd(Arc<PodSchedulingSpec>, Option<u32>),
    /// A Pod that was bound or nominated is gone, or no longer uses its node.
    AssignedPodDelete(Arc<PodSchedulingSpec>, Option<u32>),
    /// A node joined.
    NodeAdd(Arc<Node>),
    /// A node changed.
    NodeUpdate(Arc<Node>, Arc<Node>),
    /// A node left.
    NodeDelete(Arc<Node>),
}

/// Whether a change may help a Pod that these plugins rejected.
#[doc(alias = "isPodWorthRequeuing")]
pub(super) fn is_worth_requeuing(plugins: PluginSet, pod: PodView<'_>, event: &ClusterEvent) -> bool {
    match event {
        ClusterEvent::AssignedPodAdd(spec, index) => after_pod_add(plugins, pod, (spec, *index)),
        ClusterEvent::AssignedPodDelete(spec, index) => after_pod_delete(plugins, pod, (spec, *index)),
        ClusterEvent::NodeAdd(node) => after_node_add(plugins, pod.0, node),
        ClusterEvent::NodeUpdate(before, now) => after_node_update(plugins, pod.0, before, now),
        ClusterEvent::NodeDelete(node) => {
            plugins.has(Plugin::PodTopologySpread) && has_required_keys(pod.0, &node.labels)
        }
    }
}

fn after_pod_add(plugins: PluginSet, (spec, _): PodView<'_>, other: PodView<'_>) -> bool {
    plugins.has(Plugin::PodTopologySpread) && counts(spec, other.0, other.1)
        || plugins.has(Plugin::InterPodAffinity) && matches_all(&spec.pod_affinity.required, other)
}

fn after_pod_delete(plugins: PluginSet, pod: PodView<'_>, other: PodView<'_>) -> bool {
    let spec = pod.0;
    let conflict = || {
        let ports = &spec.host_ports;
        other.0.host_ports.iter().any(|p| ports.iter().any(|own| own.conflicts_with(p)))
    };
    // The end of any Pod wakes all that lacked room, however small it was.
    plugins.has(Plugin::NodeResourcesFit)
        || plugins.has(Plugin::NodePorts) && conflict()
        || plugins.has(Plugin::PodTopologySpread) && counts(spec, other.0, other.1)
        || plugins.has(Plugin::InterPodAffinity)
            && (matches_any(&spec.pod_anti_affinity.required, other)
                || matches_any(&other.0.pod_anti_affinity.required, pod))
}

fn after_node_add(plugins: PluginSet, spec: &PodSchedulingSpec, node: &Node) -> bool {
    let affinity = || spec.pod_affinity.required.iter().any(|t| node.labels.get(&t.topology_key).is_some());
    // A node without the label always accepts a Pod with anti-affinity.
    let anti_affinity = || !spec.pod_anti_affinity.required.is_empty();
    plugins.has(Plugin::NodeName)
        || plugins.has(Plugin::NodePorts)
        || plugins.has(Plugin::NodeUnschedulable) && !node.unschedulable
        || plugins.has(Plugin::TaintToleration) && spec.untolerated(&node.taints).is_none()
        || plugins.has(Plugin::NodeAffinity) && spec.matches_node(&node.labels, &node.name)
        || plugins.has(Plugin::NodeResourcesFit) && resources::fits_empty(spec, node)
        || plugins.has(Plugin::PodTopologySpread) && has_required_keys(spec, &node.labels)
        || plugins.has(Plugin::InterPodAffinity) && (affinity() || anti_affinity())
}

fn after_node_update(plugins: PluginSet, spec: &PodSchedulingSpec, before: &Node, now: &Node) -> bool {
    let is_uncordoned = before.unschedulable && !now.unschedulable;
    let are_taints_changed = before.taints != now.taints || is_uncordoned;
    let are_labels_changed = before.labels != now.labels;
    let is_allocatable_changed = before.allocatable != now.allocatable || before.allowed_pods != now.allowed_pods;
    let is_untolerated = |node: &Node| spec.untolerated(&node.taints).is_some();
    let matches = |node: &Node| spec.matches_node(&node.labels, &node.name);
    (are_taints_changed
        && (plugins.has(Plugin::NodeUnschedulable) && is_uncordoned
            || plugins.has(Plugin::TaintToleration) && is_untolerated(before) && !is_untolerated(now)))
        || are_labels_changed && plugins.has(Plugin::NodeAffinity) && !matches(before) && matches(now)
        || is_allocatable_changed
            && plugins.has(Plugin::NodeResourcesFit)
            && resources::fits_empty(spec, now)
            && resources::has_grown_for(spec, before, now)
        || (are_labels_changed || are_taints_changed)
            && plugins.has(Plugin::PodTopologySpread)
            && spread_after_node_update(spec, before, now)
        || are_labels_changed && plugins.has(Plugin::InterPodAffinity) && affinity_after_node_update(spec, before, now)
}

fn spread_after_node_update(spec: &PodSchedulingSpec, before: &Node, now: &Node) -> bool {
    let (had_keys, has_keys) = (has_required_keys(spec, &before.labels), has_required_keys(spec, &now.labels));
    let mut required = spec.topology_spread.iter().filter(|c| c.is_required);
    had_keys != has_keys
        || has_keys && required.any(|c| before.labels.get(&c.topology_key) != now.labels.get(&c.topology_key))
        || has_keys && before.taints != now.taints
}

fn affinity_after_node_update(spec: &PodSchedulingSpec, before: &Node, now: &Node) -> bool {
    let values = |key: &str| (before.labels.get(key).map(str::to_owned), now.labels.get(key).map(str::to_owned));
    let affinity = spec.pod_affinity.required.iter().any(|t| match values(&t.topology_key) {
        (before, Some(now)) => before.as_ref() != Some(&now),
        (_, None) => false,
    });
    let anti_affinity = spec.pod_anti_affinity.required.iter().any(|t| match values(&t.topology_key) {
        (Some(before), now) => now.as_ref() != Some(&before),
        (None, _) => false,
    });
    affinity || anti_affinity
}
