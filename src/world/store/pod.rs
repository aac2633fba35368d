//! Pods in the store: creation, changes, deletion with and without grace, and the tracking finalizer. When a container
//! stops is decided by the kubelets.

use super::{Store, StoreChange};
use crate::api::{Pod, PodPlacement};
use crate::id::{JobId, PodId};
use crate::model::PodIdentity;
use crate::time::{SimTime, WholeSecond};
use std::num::NonZeroU32;

/// The place where the kubelets keep the life of a Pod.
// One more than the index, because an `Option` of a non-zero number needs no extra memory.
#[derive(Clone, Copy, Debug)]
pub(in crate::world) struct LifePlace(NonZeroU32);

impl LifePlace {
    /// The place with this index.
    pub fn of(ix: u32) -> Self {
        LifePlace(NonZeroU32::MIN.checked_add(ix).expect("fewer than 2^32 Pods live at a time"))
    }

    /// Its index.
    pub fn ix(self) -> u32 {
        self.0.get() - 1
    }
}

/// A Pod in the store.
#[derive(Clone, Copy, Debug)]
pub struct ApiPod {
    /// The object.
    pub pod: Pod,
    /// The Job that controls it.
    pub job: JobId,
    /// `metadata.resourceVersion`.
    pub version: u64,
    /// Where the kubelets keep its life, while it has not finished.
    pub(in crate::world) life: Option<LifePlace>,
    /// Whether it has disappeared.
    pub gone: bool,
    /// Whether it was deleted without grace: it disappears as soon as it has no finalizer.
    pub forced: bool,
    /// Whether it takes one of the cluster's slots, if the cluster has slots.
    pub has_slot: bool,
}

/// The placeholder for Pods that are forgotten.
impl Default for ApiPod {
    fn default() -> Self {
        let pod = Pod::new(WholeSecond::default(), None, 0, 0);
        ApiPod { gone: true, ..ApiPod::new(pod, JobId(u32::MAX)) }
    }
}

impl ApiPod {
    fn new(pod: Pod, job: JobId) -> Self {
        ApiPod { pod, job, version: 0, life: None, gone: false, forced: false, has_slot: false }
    }

    /// Whether it exists and its containers have not all finished.
    pub(in crate::world) fn is_unfinished(&self) -> bool {
        !self.gone && !self.pod.phase.is_terminal()
    }

    /// Its identity: Job, completion index and ordinal, by which the workload draws its life.
    pub(in crate::world) fn identity(&self) -> PodIdentity {
        PodIdentity { job: self.job, index: self.pod.index.map(u32::from), attempt: self.pod.ordinal }
    }
}

/// The result of a request to delete a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// There is no such Pod.
    NotFound,
    /// It was being deleted already.
    Already,
    /// It is marked, and the kubelet has to stop it first.
    Graceful,
    /// It has disappeared, or will when its finalizer is removed.
    Immediate,
}

impl Store {
    fn pod_written(&mut self, id: PodId) -> u64 {
        let version = self.next_version();
        let pod = &mut self.pods[id];
        assert!(pod.version < version, "{id:?} is written with version {version}, after {}", pod.version);
        pod.version = version;
        self.changes.push(match pod.gone {
            true => StoreChange::PodGone(id, pod.job, version),
            false => StoreChange::Pod(id, pod.job, pod.pod, version),
        });
        version
    }

    /// Creates a Pod in a cluster with nodes; returns it and its version, as [`Store::create_pod`] does.
    pub(in crate::world) fn create_placed_pod(
        &mut self,
        job: JobId,
        pod: Pod,
        placement: PodPlacement,
    ) -> (PodId, u64) {
        let placed = self.placements.push(placement);
        let created = self.create_pod(job, pod);
        assert_eq!(placed, created.0, "every Pod has a placement, or none has");
        created
    }

