//! The CronJob controller's workers: each performs one sync at a time, with one call at a time. When a start is due is
//! decided in [`crate::controller::cronjob`]; what the calls do to the store is in [`super::cronjob_calls`].
//!
//! Invariant: a worker is busy exactly while its sync waits for the outcome of a call.

use super::cronjob_calls;
use crate::api::JobStatus;
use crate::controller::SyncStep;
use crate::controller::cronjob::{
    ApiError, CronJobCall, CronJobCallOutcome, CronJobController, CronJobOutbox, CronJobSync, OwnedJob,
};
use crate::id::{CronJobId, JobId};
use crate::limits::MOST_WORKERS;
use crate::model::Workload;
use crate::record::Observation;
use crate::release::CronJobControllerParams;
use crate::time::{SimDuration, WallClock};
use crate::world::env::Env;
use crate::world::event::Event;
use crate::world::wire::cronjob_events::CronJobEventRecorder;
use crate::world::wire::requests::{Request, WireRequests};

/// The CronJob controller, its workers and its event recorder.
#[derive(Debug, Default)]
pub(in crate::world) struct CronJobWorkers {
    pub controller: CronJobController,
    workers: Vec<CronJobWorker>,
    outbox: CronJobOutbox,
    pub events: CronJobEventRecorder,
    /// Syncs begun so far.
    pub syncs: u64,
}

/// A worker.
#[derive(Debug, Default)]
struct CronJobWorker {
    busy: Option<(CronJobId, CronJobSync)>,
    call: Option<CronJobCall>,
    /// The error with which the call will fail; decided when the call was made.
    fault: Option<ApiError>,
    /// The outcome of the applied call, which has not been answered yet.
    outcome: Option<CronJobCallOutcome>,
    /// How many calls it has made. An answer to a call of an earlier number is ignored.
    calls: u32,
}

impl CronJobWorkers {
    /// Empties them for another run with these constants; keeps the allocated memory.
    pub fn reset(&mut self, params: &CronJobControllerParams, clock: WallClock) {
        let CronJobWorkers { controller, workers, outbox, events, syncs } = self;
        controller.reset(params, clock);
        workers.clear();
        workers.resize_with(params.workers.clamp(1, MOST_WORKERS), CronJobWorker::default);
        outbox.clear();
        events.reset(params.rules);
        *syncs = 0;
    }

    /// The controller dies: it forgets everything, and its workers' syncs are abandoned. The calls are numbered on, so
    /// answers that are still on their way match no sync.
    pub fn stop(&mut self) {
        self.controller.clear();
        self.events.clear();
        for worker in &mut self.workers {
            *worker = CronJobWorker { calls: worker.calls, ..CronJobWorker::default() };
        }
    }

    /// A Job's change reaches the cache.
    pub fn job_changed<W>(&mut self, env: &Env<W>, job: JobId, status: &JobStatus) {
        let stored = &env.store.jobs[job];
        let owned = stored.owner.map(|owner| (owner, OwnedJob::new(job, stored.name.clone(), status)));
        self.controller.job_changed(job, owned);
    }

    /// Gives a ready key to an idle worker; `false` if there is no such key or no such worker.
    pub fn start_next<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests) -> bool {
        if self.controller.queue.is_empty() || env.is_stuck() {
            return false;
        }
        let Some(worker) = self.workers.iter().position(|w| w.busy.is_none()) else { return false };
        let id = self.controller.queue.get().expect("the queue is not empty");
        self.syncs += 1;
        env.at_once += 1;
        match self.controller.begin_sync(id, &env.store.namesakes(id), env.now(), &mut self.outbox) {
            Some((sync, step)) => {
                self.workers[worker].busy = Some((id, sync));
                self.carry_out(env, requests, (worker, id, step));
            }
            // The CronJob is gone, but its key was still in the queue.
            None => self.controller.queue.done(id),
        }
        true
    }

    /// Carries out the calls, keys and Events of a step of a sync.
    fn carry_out<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        (worker, id, step): (usize, CronJobId, SyncStep),
    ) {
        for emission in self.outbox.emissions.drain(..) {
            env.log.push(Observation::CronEmitted(id, Box::new(emission.clone())));
            self.events.emit(id, emission);
        }
        match (step, self.outbox.call.take()) {
            (SyncStep::Waiting, Some(call)) => self.make_call(env, requests, (worker, id, call)),
            (SyncStep::Ended(end), None) => {
                self.workers[worker].busy = None;
                self.controller.finish(id, end, env.now());
            }
            (step, call) => unreachable!("a sync that is {step:?} gives out {call:?}"),
        }
    }

    fn make_call<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        (worker, id, call): (usize, CronJobId, CronJobCall),
    ) {
        let now = env.now();
        let faults = env.config.cron_faults.iter();
        let fault = faults.filter(|f| f.from <= now && now < f.to).find(|f| f.calls.matches(&call));
        let fault = fault.map(|f| f.error.clone());
        let w = &mut self.workers[worker];
        assert!(w.call.is_none() && w.outcome.is_none(), "a worker makes one call at a time");
        (w.call, w.fault) = (Some(call), fault);
        w.calls += 1;
        let number = worker as u8;
        if env.applies_at_once() {
            return self.apply(env, requests, number);
        }
        let rank = (false, env.store.cronjobs[id].order, 0);
        requests.make(env, Request::CronJob(number), None, rank);
    }

    /// Applies a worker's call; it is answered now or later.
    pub fn apply<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, number: u8) {
        let worker = &mut self.workers[usize::from(number)];
        let (id, sync) = worker.busy.as_ref().expect("a request dies when its worker's sync does");
        let call = worker.call.take().expect("a request stands for the call of its worker");
        let outcome = match worker.fault.take() {
            Some(fault) => CronJobCallOutcome::Failed(fault),
            None => cronjob_calls::perform(env, *id, sync, call),
        };
        worker.outcome = Some(outcome);
        let call = worker.calls;
        env.publish();
        let after = answers_after(env);
        match after.is_positive() {
            true => env.schedule_after(after, Event::CronAnswer { worker: number, call }),
            false => self.answer(env, requests, number, call),
        }
    }

    /// Answers a worker's call, unless the controller has died since.
    pub fn answer<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, number: u8, call: u32) {
        let worker = &mut self.workers[usize::from(number)];
        if worker.calls != call {
            return;
        }
        // The controller may have restarted since, and the worker may be idle.
        let Some((id, sync)) = &mut worker.busy else { return };
        let outcome = worker.outcome.take().expect("a call is answered after it was applied");
        let mut context = self.controller.step(env.now(), &mut self.outbox);
        let (id, step) = (*id, sync.resume(outcome, &mut context));
        self.carry_out(env, requests, (usize::from(number), id, step));
    }
}

/// How long after its application a call of the CronJob controller is answered. If nothing takes time, this is just
/// long enough for the call's writes to reach the caches.
fn answers_after<W>(env: &Env<W>) -> SimDuration {
    let config = &env.config;
    let takes_time = config.api_latency.is_positive() || config.watch_latency.is_positive();
    match (config.answer_latency.is_positive() || takes_time, env.immediate) {
        (true, _) => config.answer_latency,
        (false, true) => SimDuration::TICK,
        (false, false) => SimDuration::TICK.doubled(),
    }
}
