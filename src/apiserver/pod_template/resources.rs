//! Rules about resources of containers and of whole Pods: names, amounts, requests against limits, claims.

use crate::api::Quantity;
use crate::apiserver::rules::formats::{dns_label, qualified_name};
use crate::apiserver::rules::{Errors, Path, Scope, entries, given, list, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const HUGE_PAGES: &str = "hugepages-";
const STANDARD_FOR_CONTAINERS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// Names without a prefix that denote a resource somewhere, such as in quotas. Source: `pkg/apis/core/helper`.
const STANDARD: [&str; 18] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
];
/// Resources that are counted in whole numbers. Source: `IsIntegerResourceName`.
const COUNTED: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// A check of a resource's name.
type NameRule = fn(&str, &Path, &mut Errors);

/// The resources of a container.
pub(super) fn container_resources(resources: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    judge_resources(resources, container_name, path, scope, errors);
}

/// The Pod's overhead, which is validated like limits.
pub(super) fn overhead(overhead: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let limits = serde_json::json!({ "limits": overhead });
    judge_resources(&limits, container_name, path, scope, errors);
}

/// The resources of the Pod as a whole.
pub(super) fn pod_resources(resources: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    if given(resources, "claims").is_some() {
        errors.forbidden(path.child("claims"), "claims cannot be set for Resources at pod-level");
    }
    judge_resources(resources, pod_name, path, scope, errors);
    judge_sums(resources, path, scope, errors);
}

fn judge_resources(resources: &Value, name_rule: NameRule, path: &Path, scope: &Scope, errors: &mut Errors) {
    let none = Value::Null;
    let limits = given(resources, "limits").unwrap_or(&none);
    let requests = given(resources, "requests").unwrap_or(&none);
    let limits_path = path.child("limits");
    let requests_path = path.child("requests");
    for (name, value) in entries(limits) {
        let path = limits_path.key(name);
        judge_amount(name, value, name_rule, &path, errors);
        judge_huge_pages(name, value, &path, errors);
    }
    for (name, value) in entries(requests) {
        let path = requests_path.key(name);
        judge_amount(name, value, name_rule, &path, errors);
        judge_against_limit(name, value, limits, (&requests_path, &limits_path), errors);
        judge_huge_pages(name, value, &path, errors);
    }
    let names = || entries(limits).into_iter().chain(entries(requests)).map(|entry| entry.0);
    if names().any(|name| name.starts_with(HUGE_PAGES)) && !names().any(|name| name == "cpu" || name == "memory") {
        errors.forbidden(path, "HugePages require cpu or memory");
    }
    judge_claims(list(resources, "claims"), &path.child("claims"), scope, errors);
}

fn judge_amount(name: &str, value: &Value, name_rule: NameRule, path: &Path, errors: &mut Errors) {
    name_rule(name, path, errors);
    let Some(amount) = Quantity::of(value) else { return };
    if amount.is_negative() {
        errors.invalid(path, amount.to_string(), "must be greater than or equal to 0");
    }
    if (COUNTED.contains(&name) || is_extended(name)) && !amount.is_whole() {
        errors.invalid(path, amount.to_string(), "must be an integer");
    }
}

fn judge_huge_pages(name: &str, value: &Value, path: &Path, errors: &mut Errors) {
    let Some(size) = name.strip_prefix(HUGE_PAGES) else { return };
    let Some(amount) = Quantity::of(value) else { return };
    if !Quantity::parse(size).is_ok_and(|size| amount.is_multiple_of(&size)) {
        let detail = format!("{amount} is not positive integer multiple of {name}");
        errors.invalid(path, amount.to_string(), detail);
    }
}

/// A request must not exceed the limit; where overcommitting is impossible, both must be equal.
fn judge_against_limit(name: &str, value: &Value, limits: &Value, paths: (&Path, &Path), errors: &mut Errors) {
    let (requests_path, limits_path) = paths;
    let Some(request) = Quantity::of(value) else { return };
    let Some(limit) = limits.get(name).and_then(Quantity::of) else {
        if !may_overcommit(name) {
            errors.required(limits_path, "Limit must be set for non overcommitable resources");
        }
        return;
    };
    let order = request.cmp(&limit);
    let rule = match may_overcommit(name) {
        false if order.is_ne() => "must be equal to",
        true if order.is_gt() => "must be less than or equal to",
        _ => return,
    };
    errors.invalid(requests_path, request.to_string(), format!("{rule} {name} limit of {limit}"));
}

fn judge_claims(claims: &[Value], path: &Path, scope: &Scope, errors: &mut Errors) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (place, claim) in claims.iter().enumerate() {
        let path = path.index(place);
        let (name, request) = (text(claim, "name"), text(claim, "request"));
        if name.is_empty() {
            errors.required(path, "");
            continue;
        }
        judge_claim_once(name, request, &mut seen, &path, errors);
        if !scope.claims.contains(name) {
            let known = scope.claims.iter().copied().collect::<Vec<_>>().join(", ");
            let end = if known.is_empty() { " which is empty".to_owned() } else { format!(": {known}") };
            errors.not_found(path, name, format!("must be one of the names in pod.spec.resourceClaims{end}"));
        }
    }
}

