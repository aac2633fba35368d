//! The environment that every subsystem is given: clock and event list, the store and its watches, the workload,
//! configuration, and observations. It knows no subsystem. When a write concerns a subsystem, an event is scheduled for
//! it, or a note is kept here until the subsystem asks for it.

use super::cluster_watch::ClusterChange;
use super::config::Config;
use super::event::Event;
use super::kueue::KueueState;
use super::quotas::{Quotas, Refusals};
use super::store::{ApiJob, Store, StoreChange, WatchStream};
use crate::api::ExitCodeTable;
use crate::id::{CronJobId, JobId};
use crate::kernel::EventList;
use crate::model::{CronStart, Latency, LatencyOf, Workload};
use crate::record::Observation;
use crate::time::{SimDuration, SimTime};

/// Events within this span count together for [`Config::most_at_once`]. A loop that takes no modelled time still takes
/// some ticks in each round, such as those in which requests get their tokens, so counting by instant would not find
/// it.
const MOMENT: SimDuration = SimDuration::from_millis(1);

/// What all subsystems share.
#[derive(Debug)]
pub struct Env<W> {
    pub(super) config: Config,
    /// Whether nothing takes time: then changes reach the caches within the instant.
    pub(super) immediate: bool,
    pub(super) events: EventList<Event>,
    /// Whether the cluster has no nodes, slots, quotas or queues: then only the controllers and the recorder need to be
    /// told of changes.
    is_plain: bool,
    /// How many events and syncs the current span of [`MOMENT`] has had.
    pub(super) at_once: u64,
    /// When that span began.
    moment: SimTime,
    /// The API server's objects.
    pub store: Store,
    pub(super) watch: WatchStream<StoreChange>,
    /// What the scheduler and the node controllers watch.
    pub(super) cluster_watch: WatchStream<ClusterChange>,
    /// The input model: how long Pods run, how they fail, what disrupts them.
    pub workload: W,
    /// Lists of exit codes that Pods refer to.
    pub codes: ExitCodeTable,
    /// What Pods use of the quotas.
    pub(super) quotas: Quotas,
    /// The queues of Kueue.
    pub(super) kueue: KueueState,
    /// The texts with which creations of Pods were refused.
    pub(super) refusals: Refusals,
    /// What was observed since the log was last emptied.
    pub log: Vec<Observation>,
    /// How many of the pending events are housekeeping ([`Event::is_housekeeping`]).
    pub(super) housekeeping: usize,
    /// How many Pods have given up their slot since the slots were last given out.
    pub(super) freed_slots: u32,
    /// Jobs that are gone with all their Pods, each with the number of changes that had been sent by then on `watch`
    /// and on `cluster_watch`. A Job that gets another Pod afterwards is entered again when that Pod is gone.
    pub(super) over: Vec<(JobId, [u64; 2])>,
}

impl<W: Workload> Env<W> {
    /// The environment of an empty cluster.
    pub(super) fn new(config: Config, workload: W) -> Self {
        let is_up = !config.down_at_first;
        let mut env = Env {
            immediate: config.is_immediate(),
            is_plain: config.is_plain(),
            config,
            events: EventList::new(),
            at_once: 0,
            moment: SimTime::ZERO,
            store: Store::default(),
            watch: WatchStream::default(),
            cluster_watch: WatchStream::default(),
            workload,
            codes: ExitCodeTable::default(),
            quotas: Quotas::default(),
            kueue: KueueState::default(),
            refusals: Refusals::default(),
            log: Vec::new(),
            housekeeping: 0,
            freed_slots: 0,
            over: Vec::new(),
        };
        env.watch.reset(is_up);
        env.cluster_watch.reset(true);
        env.quotas.reset(&env.config.quotas);
        env.kueue.reset(env.config.kueue.as_deref());
        env
    }

