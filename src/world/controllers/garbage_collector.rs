//! The garbage collector. Foreground: it deletes a marked Job's Pods, and the Job when none is left; a marked CronJob's
//! Jobs, and the CronJob when none is left. Background: it
//! deletes what was left behind by an owner that is gone. It knows owners and nothing of what they are for.

use crate::id::{CronJobId, JobId, PodId};
use crate::model::Workload;
use crate::record::DeletionCause;
use crate::world::dispatch::World;
use crate::world::event::Event;
use crate::world::store::jobs::ApiJob;

impl<W: Workload> World<W> {
    /// Marks a Job for deletion, and tells the collector. `false` if there was nothing to mark.
    pub(in crate::world) fn mark_job(&mut self, id: JobId) -> bool {
        let marked = self.store.mark_job(id);
        if marked {
            self.schedule_after(self.config.gc_latency, Event::CollectPods(id));
        }
        marked
    }

    /// Deletes the Pods of a marked Job.
    pub(in crate::world) fn collect_pods(&mut self, id: JobId) {
        if self.store.jobs[id].pods_live == 0 {
            return self.schedule_after(self.config.gc_latency, Event::CollectJob(id));
        }
        self.delete_pods(id);
    }

    fn delete_pods(&mut self, id: JobId) {
        for n in 0..self.store.jobs[id].pods.len() {
            self.collect_pod(self.store.jobs[id].pods[n]);
        }
    }

    /// Deletes a Pod whose Job is being deleted, or is gone.
    pub(in crate::world) fn collect_pod(&mut self, pod: PodId) {
        if !self.store.pods[pod].gone {
            self.delete_pod(pod, DeletionCause::JobDeleted);
            self.publish();
        }
    }

    /// Deletes a Job in the background: it is gone at once, also if it was marked for deletion in the foreground; its
    /// Pods follow. `false` if there was nothing to delete.
    pub(in crate::world) fn delete_job_in_background(&mut self, id: JobId) -> bool {
        let exists = self.store.jobs[id].exists();
        if exists {
            self.store.remove_job(id);
            self.schedule_after(self.config.gc_latency, Event::CollectOrphans(id));
        }
        exists
    }

    /// Deletes the Pods that a Job left behind.
    pub(in crate::world) fn collect_orphans(&mut self, id: JobId) {
        self.delete_pods(id);
    }

    /// Creates a Job that a CronJob controls; gives its id.
    pub(in crate::world) fn create_owned_job(&mut self, job: ApiJob, owner_id: CronJobId) -> JobId {
        let id = self.admit(job);
        self.store.create_job(id, self.events.now());
        let owner = &mut self.store.cronjobs[owner_id];
        owner.jobs.push(id);
        let (gone, deleting) = (owner.gone, owner.deleting);
        if gone {
            self.schedule_after(self.config.gc_latency, Event::CollectOwned(id));
        } else if deleting {
            self.owner_marked(owner_id);
        }
        id
    }

    /// Marks a CronJob for deletion in the foreground, and tells the collector.
    pub(in crate::world) fn mark_cronjob(&mut self, id: CronJobId) {
        self.store.mark_cronjob(id);
        self.owner_marked(id);
    }

    fn owner_marked(&mut self, owner: CronJobId) {
        if !self.config.only_cronjobs {
            self.schedule_after(self.config.gc_latency, Event::CollectCronJob(owner));
        }
    }

    /// A Job is gone: a CronJob that is marked for deletion may have waited for that.
    pub(in crate::world) fn owned_job_gone(&mut self, id: JobId) {
        let Some(owner) = self.store.jobs[id].owner else { return };
        if self.store.cronjobs[owner].deleting && self.store.cronjobs[owner].exists() {
            self.owner_marked(owner);
        }
    }

    /// Deletes the Jobs of a marked CronJob, those with Pods in the foreground too; the CronJob itself if it has none.
    /// Source: garbagecollector.go, `attemptToDeleteItem` and `processDeletingDependentsItem`.
    pub(in crate::world) fn collect_cronjob(&mut self, owner: CronJobId) {
        if !self.store.cronjobs[owner].exists() {
            return;
        }
        let jobs = self.existing_jobs(owner);
        if jobs.is_empty() {
            self.store.remove_cronjob(owner);
        }
        for id in jobs {
            let job = &self.store.jobs[id];
            match (job.deleting, job.pods_live) {
                (true, _) => {}
                (false, 0) => drop(self.delete_job_in_background(id)),
                (false, _) => drop(self.mark_job(id)),
            }
            self.publish();
        }
    }

    /// The Jobs of a CronJob that are there, in the order of their creation.
    fn existing_jobs(&self, owner: CronJobId) -> Vec<JobId> {
        let mut jobs = self.store.cronjobs[owner].jobs.clone();
        jobs.retain(|&id| self.store.jobs[id].exists());
        jobs.sort_by_key(|&id| self.store.jobs[id].order);
        jobs
    }

    /// A CronJob is gone: its Jobs will be deleted in the background.
    pub(in crate::world) fn owner_gone(&mut self, owner: CronJobId) {
        self.schedule_after(self.config.gc_latency, Event::CollectJobs(owner));
    }

    /// Deletes the Jobs that a CronJob left behind, unless they are being deleted.
    pub(in crate::world) fn collect_jobs(&mut self, owner: CronJobId) {
        if self.config.only_cronjobs {
            return;
        }
        for id in self.existing_jobs(owner) {
            self.collect_owned(id);
        }
    }

    /// Deletes a Job whose CronJob is gone, unless it is being deleted.
    pub(in crate::world) fn collect_owned(&mut self, id: JobId) {
        if !self.store.jobs[id].deleting && !self.config.only_cronjobs {
            self.delete_job_in_background(id);
            self.publish();
        }
    }

    /// A Pod was created when its Job was gone.
    pub(in crate::world) fn born_orphan(&mut self, pod: PodId) {
        self.schedule_after(self.config.gc_latency, Event::CollectPod(pod));
    }

    /// The last Pod of a Job is gone: the collector will look at it.
    pub(in crate::world) fn last_pod_gone(&mut self, id: JobId) {
        self.schedule_after(self.config.gc_latency, Event::CollectJob(id));
    }

    /// Removes the Job if it is marked and still has no Pod.
    pub(in crate::world) fn collect_job(&mut self, id: JobId) {
        let job = &self.store.jobs[id];
        if job.exists() && job.deleting && job.pods_live == 0 {
            self.store.remove_job(id);
        }
    }
}
