//! Nodes from objects, as the scheduler and the node controllers read them, and patches of them. Parsing is lenient
//! where the scheduler does not look; the amounts and taints that it needs are checked.

use super::pod_requests::amounts;
use super::pod_scheduling::labels;
use super::rules::{entries, given, list, member, text};
use crate::api::{LABEL_HOSTNAME, Node, Quantity, Taint, TaintEffect};
use crate::text::merge::merge_patch;
use serde_json::{Map, Value, json};

/// The node that an object of kind Node describes. Where `allocatable` is missing, the capacity counts.
///
/// # Errors
/// The field and what is wrong with it: amounts that are malformed or negative, taints with an unknown effect.
pub fn node_of(object: &Value) -> Result<Node, String> {
    let (meta, spec, status) = (member(object, "metadata"), member(object, "spec"), member(object, "status"));
    let name = text(meta, "name");
    if name.is_empty() {
        return Err("metadata.name: a node needs a name".to_owned());
    }
    let mut amounts_of = member(status, "capacity").as_object().cloned().unwrap_or_default();
    for (resource, amount) in entries(member(status, "allocatable")) {
        amounts_of.insert(resource.to_owned(), amount.clone());
    }
    let allocatable = Value::Object(amounts_of);
    for (field, map) in [("capacity", member(status, "capacity")), ("allocatable", &allocatable)] {
        check_amounts(field, map)?;
    }
    let mut labels = labels(member(meta, "labels"));
    if labels.get(LABEL_HOSTNAME).is_none() {
        labels.set(LABEL_HOSTNAME, name);
    }
    Ok(Node {
        name: name.to_owned(),
        labels,
        taints: taints(spec)?,
        unschedulable: spec.get("unschedulable") == Some(&Value::Bool(true)),
        allowed_pods: given(&allocatable, "pods").and_then(Quantity::of).map_or(0, |q| q.units()),
        allocatable: amounts(&allocatable),
    })
}

fn check_amounts(field: &str, map: &Value) -> Result<(), String> {
    for (resource, amount) in entries(map) {
        let place = match resource.contains('.') {
            true => format!("status.{field}[{resource}]"),
            false => format!("status.{field}.{resource}"),
        };
        match Quantity::of(amount) {
            None => return Err(format!("{place}: {amount} is no amount such as 4, 3920m or 16Gi")),
            Some(quantity) if quantity.is_negative() => {
                return Err(format!("{place}: {amount} is negative: a node has 0 or more of a resource"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn taints(spec: &Value) -> Result<Vec<Taint>, String> {
    let taint = |(n, taint): (usize, &Value)| {
        let effect = text(taint, "effect");
        let key = text(taint, "key").to_owned();
        if key.is_empty() {
            return Err(format!("spec.taints[{n}].key: a taint needs a key"));
        }
        match TaintEffect::parse(effect) {
            Some(effect) => Ok(Taint { key, value: text(taint, "value").to_owned(), effect }),
            None => Err(format!(
                "spec.taints[{n}].effect: {effect:?} is none of NoSchedule, PreferNoSchedule and NoExecute"
            )),
        }
    };
    list(spec, "taints").iter().enumerate().map(taint).collect()
}

/// The node after a JSON merge patch (RFC 7386) of its object.
///
/// # Errors
/// The field and what is wrong with it.
pub(crate) fn patched(node: &Node, patch: &Value) -> Result<Node, String> {
    let labels: Map<String, Value> = node.labels.iter().map(|(k, v)| (k.to_owned(), v.into())).collect();
    let taint = |t: &Taint| {
        let mut object = json!({"key": t.key, "effect": t.effect.as_str()});
        if !t.value.is_empty() {
            object["value"] = json!(t.value);
        }
        object
    };
    let taints: Vec<Value> = node.taints.iter().map(taint).collect();
    let mut object = json!({
        "metadata": {"name": node.name, "labels": labels},
        "spec": {"taints": taints, "unschedulable": node.unschedulable},
    });
    merge_patch(&mut object, patch);
    let new = node_of(&object)?;
    // The amounts belong to the status, which a patch of the object does not change.
    Ok(Node { allocatable: node.allocatable.clone(), allowed_pods: node.allowed_pods, ..new })
}
