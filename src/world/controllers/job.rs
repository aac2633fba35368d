//! The Job controller's workers: each performs one sync at a time, and is busy until its last request is answered. What
//! a sync asks for is decided in [`crate::controller::job`].
//!
//! Invariant: a worker is busy exactly while its sync waits for the outcome of a call.

use super::garbage_collector;
use crate::api::{CompletionIndex, JobSpec, Pod};
use crate::controller::job::{
    BackoffWait, JobCall, JobCallOutcome, JobController, JobOutbox, JobSync, JobSyncContext, ReasonToDelete,
};
use crate::controller::{SyncEnd, SyncStep};
use crate::id::JobId;
use crate::limits::MOST_WORKERS;
use crate::model::Workload;
use crate::record::{DeletionCause, Observation, RequestKind};
use crate::release::JobControllerParams;
use crate::time::{SimDuration, SimTime, WholeSecond};
use crate::world::env::Env;
use crate::world::event::Event;
use crate::world::nodes::{Nodes, placement};
use crate::world::store::Deletion;
use crate::world::wire::job_events::JobEventRecorder;
use crate::world::wire::requests::Request;
use crate::world::wire::requests::{RequestRank, WireRequests};
use std::mem;
use std::sync::Arc;

/// The Job controller, its workers and its event recorder.
#[derive(Debug, Default)]
pub(in crate::world) struct JobWorkers {
    pub controller: JobController,
    /// The workers that have been busy so far; others are added when they are needed.
    workers: Vec<JobWorker>,
    outbox: JobOutbox,
    pub events: JobEventRecorder,
    /// Syncs begun so far.
    pub syncs: u64,
}

/// A worker.
#[derive(Debug)]
struct JobWorker {
    sync: JobSync,
    busy: Option<JobId>,
    /// Requests that were applied, with their outcomes and the instants at which they are answered.
    answers: Vec<(SimTime, JobCall, JobCallOutcome)>,
}

impl JobWorker {
    fn new(spec: Arc<JobSpec>) -> Self {
        JobWorker { sync: JobSync::new(spec), busy: None, answers: Vec::new() }
    }

    /// Abandons its sync.
    fn stop(&mut self) {
        self.busy = None;
        self.answers.clear();
    }
}

impl JobWorkers {
    /// Empties them for another run with these constants; keeps the allocated memory.
    pub fn reset(&mut self, params: &JobControllerParams) {
        let JobWorkers { controller, workers, outbox, events, syncs } = self;
        controller.reset(*params);
        workers.truncate(params.workers);
        workers.iter_mut().for_each(JobWorker::stop);
        outbox.clear();
        events.reset(params.rules);
        *syncs = 0;
    }

    /// The controller dies: it forgets everything, and its workers' syncs are abandoned.
    pub fn stop(&mut self) {
        self.controller.clear();
        self.events.clear();
        self.workers.iter_mut().for_each(JobWorker::stop);
    }

