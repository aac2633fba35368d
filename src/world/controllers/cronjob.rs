//! The CronJob controller's place in the world: its workers, each with one pass and one call at a time, and what its
//! calls do to the store. When a start is due is the controller's to say ([`crate::controller::cronjob`]).

use crate::api::JobStatus;
use crate::apiserver::refusal;
use crate::controller::SyncStep;
use crate::controller::cronjob::{
    ApiError, ApiErrorKind, CronJobCall, CronJobCallOutcome, CronJobController, CronJobOutbox, CronJobSync,
    CronJobSyncContext, OwnedJob,
};
use crate::id::{CronJobId, JobId};
use crate::model::Workload;
use crate::record::Observation;
use crate::release::CronJobControllerParams;
use crate::time::{SimDuration, SimTime, WallClock};
use crate::world::dispatch::World;
use crate::world::event::Event;
use crate::world::store::cronjobs::NotWritten;
use crate::world::store::jobs::ApiJob;
use crate::world::wire::cronjob_events::CronNotices;
use crate::world::wire::requests::Request;
use std::sync::Arc;

/// The controller, its workers and its Events.
#[derive(Debug)]
pub(in crate::world) struct CronSide {
    pub controller: CronJobController,
    workers: Vec<Worker>,
    outbox: CronJobOutbox,
    pub notices: CronNotices,
    /// Passes begun so far.
    pub passes: u64,
}

/// A worker.
#[derive(Debug, Default)]
struct Worker {
    busy: Option<(CronJobId, CronJobSync)>,
    call: Option<CronJobCall>,
    /// The error that was decided on when the call was made.
    fault: Option<ApiError>,
    /// The outcome of the call, on its way back.
    outcome: Option<CronJobCallOutcome>,
    /// How many calls it has made: an answer to an earlier one means nothing.
    calls: u32,
}

/// A window in which calls of the CronJob controller fail.
#[derive(Clone, Debug, PartialEq)]
pub struct CronFault {
    /// Which calls.
    pub calls: FaultyCalls,
    /// Those made from here on.
    pub from: SimTime,
    /// And before here.
    pub to: SimTime,
    /// With this error.
    pub error: ApiError,
}

/// Calls that fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultyCalls {
    /// Creating Jobs.
    CreateJob,
    /// Deleting Jobs.
    DeleteJob,
    /// Reading Jobs.
    GetJob,
    /// Writing the status.
    UpdateStatus,
}

impl FaultyCalls {
    fn matches(self, call: &CronJobCall) -> bool {
        match self {
            Self::CreateJob => matches!(call, CronJobCall::CreateJob { .. }),
            Self::DeleteJob => matches!(call, CronJobCall::DeleteJob(..)),
            Self::GetJob => matches!(call, CronJobCall::GetJob(_)),
            Self::UpdateStatus => matches!(call, CronJobCall::UpdateStatus),
        }
    }
}

impl CronSide {
    pub fn new(params: &CronJobControllerParams, clock: WallClock) -> Self {
        let controller = CronJobController::new(params, clock);
        let (workers, outbox, notices) = (Vec::new(), CronJobOutbox::default(), CronNotices::default());
        let mut side = CronSide { controller, workers, outbox, notices, passes: 0 };
        side.reset(params, clock);
        side
    }

    /// Empties it for another run with these constants; keeps the memory.
    pub fn reset(&mut self, params: &CronJobControllerParams, clock: WallClock) {
        self.controller.reset(params, clock);
        self.notices.clear();
        self.outbox.clear();
        self.workers.clear();
        // At most 256 workers have a place in an event.
        self.workers.resize_with(params.workers.clamp(1, 256), Worker::default);
        self.passes = 0;
    }

    /// The controller dies: it forgets everything, and its workers are idle.
    pub fn clear(&mut self) {
        self.controller.clear();
        self.notices.clear();
        for worker in &mut self.workers {
            *worker = Worker { calls: worker.calls, ..Worker::default() };
        }
    }
}

impl<W: Workload> World<W> {
    /// Gives ready keys to idle workers.
    pub(in crate::world) fn start_passes(&mut self) {
        while !self.cron.controller.queue.is_empty() {
            let Some(worker) = self.cron.workers.iter().position(|w| w.busy.is_none()) else { return };
            let Some(id) = self.cron.controller.queue.get() else { return };
            self.cron.passes += 1;
            self.begin_pass(worker, id);
        }
    }

    fn begin_pass(&mut self, worker: usize, id: CronJobId) {
        let cron = &mut self.cron;
        let Some((sync, step)) = cron.controller.begin_sync(id, self.events.now(), &mut cron.outbox) else {
            return cron.controller.queue.done(id);
        };
        cron.workers[worker].busy = Some((id, sync));
        self.carry_out_pass(worker, id, step);
    }

