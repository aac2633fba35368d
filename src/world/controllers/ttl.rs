//! The TTL controller: deletes finished Jobs when their time is over. It has a client, a queue and workers of its own,
//! and reads the Job afresh before it deletes.

use crate::api::{JobSpec, JobStatus};
use crate::controller::job::CachedJob;
use crate::id::JobId;
use crate::model::Workload;
use crate::record::{Observation, RequestKind};
use crate::time::{SimDuration, SimTime};
use crate::world::dispatch::World;
use crate::world::wire::requests::Request;

/// How many Jobs are processed at a time. Source: `--concurrent-ttl-after-finished-syncs`, 5.
pub(in crate::world) const WORKERS: usize = 5;

/// How long a finished Job still has; `None` if it is not to be deleted.
#[doc(alias = "timeLeft")]
fn time_left(spec: &JobSpec, status: &JobStatus, deleting: bool, now: SimTime) -> Option<SimDuration> {
    let ttl = spec.ttl_seconds_after_finished.filter(|_| !deleting)?;
    let finished = status.finished()?.last_transition_time;
    Some(finished + SimDuration::from_secs(i64::from(ttl)) - now)
}

impl<W: Workload> World<W> {
    /// What the controllers' clock shows.
    fn controllers_now(&self) -> SimTime {
        self.events.now() + self.config.clocks.controllers
    }

    /// The cache has seen a Job.
    pub(in crate::world) fn ttl_job_changed(&mut self, id: JobId, job: &CachedJob) {
        if time_left(&job.spec, &job.status, job.deleting, self.controllers_now()).is_some() {
            self.ttl_queue.add(id);
        }
    }

    /// Gives ready keys to idle workers.
    pub(in crate::world) fn start_ttl(&mut self) {
        while self.ttl_busy < WORKERS
            && let Some(id) = self.ttl_queue.get()
        {
            let now = self.controllers_now();
            let left = self.controller.caches.job(id).and_then(|j| time_left(&j.spec, &j.status, j.deleting, now));
            if self.is_over(id, left) {
                self.ttl_busy += 1;
                self.ask_ttl(Request::TtlGet(id), id);
            } else {
                self.ttl_queue.done(id);
            }
        }
    }

    /// Whether the time is over; if there is some left, the key is added again when it will be.
    fn is_over(&mut self, id: JobId, left: Option<SimDuration>) -> bool {
        match left {
            Some(left) if left.is_positive() => {
                self.ttl_queue.add_after(id, self.events.now(), left);
                false
            }
            Some(_) => true,
            None => false,
        }
    }

    fn ask_ttl(&mut self, request: Request, id: JobId) {
        if self.immediate {
            match request {
                Request::TtlGet(_) => self.apply_ttl_get(id),
                _ => self.apply_ttl_delete(id),
            }
        } else {
            self.make_request(request, Some(id), (false, self.order_of(id), -2));
        }
    }

    /// The Job was read afresh: its time may have been changed.
    pub(in crate::world) fn apply_ttl_get(&mut self, id: JobId) {
        let job = &self.store.jobs[id];
        let left = match job.exists() {
            true => time_left(&job.spec, &job.status, job.deleting, self.controllers_now()),
            false => None,
        };
        if self.is_over(id, left) {
            self.ask_ttl(Request::TtlDelete(id), id);
        } else {
            self.ttl_done(id);
        }
    }

    /// The Job is deleted in the foreground.
    pub(in crate::world) fn apply_ttl_delete(&mut self, id: JobId) {
        self.log.push(Observation::Request(id, RequestKind::DeleteJob));
        self.mark_job(id);
        self.ttl_done(id);
    }

    fn ttl_done(&mut self, id: JobId) {
        self.ttl_busy -= 1;
        self.ttl_queue.done(id);
    }
}
