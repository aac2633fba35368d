//! The dispatcher: takes events and hands each to whom it concerns, then lets what follows at once follow. It decides
//! nothing itself.

use super::config::Config;
use super::controllers::cronjob::CronSide;
use super::controllers::job::Worker;
use super::controllers::orphan_finalizers::OrphanWorkers;
use super::event::Event;
use super::nodes::kubelet;
use super::nodes::kubelet::Kubelet;
use super::nodes::slots::Room;
use super::reclaim::Leaving;
use super::store::jobs::{ApiJob, Change, Store};
use super::users::jobs::{Action, Agenda, Deed};
use super::wire::job_events::Notices;
use super::wire::requests::{Rank, Request, Requests};
use super::wire::watch::Watch;
use crate::api::ExitCodeTable;
use crate::apiserver::JobObject;
use crate::controller::WorkQueue;
use crate::controller::job::{JobCallOutcome, JobController, JobOutbox};
use crate::id::{JobId, PodId};
use crate::kernel::EventList;
use crate::model::{CronStart, Workload};
use crate::record::{DeletionCause, Observation};
use crate::time::{SimDuration, SimTime};
use std::sync::Arc;

/// A cluster on a virtual clock.
#[derive(Debug)]
pub struct World<W> {
    pub(super) config: Config,
    pub(super) immediate: bool,
    pub(super) events: EventList<Event>,
    /// The API server's objects.
    pub store: Store,
    pub(super) controller: JobController,
    pub(super) workers: Vec<Worker>,
    pub(super) outbox: JobOutbox,
    pub(super) orphans: OrphanWorkers,
    pub(super) ttl_queue: WorkQueue,
    pub(super) ttl_busy: usize,
    pub(super) requests: Requests,
    pub(super) watch: Watch,
    pub(super) notices: Notices,
    pub(super) kubelet: Kubelet,
    pub(super) room: Room,
    pub(super) leaving: Leaving,
    pub(super) cron: CronSide,
    pub(super) up: bool,
    /// From when on the controllers work, once they are up.
    pub(super) works_from: SimTime,
    /// Where Pods' lives come from.
    pub workload: W,
    /// Lists of exit codes that Pods refer to.
    pub codes: ExitCodeTable,
    pub(super) users: Agenda,
    /// What was observed since the reader last took it.
    pub log: Vec<Observation>,
    /// Syncs begun so far.
    pub syncs: u64,
    /// Events dispatched so far.
    pub dispatched: u64,
}

impl<W: Workload> World<W> {
    /// An empty cluster at the clock's start.
    pub fn new(config: Config, workload: W) -> Self {
        World {
            immediate: config.is_immediate(),
            events: EventList::new(),
            store: Store::default(),
            controller: JobController::new(config.params),
            workers: Vec::new(),
            outbox: JobOutbox::default(),
            orphans: OrphanWorkers::default(),
            ttl_queue: WorkQueue::new(&config.params),
            ttl_busy: 0,
            requests: Requests::new(config.throttle),
            watch: Watch::default(),
            notices: Notices::default(),
            kubelet: Kubelet::new(config.clocks.nodes),
            room: Room::default(),
            leaving: Leaving::default(),
            cron: CronSide::new(&config.cron_params, config.clock),
            up: !config.down_at_first,
            works_from: SimTime::ZERO,
            workload,
            codes: ExitCodeTable::default(),
            users: Agenda::default(),
            log: Vec::new(),
            syncs: 0,
            dispatched: 0,
            config,
        }
    }

    /// Empties the cluster for another run; keeps the memory.
    pub fn reset(&mut self, config: Config) {
        self.immediate = config.is_immediate();
        self.events.clear();
        self.store.clear();
        self.controller.reset(config.params);
        self.workers.truncate(config.params.workers);
        self.rest();
        self.orphans.clear();
        self.ttl_queue.reset(&config.params);
        self.ttl_busy = 0;
        self.requests.reset(config.throttle);
        self.watch.clear();
        self.notices.reset();
        self.leaving.clear();
        self.kubelet.clear();
        self.kubelet.clock = config.clocks.nodes;
        self.room.clear();
        self.cron.reset(&config.cron_params, config.clock);
        self.up = !config.down_at_first;
        self.works_from = SimTime::ZERO;
        self.codes.clear();
        self.users.clear();
        self.log.clear();
        (self.syncs, self.dispatched) = (0, 0);
        self.config = config;
    }