    /// Carries out what a step of a sync gave out.
    fn carry_out_pass(&mut self, worker: usize, id: CronJobId, step: SyncStep) {
        for emission in self.cron.outbox.emissions.drain(..) {
            self.log.push(Observation::CronEmitted(id, Box::new(emission.clone())));
            self.cron.notices.emit(id, emission);
        }
        match (step, self.cron.outbox.call.take()) {
            (SyncStep::Waiting, Some(call)) => self.make_cron_call(worker, id, call),
            (SyncStep::Ended(end), None) => {
                self.cron.workers[worker].busy = None;
                self.cron.controller.queue.finish(id, end, self.events.now());
            }
            (step, call) => unreachable!("a sync that is {step:?} gives out {call:?}"),
        }
    }

    fn make_cron_call(&mut self, worker: usize, id: CronJobId, call: CronJobCall) {
        let now = self.events.now();
        let faults = self.config.cron_faults.iter();
        let fault = faults.filter(|f| f.from <= now && now < f.to).find(|f| f.calls.matches(&call));
        let fault = fault.map(|f| f.error.clone());
        let w = &mut self.cron.workers[worker];
        (w.call, w.fault) = (Some(call), fault);
        w.calls += 1;
        if self.immediate {
            return self.apply_cron_call(worker as u8);
        }
        let rank = (false, self.store.cronjobs[id].order, 0);
        self.make_request(Request::CronJob(worker as u8), None, rank);
    }

    /// Applies a worker's call; the answer comes now or later.
    pub(in crate::world) fn apply_cron_call(&mut self, worker: u8) {
        let w = &mut self.cron.workers[usize::from(worker)];
        let (Some((id, _)), Some(call)) = (&w.busy, w.call.take()) else { return };
        let id = *id;
        let outcome = match w.fault.take() {
            Some(fault) => CronJobCallOutcome::Failed(fault),
            None => self.perform_cron_call(usize::from(worker), id, call),
        };
        self.publish();
        let after = self.answers_after();
        let w = &mut self.cron.workers[usize::from(worker)];
        w.outcome = Some(outcome);
        let call = w.calls;
        match after.is_positive() {
            true => self.schedule_after(after, Event::CronAnswer { worker, call }),
            false => self.answer_cron_call(worker, call),
        }
    }

    /// How long after it was applied a call of the CronJob controller is answered: where nothing takes time, late enough
    /// for the caches to have what it wrote.
    fn answers_after(&self) -> SimDuration {
        let config = &self.config;
        let takes_time = config.api_latency.is_positive() || config.watch_latency.is_positive();
        match (config.answer_latency.is_positive() || takes_time, self.immediate) {
            (true, _) => config.answer_latency,
            (false, true) => SimDuration::TICK,
            (false, false) => SimDuration::TICK.doubled(),
        }
    }

    /// Answers a worker's call, unless the controller has died since.
    pub(in crate::world) fn answer_cron_call(&mut self, worker: u8, call: u32) {
        let (now, clock, worker) = (self.events.now(), self.cron.controller.clock(), usize::from(worker));
        let w = &mut self.cron.workers[worker];
        let (true, Some((id, pass)), Some(outcome)) = (w.calls == call, &mut w.busy, w.outcome.take()) else { return };
        let mut context = CronJobSyncContext { clock, now, out: &mut self.cron.outbox };
        let (id, step) = (*id, pass.resume(outcome, &mut context));
        self.carry_out_pass(worker, id, step);
    }

    fn perform_cron_call(&mut self, worker: usize, id: CronJobId, call: CronJobCall) -> CronJobCallOutcome {
        match call {
            CronJobCall::GetCronJob if self.store.cronjobs[id].exists() => {
                CronJobCallOutcome::CronJob(self.store.cronjobs[id].cached())
            }
            CronJobCall::GetCronJob => self.cronjob_not_found(id),
            CronJobCall::GetJob(name) => match self.find_job_beside(id, &name) {
                Some(job) => CronJobCallOutcome::Job { job, is_owned: self.store.jobs[job].owner == Some(id) },
                None => job_not_found(&name),
            },
            CronJobCall::DeleteJob(name, reason) => match self.find_job_beside(id, &name) {
                Some(job) => {
                    self.log.push(Observation::JobDeleted(job, reason));
                    self.delete_job_in_background(job);
                    CronJobCallOutcome::Done
                }
                None => job_not_found(&name),
            },
            CronJobCall::CreateJob { name, scheduled } => self.create_scheduled_job(id, name, scheduled),
            CronJobCall::UpdateStatus => self.write_cron_status(worker, id),
        }
    }

