//! Nodes as `kubectl get nodes -o json` (or yaml) shows them: what the scheduler and the node controllers see of each,
//! and whether it is ready. No files are opened here, and pools are elsewhere.

use super::owners::cyclic_owner;
use super::{Skipped, items};
use crate::api::{Node, NodeReady, TAINT_NOT_READY, TAINT_UNREACHABLE, Taint, TaintEffect};
use crate::apiserver::decode::decode;
use crate::apiserver::node_of;
use crate::apiserver::rules::{at, list, text};
use crate::limits::MOST_COMPLAINTS;
use crate::text::{ReadError, TreeNode};
use serde_json::Value as Json;
use std::collections::HashMap;

/// How many Pods a node accepts if its status does not say. Source: the kubelet's `--max-pods`.
pub const DEFAULT_MAX_PODS: i64 = 110;

/// A node of a cluster.
#[derive(Clone, Debug)]
pub struct LoadedNode {
    /// The node, with the taints that it has if it is not ready.
    pub node: Node,
    /// The status of its condition Ready; a node without the condition counts as ready.
    pub ready: NodeReady,
    /// The line on which it begins, from 1.
    pub line: usize,
}

/// The contents of some documents.
#[derive(Clone, Debug, Default)]
pub struct LoadedNodes {
    /// The nodes, in the order of the text.
    pub nodes: Vec<LoadedNode>,
    /// Objects of other kinds.
    pub skipped: Vec<Skipped>,
}

/// Reads the nodes of some documents, which are objects or lists of objects.
///
/// # Errors
/// Everything that is wrong with them, with places. Documents without a Node are an error too.
pub fn load_nodes(documents: &[TreeNode]) -> Result<LoadedNodes, Vec<ReadError>> {
    let (mut loaded, mut errors) = (LoadedNodes::default(), Vec::new());
    let mut objects = Vec::new();
    for document in documents {
        objects.extend(items(document).map_err(|error| vec![error])?);
    }
    for &object in &objects {
        if errors.len() >= MOST_COMPLAINTS {
            break;
        }
        let word = |name: &str| object.get(name).and_then(TreeNode::as_text).unwrap_or_default();
        match (word("kind"), word("apiVersion")) {
            ("Node", "v1") => match read(object) {
                Ok(node) => loaded.nodes.push(node),
                Err(wrong) => errors.extend(wrong),
            },
            ("Node", version) => {
                let place = object.get("apiVersion").unwrap_or(object);
                errors.push(place.error("apiVersion", format!("there is no Node in {version:?}: it is in v1")));
            }
            ("", _) => {
                errors.push(object.error("kind", "is missing: a node is an object of kind Node and apiVersion v1"))
            }
            (kind, _) => {
                let name = object.get("metadata").and_then(|m| m.get("name")).and_then(TreeNode::as_text);
                let (kind, name) = (kind.to_owned(), name.unwrap_or_default().to_owned());
                loaded.skipped.push(Skipped { kind, name, line: object.line });
            }
        }
    }
    errors.extend(duplicate_name(&objects));
    errors.extend(cyclic_owner(&objects));
    if errors.is_empty() && loaded.nodes.is_empty() {
        let kinds: Vec<&str> = loaded.skipped.iter().map(|s| s.kind.as_str()).collect();
        let found = if kinds.is_empty() { String::new() } else { format!(", only {}", kinds.join(", ")) };
        let message = format!("there is no Node here{found}");
        return Err(vec![ReadError { line: 1, column: 1, field: String::new(), message, suggestion: None }]);
    }
    if errors.is_empty() { Ok(loaded) } else { Err(errors) }
}

fn read(object: &TreeNode) -> Result<LoadedNode, Vec<ReadError>> {
    // A newer cluster may have fields that are unknown here, so only types are checked.
    let (json, complaints) = decode(object, "Node");
    if !complaints.types.is_empty() {
        return Err(complaints.types);
    }
    let placed = |message: String| {
        let (field, why) = message.split_once(": ").unwrap_or(("", &message));
        vec![object.at_path(field).error(field, why)]
    };
    let mut node = node_of(&json).map_err(placed)?;
    let amounts = |name: &str| at(&json, &["status", name]).and_then(Json::as_object);
    let has = |resource: &str| {
        ["allocatable", "capacity"].iter().any(|name| amounts(name).is_some_and(|map| map.contains_key(resource)))
    };
    if !has("cpu") && !has("memory") {
        let why = "is missing: what Pods may request on the node, such as {cpu: 3920m, memory: 14Gi, pods: 110}";
        return Err(placed(format!("status.allocatable: {why}")));
    }
    if !has("pods") {
        node.allowed_pods = DEFAULT_MAX_PODS;
    }
    let ready = ready(&json).map_err(placed)?;
    taint_unready(&mut node, ready);
    Ok(LoadedNode { node, ready, line: object.line })
}

fn ready(json: &Json) -> Result<NodeReady, String> {
    let conditions = at(json, &["status"]).map_or(&[][..], |status| list(status, "conditions"));
    let mut ready = conditions.iter().enumerate().filter(|(_, condition)| text(condition, "type") == "Ready");
    let Some((n, condition)) = ready.next() else { return Ok(NodeReady::True) };
    let status = text(condition, "status");
    let known = [NodeReady::True, NodeReady::False, NodeReady::Unknown];
    known
        .into_iter()
        .find(|ready| ready.as_str() == status)
        .ok_or_else(|| format!("status.conditions[{n}].status: {status:?} is none of True, False and Unknown"))
}

