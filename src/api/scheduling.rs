//! What a Pod's spec says about where it may run: requests, selectors, affinity, tolerations, topology spread. Values
//! and whether they match; the scheduler chooses the node.

use super::{Resources, Taint, TaintEffect};
use std::sync::Arc;

/// Labels, ordered by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Vec<(Arc<str>, Arc<str>)>);

impl Labels {
    /// The value of a label.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.shared(key).map(|value| &**value)
    }

    /// The value of a label, to be shared.
    pub fn shared(&self, key: &str) -> Option<&Arc<str>> {
        let at = self.0.binary_search_by(|(k, _)| (**k).cmp(key)).ok()?;
        Some(&self.0[at].1)
    }

    /// Sets a label.
    pub fn set(&mut self, key: &str, value: &str) {
        match self.0.binary_search_by(|(k, _)| (**k).cmp(key)) {
            Ok(at) => self.0[at].1 = value.into(),
            Err(at) => self.0.insert(at, (key.into(), value.into())),
        }
    }

    /// Removes a label.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(k, _)| **k != *key);
    }

    /// All labels, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Labels {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(labels: I) -> Self {
        let mut all = Labels::default();
        labels.into_iter().for_each(|(key, value)| all.set(key, value));
        all
    }
}

/// What the scheduler reads of a Pod's spec. Pods made from one version of a Job's template share it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodSchedulingSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.labels`, without the completion index that the Job controller adds to each Pod.
    pub labels: Labels,
    /// What the Pod requests: the sum over its regular containers or the largest init container (with the sidecars
    /// before it), whichever is larger, plus its sidecars and its overhead.
    pub requests: Resources,
    /// Thousandths of a CPU, where a container without a request counts as 100. Spreading by usage is based on it.
    pub non_zero_milli_cpu: i64,
    /// Bytes of memory, where a container without a request counts as 200 MiB.
    pub non_zero_memory: i64,
    /// `spec.nodeName`. A Pod that names its node is never scheduled.
    pub node_name: Option<String>,
    /// `spec.nodeSelector`.
    pub node_selector: Labels,
    /// Node affinity.
    pub node_affinity: NodeAffinity,
    /// Pod affinity.
    pub pod_affinity: PodAffinityTerms,
    /// Pod anti-affinity.
    pub pod_anti_affinity: PodAffinityTerms,
    /// `spec.tolerations`, including those that admission adds.
    pub tolerations: Vec<Toleration>,
    /// `spec.topologySpreadConstraints`.
    pub topology_spread: Vec<TopologySpreadConstraint>,
    /// Ports on the node that the Pod uses: protocol, address and number.
    pub host_ports: Vec<HostPort>,
    /// `spec.priorityClassName`; empty if there is none.
    pub priority_class_name: String,
    /// `spec.priority`, as admission sets it.
    pub priority: i32,
    /// Whether `spec.preemptionPolicy` is `Never`, as admission sets it.
    pub never_preempts: bool,
    /// Names of `spec.schedulingGates`.
    pub scheduling_gates: Vec<String>,
    /// `spec.schedulerName`.
    pub scheduler_name: String,
}

/// The scheduler of Pods that name no other.
pub const DEFAULT_SCHEDULER: &str = "default-scheduler";

/// A port on the node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // the API's own names
pub struct HostPort {
    pub protocol: String,
    pub host_ip: String,
    pub port: i32,
}

impl HostPort {
    /// Whether these ports cannot be used on the same node.
    pub fn conflicts_with(&self, other: &HostPort) -> bool {
        let is_any = |ip: &str| ip == "0.0.0.0" || ip.is_empty();
        (self.port, &self.protocol) == (other.port, &other.protocol)
            && (is_any(&self.host_ip) || is_any(&other.host_ip) || self.host_ip == other.host_ip)
    }
}

