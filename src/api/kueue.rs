//! Kueue's queues as values: the quota of a ClusterQueue, and what a Job requests from it. [`crate::controller::kueue`]
//! decides which Job is admitted when.
//!
//! Amounts are whole numbers, as Kueue counts them: thousandths of a CPU, otherwise the resource's own unit. Source:
//! `pkg/resources/requests.go` of kubernetes-sigs/kueue.

use super::Quantity;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The label with which a Job names its LocalQueue.
pub const QUEUE_LABEL: &str = "kueue.x-k8s.io/queue-name";

/// The resource that counts Pods.
const PODS: &str = "pods";

/// The order in which a ClusterQueue admits Jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueueingStrategy {
    /// A Job that does not fit blocks all Jobs behind it.
    StrictFifo,
    /// A Job that does not fit is skipped until quota is released.
    #[default]
    BestEffortFifo,
}

impl QueueingStrategy {
    /// The name as Kueue spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StrictFifo => "StrictFIFO",
            Self::BestEffortFifo => "BestEffortFIFO",
        }
    }
}

/// A ClusterQueue with one flavor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterQueue {
    /// Its name.
    pub name: Arc<str>,
    /// The order in which it admits Jobs.
    pub strategy: QueueingStrategy,
    /// `nominalQuota` of each resource, ordered by name.
    pub nominal_quota: Vec<(Arc<str>, i64)>,
    /// The names of the LocalQueues that point to it, in any namespace.
    pub local_queues: Vec<Arc<str>>,
}

/// What one Pod of a Job requests from a ClusterQueue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueRequest {
    /// The amounts, in the order of [`ClusterQueue::nominal_quota`].
    pub per_pod: Vec<i64>,
    /// A requested resource for which the queue has no quota.
    pub uncovered: Option<Arc<str>>,
}

impl ClusterQueue {
    /// An amount of a resource as Kueue counts it.
    pub(crate) fn amount(resource: &str, quantity: &Quantity) -> i64 {
        if resource == "cpu" { quantity.thousandths() } else { quantity.units() }
    }

    /// What a Pod with these requests needs from this queue.
    pub(crate) fn request(&self, requests: &BTreeMap<String, Quantity>) -> QueueRequest {
        let per_pod = self.nominal_quota.iter().map(|(name, _)| match &**name {
            PODS => 1,
            name => requests.get(name).map_or(0, |quantity| Self::amount(name, quantity)),
        });
        let is_covered = |name: &str| self.nominal_quota.iter().any(|(covered, _)| **covered == *name);
        let mut asked = requests.iter().filter(|(_, quantity)| !quantity.is_zero());
        let uncovered = asked.find(|(name, _)| !is_covered(name)).map(|(name, _)| name.as_str().into());
        QueueRequest { per_pod: per_pod.collect(), uncovered }
    }

    /// An amount of one of its resources, formatted for people.
    pub fn shown(&self, resource: usize, amount: i64) -> String {
        match &*self.nominal_quota[resource].0 {
            "cpu" if amount % 1_000 == 0 => (amount / 1_000).to_string(),
            "cpu" => format!("{amount}m"),
            "memory" if amount % (1 << 30) == 0 => format!("{}Gi", amount >> 30),
            "memory" if amount % (1 << 20) == 0 => format!("{}Mi", amount >> 20),
            _ => amount.to_string(),
        }
    }
}
