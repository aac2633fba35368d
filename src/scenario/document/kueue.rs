//! What a user writes about Kueue, under the names that Kueue has for it. Kueue is modelled, not copied:
//! `controller/kueue.rs` says what is left out.

use crate::scenario::node_scalars::Amount;
use crate::scenario::scalars::Span;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Kueue: Jobs that name a queue with the label `kueue.x-k8s.io/queue-name` are created suspended, wait, and are resumed
/// when the queue has quota for all Pods that they may have at a time. A model, not a copy.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Kueue")]
pub struct KueueSpec {
    /// How long it takes from what happens to a Job until Kueue has acted on it. [default: 100ms, an assumption; none with
    /// preset ideal]
    pub latency: Option<Span>,
    /// The queues.
    pub cluster_queues: Vec<ClusterQueueSpec>,
}

/// A ClusterQueue, with one flavor.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "ClusterQueue")]
pub struct ClusterQueueSpec {
    /// Its name.
    pub name: String,
    /// In which order it admits Jobs. [default: BestEffortFIFO, as Kueue has it]
    pub queueing_strategy: Option<QueueingStrategySpec>,
    /// How much its Jobs may request together: `{cpu: 40, memory: 160Gi, pods: 100}`. A Job that requests another resource
    /// is never admitted.
    pub nominal_quota: BTreeMap<String, Amount>,
    /// The LocalQueues that lead to it, in any namespace. [default: one with its own name]
    #[serde(default)]
    pub local_queues: Vec<String>,
}

/// The order in which a ClusterQueue admits Jobs.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "QueueingStrategy")]
pub enum QueueingStrategySpec {
    /// A Job that does not fit holds up all Jobs behind it.
    #[serde(rename = "StrictFIFO")]
    StrictFifo,
    /// A Job that does not fit is passed over until quota is given back.
    #[serde(rename = "BestEffortFIFO")]
    BestEffortFifo,
}
