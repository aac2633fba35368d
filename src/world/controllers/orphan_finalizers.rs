//! The orphan clean-up's workers: each takes a key and removes the finalizers of its Pods one after the other, a request
//! each. Which Pods are orphans is the controller's to say ([`JobController`](crate::controller::job::JobController)).

use crate::controller::job::OrphanKey;
use crate::id::PodId;
use crate::model::Workload;
use crate::record::{Observation, RequestKind};
use crate::world::dispatch::World;
use crate::world::wire::requests::Request;

/// How many keys are processed at a time. Source: `--concurrent-job-syncs`, 5, which holds for orphans too.
const WORKERS: usize = 5;

/// The workers.
#[derive(Debug, Default)]
pub(in crate::world) struct OrphanWorkers {
    workers: [Option<Work>; WORKERS],
}

/// What a worker has in hand.
#[derive(Debug)]
struct Work {
    key: OrphanKey,
    /// Pods still to do, the next one last.
    pods: Vec<PodId>,
}

impl OrphanWorkers {
    /// Makes all idle.
    pub fn clear(&mut self) {
        self.workers = Default::default();
    }
}

impl<W: Workload> World<W> {
    /// Gives ready keys to idle workers.
    pub(in crate::world) fn start_orphans(&mut self) {
        while self.controller.orphans.is_ready()
            && let Some(worker) = self.orphans.workers.iter().position(Option::is_none)
            && let Some((key, pods)) = self.controller.next_orphans()
        {
            self.orphans.workers[worker] = Some(Work { key, pods });
            self.next_orphan(worker);
        }
    }

    /// A worker turns to its next Pod, or is idle again.
    fn next_orphan(&mut self, worker: usize) {
        while let Some(work) = &mut self.orphans.workers[worker] {
            let Some(pod) = work.pods.pop() else {
                self.controller.orphans.done(work.key);
                self.orphans.workers[worker] = None;
                return;
            };
            if self.controller.is_orphan(pod) {
                return self.remove_orphans_finalizer(worker, pod);
            }
        }
    }

    fn remove_orphans_finalizer(&mut self, worker: usize, pod: PodId) {
        if self.immediate {
            return self.apply_orphan(worker as u8, pod);
        }
        let job = self.store.pods[pod].job;
        let rank = (false, self.store.jobs[job].order, self.number_of(pod));
        self.make_request(Request::Orphan(worker as u8, pod), Some(job), rank);
    }

    /// The orphan's finalizer is removed, and the worker goes on.
    pub(in crate::world) fn apply_orphan(&mut self, worker: u8, pod: PodId) {
        let job = self.store.pods[pod].job;
        self.log.push(Observation::Request(job, RequestKind::PatchPod));
        self.store.remove_finalizer(pod);
        self.publish();
        self.next_orphan(usize::from(worker));
    }
}
