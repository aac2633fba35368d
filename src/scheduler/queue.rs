//! The scheduling queue: Pods that can be tried, Pods that wait after a failure, and Pods that wait for a change in the
//! cluster. What a change means for a Pod is decided in [`super::hints`].
//!
//! Source: `pkg/scheduler/backend/queue`. Where Go's heap leaves equal Pods in any order, they are here in the order in
//! which they were added.

use super::plugins::PluginSet;
use crate::id::{Arena, PodId, PodSpecId};
use crate::release::SchedulerParams;
use crate::time::{SimDuration, SimTime};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// Where a Pod is in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum QueuePlace {
    /// Nowhere.
    #[default]
    None,
    /// It can be tried.
    Active,
    /// It waits after a failure; it is tried early if nothing is active.
    Backoff,
    /// It waits after an error; it is never tried early.
    ErrorBackoff,
    /// It waits for a change, or for the end of what blocks it.
    Unschedulable,
    /// It is being tried.
    InFlight,
}

/// What keeps a Pod out of the queue, regardless of changes in the cluster.
#[doc(alias = "GatingPlugin")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueueGate {
    /// It has scheduling gates.
    SchedulingGates,
    /// The Pods that it preempts are not all deleted yet.
    Preemption,
}

/// A Pod of the queue.
#[doc(alias = "QueuedPodInfo")]
#[derive(Clone, Copy, Debug)]
pub(super) struct QueuedPod {
    pub place: QueuePlace,
    /// When it was first seen, or last put back after a failure.
    pub timestamp: SimTime,
    /// How often plugins rejected it.
    pub refused: u32,
    /// How often in a row it failed with an error.
    pub errors: u32,
    /// The plugins that rejected it last.
    pub plugins: PluginSet,
    pub gate: Option<QueueGate>,
    pub spec: PodSpecId,
    pub priority: i32,
    /// When it was last flushed out of the unschedulable Pods; the clock's start if never.
    flushed: SimTime,
    /// Which of its entries in the heaps is valid.
    entry: u64,
}

impl QueuedPod {
    /// A Pod that has not been tried yet, seen at this instant.
    pub fn new(timestamp: SimTime, spec: PodSpecId, priority: i32) -> Self {
        QueuedPod { timestamp, spec, priority, ..QueuedPod::default() }
    }
}

impl Default for QueuedPod {
    fn default() -> Self {
        QueuedPod {
            place: QueuePlace::None,
            timestamp: SimTime::ZERO,
            refused: 0,
            errors: 0,
            plugins: PluginSet::default(),
            gate: None,
            spec: PodSpecId::default(),
            priority: 0,
            flushed: SimTime::ZERO,
            entry: 0,
        }
    }
}

/// The order of active Pods: higher priority first, then the earlier timestamp.
type ActiveOrder = (Reverse<i32>, SimTime, u64);

/// The scheduling queue.
#[derive(Debug)]
pub(super) struct SchedulingQueue {
    pub pods: Arena<PodId, QueuedPod>,
    active: BinaryHeap<Reverse<(ActiveOrder, PodId)>>,
    backoff: BinaryHeap<Reverse<(i64, ActiveOrder, PodId)>>,
    error_backoff: BinaryHeap<Reverse<(i64, ActiveOrder, PodId)>>,
    /// By what determines whether a change helps them.
    unschedulable: BTreeMap<(PodSpecId, PluginSet), BTreeSet<PodId>>,
    entries: u64,
    params: SchedulerParams,
}

impl SchedulingQueue {
    pub fn new(params: &SchedulerParams) -> Self {
        SchedulingQueue {
            pods: Arena::new(),
            active: BinaryHeap::new(),
            backoff: BinaryHeap::new(),
            error_backoff: BinaryHeap::new(),
            unschedulable: BTreeMap::new(),
            entries: 0,
            params: *params,
        }
    }

    /// Empties it for another run with these constants; keeps the memory.
    pub fn reset(&mut self, params: &SchedulerParams) {
        let SchedulingQueue { pods, active, backoff, error_backoff, unschedulable, entries, params: old } = self;
        debug_assert!(unschedulable.values().all(|pods| !pods.is_empty()), "a group of waiting Pods has one");
        pods.clear();
        active.clear();
        backoff.clear();
        error_backoff.clear();
        unschedulable.clear();
        (*entries, *old) = (0, *params);
    }

