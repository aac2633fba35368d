//! How a run used its nodes: how long they existed and what they cost, how much of them Pods requested, how long Pods
//! waited for a node, and why Pods were evicted. It is told what was written, and knows neither scheduler nor
//! autoscaler.
//!
//! Invariant: sums are integers, so they do not depend on the order in which they are added.

use super::PendingReason;
use super::node_facts::{NodeCourse, NodeFacts, PlacementFacts, PlacementStep, PoolPrice};
use super::node_totals::{NodeTotals, PoolTotals};
use crate::api::DisruptionReason;
use crate::id::{Arena, NodeId, PodId, Table};
use crate::time::{SimDuration, SimTime};

/// How a run used its nodes.
#[derive(Clone, Debug, Default)]
pub struct NodeLedger {
    pools: Vec<PoolPrice>,
    nodes: Table<NodeId, NodeRow>,
    /// What was last told of each node.
    facts: Table<NodeId, Option<NodeFacts>>,
    pods: Arena<PodId, PlacedPodRow>,
    live: u32,
    waiting: u32,
    /// The sums so far.
    pub total: NodeTotals,
    /// The sums of each pool.
    pub by_pool: Vec<PoolTotals>,
    /// Every change of a Pod's placement; empty unless the recorder keeps it.
    pub course: Vec<PlacementStep>,
    keeps_course: bool,
}

/// The state of a node.
#[derive(Clone, Copy, Debug, Default)]
struct NodeRow {
    pool: Option<u32>,
    /// The instant from which on it costs: when it was requested, or joined.
    since: Option<SimTime>,
    joined: Option<SimTime>,
    gone: Option<SimTime>,
    milli_cpu: i64,
    memory: i64,
    requested_milli_cpu: i64,
    requested_memory: i64,
    /// The instant up to which its use is added up.
    upto: SimTime,
    /// Nanoseconds × the share that no Pod requested, in billionths.
    idle: i128,
}

/// The placement of a Pod.
#[derive(Clone, Copy, Debug, Default)]
struct PlacedPodRow {
    node: Option<NodeId>,
    /// Since when it waits to be bound.
    pending_since: Option<SimTime>,
    /// What it waits for, and since when.
    pending: Option<(PendingReason, SimTime)>,
    unschedulable_since: Option<SimTime>,
    disruption: Option<DisruptionReason>,
    milli_cpu: i64,
    memory: i64,
}

const BILLION: i128 = 1_000_000_000;
const NANOS_PER_HOUR: f64 = 3_600e9;

impl NodeRow {
    /// The share of the node that no Pod requests, in billionths: of CPU or of memory, whichever is requested more.
    fn idle_share(&self) -> i128 {
        let share = |requested: i64, all: i64| match all {
            0 => 0,
            all => i128::from(requested) * BILLION / i128::from(all),
        };
        let cpu = share(self.requested_milli_cpu, self.milli_cpu);
        BILLION - cpu.max(share(self.requested_memory, self.memory)).min(BILLION)
    }
}

impl NodeLedger {
    /// Empties the ledger for a run with these pools.
    pub fn restart(&mut self, pools: impl Iterator<Item = PoolPrice>, keeps_course: bool) {
        self.pools.clear();
        self.pools.extend(pools);
        let totals = |pool: &PoolPrice| PoolTotals {
            name: pool.name.clone(),
            joined: 0,
            time: SimDuration::ZERO,
            cost: 0,
            idle_cost: 0,
        };
        self.by_pool = self.pools.iter().map(totals).collect();
        self.course.clear();
        self.keeps_course = keeps_course;
        self.nodes.clear();
        self.facts.clear();
        self.pods.clear();
        (self.live, self.waiting, self.total) = (0, 0, NodeTotals::default());
    }

    /// A node was requested for a pool: from now on it costs.
    pub fn node_asked(&mut self, at: SimTime, id: NodeId, pool: u32) {
        assert!((pool as usize) < self.pools.len(), "{id:?} is of pool {pool}, which is not there");
        let row = self.nodes.reach(id);
        assert!(row.joined.is_none(), "{id:?} is asked for after it has joined");
        (row.pool, row.since) = (Some(pool), Some(at));
    }

