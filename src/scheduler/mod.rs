//! The scheduler: which node each Pod goes to, which Pods wait and for what, and which have to leave for a more
//! important one. A twin of kube-scheduler with its default profile: the same queue, plugins, scores, hints and
//! preemption.
//!
//! Like the controllers, it performs nothing. [`Scheduler::pop`] begins a cycle, [`Scheduler::end_cycle`] ends it based
//! on what the caches show then, and its [`CycleOutcome`] lists the requests to make. The world decides when they are
//! made, applied and answered.
//!
//! Not here: volumes, resource claims, Pod groups, extenders, PodDisruptionBudgets, several profiles.

mod cache;
mod cycle;
mod decide;
mod diagnose;
mod fit_error;
mod hints;
mod memo;
mod node_tree;
mod nominator;
mod plugins;
mod preemption;
#[cfg(test)]
mod preemption_tests;
mod queue;
mod watch;

pub use cache::{NodeInfo, SchedulerCache, WatchedPod};
pub use decide::{CycleOutcome, Preemption, SchedulingFailure, StatusPatch};
pub use plugins::{NodeRefusal, Plugin, Reason};

use crate::id::PodId;
use crate::release::{MODELLED, SchedulerParams};
use hints::ClusterEvent;
use memo::Memos;
use nominator::Nominator;
use queue::SchedulingQueue;

/// The scheduler.
#[derive(Debug)]
pub struct Scheduler {
    /// What its watches have shown, and what it has decided.
    pub cache: SchedulerCache,
    queue: SchedulingQueue,
    nominator: Nominator,
    memos: Memos,
    /// The Pod that is being tried.
    in_flight: Option<InFlight>,
    /// Pods whose victims are being patched and deleted, each with the last victim once that one is next.
    preempting: Vec<(PodId, Option<PodId>)>,
    /// The position in the list of nodes at which the next search begins.
    next_start: usize,
}

/// A Pod that is being tried.
#[derive(Debug)]
struct InFlight {
    pod: PodId,
    /// As it was when it was taken.
    popped: WatchedPod,
    /// What has changed in the cluster since.
    events: Vec<ClusterEvent>,
}

impl Default for Scheduler {
    fn default() -> Self {
        Scheduler {
            cache: SchedulerCache::default(),
            queue: SchedulingQueue::new(&MODELLED.scheduler),
            nominator: Nominator::default(),
            memos: Memos::default(),
            in_flight: None,
            preempting: Vec::new(),
            next_start: 0,
        }
    }
}

impl Scheduler {
    /// Empties it for another run with these constants; keeps the memory.
    pub fn reset(&mut self, params: &SchedulerParams) {
        let Scheduler { cache, queue, nominator, memos, in_flight, preempting, next_start } = self;
        cache.clear();
        queue.reset(params);
        nominator.clear();
        memos.clear();
        preempting.clear();
        (*in_flight, *next_start) = (None, 0);
    }

    /// Takes the next Pod to try, if there is one. One Pod is tried at a time.
    pub fn pop(&mut self) -> Option<PodId> {
        assert!(self.in_flight.is_none(), "one Pod is tried at a time");
        let pod = self.queue.pop()?;
        let popped = self.cache.pod(pod).expect("Pods in the queue are in the cache").clone();
        self.in_flight = Some(InFlight { pod, popped, events: Vec::new() });
        Some(pod)
    }

    /// Releases the memory of a Pod that is gone and that nothing in progress refers to.
    pub fn forget(&mut self, pod: PodId) {
        debug_assert!(
            self.in_flight.as_ref().is_none_or(|tried| tried.pod != pod),
            "a Pod that is tried is not forgotten"
        );
        self.cache.pods.forget(pod);
        self.queue.pods.forget(pod);
    }

    /// Whether a Pod can be taken.
    pub fn is_ready(&mut self) -> bool {
        self.in_flight.is_none() && self.queue.is_ready()
    }

    /// Whether Pods wait for the end of their back-off.
    pub fn has_backoff(&mut self) -> bool {
        self.queue.has_backoff()
    }

    /// Whether Pods wait for a change in the cluster.
    pub fn has_unschedulable(&self) -> bool {
        self.queue.has_unschedulable()
    }

    /// Whether Pods wait after a failure, for whatever reason.
    pub fn has_waiting(&mut self) -> bool {
        self.queue.has_unschedulable() || self.queue.has_backoff()
    }

    /// The last victim of a preemption is next.
    pub fn last_victim(&mut self, preemptor: PodId, victim: PodId) {
        let entry = self.preempting.iter_mut().find(|(pod, _)| *pod == preemptor);
        entry.expect("a preemption ends after its last victim").1 = Some(victim);
    }

    /// All victims of a preemption were asked to go.
    pub fn preemption_ended(&mut self, preemptor: PodId) {
        let place = self.preempting.iter().position(|(pod, _)| *pod == preemptor);
        self.preempting.remove(place.expect("a preemption ends once"));
    }

    /// Whether some of the Pods that a Pod preempts have not been asked to leave, as far as the cache shows.
    #[doc(alias = "IsPodRunningPreemption")]
    fn is_preempting(&self, pod: PodId) -> bool {
        match self.preempting.iter().find(|(preemptor, _)| *preemptor == pod) {
            None => false,
            Some((_, None)) => true,
            Some((_, Some(last))) => self.cache.pod(*last).is_some_and(|p| !p.deleting),
        }
    }
}
