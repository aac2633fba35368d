//! The scheduler in the world: its loop, its requests and their answers. What it decides is in [`crate::scheduler`].
//!
//! It tries one Pod at a time. A binding is requested in parallel to the next cycle. For a Pod that was not scheduled,
//! the next cycle begins only after the write of its condition is answered.

use super::kubelet::Kubelets;
use super::placement::pod_name;
use super::preemptions::Preemptions;
use crate::api::PodPhase;
use crate::id::{NodeId, PodId};
use crate::model::Workload;
use crate::record::KubeEvent;
use crate::scheduler::{CycleOutcome, Scheduler, SchedulingFailure, StatusPatch};
use crate::time::SimDuration;
use crate::world::cluster_watch::ClusterChange;
use crate::world::env::Env;
use crate::world::event::Event;
use crate::world::wire::pod_events::PodEventRecorder;
use crate::world::wire::requests::{Request, RequestRank, WireRequests};

/// How often Pods that have been unschedulable for long are moved to be tried again. Source: `scheduling_queue.go`,
/// `Run`.
const FLUSH_UNSCHEDULABLE_EVERY: SimDuration = SimDuration::from_secs(30);

/// What the scheduler's loop is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LoopState {
    /// It waits for a Pod.
    #[default]
    Idle,
    /// It tries a Pod.
    Trying(PodId),
    /// It waits for the answer to the write of a Pod's condition.
    Reporting(PodId),
}

/// The scheduler in the world.
#[derive(Debug, Default)]
pub(in crate::world) struct SchedulerProcess {
    pub scheduler: Scheduler,
    state: LoopState,
    /// Bindings under way: the Pod, its node, and the Pod's version when it was tried.
    bindings: Vec<(PodId, NodeId, u64)>,
    /// Writes of conditions under way.
    patches: Vec<(PodId, StatusPatch)>,
    pub preemptions: Preemptions,
    pub events: PodEventRecorder,
    is_take_planned: bool,
    is_backoff_flush_planned: bool,
    is_unschedulable_flush_planned: bool,
}

impl SchedulerProcess {
    /// Empties it for another run; keeps the allocated memory.
    pub fn reset<W>(&mut self, env: &Env<W>) {
        let SchedulerProcess { scheduler, state, bindings, patches, preemptions, events, .. } = self;
        if let Some(nodes) = &env.config.nodes {
            scheduler.reset(&nodes.scheduler);
        }
        *state = LoopState::Idle;
        bindings.clear();
        patches.clear();
        preemptions.clear();
        events.clear();
        (self.is_take_planned, self.is_backoff_flush_planned) = (false, false);
        self.is_unschedulable_flush_planned = false;
    }

    /// Whether a scheduling cycle, binding, write of a condition or preemption under way involves a Pod that is gone.
    pub fn has(&self, pod: PodId) -> bool {
        let is_tried = matches!(self.state, LoopState::Trying(tried) if tried == pod);
        is_tried
            || self.bindings.iter().any(|binding| binding.0 == pod)
            || self.patches.iter().any(|patch| patch.0 == pod)
            || self.preemptions.have(pod)
    }

    /// Frees the memory of Pods that are gone.
    pub fn forget(&mut self, pods: &[PodId]) {
        for &pod in pods {
            self.events.forget(pod);
            self.scheduler.forget(pod);
        }
    }

    /// A change reaches the scheduler's cache, which holds only Pods that have not finished.
    pub fn deliver<W: Workload>(&mut self, env: &Env<W>, change: &ClusterChange) {
        let (now, scheduler) = (env.now(), &mut self.scheduler);
        match change {
            ClusterChange::Pod(id, observed) if matches!(observed.phase, PodPhase::Pending | PodPhase::Running) => {
                let spec = observed.pod.placement.spec;
                scheduler.learn_specs(&env.store.pod_specs, spec);
                scheduler.pod_changed(*id, observed.pod.clone(), now);
            }
            ClusterChange::Pod(id, _) | ClusterChange::PodGone(id) => scheduler.pod_gone(*id, now),
            ClusterChange::Node(id, observed) => scheduler.node_changed(*id, &observed.node, now),
            ClusterChange::NodeGone(id) => scheduler.node_gone(*id, now),
        }
    }

