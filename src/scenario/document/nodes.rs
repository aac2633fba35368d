//! What a user writes about nodes: pools, the scheduler, the autoscaler, priority classes. `scenario::nodes` checks
//! which of them go together.

use crate::scenario::node_scalars::{Amount, SpanOrNever, TaintSpec};
use crate::scenario::scalars::{Dist, Rate, Share, Span};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Pools of nodes by name, in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodePoolsSpec(pub Vec<(String, NodePoolSpec)>);

/// Nodes of one kind. A node's name is the pool's and a number, such as `spot-3`.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "NodePool")]
pub struct NodePoolSpec {
    /// What Pods may request in all on one node: `{cpu: 3920m, memory: 14Gi, nvidia.com/gpu: 1}`. Without `pods` there is
    /// room for 110 of them (kubelet, --max-pods).
    pub allocatable: BTreeMap<String, Amount>,
    /// Labels of its nodes. Each node has kubernetes.io/hostname too, and without others kubernetes.io/os linux and
    /// kubernetes.io/arch amd64.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Taints of its nodes.
    #[serde(default)]
    pub taints: Vec<TaintSpec>,
    /// Zones over which nodes are spread in turn (topology.kubernetes.io/zone).
    #[serde(default)]
    pub zones: Vec<String>,
    /// How many nodes there are at the start. [default: min; 1 without min and max]
    pub count: Option<u32>,
    /// How many nodes the autoscaler leaves at least. [default: 0 with max, else count]
    pub min: Option<u32>,
    /// How many nodes there are at the most; up to there the autoscaler adds them. [default: count]
    pub max: Option<u32>,
    /// What a node costs an hour, in any currency, from when it is asked for until it is gone. [default: 0]
    pub price_per_hour: Option<f64>,
    /// From the autoscaler's decision until the node is there. [default: 90s, between the 45 s to 90 s that are reported of
    /// Karpenter on EKS, and the mean of 97 s of EC2 instances alone (Mao and Humphrey, CLOUD 2012)]
    pub provisioning: Option<Dist>,
    /// How long a node must be without Pods of Jobs before the autoscaler removes it, or `never`. [default: 10m,
    /// cluster-autoscaler's --scale-down-unneeded-time]
    pub idle_timeout: Option<SpanOrNever>,
    /// The autoscaler also drains a node of which less is requested than this share (of CPU or memory, the larger), if all of
    /// its Pods find room on other nodes, after the same time: cluster-autoscaler's --scale-down-utilization-threshold, 50%
    /// there. Pods with the annotation cluster-autoscaler.kubernetes.io/safe-to-evict false are left alone. [default: never]
    pub consolidate_below: Option<Share>,
    /// How often a node is reclaimed, for each hour that it is there, such as `0.05/h`. [default: never]
    pub reclaims: Option<Rate>,
    /// How long before it is reclaimed a node is told so. [default: 2m, as Amazon EC2 gives notice; Google and Azure give
    /// 30s]
    pub reclaim_notice: Option<Span>,
    /// What is done with a node that is told so. [default: drain]
    pub on_reclaim_notice: Option<OnReclaimNoticeSpec>,
}

/// What is done with a node that will be reclaimed.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OnReclaimNotice")]
pub enum OnReclaimNoticeSpec {
    /// It is cordoned and its Pods are evicted, as a termination handler does.
    Drain,
    /// Its kubelet stops the Pods, which fail with the condition DisruptionTarget: graceful node shutdown, with the notice
    /// as shutdownGracePeriod.
    Shutdown,
    /// Nothing: its Pods run until it is gone.
    Ignore,
}

/// The scheduler.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Scheduler")]
pub struct SchedulerSpec {
    /// How long one scheduling cycle takes. [default: 1ms]
    pub cycle: Option<Span>,
    /// Requests a second of its client (`clientConnection.qps`); 0 for no throttle. [default: 50; none with preset ideal]
    pub qps: Option<f64>,
    /// Requests at once (`clientConnection.burst`). [default: 100]
    pub burst: Option<u32>,
}

/// The autoscaler: a model of cluster-autoscaler, not a copy.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Autoscaler")]
pub struct AutoscalerSpec {
    /// How often it looks for Pods that find no room. [default: 10s, --scan-interval]
    pub scan_interval: Option<Span>,
    /// Which pool takes Pods that several could take. [default: cheapest]
    pub expander: Option<ExpanderSpec>,
}

/// How the autoscaler chooses among pools.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Expander")]
pub enum ExpanderSpec {
    /// The pool whose new nodes cost least an hour in all.
    Cheapest,
    /// The pool whose new nodes would have the smallest share of CPU and memory left over.
    LeastWaste,
    /// Any, by a random number.
    Random,
}

/// A priority class, as in scheduling.k8s.io/v1.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "PriorityClass")]
pub struct PriorityClassSpec {
    /// Its name.
    pub name: String,
    /// The priority of its Pods, at most 1000000000.
    pub value: i32,
    /// Whether Pods without a class have it. [default: false]
    pub global_default: Option<bool>,
    /// Whether its Pods may preempt others. [default: PreemptLowerPriority]
    pub preemption_policy: Option<PreemptionPolicySpec>,
}

/// Whether Pods may preempt others.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[schemars(rename = "PreemptionPolicy")]
pub enum PreemptionPolicySpec {
    /// They may preempt Pods of lower priority.
    PreemptLowerPriority,
    /// They may not.
    Never,
}

impl<'de> Deserialize<'de> for NodePoolsSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PoolsVisitor;
        impl<'de> Visitor<'de> for PoolsVisitor {
            type Value = NodePoolsSpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a pool of nodes by each name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<NodePoolsSpec, A::Error> {
                let mut pools = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    pools.push(entry);
                }
                Ok(NodePoolsSpec(pools))
            }
        }
        deserializer.deserialize_map(PoolsVisitor)
    }
}

impl JsonSchema for NodePoolsSpec {
    fn schema_name() -> Cow<'static, str> {
        "NodePools".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, NodePoolSpec>::json_schema(generator)
    }
}
