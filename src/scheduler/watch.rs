//! How the scheduler reacts to changes that its watches show: it keeps its cache up to date, and moves Pods between the
//! parts of the queue.
//!
//! Source: `pkg/scheduler/eventhandlers.go` and `…/backend/queue/scheduling_queue.go`.

use super::Scheduler;
use super::cache::WatchedPod;
use super::hints::{ClusterEvent, is_worth_requeuing};
use super::queue::{QueueGate, QueuePlace, QueuedPod};
use crate::api::{DEFAULT_SCHEDULER, Node, PodSchedulingSpec};
use crate::id::{NodeId, PodId, PodSpecId, Table};
use crate::time::SimTime;
use std::sync::Arc;

impl Scheduler {
    /// Makes the specs up to this key known, before the first Pod that has it.
    pub fn learn_specs(&mut self, all: &Table<PodSpecId, Arc<PodSchedulingSpec>>, upto: PodSpecId) {
        self.cache.learn_specs(all, upto);
    }

    /// A Pod was created or changed. Finished Pods are not shown to the scheduler, which considers them gone.
    pub fn pod_changed(&mut self, id: PodId, pod: WatchedPod, now: SimTime) {
        let entry = self.cache.entry(id);
        (entry.spec, entry.index) = (pod.placement.spec, pod.index);
        let (node, deleting) = (pod.placement.node, pod.deleting);
        let before = entry.seen.replace(pod);
        match before {
            None if node.is_none() => self.add_to_queue(id, now),
            None => self.pod_assigned(id, true, now),
            Some(before) if before.placement.node.is_some() => {
                // A Pod that changes goes to the end of its node's list; one that is being deleted does not count where Pods
                // are spread.
                self.cache.move_to_end(id, before.deleting != deleting);
            }
            Some(before) if node.is_some() => {
                self.pod_assigned(id, before.deleting != deleting, now);
                self.nominator.set(id, None);
                self.queue.delete(id);
            }
            Some(before) => {
                let pod = self.cache.pod(id).expect("it was just seen").clone();
                self.waiting_pod_changed(id, &before, &pod, now);
            }
        }
    }

    /// The binding of a Pod is seen, and perhaps more of it.
    #[doc(alias = "addAssignedPodToCache")]
    fn pod_assigned(&mut self, id: PodId, has_changed: bool, now: SimTime) {
        let node = self.cache.pod(id).and_then(|p| p.placement.node).expect("the Pod is bound");
        match self.cache.pods[id].on == Some(node) {
            true => self.cache.move_to_end(id, has_changed),
            false => {
                self.cache.take(id);
                self.cache.put(id, node, false);
            }
        }
        let event = ClusterEvent::AssignedPodAdd(self.shared_spec(id), self.cache.pods[id].index);
        self.move_all(event, None, now);
    }

    /// A Pod that is not bound changed.
    #[doc(alias = "updatePodInSchedulingQueue")]
    fn waiting_pod_changed(&mut self, id: PodId, before: &WatchedPod, pod: &WatchedPod, now: SimTime) {
        if before.version == pod.version {
            return;
        }
        if self.cache.pods[id].assumed {
            // Its binding will be refused, so its capacity is free from now on.
            if pod.deleting && !before.deleting {
                self.assumed_pod_deleted(id, now);
            }
            return;
        }
        self.update_queued(id, before, pod, now);
        if before.placement.nominated.is_some() && before.placement.nominated != pod.placement.nominated {
            // Other Pods had to fit together with it on the node to which it was nominated.
            self.nomination_ended(id, now);
        }
    }

    /// The queue's copy of a Pod changes.
    #[doc(alias = "Update")]
    fn update_queued(&mut self, id: PodId, before: &WatchedPod, pod: &WatchedPod, now: SimTime) {
        match self.queue.pod(id).map_or(QueuePlace::None, |queued| queued.place) {
            QueuePlace::InFlight => return,
            QueuePlace::None => return self.add_to_queue(id, now),
            _ => {}
        }
        // A nomination that exists only in memory so far is kept.
        let nominated = match (before.placement.nominated, pod.placement.nominated) {
            (None, None) => self.nominator.node_of(id),
            (_, now) => now,
        };
        self.nominator.set(id, nominated);
        if before.placement.is_gated && !pod.placement.is_gated {
            self.requeue(id, now);
        }
    }

    /// A Pod that is not bound enters the queue.
    #[doc(alias = "addPod")]
    fn add_to_queue(&mut self, id: PodId, now: SimTime) {
        let spec = self.cache.spec_of(id);
        // Pods of another scheduler, and Pods that name their node, wait for nothing here.
        if spec.scheduler_name != DEFAULT_SCHEDULER {
            return;
        }
        let (spec_id, priority) = (self.cache.pods[id].spec, spec.priority);
        let nominated = self.cache.pod(id).and_then(|p| p.placement.nominated);
        self.nominator.set(id, nominated);
        *self.queue.pod_mut(id) = QueuedPod::new(now, spec_id, priority);
        self.requeue(id, now);
    }

