//! Workloads without a Job that use capacity of nodes: Deployments, ReplicaSets, StatefulSets, DaemonSets and single
//! Pods. Only their Pods' requests and placement are read. The scheduler decides elsewhere where they go.

use crate::api::{PodQuotaUse, PodSchedulingSpec, Quantity, Taint, TaintEffect, Toleration, TolerationOperator};
use crate::apiserver::decode::decode;
use crate::apiserver::rules::{at, flag, int, list, member, text};
use crate::apiserver::{pod_quota_use, pod_scheduling_spec};
use crate::text::{ReadError, TreeNode};
use serde_json::Value as Json;

/// A workload that was read. Which of them count beside the simulated Jobs is decided elsewhere.
#[derive(Clone, Debug)]
pub struct LoadedWorkload {
    /// The object's kind.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// How many Pods it has.
    pub count: WorkloadCount,
    /// The requests of its Pods, and what they say about placement.
    pub spec: PodSchedulingSpec,
    /// What quotas see of its Pods.
    pub quota_use: PodQuotaUse,
    /// Kind and name of the object that controls it.
    pub controller: Option<(String, String)>,
}

/// How many Pods a workload has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkloadCount {
    /// A fixed number.
    Pods(u32),
    /// One on each node that accepts it.
    EachNode,
    /// One, bound to the node with this name.
    On(String),
}

/// Kinds of workloads with their API versions.
const KINDS: [(&str, &str); 5] = [
    ("Deployment", "apps/v1"),
    ("ReplicaSet", "apps/v1"),
    ("StatefulSet", "apps/v1"),
    ("DaemonSet", "apps/v1"),
    ("Pod", "v1"),
];

/// Reads a workload; `None` if the object is of another kind, or a Pod that has finished.
///
/// # Errors
/// Everything that is wrong with it, with places.
pub fn workload(object: &TreeNode) -> Result<Option<LoadedWorkload>, Vec<ReadError>> {
    let word = |name: &str| object.get(name).and_then(TreeNode::as_text).unwrap_or_default();
    let (kind, version) = (word("kind"), word("apiVersion"));
    if !KINDS.contains(&(kind, version)) {
        return Ok(None);
    }
    let (json, complaints) = decode(object, if kind == "Pod" { "Pod" } else { "Workload" });
    if !complaints.types.is_empty() {
        return Err(complaints.types);
    }
    if ["Succeeded", "Failed"].contains(&text(member(&json, "status"), "phase")) {
        return Ok(None);
    }
    let meta = member(&json, "metadata");
    let namespace = Some(text(meta, "namespace")).filter(|name| !name.is_empty()).unwrap_or("default");
    let template = if kind == "Pod" { &json } else { at(&json, &["spec", "template"]).unwrap_or(&Json::Null) };
    let mut spec = pod_scheduling_spec(namespace, template);
    if let Some(path) = negative_amount(template) {
        let path = if kind == "Pod" { path } else { format!("spec.template.{path}") };
        return Err(vec![object.at_path(&path).error(&path, "is negative: a Pod takes 0 or more of a resource")]);
    }
    if let Some(priority) = int(member(template, "spec"), "priority").and_then(|n| i32::try_from(n).ok()) {
        spec.priority = priority;
    }
    let count = match (kind, spec.node_name.take()) {
        ("Pod", Some(node)) => WorkloadCount::On(node),
        ("Pod", None) => WorkloadCount::Pods(1),
        ("DaemonSet", _) => {
            tolerate_as_daemon(&mut spec);
            WorkloadCount::EachNode
        }
        _ => WorkloadCount::Pods(replicas(object, &json)?),
    };
    let owner = list(meta, "ownerReferences").iter().find(|owner| flag(owner, "controller") == Some(true));
    let controller = owner.map(|owner| (text(owner, "kind").to_owned(), text(owner, "name").to_owned()));
    let (kind, name) = (kind.to_owned(), text(meta, "name").to_owned());
    let quota_use = pod_quota_use(template);
    Ok(Some(LoadedWorkload { kind, namespace: namespace.to_owned(), name, count, spec, quota_use, controller }))
}

/// The path of a negative amount in a Pod's requests, limits or overhead.
fn negative_amount(template: &Json) -> Option<String> {
    let spec = member(template, "spec");
    let of_list = |name: &'static str| {
        let containers = list(spec, name).iter().enumerate();
        containers.flat_map(move |(n, container)| of_resources(format!("spec.{name}[{n}]"), container))
    };
    let overhead = ("spec.overhead".to_owned(), member(spec, "overhead"));
    let mut all = of_list("containers")
        .chain(of_list("initContainers"))
        .chain(of_resources("spec".to_owned(), spec))
        .chain([overhead]);
    all.find_map(|(path, amounts)| {
        let is_negative = |amount: &Json| Quantity::of(amount).is_some_and(|quantity| quantity.is_negative());
        let (name, _) = amounts.as_object()?.iter().find(|(_, amount)| is_negative(amount))?;
        Some(format!("{path}[{name}]"))
    })
}

/// The requests and limits of a container, or of a whole Pod, each with its path.
fn of_resources(path: String, owner: &Json) -> impl Iterator<Item = (String, &Json)> {
    let resources = member(owner, "resources");
    ["requests", "limits"].into_iter().map(move |kind| (format!("{path}.resources.{kind}"), member(resources, kind)))
}

/// How many Pods an object asks for; one if it does not say.
fn replicas(object: &TreeNode, json: &Json) -> Result<u32, Vec<ReadError>> {
    let given = int(member(json, "spec"), "replicas").unwrap_or(1);
    u32::try_from(given).map_err(|_| {
        let message = format!("is {given}: there are 0 Pods or more, at most {}", u32::MAX);
        vec![object.at_path("spec.replicas").error("spec.replicas", message)]
    })
}

/// Adds the tolerations that the DaemonSet controller gives to its Pods, except for that of `network-unavailable`,
/// which only Pods with `hostNetwork` get. Source: `AddOrUpdateDaemonPodTolerations` of `pkg/controller/daemon/util`.
fn tolerate_as_daemon(spec: &mut PodSchedulingSpec) {
    let taints = [
        ("node.kubernetes.io/not-ready", TaintEffect::NoExecute),
        ("node.kubernetes.io/unreachable", TaintEffect::NoExecute),
        ("node.kubernetes.io/disk-pressure", TaintEffect::NoSchedule),
        ("node.kubernetes.io/memory-pressure", TaintEffect::NoSchedule),
        ("node.kubernetes.io/pid-pressure", TaintEffect::NoSchedule),
        ("node.kubernetes.io/unschedulable", TaintEffect::NoSchedule),
    ];
    for (key, effect) in taints {
        if !spec.tolerates(&Taint::new(key, effect)) {
            let (operator, value) = (TolerationOperator::Exists, String::new());
            spec.tolerations.push(Toleration {
                key: key.to_owned(),
                operator,
                value,
                effect: Some(effect),
                seconds: None,
            });
        }
    }
}