    /// Gives a ready key to an idle worker; `false` if there is no such key or no such worker.
    pub fn start_next<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        nodes: &mut Nodes,
    ) -> bool {
        if self.controller.queue.is_empty() || env.is_stuck() {
            return false;
        }
        let count = self.controller.params.workers.clamp(1, MOST_WORKERS);
        let worker = self.workers.iter().position(|w| w.busy.is_none()).unwrap_or(self.workers.len());
        if worker >= count {
            return false;
        }
        let job = self.controller.queue.get().expect("the queue is not empty");
        if worker == self.workers.len() {
            self.workers.push(JobWorker::new(env.store.jobs[job].spec.clone()));
        }
        self.workers[worker].busy = Some(job);
        if env.config.paranoid {
            self.check_ledger(env, job);
        }
        let (sync, mut context) = self.step_of(env, worker);
        let step = sync.begin(job, &mut context);
        self.syncs += 1;
        env.at_once += 1;
        self.carry_out(env, requests, nodes, (worker, job, step));
        true
    }

    /// Asserts that the ledger's view equals the recount.
    fn check_ledger<W>(&self, env: &Env<W>, job: JobId) {
        // The key of a Job that is gone may still be in the queue.
        let Some(cached) = self.controller.caches.job(job) else { return };
        let plain = self.controller.caches.recount(job, &cached.spec, &env.codes);
        let kept = self.controller.caches.jobs[job].ledger.view();
        assert!(kept.is_equal(&plain), "the ledger differs from the recount:\nledger  {kept:?}\nrecount {plain:?}");
    }

    /// Carries out the calls, keys and Events of a step of a sync.
    fn carry_out<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        nodes: &mut Nodes,
        (worker, job, step): (usize, JobId, SyncStep),
    ) {
        let now = env.now();
        let mut outbox = mem::take(&mut self.outbox);
        outbox.add_after.iter().for_each(|&delay| self.controller.queue.add_after(job, now, delay));
        let ahead = env.config.clocks.controllers;
        let on_our_clock = |wait: BackoffWait| BackoffWait { until: wait.until - ahead, ..wait };
        env.log.extend(outbox.waits.iter().map(|&wait| Observation::Wait(job, on_our_clock(wait))));
        outbox.emissions.iter().for_each(|&emission| self.events.emit(job, emission));
        for &call in &outbox.calls {
            self.make_call(env, requests, nodes, (worker, job, call));
        }
        // The sync ends only when these calls are answered: their changes reach the caches later in this instant.
        let is_idle = outbox.calls.is_empty();
        outbox.clear();
        self.outbox = outbox;
        let SyncStep::Ended(end) = step else { return };
        assert!(is_idle, "a sync that has ended makes no call");
        self.workers[worker].busy = None;
        if end == SyncEnd::Failed {
            env.log.push(Observation::SyncFailed(job));
        }
        self.controller.queue.finish(job, end, now);
    }

    fn make_call<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        nodes: &mut Nodes,
        (worker, job, call): (usize, JobId, JobCall),
    ) {
        let number = worker as u8;
        if !env.applies_at_once() {
            let rank = rank_of(env, job, call);
            return requests.make(env, Request::Sync { worker: number, call }, Some(job), rank);
        }
        let outcome = self.perform(env, nodes, worker, call);
        self.answer_a_tick_later(env, worker, call, outcome);
    }

    /// Answers a request a tick after its application. By then its changes have reached the caches, as they usually
    /// have in a real cluster.
    fn answer_a_tick_later<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        worker: usize,
        call: JobCall,
        outcome: JobCallOutcome,
    ) {
        env.publish();
        let at = env.now() + SimDuration::TICK;
        let answers = &mut self.workers[worker].answers;
        if answers.last().is_none_or(|(before, ..)| *before != at) {
            env.schedule_at(at, Event::Answers(worker as u8));
        }
        answers.push((at, call, outcome));
    }

    /// Answers those of a worker's applied requests whose answers are due.
    pub fn answer_all<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        nodes: &mut Nodes,
        worker: u8,
    ) {
        let worker = usize::from(worker);
        let mut answers = mem::take(&mut self.workers[worker].answers);
        let due = answers.iter().take_while(|(at, ..)| *at <= env.now()).count();
        // The controller may have died since. Then the worker is idle, or performs a new sync whose answers are not due
        // yet.
        let Some(job) = self.workers[worker].busy.filter(|_| due > 0) else {
            self.workers[worker].answers = answers;
            return;
        };
        let mut step = SyncStep::Waiting;
        for (_, call, outcome) in answers.drain(..due) {
            step = self.resume(env, worker, call, &outcome);
        }
        self.workers[worker].answers = answers;
        self.carry_out(env, requests, nodes, (worker, job, step));
    }

    /// Applies a call, and answers it in the same instant.
    pub fn apply<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        nodes: &mut Nodes,
        (worker, call): (u8, JobCall),
    ) {
        let worker = usize::from(worker);
        let job = self.workers[worker].busy.expect("a request dies when its worker's sync does");
        let outcome = self.perform(env, nodes, worker, call);
        if env.immediate {
            return self.answer_a_tick_later(env, worker, call, outcome);
        }
        let step = self.resume(env, worker, call, &outcome);
        self.carry_out(env, requests, nodes, (worker, job, step));
    }

    fn resume<W: Workload>(
        &mut self,
        env: &Env<W>,
        worker: usize,
        call: JobCall,
        outcome: &JobCallOutcome,
    ) -> SyncStep {
        let (sync, mut context) = self.step_of(env, worker);
        sync.resume(call, outcome, &mut context)
    }

    /// A worker's sync, and the context of its next step.
    fn step_of<'a, W: Workload>(&'a mut self, env: &'a Env<W>, worker: usize) -> (&'a mut JobSync, JobSyncContext<'a>) {
        let context = JobSyncContext {
            caches: &mut self.controller.caches,
            codes: &env.codes,
            params: &self.controller.params,
            now: env.controllers_now(),
            out: &mut self.outbox,
        };
        (&mut self.workers[worker].sync, context)
    }

    /// Performs a call on the store.
    fn perform<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        nodes: &mut Nodes,
        worker: usize,
        call: JobCall,
    ) -> JobCallOutcome {
        let sync = &self.workers[worker].sync;
        env.log.push(Observation::Request(sync.job(), request_kind(call)));
        match call {
            JobCall::CreatePod { index, failures, ignored } => {
                create_pod(env, nodes, (sync.job(), sync.spec()), (index, failures, ignored))
            }
            JobCall::PatchPod(pod) => match env.store.remove_finalizer(pod) {
                Some(version) => JobCallOutcome::Patched { version },
                None => JobCallOutcome::NotFound,
            },
            JobCall::DeletePod(pod) => match nodes.delete_pod(env, pod, deletion_cause(sync.reason_to_delete())) {
                Deletion::NotFound => JobCallOutcome::NotFound,
                _ => JobCallOutcome::Deleted,
            },
            JobCall::UpdateStatus => {
                let rules = self.controller.params.rules;
                match env.store.update_status(sync.job(), sync.version(), sync.status(), rules) {
                    Some((status, version)) => JobCallOutcome::Updated { status, version },
                    None => JobCallOutcome::Refused,
                }
            }
        }
    }
}

