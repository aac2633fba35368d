//! What runs Pods: kubelets, and the slots that Pods take. A scheduler will live here. It knows nothing of Jobs, and
//! nothing happens in it by chance: a Pod's life is given by the workload.

mod kubelet;
mod slots;

use super::env::Env;
use super::store::Deletion;
use crate::id::PodId;
use crate::model::{DisruptionKind, Workload};
use crate::record::{DeletionCause, Observation};
use kubelet::Kubelets;
use slots::ClusterSlots;

/// All nodes of the cluster.
#[derive(Debug, Default)]
pub(in crate::world) struct Nodes {
    kubelets: Kubelets,
    slots: ClusterSlots,
}

impl Nodes {
    /// Empties them for another run; keeps the memory.
    pub fn reset(&mut self) {
        let Nodes { kubelets, slots } = self;
        kubelets.clear();
        slots.clear();
    }

    /// The kubelets, for what concerns a single Pod that is bound.
    pub fn kubelets(&mut self) -> &mut Kubelets {
        &mut self.kubelets
    }

    /// Asks the workload for the life of a new Pod, and begins it.
    pub fn pod_created<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId) {
        let containers = env.store.container_count(pod);
        let life = env.workload.life(env.store.pods[pod].identity(), containers, &mut env.codes);
        self.kubelets.take_up(env, pod, life);
    }

    /// A Pod's turn to be bound has come: it is bound if the cluster has any number of slots, else it asks for one.
    pub fn bind<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId) {
        if env.config.slots.is_none() {
            self.kubelets.bind(env, pod);
        } else if let Some(life) = self.kubelets.life(env, pod) {
            self.slots.ask(env, pod, life);
        }
    }

    /// Gives free slots to waiting Pods. A Pod that has finished, is gone or is being deleted has lost its turn.
    pub fn give_slots<W: Workload>(&mut self, env: &mut Env<W>) {
        let slots = env.config.slots.expect("Pods wait for slots only where slots are counted");
        while let Some(pod) = self.slots.next(slots) {
            if self.kubelets.life(env, pod).is_some() {
                self.slots.take(env, pod);
                self.kubelets.bind(env, pod);
            }
        }
    }

    /// Takes back the slots of Pods that have finished or are gone.
    #[inline]
    pub fn take_slots_back<W: Workload>(&mut self, env: &mut Env<W>) {
        if env.freed_slots > 0 {
            self.slots.take_back(env);
        }
    }

    /// Deletes a Pod gracefully, for any client.
    pub fn delete_pod<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId, cause: DeletionCause) -> Deletion {
        env.log.push(Observation::PodDeleted(pod, cause));
        let deletion = env.store.delete_pod(pod, false, env.now());
        self.kubelets.deleted(env, pod, deletion);
        deletion
    }

    /// A Pod is disrupted, by what its own life holds or by what happens to its node.
    pub fn disrupt<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId, kind: DisruptionKind) {
        if self.kubelets.disrupt(env, pod, kind) {
            self.delete_pod(env, pod, DeletionCause::Disrupted);
        }
    }
}
