//! A pass of the monitor: it looks at all nodes as the cache has them, several at a time, and then at their zones. A
//! pass lasts as long as its writes of nodes' status; all other requests take no time (see [`super::taints`]).
//!
//! Source: `monitorNodeHealth`, `processTaintBaseEviction`.

use super::health::{Look, NodeHealth};
use super::taints::{self, bears, no_execute_taints};
use super::zones::{DisruptionChange, ReadyCounts};
use super::{Around, NodeLifecycle, lease_of};
use crate::api::{NodeReady, Taint, TaintEffect};
use crate::id::NodeId;
use crate::model::Workload;
use crate::time::{SimDuration, SimTime};
use crate::world::cluster_watch::ObservedNode;
use crate::world::controllers::node_controllers::rank_of_node;
use crate::world::controllers::shared_informers::SharedInformers;
use crate::world::env::Env;
use crate::world::event::{Event, NodeControllerEvent};
use crate::world::wire::requests::Request;
use std::collections::HashSet;

/// Nodes that a pass looks at in parallel. Source: `nodeUpdateWorkerSize`.
const WORKERS: usize = 8;
/// How often a write of a node's status is attempted. Source: `NodeHealthUpdateRetry`.
const TRIES: u8 = 5;
/// How long it waits between two attempts. Source: `retrySleepTime`.
const RETRY_AFTER: SimDuration = SimDuration::from_millis(20);
/// Nodes with this label do not count in their zone.
const LABEL_EXCLUDED: &str = "node.kubernetes.io/exclude-disruption";

/// A pass under way.
#[derive(Debug)]
pub(super) struct MonitorPass {
    /// The nodes as the cache had them when the pass began, in the order of their names.
    nodes: Vec<(NodeId, ObservedNode)>,
    /// How many of them have been begun.
    begun: usize,
    /// How many have been begun and are not done.
    busy: usize,
    /// How many nodes were found ready and not ready, by the zone's place.
    counts: Vec<ReadyCounts>,
    /// Whether, because of this pass, the next one may find something.
    is_changed: bool,
}

/// A write of a node's status.
#[derive(Debug)]
pub(super) struct NodeStatusWrite {
    /// The node as the writer knows it.
    node: ObservedNode,
    tries: u8,
    outcome: StatusOutcome,
    /// The instant of its pending event, if it has one.
    wakes: Option<SimTime>,
}

/// The outcome of writing a node's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StatusOutcome {
    /// The request is under way.
    Asked,
    Written,
    /// The node was changed since it was read.
    Conflict,
    NotFound,
    /// It is attempted again after a wait.
    Waits,
}

impl NodeLifecycle {
    /// Begins a pass, if it is the planned one.
    #[doc(alias = "monitorNodeHealth")]
    pub fn begin_pass<W: Workload>(&mut self, around: Around<'_, '_, W>, informers: &SharedInformers) {
        if !self.clock.is_due(around.env.now()) || self.pass.is_some() {
            return;
        }
        let mut nodes: Vec<_> = informers.nodes().map(|(id, node)| (id, node.clone())).collect();
        nodes.sort_by(|(_, a), (_, b)| a.node.name.cmp(&b.node.name));
        self.pass = Some(MonitorPass { nodes: Vec::new(), begun: 0, busy: 0, counts: Vec::new(), is_changed: false });
        self.classify(around.env, &nodes);
        self.pass_mut().nodes = nodes;
        self.go_on(around, informers);
    }

    fn pass_mut(&mut self) -> &mut MonitorPass {
        self.pass.as_mut().expect("a pass is under way")
    }

    /// Adds new nodes and new zones, and forgets nodes that are gone.
    #[doc(alias = "classifyNodes")]
    fn classify<W: Workload>(&mut self, env: &mut Env<W>, nodes: &[(NodeId, ObservedNode)]) {
        let is_same = self.known.len() == nodes.len() && self.known.iter().zip(nodes).all(|(a, (b, _))| a == b);
        let known: HashSet<NodeId> = if is_same { HashSet::new() } else { self.known.drain(..).collect() };
        let listed: HashSet<NodeId> = if is_same { HashSet::new() } else { nodes.iter().map(|(id, _)| *id).collect() };
        for (id, node) in nodes {
            let is_new = !is_same && !known.contains(id);
            let is_changed = self.zones.add(&node.node) || is_new;
            self.pass_mut().is_changed |= is_changed;
            if is_new {
                let name = &node.node.name;
                let message = format!("Node {name} event: Registered Node {name} in Controller");
                self.emit(env, *id, "RegisteredNode", message);
                self.mark_reachable(env, *id, node);
            }
        }
        let mut gone: Vec<NodeId> = known.difference(&listed).copied().collect();
        gone.sort_by_key(|&id| &env.store.nodes[id].node.name);
        for id in gone {
            self.pass_mut().is_changed = true;
            let name = &env.store.nodes[id].node.name;
            let message = format!("Node {name} event: Removing Node {name} from Controller");
            self.emit(env, id, "RemovingNode", message);
        }
        if !is_same {
            self.known = nodes.iter().map(|(id, _)| *id).collect();
        }
    }