/// Adds the taints that the node lifecycle controller gives to a node that is not ready, if they are missing.
fn taint_unready(node: &mut Node, ready: NodeReady) {
    let key = match ready {
        NodeReady::True => return,
        NodeReady::False => TAINT_NOT_READY,
        NodeReady::Unknown => TAINT_UNREACHABLE,
    };
    for effect in [TaintEffect::NoSchedule, TaintEffect::NoExecute] {
        let taint = Taint::new(key, effect);
        if !node.taints.iter().any(|other| other.is_same(&taint)) {
            node.taints.push(taint);
        }
    }
}

fn duplicate_name(objects: &[&TreeNode]) -> Option<ReadError> {
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for object in objects.iter().filter(|object| object.get("kind").and_then(TreeNode::as_text) == Some("Node")) {
        let Some(at) = object.get("metadata").and_then(|m| m.get("name")) else { continue };
        let Some(name) = at.as_text() else { continue };
        if let Some(first) = lines.insert(name, object.line) {
            return Some(at.error("metadata.name", format!("a node {name:?} stands here already, in line {first}")));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::read_documents;

    fn load(text: &str) -> Result<LoadedNodes, Vec<String>> {
        let documents = read_documents(text).expect("it is YAML");
        load_nodes(&documents).map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    fn node(rest: &str) -> String {
        format!("apiVersion: v1\nkind: Node\nmetadata: {{name: a, labels: {{zone: x}}}}\n{rest}")
    }

    #[test]
    fn a_node_is_read_as_it_stands() {
        let loaded = load(&node("status: {capacity: {cpu: 4, memory: 8Gi}, allocatable: {cpu: 3920m}}")).unwrap();
        let LoadedNode { node: a, ready, line } = &loaded.nodes[0];
        assert_eq!((a.allocatable.milli_cpu, a.allocatable.memory, a.allowed_pods), (3_920, 8 << 30, 110));
        assert_eq!((a.labels.get("kubernetes.io/hostname"), *ready, *line), (Some("a"), NodeReady::True, 1));
    }

    #[test]
    fn a_node_that_is_not_ready_bears_the_taints_of_one() {
        for (status, taint) in
            [("False", "node.kubernetes.io/not-ready"), ("Unknown", "node.kubernetes.io/unreachable")]
        {
            let conditions = format!("conditions: [{{type: Ready, status: \"{status}\"}}]");
            let spec = format!("spec: {{taints: [{{key: {taint}, effect: NoSchedule}}]}}\n");
            let text = node(&format!("{spec}status: {{capacity: {{cpu: 4}}, {conditions}}}"));
            let taints = &load(&text).unwrap().nodes[0].node.taints;
            let shown: Vec<String> = taints.iter().map(ToString::to_string).collect();
            assert_eq!(shown, [format!("{taint}:NoSchedule"), format!("{taint}:NoExecute")]);
        }
    }

    #[test]
    fn nonsense_is_refused_with_its_place() {
        let status = "status: {allocatable: {cpu: 4, memory: 8Gi}}\n";
        let twice = format!("{}---\n{}", node(status), node(status));
        let circle = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Node\n  metadata: {name: a, uid: u1, \
                      ownerReferences: [{apiVersion: v1, kind: Node, name: b, uid: u2}]}\n  status: {capacity: {cpu: 1}}\n\
                      - apiVersion: v1\n  kind: Node\n  metadata: {name: b, uid: u2, ownerReferences: [{apiVersion: v1, \
                      kind: Node, name: a, uid: u1}]}\n  status: {capacity: {cpu: 1}}\n";
        for (text, error) in [
            (
                node("status: {allocatable: {cpu: -4}}"),
                "4:29: status.allocatable.cpu: \"-4\" is negative: a node has 0 or more of a resource",
            ),
            (
                node("status: {capacity: {cpu: 4, memory: 16GB}}"),
                "4:37: status.capacity[memory]: must be an amount such as 500m, 1.5 or 2Gi, not a string (\"16GB\")",
            ),
            (
                node("status: {capacity: {nvidia.com/gpu: -1, cpu: 1}}"),
                "4:37: status.capacity[nvidia.com/gpu]: \"-1\" is negative: a node has 0 or more of a resource",
            ),
            (
                node(""),
                "1:1: status.allocatable: is missing: what Pods may request on the node, such as {cpu: 3920m, memory: 14Gi, pods: 110}",
            ),
            (
                node("spec: {taints: [{key: a, effect: Nope}]}\nstatus: {capacity: {cpu: 1}}"),
                "4:34: spec.taints[0].effect: \"Nope\" is none of NoSchedule, PreferNoSchedule and NoExecute",
            ),
            (node("spec: {taints: a}"), "4:16: spec.taints: must be a list, not a string (\"a\")"),
            (
                node("status: {capacity: {cpu: 1}, conditions: [{type: Ready, status: maybe}]}"),
                "4:65: status.conditions[0].status: \"maybe\" is none of True, False and Unknown",
            ),
            (twice, "8:18: metadata.name: a node \"a\" stands here already, in line 1"),
            (circle.to_owned(), "6:93: metadata.ownerReferences[0].uid: a circle of owners: Node a, Node b, Node a"),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}".to_owned(), "1:1: there is no Node here, only Pod"),
            ("apiVersion: v2\nkind: Node".to_owned(), "1:13: apiVersion: there is no Node in \"v2\": it is in v1"),
            (
                "metadata: {name: a}".to_owned(),
                "1:1: kind: is missing: a node is an object of kind Node and apiVersion v1",
            ),
        ] {
            assert_eq!(load(&text).expect_err(&text)[0], error, "{text}");
        }
    }
}