/// `spec.affinity.nodeAffinity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeAffinity {
    /// At least one of these must match; `None` if there is no requirement.
    pub required: Option<Vec<NodeSelectorTerm>>,
    /// Preferred terms, with their weights.
    pub preferred: Vec<(i64, NodeSelectorTerm)>,
}

/// A term of a node selector: all of its requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeSelectorTerm {
    /// Requirements on labels.
    pub match_expressions: Vec<Requirement>,
    /// Requirements on fields; only `metadata.name` exists.
    pub match_fields: Vec<Requirement>,
}

impl NodeSelectorTerm {
    /// Whether a node matches. An empty term matches none.
    pub fn matches(&self, labels: &Labels, name: &str) -> bool {
        if self.match_expressions.is_empty() && self.match_fields.is_empty() {
            return false;
        }
        self.match_expressions.iter().all(|r| r.matches(labels.get(&r.key)))
            && self.match_fields.iter().all(|r| r.matches((r.key == "metadata.name").then_some(name)))
    }
}

/// A requirement on a label, or on a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Requirement {
    /// The key of the label.
    pub key: String,
    /// How the label is compared with the values.
    pub operator: Operator,
    /// The values.
    pub values: Vec<String>,
}

/// `operator` of a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // the API's own names
pub enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    Gt,
    Lt,
}

impl Operator {
    /// The operator with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "In" => Self::In,
            "NotIn" => Self::NotIn,
            "Exists" => Self::Exists,
            "DoesNotExist" => Self::DoesNotExist,
            "Gt" => Self::Gt,
            "Lt" => Self::Lt,
            _ => return None,
        })
    }
}

impl Requirement {
    /// Whether the value of the label meets the requirement; `value` is `None` if there is no such label.
    #[doc(alias = "Matches")]
    pub fn matches(&self, value: Option<&str>) -> bool {
        let is_listed = |value: &str| self.values.iter().any(|v| v == value);
        let number = |text: &str| text.parse::<i64>().ok();
        let bound = || number(self.values.first()?);
        match self.operator {
            Operator::In => value.is_some_and(is_listed),
            Operator::NotIn => !value.is_some_and(is_listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Gt => value.and_then(number).zip(bound()).is_some_and(|(value, bound)| value > bound),
            Operator::Lt => value.and_then(number).zip(bound()).is_some_and(|(value, bound)| value < bound),
        }
    }
}

/// A label selector: all requirements must hold. Where a selector is optional, `None` matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelSelector(pub Vec<Requirement>);

/// The label that holds the completion index of a Pod of an Indexed Job.
pub const LABEL_COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// The labels and annotations that hold a Pod's completion index, with the older key.
pub const COMPLETION_INDEX_KEYS: [&str; 2] = [LABEL_COMPLETION_INDEX, "job-completion-index"];

impl LabelSelector {
    /// Whether a Pod's labels match: those of its template plus its completion index.
    pub fn matches(&self, labels: &Labels, index: Option<u32>) -> bool {
        self.0.iter().all(|r| match (&*r.key == LABEL_COMPLETION_INDEX, index) {
            (true, Some(index)) => r.matches(Some(&index.to_string())),
            _ => r.matches(labels.get(&r.key)),
        })
    }

    /// Whether the selector depends on the completion index.
    pub fn reads_index(&self) -> bool {
        self.0.iter().any(|r| r.key == LABEL_COMPLETION_INDEX)
    }
}

/// Required and preferred terms of Pod affinity or Pod anti-affinity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodAffinityTerms {
    /// All of these must hold.
    pub required: Vec<PodAffinityTerm>,
    /// Preferred terms, with their weights.
    pub preferred: Vec<(i64, PodAffinityTerm)>,
}

/// A term of Pod affinity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodAffinityTerm {
    /// Selects Pods; without a selector, none.
    pub selector: Option<LabelSelector>,
    /// The namespaces of these Pods; `None` for all.
    pub namespaces: Option<Vec<String>>,
    /// The node label whose values define the domains.
    pub topology_key: String,
}

