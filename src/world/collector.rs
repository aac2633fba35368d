//! The garbage collector: foreground deletion of Jobs. It deletes a marked Job's Pods, and the Job when none is left.

use super::dispatch::World;
use super::event::Event;
use crate::id::{JobId, PodId};
use crate::model::Workload;
use crate::record::DeletionCause;

impl<W: Workload> World<W> {
    /// Marks a Job for deletion, and tells the collector. `false` if there was nothing to mark.
    pub(super) fn mark_job(&mut self, id: JobId) -> bool {
        let marked = self.store.mark_job(id);
        if marked {
            self.schedule_after(self.config.gc_latency, Event::CollectPods(id));
        }
        marked
    }

    /// Deletes the Pods of a marked Job.
    pub(super) fn collect_pods(&mut self, id: JobId) {
        if self.store.jobs[id.ix()].pods_live == 0 {
            return self.schedule_after(self.config.gc_latency, Event::CollectJob(id));
        }
        for n in 0..self.store.pods.len() {
            let pod = &self.store.pods[n];
            if pod.job == id && !pod.gone {
                self.delete_pod(PodId(n as u32), DeletionCause::JobDeleted);
                self.publish();
            }
        }
    }

    /// The last Pod of a Job is gone: the collector will look at it.
    pub(super) fn last_pod_gone(&mut self, id: JobId) {
        self.schedule_after(self.config.gc_latency, Event::CollectJob(id));
    }

    /// Removes the Job if it is marked and still has no Pod.
    pub(super) fn collect_job(&mut self, id: JobId) {
        let job = &self.store.jobs[id.ix()];
        if job.exists() && job.deleting && job.pods_live == 0 {
            self.store.remove_job(id);
        }
    }
}
