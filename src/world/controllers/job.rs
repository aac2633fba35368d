//! The Job controller's workers: each performs one sync at a time and is busy until its last request is answered.

use crate::api::{JobSpec, Pod};
use crate::controller::job::{
    BackoffWait, JobCall, JobCallOutcome, JobOutbox, JobSync, JobSyncContext, ReasonToDelete,
};
use crate::controller::{SyncEnd, SyncStep};
use crate::id::{JobId, PodId};
use crate::model::Workload;
use crate::record::{DeletionCause, Observation, RequestKind};
use crate::time::{SimDuration, WholeSecond};
use crate::world::dispatch::World;
use crate::world::event::Event;
use crate::world::store::jobs::JobOrder;
use crate::world::wire::requests::{Rank, Request};
use std::sync::Arc;

/// A worker.
#[derive(Debug)]
pub(in crate::world) struct Worker {
    pub sync: JobSync,
    pub busy: Option<JobId>,
    /// Outcomes of requests that are applied and will be answered together.
    pub answers: Vec<(JobCall, JobCallOutcome)>,
}

impl Worker {
    pub fn new(spec: Arc<JobSpec>) -> Self {
        Worker { sync: JobSync::new(spec), busy: None, answers: Vec::new() }
    }
}

impl<W: Workload> World<W> {
    /// Gives ready keys to idle workers.
    pub(in crate::world) fn start_syncs(&mut self) {
        while !self.controller.queue.is_empty() {
            let Some(worker) = self.workers.iter().position(|w| w.busy.is_none()) else { return };
            let Some(job) = self.controller.queue.get() else { return };
            self.workers[worker].busy = Some(job);
            if self.config.paranoid {
                self.check_ledger(job);
            }
            let (sync, mut context) = self.step_of(worker);
            let step = sync.begin(job, &mut context);
            self.syncs += 1;
            self.carry_out(worker, job, step);
        }
    }

    /// Holds the ledger's view against the recount.
    fn check_ledger(&self, job: JobId) {
        let Some(cached) = self.controller.caches.job(job) else { return };
        let plain = self.controller.caches.recount(job, &cached.spec, &self.codes);
        let kept = self.controller.caches.jobs[job].ledger.view();
        assert!(kept.is_equal(&plain), "the ledger differs from the recount:\nledger  {kept:?}\nrecount {plain:?}");
    }

    /// Carries out what a step of a sync gave out.
    fn carry_out(&mut self, worker: usize, job: JobId, step: SyncStep) {
        let now = self.events.now();
        let mut outbox = std::mem::take(&mut self.outbox);
        outbox.add_after.iter().for_each(|&delay| self.controller.queue.add_after(job, now, delay));
        let ahead = self.config.clocks.controllers;
        let on_our_clock = |wait: BackoffWait| BackoffWait { until: wait.until - ahead, ..wait };
        self.log.extend(outbox.waits.iter().map(|&wait| Observation::Wait(job, on_our_clock(wait))));
        outbox.emissions.iter().for_each(|&emission| self.notices.emit(job, emission));
        self.make_calls(worker, job, &outbox);
        outbox.clear();
        self.outbox = outbox;
        let SyncStep::Ended(end) = step else { return };
        self.workers[worker].busy = None;
        if end == SyncEnd::Failed {
            self.log.push(Observation::SyncFailed(job));
        }
        self.controller.queue.finish(job, end, now);
    }

    fn make_calls(&mut self, worker: usize, job: JobId, outbox: &JobOutbox) {
        let now = self.events.now();
        for &call in &outbox.calls {
            if self.immediate {
                let outcome = self.perform(worker, call);
                self.publish();
                let answers = &mut self.workers[worker].answers;
                if answers.is_empty() {
                    let event = Event::Answers(worker as u8);
                    self.events.schedule(now + SimDuration::TICK, event.class(), event);
                }
                answers.push((call, outcome));
            } else {
                let rank = self.rank_of(job, call);
                self.make_request(Request::Sync { worker: worker as u8, call }, Some(job), rank);
            }
        }
    }

    /// Where a Job stands among others; one that is gone counts as the first.
    pub(in crate::world) fn order_of(&self, job: JobId) -> JobOrder {
        let job = &self.store.jobs[job];
        if job.gone { JobOrder::default() } else { job.order }
    }

    /// The number of a Pod among those of its Job: its index, else the ordinal of its creation.
    pub(in crate::world) fn number_of(&self, pod: PodId) -> i64 {
        let pod = &self.store.pods[pod].pod;
        if pod.index < 0 { i64::from(pod.ordinal) } else { i64::from(pod.index) }
    }

