//! NodeResourcesFit, filter and score (least allocated), and NodeResourcesBalancedAllocation.
//!
//! Source: `pkg/scheduler/framework/plugins/noderesources`, `fit.go`, `least_allocated.go`, `balanced_allocation.go`.

use super::{NodeRefusal, Plugin, Reason};
use crate::api::{Node, PodSchedulingSpec, Resources};
use crate::scheduler::cache::NodeInfo;
use crate::scheduler::cycle::MAX_NODE_SCORE;
use smallvec::SmallVec;

/// Whether the Pod fits on a node; if not, everything that is lacking.
#[doc(alias = "fitsRequest")]
pub fn filter(spec: &PodSchedulingSpec, info: &NodeInfo) -> Result<(), NodeRefusal> {
    let node = info.object();
    match lacks(spec, node, &info.requested, info.pods.len() as i64) {
        None => Ok(()),
        Some((reasons, is_unresolvable)) => {
            Err(NodeRefusal { plugin: Plugin::NodeResourcesFit, reasons, is_unresolvable })
        }
    }
}

/// Whether the Pod would fit on an empty node.
#[doc(alias = "isFit")]
pub fn fits_empty(spec: &PodSchedulingSpec, node: &Node) -> bool {
    lacks(spec, node, &Resources::default(), 0).is_none()
}

/// What a node lacks, and whether it would lack it even if it were empty.
fn lacks(
    spec: &PodSchedulingSpec,
    node: &Node,
    requested: &Resources,
    pods: i64,
) -> Option<(SmallVec<[Reason; 1]>, bool)> {
    let (wanted, allocatable) = (&spec.requests, &node.allocatable);
    let mut reasons: SmallVec<[Reason; 1]> = SmallVec::new();
    let mut is_unresolvable = false;
    if pods + 1 > node.allowed_pods {
        reasons.push(Reason::TooManyPods);
    }
    let mut check = |wanted: i64, allocatable: i64, requested: i64, reason: fn() -> Reason| {
        if wanted > 0 && wanted > allocatable - requested {
            reasons.push(reason());
            is_unresolvable |= wanted > allocatable;
        }
    };
    check(wanted.milli_cpu, allocatable.milli_cpu, requested.milli_cpu, || Reason::Cpu);
    check(wanted.memory, allocatable.memory, requested.memory, || Reason::Memory);
    let storage = (allocatable.ephemeral_storage, requested.ephemeral_storage);
    check(wanted.ephemeral_storage, storage.0, storage.1, || Reason::EphemeralStorage);
    for (name, amount) in &wanted.scalar {
        let all = allocatable.scalar(name);
        if *amount > all - requested.scalar(name) {
            reasons.push(Reason::Scalar(name.clone()));
            is_unresolvable |= *amount > all;
        }
    }
    (!reasons.is_empty()).then_some((reasons, is_unresolvable))
}

/// Whether a changed node has more of something that the Pod requests.
#[doc(alias = "haveAnyRequestedResourcesIncreased")]
pub fn has_grown_for(spec: &PodSchedulingSpec, before: &Node, now: &Node) -> bool {
    let (wanted, old, new) = (&spec.requests, &before.allocatable, &now.allocatable);
    now.allowed_pods > before.allowed_pods
        || wanted.milli_cpu > 0 && new.milli_cpu > old.milli_cpu
        || wanted.memory > 0 && new.memory > old.memory
        || wanted.ephemeral_storage > 0 && new.ephemeral_storage > old.ephemeral_storage
        || wanted.scalar.iter().any(|(name, _)| new.scalar(name) > old.scalar(name))
}

/// The score for free capacity: the mean share of CPU and memory that remains with the Pod.
#[doc(alias = "leastResourceScorer")]
pub fn least_allocated(spec: &PodSchedulingSpec, info: &NodeInfo) -> i64 {
    let node = info.object();
    let both = [
        (node.allocatable.milli_cpu, info.non_zero_milli_cpu + spec.non_zero_milli_cpu),
        (node.allocatable.memory, info.non_zero_memory + spec.non_zero_memory),
    ];
    let (mut sum, mut weights) = (0, 0);
    for (allocatable, requested) in both {
        if allocatable == 0 {
            continue;
        }
        weights += 1;
        if requested <= allocatable {
            // Above 92 PB the product has more than 64 bits.
            sum += (i128::from(allocatable - requested) * i128::from(MAX_NODE_SCORE) / i128::from(allocatable)) as i64;
        }
    }
    if weights == 0 { 0 } else { sum / weights }
}

/// The score for balance: whether CPU and memory are used more evenly with the Pod than without it; 75 if nothing changes.
#[doc(alias = "balancedResourceScorer")]
pub fn balanced_allocation(spec: &PodSchedulingSpec, info: &NodeInfo) -> i64 {
    let allocatable = &info.object().allocatable;
    let (cpu, memory) = (info.requested.milli_cpu, info.requested.memory);
    let without = balance([(cpu, allocatable.milli_cpu), (memory, allocatable.memory)]);
    let (cpu, memory) = (cpu + spec.requests.milli_cpu, memory + spec.requests.memory);
    let with = balance([(cpu, allocatable.milli_cpu), (memory, allocatable.memory)]);
    MAX_NODE_SCORE / 2 + (MAX_NODE_SCORE / 2 + with - without) / 2
}

/// How evenly two resources (requested, allocatable) are used: 100 if their shares are equal.
fn balance(shares: [(i64, i64); 2]) -> i64 {
    let share = |(requested, allocatable): (i64, i64)| (requested as f64 / allocatable as f64).min(1.0);
    // Go's scheduler omits a resource that the node does not have; what remains is always balanced.
    let deviation = match shares.iter().all(|&(_, allocatable)| allocatable != 0) {
        true => ((share(shares[0]) - share(shares[1])) / 2.0).abs(),
        false => 0.0,
    };
    ((1.0 - deviation) * MAX_NODE_SCORE as f64) as i64
}

/// Whether the Pod requests neither CPU nor memory: then balance is not scored, so that such Pods do not crowd on one
/// node.
#[doc(alias = "isBestEffortPod")]
pub fn is_best_effort(spec: &PodSchedulingSpec) -> bool {
    spec.requests.milli_cpu == 0 && spec.requests.memory == 0
}
