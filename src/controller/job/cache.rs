//! What the controller knows: the watch caches' Jobs and Pods, and its in-memory records. A restart loses all of it.
//! It is not the API server's state, which is in [`crate::world`], and it does nothing by itself.

use super::backoff::BackoffRecord;
use super::expectations::Expectations;
use super::ledger::{Ledger, LedgerPart};
use super::view::{View, is_fail_job};
use crate::api::{ExitCodeTable, JobSpec, JobStatus, Pod, PodPhase};
use crate::id::{Arena, JobId, PodId, Slab};
use std::mem;
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

/// What the controller keeps of every Pod. The object itself stands in a place of its own, and only as long as it counts:
/// most Pods of a long Job have finished and been accounted for, and no sync reads them again.
#[derive(Clone, Copy, Debug)]
pub struct CachedPod {
    /// The Job that controls it.
    pub job: JobId,
    /// Where its object stands; [`UNREAD`] if it is not kept.
    object: u32,
    /// Its place in the list of the view that it belongs to.
    pub(super) place: u32,
    /// Whether the cache holds it.
    pub present: bool,
    /// Whether the controller has removed its finalizer but has not seen that yet.
    #[doc(alias = "uidTrackingExpectations")]
    pub removal_expected: bool,
    /// Whether it carried the finalizer when it was last seen.
    pub finalizer: bool,
    /// Whether it was ready when it was last seen.
    pub ready: bool,
}

/// The place of an object that no sync reads again.
const UNREAD: u32 = u32::MAX;

/// One that the cache does not hold.
impl Default for CachedPod {
    fn default() -> Self {
        let (job, object, place) = (JobId(u32::MAX), UNREAD, 0);
        CachedPod { job, object, place, present: false, removal_expected: false, finalizer: false, ready: false }
    }
}

/// Whether a Pod has no part in the view of its Job, now and whatever happens to it: it has finished and is accounted
/// for. Where there is a Pod failure policy, a Pod that has failed can still fail its Job.
fn is_accounted(pod: &Pod, spec: &JobSpec) -> bool {
    let can_fail_job = pod.phase == PodPhase::Failed && spec.pod_failure_policy.is_some();
    pod.phase.is_terminal() && !pod.finalizer && !can_fail_job
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
    /// The objects of Pods that count.
    objects: Slab<Pod>,
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
        self.pods.for_each_mut(|pod| *pod = CachedPod { job: pod.job, ..CachedPod::default() });
        self.objects.clear();
        self.seen = NewestVersions::default();
        debug_assert!(self.jobs.iter().all(|entry| entry.ledger.view().active.is_empty()), "no Pod is left");
    }

    /// Empties it for another run; keeps the memory.
    pub fn reset(&mut self) {
        self.clear();
        if !self.jobs.is_whole() {
            self.jobs.clear();
        }
        self.pods.clear();
    }

    /// The entry of a Job, which is created if it is missing.
    pub fn entry(&mut self, job: JobId) -> &mut JobCacheEntry {
        self.jobs.reach(job)
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
        }
    }

    /// The object of a Pod that has a part in the view of its Job.
    ///
    /// # Panics
    /// If the cache does not hold the Pod, or the Pod has finished and is accounted for.
    #[inline]
    pub fn object(&self, id: PodId) -> &Pod {
        &self.objects[self.pods[id].object]
    }

    /// Applies a change of a Pod to the cache and to the ledger of its Job, whose spec is given. Says whether the cache
    /// held the Pod before.
    pub fn set_pod(&mut self, id: PodId, job: JobId, new: Option<&Pod>, spec: &JobSpec, codes: &ExitCodeTable) -> bool {
        let Caches { jobs, pods, objects, .. } = self;
        let cached = pods.reach(id);
        assert!(!cached.present || cached.job == job, "{id:?} of {:?} is now one of {job:?}", cached.job);
        let was_present = mem::replace(&mut cached.present, new.is_some());
        cached.job = job;
        let ledger = &mut jobs.reach(job).ledger;
        if let Some(pod) = new {
            (cached.finalizer, cached.ready) = (pod.finalizer, pod.is_ready());
        }
        let (old, new) = (objects.get(cached.object), new.filter(|pod| !is_accounted(pod, spec)));
        let Some(pod) = old.or(new) else { return was_present };
        let index = pod.index;
        debug_assert!(new.is_none_or(|pod| pod.index == index), "the index of {id:?} changed from {index:?}");
        let part = |pod: Option<&Pod>| pod.map_or(LedgerPart::NONE, LedgerPart::of);
        let (before, after) = (part(old), part(new));
        cached.object = place_object(objects, cached.object, new);
        if before != after {
            ledger.apply(id, index, (before, after), pods);
        }
        if spec.pod_failure_policy.is_some() {
            ledger.apply_policy(id, new.is_some_and(|pod| is_fail_job(pod, spec, codes)));
        }
        was_present
    }

    /// The view of a Job, computed from scratch.
    pub fn recount(&self, job: JobId, spec: &JobSpec, codes: &ExitCodeTable) -> View {
        let pods = self.pods.entries().filter(|(_, p)| p.present && p.job == job && p.object != UNREAD);
        View::recount(pods.map(|(id, p)| (id, &self.objects[p.object])), spec, codes)
    }
}

/// Puts an object into its place, or gives the place up; returns the place from then on.
fn place_object(objects: &mut Slab<Pod>, before: u32, new: Option<&Pod>) -> u32 {
    match (objects.get_mut(before), new) {
        (Some(object), Some(pod)) => {
            *object = *pod;
            before
        }
        (None, Some(pod)) => objects.insert(*pod),
        (Some(_), None) => {
            objects.give_up(before);
            UNREAD
        }
        (None, None) => UNREAD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{CompletionIndex, Containers, PodReady};
    use crate::controller::job::testing;
    use crate::time::WholeSecond;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

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
            let (mut caches, mut all) = (Caches::default(), BTreeMap::new());
            for (pod, job, new) in changes {
                // A Pod never changes its Job or its index, and none comes back that has finished.
                let (id, job) = (PodId(pod * 2 + job), JobId(job));
                let before: Option<Pod> = all.get(&id).copied().flatten();
                let new = new.map(|mut p: Pod| {
                    if let Some(old) = before {
                        p.index = old.index;
                        if old.phase.is_terminal() {
                            (p.phase, p.containers) = (old.phase, old.containers);
                            p.finalizer &= old.finalizer;
                        }
                    }
                    p
                });
                all.insert(id, new);
                caches.set_pod(id, job, new.as_ref(), &spec, &codes);
                let (kept, plain) = (caches.jobs[job].ledger.view(), caches.recount(job, &spec, &codes));
                prop_assert!(kept.is_equal(&plain), "kept {kept:?}\nplain {plain:?}");
                let pods = all.iter().filter(|(id, _)| id.0 % 2 == job.0).filter_map(|(&id, pod)| Some((id, pod.as_ref()?)));
                let of_all = View::recount(pods, &spec, &codes);
                prop_assert!(kept.is_equal(&of_all), "kept {kept:?}\nall {of_all:?}");
            }
        }
    }
}
