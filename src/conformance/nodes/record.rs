//! The records of the corpus `node-history`, as typed values. It knows the format (tests/conformance/nodes/FORMAT.md) and
//! nothing of how a case is replayed. Unknown fields are errors, so that nothing recorded goes unread.

use crate::conformance::fleet::{ListedJob, PodName};
use crate::conformance::histories::record::{RecordedJob, RecordedPhase, by_name, number_in_text};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeHistoryRecord<'a> {
    #[serde(rename = "corpus")]
    _corpus: IgnoredAny,
    #[serde(rename = "name")]
    _name: IgnoredAny,
    #[serde(default, rename = "tags")]
    _tags: IgnoredAny,
    /// The cluster.
    pub world: NodeCluster,
    /// Nodes, in the order in which they join.
    pub nodes: Vec<ListedNode>,
    /// Priority classes.
    #[serde(default, rename = "priorityClasses")]
    pub priority_classes: Vec<ListedPriorityClass>,
    /// Jobs that the user creates.
    pub jobs: Vec<ListedJob>,
    /// What the user does, and what happens to nodes.
    #[serde(default)]
    pub actions: Vec<NodeUserAction>,
    /// The longest time recorded, from time zero.
    pub horizon_us: i64,
    /// What was recorded.
    #[serde(borrow)]
    pub history: NodeHistory<'a>,
}

/// The cluster of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the format's own names
pub struct NodeCluster {
    pub start_offset_us: i64,
    pub api_latency_us: i64,
    pub watch_latency_us: i64,
    pub gc_latency_us: i64,
    pub cycle_us: i64,
    pub qps: Option<f64>,
    pub burst: Option<f64>,
    #[serde(default)]
    pub node_controllers: bool,
}

/// A node of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ListedNode {
    pub name: String,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub taints: Vec<Value>,
    pub capacity: BTreeMap<String, Value>,
    #[serde(default)]
    pub allocatable: BTreeMap<String, Value>,
    #[serde(default)]
    pub add_at_us: Option<i64>,
    #[serde(default)]
    pub heartbeat_us: i64,
}

/// A priority class of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ListedPriorityClass {
    pub name: String,
    pub value: i32,
    #[serde(default)]
    pub global_default: bool,
    pub preemption_policy: Option<String>,
}

/// What is done, to one Job, one of its Pods, or one node.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct NodeUserAction {
    pub at_us: i64,
    pub job: Option<String>,
    pub node: Option<String>,
    pub patch: Option<Value>,
    pub patch_pod: Option<String>,
    pub delete_pod: Option<String>,
    pub evict_pod: Option<String>,
    #[serde(default)]
    pub delete: bool,
    #[serde(default)]
    pub drain: bool,
    #[serde(default)]
    pub delete_node: bool,
    pub cordon: Option<bool>,
    pub reports: Option<bool>,
}

/// What was recorded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct NodeHistory<'a> {
    #[serde(borrow)]
    pub instants: Vec<NodeInstant<'a>>,
    pub pods_created: u32,
    pub end_us: i64,
    #[serde(borrow, default)]
    pub patch_errors: Vec<Cow<'a, str>>,
}

/// The state of everything that was written in one instant, after it. All lists are ordered by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct NodeInstant<'a> {
    pub t_us: i64,
    #[serde(borrow, default, deserialize_with = "by_name")]
    pub jobs: Vec<(&'a str, RecordedJob<'a>)>,
    #[serde(borrow, default, deserialize_with = "by_name")]
    pub job_writes: Vec<(&'a str, u32)>,
    #[serde(borrow, default, deserialize_with = "by_name")]
    pub pods: Vec<(PodName<'a>, RecordedPlacedPod<'a>)>,
    #[serde(borrow, default, deserialize_with = "by_name")]
    pub nodes: Vec<(&'a str, RecordedNode<'a>)>,
    #[serde(borrow, default, deserialize_with = "by_name")]
    pub events: Vec<(&'a str, Vec<Cow<'a, str>>)>,
    /// Hints for people, which are not compared.
    #[serde(default, rename = "notes")]
    _notes: IgnoredAny,
}

/// A Pod's state, with its placement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RecordedPlacedPod<'a> {
    pub phase: RecordedPhase,
    #[serde(default)]
    pub deleting: bool,
    #[serde(default)]
    pub finalizer: bool,
    #[serde(borrow, default)]
    pub node: Option<&'a str>,
    #[serde(default)]
    pub ready: bool,
    #[serde(borrow, default)]
    pub unscheduled: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub nominated: Option<&'a str>,
    #[serde(borrow, default)]
    pub disruption_target: Option<&'a str>,
    #[serde(default, deserialize_with = "number_in_text")]
    pub index_failure_count: Option<i32>,
    #[serde(default, deserialize_with = "number_in_text")]
    pub index_ignored_failure_count: Option<i32>,
    #[serde(default)]
    pub gone: bool,
}

/// A node's state.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RecordedNode<'a> {
    #[serde(default)]
    pub unschedulable: bool,
    #[serde(borrow, default)]
    pub ready: Option<&'a str>,
    #[serde(borrow, default)]
    pub taints: Vec<Cow<'a, str>>,
    #[serde(default)]
    pub gone: bool,
}