fn create_pod<W: Workload>(
    env: &mut Env<W>,
    nodes: &mut Nodes,
    (job, spec): (JobId, &Arc<JobSpec>),
    (index, failures, ignored): (Option<CompletionIndex>, i32, i32),
) -> JobCallOutcome {
    let now = env.now();
    if env.config.create_failures.iter().any(|&(from, to)| from <= now && now < to) {
        return forbid(env, job, "pods is forbidden: exceeded quota".to_owned());
    }
    let new = Pod::new(WholeSecond::from(now), index, failures, ignored);
    let placed = match env.config.nodes.is_some() {
        false => None,
        // Admission refuses a Pod whose priority class does not exist.
        true => match placement::of_new_pod(env, job, spec) {
            Ok(placed) => Some(placed),
            Err(why) => return forbid(env, job, why),
        },
    };
    let admitted = match env.admit_by_quota(job, spec) {
        Ok(admitted) => admitted,
        Err(why) => {
            let name = &env.store.jobs[job].name;
            let generated = index.map_or_else(|| format!("{name}-"), |index| format!("{name}-{index}-"));
            return forbid(env, job, format!("pods {generated:?} is forbidden: {why}"));
        }
    };
    let (pod, version) = match placed {
        None => env.store.create_pod(job, new),
        Some(placed) => env.store.create_placed_pod(job, new, placed),
    };
    env.quotas.charge(pod, admitted, &env.config.quotas);
    nodes.pod_created(env, pod);
    if env.store.jobs[job].gone {
        // The Job was deleted while the request was under way.
        garbage_collector::pod_created_without_owner(env, pod);
    }
    JobCallOutcome::Created { pod, version }
}

/// The API server refuses to create a Pod; the Job's Events give the reason.
fn forbid<W: Workload>(env: &mut Env<W>, job: JobId, why: String) -> JobCallOutcome {
    let id = env.refusal_id(why);
    env.log.push(Observation::CreateRefused(job, id, env.refusals.text(id).clone()));
    JobCallOutcome::Forbidden(id)
}

/// The rank of a call: by Job, then calls without a Pod, then calls by the number of the Pod.
fn rank_of<W>(env: &Env<W>, job: JobId, call: JobCall) -> RequestRank {
    let order = env.store.jobs[job].order;
    match call {
        JobCall::UpdateStatus => (false, env.store.order_of(job), -2),
        JobCall::CreatePod { index, .. } => (false, order, index.map_or(-1, |index| i64::from(index.get()))),
        JobCall::PatchPod(pod) | JobCall::DeletePod(pod) => (false, order, env.store.number_of(pod)),
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
