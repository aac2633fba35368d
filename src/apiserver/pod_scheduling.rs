//! From a Pod template to what the scheduler reads of its Pods, including what the API server and admission add to a
//! new Pod: requests from limits, tolerations of nodes that are not ready, priority, matched label keys. The template
//! has passed the API server's rules, so impossible values are not checked.

use super::pod_requests;
use super::rules::{entries, given, int, list, member, text};
use crate::api::*;
use serde_json::Value;

/// How long a Pod stays on a node that is not ready or unreachable, unless it says otherwise. Source: the admission
/// plugin DefaultTolerationSeconds.
const DEFAULT_TOLERATION_SECONDS: i64 = 300;

/// What the scheduler reads of Pods made from a template, before admission sets their priority.
pub(crate) fn pod_scheduling_spec(namespace: &str, template: &Value) -> PodSchedulingSpec {
    let pod = member(template, "spec");
    let labels = labels(member(member(template, "metadata"), "labels"));
    let affinity = member(pod, "affinity");
    let requests = pod_requests::requests(pod);
    let terms = |name: &str| affinity_terms(member(affinity, name), namespace, &labels);
    PodSchedulingSpec {
        namespace: namespace.to_owned(),
        requests: requests.real,
        non_zero_milli_cpu: requests.non_zero_milli_cpu,
        non_zero_memory: requests.non_zero_memory,
        node_name: given(pod, "nodeName").and_then(Value::as_str).filter(|n| !n.is_empty()).map(str::to_owned),
        node_selector: self::labels(member(pod, "nodeSelector")),
        node_affinity: node_affinity(member(affinity, "nodeAffinity")),
        pod_affinity: terms("podAffinity"),
        pod_anti_affinity: terms("podAntiAffinity"),
        tolerations: tolerations(pod),
        topology_spread: list(pod, "topologySpreadConstraints").iter().map(|c| spread_constraint(c, &labels)).collect(),
        host_ports: host_ports(pod),
        priority_class_name: text(pod, "priorityClassName").to_owned(),
        priority: 0,
        never_preempts: text(pod, "preemptionPolicy") == "Never",
        scheduling_gates: list(pod, "schedulingGates").iter().map(|g| text(g, "name").to_owned()).collect(),
        scheduler_name: Some(text(pod, "schedulerName")).filter(|n| !n.is_empty()).unwrap_or(DEFAULT_SCHEDULER).into(),
        labels,
    }
}

/// Labels, or a node selector.
pub(crate) fn labels(map: &Value) -> Labels {
    entries(map).into_iter().map(|(key, value)| (key, value.as_str().unwrap_or_default())).collect()
}

fn host_ports(pod: &Value) -> Vec<HostPort> {
    let is_sidecar = |c: &&Value| text(c, "restartPolicy") == "Always";
    let containers = list(pod, "containers").iter().chain(list(pod, "initContainers").iter().filter(is_sidecar));
    let ports = containers.flat_map(|c| list(c, "ports"));
    let of = |port: &Value| {
        let number = int(port, "hostPort").and_then(|n| i32::try_from(n).ok()).filter(|n| *n > 0)?;
        let protocol = Some(text(port, "protocol")).filter(|p| !p.is_empty()).unwrap_or("TCP");
        Some(HostPort { protocol: protocol.to_owned(), host_ip: text(port, "hostIP").to_owned(), port: number })
    };
    ports.filter_map(of).collect()
}

/// The template's tolerations and those that admission adds.
fn tolerations(pod: &Value) -> Vec<Toleration> {
    let mut all: Vec<Toleration> = list(pod, "tolerations").iter().map(toleration).collect();
    for key in [TAINT_NOT_READY, TAINT_UNREACHABLE] {
        let is_about = |t: &Toleration| {
            (t.key == key || t.key.is_empty()) && t.effect.is_none_or(|effect| effect == TaintEffect::NoExecute)
        };
        if !all.iter().any(is_about) {
            all.push(Toleration {
                key: key.to_owned(),
                operator: TolerationOperator::Exists,
                value: String::new(),
                effect: Some(TaintEffect::NoExecute),
                seconds: Some(DEFAULT_TOLERATION_SECONDS),
            });
        }
    }
    all
}

fn toleration(value: &Value) -> Toleration {
    Toleration {
        key: text(value, "key").to_owned(),
        operator: match text(value, "operator") {
            "Exists" => TolerationOperator::Exists,
            "Gt" => TolerationOperator::Gt,
            "Lt" => TolerationOperator::Lt,
            _ => TolerationOperator::Equal,
        },
        value: text(value, "value").to_owned(),
        effect: TaintEffect::parse(text(value, "effect")),
        seconds: int(value, "tolerationSeconds"),
    }
}