    /// A Pod's position, and what is known about its attempts.
    pub fn pod(&self, id: PodId) -> Option<&QueuedPod> {
        self.pods.get(id)
    }

    pub fn pod_mut(&mut self, id: PodId) -> &mut QueuedPod {
        self.pods.reach(id)
    }

    /// The second in which a Pod's back-off ends; `None` if it has not failed.
    #[doc(alias = "getBackoffTime")]
    fn backoff_expiry(&self, id: PodId) -> Option<i64> {
        let pod = &self.pods[id];
        let count = if pod.errors > 0 { pod.errors } else { pod.refused };
        let doublings = count.checked_sub(1)?;
        let (first, most) = (self.params.initial_backoff.as_nanos(), self.params.max_backoff.as_nanos());
        let wait = if doublings >= 62 || first > most >> doublings { most } else { first << doublings };
        Some((pod.timestamp + SimDuration::from_nanos(wait)).as_secs())
    }

    /// Whether a Pod's back-off is not over. It lasts to the end of the second in which it expires.
    #[doc(alias = "isEntityBackingoff")]
    pub fn is_backing_off(&self, id: PodId, now: SimTime) -> bool {
        self.backoff_expiry(id).is_some_and(|expiry| expiry >= now.as_secs())
    }

    fn order_of(&self, id: PodId) -> ActiveOrder {
        let pod = &self.pods[id];
        (Reverse(pod.priority), pod.timestamp, pod.entry)
    }

    /// Removes a Pod from where it is.
    pub fn remove(&mut self, id: PodId) {
        let pod = self.pod_mut(id);
        let (place, group) = (pod.place, (pod.spec, pod.plugins));
        // Its entry in a heap stays, but is no longer valid.
        (pod.place, pod.entry) = (QueuePlace::None, 0);
        if place == QueuePlace::Unschedulable {
            let pods = self.unschedulable.get_mut(&group).expect("a Pod that waits is in its group");
            assert!(pods.remove(&id), "a Pod that waits is in its group");
            if pods.is_empty() {
                self.unschedulable.remove(&group);
            }
        }
    }

    /// A Pod has left the cluster, or is bound. A Pod that is being tried stays where it is until its attempt ends.
    #[doc(alias = "deletePod")]
    pub fn delete(&mut self, id: PodId) {
        if self.pods.get(id).is_some_and(|pod| pod.place != QueuePlace::InFlight) {
            self.remove(id);
            assert!(self.pods[id].place == QueuePlace::None, "{id:?} has left the queue");
        }
    }

    fn enter(&mut self, id: PodId, place: QueuePlace) {
        self.remove(id);
        self.entries += 1;
        let pod = &mut self.pods[id];
        assert!(pod.entry == 0, "an entry of {id:?} is still valid");
        (pod.place, pod.entry) = (place, self.entries);
    }

    /// A Pod can be tried.
    pub fn make_active(&mut self, id: PodId) {
        self.enter(id, QueuePlace::Active);
        let order = self.order_of(id);
        self.active.push(Reverse((order, id)));
        debug_assert!(order.2 == self.pods[id].entry && order.2 == self.entries, "the newest entry is that of {id:?}");
    }

    /// A Pod waits after a failure. If no plugin rejected it, the failure was an error.
    pub fn back_off(&mut self, id: PodId) {
        let is_error = self.pods[id].plugins.is_empty();
        let place = if is_error { QueuePlace::ErrorBackoff } else { QueuePlace::Backoff };
        self.enter(id, place);
        let expiry = self.backoff_expiry(id).unwrap_or(i64::MIN);
        let order = self.order_of(id);
        debug_assert!(order.2 == self.entries, "the newest entry is that of {id:?}");
        match is_error {
            true => self.error_backoff.push(Reverse((expiry, order, id))),
            false => self.backoff.push(Reverse((expiry, order, id))),
        }
    }

    /// A Pod waits for a change.
    pub fn make_unschedulable(&mut self, id: PodId) {
        self.enter(id, QueuePlace::Unschedulable);
        let pod = &self.pods[id];
        let is_new = self.unschedulable.entry((pod.spec, pod.plugins)).or_default().insert(id);
        assert!(is_new, "{id:?} waits twice");
    }

