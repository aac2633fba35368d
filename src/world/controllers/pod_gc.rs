//! The Pod garbage collector: deletes Pods whose node does not exist any more, Pods that are being deleted and were
//! never bound, and Pods that are being deleted on nodes out of service. It is not the garbage collector of owned
//! objects. Not modelled: the deletion of finished Pods beyond a threshold (12,500).
//!
//! Source: `pkg/controller/podgc/gc_controller.go`. A pass decides by the caches as they are when it begins, and makes
//! its requests one after the other.

use super::node_controllers::{NodesAround, rank_of_node, rank_of_pod};
use super::pass_clock::PassClock;
use super::shared_informers::{InformedPod, SharedInformers};
use crate::id::{NodeId, PodId};
use crate::model::Workload;
use crate::record::DeletionCause;
use crate::time::{SimDuration, SimTime};
use crate::world::env::Env;
use crate::world::event::{Event, NodeControllerEvent};
use crate::world::wire::requests::{GcCall, Request, WireRequests};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// From the end of a pass to the beginning of the next. Source: `gcCheckPeriod`, 20 s; the millisecond is the duration
/// of a pass.
const PERIOD: SimDuration = SimDuration::from_millis(20_001);
/// How long a node must be missing before its Pods are deleted. Source: `quarantineTime`.
const QUARANTINE: SimDuration = SimDuration::from_secs(40);

/// A Pod that a pass deletes, as the cache showed it.
#[derive(Clone, Copy, Debug)]
struct PodToDelete {
    pod: PodId,
    is_finished: bool,
    /// Whether its condition will say that its node is gone.
    is_orphan: bool,
}

impl PodToDelete {
    fn first_call(self) -> GcCall {
        match self {
            PodToDelete { is_finished: true, .. } => GcCall::Delete,
            PodToDelete { is_orphan: true, .. } => GcCall::FailOrphan,
            _ => GcCall::Fail,
        }
    }
}

/// A pass under way.
#[derive(Debug, Default)]
struct GcPass {
    /// How many Pods on nodes out of service are being deleted; these deletions run in parallel.
    beside: usize,
    /// Nodes to read from the API one after the other; the first element is the next.
    to_look_up: VecDeque<NodeId>,
    /// Pods on nodes that are not in the cache, in order.
    on_missing: Vec<(NodeId, PodToDelete)>,
    /// Pods to delete one after the other; the first element is the next.
    to_delete: VecDeque<PodToDelete>,
    /// Pods that are being deleted and not bound, which are deleted last.
    unbound: Vec<PodToDelete>,
    has_looked: bool,
}

/// The Pod garbage collector.
#[derive(Debug)]
pub(in crate::world) struct PodGc {
    clock: PassClock,
    /// Missing nodes, with the end of the quarantine of each.
    quarantine: BTreeMap<NodeId, SimTime>,
    /// Nodes whose quarantine has ended, until a pass reads them.
    released: BTreeSet<NodeId>,
    pass: Option<GcPass>,
}

impl Default for PodGc {
    fn default() -> Self {
        let (quarantine, released) = (BTreeMap::new(), BTreeSet::new());
        PodGc { clock: PassClock::new(PERIOD), quarantine, released, pass: None }
    }
}

impl PodGc {
    /// Starts the controller, with a pass at this instant.
    pub fn begin(&mut self, now: SimTime) {
        self.clock.begin(now);
        self.quarantine.clear();
        self.released.clear();
        self.pass = None;
    }

    /// Whether it still has work to do about a Pod.
    pub fn has(&self, pod: PodId) -> bool {
        self.pass.as_ref().is_some_and(|pass| {
            pass.beside > 0
                || pass.on_missing.iter().any(|(_, p)| p.pod == pod)
                || pass.to_delete.iter().chain(&pass.unbound).any(|p| p.pod == pod)
        })
    }

    /// Plans the next pass that will find something.
    pub fn plan<W: Workload>(&mut self, env: &mut Env<W>, informers: &SharedInformers, earliest: SimTime) {
        if self.pass.is_some() {
            return;
        }
        let has_work = !informers.missing.is_empty()
            || !informers.deleting_unbound.is_empty()
            || !self.released.is_empty()
            || !informers.out_of_service.is_empty();
        let at = match self.quarantine.values().min() {
            _ if has_work => earliest,
            Some(&ends) => ends.max(earliest),
            None => return,
        };
        if let Some(at) = self.clock.plan(self.clock.at_or_after(at)) {
            env.schedule_at(at, Event::NodeControllers(NodeControllerEvent::GcPass));
        }
    }

    /// Begins a pass, if it is the planned one.
    #[doc(alias = "gc")]
    pub fn begin_pass<W: Workload>(
        &mut self,
        (env, requests): (&mut Env<W>, &mut WireRequests),
        informers: &SharedInformers,
    ) {
        if !self.clock.is_due(env.now()) || self.pass.is_some() {
            return;
        }
        let delete =
            |pod: PodId, known: &InformedPod, is_orphan| PodToDelete { pod, is_finished: known.is_finished, is_orphan };
        let known = |pod: PodId| informers.pod(pod).expect("the cache holds the Pods that it lists");
        let mut pass = GcPass::default();
        for &node in &informers.missing {
            let pods = informers.pods_in_order(env, node).into_iter();
            pass.on_missing.extend(pods.map(|pod| (node, delete(pod, known(pod), true))));
        }
        pass.unbound = informers.deleting_unbound.iter().map(|&pod| delete(pod, known(pod), false)).collect();
        let mut stuck = Vec::new();
        for &node in &informers.out_of_service {
            let pods = informers.pods_in_order(env, node).into_iter();
            stuck.extend(pods.filter(|&pod| known(pod).is_deleting).map(|pod| delete(pod, known(pod), false)));
        }
        pass.beside = stuck.len();
        self.pass = Some(pass);
        stuck.into_iter().for_each(|pod| ask(env, requests, pod.pod, pod.first_call()));
        self.go_on(env, requests, informers);
    }