    /// A node was told that it will be reclaimed.
    pub fn node_reclaimed(&mut self) {
        self.total.reclaimed += 1;
    }

    /// Adds up the use of a node until now.
    fn advance(&mut self, at: SimTime, id: NodeId) {
        let is_waiting = self.waiting > 0;
        let row = &mut self.nodes[id];
        if row.joined.is_none() || row.gone.is_some() {
            return;
        }
        assert!(row.upto <= at, "the use of {id:?} goes back from {:?} to {at:?}", row.upto);
        let span = i128::from((at - row.upto).as_nanos());
        row.upto = at;
        row.idle += row.idle_share() * span;
        let cpu = (i128::from(row.milli_cpu) * span, i128::from(row.requested_milli_cpu) * span);
        // In MiB, because sums of bytes × nanoseconds can overflow 128 bits.
        let memory = (i128::from(row.memory >> 20) * span, i128::from(row.requested_memory >> 20) * span);
        let total = &mut self.total;
        (total.cpu.0, total.cpu.1) = (total.cpu.0 + cpu.0, total.cpu.1 + cpu.1);
        (total.memory.0, total.memory.1) = (total.memory.0 + memory.0, total.memory.1 + memory.1);
        if is_waiting {
            let while_waiting = &mut total.cpu_while_unschedulable;
            (while_waiting.0, while_waiting.1) = (while_waiting.0 + cpu.0, while_waiting.1 + cpu.1);
        }
    }

    /// A node was written; returns what has happened to it, in words, if it is worth telling.
    pub fn node_written(&mut self, at: SimTime, start: SimTime, id: NodeId, facts: NodeFacts) -> Option<String> {
        self.nodes.reach(id);
        self.advance(at, id);
        let row = &mut self.nodes[id];
        let allocatable = &facts.node.allocatable;
        (row.milli_cpu, row.memory) = (allocatable.milli_cpu, allocatable.memory);
        if row.joined.is_none() {
            (row.joined, row.upto) = (Some(at), at);
            row.since.get_or_insert(at);
            self.live += 1;
            self.total.joined += 1;
            if let Some(pool) = row.pool {
                self.by_pool[pool as usize].joined += 1;
            }
            self.total.most = self.total.most.max(self.live);
            if at > start {
                self.total.started += 1;
                self.total.first_node.get_or_insert(at - start);
            }
        }
        if facts.gone && row.gone.is_none() {
            row.gone = Some(at);
            self.live -= 1;
            self.pay(at, id);
        }
        let before = self.facts.reach(id).replace(facts.clone());
        facts.change(before.as_ref())
    }

    /// Adds the cost of a node that is gone, or that is still there when the run ends.
    fn pay(&mut self, at: SimTime, id: NodeId) {
        let row = self.nodes[id];
        // A node that was neither requested nor created costs nothing.
        let Some(since) = row.since else { return };
        assert!(since <= at, "{id:?} is paid from {since:?} to {at:?}");
        let price = row.pool.and_then(|pool| self.pools.get(pool as usize)).map_or(0.0, |pool| pool.per_hour);
        // The time from its request until it joins is idle.
        let coming = row.joined.unwrap_or(at) - since;
        let idle = row.idle as f64 / BILLION as f64 + coming.as_nanos() as f64;
        let millionths = |nanos: f64| (price * 1e6 * nanos / NANOS_PER_HOUR).round() as u64;
        let (cost, idle_cost) = (millionths((at - since).as_nanos() as f64), millionths(idle));
        // A century of the largest cluster at the highest price overflows 64 bits. The sum then saturates.
        self.total.time += at - since;
        self.total.cost = self.total.cost.saturating_add(cost);
        self.total.idle_cost = self.total.idle_cost.saturating_add(idle_cost);
        if let Some(pool) = row.pool {
            let pool = &mut self.by_pool[pool as usize];
            pool.time += at - since;
            pool.cost = pool.cost.saturating_add(cost);
            pool.idle_cost = pool.idle_cost.saturating_add(idle_cost);
        }
    }