    /// Makes all workers idle.
    pub(super) fn rest(&mut self) {
        for worker in &mut self.workers {
            worker.busy = None;
            worker.answers.clear();
        }
    }

    /// Adds a Job that is created at an instant.
    pub fn add_job(&mut self, object: Arc<JobObject>, at: SimTime) -> JobId {
        let place = self.store.jobs.len() as u32;
        let id = self.admit(ApiJob::new(object, place));
        self.plan_deed(Deed::Create(id), at);
        id
    }

    /// Makes a Job known to the world; it is not created yet.
    pub(super) fn admit(&mut self, job: ApiJob) -> JobId {
        let id = self.store.jobs.next_key();
        // At most 256 workers have a place in an event.
        let count = self.config.params.workers.clamp(1, 256);
        while self.workers.len() < count {
            self.workers.push(Worker::new(job.spec.clone()));
        }
        let cronjob = job.owner.map(|owner| &*self.store.cronjobs[owner].name);
        let start = cronjob.zip(job.scheduled).map(|(cronjob, scheduled)| CronStart { cronjob, scheduled });
        self.workload.admit(id, &job.object, start);
        self.store.jobs.push(job);
        id
    }

    /// Adds something that the user does at an instant.
    pub fn add_action(&mut self, action: Action, at: SimTime) {
        self.plan_deed(Deed::Act(action), at);
    }

    /// The instant of the last event.
    pub fn now(&self) -> SimTime {
        self.events.now()
    }

    /// The instant of the next event.
    pub fn next_time(&self) -> Option<SimTime> {
        self.events.peek_time()
    }

    /// Dispatches the next event and what follows from it at once; gives its instant, or `None` at the end.
    pub fn step(&mut self) -> Option<SimTime> {
        let (now, event) = self.events.pop()?;
        self.dispatched += 1;
        self.dispatch(event);
        self.follow();
        Some(now)
    }

    pub(super) fn schedule_after(&mut self, after: SimDuration, event: Event) {
        self.events.schedule(self.events.now() + after, event.class(), event);
    }

    fn dispatch(&mut self, event: Event) {
        let now = self.events.now();
        match event {
            Event::KeyDue(job) => self.controller.queue.due(job, now),
            Event::TtlDue(job) => self.ttl_queue.due(job, now),
            Event::CronDue(cronjob) => self.cron.controller.queue.due(cronjob, now),
            Event::TokenRound => self.token_round(),
            Event::Apply { request, generation } => self.apply(request, generation),
            Event::Answers(worker) => self.answer_all(worker),
            Event::CronAnswer { worker, call } => self.answer_cron_call(worker, call),
            Event::Watch => self.arrive(),
            Event::ControllersUp => self.controllers_start(),
            Event::WorkBegins => {}
            Event::ListJobs => self.list_jobs(),
            Event::ListPods => self.list_pods(),
            Event::Bind(pod) => self.bind(pod),
            Event::Room => self.give_room(),
            Event::Start(pod) => self.kubelet.start(pod, &mut self.store, now),
            Event::Ready(pod, run) => self.kubelet.ready(pod, run, &mut self.store, now),
            Event::Exit(pod, run) => self.exit(pod, run),
            Event::Restart(pod, run) => self.kubelet.restart(pod, run, &mut self.store, now),
            Event::Stopped(pod) => self.kubelet.stopped(pod, &mut self.store, now),
            Event::Disrupt(pod) => self.disrupt(pod),
            Event::CollectPods(job) => self.collect_pods(job),
            Event::CollectJob(job) => self.collect_job(job),
            Event::CollectOrphans(job) => self.collect_orphans(job),
            Event::CollectPod(pod) => self.collect_pod(pod),
            Event::CollectJobs(owner) => self.collect_jobs(owner),
            Event::CollectCronJob(cronjob) => self.collect_cronjob(cronjob),
            Event::CollectOwned(job) => self.collect_owned(job),
            Event::User => self.user(),
        }
    }

