//! Tests of whom a preemption drives away, and from which node. The recordings of the real scheduler are replayed in
//! `tests/nodes`.

use super::*;
use crate::api::{DEFAULT_SCHEDULER, Node, PodPlacement, PodSchedulingSpec, Resources};
use crate::id::{NodeId, PodId, Table};
use crate::time::{SimDuration, SimTime, WholeSecond};
use std::sync::Arc;

/// A Pod on a node: the node, its CPU, its priority, and when it began to run.
type PodOnNode = (u32, i64, i32, i64);

/// What the preemption of a Pod of priority 10 chooses, on nodes of one CPU with these Pods; or the message, if nobody goes.
fn chosen(nodes: u32, placed: &[PodOnNode], wanted: i64) -> Result<(NodeId, Vec<PodId>), String> {
    let mut scheduler = Scheduler::default();
    for n in 0..nodes {
        let allocatable = Resources { milli_cpu: 1_000, memory: 1 << 30, ..Resources::default() };
        let node = Node { name: format!("n{n}"), allocatable, allowed_pods: 110, ..Node::default() };
        scheduler.node_changed(NodeId(n), &Arc::new(node), SimTime::ZERO);
    }
    let mut specs = Table::default();
    let mut enter =
        |scheduler: &mut Scheduler, id: u32, (node, milli_cpu, priority, start): (Option<u32>, i64, i32, i64)| {
            let requests = Resources { milli_cpu, ..Resources::default() };
            let scheduler_name = DEFAULT_SCHEDULER.to_owned();
            let spec = PodSchedulingSpec { requests, priority, scheduler_name, ..PodSchedulingSpec::default() };
            let spec = specs.push(Arc::new(spec));
            scheduler.learn_specs(&specs, spec);
            let start_time = node.map(|_| WholeSecond::from(SimTime::ZERO + SimDuration::from_secs(start)));
            let placement = PodPlacement { spec, node: node.map(NodeId), start_time, ..PodPlacement::default() };
            scheduler.pod_changed(
                PodId(id),
                WatchedPod { placement, index: None, deleting: false, version: 1 },
                SimTime::ZERO,
            );
        };
    for (id, &(node, milli_cpu, priority, start)) in (0..).zip(placed) {
        enter(&mut scheduler, id, (Some(node), milli_cpu, priority, start));
    }
    let preemptor = placed.len() as u32;
    enter(&mut scheduler, preemptor, (None, wanted, 10, 0));
    assert_eq!(scheduler.pop(), Some(PodId(preemptor)));
    match scheduler.end_cycle(SimTime::ZERO + SimDuration::from_secs(1_000), &|pod| format!("{pod:?}")) {
        CycleOutcome::Failed(failure) => {
            let chosen = failure.preemption.map(|preemption| (preemption.node, preemption.victims));
            chosen.ok_or_else(|| failure.message.to_string())
        }
        outcome => panic!("it fits nowhere: {outcome:?}"),
    }
}

/// Source: SelectVictimsOnNode: all of lower priority go, and the most important come back as long as there is room.
#[test]
fn the_least_important_pods_go() {
    let pods = [(0, 500, 1, 100), (0, 500, 5, 100)];
    assert_eq!(chosen(1, &pods, 500), Ok((NodeId(0), vec![PodId(0)])));
    // Of equal priority the one that has run for longer stays.
    let pods = [(0, 500, 1, 100), (0, 500, 1, 50)];
    assert_eq!(chosen(1, &pods, 500), Ok((NodeId(0), vec![PodId(0)])));
}

/// Source: pickOneNodeForPreemption, criterion by criterion.
#[test]
fn the_node_whose_victims_matter_least_is_chosen() {
    let cases: [(&[PodOnNode], u32, &str); 5] = [
        (&[(0, 1_000, 3, 100), (1, 1_000, 2, 100)], 1, "the highest priority is lower"),
        (&[(0, 500, 3, 100), (0, 500, 2, 100), (1, 500, 3, 100), (1, 500, 1, 100)], 1, "the sum is lower"),
        (
            &[(0, 500, -5, 100), (0, 500, -100, 100), (1, 1_000, -5, 100)],
            1,
            "one goes, if of any low priority, and not two",
        ),
        (&[(0, 500, 1, 100), (0, 500, 1, 300), (1, 500, 1, 200), (1, 500, 1, 200)], 1, "the oldest is younger"),
        (&[(0, 1_000, 1, 100), (1, 1_000, 1, 100)], 0, "the first of equal ones"),
    ];
    for (placed, node, why) in cases {
        assert_eq!(chosen(2, placed, 1_000).map(|(node, _)| node), Ok(NodeId(node)), "{why}");
    }
}

/// Source: nodesWherePreemptionMightHelp: a node that is too small for the Pod is no candidate.
#[test]
fn nobody_goes_from_a_node_that_is_too_small() {
    let message = chosen(1, &[(0, 500, 1, 100)], 1_500).expect_err("nobody goes");
    assert!(message.ends_with("1 Preemption is not helpful for scheduling."), "{message}");
    let message = chosen(1, &[(0, 500, 10, 100)], 600).expect_err("nobody goes");
    assert!(message.ends_with("1 No preemption victims found for incoming pod."), "{message}");
}
