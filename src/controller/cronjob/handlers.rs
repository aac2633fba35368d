//! What the controller does when its watch caches change: it wakes the CronJob, at once or when its next start is due.
//! It does not say what is done then: see [`CronJobSync`].

use super::START_DELAY;
use super::cache::{CachedCronJob, OwnedJob, Timetable};
use super::call::CronJobOutbox;
use super::due::next_look;
use super::map_order::Places;
use super::sync::{CronJobSync, CronJobSyncContext};
use crate::controller::{SyncStep, TokenBucket, WorkQueue};
use crate::id::{CronJobId, JobId};
use crate::release::{CronJobControllerParams, MODELLED};
use crate::time::{SimDuration, SimTime, WallClock};
use std::sync::Arc;

/// The CronJob controller's process: its caches and its queue.
#[derive(Debug)]
pub struct CronJobController {
    /// By [`CronJobId`].
    entries: Vec<CronJobCacheEntry>,
    places: Places,
    /// CronJobs to look at.
    pub queue: WorkQueue<CronJobId>,
    clock: WallClock,
}

/// What is known of one CronJob.
#[derive(Debug, Default)]
struct CronJobCacheEntry {
    cached: Option<CachedCronJob>,
    /// Jobs in the cache that name it as their controller, by place.
    jobs: Vec<OwnedJob>,
    timetable: Option<Arc<Timetable>>,
}

/// A controller with the modelled release's constants, whose clock starts at the default date.
impl Default for CronJobController {
    fn default() -> Self {
        CronJobController::new(&MODELLED.cronjob_controller, WallClock::default())
    }
}

impl CronJobController {
    /// A controller that knows nothing yet.
    pub fn new(params: &CronJobControllerParams, clock: WallClock) -> Self {
        let overall = Some(TokenBucket::new(params.overall_repeats));
        let queue = WorkQueue::with_backoff(params.requeue_backoff, params.max_requeue_backoff, overall);
        CronJobController { entries: Vec::new(), places: Places::default(), queue, clock }
    }

    /// Forgets everything, as a restart does.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.places.clear();
        self.queue.clear();
    }

    /// Empties it for another run with these constants; keeps the memory.
    pub fn reset(&mut self, params: &CronJobControllerParams, clock: WallClock) {
        self.entries.clear();
        self.places.reset();
        let overall = Some(TokenBucket::new(params.overall_repeats));
        self.queue.reset_with_backoff(params.requeue_backoff, params.max_requeue_backoff, overall);
        self.clock = clock;
    }

    /// The virtual clock among dates.
    pub fn clock(&self) -> WallClock {
        self.clock
    }

    fn entry(&mut self, id: CronJobId) -> &mut CronJobCacheEntry {
        if self.entries.len() <= id.ix() {
            self.entries.resize_with(id.ix() + 1, CronJobCacheEntry::default);
        }
        &mut self.entries[id.ix()]
    }

    /// How the schedule of a CronJob reads.
    fn timetable(&mut self, id: CronJobId, cronjob: &CachedCronJob) -> Arc<Timetable> {
        let kept = &mut self.entry(id).timetable;
        match kept {
            Some(timetable) if timetable.fits(&cronjob.spec) => timetable.clone(),
            _ => kept.insert(Arc::new(Timetable::of(&cronjob.spec))).clone(),
        }
    }

    /// Begins the sync of a CronJob; `None` if the cache does not hold it, because it is gone.
    pub fn begin_sync(
        &mut self,
        id: CronJobId,
        now: SimTime,
        out: &mut CronJobOutbox,
    ) -> Option<(CronJobSync, SyncStep)> {
        let cronjob = self.entries.get(id.ix())?.cached.clone()?;
        let timetable = self.timetable(id, &cronjob);
        let mut context = CronJobSyncContext { clock: self.clock, now, out };
        Some(CronJobSync::begin(cronjob, &self.entries[id.ix()].jobs, timetable, &mut context))
    }

    /// The cache has seen a CronJob, new or changed.
    #[doc(alias = "updateCronJob")]
    pub fn cronjob_changed(&mut self, id: CronJobId, new: CachedCronJob, now: SimTime) {
        let Some(old) = self.entry(id).cached.replace(new.clone()) else { return self.queue.add(id) };
        if (&old.spec.schedule, &old.spec.time_zone) == (&new.spec.schedule, &new.spec.time_zone) {
            return self.queue.add(id);
        }
        let timetable = self.timetable(id, &new);
        if let Ok(schedule) = &timetable.parsed {
            let next = next_look(schedule, &new.since(self.clock), self.clock.unix(now));
            // A time that never comes is long over for the controller, so it looks at once.
            let delay = next.map_or(SimDuration::ZERO, |next| self.clock.at(next) + START_DELAY - now);
            self.queue.add_after(id, now, delay);
        }
    }

    /// The cache has seen a CronJob disappear.
    pub fn cronjob_gone(&mut self, id: CronJobId) {
        self.entry(id).cached = None;
        self.queue.add(id);
    }

    /// The cache has seen a Job, new or changed; with its owner if it is a CronJob, and what is to be known of it then.
    #[doc(alias = "addJob")]
    #[doc(alias = "updateJob")]
    pub fn job_changed(&mut self, job: JobId, owned: Option<(CronJobId, OwnedJob)>) {
        let place = self.places.take(job);
        let Some((owner, mut new)) = owned else { return };
        new.place = place;
        let jobs = &mut self.entry(owner).jobs;
        match jobs.binary_search_by_key(&place, |j| j.place) {
            Ok(at) => jobs[at] = new,
            Err(at) => jobs.insert(at, new),
        }
        self.wake(owner);
    }

    /// The cache has seen a Job disappear; with its owner if it is a CronJob.
    #[doc(alias = "deleteJob")]
    pub fn job_gone(&mut self, job: JobId, owner: Option<CronJobId>) {
        self.places.leave(job);
        if let Some(owner) = owner {
            self.entry(owner).jobs.retain(|j| j.job != job);
            self.wake(owner);
        }
    }

    /// Gives up the memory of a Job that has left the cache for good.
    pub fn leave(&mut self, job: JobId) {
        self.places.forget(job);
    }

    /// Wakes a CronJob, if the cache holds it.
    #[doc(alias = "resolveControllerRef")]
    fn wake(&mut self, id: CronJobId) {
        if self.entry(id).cached.is_some() {
            self.queue.add(id);
        }
    }
}
