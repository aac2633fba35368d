//! Preemptions under way: the requests by which the scheduler makes room for a Pod. First, Pods of lower priority lose
//! their nomination, one after the other; then all victims but the last are patched and deleted in parallel; then the
//! last. Which Pods are victims is decided in [`crate::scheduler`].
//!
//! Source: `pkg/scheduler/framework/preemption/executor.go`, `prepareCandidateAsync`.

use super::placement::pod_name;
use super::scheduler_process::{job_of, rank_of};
use crate::api::DisruptionReason;
use crate::id::{NodeId, PodId};
use crate::model::Workload;
use crate::record::KubeEvent;
use crate::scheduler::{Preemption, Scheduler};
use crate::time::WholeSecond;
use crate::world::env::Env;
use crate::world::wire::requests::{PreemptionCall, Request, WireRequests};

/// The preemptions under way, by place.
#[derive(Debug, Default)]
pub(in crate::world) struct Preemptions {
    under_way: Vec<Option<PreemptionUnderWay>>,
}

/// A preemption under way.
#[derive(Debug)]
struct PreemptionUnderWay {
    preemptor: PodId,
    node: NodeId,
    /// Pods that are still to lose their nomination; the last element is the next.
    nominated: Vec<PodId>,
    victims: Vec<Victim>,
    /// How many victims have been processed.
    done: usize,
}

/// A Pod to preempt, as the scheduler knew it when it decided.
#[derive(Clone, Copy, Debug)]
struct Victim {
    pod: PodId,
    version: u64,
    /// Whether it already had the condition DisruptionTarget with this reason.
    is_marked: bool,
    /// Since when it has had the condition DisruptionTarget, with whatever reason, if it has it.
    marked_at: Option<WholeSecond>,
    /// The time that the patch gives the condition.
    stamp: WholeSecond,
}

impl Preemptions {
    /// Whether a preemption under way involves a Pod.
    pub fn have(&self, pod: PodId) -> bool {
        self.under_way.iter().flatten().any(|preemption| {
            let is_victim = preemption.victims.iter().any(|victim| victim.pod == pod);
            preemption.preemptor == pod || preemption.nominated.contains(&pod) || is_victim
        })
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.under_way.clear();
    }

    /// Begins a preemption.
    pub fn begin<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        scheduler: &mut Scheduler,
        (preemptor, preemption): (PodId, Preemption),
    ) {
        let cached = |pod: PodId| scheduler.cache.pod(pod).expect("the cache holds the Pods that it names");
        let is_written = |pod: &PodId| cached(*pod).placement.nominated.is_some();
        let mut nominated: Vec<PodId> = preemption.lower_nominated.into_iter().filter(is_written).collect();
        nominated.reverse();
        let victim = |pod: PodId| {
            let seen = cached(pod);
            let placement = &seen.placement;
            Victim {
                pod,
                version: seen.version,
                is_marked: placement.disruption == Some(DisruptionReason::Preemption),
                marked_at: placement.disruption.map(|_| placement.disrupted_at),
                stamp: WholeSecond::default(),
            }
        };
        let victims = preemption.victims.into_iter().map(victim).collect();
        let place = self.under_way.iter().position(Option::is_none).unwrap_or_else(|| {
            self.under_way.push(None);
            self.under_way.len() - 1
        });
        self.under_way[place] =
            Some(PreemptionUnderWay { preemptor, node: preemption.node, nominated, victims, done: 0 });
        self.go_on(env, requests, scheduler, place as u32);
    }

    fn of(&mut self, place: u32) -> &mut PreemptionUnderWay {
        self.under_way[place as usize].as_mut().expect("a request stands for a preemption under way")
    }

    /// Makes the next requests, if none is under way.
    fn go_on<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        scheduler: &mut Scheduler,
        place: u32,
    ) {
        let preemption = self.of(place);
        if let Some(&pod) = preemption.nominated.last() {
            let request = Request::Preempt(place, pod, PreemptionCall::ClearNomination);
            return requests.make(env, request, job_of(env, pod), rank_of(env, pod));
        }
        let (all, preemptor) = (preemption.victims.len(), preemption.preemptor);
        match preemption.done {
            done if done == all => {
                self.under_way[place as usize] = None;
                scheduler.preemption_ended(preemptor);
            }
            done if done == all - 1 => {
                scheduler.last_victim(preemptor, preemption.victims[done].pod);
                self.ask_to_go(env, requests, (place, done));
            }
            0 => (0..all - 1).for_each(|n| self.ask_to_go(env, requests, (place, n))),
            // Requests about other victims are still under way.
            _ => {}
        }
    }

    /// Makes the first request about a victim: the patch of its condition or, if it has the condition already, its
    /// deletion.
    fn ask_to_go<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, (place, n): (u32, usize)) {
        let now = env.now();
        let victim = &mut self.of(place).victims[n];
        victim.stamp = victim.marked_at.unwrap_or(now.into());
        let (pod, call) = (victim.pod, if victim.is_marked { PreemptionCall::Delete } else { PreemptionCall::Patch });
        requests.make(env, Request::Preempt(place, pod, call), job_of(env, pod), rank_of(env, pod));
    }

    /// A request about a Pod was applied; `was_gone` if the Pod was not found. Returns the Event to send, if any.
    pub fn answered<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        scheduler: &mut Scheduler,
        (place, pod, call): (u32, PodId, PreemptionCall),
        was_gone: bool,
    ) -> Option<((PodId, u64), KubeEvent)> {
        if call == PreemptionCall::ClearNomination {
            self.of(place).nominated.pop();
            self.go_on(env, requests, scheduler, place);
            return None;
        }
        if call == PreemptionCall::Patch && !was_gone {
            let request = Request::Preempt(place, pod, PreemptionCall::Delete);
            requests.make(env, request, job_of(env, pod), rank_of(env, pod));
            return None;
        }
        let preemption = self.of(place);
        preemption.done += 1;
        let (preemptor, node) = (preemption.preemptor, preemption.node);
        let victim = preemption.victims.iter().find(|v| v.pod == pod).expect("the Pod is a victim");
        let version = victim.version;
        self.go_on(env, requests, scheduler, place);
        let message =
            format!("Preempted by pod {} on node {}", pod_name(env, preemptor), env.store.nodes[node].node.name);
        let event = KubeEvent { warning: false, reason: "Preempted", message };
        (call == PreemptionCall::Delete && !was_gone).then_some(((pod, version), event))
    }

    /// The time that a victim's patch gives the condition.
    pub fn stamp_of(&mut self, place: u32, pod: PodId) -> WholeSecond {
        let victims = &self.of(place).victims;
        victims.iter().find(|v| v.pod == pod).expect("the Pod is a victim").stamp
    }
}
