//! What can be done to nodes: they join, are cordoned, drained, patched and deleted, and their kubelets lose and regain
//! the API server. It does not decide when.

use super::Nodes;
use crate::api::{DisruptionReason, NodeReady, TAINT_NOT_READY, Taint, TaintEffect};
use crate::apiserver::patched_node;
use crate::id::{NodeId, PodId};
use crate::model::Workload;
use crate::record::DeletionCause;
use crate::world::env::Env;
use crate::world::event::Event;
use serde_json::Value;
use std::sync::Arc;

impl Nodes {
    /// A node joins. If the node lifecycle controller runs, the node is tainted until that controller has seen it
    /// ready.
    pub fn join<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId) {
        let now = env.now();
        if env.config.nodes.as_ref().is_some_and(|nodes| nodes.has_lifecycle_controller) {
            let node = Arc::make_mut(&mut env.store.nodes[id].node);
            let taint = Taint::new(TAINT_NOT_READY, TaintEffect::NoSchedule);
            if !node.taints.contains(&taint) {
                node.taints.push(taint);
            }
        }
        self.machines.join(id, now);
        env.store.create_node(id, now);
        if now == env.config.begins {
            env.publish_list();
        }
        self.autoscaler.joined(env, id);
    }

    /// A node is cordoned, or uncordoned.
    pub fn cordon<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId, unschedulable: bool) {
        if env.store.nodes[id].node.unschedulable != unschedulable {
            env.store.update_node(id, |node| Arc::make_mut(&mut node.node).unschedulable = unschedulable);
        }
    }

    /// A node is cordoned, and its Pods are evicted once, without retries.
    pub fn drain<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId) {
        self.cordon(env, id, true);
        for pod in pods_on(env, id) {
            if env.store.pods[pod].pod.is_active() {
                self.evict(env, pod);
            }
        }
    }

    /// Evicts a Pod, on behalf of any client: condition DisruptionTarget, then a graceful deletion.
    pub fn evict<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId) {
        mark_disrupted(env, pod, DisruptionReason::Eviction);
        self.delete_pod(env, pod, DeletionCause::Disrupted);
    }

    /// A machine disappears for good, with its Node object. The Pods stay as they are.
    pub fn delete_node<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId) {
        self.machines.remove(id, env.now());
        self.autoscaler.left(id);
        env.store.remove_node(id);
    }

    /// Adds and removes taints of a node. Key and effect identify a taint.
    pub fn taint<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId, set: &[Taint], removed: &[Taint]) {
        let before = &env.store.nodes[id].node.taints;
        let is_meant = |taint: &Taint| set.iter().chain(removed).any(|other| other.is_same(taint));
        let kept = before.iter().filter(|taint| !is_meant(taint));
        let after: Vec<Taint> = kept.chain(set).cloned().collect();
        if after != *before {
            env.store.update_node(id, |node| Arc::make_mut(&mut node.node).taints = after);
        }
    }

    /// Applies a JSON merge patch to a Node object.
    ///
    /// # Errors
    /// Why the patched node is invalid.
    pub fn patch_node<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId, patch: &Value) -> Result<(), String> {
        let before = &env.store.nodes[id].node;
        let after = patched_node(before, patch)?;
        if after != **before {
            env.store.update_node(id, |node| node.node = Arc::new(after));
        }
        Ok(())
    }

    /// A node's kubelet loses the API server.
    pub fn silence<W: Workload>(&mut self, env: &Env<W>, id: NodeId) {
        self.machines.silence(id, env.now());
    }

    /// A node's kubelet regains the API server: it renews the lease, reports the node as ready, and makes up for the
    /// steps of its Pods that were due meanwhile.
    pub fn report_again<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId) {
        let Some(waiting) = self.machines.report_again(id, env.now()) else { return };
        let now = env.now();
        env.store.update_node(id, |node| (node.ready, node.heartbeat) = (NodeReady::True, now.into()));
        env.publish();
        for pod in pods_on(env, id) {
            waiting.iter().filter(|event| event.pod() == Some(pod)).for_each(|&event| self.live(env, event));
            self.kubelets.stop_waiting_begins(env, pod);
            self.kubelets.say_ready(env, pod);
            env.publish();
        }
    }

    /// Performs a step of a Pod's life, unless its machine holds it back.
    #[inline]
    pub fn step<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId, event: Event) {
        if !self.unreachable.hold_back(pod, event) && !self.machines.hold_back(env, pod, event) {
            self.live(env, event);
        }
    }

    #[inline]
    pub(super) fn live<W: Workload>(&mut self, env: &mut Env<W>, event: Event) {
        match event {
            Event::Waits(pod, reason) => self.kubelets.waits(env, pod, reason),
            Event::Start(pod) => self.kubelets.start(env, pod),
            Event::Ready(pod, run) => self.kubelets.ready(env, pod, run),
            Event::Exit(pod, run) => self.kubelets.exit(env, pod, run),
            Event::Restart(pod, run) => self.kubelets.restart(env, pod, run),
            Event::Stopped(pod) => self.kubelets.stopped(env, pod),
            Event::PodDeadline(pod) => self.kubelets.deadline(env, pod),
            Event::DeadlineStopped(pod) => self.kubelets.deadline_stopped(env, pod),
            Event::Container(pod, run, place, step) => self.kubelets.container_step(env, pod, (place, run, step)),
            event => unreachable!("{event:?} is no step of a Pod's life"),
        }
    }
}

/// The existing Pods that are bound to a node, in the order of their Jobs and then of their numbers.
pub(in crate::world) fn pods_on<W>(env: &Env<W>, id: NodeId) -> Vec<PodId> {
    let is_on = |&(pod, stored): &(PodId, _)| {
        let stored: &crate::world::store::ApiPod = stored;
        !stored.gone && env.store.placement(pod).node == Some(id)
    };
    let mut pods: Vec<PodId> = env.store.pods.entries().filter(is_on).map(|(pod, _)| pod).collect();
    pods.sort_by_key(|&pod| {
        let job = env.store.pods[pod].job;
        (env.store.jobs[job].order, env.store.number_of(pod), pod)
    });
    pods
}

/// Gives a Pod the condition DisruptionTarget. In a cluster with nodes, a Pod that has had it for this reason since
/// this second is not written again.
pub(in crate::world) fn mark_disrupted<W: Workload>(env: &mut Env<W>, pod: PodId, reason: DisruptionReason) {
    let now = env.now();
    if env.config.nodes.is_none() {
        return env.store.update_pod(pod, |pod| pod.disruption_target = true);
    }
    env.store.mark_disrupted(pod, reason, now.into());
}