fn node_affinity(affinity: &Value) -> NodeAffinity {
    let required = given(affinity, "requiredDuringSchedulingIgnoredDuringExecution");
    let preferred = list(affinity, "preferredDuringSchedulingIgnoredDuringExecution").iter();
    NodeAffinity {
        required: required.map(|r| list(r, "nodeSelectorTerms").iter().map(node_selector_term).collect()),
        preferred: preferred
            .map(|p| (int(p, "weight").unwrap_or(0), node_selector_term(member(p, "preference"))))
            .collect(),
    }
}

fn node_selector_term(term: &Value) -> NodeSelectorTerm {
    let requirements = |name: &str| list(term, name).iter().filter_map(requirement).collect();
    NodeSelectorTerm { match_expressions: requirements("matchExpressions"), match_fields: requirements("matchFields") }
}

fn requirement(value: &Value) -> Option<Requirement> {
    Some(Requirement {
        key: text(value, "key").to_owned(),
        operator: Operator::parse(text(value, "operator"))?,
        values: strings(value, "values"),
    })
}

fn strings(object: &Value, name: &str) -> Vec<String> {
    list(object, name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn label_selector(selector: &Value) -> LabelSelector {
    let equal = |(key, value): (&str, &Value)| Requirement {
        key: key.to_owned(),
        operator: Operator::In,
        values: vec![value.as_str().unwrap_or_default().to_owned()],
    };
    let mut all: Vec<Requirement> = entries(member(selector, "matchLabels")).into_iter().map(equal).collect();
    all.extend(list(selector, "matchExpressions").iter().filter_map(requirement));
    LabelSelector(all)
}

/// A selector together with the requirements that `matchLabelKeys` and `mismatchLabelKeys` add from the Pod's own
/// labels.
#[doc(alias = "applyMatchLabelKeysAndMismatchLabelKeys")]
fn selector_of(owner: &Value, labels: &Labels) -> Option<LabelSelector> {
    let mut selector = label_selector(given(owner, "labelSelector")?);
    for (field, operator) in [("matchLabelKeys", Operator::In), ("mismatchLabelKeys", Operator::NotIn)] {
        for key in strings(owner, field) {
            if let Some(value) = labels.get(&key) {
                let values = vec![value.to_owned()];
                selector.0.push(Requirement { key, operator, values });
            }
        }
    }
    Some(selector)
}

fn affinity_terms(affinity: &Value, namespace: &str, labels: &Labels) -> PodAffinityTerms {
    let term = |t: &Value| affinity_term(t, namespace, labels);
    let preferred = list(affinity, "preferredDuringSchedulingIgnoredDuringExecution").iter();
    PodAffinityTerms {
        required: list(affinity, "requiredDuringSchedulingIgnoredDuringExecution").iter().map(term).collect(),
        preferred: preferred.map(|p| (int(p, "weight").unwrap_or(0), term(member(p, "podAffinityTerm")))).collect(),
    }
}

fn affinity_term(value: &Value, namespace: &str, labels: &Labels) -> PodAffinityTerm {
    PodAffinityTerm {
        selector: selector_of(value, labels),
        namespaces: namespaces(value, namespace),
        topology_key: text(value, "topologyKey").to_owned(),
    }
}

/// The namespaces that a term refers to; `None` for all. A namespace selector can select only by name, because that is
/// the only label known of each namespace.
fn namespaces(term: &Value, namespace: &str) -> Option<Vec<String>> {
    let mut names = strings(term, "namespaces");
    match given(term, "namespaceSelector") {
        None if names.is_empty() => names.push(namespace.to_owned()),
        None => {}
        Some(selector) => {
            let selector = label_selector(selector);
            if selector.0.is_empty() {
                return None;
            }
            let by_name = |r: &&Requirement| r.key == "kubernetes.io/metadata.name" && r.operator == Operator::In;
            names.extend(selector.0.iter().filter(by_name).flat_map(|r| r.values.clone()));
        }
    }
    Some(names)
}

fn spread_constraint(value: &Value, labels: &Labels) -> TopologySpreadConstraint {
    TopologySpreadConstraint {
        max_skew: int(value, "maxSkew").unwrap_or(1),
        topology_key: text(value, "topologyKey").to_owned(),
        is_required: text(value, "whenUnsatisfiable") != "ScheduleAnyway",
        selector: selector_of(value, labels),
        min_domains: int(value, "minDomains"),
        honors_affinity: text(value, "nodeAffinityPolicy") != "Ignore",
        honors_taints: text(value, "nodeTaintsPolicy") == "Honor",
    }
}
