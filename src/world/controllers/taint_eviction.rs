//! The taint eviction controller: deletes Pods from nodes with NoExecute taints that they do not tolerate, or no longer
//! tolerate. It sets no taints: the node lifecycle controller and users do.
//!
//! Source: `pkg/controller/tainteviction/taint_eviction.go` and `timed_workers.go`. An eviction that has begun is
//! always completed; only one that waits can be cancelled, and an Event reports that. As in the real controller, the
//! Event is also sent if the Pod or its taints disappear while the requests of an eviction that had waited are under
//! way.

use super::node_controllers::{NodesAround, rank_of_pod};
use super::shared_informers::SharedInformers;
use crate::api::{DisruptionReason, Taint, TaintEffect, Toleration};
use crate::id::{NodeId, PodId, Table};
use crate::model::Workload;
use crate::record::{DeletionCause, KubeEvent, Observation};
use crate::time::{SimDuration, SimTime, WholeSecond};
use crate::world::env::Env;
use crate::world::event::{Event, NodeControllerEvent};
use crate::world::nodes::placement::pod_name;
use crate::world::store::Deletion;
use crate::world::wire::object_events::ObjectEventRecorder;
use crate::world::wire::requests::{EvictionCall, Request, WireRequests};
use std::collections::HashMap;

/// How often an eviction is attempted. Source: `retries`.
const TRIES: u8 = 5;
/// How long it waits after a failed attempt. Source: `deletePodHandler`.
const RETRY_AFTER: SimDuration = SimDuration::from_millis(10);

/// How long a Pod may stay on a node with NoExecute taints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stay {
    /// No longer.
    Over,
    /// For this long, from the instant at which the taints were seen.
    For(SimDuration),
    /// For ever.
    ForEver,
}

/// How long a Pod with these tolerations may stay on a node with these taints, all of which are NoExecute.
#[doc(alias = "GetMatchingTolerations")]
#[doc(alias = "getMinTolerationTime")]
fn stay(taints: &[Taint], tolerations: &[Toleration]) -> Stay {
    let mut seconds: Option<i64> = None;
    for taint in taints {
        let Some(toleration) = tolerations.iter().find(|t| t.tolerates(taint)) else { return Stay::Over };
        if let Some(given) = toleration.seconds {
            seconds = Some(seconds.map_or(given, |least| least.min(given)));
        }
    }
    match seconds {
        None => Stay::ForEver,
        Some(seconds) if seconds <= 0 => Stay::Over,
        Some(seconds) => Stay::For(SimDuration::from_secs(seconds)),
    }
}

/// An eviction that waits, or whose requests are under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimedWork {
    /// It was due at once, and cannot be cancelled.
    AtOnce,
    /// It waits from one instant until another. The entry remains while its requests are under way.
    Waits { since: SimTime, until: SimTime, has_begun: bool },
}

/// An eviction whose requests are under way.
#[derive(Clone, Copy, Debug)]
struct EvictionRun {
    pod: PodId,
    tries: u8,
    /// Its next step.
    next: EvictionStep,
    /// The instant of its pending event, if it has one.
    wakes: Option<SimTime>,
}

/// The next step of an eviction, taken when its last request is answered.
#[derive(Clone, Copy, Debug)]
enum EvictionStep {
    /// It reads the Pod.
    Get,
    /// It gives the Pod the condition DisruptionTarget. If the Pod had that condition, this is when it began.
    Patch(Option<WholeSecond>),
    /// It deletes the Pod.
    Delete,
    /// A request has failed: it waits before the next attempt.
    Wait,
    /// It is done.
    End,
}

/// The taint eviction controller.
#[derive(Debug, Default)]
pub(in crate::world) struct TaintEviction {
    /// The NoExecute taints of nodes, as last seen.
    tainted: Table<NodeId, Vec<Taint>>,
    work: HashMap<PodId, TimedWork>,
    /// Evictions whose requests are under way, by place.
    runs: Vec<Option<EvictionRun>>,
    /// The times that patches under way give the condition, by place of the eviction.
    stamps: Vec<WholeSecond>,
    events: ObjectEventRecorder<PodId>,
}

impl TaintEviction {
    /// Forgets everything, as a restart of the controller does.
    pub fn clear(&mut self) {
        let TaintEviction { tainted, work, runs, stamps, events } = self;
        tainted.clear();
        work.clear();
        runs.clear();
        stamps.clear();
        events.clear();
    }

    /// Whether it still has work to do about a Pod.
    pub fn has(&self, pod: PodId) -> bool {
        self.runs.iter().flatten().any(|run| run.pod == pod)
    }

