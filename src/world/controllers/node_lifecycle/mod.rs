//! The node lifecycle controller: notices nodes without a sign of life, writes this to their condition Ready and to
//! that of their Pods, and taints them; then the taint eviction controller acts. It neither renews leases (kubelets do)
//! nor deletes nodes (the cloud's node controller does).
//!
//! Three loops: the monitor looks at all nodes every five seconds ([`monitor`]); every tenth of a second nodes that
//! wait for their NoExecute taint get it, at the rate of their zone ([`zones`]); NoSchedule taints follow each change
//! of a node at once ([`taints`]). Passes that would find nothing are not run, so a cluster with healthy nodes costs
//! nothing.
//!
//! Source: `pkg/controller/nodelifecycle/node_lifecycle_controller.go`. Not modelled: the labels
//! `beta.kubernetes.io/os` and `beta.kubernetes.io/arch`, which it keeps equal to their successors.

mod health;
mod monitor;
mod taints;
mod zones;

use super::node_controllers::NodesAround;
use super::pass_clock::PassClock;
use super::shared_informers::SharedInformers;
use crate::api::{NodeReady, PodReady};
use crate::id::{NodeId, PodId, Table};
use crate::model::{Latency, Workload};
use crate::record::{KubeEvent, Observation};
use crate::time::{SimDuration, SimTime};
use crate::world::env::Env;
use crate::world::event::{Event, NodeControllerEvent};
use crate::world::nodes::Nodes;
use crate::world::wire::object_events::ObjectEventRecorder;
use health::{LeaseView, NodeHealth};
use monitor::{MonitorPass, NodeStatusWrite};
use std::collections::{BTreeSet, HashMap};
use zones::TaintedZones;

/// From the end of a pass of the monitor to the next. Source: `--node-monitor-period`.
const MONITOR_PERIOD: SimDuration = SimDuration::from_secs(5);
/// From the end of a tainting pass, which takes no time, to the next. Source: `NodeEvictionPeriod`.
const TAINTING_PERIOD: SimDuration = SimDuration::from_millis(100);

/// The node lifecycle controller.
#[derive(Debug)]
pub(in crate::world) struct NodeLifecycle {
    clock: PassClock,
    /// Whether the next pass of the monitor may find something besides lost nodes.
    is_changed: bool,
    /// Whether the next pass must be planned again.
    needs_plan: bool,
    pass: Option<MonitorPass>,
    /// Status writes under way.
    writes: HashMap<NodeId, NodeStatusWrite>,
    /// The nodes that it knows, in the order of their names.
    known: Vec<NodeId>,
    health: Table<NodeId, Option<NodeHealth>>,
    zones: TaintedZones,
    /// Nodes some of whose Pods could not be marked.
    to_retry: BTreeSet<NodeId>,
    /// When the cache of leases will have caught up, if it is known to lag behind.
    lease_awaited: Option<SimTime>,
    /// The instant for which the next tainting pass is on the event list.
    tainting: Option<SimTime>,
    node_events: ObjectEventRecorder<NodeId>,
    pod_events: ObjectEventRecorder<PodId>,
}

impl Default for NodeLifecycle {
    fn default() -> Self {
        NodeLifecycle {
            clock: PassClock::new(MONITOR_PERIOD),
            is_changed: false,
            needs_plan: false,
            pass: None,
            writes: HashMap::new(),
            known: Vec::new(),
            health: Table::default(),
            zones: TaintedZones::default(),
            to_retry: BTreeSet::new(),
            lease_awaited: None,
            tainting: None,
            node_events: ObjectEventRecorder::default(),
            pod_events: ObjectEventRecorder::default(),
        }
    }
}

impl NodeLifecycle {
    /// Starts the controller, with a pass at this instant.
    pub fn begin(&mut self, now: SimTime) {
        *self = NodeLifecycle::default();
        self.clock.begin(now);
    }

    /// A kubelet has lost or regained the API server.
    pub fn machines_changed(&mut self) {
        (self.is_changed, self.needs_plan) = (true, true);
    }

    /// A node was added or has changed: its NoSchedule taints follow at once.
    #[doc(alias = "doNoScheduleTaintingPass")]
    pub fn node_changed<W: Workload>(&mut self, env: &mut Env<W>, informers: &SharedInformers, id: NodeId) {
        (self.is_changed, self.needs_plan) = (true, true);
        let Some(cached) = informers.node(id) else { return };
        let (lacks, without_reason) = taints::no_schedule_taints(cached);
        if !lacks.is_empty() || !without_reason.is_empty() {
            taints::swap(env, id, (&lacks, &without_reason), cached);
        }
    }

    /// A node is gone.
    pub fn node_gone(&mut self, id: NodeId) {
        (self.is_changed, self.needs_plan) = (true, true);
        self.to_retry.remove(&id);
    }