    /// A Pod was written.
    pub fn pod_written(&mut self, at: SimTime, id: PodId, facts: PlacementFacts) {
        let before = if self.pods.len() <= id.ix() { *self.pods.reach(id) } else { self.pods[id] };
        if before.node != facts.node {
            self.take(at, before.node, (-before.milli_cpu, -before.memory));
            self.take(at, facts.node, (facts.milli_cpu, facts.memory));
        }
        let since = |before: Option<SimTime>, is: bool| is.then(|| before.unwrap_or(at));
        let now = PlacedPodRow {
            node: facts.node,
            pending_since: since(before.pending_since, facts.pending.is_some()),
            pending: facts.pending.map(|reason| match before.pending {
                Some((before, since)) if before == reason => (reason, since),
                _ => (reason, at),
            }),
            unschedulable_since: since(
                before.unschedulable_since,
                facts.pending.is_some_and(PendingReason::is_unschedulable),
            ),
            disruption: facts.disruption,
            milli_cpu: facts.milli_cpu,
            memory: facts.memory,
        };
        if let Some(since) = before.pending_since.filter(|_| now.pending_since.is_none()) {
            self.total.pending += at - since;
            self.total.longest_pending = self.total.longest_pending.max(at - since);
        }
        if let Some((reason, since)) = before.pending.filter(|_| now.pending != before.pending) {
            self.total.pending_by.add(reason, at - since);
        }
        if self.keeps_course && (before.node, before.pending) != (now.node, now.pending) {
            self.course.push(PlacementStep { at, pod: id, facts });
        }
        match (before.unschedulable_since, now.unschedulable_since) {
            (None, Some(_)) => self.count_waiting(at, 1),
            (Some(since), None) => {
                self.total.unschedulable += at - since;
                self.count_waiting(at, -1);
            }
            _ => {}
        }
        if before.disruption.is_none() {
            self.count_disruption(facts.disruption);
        }
        self.pods[id] = now;
    }

    /// Changes the number of unschedulable Pods. First the use of nodes until now is added up under the old number.
    fn count_waiting(&mut self, at: SimTime, by: i32) {
        let was = self.waiting;
        let now = was.checked_add_signed(by).expect("a Pod that waits was counted");
        if (was == 0) != (now == 0) {
            (0..self.nodes.len() as u32).for_each(|n| self.advance(at, NodeId(n)));
        }
        self.waiting = now;
    }

    fn count_disruption(&mut self, reason: Option<DisruptionReason>) {
        let total = &mut self.total;
        match reason {
            Some(DisruptionReason::Preemption) => total.preempted += 1,
            Some(DisruptionReason::Eviction) => total.evicted += 1,
            Some(DisruptionReason::TaintManager) => total.taint_evicted += 1,
            Some(DisruptionReason::PodGc) => total.lost += 1,
            Some(DisruptionReason::Kubelet) | None => {}
        }
    }

    /// Resources of a node are taken or, if negative, freed.
    fn take(&mut self, at: SimTime, node: Option<NodeId>, (milli_cpu, memory): (i64, i64)) {
        // The Pod is on no node.
        let Some(node) = node else { return };
        self.nodes.reach(node);
        self.advance(at, node);
        let row = &mut self.nodes[node];
        row.requested_milli_cpu += milli_cpu;
        row.requested_memory += memory;
        let is_within = row.requested_milli_cpu <= row.milli_cpu && row.requested_memory <= row.memory;
        assert!(
            row.gone.is_some() || is_within || (milli_cpu, memory) <= (0, 0),
            "Pods request more of node {node:?} than is allocatable: {row:?}"
        );
    }

    /// Frees the memory of Pods that are gone.
    pub fn forget(&mut self, pods: &[PodId]) {
        for &pod in pods {
            self.pods.forget(pod);
        }
    }