/// A claim may be named once, or several of its requests once each.
fn judge_claim_once(name: &str, request: &str, seen: &mut BTreeSet<String>, path: &Path, errors: &mut Errors) {
    if seen.contains(name) {
        errors.duplicate(path, name);
        return;
    }
    if request.is_empty() {
        let of_this_claim = |key: &&String| key.split_once('/').is_some_and(|(claim, _)| claim == name);
        for _ in seen.iter().filter(of_this_claim) {
            errors.duplicate(path, name);
        }
        seen.insert(name.to_owned());
    } else {
        errors.invalid_each(path.child("request"), request, dns_label(request));
        let key = format!("{name}/{request}");
        if !seen.insert(key.clone()) {
            errors.duplicate(path, key);
        }
    }
}

/// Checks the name of a resource; returns whether it is valid.
fn judge_name(name: &str, path: &Path, errors: &mut Errors) -> bool {
    let complaints = qualified_name(name);
    let mut good = complaints.is_empty();
    errors.invalid_each(path, name, complaints);
    if good && !name.contains('/') && !STANDARD.contains(&name) && !is_huge_pages_of_quota(name) {
        errors.invalid(path, name, "must be a standard resource type or fully qualified");
        good = false;
    }
    good
}

fn container_name(name: &str, path: &Path, errors: &mut Errors) {
    judge_name(name, path, errors);
    if !name.contains('/') {
        if !STANDARD_FOR_CONTAINERS.contains(&name) && !name.starts_with(HUGE_PAGES) {
            errors.invalid(path, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        errors.invalid(path, name, "doesn't follow extended resource name standard");
    }
}

fn pod_name(name: &str, path: &Path, errors: &mut Errors) {
    let supported = name == "cpu" || name == "memory" || name.starts_with(HUGE_PAGES);
    if judge_name(name, path, errors) && !supported {
        errors.not_supported(path, name, &["cpu", HUGE_PAGES, "memory"]);
    }
}

fn is_huge_pages_of_quota(name: &str) -> bool {
    name.strip_prefix("requests.").unwrap_or(name).starts_with(HUGE_PAGES)
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && qualified_name(&format!("requests.{name}")).is_empty()
}

fn may_overcommit(name: &str) -> bool {
    is_native(name) && !name.starts_with(HUGE_PAGES)
}

/// The containers' total requests must not exceed the Pod's request, and no container's limit the Pod's limit.
fn judge_sums(resources: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let requests_path = path.child("requests");
    let amount =
        |part: &str, name: &str| given(resources, part).and_then(|amounts| amounts.get(name)).and_then(Quantity::of);
    for (name, sum) in requests_of_containers(scope.spec) {
        // Resources that the Pod does not request itself are up to its containers.
        let Some(own) = amount("requests", name) else { continue };
        if sum.cmp(&own).is_gt() {
            let detail = format!("must be greater than or equal to aggregate container requests of {sum}");
            errors.invalid(requests_path.key(name), own.to_string(), detail);
        }
    }
    let containers_path = path.child("containers");
    for (place, container) in list(scope.spec, "containers").iter().enumerate() {
        let path = containers_path.index(place);
        for (name, value) in amounts(container, "limits") {
            let Some(own) = amount("limits", name) else { continue };
            if value.cmp(&own).is_gt() {
                let detail = format!("must be less than or equal to pod limits of {own}");
                errors.invalid(path.key(name).child("limits"), value.to_string(), detail);
            }
        }
    }
}

fn amounts<'a>(container: &'a Value, part: &str) -> Vec<(&'a str, Quantity)> {
    let part = given(container, "resources").and_then(|resources| given(resources, part));
    let known = |(name, value)| Quantity::of(value).map(|amount| (name, amount));
    part.map_or_else(Vec::new, |part| entries(part).into_iter().filter_map(known).collect())
}

/// The most that a Pod needs at a time: all containers and sidecars together, or an init container with the sidecars
/// started before it. Source: `AggregateContainerRequests` in `k8s.io/component-helpers/resource`.
pub(super) fn requests_of_containers(spec: &Value) -> BTreeMap<&str, Quantity> {
    let mut together = BTreeMap::new();
    let mut sidecars = BTreeMap::new();
    let mut initial = BTreeMap::new();
    let add = |sums: &mut BTreeMap<_, Quantity>, name, amount: &Quantity| {
        let sum = sums.get(name).map_or_else(|| amount.clone(), |sum: &Quantity| sum.plus(amount));
        sums.insert(name, sum);
    };
    for container in list(spec, "containers") {
        amounts(container, "requests").into_iter().for_each(|(name, amount)| add(&mut together, name, &amount));
    }
    for container in list(spec, "initContainers") {
        let sidecar = text(container, "restartPolicy") == "Always";
        let mut needed = sidecars.clone();
        for (name, amount) in amounts(container, "requests") {
            add(&mut needed, name, &amount);
            if sidecar {
                add(&mut together, name, &amount);
                add(&mut sidecars, name, &amount);
            }
        }
        needed.into_iter().for_each(|(name, amount)| keep_larger(&mut initial, name, amount));
    }
    initial.into_iter().for_each(|(name, amount)| keep_larger(&mut together, name, amount));
    together
}

fn keep_larger<'a>(amounts: &mut BTreeMap<&'a str, Quantity>, name: &'a str, amount: Quantity) {
    if amounts.get(name).is_none_or(|old| amount.cmp(old).is_gt()) {
        amounts.insert(name, amount);
    }
}