impl PodAffinityTerm {
    /// Whether the term selects this Pod.
    pub fn matches(&self, pod: &PodSchedulingSpec, index: Option<u32>) -> bool {
        self.namespaces.as_ref().is_none_or(|names| names.contains(&pod.namespace))
            && self.selector.as_ref().is_some_and(|s| s.matches(&pod.labels, index))
    }
}

/// A toleration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Toleration {
    /// `key`; empty with `Exists` for all keys.
    pub key: String,
    /// `operator`.
    pub operator: TolerationOperator,
    /// `value`.
    pub value: String,
    /// `effect`; `None` for all effects.
    pub effect: Option<TaintEffect>,
    /// `tolerationSeconds`; `None`: for ever.
    pub seconds: Option<i64>,
}

/// `operator` of a toleration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // the API's own names
pub enum TolerationOperator {
    Equal,
    Exists,
    Gt,
    Lt,
}

impl Toleration {
    /// Whether it tolerates this taint.
    #[doc(alias = "ToleratesTaint")]
    pub fn tolerates(&self, taint: &Taint) -> bool {
        if self.effect.is_some_and(|effect| effect != taint.effect) {
            return false;
        }
        if !self.key.is_empty() && self.key != taint.key {
            return false;
        }
        let number = |text: &str| text.parse::<i64>().ok();
        let both = || number(&taint.value).zip(number(&self.value));
        match self.operator {
            TolerationOperator::Exists => true,
            TolerationOperator::Equal => self.value == taint.value,
            TolerationOperator::Gt => both().is_some_and(|(taint, own)| taint > own),
            TolerationOperator::Lt => both().is_some_and(|(taint, own)| taint < own),
        }
    }
}

/// An entry of `topologySpreadConstraints`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopologySpreadConstraint {
    /// `maxSkew`.
    pub max_skew: i64,
    /// `topologyKey`.
    pub topology_key: String,
    /// Whether `whenUnsatisfiable` is `DoNotSchedule` and not `ScheduleAnyway`.
    pub is_required: bool,
    /// `labelSelector` with the labels of `matchLabelKeys`; without one it selects no Pods.
    pub selector: Option<LabelSelector>,
    /// `minDomains`.
    pub min_domains: Option<i64>,
    /// Whether only nodes that the Pod's node selector and affinity match count (`nodeAffinityPolicy: Honor`).
    pub honors_affinity: bool,
    /// Whether only nodes whose taints the Pod tolerates count (`nodeTaintsPolicy: Honor`).
    pub honors_taints: bool,
}

impl PodSchedulingSpec {
    /// Whether a node matches the node selector and the required node affinity.
    #[doc(alias = "GetRequiredNodeAffinity")]
    pub fn matches_node(&self, labels: &Labels, name: &str) -> bool {
        self.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.node_affinity.required.as_ref().is_none_or(|terms| terms.iter().any(|t| t.matches(labels, name)))
    }

    /// Whether it tolerates a taint.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.tolerations.iter().any(|t| t.tolerates(taint))
    }

    /// The first taint that keeps the Pod from being scheduled: one with effect NoSchedule or NoExecute that is not
    /// tolerated.
    #[doc(alias = "FindMatchingUntoleratedTaint")]
    pub fn untolerated<'a>(&self, taints: &'a [Taint]) -> Option<&'a Taint> {
        let mut hard = taints.iter().filter(|t| t.effect != TaintEffect::PreferNoSchedule);
        hard.find(|t| !self.tolerates(t))
    }
}

impl PodSchedulingSpec {
    /// Whether it has any term of Pod affinity or anti-affinity.
    pub fn has_pod_affinity(&self) -> bool {
        let is_empty = |terms: &PodAffinityTerms| terms.required.is_empty() && terms.preferred.is_empty();
        !is_empty(&self.pod_affinity) || !is_empty(&self.pod_anti_affinity)
    }
}