    /// Looks at the next nodes, as many at a time as there are workers; once all are done, ends the pass.
    fn go_on<W: Workload>(&mut self, around: Around<'_, '_, W>, informers: &SharedInformers) {
        loop {
            let pass = self.pass_mut();
            if pass.busy == WORKERS || pass.begun == pass.nodes.len() {
                break;
            }
            let (id, node) = pass.nodes[pass.begun].clone();
            pass.begun += 1;
            if self.look_at(around, informers, (id, node), 1) {
                self.pass_mut().busy += 1;
            }
        }
        if self.pass_mut().busy == 0 {
            self.end_pass(around.env);
        }
        self.needs_plan = true;
    }

    /// Looks at a node; returns whether its status is being written.
    fn look_at<W: Workload>(
        &mut self,
        around: Around<'_, '_, W>,
        informers: &SharedInformers,
        (id, node): (NodeId, ObservedNode),
        tries: u8,
    ) -> bool {
        let now = around.env.now();
        self.lease_awaited = self.lease_awaited.filter(|&at| at > now);
        if self.lease_awaited.is_some() {
            self.pass_mut().is_changed = true;
            return false;
        }
        let lease = lease_of(around.env, around.nodes, id);
        match NodeHealth::look(self.health.reach(id), &node, &lease, (&self.clock, now)) {
            Look::Stays => {
                let observed = node.ready;
                self.conclude(around.env, informers, (id, &node), observed);
                false
            }
            Look::CacheLags(until) => {
                self.lease_awaited = Some(until);
                self.pass_mut().is_changed = true;
                false
            }
            Look::Lost => {
                let outcome = StatusOutcome::Asked;
                self.writes.insert(id, NodeStatusWrite { node, tries, outcome, wakes: None });
                let place = self.known.iter().position(|&known| known == id);
                let rank = rank_of_node(place.unwrap_or(self.known.len()));
                around.requests.make(around.env, Request::NodeUnknown(id), None, rank);
                true
            }
        }
    }

    /// Applies a write of a node's status, unless the node was changed since it was read.
    pub fn apply_status<W: Workload>(&mut self, around: Around<'_, '_, W>, informers: &SharedInformers, id: NodeId) {
        let write = self.writes.get_mut(&id).expect("a request stands for a write under way");
        let env = &mut *around.env;
        let stored = &env.store.nodes[id];
        write.outcome = match stored.exists() {
            false => StatusOutcome::NotFound,
            true if stored.version != write.node.version => StatusOutcome::Conflict,
            true => {
                env.store.update_node(id, |node| node.ready = NodeReady::Unknown);
                StatusOutcome::Written
            }
        };
        match env.immediate {
            true => plan(env, write, id, SimDuration::TICK),
            false => self.status_goes_on(around, informers, id),
        }
    }

    /// Continues a write of a node's status, if this is its pending event.
    pub fn wake<W: Workload>(&mut self, around: Around<'_, '_, W>, informers: &SharedInformers, id: NodeId) {
        if let Some(write) = self.writes.get_mut(&id)
            && write.wakes == Some(around.env.now())
        {
            write.wakes = None;
            self.status_goes_on(around, informers, id);
        }
    }

    fn status_goes_on<W: Workload>(&mut self, around: Around<'_, '_, W>, informers: &SharedInformers, id: NodeId) {
        let mut write = self.writes.remove(&id).expect("a write goes on that is under way");
        let is_busy = match write.outcome {
            StatusOutcome::Asked => unreachable!("the write is answered"),
            StatusOutcome::Written => {
                let observed = std::mem::replace(&mut write.node.ready, NodeReady::Unknown);
                self.health.reach(id).as_mut().expect("the node was looked at").ready = NodeReady::Unknown;
                self.pass_mut().is_changed = true;
                self.conclude(around.env, informers, (id, &write.node), observed);
                false
            }
            StatusOutcome::Conflict if write.tries < TRIES && around.env.store.nodes[id].exists() => {
                write.node = around.env.observed_node(id);
                (write.tries, write.outcome) = (write.tries + 1, StatusOutcome::Waits);
                plan(around.env, &mut write, id, RETRY_AFTER);
                self.writes.insert(id, write);
                true
            }
            StatusOutcome::Conflict | StatusOutcome::NotFound => {
                self.pass_mut().is_changed = true;
                false
            }
            StatusOutcome::Waits => self.look_at(around, informers, (id, write.node), write.tries),
        };
        if !is_busy {
            self.pass_mut().busy -= 1;
            self.go_on(around, informers);
        }
    }