    /// Empties it for another run; keeps the allocated memory. The caller restarts the workload.
    pub(super) fn reset(&mut self, config: Config) {
        let Env {
            config: old,
            immediate,
            is_plain,
            events,
            at_once,
            moment,
            store,
            watch,
            cluster_watch,
            workload: _,
            codes,
            quotas,
            kueue,
            refusals,
            log,
            housekeeping,
            freed_slots,
            over,
        } = self;
        *immediate = config.is_immediate();
        *is_plain = config.is_plain();
        events.clear();
        (*at_once, *moment) = (0, SimTime::ZERO);
        store.clear();
        watch.reset(!config.down_at_first);
        cluster_watch.reset(true);
        codes.clear();
        quotas.reset(&config.quotas);
        kueue.reset(config.kueue.as_deref());
        refusals.clear();
        log.clear();
        (*freed_slots, *housekeeping) = (0, 0);
        over.clear();
        *old = config;
    }

    /// The instant of the event that is being dispatched.
    #[inline]
    pub fn now(&self) -> SimTime {
        self.events.now()
    }

    /// Whether requests are applied the moment they are made. In a cluster with nodes each request takes an instant of
    /// its own, so Pods reach the scheduler one after the other.
    #[inline]
    pub(super) fn applies_at_once(&self) -> bool {
        self.immediate && self.config.nodes.is_none()
    }

    /// Takes the next event, and counts it in its span of [`MOMENT`].
    pub(super) fn next_event(&mut self) -> Option<Event> {
        let (now, event) = self.events.pop()?;
        self.at_once += 1;
        if now - self.moment >= MOMENT {
            (self.at_once, self.moment) = (1, now);
        }
        Some(event)
    }

    /// Whether the current span of [`MOMENT`] has had more than [`Config::most_at_once`] events.
    #[inline]
    pub(super) fn is_stuck(&self) -> bool {
        self.at_once > self.config.most_at_once
    }

    /// What the controllers' clock shows.
    #[inline]
    pub(super) fn controllers_now(&self) -> SimTime {
        self.now() + self.config.clocks.controllers
    }

    /// Schedules an event. Panics if `at` is in the past.
    #[inline]
    pub(super) fn schedule_at(&mut self, at: SimTime, event: Event) {
        self.housekeeping += usize::from(event.is_housekeeping());
        self.events.schedule(at, event.class(), event);
    }

    /// Schedules an event, a span of time from now.
    #[inline]
    pub(super) fn schedule_after(&mut self, after: SimDuration, event: Event) {
        self.schedule_at(self.now() + after, event);
    }

    /// Draws the latency of the next request or change of a Job, or, with `None`, of one that belongs to no Job.
    #[inline]
    pub(super) fn latency(&mut self, of: LatencyOf, job: Option<JobId>) -> SimDuration {
        let latency = match of {
            LatencyOf::Request => &self.config.api_latency,
            LatencyOf::Change => &self.config.watch_latency,
        };
        match latency {
            Latency::Fixed(latency) => *latency,
            Latency::Random(distribution) => self.workload.latency(of, job, distribution),
        }
    }

    /// Schedules an action of the garbage collector after its latency.
    pub(super) fn collect_later(&mut self, event: Event) {
        self.schedule_after(self.config.gc_latency, event);
    }

    /// Schedules the garbage collector for a CronJob that is marked for deletion.
    pub(super) fn collect_cronjob_later(&mut self, owner: CronJobId) {
        if !self.config.only_cronjobs {
            self.collect_later(Event::CollectCronJob(owner));
        }
    }

    /// Makes a Job known to the world and its workload; it is not created yet.
    pub(super) fn admit_job(&mut self, job: ApiJob) -> JobId {
        let id = self.store.jobs.next_key();
        let cronjob = job.owner.map(|owner| &*self.store.cronjobs[owner].name);
        let start = cronjob.zip(job.scheduled).map(|(cronjob, scheduled)| CronStart { cronjob, scheduled });
        self.workload.admit(id, &job.object, start);
        self.store.jobs.push(job)
    }

