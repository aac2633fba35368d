//! How much of each resource a Pod requests in total: by its containers, its own `resources` and its overhead.
//!
//! Source: `k8s.io/component-helpers/resource/helpers.go`, `PodRequests`, and `pkg/apis/core/v1/defaults.go`.

use super::rules::{entries, given, list, member, text};
use crate::api::{Quantity, Resources};
use serde_json::Value;
use std::sync::Arc;

/// What a container without a CPU request counts as when load is spread evenly. Source: `DefaultMilliCPURequest`.
const DEFAULT_MILLI_CPU: i64 = 100;
/// The same for memory. Source: `DefaultMemoryRequest`, 200 MiB.
const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;

/// A Pod's requests.
#[derive(Debug, Default)]
pub(super) struct PodRequests {
    /// The actual requests.
    pub real: Resources,
    /// CPU, with the default for each container without a request.
    pub non_zero_milli_cpu: i64,
    /// Memory, with the default for each container without a request.
    pub non_zero_memory: i64,
}

/// The requests of a Pod with this spec.
pub(super) fn requests(pod: &Value) -> PodRequests {
    let real = sum(pod, false);
    let non_zero = sum(pod, true);
    PodRequests { real, non_zero_milli_cpu: non_zero.milli_cpu, non_zero_memory: non_zero.memory }
}

/// All containers together: regular containers and sidecars run concurrently; every other init container runs alone,
/// with the sidecars before it.
fn sum(pod: &Value, with_defaults: bool) -> Resources {
    let of = |container: &Value| container_requests(container, with_defaults);
    let mut all = Resources::default();
    list(pod, "containers").iter().for_each(|c| all += &of(c));
    let (mut sidecars, mut init) = (Resources::default(), Resources::default());
    for container in list(pod, "initContainers") {
        let mut requests = of(container);
        if text(container, "restartPolicy") == "Always" {
            all += &requests;
            sidecars += &requests;
            requests = sidecars.clone();
        } else {
            requests += &sidecars;
        }
        init.raise_to(&requests);
    }
    all.raise_to(&init);
    apply_pod_level(&mut all, member(pod, "resources"));
    all += &amounts(member(pod, "overhead"));
    all
}

/// Requests of the Pod as a whole replace those of its containers. A limit counts as a request if there is no request.
fn apply_pod_level(all: &mut Resources, resources: &Value) {
    let (requests, limits) = (member(resources, "requests"), member(resources, "limits"));
    let (requested, limited) = (amounts(requests), amounts(limits));
    if given(requests, "cpu").is_some() {
        all.milli_cpu = requested.milli_cpu;
    } else if all.milli_cpu == 0 {
        all.milli_cpu = limited.milli_cpu;
    }
    if given(requests, "memory").is_some() {
        all.memory = requested.memory;
    } else if all.memory == 0 {
        all.memory = limited.memory;
    }
}

/// A container's requests. A limit without a request counts as one.
fn container_requests(container: &Value, with_defaults: bool) -> Resources {
    let resources = member(container, "resources");
    let (requests, limits) = (member(resources, "requests"), member(resources, "limits"));
    let mut all = amounts(requests);
    for (name, limit) in entries(limits) {
        if given(requests, name).is_none() {
            add_amount(&mut all, name, limit);
        }
    }
    let is_missing = |name: &str| given(requests, name).is_none() && given(limits, name).is_none();
    if with_defaults && is_missing("cpu") {
        all.milli_cpu = DEFAULT_MILLI_CPU;
    }
    if with_defaults && is_missing("memory") {
        all.memory = DEFAULT_MEMORY;
    }
    all
}

/// The amounts in a map of resources; malformed amounts are ignored.
pub(crate) fn amounts(map: &Value) -> Resources {
    let mut all = Resources::default();
    entries(map).into_iter().for_each(|(name, amount)| add_amount(&mut all, name, amount));
    all
}

fn add_amount(all: &mut Resources, name: &str, amount: &Value) {
    let Some(quantity) = Quantity::of(amount) else { return };
    match name {
        "cpu" => all.milli_cpu += quantity.thousandths(),
        "memory" => all.memory += quantity.units(),
        "ephemeral-storage" => all.ephemeral_storage += quantity.units(),
        name if is_scalar(name) => all.add_scalar(&Arc::from(name), quantity.units()),
        _ => {}
    }
}

/// Whether the scheduler counts a resource by its name: extended resources, huge pages and attachable volumes.
#[doc(alias = "IsScalarResourceName")]
fn is_scalar(name: &str) -> bool {
    name.starts_with("hugepages-")
        || name.starts_with("attachable-volumes-")
        || name.contains('/') && !name.starts_with("kubernetes.io/") && !name.starts_with("requests.")
}
