//! What happens to a Pod that is ended from outside: it is deleted or evicted, its kubelet ends it, or the Pod garbage
//! collector deletes it. When that happens is not decided here.

use super::containers::KILLED;
use super::kubelet::{Kubelets, finish, stamp, stop_containers};
use super::operations::mark_disrupted;
use crate::api::{Containers, DisruptionReason, PodPhase};
use crate::id::PodId;
use crate::model::{DisruptionKind, Workload};
use crate::world::env::Env;

impl Kubelets {
    /// Disrupts a Pod; `true` if the caller must delete it gracefully.
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
            // A kubelet ends only Pods that are bound to its node.
            DisruptionKind::Kubelet if env.store.pods[id].pod.bound => self.end_on_node(env, id),
            DisruptionKind::Kubelet => {}
            DisruptionKind::PodGc => {
                self.give_up(env, id, true);
                env.store.delete_pod(id, true, env.now());
            }
        }
        false
    }

    /// The Pod garbage collector declares a Pod failed: how its containers ended is unknown. If the Pod's node is gone
    /// (`is_orphan`), the condition DisruptionTarget is written too.
    pub fn give_up<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, is_orphan: bool) {
        if is_orphan {
            env.store.note_disruption(id, DisruptionReason::PodGc, env.now().into());
        }
        env.store.update_pod(id, |pod| {
            assert!(!pod.phase.is_terminal(), "a Pod finishes once");
            // The condition Ready remains: it is the kubelet's to change, and the kubelet is gone.
            pod.phase = PodPhase::Failed;
            pod.disruption_target |= is_orphan;
        });
        self.let_go(env, id);
    }

    /// The kubelet ends a Pod at once, by killing its containers.
    fn end_on_node<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let stamp = stamp(env);
        let killed = env.codes.intern_repeated(KILLED, env.store.container_count(id));
        if self.unfinished(env, id).is_some_and(|pod| pod.is_tracked) {
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
