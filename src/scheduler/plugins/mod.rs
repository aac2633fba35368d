//! The plugins of the scheduler's default profile: which nodes each rejects and why, how it scores the others, and
//! which changes may help a Pod that it rejected. [`Plugin`] defines the order of filters and the weights; the cycle
//! combines the results.
//!
//! Not here: volumes and their limits, resource claims, images (nodes list none, so all score 0), and default spreading
//! constraints, which apply only to Pods of Services.

pub(super) mod inter_pod_affinity;
pub(super) mod node_filters;
pub(super) mod resources;
pub(super) mod topology_spread;

use smallvec::SmallVec;
use std::fmt;
use std::sync::Arc;

/// A plugin that filters. Filters run in this order. Source: `pkg/scheduler/apis/config/v1/default_plugins.go`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // Kubernetes' own names
pub enum Plugin {
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    PodTopologySpread,
    InterPodAffinity,
}

/// Plugins that rejected a Pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PluginSet(u16);

impl PluginSet {
    /// Adds a plugin.
    pub fn insert(&mut self, plugin: Plugin) {
        self.0 |= 1 << plugin as u16;
    }

    /// Whether a plugin is among them.
    pub fn has(self, plugin: Plugin) -> bool {
        self.0 & (1 << plugin as u16) != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Why a node is rejected, as messages say it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // `fmt::Display` says it
pub enum Reason {
    Unschedulable,
    OtherNodeName,
    UntoleratedTaint,
    NodeAffinity,
    Ports,
    TooManyPods,
    Cpu,
    Memory,
    EphemeralStorage,
    Scalar(Arc<str>),
    Spread,
    SpreadLabelMissing,
    PodAffinity,
    PodAntiAffinity,
    ExistingAntiAffinity,
    /// Preemption: there is no Pod of lower priority.
    NoVictims,
    /// Preemption: the node is rejected for a reason that the end of no Pod would change.
    PreemptionNotHelpful,
    /// The Pod's affinity names other nodes.
    NamedNodes,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unschedulable => "node(s) were unschedulable",
            Self::OtherNodeName => "node(s) didn't match the requested node name",
            Self::UntoleratedTaint => "node(s) had untolerated taint(s)",
            Self::NodeAffinity => "node(s) didn't match Pod's node affinity/selector",
            Self::Ports => "node(s) didn't have free ports for the requested pod ports",
            Self::TooManyPods => "Too many pods",
            Self::Cpu => "Insufficient cpu",
            Self::Memory => "Insufficient memory",
            Self::EphemeralStorage => "Insufficient ephemeral-storage",
            Self::Scalar(name) => return write!(f, "Insufficient {name}"),
            Self::Spread => "node(s) didn't match pod topology spread constraints",
            Self::SpreadLabelMissing => "node(s) didn't match pod topology spread constraints (missing required label)",
            Self::PodAffinity => "node(s) didn't match pod affinity rules",
            Self::PodAntiAffinity => "node(s) didn't match pod anti-affinity rules",
            Self::ExistingAntiAffinity => "node(s) didn't satisfy existing pods anti-affinity rules",
            Self::NoVictims => "No preemption victims found for incoming pod",
            Self::PreemptionNotHelpful => "Preemption is not helpful for scheduling",
            Self::NamedNodes => "node(s) didn't satisfy plugin(s) [NodeAffinity]",
        })
    }
}

/// A node's rejection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRefusal {
    /// The first plugin that rejects it.
    pub plugin: Plugin,
    /// Its reasons.
    pub reasons: SmallVec<[Reason; 1]>,
    /// Whether no preemption can help.
    #[doc(alias = "UnschedulableAndUnresolvable")]
    pub is_unresolvable: bool,
}

impl NodeRefusal {
    pub(super) fn resolvable(plugin: Plugin, reason: Reason) -> Self {
        NodeRefusal { plugin, reasons: SmallVec::from_iter([reason]), is_unresolvable: false }
    }

    pub(super) fn unresolvable(plugin: Plugin, reason: Reason) -> Self {
        NodeRefusal { is_unresolvable: true, ..NodeRefusal::resolvable(plugin, reason) }
    }
}
