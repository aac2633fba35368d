//! Nodes as the scheduler and the node controllers see them. Values only: who writes them is in [`crate::world`].

use super::Resources;
use super::scheduling::Labels;
use std::fmt;

/// A Node object, less its conditions.
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
    /// `status.allocatable`: what Pods may request in all.
    pub allocatable: Resources,
    /// How many Pods the node takes.
    pub allowed_pods: i64,
}

/// The label by which a node says its name.
pub const LABEL_HOSTNAME: &str = "kubernetes.io/hostname";
/// The label by which a node says its zone.
pub const LABEL_ZONE: &str = "topology.kubernetes.io/zone";
/// The label by which a node says its region.
pub const LABEL_REGION: &str = "topology.kubernetes.io/region";
/// The taint of a node whose condition Ready is False.
pub const TAINT_NOT_READY: &str = "node.kubernetes.io/not-ready";
/// The taint of a node whose condition Ready is Unknown.
pub const TAINT_UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// The taint of a node that is cordoned.
pub const TAINT_UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

impl Node {
    /// The region and the zone, as nodes are grouped by; empty texts where the node has no such label.
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
    /// `value`; empty without one.
    pub value: String,
    /// `effect`.
    pub effect: TaintEffect,
}

impl Taint {
    /// A taint without a value.
    pub fn new(key: &str, effect: TaintEffect) -> Self {
        Taint { key: key.to_owned(), value: String::new(), effect }
    }

    /// Whether it is the same taint for the API: key and effect decide.
    #[doc(alias = "MatchTaint")]
    pub fn is_same(&self, other: &Taint) -> bool {
        (&self.key, self.effect) == (&other.key, other.effect)
    }
}

/// As the API's tools show it: `key=value:Effect`, or `key:Effect`.
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
    /// They are scheduled there only if no other node serves as well.
    PreferNoSchedule,
    /// They are not scheduled there, and are evicted.
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

    /// The effect of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::NoSchedule, Self::PreferNoSchedule, Self::NoExecute].into_iter().find(|e| e.as_str() == text)
    }
}

/// The condition Ready of a node.
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