    fn create_scheduled_job(&mut self, id: CronJobId, name: Arc<str>, scheduled: i64) -> CronJobCallOutcome {
        if self.find_job_beside(id, &name).is_some() {
            let text = format!("jobs.batch {name:?} already exists");
            return CronJobCallOutcome::Failed(ApiError { kind: ApiErrorKind::AlreadyExists, text });
        }
        let cronjob = &mut self.store.cronjobs[id];
        let job = match cronjob.take_job(&name) {
            Ok(like) => ApiJob::scheduled(like, name, (id, cronjob.object.clone()), scheduled),
            Err(errors) => {
                let text = refusal("Job.batch", &name, &errors);
                return CronJobCallOutcome::Failed(ApiError { kind: ApiErrorKind::Other, text });
            }
        };
        let job = self.create_owned_job(job, id);
        CronJobCallOutcome::Job { job, is_owned: true }
    }

    fn write_cron_status(&mut self, worker: usize, id: CronJobId) -> CronJobCallOutcome {
        let Some((_, pass)) = &self.cron.workers[worker].busy else { return CronJobCallOutcome::Done };
        match self.store.update_cronjob_status(id, pass.version(), pass.status()) {
            Ok(()) => CronJobCallOutcome::Done,
            Err(NotWritten::NotFound) => self.cronjob_not_found(id),
            Err(NotWritten::Conflict) => {
                let text = format!(
                    "Operation cannot be fulfilled on cronjobs.batch {:?}: the object has been modified; please apply \
                     your changes to the latest version and try again",
                    self.store.cronjobs[id].name
                );
                CronJobCallOutcome::Failed(ApiError { kind: ApiErrorKind::Other, text })
            }
        }
    }

    fn cronjob_not_found(&self, id: CronJobId) -> CronJobCallOutcome {
        let text = format!("cronjobs.batch {:?} not found", self.store.cronjobs[id].name);
        CronJobCallOutcome::Failed(ApiError { kind: ApiErrorKind::NotFound, text })
    }

    /// The Job of a name in a CronJob's namespace.
    fn find_job_beside(&self, id: CronJobId, name: &str) -> Option<JobId> {
        self.store.find_job(&self.store.cronjobs[id].object.namespace, name)
    }

    /// Sends Events about CronJobs: all at once, or one by one if they take tokens.
    pub(in crate::world) fn send_cron_notices(&mut self) {
        let now = self.events.now();
        if !self.config.events_throttled {
            while let Some(notice) = self.cron.notices.next(now) {
                self.log.push(Observation::CronNotice(Box::new(notice)));
            }
        } else if self.cron.notices.sending.is_none()
            && let Some(notice) = self.cron.notices.next(now)
        {
            let order = self.store.cronjobs[notice.cronjob].order;
            self.cron.notices.sending = Some(notice);
            self.make_request(Request::CronNotice, None, (true, order, 0));
        }
    }

    /// The Event that is being sent has reached the API.
    pub(in crate::world) fn cron_notice_sent(&mut self) {
        self.log.extend(self.cron.notices.sending.take().map(|notice| Observation::CronNotice(Box::new(notice))));
    }

    /// The CronJob controller's cache has seen a Job.
    pub(in crate::world) fn cron_job_changed(&mut self, job: JobId, status: &JobStatus) {
        let api = &self.store.jobs[job];
        let owned = api.owner.map(|owner| (owner, OwnedJob::new(job, api.name.clone(), status)));
        self.cron.controller.job_changed(job, owned);
    }

    /// The CronJob controller's cache has seen a Job disappear.
    pub(in crate::world) fn cron_job_gone(&mut self, job: JobId) {
        self.cron.controller.job_gone(job, self.store.jobs[job].owner);
    }

    /// New controllers list all CronJobs.
    pub(in crate::world) fn list_cronjobs(&mut self) {
        let there = self.store.cronjobs.entries().filter(|(_, cronjob)| cronjob.exists());
        let mut ids: Vec<CronJobId> = there.map(|(id, _)| id).collect();
        let object = |id: CronJobId| &self.store.cronjobs[id].object;
        ids.sort_by(|&a, &b| (&object(a).namespace, &object(a).name).cmp(&(&object(b).namespace, &object(b).name)));
        for id in ids {
            let cached = self.store.cronjobs[id].cached();
            self.cron.controller.cronjob_changed(id, cached, self.events.now());
        }
    }
}

fn job_not_found(name: &str) -> CronJobCallOutcome {
    CronJobCallOutcome::Failed(ApiError {
        kind: ApiErrorKind::NotFound,
        text: format!("jobs.batch {name:?} not found"),
    })
}