    /// A Pod is gone, or has finished.
    pub fn pod_gone(&mut self, id: PodId, now: SimTime) {
        let Some(before) = self.cache.entry(id).seen.take() else { return };
        if before.placement.node.is_some() {
            self.cache.take(id);
            let event = ClusterEvent::AssignedPodDelete(self.shared_spec(id), before.index);
            return self.move_all(event, None, now);
        }
        self.nominator.set(id, None);
        self.queue.delete(id);
        if self.cache.pods[id].assumed {
            self.assumed_pod_deleted(id, now);
        } else if before.placement.nominated.is_some() {
            self.nomination_ended(id, now);
        }
    }

    /// A Pod whose binding is under way is being deleted, or gone.
    #[doc(alias = "handleAssumedPodDeletion")]
    fn assumed_pod_deleted(&mut self, id: PodId, now: SimTime) {
        self.cache.take(id);
        let event = ClusterEvent::AssignedPodDelete(self.shared_spec(id), self.cache.pods[id].index);
        self.move_all(event, None, now);
    }

    /// A Pod is no longer expected on a node. That helps only Pods that had to fit together with it: those whose
    /// priority is not higher.
    #[doc(alias = "getLEPriorityPreCheck")]
    fn nomination_ended(&mut self, id: PodId, now: SimTime) {
        let most = self.cache.spec_of(id).priority;
        let event = ClusterEvent::AssignedPodDelete(self.shared_spec(id), self.cache.pods[id].index);
        self.move_all(event, Some(most), now);
    }

    /// A node joined or changed.
    pub fn node_changed(&mut self, id: NodeId, node: &Arc<Node>, now: SimTime) {
        let event = match self.cache.set_node(id, node.clone()) {
            None => ClusterEvent::NodeAdd(node.clone()),
            Some(before) => ClusterEvent::NodeUpdate(before, node.clone()),
        };
        self.move_all(event, None, now);
    }

    /// A node left.
    pub fn node_gone(&mut self, id: NodeId, now: SimTime) {
        if let Some(before) = self.cache.remove_node(id) {
            self.move_all(ClusterEvent::NodeDelete(before), None, now);
        }
    }

    /// The back-off of Pods is over at a whole second.
    pub fn flush_backoff(&mut self, now: SimTime) {
        self.queue.flush_backoff(now);
    }

    /// Pods that have not been woken for too long are tried again.
    pub fn flush_unschedulable(&mut self, now: SimTime) {
        for id in self.queue.left_over(now) {
            self.requeue(id, now);
        }
    }

    pub(super) fn shared_spec(&self, id: PodId) -> Arc<PodSchedulingSpec> {
        self.cache.specs[self.cache.pods[id].spec].clone()
    }

    /// Moves the Pods that a change may help; with `most`, only those up to this priority.
    #[doc(alias = "MoveAllToActiveOrBackoffQueue")]
    pub(super) fn move_all(&mut self, event: ClusterEvent, most: Option<i32>, now: SimTime) {
        let mut woken = Vec::new();
        for ((spec_id, plugins), pods) in self.queue.unschedulable_groups() {
            let spec = &self.cache.specs[spec_id];
            if most.is_some_and(|most| spec.priority > most) {
                continue;
            }
            // Identical Pods are helped alike, unless the change depends on completion indexes.
            let reads_index = event_reads_index(&event);
            let mut helps = None;
            for &id in pods {
                let is_open = match self.queue.pods[id].gate {
                    None => true,
                    Some(QueueGate::SchedulingGates) => false,
                    // Pods that wait for victims are considered when a Pod leaves.
                    Some(QueueGate::Preemption) => matches!(event, ClusterEvent::AssignedPodDelete(..)),
                };
                let index = self.cache.pods[id].index;
                let ask = || is_worth_requeuing(plugins, (spec, index), &event);
                let helps = if reads_index { ask() } else { *helps.get_or_insert_with(ask) };
                if is_open && helps {
                    woken.push(id);
                }
            }
        }
        woken.into_iter().for_each(|id| self.requeue(id, now));
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.events.push(event);
        }
    }

    /// Moves a Pod to where it can be tried, now or after its back-off; a Pod that is blocked keeps waiting.
    #[doc(alias = "requeueEntityWithQueueingStrategy")]
    pub(super) fn requeue(&mut self, id: PodId, now: SimTime) {
        let is_gated = self.cache.pod(id).is_some_and(|pod| pod.placement.is_gated);
        let gate = match (is_gated, self.is_preempting(id)) {
            (true, _) => Some(QueueGate::SchedulingGates),
            (false, true) => Some(QueueGate::Preemption),
            (false, false) => None,
        };
        self.queue.pod_mut(id).gate = gate;
        if gate.is_some() {
            self.queue.make_unschedulable(id);
        } else if self.queue.is_backing_off(id, now) {
            self.queue.back_off(id);
        } else {
            self.queue.make_active(id);
        }
    }
}

/// Whether a Pod that leaves has anti-affinity that depends on completion indexes.
fn event_reads_index(event: &ClusterEvent) -> bool {
    let ClusterEvent::AssignedPodDelete(spec, _) = event else { return false };
    spec.pod_anti_affinity.required.iter().any(|t| t.selector.as_ref().is_some_and(|s| s.reads_index()))
}
