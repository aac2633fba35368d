//! What a Pod's spec says about where it may run: requests, selectors, affinity, tolerations, topology spread. Values, and
//! whether they match; which node is taken is the scheduler's.

use super::{Resources, Taint, TaintEffect};
use std::sync::Arc;

/// Labels, by key, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Vec<(Arc<str>, Arc<str>)>);

impl Labels {
    /// The value of a label.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.shared(key).map(|value| &**value)
    }

    /// The same, to be shared.
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

    /// All labels, by key.
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

/// What the scheduler reads of a Pod's spec. Pods that are made from one version of a Job's template share it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodSchedulingSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.labels`, less the completion index that the Job controller adds to each Pod.
    pub labels: Labels,
    /// What the Pod requests: the larger of its regular containers' sum and of each init container's (with the sidecars
    /// before it), its sidecars and its overhead.
    pub requests: Resources,
    /// Thousandths of a CPU, where a container that requests none counts 100: what spreading by usage reckons with.
    pub non_zero_milli_cpu: i64,
    /// Bytes of memory, where a container that requests none counts 200 MiB.
    pub non_zero_memory: i64,
    /// `spec.nodeName`: a Pod that names its node is never scheduled.
    pub node_name: Option<String>,
    /// `spec.nodeSelector`.
    pub node_selector: Labels,
    /// Node affinity.
    pub node_affinity: NodeAffinity,
    /// Pod affinity.
    pub pod_affinity: PodAffinityTerms,
    /// Pod anti-affinity.
    pub pod_anti_affinity: PodAffinityTerms,
    /// `spec.tolerations`, those included that admission adds.
    pub tolerations: Vec<Toleration>,
    /// `spec.topologySpreadConstraints`.
    pub topology_spread: Vec<TopologySpreadConstraint>,
    /// Ports of the node that the Pod takes: protocol, address and number.
    pub host_ports: Vec<HostPort>,
    /// `spec.priorityClassName`; empty without one.
    pub priority_class_name: String,
    /// `spec.priority`, as admission sets it.
    pub priority: i32,
    /// `spec.preemptionPolicy` is `Never`, as admission sets it.
    pub never_preempts: bool,
    /// Names of `spec.schedulingGates`.
    pub scheduling_gates: Vec<String>,
    /// `spec.schedulerName`.
    pub scheduler_name: String,
}

/// The scheduler that Pods have unless they name another.
pub const DEFAULT_SCHEDULER: &str = "default-scheduler";

/// A port of the node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // the API's own names
pub struct HostPort {
    pub protocol: String,
    pub host_ip: String,
    pub port: i32,
}

impl HostPort {
    /// Whether two Pods cannot have these ports on one node.
    pub fn conflicts_with(&self, other: &HostPort) -> bool {
        let is_any = |ip: &str| ip == "0.0.0.0" || ip.is_empty();
        (self.port, &self.protocol) == (other.port, &other.protocol)
            && (is_any(&self.host_ip) || is_any(&other.host_ip) || self.host_ip == other.host_ip)
    }
}

/// `spec.affinity.nodeAffinity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeAffinity {
    /// Any of these must match; `None` without a requirement.
    pub required: Option<Vec<NodeSelectorTerm>>,
    /// Terms that are preferred, with their weights.
    pub preferred: Vec<(i64, NodeSelectorTerm)>,
}

/// A term of a node selector: all of its requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeSelectorTerm {
    /// On labels.
    pub match_expressions: Vec<Requirement>,
    /// On fields; only `metadata.name` exists.
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
    /// The label's key.
    pub key: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
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
    /// The operator of that name.
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
    /// Whether the value of the label satisfies it; `None` if there is no such label.
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

/// A label selector: all requirements must hold. `None` where a selector may be missing matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelSelector(pub Vec<Requirement>);

/// The label by which a Pod of an Indexed Job says its completion index.
pub const LABEL_COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";

impl LabelSelector {
    /// Whether a Pod's labels match: those of its template, and its completion index.
    pub fn matches(&self, labels: &Labels, index: Option<u32>) -> bool {
        self.0.iter().all(|r| match (&*r.key == LABEL_COMPLETION_INDEX, index) {
            (true, Some(index)) => r.matches(Some(&index.to_string())),
            _ => r.matches(labels.get(&r.key)),
        })
    }

    /// Whether the completion index decides.
    pub fn reads_index(&self) -> bool {
        self.0.iter().any(|r| r.key == LABEL_COMPLETION_INDEX)
    }
}

/// Required and preferred terms of Pod affinity, or of Pod anti-affinity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodAffinityTerms {
    /// All of these must hold.
    pub required: Vec<PodAffinityTerm>,
    /// Terms that are preferred, with their weights.
    pub preferred: Vec<(i64, PodAffinityTerm)>,
}

/// A term of Pod affinity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodAffinityTerm {
    /// Which Pods are meant; without a selector none.
    pub selector: Option<LabelSelector>,
    /// In which namespaces; `None` in all.
    pub namespaces: Option<Vec<String>>,
    /// The label of nodes that makes them one domain.
    pub topology_key: String,
}

impl PodAffinityTerm {
    /// Whether a Pod is meant.
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
    /// Whether it tolerates a taint.
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

/// `topologySpreadConstraints`, an entry of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopologySpreadConstraint {
    /// `maxSkew`.
    pub max_skew: i64,
    /// `topologyKey`.
    pub topology_key: String,
    /// `whenUnsatisfiable` is `DoNotSchedule`, not `ScheduleAnyway`.
    pub is_required: bool,
    /// `labelSelector`, with the labels of `matchLabelKeys`; without one it means no Pod.
    pub selector: Option<LabelSelector>,
    /// `minDomains`.
    pub min_domains: Option<i64>,
    /// Whether only nodes that the Pod's node selector and affinity match count (`nodeAffinityPolicy: Honor`).
    pub honors_affinity: bool,
    /// Whether only nodes whose taints the Pod tolerates count (`nodeTaintsPolicy: Honor`).
    pub honors_taints: bool,
}

impl PodSchedulingSpec {
    /// Whether the node selector and the required node affinity match a node.
    #[doc(alias = "GetRequiredNodeAffinity")]
    pub fn matches_node(&self, labels: &Labels, name: &str) -> bool {
        self.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.node_affinity.required.as_ref().is_none_or(|terms| terms.iter().any(|t| t.matches(labels, name)))
    }

    /// Whether it tolerates a taint.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.tolerations.iter().any(|t| t.tolerates(taint))
    }

    /// The first taint that keeps the Pod from being scheduled: of effect NoSchedule or NoExecute, and not tolerated.
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