    /// Groups of waiting Pods that the same plugins rejected.
    pub fn unschedulable_groups(&self) -> impl Iterator<Item = ((PodSpecId, PluginSet), &BTreeSet<PodId>)> {
        self.unschedulable.iter().map(|(group, pods)| (*group, pods))
    }

    /// Takes the next Pod to try: the first active one, or else the first in back-off, which need not wait while there
    /// is nothing else to do.
    #[doc(alias = "Pop")]
    pub fn pop(&mut self) -> Option<PodId> {
        let id = match self.first_active() {
            Some(id) => {
                self.active.pop();
                id
            }
            None => {
                let id = self.first_in_backoff()?;
                self.backoff.pop();
                id
            }
        };
        let pod = &mut self.pods[id];
        assert!(
            matches!(pod.place, QueuePlace::Active | QueuePlace::Backoff),
            "{id:?} is taken from where it is not: {:?}",
            pod.place
        );
        (pod.place, pod.entry) = (QueuePlace::InFlight, 0);
        Some(id)
    }

    /// Whether a Pod can be taken.
    pub fn is_ready(&mut self) -> bool {
        self.first_active().is_some() || self.first_in_backoff().is_some()
    }

    fn first_active(&mut self) -> Option<PodId> {
        while let Some(&Reverse(((_, _, entry), id))) = self.active.peek() {
            if self.pods[id].entry == entry {
                return Some(id);
            }
            self.active.pop();
        }
        None
    }

    fn first_in_backoff(&mut self) -> Option<PodId> {
        while let Some(&Reverse((_, (_, _, entry), id))) = self.backoff.peek() {
            if self.pods[id].entry == entry {
                return Some(id);
            }
            self.backoff.pop();
        }
        None
    }

    /// Whether Pods wait in back-off, so that time must be watched.
    pub fn has_backoff(&mut self) -> bool {
        while let Some(&Reverse((_, (_, _, entry), id))) = self.error_backoff.peek() {
            if self.pods[id].entry == entry {
                return true;
            }
            self.error_backoff.pop();
        }
        self.first_in_backoff().is_some()
    }

    /// Activates the Pods whose back-off is over.
    #[doc(alias = "flushBackoffQCompleted")]
    pub fn flush_backoff(&mut self, now: SimTime) {
        let mut over = Vec::new();
        for heap in [&mut self.backoff, &mut self.error_backoff] {
            while heap.peek().is_some_and(|Reverse((expiry, ..))| *expiry < now.as_secs()) {
                let Reverse((_, (_, _, entry), id)) = heap.pop().expect("the heap has a first entry");
                if self.pods[id].entry == entry {
                    over.push(id);
                }
            }
        }
        over.into_iter().for_each(|id| self.make_active(id));
    }

    /// Waiting Pods that have not been woken for too long.
    #[doc(alias = "flushUnschedulableEntitiesLeftover")]
    pub fn left_over(&mut self, now: SimTime) -> Vec<PodId> {
        let mut left_over = Vec::new();
        for pods in self.unschedulable.values() {
            for &id in pods {
                let pod = &mut self.pods[id];
                debug_assert!(pod.place == QueuePlace::Unschedulable, "{id:?} waits in a group");
                if now - pod.timestamp.max(pod.flushed) > self.params.max_in_unschedulable {
                    pod.flushed = now;
                    left_over.push(id);
                }
            }
        }
        left_over
    }

    /// Whether Pods wait for a change.
    pub fn has_unschedulable(&self) -> bool {
        !self.unschedulable.is_empty()
    }

    /// A Pod is put back after a failure: plugins rejected it, or none did and it was an error.
    pub fn count_failure(&mut self, id: PodId, plugins: PluginSet, now: SimTime) {
        let pod = self.pod_mut(id);
        assert_ne!(pod.place, QueuePlace::Unschedulable, "a Pod that was tried does not wait");
        pod.plugins = plugins;
        match plugins.is_empty() {
            true => pod.errors += 1,
            false => (pod.refused, pod.errors) = (pod.refused + 1, 0),
        }
        (pod.timestamp, pod.flushed) = (now, SimTime::ZERO);
    }
}
