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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PodId;
    use std::sync::Arc;

    fn spec(milli_cpu: i64, memory: i64) -> PodSchedulingSpec {
        let requests = Resources { milli_cpu, memory, ..Resources::default() };
        PodSchedulingSpec { requests, ..PodSchedulingSpec::default() }
    }

    fn node(milli_cpu: i64, allowed_pods: i64) -> Node {
        let allocatable = Resources { milli_cpu, memory: 1_000, ..Resources::default() };
        Node { allocatable, allowed_pods, ..Node::default() }
    }

    /// Source: fitsRequest: what exceeds the whole node is unresolvable, what exceeds the rest is not.
    #[test]
    fn what_a_node_lacks_and_whether_preemption_can_help() {
        for (used, allowed_pods, wanted, lacks) in [
            (0, 1, 1_000, None),
            (300, 2, 1_000, Some((Reason::Cpu, false))),
            (0, 1, 1_001, Some((Reason::Cpu, true))),
            (300, 1, 100, Some((Reason::TooManyPods, false))),
            // A node that has become too small for its Pods takes those that request nothing.
            (1_200, 2, 0, None),
            (1_200, 2, 1, Some((Reason::Cpu, false))),
        ] {
            let mut info = NodeInfo::of(Arc::new(node(1_000, allowed_pods)));
            if used > 0 {
                info.add(PodId(0), &spec(used, 0));
            }
            let found = filter(&spec(wanted, 0), &info).err().map(|r| (r.reasons[0].clone(), r.is_unresolvable));
            assert_eq!(found, lacks, "{used} used, {wanted} wanted");
        }
    }

    #[test]
    fn a_node_has_grown_for_those_who_request_what_it_has_more_of() {
        let grown = |spec: &PodSchedulingSpec| has_grown_for(spec, &node(1_000, 10), &node(2_000, 10));
        assert!(grown(&spec(1, 0)) && !grown(&spec(0, 1)));
        assert!(!has_grown_for(&spec(1, 1), &node(1_000, 10), &node(1_000, 10)));
        assert!(has_grown_for(&spec(0, 0), &node(1_000, 10), &node(1_000, 11)));
    }

    /// Source: balancedResourceScorer: 50 and half of 50 if nothing changes; half of what balance the Pod brings comes on top.
    #[test]
    fn a_pod_that_makes_a_node_even_scores_more() {
        // Half of the CPU is used and no memory: shares of 0.5 and 0, whose deviation of 0.25 gives a balance of 75.
        let mut info = NodeInfo::of(Arc::new(node(1_000, 10)));
        info.add(PodId(0), &spec(500, 0));
        assert_eq!(balanced_allocation(&spec(0, 0), &info), 75);
        assert_eq!(balanced_allocation(&spec(0, 500), &info), 50 + (50 + 100 - 75) / 2);
        assert_eq!(balanced_allocation(&spec(500, 0), &info), 50 + (50 + 50 - 75) / 2);
    }
}
