//! The controllers around nodes, which start and stop with the rest of the kube-controller-manager: taint eviction, Pod
//! garbage collection and node lifecycle, and the caches that they share. They run only in clusters with nodes. What
//! each decides is in its own file.

use super::node_lifecycle::NodeLifecycle;
use super::pod_gc::PodGc;
use super::shared_informers::SharedInformers;
use super::taint_eviction::TaintEviction;
use crate::id::{NodeId, PodId};
use crate::model::Workload;
use crate::time::{SimDuration, SimTime};
use crate::world::cluster_watch::ClusterChange;
use crate::world::env::Env;
use crate::world::event::{Event, NodeControllerEvent};
use crate::world::nodes::Nodes;
use crate::world::store::JobOrder;
use crate::world::wire::requests::{Request, RequestRank, WireRequests};
use std::collections::HashMap;

/// What the controllers act on, borrowed.
pub(in crate::world) struct NodesAround<'a, W> {
    pub env: &'a mut Env<W>,
    pub requests: &'a mut WireRequests,
    pub nodes: &'a mut Nodes,
}

/// The controllers around nodes.
#[derive(Debug, Default)]
pub(in crate::world) struct NodeControllers {
    informers: SharedInformers,
    eviction: TaintEviction,
    gc: PodGc,
    /// The node lifecycle controller, in clusters where it runs.
    lifecycle: Option<Box<NodeLifecycle>>,
    is_down: bool,
    /// Whether they have just started and must still look at everything in the caches.
    is_listing: bool,
    /// Pods whose request by the Pod garbage collector is answered in a tick, each with the next request, if any.
    gc_next: HashMap<PodId, Option<crate::world::wire::requests::GcCall>>,
}

impl NodeControllers {
    /// Empties them for another run with the environment's configuration; keeps the allocated memory.
    pub fn reset<W>(&mut self, env: &Env<W>) {
        self.stop();
        self.informers.clear();
        let runs_lifecycle = env.config.nodes.as_ref().is_some_and(|nodes| nodes.has_lifecycle_controller);
        self.lifecycle = runs_lifecycle.then(Box::default);
        self.begin(env.config.begins);
        self.is_down = env.config.down_at_first;
    }

    /// They die and forget everything. Their caches are still filled meanwhile, which replaces the list of new
    /// controllers.
    pub fn stop(&mut self) {
        self.eviction.clear();
        self.gc_next.clear();
        (self.is_down, self.is_listing) = (true, false);
    }

    /// Starts the loops of new controllers.
    fn begin(&mut self, now: SimTime) {
        self.gc.begin(now);
        if let Some(lifecycle) = &mut self.lifecycle {
            lifecycle.begin(now);
        }
    }

    /// Starts new controllers, unless some run already.
    pub fn start(&mut self, now: SimTime) {
        if std::mem::take(&mut self.is_down) {
            self.is_listing = true;
            self.begin(now);
        }
    }

    /// Whether they still have work to do about a Pod that is gone.
    pub fn have(&self, pod: PodId) -> bool {
        self.eviction.has(pod) || self.gc.has(pod)
    }

    /// A change reaches their caches.
    pub fn deliver<W: Workload>(&mut self, around: NodesAround<'_, W>, change: ClusterChange) {
        let NodesAround { env, requests, .. } = around;
        match change {
            ClusterChange::Pod(id, observed) => {
                let before = self.informers.pod_changed(id, &observed);
                let placement = &observed.pod.placement;
                let is_bound = before.and_then(|pod| pod.node) != placement.node;
                if self.is_down || placement.node.is_none() {
                    return;
                }
                if is_bound || before.is_none_or(|pod| pod.spec != placement.spec) {
                    self.eviction.pod_changed((env, requests), &self.informers, id);
                }
                if let Some(lifecycle) = &mut self.lifecycle
                    && let Some(node) = placement.node.filter(|_| is_bound)
                {
                    lifecycle.pod_bound(env, &self.informers, (id, node));
                }
            }
            ClusterChange::PodGone(id) => {
                self.informers.pod_gone(id);
                self.eviction.pod_gone(env, id);
                if let Some(lifecycle) = &mut self.lifecycle {
                    lifecycle.pod_gone(id);
                }
            }
            ClusterChange::Node(id, observed) => {
                self.informers.node_changed(id, observed);
                if !self.is_down {
                    self.node_changed(env, requests, id);
                }
            }
            ClusterChange::NodeGone(id) => {
                self.informers.node_gone(id);
                self.eviction.node_gone(id);
                if let Some(lifecycle) = self.lifecycle.as_mut().filter(|_| !self.is_down) {
                    lifecycle.node_gone(id);
                }
            }
        }
    }

