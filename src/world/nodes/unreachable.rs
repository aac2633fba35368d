//! Pods whose kubelets do not answer, where the cluster has no nodes: what falls due on them waits, and a Pod that is deleted
//! stays Terminating until its kubelet answers again or it is deleted without grace. Where the cluster has nodes the same
//! is said of a node ([`super::machines`]).
//!
//! What the controllers around nodes do then is done here at fixed times. Source: v1.37, the node lifecycle controller's
//! NodeMonitorGracePeriod (50 s) until the node's Pods are marked unready, and the tolerationSeconds of 300 s that the
//! admission plugin DefaultTolerationSeconds gives each Pod, after which the taint manager deletes it.

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

/// Until a node that is not heard of counts as unready. Source: `NodeMonitorGracePeriod`.
const UNREADY_AFTER: SimDuration = SimDuration::from_secs(50);

/// How long Pods tolerate that. Source: `defaultUnreachableTolerationSeconds`.
const TOLERATED: SimDuration = SimDuration::from_secs(300);

/// The Pods whose kubelets do not answer, with what fell due on them, in order, and which loss it is.
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

    /// Whether a Pod's kubelet does not answer.
    #[inline]
    pub fn has(&self, pod: PodId) -> bool {
        !self.pods.is_empty() && self.pods.contains_key(&pod)
    }

    /// Whether a step of a Pod's life waits until its kubelet answers.
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
    /// A Pod's kubelet does not answer any more, for this long or for ever.
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

    /// Something happens to a Pod whose kubelet does not answer, if that is still so.
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
