//! Gives back the memory of Jobs that are gone, with their Pods, in every table of the world, so that a CronJob's year
//! takes no more memory than its day. A Job is forgotten only when nothing that is still to come can tell the
//! difference.

use super::dispatch::World;
use crate::id::{JobId, PodId};
use crate::model::Workload;
use std::collections::VecDeque;

/// How many Jobs are forgotten in one call at the most: more than become ready in the meantime, so that each waits a bounded
/// time. Of those that are not ready one is examined in a call, so that many Jobs that wait together do not slow each event.
const AT_ONCE: usize = 4;

/// Jobs that are gone with all their Pods.
#[derive(Debug, Default)]
pub(super) struct Reclaim {
    /// Each with the number of changes that watches had been sent by then.
    gone: VecDeque<(JobId, [u64; 2])>,
    /// How often one was examined.
    examined: u64,
}

impl Reclaim {
    /// Empties it for another run; keeps the memory.
    pub fn clear(&mut self) {
        let Reclaim { gone, examined } = self;
        gone.clear();
        *examined = 0;
    }
}

impl<W: Workload> World<W> {
    /// Forgets some of the Jobs that are gone and that nobody can ask about any more; calls `tell` with each, and its
    /// Pods. A reader of the log may call this after each step, when it has read the log. A world in which nobody does
    /// keeps everything.
    pub fn forget_gone(&mut self, mut tell: impl FnMut(JobId, Vec<PodId>)) {
        if self.env.over.is_empty() && self.reclaim.gone.is_empty() {
            return;
        }
        self.reclaim.gone.extend(self.env.over.drain(..));
        for _ in 0..self.reclaim.gone.len().min(AT_ONCE) {
            let (id, sent) = self.reclaim.gone.pop_front().expect("no more Jobs are taken than are queued");
            self.reclaim.examined += 1;
            // A Job that got another Pod after it was gone is queued twice.
            if !self.env.store.jobs.is_kept(id) || self.env.store.jobs[id].pods_live > 0 {
                continue;
            }
            // While the controllers are down nothing is sent, so that there is less to wait for.
            let (watch, cluster_watch) = (&self.env.watch, &self.env.cluster_watch);
            let is_known = watch.have_arrived(sent[0].min(watch.sent()))
                && cluster_watch.have_arrived(sent[1].min(cluster_watch.sent()));
            if is_known && !self.is_needed(id) {
                self.forget(id, &mut tell);
                continue;
            }
            // Most of those behind it were gone later. One that has to wait for long lets them pass, one at a call.
            self.reclaim.gone.push_back((id, sent));
            break;
        }
    }

    /// How often a Job that is gone was examined, whether it could be forgotten.
    pub fn examined(&self) -> u64 {
        self.reclaim.examined
    }

    /// Whether something in the world still has to do with a Job that is gone.
    fn is_needed(&self, id: JobId) -> bool {
        let is_needed = |pod: PodId| self.nodes.scheduler.has(pod) || self.controllers.around_nodes.have(pod);
        self.controllers.have(&self.env, id)
            || self.users.refer_to(&self.env, id)
            || self.env.config.nodes.is_some() && self.env.store.jobs[id].pods.iter().any(|&pod| is_needed(pod))
    }

    fn forget(&mut self, id: JobId, tell: &mut impl FnMut(JobId, Vec<PodId>)) {
        let env = &mut self.env;
        let pods = &env.store.jobs[id].pods;
        env.workload.forget(id, &mut pods.iter().map(|&pod| env.store.pods[pod].identity()));
        let pods = env.store.forget_job(id);
        env.quotas.forget(id);
        self.controllers.forget(id, &pods);
        if env.config.nodes.is_some() {
            self.nodes.scheduler.forget(&pods);
        }
        tell(id, pods);
    }
}
