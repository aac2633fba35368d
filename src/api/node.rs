//! Nodes as the scheduler and the node controllers see them. Values only: [`crate::world`] writes them.

use super::Resources;
use super::scheduling::Labels;
use std::fmt;

/// A Node object without its conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.labels`.
    pub labels: Labels,
    /// `spec.taints`.
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`: whether the node is cordoned.
    pub unschedulable: bool,
    /// `status.allocatable`: the total that Pods may request.
    pub allocatable: Resources,
    /// How many Pods the node accepts.
    pub allowed_pods: i64,
}

/// The label that holds a node's name.
pub const LABEL_HOSTNAME: &str = "kubernetes.io/hostname";
/// The label that holds a node's zone.
pub const LABEL_ZONE: &str = "topology.kubernetes.io/zone";
/// The label that holds a node's region.
pub const LABEL_REGION: &str = "topology.kubernetes.io/region";
/// The taint of a node whose condition Ready is False.
pub const TAINT_NOT_READY: &str = "node.kubernetes.io/not-ready";
/// The taint of a node whose condition Ready is Unknown.
pub const TAINT_UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// The taint of a cordoned node.
pub const TAINT_UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

impl Node {
    /// The region and the zone by which nodes are grouped; an empty string for a missing label.
    #[doc(alias = "GetZoneKey")]
    pub fn zone(&self) -> (&str, &str) {
        (self.labels.get(LABEL_REGION).unwrap_or(""), self.labels.get(LABEL_ZONE).unwrap_or(""))
    }
}

/// A taint.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Taint {
    /// `key`.
    pub key: String,
    /// `value`; empty if there is none.
    pub value: String,
    /// `effect`.
    pub effect: TaintEffect,
}

impl Taint {
    /// A taint without a value.
    pub fn new(key: &str, effect: TaintEffect) -> Self {
        Taint { key: key.to_owned(), value: String::new(), effect }
    }

    /// Whether the API treats both as the same taint: key and effect decide.
    #[doc(alias = "MatchTaint")]
    pub fn is_same(&self, other: &Taint) -> bool {
        (&self.key, self.effect) == (&other.key, other.effect)
    }
}

/// Formatted as the API's tools do: `key=value:Effect`, or `key:Effect`.
impl fmt::Display for Taint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.is_empty() {
            true => write!(f, "{}:{}", self.key, self.effect.as_str()),
            false => write!(f, "{}={}:{}", self.key, self.value, self.effect.as_str()),
        }
    }
}

/// What a taint does to Pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TaintEffect {
    /// They are not scheduled there.
    NoSchedule,
    /// They are scheduled there only if no other node is as good.
    PreferNoSchedule,
    /// They are not scheduled there, and those that run there are evicted.
    NoExecute,
}

impl TaintEffect {
    /// The name as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }

    /// The effect with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::NoSchedule, Self::PreferNoSchedule, Self::NoExecute].into_iter().find(|e| e.as_str() == text)
    }
}

/// The status of a node's condition Ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the API's own names
pub enum NodeReady {
    #[default]
    True,
    False,
    Unknown,
}

impl NodeReady {
    /// The status as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}