    /// Acts on a node's condition Ready, which was `observed` before this pass looked at the node.
    fn conclude<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        informers: &SharedInformers,
        (id, node): (NodeId, &ObservedNode),
        observed: NodeReady,
    ) {
        let is_ready = node.ready == NodeReady::True;
        if node.node.labels.get(LABEL_EXCLUDED).is_none()
            && let Some(place) = self.zones.place(&node.node)
        {
            let counts = &mut self.pass_mut().counts;
            counts.resize(counts.len().max(place + 1), ReadyCounts::default());
            let count = if is_ready { &mut counts[place].ready } else { &mut counts[place].not_ready };
            *count += 1;
        }
        self.queue_for_taint(env, id, node);
        let was_ready = observed == NodeReady::True;
        if !is_ready && was_ready {
            let message = format!("Node {} status is now: NodeNotReady", node.node.name);
            self.emit(env, id, "NodeNotReady", message);
        }
        if (!is_ready && was_ready) || (!was_ready && self.to_retry.contains(&id)) {
            let mut all_are_marked = true;
            for pod in informers.pods_in_order(env, id) {
                all_are_marked &= self.mark_not_ready(env, informers, pod);
            }
            if !all_are_marked {
                self.to_retry.insert(id);
                self.pass_mut().is_changed = true;
                return;
            }
        }
        self.to_retry.remove(&id);
    }

    /// Queues a node that is not ready for its NoExecute taint; removes the taint from a ready node.
    #[doc(alias = "processTaintBaseEviction")]
    fn queue_for_taint<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId, node: &ObservedNode) {
        let Some((taint, opposite)) = no_execute_taints(node.ready) else {
            return self.mark_reachable(env, id, node);
        };
        if bears(&node.node.taints, &opposite) {
            taints::swap(env, id, (&[taint], &[opposite]), node);
            self.pass_mut().is_changed = true;
            return;
        }
        let Some(zone) = self.zones.of(&node.node) else { return };
        let waited = zone.waits(id);
        if !bears(&node.node.taints, &taint) {
            zone.remove(id);
        }
        let is_changed = zone.add(id) && !waited;
        self.pass_mut().is_changed |= is_changed;
    }

    /// Removes the NoExecute taints from a node, and the node from the queue.
    #[doc(alias = "markNodeAsReachable")]
    fn mark_reachable<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId, node: &ObservedNode) {
        let version = env.store.version();
        let is_hard = |taint: &Taint| taint.effect == TaintEffect::NoExecute;
        let is_done = !node.node.taints.iter().any(is_hard) || {
            let (unreachable, not_ready) = no_execute_taints(NodeReady::Unknown).expect("such a node is tainted");
            [unreachable, not_ready].into_iter().all(|taint| taints::take_away(env, id, &[taint], node))
        };
        let was_waiting = is_done && self.zones.of(&node.node).is_some_and(|zone| zone.remove(id));
        self.pass_mut().is_changed |= was_waiting || env.store.version() != version;
    }

    /// Looks at the zones and ends the pass, after all nodes are done.
    fn end_pass<W: Workload>(&mut self, env: &mut Env<W>) {
        let now = env.now();
        let MonitorPass { nodes, counts, .. } = self.pass_mut();
        let (nodes, counts) = (std::mem::take(nodes), std::mem::take(counts));
        let disruption = self.zones.found(&counts, now);
        match disruption {
            DisruptionChange::Begins => nodes.iter().for_each(|(id, node)| self.mark_reachable(env, *id, node)),
            DisruptionChange::Ends => {
                let known = nodes.iter().filter_map(|(id, _)| self.health.get(*id).copied().flatten().zip(Some(*id)));
                for (health, id) in known.collect::<Vec<_>>() {
                    *self.health.reach(id) = Some(health.heard_of(now));
                }
            }
            DisruptionChange::Changed | DisruptionChange::Unchanged => {}
        }
        let pass = self.pass.take().expect("a pass is under way");
        self.is_changed = pass.is_changed || disruption != DisruptionChange::Unchanged;
        self.clock.ended(now);
    }
}

fn plan<W: Workload>(env: &mut Env<W>, write: &mut NodeStatusWrite, id: NodeId, after: SimDuration) {
    write.wakes = Some(env.now() + after);
    env.schedule_after(after, Event::NodeControllers(NodeControllerEvent::StatusGoesOn(id)));
}
