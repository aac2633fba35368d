//! Pods whose finalizer no sync will remove, because their Job is gone or has finished: the queue of the orphan
//! clean-up. It is not its workers.
//!
//! Invariants: a key is ready at most once; a key that is being processed is never ready.

use super::handlers::JobController;
use crate::id::{JobId, PodId};
use std::collections::{HashSet, VecDeque};

/// What a worker of the orphan clean-up takes.
#[doc(alias = "orphanPodKey")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrphanKey {
    /// One Pod.
    Pod(PodId),
    /// All Pods of a Job that is gone.
    PodsOf(JobId),
}

/// The queue of the orphan clean-up.
#[derive(Debug, Default)]
pub struct OrphanQueue {
    ready: VecDeque<OrphanKey>,
    /// Keys that are ready, or will be when their processing ends.
    dirty: HashSet<OrphanKey>,
    processing: Vec<OrphanKey>,
}

impl OrphanQueue {
    /// Forgets everything, as a restart does; keeps the memory.
    pub fn clear(&mut self) {
        self.ready.clear();
        self.dirty.clear();
        self.processing.clear();
    }

    /// Adds a key; one that is being processed is added again when that ends.
    pub fn add(&mut self, key: OrphanKey) {
        if self.dirty.insert(key) && !self.processing.contains(&key) {
            debug_assert!(!self.ready.contains(&key), "{key:?} is ready twice");
            self.ready.push_back(key);
        }
    }

    /// Whether a key is ready or processed.
    pub fn has(&self, key: OrphanKey) -> bool {
        self.dirty.contains(&key) || self.processing.contains(&key)
    }

    /// Whether a key could be taken now.
    #[inline]
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    fn get(&mut self) -> Option<OrphanKey> {
        let key = self.ready.pop_front()?;
        assert!(self.dirty.remove(&key) && !self.processing.contains(&key), "{key:?} is ready but not to be processed");
        self.processing.push(key);
        Some(key)
    }

    /// Ends the processing of a key.
    pub fn done(&mut self, key: OrphanKey) {
        let at = self.processing.iter().position(|&k| k == key);
        self.processing.swap_remove(at.unwrap_or_else(|| panic!("{key:?} is done but was not processed")));
        if self.dirty.contains(&key) {
            self.ready.push_back(key);
        }
    }
}

impl JobController {
    /// The next key, and the Pods behind it that the cache holds, the first to be looked at last.
    #[doc(alias = "syncOrphanPod")]
    pub fn next_orphans(&mut self) -> Option<(OrphanKey, Vec<PodId>)> {
        let key = self.orphans.get()?;
        let pods = match key {
            OrphanKey::Pod(pod) => vec![pod],
            OrphanKey::PodsOf(job) => {
                let mut pods = self.pods_with_finalizer(job);
                pods.reverse();
                pods
            }
        };
        Some((key, pods))
    }

    /// Whether the clean-up has to remove a Pod's finalizer.
    #[doc(alias = "handleOrphanPod")]
    pub fn is_orphan(&self, pod: PodId) -> bool {
        // Gone since its key was added: with the Pod went its finalizer.
        let Some(cached) = self.caches.pod(pod) else { return false };
        let job = self.caches.job(cached.job);
        cached.finalizer && job.is_none_or(|j| !j.spec.is_managed_elsewhere() && j.status.finished().is_some())
    }

    /// The Job's Pods that still carry the finalizer, in order of creation.
    pub(super) fn pods_with_finalizer(&self, job: JobId) -> Vec<PodId> {
        // A Job that was deleted before the caches saw it has no entry, and no Pods.
        let Some(entry) = self.caches.jobs.get(job) else { return Vec::new() };
        let view = entry.ledger.view();
        let with_finalizer = |id: &PodId| self.caches.pods[*id].finalizer;
        let mut pods: Vec<PodId> = view.settled.iter().chain(&view.active).copied().filter(with_finalizer).collect();
        pods.sort_unstable();
        pods
    }
}
