//! What the controller knows: the watch caches' Jobs and Pods, and its in-memory records. A restart loses all of it.
//! It is not the API server's state, which is in [`crate::world`], and it does nothing by itself.

use super::backoff::BackoffRecord;
use super::expectations::Expectations;
use super::ledger::{Ledger, Slots};
use super::view::View;
use crate::api::{ExitCodeTable, JobSpec, JobStatus, Pod};
use crate::id::{Arena, JobId, PodId};
use crate::time::WholeSecond;
use std::sync::Arc;

/// A Job as the watch cache holds it.
#[derive(Clone, Debug)]
pub struct CachedJob {
    /// Its spec.
    pub spec: Arc<JobSpec>,
    /// Its status, as stored.
    pub status: Arc<JobStatus>,
    /// `metadata.resourceVersion`.
    pub resource_version: u64,
    /// `metadata.generation`: raised by changes of the spec and by the mark for deletion.
    pub generation: u64,
    /// Whether it is marked for deletion.
    pub deleting: bool,
}

/// A Pod as the watch cache holds it, with what the controller remembers about it.
#[derive(Clone, Copy, Debug)]
pub struct CachedPod {
    /// The Pod as last seen.
    pub pod: Pod,
    /// The Job that controls it.
    pub job: JobId,
    /// Whether the cache holds it.
    pub present: bool,
    /// Whether the controller has removed its finalizer but has not seen that yet.
    #[doc(alias = "uidTrackingExpectations")]
    pub removal_expected: bool,
}

/// One that the cache does not hold.
impl Default for CachedPod {
    fn default() -> Self {
        let pod = Pod::new(WholeSecond::default(), None, 0, 0);
        CachedPod { pod, job: JobId(u32::MAX), present: false, removal_expected: false }
    }
}

/// In-memory records of one Job.
#[derive(Clone, Copy, Debug, Default)]
pub struct Records {
    /// Creations and deletions that were requested and not yet seen.
    pub expectations: Expectations,
    /// Failures since the last success.
    pub backoff: BackoffRecord,
    /// Newest resourceVersions written by syncs since the last check of the caches.
    pub written: NewestVersions,
    /// Whether the controller has written the Job's end but has not seen that yet.
    pub finish_written: bool,
}

/// Newest resourceVersions that were written, by resource; 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewestVersions {
    /// Of Pods: creations and patches.
    pub pods: u64,
    /// Of Jobs: status.
    pub jobs: u64,
}

/// Everything about one Job.
#[derive(Clone, Debug, Default)]
pub struct JobCacheEntry {
    /// The Job, if the cache holds it.
    pub job: Option<CachedJob>,
    /// The aggregates of its Pods.
    pub ledger: Ledger,
    /// What the controller remembers.
    pub records: Records,
}

/// The caches and the memory of one controller process.
#[derive(Debug, Default)]
pub struct Caches {
    /// By [`JobId`].
    pub jobs: Arena<JobId, JobCacheEntry>,
    /// By [`PodId`].
    pub pods: Arena<PodId, CachedPod>,
    slots: Slots,
    /// Newest resourceVersions that each resource's cache has seen.
    pub seen: NewestVersions,
}

impl Caches {
    /// Forgets everything, as a restart does; keeps the memory.
    pub fn clear(&mut self) {
        self.jobs.for_each_mut(|entry| {
            entry.job = None;
            entry.records = Records::default();
            entry.ledger.clear();
        });
        self.pods.for_each_mut(|pod| (pod.present, pod.removal_expected) = (false, false));
        self.seen = NewestVersions::default();
        debug_assert!(self.jobs.iter().all(|entry| entry.ledger.view().active.is_empty()), "no Pod is left");
    }

    /// Empties it for another run; keeps the memory.
    pub fn reset(&mut self) {
        self.clear();
        if !self.jobs.is_whole() {
            self.jobs.clear();
        }
        assert!(self.pods.len() == self.slots.len(), "each Pod has a slot");
        self.pods.clear();
        self.slots.clear();
    }

    /// The entry of a Job, which is created if it is missing.
    pub fn entry(&mut self, job: JobId) -> &mut JobCacheEntry {
        if self.jobs.len() <= job.ix() { self.jobs.reach(job) } else { &mut self.jobs[job] }
    }

    /// The Job, if the cache holds it.
    #[inline]
    pub fn job(&self, job: JobId) -> Option<&CachedJob> {
        self.jobs.get(job)?.job.as_ref()
    }

