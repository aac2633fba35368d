//! What quotas see of a Pod template's Pods: requests and limits under the names that quotas use, and the properties
//! that scopes check. What is allowed is decided by [`crate::api::ResourceQuota`].
//!
//! Source: `pkg/quota/v1/evaluator/core/pods.go`, and `k8s.io/component-helpers/resource/helpers.go`. Divergence: a Pod
//! without a priority class is in no scope of one, although admission may have given it the global default.

use super::rules::{entries, given, int, list, member, text};
use crate::api::{PodQuotaUse, Quantity, QuotaAmounts};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Amounts of a Pod or a container by resource.
type Amounts = BTreeMap<String, Quantity>;

/// What quotas see of the Pods of a template.
pub(crate) fn pod_quota_use(template: &Value) -> PodQuotaUse {
    let pod = member(template, "spec");
    let requests = pod_amounts(pod, "requests");
    let limits = pod_amounts(pod, "limits");
    let affinity = member(pod, "affinity");
    PodQuotaUse {
        amounts: charged(&requests, &limits),
        is_terminating: int(pod, "activeDeadlineSeconds").is_some_and(|seconds| seconds >= 0),
        is_best_effort: is_best_effort(pod),
        names_namespaces: ["podAffinity", "podAntiAffinity"]
            .iter()
            .any(|kind| names_namespaces(member(affinity, kind))),
        priority_class: text(pod, "priorityClassName").to_owned(),
        unsaid: unsaid(pod),
    }
}

/// What the Pods of a template request, by resource.
pub(crate) fn request_amounts(template: &Value) -> BTreeMap<String, Quantity> {
    pod_amounts(member(template, "spec"), "requests")
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    list(pod, "containers").iter().chain(list(pod, "initContainers"))
}

/// What a container requests (a limit without a request counts as a request), or what it is limited to.
fn container_amounts(container: &Value, kind: &str) -> Amounts {
    let resources = member(container, "resources");
    let mut all = amounts(member(resources, kind));
    if kind == "requests" {
        for (name, limit) in amounts(member(resources, "limits")) {
            all.entry(name).or_insert(limit);
        }
    }
    all
}

fn amounts(map: &Value) -> Amounts {
    entries(map).into_iter().filter_map(|(name, amount)| Some((name.to_owned(), Quantity::of(amount)?))).collect()
}

fn add(all: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        let sum = all.get(name).map_or_else(|| amount.clone(), |before| before.plus(amount));
        all.insert(name.clone(), sum);
    }
}

fn raise_to(all: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        if all.get(name).is_none_or(|before| before < amount) {
            all.insert(name.clone(), amount.clone());
        }
    }
}

/// The requests or limits of a Pod: regular containers and sidecars run concurrently, every other init container runs
/// alone with the sidecars before it; then the Pod's own amounts, and its overhead.
#[doc(alias = "PodRequests")]
#[doc(alias = "PodLimits")]
fn pod_amounts(pod: &Value, kind: &str) -> Amounts {
    let mut all = Amounts::new();
    list(pod, "containers").iter().for_each(|c| add(&mut all, &container_amounts(c, kind)));
    let (mut sidecars, mut init) = (Amounts::new(), Amounts::new());
    for container in list(pod, "initContainers") {
        let mut own = container_amounts(container, kind);
        if text(container, "restartPolicy") == "Always" {
            add(&mut all, &own);
            add(&mut sidecars, &own);
            own.clone_from(&sidecars);
        } else {
            add(&mut own, &sidecars);
        }
        raise_to(&mut init, &own);
    }
    raise_to(&mut all, &init);
    let of_pod = member(member(pod, "resources"), kind);
    let is_of_pod = |name: &str| matches!(name, "cpu" | "memory") || name.starts_with("hugepages-");
    all.extend(amounts(of_pod).into_iter().filter(|(name, _)| is_of_pod(name)));
    let mut overhead = amounts(member(pod, "overhead"));
    if kind == "limits" {
        // Overhead does not limit a resource that has no limit.
        overhead.retain(|name, _| all.get(name).is_some_and(|limit| !limit.is_zero()));
    }
    add(&mut all, &overhead);
    all
}

/// Requests and limits under the names that quotas use.
#[doc(alias = "podComputeUsageHelper")]
fn charged(requests: &Amounts, limits: &Amounts) -> QuotaAmounts {
    let mut charged = QuotaAmounts::from([(Arc::from("pods"), Quantity::whole(1))]);
    let mut enter = |name: String, amount: &Quantity| charged.insert(name.into(), amount.clone());
    for (name, amount) in requests {
        let is_plain =
            matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
        if is_plain {
            enter(name.clone(), amount);
        }
        if is_plain || is_extended(name) {
            enter(format!("requests.{name}"), amount);
        }
    }
    for (name, amount) in
        limits.iter().filter(|(name, _)| matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage"))
    {
        enter(format!("limits.{name}"), amount);
    }
    charged
}

/// Whether a resource is an extended one, such as a GPU.
#[doc(alias = "IsExtendedResourceName")]
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.starts_with("kubernetes.io/") && !name.starts_with("requests.")
}