    /// Creates a Pod of a Job; returns it and its version. The Job may be gone by now: the API server does not check
    /// the owner of a new object.
    pub(in crate::world) fn create_pod(&mut self, job: JobId, mut pod: Pod) -> (PodId, u64) {
        let id = self.pods.next_key();
        let owner = &mut self.jobs[job];
        assert!(owner.created.is_some(), "a controller creates Pods only for Jobs that it has seen");
        owner.pods_created += 1;
        owner.pods_live += 1;
        pod.ordinal = owner.pods_created;
        if let Some(index) = pod.index {
            pod.ordinal = owner.next_attempt(index.ix());
        }
        owner.pods.push(id);
        self.pods.push(ApiPod::new(pod, job));
        (id, self.pod_written(id))
    }

    /// Counts Pods that a Job had before the run, so that the ordinals and attempts of its Pods continue.
    pub(in crate::world) fn count_earlier_pods(&mut self, job: JobId, index: Option<u32>, count: u32) {
        let owner = &mut self.jobs[job];
        assert!(owner.pods.is_empty(), "earlier Pods are counted before the first of the run is created");
        match index {
            Some(index) => (0..count).for_each(|_| {
                let _ = owner.next_attempt(index as usize);
            }),
            None => owner.pods_created += count,
        }
    }

    /// Changes a Pod that exists.
    #[inline]
    pub(in crate::world) fn update_pod(&mut self, id: PodId, change: impl FnOnce(&mut Pod)) {
        let pod = &mut self.pods[id];
        assert!(!pod.gone, "only a Pod that exists is written");
        change(&mut pod.pod);
        self.pod_written(id);
    }

    /// Removes a Pod's tracking finalizer; returns the new version, or `None` if the Pod is gone.
    pub(in crate::world) fn remove_finalizer(&mut self, id: PodId) -> Option<u64> {
        let pod = &mut self.pods[id];
        if pod.gone {
            return None;
        }
        if !pod.pod.finalizer {
            return Some(pod.version);
        }
        assert!(!pod.forced || pod.pod.deleting(), "a Pod that goes with its finalizer is being deleted");
        pod.pod.finalizer = false;
        if pod.forced {
            return Some(self.remove_pod(id));
        }
        Some(self.pod_written(id))
    }

    /// Deletes a Pod. The deletion is immediate if the Pod is not bound, has finished or has no grace period, or if it
    /// is `forced`; else it is graceful.
    pub(in crate::world) fn delete_pod(&mut self, id: PodId, forced: bool, now: SimTime) -> Deletion {
        let pod = &mut self.pods[id];
        if pod.gone {
            return Deletion::NotFound;
        }
        let grace = self.jobs[pod.job].spec.template.termination_grace_period_seconds;
        let immediate = forced || !pod.pod.bound || pod.pod.phase.is_terminal() || grace == 0;
        assert!(!pod.forced || pod.pod.deleting(), "a Pod that goes with its finalizer is being deleted");
        if pod.pod.deleting() && (pod.forced || !immediate) {
            return Deletion::Already;
        }
        pod.forced |= immediate;
        if immediate && !pod.pod.finalizer {
            self.remove_pod(id);
            return Deletion::Immediate;
        }
        // An immediate deletion that follows a graceful one begins anew.
        pod.pod.deletion_began = Some(WholeSecond::from(now));
        self.pod_written(id);
        if immediate { Deletion::Immediate } else { Deletion::Graceful }
    }

    /// The kubelet has stopped a Pod that is being deleted: the Pod disappears, now or when its finalizer is removed.
    pub(in crate::world) fn let_pod_go(&mut self, id: PodId) {
        let pod = &mut self.pods[id];
        assert!(pod.pod.deleting(), "a kubelet lets go what is being deleted");
        pod.forced = true;
        if !pod.pod.finalizer {
            self.remove_pod(id);
        }
    }

    fn remove_pod(&mut self, id: PodId) -> u64 {
        let pod = &mut self.pods[id];
        assert!(!pod.gone, "a Pod disappears once");
        assert!(!pod.pod.finalizer, "a Pod does not disappear before its finalizer");
        pod.gone = true;
        let live = &mut self.jobs[pod.job].pods_live;
        *live = live.checked_sub(1).expect("a Job counts each of its Pods that exist");
        self.pod_written(id)
    }
}
