//! The workers of the orphan clean-up: each takes a key and removes the finalizers of its Pods one after the other, by
//! one request each. Which Pods are orphans is decided by [`JobController::is_orphan`].

use crate::controller::job::{JobController, OrphanKey};
use crate::id::PodId;
use crate::model::Workload;
use crate::record::{Observation, RequestKind};
use crate::release::ReleaseRule;
use crate::world::env::Env;
use crate::world::wire::requests::{Request, WireRequests};

/// How many keys are processed at a time. Source: `--concurrent-job-syncs`, 5, which the controller also uses for
/// orphans.
const WORKERS: usize = 5;

/// The workers.
#[derive(Debug, Default)]
pub(in crate::world) struct OrphanWorkers {
    workers: [Option<OrphanWork>; WORKERS],
}

/// What a worker is doing.
#[derive(Debug)]
struct OrphanWork {
    key: OrphanKey,
    /// Pods that are still to be processed; the last element is the next.
    pods: Vec<PodId>,
}

impl OrphanWorkers {
    /// Makes all workers idle.
    pub fn clear(&mut self) {
        self.workers = Default::default();
    }

    /// Gives a ready key to an idle worker; `false` if there is no such key or no such worker.
    pub fn start_next<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        controller: &mut JobController,
    ) -> bool {
        if !controller.orphans.is_ready() {
            return false;
        }
        let is_one = controller.params.rules.has(ReleaseRule::HasOneOrphanWorker);
        let workers = &self.workers[..if is_one { 1 } else { WORKERS }];
        let Some(worker) = workers.iter().position(Option::is_none) else { return false };
        let (key, pods) = controller.next_orphans().expect("a key is ready");
        self.workers[worker] = Some(OrphanWork { key, pods });
        self.go_on(env, requests, controller, worker);
        true
    }

    /// A worker takes its next Pod, or becomes idle.
    fn go_on<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        controller: &mut JobController,
        worker: usize,
    ) {
        loop {
            let work = self.workers[worker].as_mut().expect("a worker goes on until its last Pod");
            let Some(pod) = work.pods.pop() else {
                controller.orphans.done(work.key);
                self.workers[worker] = None;
                return;
            };
            if !controller.is_orphan(pod) {
                continue;
            }
            if env.applies_at_once() {
                remove_finalizer(env, pod);
                continue;
            }
            let job = env.store.pods[pod].job;
            let rank = (false, env.store.jobs[job].order, env.store.number_of(pod));
            return requests.make(env, Request::Orphan(worker as u8, pod), Some(job), rank);
        }
    }

    /// Removes the orphan's finalizer; then the worker continues.
    pub fn apply<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        controller: &mut JobController,
        (worker, pod): (u8, PodId),
    ) {
        remove_finalizer(env, pod);
        self.go_on(env, requests, controller, usize::from(worker));
    }
}

fn remove_finalizer<W: Workload>(env: &mut Env<W>, pod: PodId) {
    env.log.push(Observation::Request(env.store.pods[pod].job, RequestKind::PatchPod));
    // The Pod may be gone by now. The API then answers NotFound, which the clean-up treats as success.
    let _ = env.store.remove_finalizer(pod);
    env.publish();
}