/// Whether no container requests, or is limited to, any CPU or memory.
#[doc(alias = "ComputePodQOS")]
fn is_best_effort(pod: &Value) -> bool {
    let says = |owner: &Value| {
        let resources = member(owner, "resources");
        ["requests", "limits"].iter().any(|kind| {
            let amounts = amounts(member(resources, kind));
            ["cpu", "memory"].iter().any(|name| amounts.get(*name).is_some_and(|amount| !amount.is_zero()))
        })
    };
    !containers(pod).any(says) && !says(pod)
}

fn names_namespaces(affinity: &Value) -> bool {
    let names = |term: &Value| !list(term, "namespaces").is_empty() || given(term, "namespaceSelector").is_some();
    let required = list(affinity, "requiredDuringSchedulingIgnoredDuringExecution").iter();
    let preferred = list(affinity, "preferredDuringSchedulingIgnoredDuringExecution").iter();
    required.chain(preferred.map(|weighted| member(weighted, "podAffinityTerm"))).any(names)
}

/// Containers that do not specify CPU or memory. If the Pod as a whole does, its containers need not.
#[doc(alias = "enforcePodContainerConstraints")]
fn unsaid(pod: &Value) -> BTreeMap<&'static str, Vec<String>> {
    let of_pod = member(pod, "resources");
    let mut unsaid: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    if ["requests", "limits"].iter().any(|kind| !entries(member(of_pod, kind)).is_empty()) {
        return unsaid;
    }
    for container in containers(pod) {
        let (requests, limits) = (container_amounts(container, "requests"), container_amounts(container, "limits"));
        let names = [
            ("cpu", &requests, "cpu"),
            ("requests.cpu", &requests, "cpu"),
            ("limits.cpu", &limits, "cpu"),
            ("memory", &requests, "memory"),
            ("requests.memory", &requests, "memory"),
            ("limits.memory", &limits, "memory"),
        ];
        for (name, amounts, resource) in names {
            if !amounts.contains_key(resource) {
                unsaid.entry(name).or_default().push(text(container, "name").to_owned());
            }
        }
    }
    unsaid.values_mut().for_each(|names| names.sort());
    unsaid
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(template: &Value) -> Vec<String> {
        pod_quota_use(template).amounts.iter().map(|(name, amount)| format!("{name}={amount}")).collect()
    }

    #[test]
    fn requests_and_limits_have_the_names_of_quotas() {
        let resources =
            json!({"requests": {"cpu": "500m", "nvidia.com/gpu": 1}, "limits": {"memory": "1Gi", "nvidia.com/gpu": 1}});
        let two = json!([{"name": "a", "resources": resources}, {"name": "b", "resources": resources}]);
        let expected = [
            "cpu=1",
            "limits.memory=2Gi",
            "memory=2Gi",
            "pods=1",
            "requests.cpu=1",
            "requests.memory=2Gi",
            "requests.nvidia.com/gpu=2",
        ];
        assert_eq!(shown(&json!({"spec": {"containers": two}})), expected);
    }

    #[test]
    fn init_containers_and_sidecars_count_as_they_run() {
        let cpu = |amount: &str| json!({"requests": {"cpu": amount}});
        let pod = json!({
            "containers": [{"name": "main", "resources": cpu("1")}],
            "initContainers": [
                {"name": "proxy", "restartPolicy": "Always", "resources": cpu("200m")},
                {"name": "fetch", "resources": cpu("2")}
            ],
            "overhead": {"cpu": "100m"}
        });
        assert_eq!(shown(&json!({"spec": pod})), ["cpu=2300m", "pods=1", "requests.cpu=2300m"]);
    }

    #[test]
    fn what_scopes_ask_about() {
        let plain = pod_quota_use(&json!({"spec": {"containers": [{"name": "a"}]}}));
        assert!(plain.is_best_effort && !plain.is_terminating && !plain.names_namespaces);
        assert_eq!(plain.unsaid["requests.cpu"], ["a"]);
        let term = json!({"namespaces": ["other"], "topologyKey": "zone"});
        let pod = json!({
            "activeDeadlineSeconds": 60,
            "resources": {"requests": {"cpu": 1}},
            "containers": [{"name": "a"}],
            "affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
        });
        let other = pod_quota_use(&json!({"spec": pod}));
        assert!(!other.is_best_effort && other.is_terminating && other.names_namespaces && other.unsaid.is_empty());
    }
}