    /// The courses of the nodes that have joined, in the order of their ids.
    pub fn joined(&self) -> impl Iterator<Item = (NodeId, NodeCourse<'_>)> {
        let of = |(id, row): (NodeId, &NodeRow)| {
            let node = &self.facts.get(id)?.as_ref()?.node;
            let pool = row.pool.and_then(|pool| self.pools.get(pool as usize));
            let pool = pool.map(|pool| &*pool.name);
            let joined = row.joined?;
            Some((id, NodeCourse { node, pool, asked: row.since.unwrap_or(joined), joined, gone: row.gone }))
        };
        self.nodes.entries().filter_map(of)
    }

    /// The run ends.
    pub fn close(&mut self, at: SimTime) {
        for n in 0..self.nodes.len() as u32 {
            let id = NodeId(n);
            if self.nodes[id].gone.is_none() {
                self.advance(at, id);
                self.pay(at, id);
            }
        }
        let pods: Vec<PlacedPodRow> = self.pods.iter().copied().collect();
        for pod in pods {
            if let Some(since) = pod.pending_since {
                self.total.pending += at - since;
                self.total.longest_pending = self.total.longest_pending.max(at - since);
            }
            if let Some((reason, since)) = pod.pending {
                self.total.pending_by.add(reason, at - since);
            }
            self.total.unschedulable += pod.unschedulable_since.map_or(SimDuration::ZERO, |since| at - since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Node, NodeReady, Resources};
    use std::sync::Arc;

    fn at(secs: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    /// A node at 3.60 an hour is asked for at 0 s, joins at 100 s, is half used from 200 s to 300 s, and goes at 400 s.
    #[test]
    fn a_node_costs_from_when_it_is_asked_for() {
        let mut ledger = NodeLedger::default();
        ledger.restart([PoolPrice { name: "p".into(), per_hour: 3.6 }].into_iter(), true);
        let allocatable = Resources { milli_cpu: 4_000, memory: 1_000, ..Resources::default() };
        let object = Arc::new(Node { allocatable, ..Node::default() });
        let node = NodeFacts { gone: false, node: object, ready: NodeReady::True };
        let pod = PlacementFacts {
            node: None,
            pending: Some(PendingReason::Cpu),
            disruption: None,
            milli_cpu: 2_000,
            memory: 100,
        };
        ledger.node_asked(at(0), NodeId(0), 0);
        ledger.pod_written(at(50), PodId(0), pod);
        assert_eq!(ledger.node_written(at(100), at(0), NodeId(0), node.clone()).as_deref(), Some("joined"));
        let bound = PlacementFacts { node: Some(NodeId(0)), pending: None, ..pod };
        ledger.pod_written(at(200), PodId(0), bound);
        ledger.pod_written(at(300), PodId(0), PlacementFacts { node: None, ..bound });
        ledger.node_written(at(400), at(0), NodeId(0), NodeFacts { gone: true, ..node });
        ledger.close(at(1_000));
        let total = ledger.total;
        assert_eq!((total.cost, total.idle_cost), (400_000, 350_000));
        assert_eq!((total.time, total.pending), (SimDuration::from_secs(400), SimDuration::from_secs(150)));
        assert_eq!(total.pending_by.of(PendingReason::Cpu), total.pending);
        let places: Vec<_> = ledger.course.iter().map(|step| (step.at, step.facts.node)).collect();
        assert_eq!(places, [(at(50), None), (at(200), Some(NodeId(0))), (at(300), None)]);
        assert_eq!(total.cpu.1 * 6, total.cpu.0, "a sixth of the CPU that was there was requested");
        assert_eq!((total.started, total.most, total.first_node), (1, 1, Some(SimDuration::from_secs(100))));
    }

    #[test]
    fn a_pod_is_disrupted_once_whatever_is_written_afterwards() {
        let mut ledger = NodeLedger::default();
        ledger.restart(std::iter::empty(), false);
        let disruption = Some(DisruptionReason::TaintManager);
        let pod = PlacementFacts { node: None, pending: None, disruption, milli_cpu: 0, memory: 0 };
        ledger.pod_written(at(1), PodId(0), PlacementFacts { disruption: None, ..pod });
        (2..5).for_each(|second| ledger.pod_written(at(second), PodId(0), pod));
        assert_eq!((ledger.total.taint_evicted, ledger.total.evicted), (1, 0));
    }
}