    fn node_changed<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, id: NodeId) {
        self.eviction.node_changed((env, requests), &self.informers, id);
        if let Some(lifecycle) = &mut self.lifecycle {
            lifecycle.node_changed(env, &self.informers, id);
        }
    }

    /// Schedules their next steps.
    pub fn plan<W: Workload>(&mut self, around: NodesAround<'_, W>) {
        let NodesAround { env, requests, nodes } = around;
        if self.is_down {
            return;
        }
        if std::mem::take(&mut self.is_listing) {
            let all: Vec<NodeId> = self.informers.nodes().map(|(id, _)| id).collect();
            all.into_iter().for_each(|id| self.node_changed(env, requests, id));
        }
        // Work without latency comes after the passes of the same instant.
        let now = env.now();
        let earliest = if env.immediate && now > env.config.begins { now + SimDuration::TICK } else { now };
        self.gc.plan(env, &self.informers, earliest);
        let is_changed = std::mem::take(&mut nodes.machines.is_changed);
        if let Some(lifecycle) = &mut self.lifecycle {
            if is_changed {
                lifecycle.machines_changed();
            }
            lifecycle.plan(env, nodes, earliest);
        }
    }

    /// Handles an event of one of them.
    pub fn dispatch<W: Workload>(&mut self, mut around: NodesAround<'_, W>, event: NodeControllerEvent) {
        if self.is_down {
            return;
        }
        let NodeControllers { informers, eviction, gc, lifecycle, gc_next, .. } = self;
        let NodesAround { env, requests, .. } = &mut around;
        match event {
            NodeControllerEvent::EvictionDue(pod) => eviction.due(env, requests, pod),
            NodeControllerEvent::EvictionGoesOn(place) => eviction.wake(env, requests, place),
            NodeControllerEvent::GcPass => gc.begin_pass((env, requests), informers),
            NodeControllerEvent::GcAnswer(pod) => {
                if let Some(next) = gc_next.remove(&pod) {
                    gc.answered((env, requests), informers, Some((pod, next)));
                }
            }
            NodeControllerEvent::GcNodeRead => gc.answered((env, requests), informers, None),
            NodeControllerEvent::MonitorPass => {
                lifecycle.iter_mut().for_each(|l| l.begin_pass(&mut around, informers));
            }
            NodeControllerEvent::StatusGoesOn(node) => {
                lifecycle.iter_mut().for_each(|l| l.wake(&mut around, informers, node));
            }
            NodeControllerEvent::TaintingPass => lifecycle.iter_mut().for_each(|l| l.tainting_pass(env, informers)),
        }
    }

    /// Applies a request of one of them. Without latencies it is answered a tick later.
    pub fn apply<W: Workload>(&mut self, mut around: NodesAround<'_, W>, request: Request) {
        match request {
            Request::Evict(place, call) => self.eviction.apply(around, (place, call)),
            Request::GcGetNode(node) => {
                self.gc.node_read(around.env, node);
                let NodesAround { env, requests, .. } = around;
                match env.immediate {
                    true => env.schedule_after(SimDuration::TICK, gc_event(NodeControllerEvent::GcNodeRead)),
                    false => self.gc.answered((env, requests), &self.informers, None),
                }
            }
            Request::GcPod(pod, call) => {
                let next = PodGc::apply(&mut around, pod, call);
                let NodesAround { env, requests, .. } = around;
                match env.immediate {
                    true => {
                        self.gc_next.insert(pod, next);
                        env.schedule_after(SimDuration::TICK, gc_event(NodeControllerEvent::GcAnswer(pod)));
                    }
                    false => self.gc.answered((env, requests), &self.informers, Some((pod, next))),
                }
            }
            Request::NodeUnknown(node) => {
                let lifecycle = self.lifecycle.as_mut().expect("its request came from it");
                lifecycle.apply_status(&mut around, &self.informers, node);
            }
            other => unreachable!("{other:?} is no request of these controllers"),
        }
    }
}

fn gc_event(event: NodeControllerEvent) -> Event {
    Event::NodeControllers(event)
}

/// The rank of a request about a Pod among those of its instant.
pub(super) fn rank_of_pod<W>(env: &Env<W>, pod: PodId) -> RequestRank {
    let job = env.store.pods[pod].job;
    (false, env.store.order_of(job), env.store.number_of(pod))
}

/// The rank of a request about a node among those of its instant: after all Pods, by the name of the node.
pub(super) fn rank_of_node(place: usize) -> RequestRank {
    (false, JobOrder::LAST, place as i64)
}
