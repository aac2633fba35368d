//! Fields that Kubernetes takes and that would change what happens, but that have no effect in a simulation. It is a
//! table; where the fields stand is found by the loader.

use crate::apiserver::rules::{list, text};
use serde_json::Value;

/// A field of a Pod template's `spec`, and what it would do. `[]` stands for every member of a list.
const FIELDS: [(&str, &str); 20] = [
    ("schedulingGates", "a Pod with scheduling gates waits until they are removed"),
    ("activeDeadlineSeconds", "the kubelet fails a Pod that runs longer"),
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
    ("resourceClaims", "a Pod waits for the devices that it claims"),
    ("evictionResponders", "they decide how a Pod is evicted"),
    ("containers[].livenessProbe", "a container that fails it is killed"),
    ("containers[].startupProbe", "a container that fails it is killed"),
    ("containers[].lifecycle.preStop", "it delays the end of a container that is stopped"),
    ("containers[].lifecycle.postStart", "a container whose hook fails is killed"),
    ("containers[].restartPolicy", "it overrides the Pod's restart policy"),
    ("containers[].restartPolicyRules", "they override the Pod's restart policy"),
    ("initContainers[].restartPolicy", "a sidecar runs beside the containers, or is restarted by itself"),
    ("initContainers[].restartPolicyRules", "they override the Pod's restart policy"),
    ("containers[].ports[].hostPort", "two Pods with one host port do not fit on one node"),
];

/// The fields of this kind in a Pod's `spec`: path below it, and what they would do.
pub(crate) fn of_pod(pod: &Value) -> Vec<(String, &'static str)> {
    FIELDS.iter().flat_map(|(path, why)| found(pod, path).into_iter().map(move |path| (path, *why))).collect()
}

/// The fields of this kind in an object's `metadata`: path below it, and what they would do.
pub(crate) fn of_metadata(meta: &Value) -> Vec<(String, &'static str)> {
    let own = ["orphan", "foregroundDeletion"];
    let foreign = |f: &Value| f.as_str().is_some_and(|name| !own.contains(&name));
    if list(meta, "finalizers").iter().any(foreign) && text(meta, "deletionTimestamp").is_empty() {
        return vec![("finalizers".to_owned(), "the object stays until they are removed, even when it is deleted")];
    }
    Vec::new()
}

/// The paths at which a pattern matches something that is neither null nor empty.
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
            "initContainers": [{"name": "s", "restartPolicy": "Always"}],
        });
        let paths: Vec<String> = of_pod(&pod).into_iter().map(|(path, _)| path).collect();
        let expected = [
            "schedulingGates",
            "containers[1].livenessProbe",
            "initContainers[0].restartPolicy",
            "containers[1].ports[0].hostPort",
        ];
        assert_eq!(paths, expected);
        assert_eq!(of_metadata(&json!({"finalizers": ["orphan"]})), []);
        assert_eq!(of_metadata(&json!({"finalizers": ["a/b"]})).len(), 1);
    }

    #[test]
    fn every_pattern_is_a_field_of_a_pod() {
        use crate::apiserver::schema::{Schema, Type};
        for (pattern, _) in FIELDS {
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
