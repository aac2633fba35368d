//! The end of a scheduling cycle: where the Pod goes, or what to report and do because it goes nowhere.
//!
//! Source: `pkg/scheduler/schedule_one.go`, `schedulingCycle` and `handleSchedulingFailure`.

use super::Scheduler;
use super::cache::WatchedPod;
use super::cycle::{CycleState, best_of, find_feasible};
use super::fit_error::ReasonCounts;
use super::hints::{ClusterEvent, is_worth_requeuing};
use super::plugins::{NodeRefusal, Plugin, PluginSet, Reason};
use super::preemption::{Candidate, Evaluation, Evaluator, lower_nominated};
use super::queue::QueuePlace;
use crate::api::{PodScheduled, UnscheduledReason};
use crate::id::{NodeId, PodId};
use crate::time::SimTime;
use std::sync::Arc;

/// The outcome of a cycle.
#[derive(Debug)]
pub enum CycleOutcome {
    /// The Pod is being deleted: it is not tried. The version of the Pod that was tried.
    SkippedDeleting(u64),
    /// The Pod's binding is under way already.
    SkippedAssumed,
    /// The Pod is to be bound to this node, whose capacity it uses from now on. The version of the Pod that was tried.
    Assumed(NodeId, u64),
    /// No node accepts the Pod.
    Failed(Box<SchedulingFailure>),
}

/// What to report and do about a Pod that was not scheduled.
#[derive(Debug)]
pub struct SchedulingFailure {
    /// For the Pod's condition and Event.
    pub message: Arc<str>,
    /// The version of the Pod that the Event is about.
    pub version: u64,
    /// The request to make, unless it would change nothing.
    pub patch: Option<StatusPatch>,
    /// The Pods to evict.
    pub preemption: Option<Preemption>,
}

/// A patch of a Pod's status.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusPatch {
    /// The condition PodScheduled, if it changes.
    pub scheduled: Option<PodScheduled>,
    /// The nominated node, if it changes.
    pub nominated: Option<Option<NodeId>>,
}

/// Pods that have to leave so that another one fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preemption {
    /// The node that they leave.
    pub node: NodeId,
    /// Pods that lose their nomination to that node.
    pub lower_nominated: Vec<PodId>,
    /// The Pods, the most important first, without those that are being deleted already.
    pub victims: Vec<PodId>,
}

/// What becomes of the nominated node.
#[doc(alias = "NominatingInfo")]
#[derive(Clone, Copy, Debug, PartialEq)]
enum Nomination {
    Keep,
    Set(Option<NodeId>),
}

/// Why a Pod was not scheduled.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FitFailure {
    plugins: PluginSet,
    message: Arc<str>,
    nomination: Nomination,
    candidate: Option<Candidate>,
}

impl Scheduler {
    /// Ends the cycle of the Pod that was taken, based on what the caches show now. `name_of` says how messages name a
    /// Pod.
    pub fn end_cycle(&mut self, now: SimTime, name_of: &dyn Fn(PodId) -> String) -> CycleOutcome {
        let in_flight = self.in_flight.take().expect("a cycle ends that has begun");
        let (id, popped) = (in_flight.pod, in_flight.popped);
        self.queue.remove(id);
        if popped.deleting {
            return CycleOutcome::SkippedDeleting(popped.version);
        }
        if self.cache.pods[id].assumed {
            return CycleOutcome::SkippedAssumed;
        }
        match self.schedule_pod(id, &popped, (now, name_of)) {
            Ok(node) => {
                self.nominator.set(id, None);
                self.cache.put(id, node, true);
                CycleOutcome::Assumed(node, popped.version)
            }
            Err(failure) => {
                let preemption = failure.candidate.as_ref().and_then(|c| self.begin_preemption(id, c));
                let failure = self.fail(id, &popped, failure, (&in_flight.events, now));
                CycleOutcome::Failed(Box::new(SchedulingFailure { preemption, ..failure }))
            }
        }
    }

