//! Pods whose kubelet has lost the API server, in clusters without nodes: the steps of their lives wait, and a deleted
//! Pod stays Terminating until its kubelet is back or it is deleted without grace. In clusters with nodes this is a
//! state of a node's machine ([`super::machines`]).
//!
//! What the controllers around nodes would do happens here at fixed times. Source: v1.37, the node lifecycle
//! controller's NodeMonitorGracePeriod (50 s) until the node's Pods are marked unready, and the tolerationSeconds of
//! 300 s that the admission plugin DefaultTolerationSeconds gives each Pod, after which the taint manager deletes it.

use super::Nodes;
use super::operations::mark_disrupted;
use crate::api::{DisruptionReason, PodReady};
use crate::id::PodId;
use crate::model::Workload;
use crate::record::DeletionCause;
use crate::time::SimDuration;
use crate::world::env::Env;
use crate::world::event::{Event, UnreachableStep};
use std::collections::HashMap;

/// How long after the last sign of life a node counts as unready. Source: `NodeMonitorGracePeriod`.
const UNREADY_AFTER: SimDuration = SimDuration::from_secs(50);

/// How long Pods tolerate an unreachable node. Source: `defaultUnreachableTolerationSeconds`.
const TOLERATED: SimDuration = SimDuration::from_secs(300);

/// The Pods whose kubelet has lost the API server: the number of the loss, and the events that were due since, in
/// order.
#[derive(Debug, Default)]
pub(in crate::world) struct UnreachablePods {
    pods: HashMap<PodId, (u32, Vec<Event>)>,
    losses: u32,
}

impl UnreachablePods {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.pods.clear();
        self.losses = 0;
    }

    /// Whether a Pod's kubelet has lost the API server.
    #[inline]
    pub fn has(&self, pod: PodId) -> bool {
        !self.pods.is_empty() && self.pods.contains_key(&pod)
    }

    /// Whether a step of a Pod's life must wait until its kubelet is back; if so, the step is kept.
    #[inline]
    pub fn hold_back(&mut self, pod: PodId, event: Event) -> bool {
        if self.pods.is_empty() {
            return false;
        }
        match self.pods.get_mut(&pod) {
            Some((_, waiting)) => {
                waiting.push(event);
                true
            }
            None => false,
        }
    }
}

impl Nodes {
    /// A Pod's kubelet loses the API server, for this long or for ever.
    pub fn lose_pod<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId, lasts: Option<SimDuration>) {
        let lost = &mut self.unreachable;
        lost.losses += 1;
        let loss = lost.losses;
        lost.pods.entry(pod).or_insert((loss, Vec::new())).0 = loss;
        let mut plan = |after, step| env.schedule_after(after, Event::Unreachable(pod, loss, step));
        plan(UNREADY_AFTER, UnreachableStep::Unready);
        plan(UNREADY_AFTER + TOLERATED, UnreachableStep::TaintEviction);
        if let Some(lasts) = lasts {
            plan(lasts, UnreachableStep::Back);
        }
    }

    /// Handles a step of a loss, if that loss still lasts.
    pub fn unreachable_step<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        pod: PodId,
        (loss, step): (u32, UnreachableStep),
    ) {
        let is_same = self.unreachable.pods.get(&pod).is_some_and(|(other, _)| *other == loss);
        if !is_same {
            return;
        }
        let is_unfinished = env.store.pods[pod].is_unfinished();
        match step {
            UnreachableStep::Unready if is_unfinished && env.store.pods[pod].pod.is_ready() => {
                let now = env.now().into();
                env.store.update_pod(pod, |pod| pod.ready = PodReady::False(now));
            }
            UnreachableStep::TaintEviction if is_unfinished && env.store.pods[pod].pod.is_active() => {
                mark_disrupted(env, pod, DisruptionReason::TaintManager);
                self.delete_pod(env, pod, DeletionCause::Disrupted);
            }
            UnreachableStep::Unready | UnreachableStep::TaintEviction => {}
            UnreachableStep::Back => {
                let waiting = self.unreachable.pods.remove(&pod).map_or(Vec::new(), |(_, waiting)| waiting);
                waiting.into_iter().for_each(|event| self.live(env, event));
                self.kubelets.stop_waiting_begins(env, pod);
                self.kubelets.say_ready(env, pod);
            }
        }
    }
}