    /// Lets everything happen that follows at once.
    fn follow(&mut self) {
        self.publish();
        let now = self.events.now();
        if !self.up || now < self.works_from || self.watch.is_due(now) {
            // Syncs begin with what reaches the caches in this instant; the watch's event is next, or the next list.
            return self.take_agenda();
        }
        loop {
            let before = (self.syncs, self.cron.passes);
            if !self.config.only_cronjobs {
                self.start_syncs();
                self.start_ttl();
            }
            self.start_passes();
            self.publish();
            self.start_orphans();
            self.send_notices();
            self.send_cron_notices();
            if (self.syncs, self.cron.passes) == before {
                break;
            }
        }
        self.take_agenda();
    }

    /// Moves what the components plan onto the event list.
    fn take_agenda(&mut self) {
        let events = &mut self.events;
        take_plans(events, &mut self.controller.queue.timers, Event::KeyDue);
        take_plans(events, &mut self.ttl_queue.timers, Event::TtlDue);
        take_plans(events, &mut self.cron.controller.queue.timers, Event::CronDue);
        take_plans(events, &mut self.requests.agenda, |event| event);
        take_plans(events, &mut self.kubelet.agenda, |event| event);
    }

    /// Makes a request on behalf of a Job, or of none.
    pub(super) fn make_request(&mut self, request: Request, job: Option<JobId>, rank: Rank) {
        let latency = self.workload.request_latency(job).unwrap_or(self.config.api_latency);
        self.requests.make(request, latency, rank, self.events.now());
    }

    /// The requests of the instant before take their tokens.
    fn token_round(&mut self) {
        let (workers, pods) = (&self.workers, &self.store.pods);
        let log = &mut self.log;
        self.requests.token_round(self.events.now(), |delayed| {
            let job = match delayed.request {
                Request::Sync { worker, .. } => workers[usize::from(worker)].busy,
                Request::Orphan(_, pod) => Some(pods[pod].job),
                Request::TtlGet(job) | Request::TtlDelete(job) => Some(job),
                Request::Notice | Request::CronJob(_) | Request::CronNotice => None,
            };
            log.push(Observation::TokenWait(delayed.request.client(), job, delayed.wait));
        });
    }

    /// Applies and answers a request.
    fn apply(&mut self, request: u32, generation: u32) {
        match self.requests.take(request, generation) {
            Some(Request::Sync { worker, call }) => self.apply_call(worker, call),
            Some(Request::Orphan(worker, pod)) => self.apply_orphan(worker, pod),
            Some(Request::TtlGet(job)) => self.apply_ttl_get(job),
            Some(Request::TtlDelete(job)) => self.apply_ttl_delete(job),
            Some(Request::Notice) => self.log.extend(self.notices.sending.take().map(Observation::Notice)),
            Some(Request::CronJob(worker)) => self.apply_cron_call(worker),
            Some(Request::CronNotice) => self.cron_notice_sent(),
            None => {}
        }
    }

    fn exit(&mut self, pod: PodId, run: u32) {
        let now = self.events.now();
        if let Some((identity, planned)) = self.kubelet.run_under_way(pod, run, &self.store) {
            let ended = self.workload.ended(identity, run, planned, now, &mut self.codes);
            self.kubelet.set_run(pod, ended, &self.store);
        }
        if let Some((identity, number)) = self.kubelet.exit(pod, run, &mut self.store, now) {
            let containers = kubelet::container_count(pod, &self.store);
            let next = self.workload.run(identity, number, containers, &mut self.codes);
            self.kubelet.set_next_run(pod, next, &self.store);
        }
    }

    fn disrupt(&mut self, pod: PodId) {
        if self.kubelet.disrupt(pod, &mut self.store, &mut self.codes, self.events.now()) {
            self.delete_pod(pod, DeletionCause::Disrupted);
        }
    }

    /// Deletes a Pod gracefully, for whoever asks.
    pub(super) fn delete_pod(&mut self, pod: PodId, cause: DeletionCause) -> JobCallOutcome {
        let now = self.events.now();
        self.log.push(Observation::PodDeleted(pod, cause));
        let deletion = self.store.delete_pod(pod, false, now);
        self.kubelet.deleted(pod, deletion, &mut self.store, now);
        match deletion {
            super::store::jobs::Deletion::NotFound => JobCallOutcome::NotFound,
            _ => JobCallOutcome::Deleted,
        }
    }