    /// The node that a Pod goes to.
    #[doc(alias = "schedulePod")]
    fn schedule_pod(
        &mut self,
        id: PodId,
        popped: &WatchedPod,
        (now, name_of): (SimTime, &dyn Fn(PodId) -> String),
    ) -> Result<NodeId, FitFailure> {
        if self.cache.node_list().is_empty() {
            let message = "no nodes available to schedule pods".into();
            let (plugins, nomination) = (PluginSet::default(), Nomination::Set(None));
            return Err(FitFailure { plugins, message, nomination, candidate: None });
        }
        let memo = self.memos.of(self.cache.pods[id].spec, self.cache.node_list().len());
        // What rejected an identical Pod rejects this one too, as long as nothing has changed and no Pod is nominated.
        // Builds with debug assertions search nevertheless, and compare.
        let may_share =
            popped.placement.nominated.is_none() && self.nominator.is_empty() && self.cache.pod(id).is_some();
        let kept = memo.failure(&self.cache).filter(|_| may_share).cloned();
        if let (Some(failure), false) = (&kept, cfg!(debug_assertions)) {
            return Err(failure.clone());
        }
        let state = CycleState::new(&self.cache, id, memo);
        // The node on which the Pod has preempted others is used without checking the rest.
        if let Some(node) = popped.placement.nominated
            && self.cache.node(node).node.is_some()
            && state.filter_with_nominated(&self.cache, &self.nominator, (node, self.cache.node(node))).is_ok()
        {
            return Ok(node);
        }
        let found = find_feasible(&self.cache, &self.nominator, (&state, memo), &mut self.next_start);
        match &found.feasible[..] {
            [] => {
                let failure = self.explain(&state, (&found.refused, found.named_others), (now, name_of));
                assert!(kept.is_none_or(|kept| kept == failure), "what refused a Pod that is alike refuses this one");
                // A search among named nodes also advances the position at which the next one begins.
                let is_of_spec = state.is_local() && failure.candidate.is_none() && found.named_others == 0;
                if may_share && is_of_spec {
                    let spec = self.cache.pods[id].spec;
                    self.memos.of(spec, self.cache.node_list().len()).keep_failure(&self.cache, failure.clone());
                }
                Err(failure)
            }
            [(only, _)] => Ok(*only),
            several => Ok(best_of(&self.cache, &state, memo, several)),
        }
    }

    /// Why no node passed, and whether preemption helps.
    fn explain(
        &self,
        state: &CycleState<'_>,
        (refused, named_others): (&[(NodeId, NodeRefusal)], usize),
        (now, name_of): (SimTime, &dyn Fn(PodId) -> String),
    ) -> FitFailure {
        let mut plugins = PluginSet::default();
        refused.iter().for_each(|(_, refusal)| plugins.insert(refusal.plugin));
        if named_others > 0 {
            plugins.insert(Plugin::NodeAffinity);
        }
        let all = self.cache.node_list().len();
        let evaluator = Evaluator { cache: &self.cache, nominator: &self.nominator, state, now };
        let (said, nomination, candidate) = match evaluator.evaluate(refused) {
            Evaluation::PodGone => (format!("pod {:?} not found", name_of(state.pod)), Nomination::Keep, None),
            Evaluation::NotEligible(why) => (why.to_owned(), Nomination::Keep, None),
            Evaluation::NoCandidate(reasons) => (reasons.message(all), Nomination::Set(None), None),
            Evaluation::Found(candidate) => {
                let name = &self.cache.node(candidate.node).object().name;
                let count = candidate.victims.len();
                let said = format!("found a potential placement for pod on node {name}, preempting {count} victims");
                (said, Nomination::Set(Some(candidate.node)), Some(candidate))
            }
        };
        let mut reasons = ReasonCounts::default();
        refused.iter().flat_map(|(_, r)| &r.reasons).for_each(|reason| reasons.add(reason, 1));
        reasons.add(&Reason::NamedNodes, named_others);
        let message = format!("{} preemption: {said}", reasons.message(all)).into();
        FitFailure { plugins, message, nomination, candidate }
    }

