//! Forgets Jobs that are gone, with their Pods, in every table of the world, so that a CronJob's year takes no more memory
//! than its day. It decides nothing: a Job is forgotten when nothing that is still to come can tell the difference.

use super::dispatch::World;
use super::nodes::kubelet;
use crate::controller::job::OrphanKey;
use crate::id::{JobId, PodId};
use crate::model::Workload;
use std::collections::VecDeque;

/// How many Jobs are looked at in one go: more than become ready in the meantime, so that the rest waits in bounded time.
const AT_ONCE: usize = 4;

/// Jobs that are gone, as are their Pods, each with the number of changes that watches had been told by then.
#[derive(Debug, Default)]
pub(in crate::world) struct Leaving(VecDeque<(JobId, u64)>);

impl Leaving {
    /// Empties it for another run; keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl<W: Workload> World<W> {
    /// A Job or a Pod of it is gone: if that was the last of them, it will be looked at.
    pub(in crate::world) fn may_be_forgotten(&mut self, id: JobId) {
        let job = &self.store.jobs[id];
        if job.gone && job.pods_live == 0 {
            self.leaving.0.push_back((id, self.watch.sent() + 1));
        }
    }

    /// Forgets some of the Jobs that are gone and that nobody can ask about any more; tells of each, and of its Pods.
    /// Whoever reads the log may call this after each step, when he has read it; a world in which nobody does keeps
    /// everything.
    pub fn forget_gone(&mut self, mut tell: impl FnMut(JobId, Vec<PodId>)) {
        for _ in 0..self.leaving.0.len().min(AT_ONCE) {
            let Some((id, told)) = self.leaving.0.pop_front() else { return };
            // One that had Pods later comes here twice.
            if !self.store.jobs.is_kept(id) || self.store.jobs[id].pods_live > 0 {
                continue;
            }
            match self.watch.have_arrived(told.min(self.watch.sent())) && !self.is_spoken_of(id) {
                true => self.forget(id, &mut tell),
                false => self.leaving.0.push_back((id, told)),
            }
        }
    }

    /// Whether something in the world still has to do with a Job that is gone.
    fn is_spoken_of(&self, id: JobId) -> bool {
        let orphans = &self.controller.orphans;
        let pods = &self.store.jobs[id].pods;
        self.controller.queue.has(id)
            || self.ttl_queue.has(id)
            || self.notices.has(id)
            || orphans.has(OrphanKey::PodsOf(id))
            || pods.iter().any(|&pod| orphans.has(OrphanKey::Pod(pod)))
            || self.is_aimed_at(id)
    }

    fn forget(&mut self, id: JobId, tell: &mut impl FnMut(JobId, Vec<PodId>)) {
        let store = &self.store;
        let pods = &store.jobs[id].pods;
        self.workload.forget(id, &mut pods.iter().map(|&pod| kubelet::identity(pod, store)));
        let pods = self.store.forget_job(id);
        self.controller.caches.leave(id, &pods);
        self.controller.queue.leave(id);
        self.ttl_queue.leave(id);
        self.cron.controller.leave(id);
        self.notices.leave(id);
        tell(id, pods);
    }
}