    /// Plans the scheduler's next step. It takes a Pod only when all changes of the instant have reached its cache.
    pub fn plan<W: Workload>(&mut self, env: &mut Env<W>) {
        if self.state == LoopState::Idle && !self.is_take_planned && self.scheduler.is_ready() {
            self.is_take_planned = true;
            env.schedule_after(SimDuration::ZERO, Event::TakePod);
        }
        if !self.is_backoff_flush_planned && self.scheduler.has_backoff() {
            self.is_backoff_flush_planned = true;
            env.schedule_at(env.now().next_multiple_of(SimDuration::from_secs(1)), Event::FlushBackoff);
        }
        if !self.is_unschedulable_flush_planned && self.scheduler.has_unschedulable() {
            self.is_unschedulable_flush_planned = true;
            env.schedule_at(env.now().next_multiple_of(FLUSH_UNSCHEDULABLE_EVERY), Event::FlushUnschedulable);
        }
    }

    /// Moves Pods whose scheduling back-off is over to the active queue.
    pub fn flush_backoff<W: Workload>(&mut self, env: &Env<W>) {
        self.is_backoff_flush_planned = false;
        self.scheduler.flush_backoff(env.now());
    }

    /// Moves Pods that have been unschedulable for long, so that they are tried again.
    pub fn flush_unschedulable<W: Workload>(&mut self, env: &Env<W>) {
        self.is_unschedulable_flush_planned = false;
        self.scheduler.flush_unschedulable(env.now());
    }

    /// Takes a Pod, if one is still ready, and begins its cycle.
    pub fn take<W: Workload>(&mut self, env: &mut Env<W>) {
        self.is_take_planned = false;
        assert_eq!(self.state, LoopState::Idle, "a Pod is taken when the loop is free");
        if let Some(pod) = self.scheduler.pop() {
            self.state = LoopState::Trying(pod);
            let cycle = env.config.nodes.as_ref().expect("the cluster has nodes").cycle;
            env.schedule_after(cycle, Event::CycleEnds);
        }
    }