    /// The Pod, if the cache holds it.
    #[inline]
    pub fn pod(&self, pod: PodId) -> Option<&CachedPod> {
        self.pods.get(pod).filter(|p| p.present)
    }

    /// Releases the memory of a Job and its Pods, which have left the caches for good.
    pub fn leave(&mut self, job: JobId, pods: &[PodId]) {
        assert!(self.job(job).is_none(), "{job:?} is forgotten while the cache holds it");
        assert!(
            pods.iter().all(|&pod| self.pod(pod).is_none()),
            "Pods of {job:?} are forgotten while the cache holds them"
        );
        self.jobs.forget(job);
        for pod in pods {
            self.pods.forget(*pod);
            self.slots.forget(*pod);
        }
    }

    /// Applies a change of a Pod to the cache and to the ledger of its Job, whose spec is given.
    pub fn set_pod(&mut self, id: PodId, job: JobId, new: Option<&Pod>, spec: &JobSpec, codes: &ExitCodeTable) {
        if self.pods.len() <= id.ix() {
            self.pods.reach(id);
            self.slots.reach(id);
        }
        self.entry(job);
        let cached = &mut self.pods[id];
        let old = cached.present.then_some(cached.pod);
        assert!(old.is_none() || cached.job == job, "{id:?} of {:?} is now one of {job:?}", cached.job);
        cached.job = job;
        cached.present = new.is_some();
        if let Some(pod) = new {
            cached.pod = *pod;
        }
        self.jobs[job].ledger.apply(id, old.as_ref(), new, spec, codes, &mut self.slots);
    }

    /// The view of a Job, computed from scratch.
    pub fn recount(&self, job: JobId, spec: &JobSpec, codes: &ExitCodeTable) -> View {
        let pods = self.pods.entries().filter(|(_, p)| p.present && p.job == job);
        View::recount(pods.map(|(id, p)| (id, &p.pod)), spec, codes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{CompletionIndex, Containers, PodPhase, PodReady};
    use crate::controller::job::testing;
    use proptest::prelude::*;

    /// Any Pod object, sensible or not.
    fn any_pod() -> impl Strategy<Value = Pod> {
        let codes = testing::codes();
        (0..4u8, any::<[bool; 4]>(), 0..3u8, proptest::option::of(0..5i32), 0..3i32, 0..3usize).prop_map(
            move |(phase, [bound, finalizer, disrupted, deleting], ready, index, restarts, code)| {
                let mut codes = codes.clone();
                let mut pod = Pod::new(WholeSecond::default(), index.and_then(CompletionIndex::new), 0, 0);
                pod.phase =
                    [PodPhase::Pending, PodPhase::Running, PodPhase::Succeeded, PodPhase::Failed][usize::from(phase)];
                (pod.bound, pod.finalizer, pod.disruption_target) = (bound, finalizer, disrupted);
                pod.restarts = restarts;
                pod.deletion_began = deleting.then_some(WholeSecond::default());
                let t = WholeSecond::default();
                pod.ready = [PodReady::Unset, PodReady::False(t), PodReady::True(t)][usize::from(ready)];
                pod.containers = [
                    Containers::Waiting,
                    Containers::Running,
                    Containers::Terminated { finished_at: t, exit_codes: codes.intern(&[3]) },
                ][code];
                pod
            },
        )
    }

    proptest! {
        #[test]
        fn the_ledger_equals_the_recount(
            changes in proptest::collection::vec((0..6u32, 0..2u32, proptest::option::of(any_pod())), 1..120)
        ) {
            let (spec, codes) = (testing::spec_with_fail_job_rule(), testing::codes());
            let mut caches = Caches::default();
            for (pod, job, new) in changes {
                // A Pod never changes its Job or its index.
                let (id, job) = (PodId(pod * 2 + job), JobId(job));
                let new = new.map(|mut p| {
                    if let Some(old) = caches.pods.get(id).filter(|o| o.present) {
                        p.index = old.pod.index;
                    }
                    p
                });
                caches.set_pod(id, job, new.as_ref(), &spec, &codes);
                let (kept, plain) = (caches.jobs[job].ledger.view(), caches.recount(job, &spec, &codes));
                prop_assert!(kept.is_equal(&plain), "kept {kept:?}\nplain {plain:?}");
            }
        }
    }
}