    /// A node was added or has changed.
    #[doc(alias = "handleNodeUpdate")]
    pub fn node_changed<W: Workload>(
        &mut self,
        (env, requests): (&mut Env<W>, &mut WireRequests),
        informers: &SharedInformers,
        id: NodeId,
    ) {
        let Some(observed) = informers.node(id) else { return };
        let is_hard = |taint: &&Taint| taint.effect == TaintEffect::NoExecute;
        let known = self.tainted.reach(id);
        if observed.node.taints.iter().filter(is_hard).eq(known.iter()) {
            return;
        }
        *known = observed.node.taints.iter().filter(is_hard).cloned().collect();
        let is_free = known.is_empty();
        for pod in informers.pods_in_order(env, id) {
            match is_free {
                true => self.cancel(env, pod),
                false => self.look_at(env, requests, informers, pod),
            }
        }
    }

    /// A node is gone. Evictions that wait are not cancelled.
    pub fn node_gone(&mut self, id: NodeId) {
        self.tainted.reach(id).clear();
    }

    /// A Pod is bound, or its tolerations have changed.
    #[doc(alias = "handlePodUpdate")]
    pub fn pod_changed<W: Workload>(
        &mut self,
        (env, requests): (&mut Env<W>, &mut WireRequests),
        informers: &SharedInformers,
        id: PodId,
    ) {
        self.look_at(env, requests, informers, id);
    }

    /// A Pod is gone.
    pub fn pod_gone<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        self.cancel(env, id);
        self.events.forget(id);
    }

    /// Cancels the eviction of a Pod; an Event reports it if the eviction had waited.
    #[doc(alias = "cancelWorkWithEvent")]
    fn cancel<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId) {
        if let Some(TimedWork::Waits { .. }) = self.work.remove(&pod) {
            self.emit(env, pod, "Cancelling deletion of");
        }
    }

    /// Decides about a Pod on a node with NoExecute taints: evict it now, later, or never.
    #[doc(alias = "processPodOnNode")]
    fn look_at<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        informers: &SharedInformers,
        id: PodId,
    ) {
        let Some(pod) = informers.pod(id) else { return };
        let Some(taints) = pod.node.and_then(|node| self.tainted.get(node)).filter(|taints| !taints.is_empty()) else {
            return;
        };
        let now = env.now();
        match stay(taints, &env.store.pod_specs[pod.spec].tolerations) {
            Stay::Over => {
                self.cancel(env, id);
                self.work.insert(id, TimedWork::AtOnce);
                self.begin(env, requests, id);
            }
            Stay::ForEver => self.cancel(env, id),
            Stay::For(span) => {
                match self.work.get(&id) {
                    Some(TimedWork::AtOnce) => return,
                    // An eviction that began to wait earlier keeps its time, even if the tolerations have changed.
                    Some(&TimedWork::Waits { since, .. }) if since < now => return,
                    Some(_) => self.cancel(env, id),
                    None => {}
                }
                let until = now + span;
                self.work.insert(id, TimedWork::Waits { since: now, until, has_begun: false });
                env.schedule_at(until, Event::NodeControllers(NodeControllerEvent::EvictionDue(id)));
            }
        }
    }

    /// Begins an eviction that has waited, unless it was cancelled.
    pub fn due<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, pod: PodId) {
        if let Some(TimedWork::Waits { until, has_begun, .. }) = self.work.get_mut(&pod)
            && *until == env.now()
            && !*has_begun
        {
            *has_begun = true;
            self.begin(env, requests, pod);
        }
    }

    fn begin<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, pod: PodId) {
        self.emit(env, pod, "Marking for deletion");
        let place = self.runs.iter().position(Option::is_none).unwrap_or_else(|| {
            self.runs.push(None);
            self.stamps.push(WholeSecond::default());
            self.runs.len() - 1
        });
        self.runs[place] = Some(EvictionRun { pod, tries: 0, next: EvictionStep::Get, wakes: None });
        self.go_on(env, requests, place);
    }

    /// Continues an eviction, if this is its pending event.
    pub fn wake<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, place: u32) {
        let place = place as usize;
        if let Some(Some(run)) = self.runs.get_mut(place)
            && run.wakes == Some(env.now())
        {
            run.wakes = None;
            self.go_on(env, requests, place);
        }
    }

    /// Takes the next step of an eviction, whose last request is answered.
    fn go_on<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, place: usize) {
        let run = self.runs[place].as_mut().expect("an eviction under way has its place");
        let pod = run.pod;
        let call = match run.next {
            EvictionStep::Get => EvictionCall::Get,
            EvictionStep::Patch(since) => {
                self.stamps[place] = since.unwrap_or(env.controllers_now().into());
                EvictionCall::Patch
            }
            EvictionStep::Delete => EvictionCall::Delete,
            EvictionStep::Wait => {
                run.tries += 1;
                run.next = if run.tries < TRIES { EvictionStep::Get } else { EvictionStep::End };
                return plan(env, run, place, RETRY_AFTER);
            }
            EvictionStep::End => {
                self.work.remove(&pod);
                self.runs[place] = None;
                return;
            }
        };
        requests.make(env, Request::Evict(place as u32, call), Some(env.store.pods[pod].job), rank_of_pod(env, pod));
    }

    /// Applies a request of an eviction.
    pub fn apply<W: Workload>(&mut self, around: NodesAround<'_, W>, (place, call): (u32, EvictionCall)) {
        let NodesAround { env, requests, nodes } = around;
        let place = place as usize;
        let run = self.runs[place].as_mut().expect("a request stands for an eviction under way");
        let pod = run.pod;
        let is_gone = env.store.pods[pod].gone;
        run.next = match call {
            _ if is_gone => EvictionStep::Wait,
            EvictionCall::Get => {
                let placement = env.store.placement(pod);
                match placement.disruption {
                    Some(DisruptionReason::TaintManager) => EvictionStep::Delete,
                    other => EvictionStep::Patch(other.map(|_| placement.disrupted_at)),
                }
            }
            EvictionCall::Patch => {
                env.store.mark_disrupted(pod, DisruptionReason::TaintManager, self.stamps[place]);
                EvictionStep::Delete
            }
            EvictionCall::Delete => {
                let deletion = nodes.delete_pod(env, pod, DeletionCause::Disrupted);
                assert_ne!(deletion, Deletion::NotFound, "the Pod is there");
                EvictionStep::End
            }
        };
        match env.immediate {
            true => plan(env, run, place, SimDuration::TICK),
            false => self.go_on(env, requests, place),
        }
    }

    fn emit<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId, what: &str) {
        let message = format!("{what} Pod {}", pod_name(env, pod));
        let event = KubeEvent { warning: false, reason: "TaintManagerEviction", message };
        if self.events.enter(pod, &event, env.now()) {
            env.log.push(Observation::PodEvent(pod, Box::new(event)));
        }
    }
}

