//! What runs Pods: the scheduler's process, the autoscaler, machines and their kubelets, and slots. It knows nothing of
//! Jobs. What is random in a Pod's life or a node's is drawn by the workload.

mod autoscaler;
mod begun;
mod begun_containers;
mod containers;
mod containers_seen;
mod deadline;
mod disruptions;
mod kubelet;
pub(in crate::world) mod leases;
mod machines;
pub(in crate::world) mod operations;
pub(in crate::world) mod placement;
mod pod_containers;
mod preemptions;
mod scheduler_process;
mod shutdown;
mod slots;
mod unreachable;

use super::env::Env;
use super::store::Deletion;
use super::wire::requests::{PreemptionCall, WireRequests};
use crate::api::DisruptionReason;
use crate::id::PodId;
use crate::model::{DisruptionKind, Workload};
use crate::record::{DeletionCause, Observation};
use autoscaler::Autoscaler;
pub use containers_seen::{ContainerView, EndedRun};
use kubelet::Kubelets;
use machines::Machines;
use scheduler_process::SchedulerProcess;
use slots::ClusterSlots;
use unreachable::UnreachablePods;

/// All nodes of the cluster.
#[derive(Debug, Default)]
pub(in crate::world) struct Nodes {
    kubelets: Kubelets,
    slots: ClusterSlots,
    pub machines: Machines,
    pub scheduler: SchedulerProcess,
    pub autoscaler: Autoscaler,
    unreachable: UnreachablePods,
}

impl Nodes {
    /// Empties them for another run; keeps the allocated memory.
    pub fn reset<W>(&mut self, env: &Env<W>) {
        let Nodes { kubelets, slots, machines, scheduler, autoscaler, unreachable } = self;
        unreachable.clear();
        kubelets.clear();
        slots.clear();
        machines.clear();
        scheduler.reset(env);
        autoscaler.clear();
    }

    /// The kubelets, for callers that concern a single Pod.
    pub fn kubelets(&mut self) -> &mut Kubelets {
        &mut self.kubelets
    }

    /// Draws the life of a new Pod from the workload, and begins it.
    pub fn pod_created<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId) {
        let containers = env.store.container_count(pod);
        let identity = env.store.pods[pod].identity();
        let life = env.workload.life(identity, containers, &mut env.codes);
        let containers = env.workload.containers(identity);
        self.kubelets.take_up(env, pod, life, containers);
    }

    /// A Pod is due to be bound: binds it if the cluster does not limit slots, else asks for a slot.
    pub fn bind<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId) {
        if env.config.slots.is_none() {
            self.kubelets.bind(env, pod);
        } else if let Some(life) = self.kubelets.life(env, pod) {
            self.slots.ask(env, pod, life);
        }
    }

    /// Applies the scheduler's binding of a Pod.
    pub fn apply_binding<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, pod: PodId) {
        if self.scheduler.apply_binding(env, requests, &mut self.kubelets, pod) {
            self.admit(env, pod);
        }
    }

    /// Applies a request of a preemption to a Pod.
    pub fn apply_preemption<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        (place, pod, call): (u32, PodId, PreemptionCall),
    ) {
        let was_gone = env.store.pods[pod].gone;
        match call {
            _ if was_gone => {}
            PreemptionCall::ClearNomination if env.store.placement(pod).nominated.is_some() => {
                env.store.update_placement(pod, |placement| placement.nominated = None);
            }
            PreemptionCall::ClearNomination => {}
            PreemptionCall::Patch => {
                let stamp = self.scheduler.preemptions.stamp_of(place, pod);
                env.store.mark_disrupted(pod, DisruptionReason::Preemption, stamp);
            }
            PreemptionCall::Delete => {
                self.delete_pod(env, pod, DeletionCause::Disrupted);
            }
        }
        let SchedulerProcess { scheduler, preemptions, events, .. } = &mut self.scheduler;
        let sent = preemptions.answered(env, requests, scheduler, (place, pod, call), was_gone);
        if let Some((about, event)) = sent {
            events.emit(env, about, event);
        }
    }

    /// Plans the next steps of the scheduler and the autoscaler.
    pub fn plan<W: Workload>(&mut self, env: &mut Env<W>) {
        self.scheduler.plan(env);
        if !env.config.nodes.as_ref().is_none_or(|nodes| nodes.pools.is_empty()) {
            self.autoscaler.plan(env, self.scheduler.scheduler.has_waiting());
        }
    }

    /// Gives free slots to waiting Pods. A Pod that has finished, disappeared or is being deleted loses its turn.
    pub fn give_slots<W: Workload>(&mut self, env: &mut Env<W>) {
        let slots = env.config.slots.expect("Pods wait for slots only where slots are counted");
        while let Some(pod) = self.slots.next(slots) {
            if self.kubelets.life(env, pod).is_some() {
                self.slots.take(env, pod);
                self.kubelets.bind(env, pod);
            }
        }
    }

    /// Takes back the slots of Pods that have finished or disappeared.
    #[inline]
    pub fn take_slots_back<W: Workload>(&mut self, env: &mut Env<W>) {
        if env.freed_slots > 0 {
            self.slots.take_back(env);
        }
    }

    /// Whether the kubelet of a Pod reaches the API server.
    fn reports<W>(&self, env: &Env<W>, pod: PodId) -> bool {
        !self.unreachable.has(pod) && self.machines.reports(env, pod)
    }

    /// Deletes a Pod gracefully, on behalf of any client.
    pub fn delete_pod<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId, cause: DeletionCause) -> Deletion {
        env.log.push(Observation::PodDeleted(pod, cause));
        let deletion = env.store.delete_pod(pod, false, env.now());
        let reports = self.reports(env, pod);
        self.kubelets.deleted(env, pod, deletion, reports);
        deletion
    }

    /// Deletes a Pod without grace, on behalf of any client.
    pub fn force_delete_pod<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId, cause: DeletionCause) {
        env.log.push(Observation::PodDeleted(pod, cause));
        let deletion = env.store.delete_pod(pod, true, env.now());
        self.kubelets.deleted(env, pod, deletion, true);
    }

    /// Disrupts a Pod, as planned in its life or because of its node.
    pub fn disrupt<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId, kind: DisruptionKind) {
        // While the kubelet does not reach the API server, it cannot report that it ended the Pod.
        if kind == DisruptionKind::Kubelet && !self.reports(env, pod) {
            return;
        }
        if self.kubelets.disrupt(env, pod, kind) {
            self.delete_pod(env, pod, DeletionCause::Disrupted);
        }
    }
}
