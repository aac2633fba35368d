//! What ends a Pod from outside: somebody deletes or evicts it, its kubelet ends it, or the Pod garbage collector gives it up.
//! When that happens is not decided here.

use super::containers::KILLED;
use super::kubelet::{Kubelets, finish, stamp, stop_containers};
use super::operations::mark_disrupted;
use crate::api::{Containers, DisruptionReason, PodPhase};
use crate::id::PodId;
use crate::model::{DisruptionKind, Workload};
use crate::world::env::Env;

impl Kubelets {
    /// The Pod is disrupted. `true` if a graceful deletion is to follow.
    pub fn disrupt<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, kind: DisruptionKind) -> bool {
        if env.store.pods[id].pod.deleting() || self.living(env, id).is_none() {
            return false;
        }
        match kind {
            DisruptionKind::Delete => return true,
            DisruptionKind::Eviction => {
                mark_disrupted(env, id, DisruptionReason::Eviction);
                return true;
            }
            // A kubelet ends only Pods on its own node.
            DisruptionKind::Kubelet if env.store.pods[id].pod.bound => self.end_on_node(env, id),
            DisruptionKind::Kubelet => {}
            DisruptionKind::PodGc => {
                self.give_up(env, id, true);
                env.store.delete_pod(id, true, env.now());
            }
        }
        false
    }

    /// The Pod garbage collector gives a Pod up: nobody knows how its containers ended. It says that the Pod was disrupted
    /// if its node is gone.
    pub fn give_up<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, is_orphan: bool) {
        if is_orphan {
            env.store.note_disruption(id, DisruptionReason::PodGc, env.now().into());
        }
        env.store.update_pod(id, |pod| {
            assert!(!pod.phase.is_terminal(), "a Pod finishes once");
            // No kubelet says that it is not ready any more.
            pod.phase = PodPhase::Failed;
            pod.disruption_target |= is_orphan;
        });
        self.let_go(env, id);
    }

    /// The kubelet ends a Pod at once: its containers are killed.
    fn end_on_node<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let stamp = stamp(env);
        let killed = env.codes.intern_repeated(KILLED, env.store.container_count(id));
        if self.unfinished(env, id).is_some_and(|pod| pod.is_several) {
            self.kill_containers(env, id);
        }
        env.store.note_disruption(id, DisruptionReason::Kubelet, stamp);
        env.store.update_pod(id, |pod| {
            pod.disruption_target = true;
            if pod.containers == Containers::Running {
                stop_containers(pod, killed, stamp);
            }
            finish(pod, PodPhase::Failed, stamp);
        });
        self.let_go(env, id);
    }
}