    /// Marks the Pod as preempting, if any Pod has to leave.
    #[doc(alias = "prepareCandidateAsync")]
    fn begin_preemption(&mut self, id: PodId, candidate: &Candidate) -> Option<Preemption> {
        let is_deleting = |pod: &PodId| self.cache.pod(*pod).is_some_and(|p| p.deleting);
        let victims: Vec<PodId> = candidate.victims.iter().filter(|pod| !is_deleting(pod)).copied().collect();
        if victims.is_empty() {
            return None;
        }
        let node = candidate.node;
        let lower_nominated = lower_nominated(&self.cache, &self.nominator, node, self.cache.spec_of(id));
        self.preempting.push((id, None));
        Some(Preemption { node, lower_nominated, victims })
    }

    /// Puts a Pod back that was not scheduled, and returns what to report.
    #[doc(alias = "handleSchedulingFailure")]
    fn fail(
        &mut self,
        id: PodId,
        popped: &WatchedPod,
        failure: FitFailure,
        (events, now): (&[ClusterEvent], SimTime),
    ) -> SchedulingFailure {
        let current = self.cache.pod(id).filter(|pod| pod.placement.node.is_none()).cloned();
        if current.is_some() {
            self.queue.count_failure(id, failure.plugins, now);
            let (spec, index) = (self.shared_spec(id), self.cache.pods[id].index);
            let helps = |event| is_worth_requeuing(failure.plugins, (&spec, index), event);
            if failure.plugins.is_empty() || events.iter().any(helps) {
                self.requeue(id, now);
            } else {
                self.queue.pod_mut(id).gate = None;
                self.queue.make_unschedulable(id);
            }
        }
        let pod = current.as_ref().unwrap_or(popped);
        let nominated = match failure.nomination {
            Nomination::Keep => pod.placement.nominated,
            Nomination::Set(node) => node,
        };
        self.nominator.set(id, nominated.filter(|_| current.is_some()));
        let message = failure.message;
        let patch = status_patch(pod, UnscheduledReason::Unschedulable, &message, (nominated, now));
        SchedulingFailure { message, version: pod.version, patch, preemption: None }
    }

    /// The binding of a Pod was refused, with this error.
    #[doc(alias = "handleBindingCycleError")]
    pub fn binding_failed(&mut self, id: PodId, error: &str, now: SimTime) -> SchedulingFailure {
        if self.cache.pods[id].assumed {
            self.cache.take(id);
            let event = ClusterEvent::AssignedPodDelete(self.shared_spec(id), self.cache.pods[id].index);
            self.move_all(event, None, now);
        }
        let current = self.cache.pod(id).filter(|pod| pod.placement.node.is_none()).cloned();
        // A Pod whose deletion was seen meanwhile may have been queued again by a later change.
        let is_idle = self.queue.pod(id).is_some_and(|pod| pod.place == QueuePlace::None);
        if current.is_some() && is_idle {
            self.queue.count_failure(id, PluginSet::default(), now);
            self.requeue(id, now);
        }
        self.nominator.set(id, None);
        let message: Arc<str> = error.into();
        let patch = current.as_ref();
        let patch = patch.and_then(|pod| status_patch(pod, UnscheduledReason::SchedulerError, &message, (None, now)));
        let version = current.map_or(0, |pod| pod.version);
        SchedulingFailure { message, version, patch, preemption: None }
    }
}

/// What a patch of the status would change, by what the scheduler knows of it.
#[doc(alias = "updatePod")]
fn status_patch(
    pod: &WatchedPod,
    reason: UnscheduledReason,
    message: &Arc<str>,
    (nominated, now): (Option<NodeId>, SimTime),
) -> Option<StatusPatch> {
    let before = &pod.placement.scheduled;
    let since = match before {
        PodScheduled::False { since, .. } => *since,
        PodScheduled::Unset | PodScheduled::True => now.into(),
    };
    let scheduled = PodScheduled::False { reason, message: message.clone(), since };
    let scheduled = Some(scheduled).filter(|scheduled| scheduled != before);
    let nominated = Some(nominated).filter(|node| *node != pod.placement.nominated);
    (scheduled.is_some() || nominated.is_some()).then_some(StatusPatch { scheduled, nominated })
}