fn plan<W: Workload>(env: &mut Env<W>, run: &mut EvictionRun, place: usize, after: SimDuration) {
    run.wakes = Some(env.now() + after);
    env.schedule_after(after, Event::NodeControllers(NodeControllerEvent::EvictionGoesOn(place as u32)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::TolerationOperator;
    use crate::model::NoPods;
    use crate::world::{Config, World};

    #[test]
    fn an_eviction_is_given_up_after_five_attempts() {
        let mut world = World::new(Config::default(), NoPods);
        let run = EvictionRun { pod: PodId(0), tries: 0, next: EvictionStep::Get, wakes: None };
        let mut evictions = TaintEviction { runs: vec![Some(run)], ..TaintEviction::default() };
        for attempt in 1..=TRIES {
            // The answer to an attempt whose Pod is gone.
            evictions.runs[0].as_mut().expect("it is under way").next = EvictionStep::Wait;
            evictions.go_on(&mut world.env, &mut WireRequests::default(), 0);
            let next = evictions.runs[0].expect("it is under way").next;
            match attempt {
                TRIES => assert!(matches!(next, EvictionStep::End), "{next:?} after attempt {attempt}"),
                _ => assert!(matches!(next, EvictionStep::Get), "{next:?} after attempt {attempt}"),
            }
        }
    }

    #[test]
    fn the_shortest_toleration_that_is_used_decides() {
        let taint = |key: &str| Taint::new(key, TaintEffect::NoExecute);
        let toleration = |key: &str, seconds| Toleration {
            key: key.into(),
            operator: TolerationOperator::Exists,
            value: String::new(),
            effect: None,
            seconds,
        };
        let span = |secs| Stay::For(SimDuration::from_secs(secs));
        let (a, b) = (|seconds| toleration("a", seconds), |seconds| toleration("b", seconds));
        for (taints, tolerations, expected) in [
            (vec!["a"], vec![], Stay::Over),
            (vec!["a"], vec![b(None)], Stay::Over),
            (vec!["a"], vec![a(None)], Stay::ForEver),
            (vec!["a"], vec![a(Some(0))], Stay::Over),
            (vec!["a"], vec![a(Some(-3)), b(Some(9))], Stay::Over),
            (vec!["a"], vec![a(Some(9)), b(Some(4))], span(9)),
            (vec!["a", "b"], vec![a(Some(9)), b(Some(4))], span(4)),
            (vec!["a", "b"], vec![a(Some(9)), b(None)], span(9)),
            (vec!["a", "b"], vec![a(Some(9))], Stay::Over),
            // Of several tolerations of a taint, the first counts.
            (vec!["a"], vec![a(Some(9)), a(Some(4))], span(9)),
        ] {
            let taints: Vec<Taint> = taints.into_iter().map(taint).collect();
            assert_eq!(stay(&taints, &tolerations), expected, "{taints:?} {tolerations:?}");
        }
    }
}
