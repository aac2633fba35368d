//! Fields that Kubernetes accepts and that would change what happens, but that have no effect in a simulation: some
//! never, some only in clusters without nodes. These are tables; the loader finds the fields.

use crate::api::DEFAULT_SCHEDULER;
use crate::apiserver::rules::{list, text};
use serde_json::Value;

/// Fields of a Pod template's `spec`, and what they would do. `[]` stands for every member of a list.
static FIELDS: [(&str, &str); 11] = [
    ("resourceClaims", "a Pod waits for the devices that it claims"),
    ("evictionResponders", "they decide how a Pod is evicted"),
    ("containers[].livenessProbe", "a container that fails it is killed"),
    ("containers[].readinessProbe", "it decides when a container is ready (pods.ready says it here)"),
    ("containers[].startupProbe", "a container that fails it is killed"),
    (
        "containers[].lifecycle.preStop",
        "it delays the end of a container that is stopped (pods.terminate says it here)",
    ),
    ("containers[].lifecycle.postStart", "a container whose hook fails is killed"),
    ("initContainers[].livenessProbe", "a sidecar that fails it is restarted"),
    (
        "initContainers[].startupProbe",
        "the next container waits until a sidecar passes it (pods.containers.NAME.startup says it here)",
    ),
    ("initContainers[].lifecycle.preStop", "it delays the end of a sidecar that is stopped"),
    ("initContainers[].lifecycle.postStart", "a sidecar whose hook fails is killed"),
];

/// The same for fields that concern placement. They have their effect in clusters with nodes.
static OF_PLACEMENT: [(&str, &str); 9] = [
    ("schedulingGates", "a Pod with scheduling gates waits until they are removed"),
    ("nodeName", "a Pod that names its node is not scheduled"),
    ("nodeSelector", "it restricts the nodes on which a Pod may run"),
    (
        "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution",
        "it restricts the nodes on which a Pod may run",
    ),
    ("affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution", "it ties a Pod to where other Pods run"),
    ("affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution", "it keeps Pods apart"),
    ("topologySpreadConstraints", "they can keep a Pod from being scheduled"),
    ("priorityClassName", "a Pod of low priority can be preempted"),
    ("containers[].ports[].hostPort", "two Pods with one host port do not fit on one node"),
];

/// What a field of a Pod's `spec` would do in Kubernetes, if it has no effect here. `true` means that it does have its
/// effect in clusters with nodes. The path is relative to `spec`, with `[]` for members of lists.
pub fn why_unmodelled(path: &str) -> Option<(bool, &'static str)> {
    let is_it = |pattern: &str| {
        path == pattern || path.strip_prefix(pattern).is_some_and(|below| below.starts_with(['.', '[']))
    };
    let find = |fields: &'static [(&str, &'static str)], with_nodes: bool| {
        fields.iter().find(|(pattern, _)| is_it(pattern)).map(|(_, why)| (with_nodes, *why))
    };
    find(&FIELDS, false).or_else(|| find(&OF_PLACEMENT, true))
}

/// The unmodelled fields of a Pod's `spec`: their paths relative to it, and what they would do.
pub(crate) fn of_pod(pod: &Value, has_nodes: bool) -> Vec<(String, String)> {
    let in_kubernetes = |why: &str| format!("; in Kubernetes {why}");
    let mut all = paths(pod, &FIELDS, in_kubernetes);
    if !has_nodes {
        all.extend(paths(pod, &OF_PLACEMENT, |why| format!(" without nodes (cluster.nodes); in Kubernetes {why}")));
    } else if !["", DEFAULT_SCHEDULER].contains(&text(pod, "schedulerName")) {
        let name = text(pod, "schedulerName");
        let why = format!(": there is no scheduler {name:?} in it, and the Pods wait for one");
        all.push(("schedulerName".to_owned(), why));
    }
    all
}

fn paths(pod: &Value, fields: &[(&str, &str)], told: impl Fn(&str) -> String) -> Vec<(String, String)> {
    fields.iter().flat_map(|(path, why)| found(pod, path).into_iter().map(|path| (path, told(why)))).collect()
}

/// The unmodelled fields of an object's `metadata`: their paths relative to it, and what they would do. Of finalizers
/// only those of others count: the garbage collector removes its own.
pub(crate) fn of_metadata(meta: &Value) -> Vec<(String, &'static str)> {
    let own = ["orphan", "foregroundDeletion"];
    let foreign = |f: &Value| f.as_str().is_some_and(|name| !own.contains(&name));
    if list(meta, "finalizers").iter().any(foreign) && text(meta, "deletionTimestamp").is_empty() {
        let why = "; in Kubernetes the object stays until they are removed, even when it is deleted";
        return vec![("finalizers".to_owned(), why)];
    }
    Vec::new()
}

/// The paths at which a pattern matches a value that is neither null nor empty.
fn found(value: &Value, pattern: &str) -> Vec<String> {
    let (name, rest) = match pattern.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (pattern, None),
    };
    let deeper = |value: &Value, path: String| match rest {
        Some(rest) => found(value, rest).into_iter().map(|below| format!("{path}.{below}")).collect(),
        None if is_nothing(value) => Vec::new(),
        None => vec![path],
    };
    match name.strip_suffix("[]") {
        Some(name) => {
            let members = list(value, name).iter().enumerate();
            members.flat_map(|(n, member)| deeper(member, format!("{name}[{n}]"))).collect()
        }
        None => value.get(name).map_or(Vec::new(), |value| deeper(value, name.to_owned())),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_found_wherever_they_stand() {
        let pod = json!({
            "schedulingGates": [{"name": "g"}],
            "nodeSelector": {},
            "containers": [{"name": "a"}, {"name": "b", "livenessProbe": {"exec": {}}, "ports": [{"hostPort": 80}]}],
            "initContainers": [{"name": "s", "restartPolicy": "Always", "startupProbe": {"exec": {}}}],
        });
        let paths =
            |has_nodes: bool| -> Vec<String> { of_pod(&pod, has_nodes).into_iter().map(|(path, _)| path).collect() };
        let always = ["containers[1].livenessProbe", "initContainers[0].startupProbe"];
        assert_eq!(paths(true), always);
        assert_eq!(paths(false), [&always[..], &["schedulingGates", "containers[1].ports[0].hostPort"]].concat());
        let other = json!({"schedulerName": "volcano"});
        assert_eq!((of_pod(&other, false).len(), of_pod(&other, true).len()), (0, 1));
        assert_eq!(of_metadata(&json!({"finalizers": ["orphan"]})), []);
        assert_eq!(of_metadata(&json!({"finalizers": ["a/b"]})).len(), 1);
    }

    #[test]
    fn every_pattern_is_a_field_of_a_pod() {
        use crate::apiserver::schema::{Schema, Type};
        for (pattern, _) in FIELDS.into_iter().chain(OF_PLACEMENT) {
            let mut at = Schema::get().named("PodSpec");
            for name in pattern.split('.') {
                let (_, field) = at.field(name.trim_end_matches("[]")).unwrap_or_else(|| panic!("{pattern}"));
                let mut of = &field.of;
                while let Type::List(member) = of {
                    of = member;
                }
                if let Type::Object(place) = of {
                    at = Schema::get().object(*place);
                }
            }
        }
    }
}
