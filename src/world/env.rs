//! The environment that every subsystem is given: clock and event list, the store and its watches, the workload,
//! configuration, and observations. It knows no subsystem. What a write sets in motion elsewhere becomes an event, or
//! waits here until the subsystem asks for it.

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

/// How much later an event must be that time has moved on. What repeats without taking time still takes ticks of the clock, as
/// requests do for their tokens.
const MOMENT: SimDuration = SimDuration::from_millis(1);

/// What all subsystems share.
#[derive(Debug)]
pub struct Env<W> {
    pub(super) config: Config,
    /// Whether nothing takes time, so that changes reach the caches within the instant.
    pub(super) immediate: bool,
    pub(super) events: EventList<Event>,
    /// Whether only the controllers and the recorder are told of changes: there are no nodes, slots, quotas or queues.
    is_plain: bool,
    /// Events of this moment so far, and syncs that were begun in it.
    pub(super) at_once: u64,
    /// When the moment began.
    moment: SimTime,
    /// The API server's objects.
    pub store: Store,
    pub(super) watch: WatchStream<StoreChange>,
    /// What the scheduler and the node controllers watch.
    pub(super) cluster_watch: WatchStream<ClusterChange>,
    /// Where Pods' lives come from.
    pub workload: W,
    /// Lists of exit codes that Pods refer to.
    pub codes: ExitCodeTable,
    /// What is used of quotas.
    pub(super) quotas: Quotas,
    /// The queues of Kueue.
    pub(super) kueue: KueueState,
    /// Why Pods were not created.
    pub(super) refusals: Refusals,
    /// What was observed since the reader last emptied it.
    pub log: Vec<Observation>,
    /// How many pending events only look whether something is to be done.
    pub(super) housekeeping: usize,
    /// How many Pods have given up their slot since the slots were last given out.
    pub(super) freed_slots: u32,
    /// Jobs that are gone with all their Pods, each with the number of changes that had been sent by then: to the
    /// controllers, and to those who watch nodes. A Job that gets another Pod afterwards is entered again when that Pod is
    /// gone.
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

    /// Empties it for another run; keeps the memory. The workload is the caller's to restart.
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

    /// Whether requests are applied the moment they are made. Where the cluster has nodes each request takes an instant of
    /// its own, so that Pods reach the scheduler one after the other.
    #[inline]
    pub(super) fn applies_at_once(&self) -> bool {
        self.immediate && self.config.nodes.is_none()
    }

    /// Takes the next event, and counts it among those of its moment.
    pub(super) fn next_event(&mut self) -> Option<Event> {
        let (now, event) = self.events.pop()?;
        self.at_once += 1;
        if now - self.moment >= MOMENT {
            (self.at_once, self.moment) = (1, now);
        }
        Some(event)
    }

    /// Whether time stands still: the moment has more events than one may have.
    #[inline]
    pub(super) fn is_stuck(&self) -> bool {
        self.at_once > self.config.most_at_once
    }

    /// What the controllers' clock shows.
    #[inline]
    pub(super) fn controllers_now(&self) -> SimTime {
        self.now() + self.config.clocks.controllers
    }

    /// Puts an event on the event list, which stops at an event in the past.
    #[inline]
    pub(super) fn schedule_at(&mut self, at: SimTime, event: Event) {
        self.housekeeping += usize::from(event.is_housekeeping());
        self.events.schedule(at, event.class(), event);
    }

    /// Puts an event on the event list, a span of time from now.
    #[inline]
    pub(super) fn schedule_after(&mut self, after: SimDuration, event: Event) {
        self.schedule_at(self.now() + after, event);
    }

    /// The latency of the next request or change of a Job, or of what belongs to no Job.
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

    /// Schedules a look of the garbage collector at a CronJob that is marked for deletion.
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

    /// Publishes all changes in the store: logs them, sends them to the controllers, and notes what concerns the
    /// garbage collector, the slots and the reclaim of memory.
    #[inline]
    pub(super) fn publish(&mut self) {
        if !self.store.changes.is_empty() {
            self.publish_all();
        }
    }

    /// Publishes all changes so that they are in the caches before anything else happens, as what a list finds there.
    pub(super) fn publish_as_list(&mut self) {
        let immediate = std::mem::replace(&mut self.immediate, true);
        self.publish();
        self.immediate = immediate;
    }

    fn publish_all(&mut self) {
        let mut changes = std::mem::take(&mut self.store.changes);
        // While the controllers are down nobody watches: new ones will list everything.
        let is_watched = self.watch.is_open();
        if is_watched && self.immediate {
            changes.iter().for_each(|change| self.publish_one(change));
            self.watch.send_all_at_once(&mut changes);
        } else {
            for change in changes.drain(..) {
                self.publish_one(&change);
                if is_watched && !change.is_of_node() {
                    self.send(change);
                }
            }
        }
        self.store.changes = changes;
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
                    // A Job that is marked for deletion may have waited for its last Pod.
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

    /// A CronJob that is marked for deletion may have waited for its last Job.
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

    /// Sends a change to the controllers, on whose way it takes time.
    fn send(&mut self, change: StoreChange) {
        let latency = self.latency(LatencyOf::Change, change.job());
        if let Some(at) = self.watch.send(change, self.events.now(), latency) {
            self.schedule_at(at, Event::Watch);
        }
    }
}