    /// A Pod is bound: it is marked as not ready if its node was not ready when it was last seen.
    #[doc(alias = "processPod")]
    pub fn pod_bound<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        informers: &SharedInformers,
        (pod, node): (PodId, NodeId),
    ) {
        let is_ready = |health: &NodeHealth| health.ready == NodeReady::True;
        let Some(Some(health)) = self.health.get(node) else { return };
        if informers.node(node).is_some() && !is_ready(health) {
            self.mark_not_ready(env, informers, pod);
        }
    }

    /// A Pod is gone.
    pub fn pod_gone(&mut self, pod: PodId) {
        self.pod_events.forget(pod);
    }

    /// Plans the next passes that may find something; no pass of the monitor comes before `earliest`.
    pub fn plan<W: Workload>(&mut self, env: &mut Env<W>, nodes: &Nodes, earliest: SimTime) {
        if !std::mem::take(&mut self.needs_plan) {
            return;
        }
        let now = env.now();
        if self.pass.is_none() {
            let look = match self.is_changed || !self.to_retry.is_empty() {
                true => Some(self.clock.at_or_after(earliest)),
                false => self.next_look(env, nodes),
            };
            if let Some(at) = look.and_then(|at| self.clock.plan(at.max(earliest))) {
                env.schedule_at(at, Event::NodeControllers(NodeControllerEvent::MonitorPass));
            }
        }
        if let Some(turn) = self.zones.next_turn(now) {
            let at = now.max(turn - SimDuration::TICK).next_multiple_of(TAINTING_PERIOD);
            if self.tainting.is_none_or(|planned| planned > at) {
                self.tainting = Some(at);
                env.schedule_at(at, Event::NodeControllers(NodeControllerEvent::TaintingPass));
            }
        }
    }

    /// The next pass that will find a node lost.
    fn next_look<W: Workload>(&self, env: &Env<W>, nodes: &Nodes) -> Option<SimTime> {
        let health = |&id: &NodeId| Some((id, self.health.get(id)?.as_ref()?));
        let known = self.known.iter().filter_map(health);
        known.filter_map(|(id, health)| health.next_look(&lease_of(env, nodes, id), &self.clock)).min()
    }

    /// Taints nodes that wait for their NoExecute taint, as far as their zones have tokens.
    #[doc(alias = "doNoExecuteTaintingPass")]
    pub fn tainting_pass<W: Workload>(&mut self, env: &mut Env<W>, informers: &SharedInformers) {
        let now = env.now();
        if self.tainting != Some(now) {
            return;
        }
        self.tainting = None;
        (self.is_changed, self.needs_plan) = (true, true);
        for zone in self.zones.iter_mut() {
            while let Some(id) = zone.take_token(now) {
                let cached = informers.node(id);
                let due = cached.and_then(|cached| Some((cached, taints::no_execute_taints(cached.ready)?)));
                let is_done = due.is_none_or(|(cached, (add, remove))| {
                    // If the cache still shows the node ready, nothing is written, and the token is spent.
                    taints::swap(env, id, (&[add], &[remove]), cached)
                });
                match is_done {
                    true => zone.done(),
                    false => zone.again(),
                }
            }
        }
    }

    /// Marks a Pod as not ready, if the cache shows it ready; `false` if it has changed since.
    #[doc(alias = "MarkPodsNotReady")]
    fn mark_not_ready<W: Workload>(&mut self, env: &mut Env<W>, informers: &SharedInformers, id: PodId) -> bool {
        let Some(cached) = informers.pod(id).filter(|pod| pod.is_ready) else { return true };
        if env.store.pods[id].gone {
            return true;
        }
        let is_current = env.store.pods[id].version == cached.version;
        if is_current {
            let since = env.controllers_now().into();
            env.store.update_pod(id, |pod| pod.ready = PodReady::False(since));
        }
        let event = KubeEvent { warning: true, reason: "NodeNotReady", message: "Node is not ready".into() };
        if self.pod_events.enter(id, &event, env.now()) {
            env.log.push(Observation::PodEvent(id, Box::new(event)));
        }
        is_current
    }

    fn emit<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId, reason: &'static str, message: String) {
        let event = KubeEvent { warning: false, reason, message };
        if self.node_events.enter(id, &event, env.now()) {
            env.log.push(Observation::NodeEvent(id, Box::new(event)));
        }
    }
}

/// A node's lease, as the API and the cache have it. If the watch latency is random, renewals take its mean.
fn lease_of<W: Workload>(env: &Env<W>, nodes: &Nodes, id: NodeId) -> LeaseView {
    let lag = match &env.config.watch_latency {
        _ if env.immediate => SimDuration::ZERO,
        Latency::Fixed(latency) => (*latency).max(SimDuration::TICK),
        Latency::Random(latency) => SimDuration::from_secs_f64(latency.mean().unwrap_or(0.0)).max(SimDuration::TICK),
    };
    let (renewals, begins) = (nodes.machines.leases(id), env.config.begins);
    LeaseView { renewals, lag, begins, exists: env.store.nodes[id].exists() }
}

/// What the monitor acts on, borrowed.
type Around<'a, 'b, W> = &'a mut NodesAround<'b, W>;
