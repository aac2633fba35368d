//! Pods without a Job that run on nodes from the start: where the scheduler puts them before time begins, and what they
//! leave of the nodes. They never end, and affect others only by the capacity that they use.

use super::feasibility::{NodesAtStart, Trial};
use super::setup::{ResidentPod, Setup};
use crate::api::{Node, PodSchedulingSpec};
use crate::id::NodeId;
use crate::model::NodeRoom;
use crate::world::{Config, NodeConfig};
use std::sync::Arc;

/// Pods with equal specs, before they have nodes.
#[derive(Clone, Debug)]
pub struct ResidentWorkload {
    /// What its Pods' specs say.
    pub spec: PodSchedulingSpec,
    /// How many there are.
    pub count: ResidentCount,
}

/// How many Pods a workload has, and where they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResidentCount {
    /// This many, wherever the scheduler puts them.
    Pods(u32),
    /// One on each node that accepts it.
    EachNode,
    /// One on this node, whether it fits or not.
    On(NodeId),
}

/// Places workloads, those with the least choice first: those that are bound, then those of each node, then the others.
/// Returns the Pods, and for each workload how many of its Pods have a place.
pub fn place_residents(
    nodes: &NodesAtStart,
    config: &NodeConfig,
    workloads: &[ResidentWorkload],
) -> (Vec<ResidentPod>, Vec<u32>) {
    let mut pods: Vec<ResidentPod> = Vec::new();
    let mut placed = vec![0; workloads.len()];
    let rank = |count: ResidentCount| match count {
        ResidentCount::On(_) => 0,
        ResidentCount::EachNode => 1,
        ResidentCount::Pods(_) => 2,
    };
    let mut order: Vec<usize> = (0..workloads.len()).collect();
    order.sort_by_key(|&n| rank(workloads[n].count));
    for n in order {
        let ResidentWorkload { spec, count } = &workloads[n];
        let shared = Arc::new(spec.clone());
        let trial = || Trial::new(config, &nodes.0, &pods, spec.clone(), false);
        let on: Vec<NodeId> = match *count {
            ResidentCount::On(node) => vec![node],
            ResidentCount::EachNode => trial().takers(),
            ResidentCount::Pods(wanted) => {
                let mut trial = trial();
                (0..wanted).map_while(|n| trial.bind(n).ok()).collect()
            }
        };
        placed[n] = on.len() as u32;
        pods.extend(on.into_iter().map(|node| ResidentPod { spec: shared.clone(), node }));
    }
    (pods, placed)
}

/// Subtracts what Pods of each node request from the nodes that pools get later.
pub fn reserve_on_later(config: &mut NodeConfig, workloads: &[ResidentWorkload]) {
    let daemons: Vec<&ResidentWorkload> = workloads.iter().filter(|w| w.count == ResidentCount::EachNode).collect();
    for n in 0..config.pools.len() {
        let node = Arc::new(config.pools[n].node(config.pools[n].initial + 1));
        for daemon in &daemons {
            let taken = Trial::new(config, std::slice::from_ref(&node), &[], daemon.spec.clone(), false).takers();
            if !taken.is_empty() {
                let room = NodeRoom { requests: daemon.spec.requests.clone(), pods: 1 };
                config.pools[n].reserved_later.add(&room);
            }
        }
    }
}

/// The configuration and the single nodes of a setup, minus what residents use.
pub(super) fn without_residents(setup: &Setup) -> (Config, Vec<Arc<Node>>) {
    let mut config = setup.config.clone();
    let mut nodes: Vec<Arc<Node>> = setup.nodes.iter().map(|planned| planned.node.clone()).collect();
    if setup.residents.is_empty() {
        return (config, nodes);
    }
    let pools = &mut config.nodes.as_mut().expect("residents are on nodes").pools;
    for resident in &setup.residents {
        let room = NodeRoom { requests: resident.spec.requests.clone(), pods: 1 };
        let mut place = resident.node.ix();
        if let Some(node) = nodes.get_mut(place) {
            room.take_from(Arc::make_mut(node));
            continue;
        }
        place -= nodes.len();
        for pool in pools.iter_mut() {
            match place.checked_sub(pool.initial as usize) {
                Some(rest) => place = rest,
                None => {
                    pool.reserved.resize_with(pool.initial as usize, NodeRoom::default);
                    pool.reserved[place].add(&room);
                    break;
                }
            }
        }
    }
    (config, nodes)
}