    /// Ends the cycle: requests the binding of the Pod, or the write of its condition.
    pub fn end_cycle<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests) {
        let LoopState::Trying(pod) = self.state else { unreachable!("a cycle ends that has begun") };
        self.state = LoopState::Idle;
        match self.scheduler.end_cycle(env.now(), &|pod| pod_name(env, pod)) {
            CycleOutcome::SkippedAssumed => {}
            CycleOutcome::SkippedDeleting(version) => {
                let message = format!("skip schedule deleting pod: {}", pod_name(env, pod));
                self.emit(env, (pod, version), failed_scheduling(message));
            }
            CycleOutcome::Assumed(node, version) => {
                self.bindings.push((pod, node, version));
                requests.make(env, Request::Bind(pod), job_of(env, pod), rank_of(env, pod));
            }
            CycleOutcome::Failed(failure) => {
                let SchedulingFailure { message, version, patch, preemption } = *failure;
                self.emit(env, (pod, version), failed_scheduling(message.to_string()));
                if let Some(patch) = patch {
                    self.state = LoopState::Reporting(pod);
                    self.write_condition(env, requests, pod, patch);
                }
                if let Some(preemption) = preemption {
                    self.preemptions.begin(env, requests, &mut self.scheduler, (pod, preemption));
                }
            }
        }
    }

    fn write_condition<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        pod: PodId,
        patch: StatusPatch,
    ) {
        self.patches.push((pod, patch));
        requests.make(env, Request::PodCondition(pod), job_of(env, pod), rank_of(env, pod));
    }

    /// Applies the write of a Pod's condition. If the Pod is gone, the API server answers NotFound, which the scheduler
    /// ignores.
    pub fn apply_condition<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId) {
        let place = self.patches.iter().position(|(p, _)| *p == pod).expect("a request stands for its patch");
        let (_, StatusPatch { scheduled, nominated }) = self.patches.remove(place);
        if !env.store.pods[pod].gone {
            let mut after = env.store.placement(pod).clone();
            after.scheduled = scheduled.unwrap_or(after.scheduled);
            after.nominated = nominated.unwrap_or(after.nominated);
            if after != *env.store.placement(pod) {
                env.store.update_placement(pod, |placement| *placement = after);
            }
        }
        if self.state == LoopState::Reporting(pod) {
            match env.immediate {
                true => env.schedule_after(SimDuration::TICK, Event::ConditionAnswer),
                false => self.state = LoopState::Idle,
            }
        }
    }

    /// The write of a Pod's condition is answered.
    pub fn condition_answered(&mut self) {
        assert!(matches!(self.state, LoopState::Reporting(_)), "the loop waits for this answer");
        self.state = LoopState::Idle;
    }

    /// Applies the binding of a Pod; `false` if it is refused, because the Pod is gone or being deleted.
    pub fn apply_binding<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        kubelets: &mut Kubelets,
        pod: PodId,
    ) -> bool {
        let place = self.bindings.iter().position(|b| b.0 == pod).expect("a request stands for its binding");
        let (_, node, version) = self.bindings.swap_remove(place);
        let Some(refusal) = binding_refusal(env, pod) else {
            kubelets.bind_to(env, pod, node);
            if env.config.has_pod_events {
                let (name, node) = (pod_name(env, pod), &env.store.nodes[node].node.name);
                let message = format!("Successfully assigned {name} to {node}");
                self.emit(env, (pod, version), KubeEvent { warning: false, reason: "Scheduled", message });
            }
            return true;
        };
        let error = format!("running Bind plugin \"DefaultBinder\": {refusal}");
        let failure = self.scheduler.binding_failed(pod, &error, env.now());
        self.emit(env, (pod, failure.version), failed_scheduling(error));
        if let Some(patch) = failure.patch {
            self.write_condition(env, requests, pod, patch);
        }
        false
    }

    /// Sends an Event about this version of a Pod.
    pub fn emit<W: Workload>(&mut self, env: &mut Env<W>, pod: (PodId, u64), event: KubeEvent) {
        self.events.emit(env, pod, event);
    }
}

/// Why the API server refuses to bind a Pod; `None` if it does not.
fn binding_refusal<W>(env: &Env<W>, pod: PodId) -> Option<String> {
    let stored = &env.store.pods[pod];
    let name = || pod_name(env, pod);
    match (stored.gone, stored.pod.deleting(), stored.pod.bound) {
        (true, ..) => Some(format!("pods {:?} not found", name())),
        (_, true, _) => {
            let name = name();
            Some(conflict(&name, &format!("pod {name} is being deleted, cannot be assigned to a host")))
        }
        (_, _, true) => Some(conflict(&name(), &format!("pod {} is already assigned to a node", name()))),
        _ => None,
    }
}

fn conflict(name: &str, why: &str) -> String {
    format!("Operation cannot be fulfilled on pods/binding {name:?}: {why}")
}

fn failed_scheduling(message: String) -> KubeEvent {
    KubeEvent { warning: true, reason: "FailedScheduling", message }
}

/// The Job of a Pod; `None` once the Job is gone.
pub(super) fn job_of<W>(env: &Env<W>, pod: PodId) -> Option<crate::id::JobId> {
    Some(env.store.pods[pod].job)
}

/// The rank of a request about a Pod among those of its instant.
pub(super) fn rank_of<W>(env: &Env<W>, pod: PodId) -> RequestRank {
    let job = env.store.pods[pod].job;
    (false, env.store.jobs[job].order, env.store.number_of(pod))
}
