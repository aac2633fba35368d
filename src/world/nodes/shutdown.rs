//! Graceful node shutdown: a node's kubelet learns that its machine will be switched off, reports the node as not
//! ready, rejects new Pods, and stops the Pods that it has. These fail with the condition DisruptionTarget, which is
//! written with their final phase. When the machine is switched off is not decided here.
//!
//! Source: kubelet v1.37, `pkg/kubelet/nodeshutdown/nodeshutdown_manager.go` (killPods) and
//! `nodeshutdown_manager_linux.go` (Admit, processShutdownEvent); `pkg/kubelet/status/status_manager.go`
//! (mergePodStatus) for when the condition is written. Divergence: Pods of all priorities are stopped at once, each
//! within the whole grace period. The deletion of a Pod that is being deleted already is not affected.

use super::Nodes;
use super::kubelet::{Kubelets, finish, grace_of, stamp};
use super::operations::pods_on;
use crate::api::{DisruptionReason, NodeReady, PodPhase};
use crate::id::{NodeId, PodId};
use crate::model::Workload;
use crate::time::SimDuration;
use crate::world::env::Env;

impl Nodes {
    /// A node shuts down; its Pods have at most `grace` to stop.
    pub fn shut_down<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId, grace: SimDuration) {
        assert!(grace > SimDuration::ZERO, "a kubelet without a grace period does not take part in a shutdown");
        if !self.machines.begin_shutdown(id) {
            return;
        }
        let now = env.now();
        env.store.update_node(id, |node| (node.ready, node.heartbeat) = (NodeReady::False, now.into()));
        env.publish();
        for pod in pods_on(env, id) {
            self.kubelets.shut_down(env, pod, grace);
            env.publish();
        }
    }

    /// Admits a Pod that has just been bound: a node that shuts down rejects it.
    pub(super) fn admit<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId) {
        let node = env.store.placement(pod).node.expect("a Pod that is bound has a node");
        if self.machines.is_shutting_down(node) {
            self.kubelets.reject(env, pod);
        }
    }
}

impl Kubelets {
    /// Stops a Pod whose node shuts down, unless it is being stopped already.
    fn shut_down<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, grace: SimDuration) {
        let Some(pod) = self.living(env, id).filter(|pod| !pod.must_fail) else { return };
        pod.shutdown_grace = Some(grace);
        self.stop_to_fail(env, id);
    }

    /// Fails a Pod that its node does not admit: no container of it ever runs.
    fn reject<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let stamp = stamp(env);
        assert!(self.living(env, id).is_some(), "only a Pod that is neither finished nor being deleted is bound");
        env.store.update_pod(id, |pod| finish(pod, PodPhase::Failed, stamp));
        self.let_go(env, id);
    }

    /// How long the containers of a Pod have to stop.
    pub(super) fn stop_grace<W>(&mut self, env: &Env<W>, id: PodId) -> SimDuration {
        let own = grace_of(env, id);
        self.unfinished(env, id).and_then(|pod| pod.shutdown_grace).map_or(own, |grace| grace.min(own))
    }

    /// Gives a Pod the condition that its node was shut down, if that is why it was stopped. The caller writes the Pod.
    pub(super) fn tell_of_shutdown<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        if self.unfinished(env, id).is_some_and(|pod| pod.shutdown_grace.is_some()) {
            let stamp = stamp(env);
            env.store.note_disruption(id, DisruptionReason::Kubelet, stamp);
            env.store.pods[id].pod.disruption_target = true;
        }
    }
}