    /// Where a call stands: in the order of Jobs, then without a Pod first, then by the number of the Pod.
    fn rank_of(&self, job: JobId, call: JobCall) -> Rank {
        let order = self.store.jobs[job].order;
        match call {
            JobCall::UpdateStatus => (false, self.order_of(job), -2),
            JobCall::CreatePod { index, .. } => (false, order, i64::from(index)),
            JobCall::PatchPod(pod) | JobCall::DeletePod(pod) => (false, order, self.number_of(pod)),
        }
    }

    /// Answers all applied requests of a worker.
    pub(in crate::world) fn answer_all(&mut self, worker: u8) {
        let worker = usize::from(worker);
        let mut answers = std::mem::take(&mut self.workers[worker].answers);
        let Some(job) = self.workers[worker].busy.filter(|_| !answers.is_empty()) else { return };
        let mut step = SyncStep::Waiting;
        for (call, outcome) in answers.drain(..) {
            step = self.resume(worker, call, &outcome);
        }
        self.workers[worker].answers = answers;
        self.carry_out(worker, job, step);
    }

    /// Applies a call and answers it in the same instant.
    pub(in crate::world) fn apply_call(&mut self, worker: u8, call: JobCall) {
        let worker = usize::from(worker);
        let Some(job) = self.workers[worker].busy else { return };
        let outcome = self.perform(worker, call);
        let step = self.resume(worker, call, &outcome);
        self.carry_out(worker, job, step);
    }

    fn resume(&mut self, worker: usize, call: JobCall, outcome: &JobCallOutcome) -> SyncStep {
        let (sync, mut context) = self.step_of(worker);
        sync.resume(call, outcome, &mut context)
    }

    /// A worker's sync, and what its next step may see and touch.
    fn step_of(&mut self, worker: usize) -> (&mut JobSync, JobSyncContext<'_>) {
        let context = JobSyncContext {
            caches: &mut self.controller.caches,
            codes: &self.codes,
            params: &self.controller.params,
            now: self.events.now() + self.config.clocks.controllers,
            out: &mut self.outbox,
        };
        (&mut self.workers[worker].sync, context)
    }

    /// Performs a call on the store.
    fn perform(&mut self, worker: usize, call: JobCall) -> JobCallOutcome {
        self.log.push(Observation::Request(self.workers[worker].sync.job(), request_kind(call)));
        match call {
            JobCall::CreatePod { index, failures, ignored } => self.create_pod(worker, (index, failures, ignored)),
            JobCall::PatchPod(pod) => match self.store.remove_finalizer(pod) {
                Some(version) => JobCallOutcome::Patched { version },
                None => JobCallOutcome::NotFound,
            },
            JobCall::DeletePod(pod) => {
                let cause = self.workers[worker].sync.reason_to_delete();
                self.delete_pod(pod, deletion_cause(cause))
            }
            JobCall::UpdateStatus => {
                let sync = &self.workers[worker].sync;
                match self.store.update_status(sync.job(), sync.version(), sync.status()) {
                    Some((status, version)) => JobCallOutcome::Updated { status, version },
                    None => JobCallOutcome::Refused,
                }
            }
        }
    }

    fn create_pod(&mut self, worker: usize, (index, failures, ignored): (i32, i32, i32)) -> JobCallOutcome {
        let (now, job) = (self.events.now(), self.workers[worker].sync.job());
        if self.config.create_failures.iter().any(|&(from, to)| from <= now && now < to) {
            self.log.push(Observation::CreateRefused(job));
            return JobCallOutcome::Refused;
        }
        let (pod, version) = self.store.create_pod(job, Pod::new(WholeSecond::from(now), index, failures, ignored));
        let spec: &JobSpec = &self.store.jobs[job].spec;
        let containers = spec.template.containers.len();
        let life =
            self.workload.life(crate::world::nodes::kubelet::identity(pod, &self.store), containers, &mut self.codes);
        self.kubelet.take_up(pod, life, &mut self.store, now);
        if self.store.jobs[job].gone {
            self.born_orphan(pod);
        }
        JobCallOutcome::Created { pod, version }
    }
}

fn request_kind(call: JobCall) -> RequestKind {
    match call {
        JobCall::CreatePod { .. } => RequestKind::CreatePod,
        JobCall::PatchPod(_) => RequestKind::PatchPod,
        JobCall::DeletePod(_) => RequestKind::DeletePod,
        JobCall::UpdateStatus => RequestKind::UpdateStatus,
    }
}

fn deletion_cause(reason: ReasonToDelete) -> DeletionCause {
    match reason {
        ReasonToDelete::JobEnds => DeletionCause::JobEnds,
        ReasonToDelete::Suspended => DeletionCause::Suspended,
        ReasonToDelete::TooMany => DeletionCause::ScaleDown,
    }
}