    /// Publishes all changes in the store: logs them, sends them to the controllers, and notes them for the garbage
    /// collector, the slots and the reclaim of memory.
    #[inline]
    pub(super) fn publish(&mut self) {
        if !self.store.changes.is_empty() {
            self.publish_all();
        }
    }

    /// Publishes all changes as if a list had found them: they are in the caches before anything else happens.
    pub(super) fn publish_as_list(&mut self) {
        let immediate = std::mem::replace(&mut self.immediate, true);
        self.publish();
        self.immediate = immediate;
    }

    fn publish_all(&mut self) {
        // Most events make one change. It is large, so it is moved once.
        if self.store.changes.len() == 1
            && let Some(change) = self.store.changes.pop()
        {
            self.publish_one(&change);
            return self.send_to_controllers(change);
        }
        let mut changes = std::mem::take(&mut self.store.changes);
        if self.immediate && self.watch.is_open() {
            changes.iter().for_each(|change| self.publish_one(change));
            self.watch.send_all_at_once(&mut changes);
        } else {
            for change in changes.drain(..) {
                self.publish_one(&change);
                self.send_to_controllers(change);
            }
        }
        self.store.changes = changes;
    }

    /// Sends a change to the Job and CronJob controllers, if they watch what has changed.
    #[inline]
    fn send_to_controllers(&mut self, change: StoreChange) {
        // While the controllers are down there is no watch: new controllers will list everything.
        if !self.watch.is_open() || change.is_of_node() {
            return;
        }
        match self.immediate {
            true => self.watch.send_at_once(change),
            false => self.send(change),
        }
    }

    fn publish_one(&mut self, change: &StoreChange) {
        match *change {
            StoreChange::Job(id, _) => self.log.push(Observation::Job(id)),
            StoreChange::JobGone(id, _) => {
                self.log.push(Observation::Job(id));
                self.job_gone(id);
                self.note_if_over(id);
            }
            StoreChange::Pod(id, ..) => {
                self.log.push(Observation::Pod(id));
                if !self.is_plain {
                    let pod = &mut self.store.pods[id];
                    if pod.has_slot && !pod.is_unfinished() {
                        pod.has_slot = false;
                        self.freed_slots += 1;
                    }
                }
            }
            StoreChange::PodGone(id, job, _) => {
                self.log.push(Observation::Pod(id));
                if self.store.jobs[job].pods_live == 0 {
                    // This may be the last Pod of a Job that is marked for deletion.
                    self.collect_later(Event::CollectJob(job));
                    self.note_if_over(job);
                }
                self.freed_slots += u32::from(std::mem::take(&mut self.store.pods[id].has_slot));
            }
            StoreChange::CronJob(id, _) | StoreChange::CronJobGone(id) => self.log.push(Observation::CronJob(id)),
            StoreChange::Node(id) | StoreChange::NodeGone(id) => self.log.push(Observation::Node(id)),
        }
        if self.is_plain {
            return;
        }
        if !self.config.quotas.is_empty() {
            self.note_for_quota(change);
        }
        if self.config.kueue.is_some() {
            self.note_for_kueue(change);
        }
        if self.config.nodes.is_some() {
            self.send_to_cluster(change);
        }
    }

    /// This may be the last Job of a CronJob that is marked for deletion.
    fn job_gone(&mut self, id: JobId) {
        let Some(owner) = self.store.jobs[id].owner else { return };
        let cronjob = &self.store.cronjobs[owner];
        if cronjob.deleting && cronjob.exists() {
            self.collect_cronjob_later(owner);
        }
    }

    fn note_if_over(&mut self, id: JobId) {
        let job = &self.store.jobs[id];
        if job.gone && job.pods_live == 0 {
            self.over.push((id, [self.watch.sent() + 1, self.cluster_watch.sent() + 1]));
        }
    }

    /// Sends a change to the controllers, with the watch latency.
    fn send(&mut self, change: StoreChange) {
        let latency = self.latency(LatencyOf::Change, change.job());
        if let Some(at) = self.watch.send(change, self.events.now(), latency) {
            self.schedule_at(at, Event::Watch);
        }
    }
}