    /// Tells of all changes in the store: the log, the collector, and the controllers.
    pub(super) fn publish(&mut self) {
        if self.store.changes.is_empty() {
            return;
        }
        let mut changes = std::mem::take(&mut self.store.changes);
        // Mostly there is one, or a few; to take them from the end is several times faster than to drain them.
        changes.reverse();
        while let Some(change) = changes.pop() {
            self.log.push(match change {
                Change::Job(id, _) | Change::JobGone(id, _) => Observation::Job(id),
                Change::Pod(id, ..) | Change::PodGone(id, ..) => Observation::Pod(id),
                Change::CronJob(id, _) | Change::CronJobGone(id) => Observation::CronJob(id),
            });
            if let Change::PodGone(_, job, _) = change
                && self.store.jobs[job].pods_live == 0
            {
                self.last_pod_gone(job);
            }
            if let Change::JobGone(job, _) = change {
                self.owned_job_gone(job);
            }
            if let Change::PodGone(_, job, _) | Change::JobGone(job, _) = change {
                self.may_be_forgotten(job);
            }
            if let Change::Pod(id, ..) | Change::PodGone(id, ..) = change {
                let pod = &self.store.pods[id];
                if pod.has_slot && (pod.gone || pod.pod.phase.is_terminal()) {
                    self.free_slot(id);
                }
            }
            self.tell(change);
        }
        self.store.changes = changes;
    }

    fn tell(&mut self, change: Change) {
        if !self.up {
            return;
        }
        if self.immediate {
            return self.deliver(change);
        }
        let latency = self.workload.watch_latency(change.job()).unwrap_or(self.config.watch_latency);
        let due = self.watch.send(change, self.events.now(), latency);
        if let Some((at, event)) = due {
            self.events.schedule(at, event.class(), event);
        }
    }

    fn arrive(&mut self) {
        while let Some(change) = self.watch.arrive(self.events.now()) {
            self.deliver(change);
        }
    }

    /// A change reaches the controllers' caches.
    pub(super) fn deliver(&mut self, change: Change) {
        let now = self.events.now();
        let jobs = &self.store.jobs;
        match change {
            Change::Job(id, job) => {
                self.cron_job_changed(id, &job.status);
                self.ttl_job_changed(id, &job);
                self.controller.job_changed(id, job, now);
            }
            Change::JobGone(id, version) => {
                self.cron_job_gone(id);
                self.controller.job_gone(id, version);
            }
            Change::CronJob(id, cronjob) => self.cron.controller.cronjob_changed(id, *cronjob, now),
            Change::CronJobGone(id) => self.cron.controller.cronjob_gone(id),
            Change::Pod(id, job, pod, version) => {
                let about = (&*jobs[job].spec, &self.codes);
                self.controller.pod_changed(id, job, (&pod, version), about, now);
            }
            Change::PodGone(id, job, version) => {
                let about = (&*jobs[job].spec, &self.codes);
                self.controller.pod_gone(id, job, version, about, now);
            }
        }
    }

    /// Sends Events: all at once, or one by one if they take tokens.
    fn send_notices(&mut self) {
        let now = self.events.now();
        if !self.config.events_throttled {
            while let Some(notice) = self.notices.next(now) {
                self.log.push(Observation::Notice(notice));
            }
        } else if self.notices.sending.is_none()
            && let Some(notice) = self.notices.next(now)
        {
            self.notices.sending = Some(notice);
            self.make_request(Request::Notice, Some(notice.job), (true, self.order_of(notice.job), 0));
        }
    }
}

/// Moves plans onto the event list. This is done at every step, and mostly there are none.
#[inline]
fn take_plans<T: Copy>(events: &mut EventList<Event>, plans: &mut Vec<(SimTime, T)>, event: impl Fn(T) -> Event) {
    for &(at, planned) in &*plans {
        let event = event(planned);
        events.schedule(at, event.class(), event);
    }
    plans.clear();
}
