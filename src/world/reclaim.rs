//! Frees the memory of Jobs that are gone, and of their Pods, in all tables of the world, so a year of a CronJob takes
//! no more memory than a day. A Job is forgotten only when nothing that is still pending can refer to it. It does not
//! change the results of a run.

use super::dispatch::World;
use crate::id::{JobId, PodId};
use crate::model::Workload;
use std::collections::VecDeque;

/// How many Jobs one call forgets at most. It must exceed the number of Jobs that become ready between two calls. Of those
/// that are not ready it examines one, so that many Jobs that wait together do not slow down each event.
const AT_ONCE: usize = 4;

/// Jobs that are gone with all their Pods.
#[derive(Debug, Default)]
pub(super) struct Reclaim {
    /// Each with the numbers of changes that had been sent on the two watches by then.
    gone: VecDeque<(JobId, [u64; 2])>,
    /// How often one was examined.
    examined: u64,
}

impl Reclaim {
    /// Empties it for another run; keeps the allocated memory.
    pub fn clear(&mut self) {
        let Reclaim { gone, examined } = self;
        gone.clear();
        *examined = 0;
    }
}

impl<W: Workload> World<W> {
    /// Forgets some of the Jobs that are gone and that nothing can refer to any more; calls `tell` with each of them
    /// and its Pods. To be called after a step, once the log has been read. A world on which it is not called keeps
    /// everything.
    pub fn forget_gone(&mut self, mut tell: impl FnMut(JobId, Vec<PodId>)) {
        if self.env.over.is_empty() && self.reclaim.gone.is_empty() {
            return;
        }
        self.reclaim.gone.extend(self.env.over.drain(..));
        for _ in 0..self.reclaim.gone.len().min(AT_ONCE) {
            let (id, sent) = self.reclaim.gone.pop_front().expect("no more Jobs are taken than are queued");
            self.reclaim.examined += 1;
            // A Job that got another Pod after it was gone is queued twice, so it may be forgotten already or have a
            // Pod.
            if !self.env.store.jobs.is_kept(id) || self.env.store.jobs[id].pods_live > 0 {
                continue;
            }
            // While the controllers are down nothing is sent on their watch, so there is nothing on its way to wait
            // for.
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

    /// Whether something in the world can still refer to a Job that is gone.
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
