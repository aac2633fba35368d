//! The TTL controller: deletes finished Jobs whose TTL has expired. It has a client, a queue and workers of its own. It
//! reads a Job again before it deletes it, because its cached copy may be older than a change of the TTL. The deletion
//! of the Job's Pods is the garbage collector's work.

use super::garbage_collector;
use crate::api::{JobSpec, JobStatus};
use crate::controller::WorkQueue;
use crate::controller::job::{CachedJob, Caches};
use crate::id::JobId;
use crate::model::Workload;
use crate::record::{Observation, RequestKind};
use crate::release::{JobControllerParams, MODELLED};
use crate::time::{SimDuration, SimTime};
use crate::world::env::Env;
use crate::world::wire::requests::{Request, WireRequests};

/// How many Jobs are processed at a time. Source: `--concurrent-ttl-after-finished-syncs`, 5.
const WORKERS: usize = 5;

/// The TTL controller's queue, and its workers.
#[derive(Debug)]
pub(in crate::world) struct TtlWorkers {
    pub queue: WorkQueue,
    busy: usize,
}

impl Default for TtlWorkers {
    fn default() -> Self {
        TtlWorkers { queue: WorkQueue::new(&MODELLED.job_controller), busy: 0 }
    }
}

/// How long a finished Job is still kept; `None` if the TTL controller does not delete it.
#[doc(alias = "timeLeft")]
fn time_left(spec: &JobSpec, status: &JobStatus, deleting: bool, now: SimTime) -> Option<SimDuration> {
    let ttl = spec.ttl_seconds_after_finished.filter(|_| !deleting)?;
    let finished = status.finished()?.last_transition_time;
    Some(finished + SimDuration::from_secs(i64::from(ttl)) - now)
}

impl TtlWorkers {
    /// Empties it for another run with these constants; keeps the allocated memory.
    pub fn reset(&mut self, params: &JobControllerParams) {
        self.queue.reset(params);
        self.busy = 0;
    }

    /// The controller dies.
    pub fn stop(&mut self) {
        self.queue.clear();
        self.busy = 0;
    }

    /// The cache has seen a Job.
    pub fn job_changed<W: Workload>(&mut self, env: &Env<W>, id: JobId, job: &CachedJob) {
        if time_left(&job.spec, &job.status, job.deleting, env.controllers_now()).is_some() {
            self.queue.add(id);
        }
    }

    /// Gives ready keys to idle workers.
    pub fn start<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, caches: &Caches) {
        while self.busy < WORKERS
            && let Some(id) = self.queue.get()
        {
            let now = env.controllers_now();
            let left = caches.job(id).and_then(|j| time_left(&j.spec, &j.status, j.deleting, now));
            if !self.is_over(env, id, left) {
                self.queue.done(id);
                continue;
            }
            self.busy += 1;
            match env.applies_at_once() {
                true => self.apply_get(env, requests, id),
                false => ask(env, requests, Request::TtlGet(id), id),
            }
        }
    }

    /// Whether the TTL has expired; if some time is left, the key is added again for when it will have.
    fn is_over<W: Workload>(&mut self, env: &Env<W>, id: JobId, left: Option<SimDuration>) -> bool {
        match left {
            Some(left) if left.is_positive() => {
                self.queue.add_after(id, env.now(), left);
                false
            }
            Some(_) => true,
            None => false,
        }
    }

    /// The Job was read again: its TTL may have been changed, or another client may have deleted it.
    pub fn apply_get<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, id: JobId) {
        let job = &env.store.jobs[id];
        let left = match job.exists() {
            true => time_left(&job.spec, &job.status, job.deleting, env.controllers_now()),
            false => None,
        };
        if !self.is_over(env, id, left) {
            self.done(id);
        } else if env.applies_at_once() {
            self.apply_delete(env, id);
        } else {
            ask(env, requests, Request::TtlDelete(id), id);
        }
    }

    /// Deletes the Job in the foreground.
    pub fn apply_delete<W: Workload>(&mut self, env: &mut Env<W>, id: JobId) {
        env.log.push(Observation::Request(id, RequestKind::DeleteJob));
        garbage_collector::mark_job(env, id);
        self.done(id);
    }

    fn done(&mut self, id: JobId) {
        self.busy = self.busy.checked_sub(1).expect("the worker of this Job is busy");
        self.queue.done(id);
    }
}

fn ask<W: Workload>(env: &mut Env<W>, requests: &mut WireRequests, request: Request, id: JobId) {
    requests.make(env, request, Some(id), (false, env.store.order_of(id), -2));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{JobCondition, JobConditionType, JobMessage, JobReason};
    use crate::apiserver::JobObject;
    use serde_json::json;

    /// Source: needsCleanup and timeLeft of `pkg/controller/ttlafterfinished`.
    #[test]
    fn only_a_finished_job_that_nobody_deletes_has_time_left() {
        let at = |seconds| SimTime::ZERO + SimDuration::from_secs(seconds);
        let pod = json!({"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1.36"}]});
        let manifest = json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "example"},
            "spec": {"ttlSecondsAfterFinished": 60, "template": {"spec": pod}},
        });
        let spec = JobObject::from_value(&manifest).expect("it is a Job").spec;
        let (reason, message) = (JobReason::CompletionsReached, JobMessage::CompletionsReached);
        let condition_type = JobConditionType::Complete;
        let condition = JobCondition { condition_type, status: true, reason, message, last_transition_time: at(50) };
        let finished = JobStatus { conditions: [condition].into_iter().collect(), ..JobStatus::default() };
        for (status, deleting, left) in [
            (&finished, false, Some(SimDuration::from_secs(10))),
            (&finished, true, None),
            (&JobStatus::default(), false, None),
        ] {
            assert_eq!(time_left(&spec, status, deleting, at(100)), left, "deleting: {deleting}");
        }
    }
}