    /// Makes the next request, if none is under way.
    fn go_on<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, informers: &SharedInformers) {
        let now = env.now();
        let pass = self.pass.as_mut().expect("a pass is under way");
        if pass.beside > 0 {
            return;
        }
        if !std::mem::replace(&mut pass.has_looked, true) {
            for (node, _) in &pass.on_missing {
                self.quarantine.entry(*node).or_insert(now + QUARANTINE);
            }
            self.released.extend(self.quarantine.iter().filter(|(_, ends)| **ends <= now).map(|(&node, _)| node));
            self.quarantine.retain(|_, ends| *ends > now);
            let released = std::mem::take(&mut self.released);
            pass.to_look_up = released.into_iter().filter(|&node| informers.node(node).is_none()).collect();
            if pass.to_look_up.is_empty() {
                pass.on_missing.clear();
                pass.to_delete.extend(pass.unbound.drain(..));
            }
        }
        if let Some(&node) = pass.to_look_up.front() {
            return requests.make(env, Request::GcGetNode(node), None, rank_of_node(0));
        }
        match pass.to_delete.front() {
            Some(&next) => ask(env, requests, next.pod, next.first_call()),
            None => {
                self.pass = None;
                self.clock.ended(now);
            }
        }
    }

    /// A node was read from the API.
    pub fn node_read<W: Workload>(&mut self, env: &mut Env<W>, node: NodeId) {
        let pass = self.pass.as_mut().expect("a request stands for the pass under way");
        if !env.store.nodes[node].exists() {
            let orphans = pass.on_missing.iter().filter(|(on, _)| *on == node);
            pass.to_delete.extend(orphans.map(|(_, pod)| *pod));
        }
        pass.to_look_up.pop_front();
        if pass.to_look_up.is_empty() {
            pass.on_missing.clear();
            pass.to_delete.extend(pass.unbound.drain(..));
        }
    }

    /// Applies a request about a Pod; returns the next request about it, if any.
    #[doc(alias = "markFailedAndDeletePodWithCondition")]
    pub fn apply<W: Workload>(around: &mut NodesAround<'_, W>, pod: PodId, call: GcCall) -> Option<GcCall> {
        let NodesAround { env, nodes, .. } = around;
        let stored = &env.store.pods[pod];
        match call {
            _ if stored.gone => None,
            GcCall::Delete => {
                nodes.force_delete_pod(env, pod, DeletionCause::Disrupted);
                None
            }
            GcCall::Fail | GcCall::FailOrphan if stored.pod.phase.is_terminal() => Some(GcCall::Delete),
            GcCall::Fail => {
                nodes.kubelets().give_up(env, pod, false);
                Some(GcCall::Delete)
            }
            GcCall::FailOrphan => {
                nodes.kubelets().give_up(env, pod, true);
                Some(GcCall::Delete)
            }
        }
    }

    /// A request was answered: about a Pod, with the next request about it, or about a node.
    pub fn answered<W: Workload>(
        &mut self,
        (env, requests): (&mut Env<W>, &mut WireRequests),
        informers: &SharedInformers,
        answer: Option<(PodId, Option<GcCall>)>,
    ) {
        let Some(pass) = &mut self.pass else { return };
        match answer {
            Some((pod, Some(call))) => return ask(env, requests, pod, call),
            Some((_, None)) if pass.beside > 0 => pass.beside -= 1,
            Some((pod, None)) => {
                let done = pass.to_delete.pop_front().expect("the Pod is the next one");
                assert_eq!(done.pod, pod, "one request follows the other");
            }
            None => {}
        }
        self.go_on(env, requests, informers);
    }
}

fn ask<W: Workload>(env: &mut Env<W>, requests: &mut WireRequests, pod: PodId, call: GcCall) {
    requests.make(env, Request::GcPod(pod, call), Some(env.store.pods[pod].job), rank_of_pod(env, pod));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NoPods;
    use crate::world::{Config, World};

    /// The queue of the quarantine hands out what is due now, as `AddAfter` of a work queue does.
    #[test]
    fn a_node_whose_quarantine_ends_now_is_read_now() {
        for (ends, is_read) in [(0, true), (1, false)] {
            let mut world = World::new(Config::default(), NoPods);
            let quarantine = BTreeMap::from([(NodeId(0), SimTime::ZERO + SimDuration::from_nanos(ends))]);
            let pass = Some(GcPass::default());
            let mut gc = PodGc { quarantine, pass, ..PodGc::default() };
            gc.go_on(&mut world.env, &mut WireRequests::default(), &SharedInformers::default());
            let to_look_up = gc.pass.map_or(0, |pass| pass.to_look_up.len());
            assert_eq!((to_look_up, gc.quarantine.is_empty()), (usize::from(is_read), is_read));
        }
    }
}
