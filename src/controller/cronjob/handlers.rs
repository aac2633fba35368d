//! What the controller does when its watch caches change: it wakes the CronJob, at once or when its next start is due.
//! What is done then is decided in [`CronJobSync`].

use super::cache::{CachedCronJob, OwnedJob, Timetable};
use super::call::CronJobOutbox;
use super::due::{next_look, wake_up};
use super::map_order::MapOrder;
use super::sync::{CronJobSync, CronJobSyncContext};
use crate::controller::{SyncEnd, SyncStep, TokenBucket, WorkQueue};
use crate::id::{CronJobId, JobId};
use crate::release::{CronJobControllerParams, MODELLED, ReleaseRule, ReleaseRules};
use crate::time::{SimDuration, SimTime, WallClock};
use std::sync::Arc;

/// The CronJob controller's process: its caches and its queue.
#[derive(Debug)]
pub struct CronJobController {
    /// By [`CronJobId`].
    entries: Vec<CronJobCacheEntry>,
    places: MapOrder,
    /// CronJobs to sync.
    pub queue: WorkQueue<CronJobId>,
    clock: WallClock,
    rules: ReleaseRules,
}

/// What is known about one CronJob.
#[derive(Debug, Default)]
struct CronJobCacheEntry {
    cached: Option<CachedCronJob>,
    /// Jobs in the cache that name it as their controller, by position.
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
        CronJobController { entries: Vec::new(), places: MapOrder::default(), queue, clock, rules: params.rules }
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
        (self.clock, self.rules) = (clock, params.rules);
    }

    /// What a step of a sync may read and change.
    pub fn step<'a>(&self, now: SimTime, out: &'a mut CronJobOutbox) -> CronJobSyncContext<'a> {
        CronJobSyncContext { clock: self.clock, rules: self.rules, now, out }
    }

    fn entry(&mut self, id: CronJobId) -> &mut CronJobCacheEntry {
        if self.entries.len() <= id.ix() {
            self.entries.resize_with(id.ix() + 1, CronJobCacheEntry::default);
        }
        &mut self.entries[id.ix()]
    }

    /// The parsed schedule of a CronJob; parsed again only when it has changed.
    fn timetable(&mut self, id: CronJobId, cronjob: &CachedCronJob) -> Arc<Timetable> {
        let kept = &mut self.entry(id).timetable;
        match kept {
            Some(timetable) if timetable.fits(&cronjob.spec) => timetable.clone(),
            _ => kept.insert(Arc::new(Timetable::of(&cronjob.spec))).clone(),
        }
    }

    /// Begins the sync of a CronJob; `None` if the cache does not hold it, because it is gone. `namesakes` are others
    /// with its name, most of which are gone.
    pub fn begin_sync(
        &mut self,
        id: CronJobId,
        namesakes: &[CronJobId],
        now: SimTime,
        out: &mut CronJobOutbox,
    ) -> Option<(CronJobSync, SyncStep)> {
        let cronjob = self.entries.get(id.ix())?.cached.clone()?;
        let timetable = self.timetable(id, &cronjob);
        let mut context = self.step(now, out);
        let own = &self.entries[id.ix()].jobs;
        if namesakes.is_empty() || self.rules.has(ReleaseRule::FindsJobsByOwnerUid) {
            return Some(CronJobSync::begin(cronjob, own, timetable, &mut context));
        }
        // Only the name of their controller is compared.
        let others = namesakes.iter().filter_map(|other| self.entries.get(other.ix()));
        let mut jobs: Vec<OwnedJob> = own.iter().chain(others.flat_map(|entry| &entry.jobs)).cloned().collect();
        jobs.sort_by_key(|job| job.place);
        Some(CronJobSync::begin(cronjob, &jobs, timetable, &mut context))
    }

    /// A sync has ended. Up to v1.36 one that neither fails nor asks for a wake-up leaves the requeue back-off
    /// unchanged.
    pub fn finish(&mut self, id: CronJobId, end: SyncEnd, now: SimTime) {
        match end {
            SyncEnd::Succeeded if !self.rules.has(ReleaseRule::FindsJobsByOwnerUid) => self.queue.done(id),
            end => self.queue.finish(id, end, now),
        }
    }

    /// The cache has seen a CronJob, new or changed.
    #[doc(alias = "updateCronJob")]
    pub fn cronjob_changed(&mut self, id: CronJobId, new: CachedCronJob, now: SimTime) {
        let Some(old) = self.entry(id).cached.replace(new.clone()) else { return self.queue.add(id) };
        if old.spec.has_times_of(&new.spec) {
            return self.queue.add(id);
        }
        let timetable = self.timetable(id, &new);
        if let Ok(schedule) = &timetable.parsed {
            let next = next_look(schedule, &new.since(self.clock), self.clock.unix(now));
            // For the controller, a time that never comes is long past, so it syncs at once.
            let Some(next) = next else { return self.queue.add_after(id, now, SimDuration::ZERO) };
            if let Some(at) = wake_up(next, self.clock) {
                self.queue.add_after(id, now, at - now);
            }
        }
    }

    /// The cache has seen a CronJob disappear.
    pub fn cronjob_gone(&mut self, id: CronJobId) {
        self.entry(id).cached = None;
        self.queue.add(id);
    }

    /// The cache has seen a Job, new or changed; with its owner if that is a CronJob, and what the cache then knows
    /// about the Job.
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

    /// The cache has seen a Job disappear; with its owner if that is a CronJob.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::CronJobSpec;
    use crate::controller::SyncEnd;
    use crate::controller::cronjob::cache::Finished;
    use crate::controller::cronjob::call::CronJobCall;
    use crate::controller::cronjob::testing;
    use crate::release::{MODELLED, Release};

    const ID: CronJobId = CronJobId(0);

    fn cronjob(schedule: &str, suspend: bool, created: SimTime) -> CachedCronJob {
        testing::cronjob("nightly", schedule, suspend, created)
    }

    /// A controller that has seen a CronJob; the CronJob is being synced.
    fn controller(cronjob: CachedCronJob) -> CronJobController {
        let mut controller = CronJobController::new(&MODELLED.cronjob_controller, WallClock::default());
        controller.cronjob_changed(ID, cronjob, SimTime::ZERO);
        assert_eq!(controller.queue.get(), Some(ID));
        controller
    }

    /// No recorded history shows it: after two failures a sync of a suspended CronJob, which does not fail and asks for no
    /// wake-up, makes the next failure repeat after the shortest delay again.
    #[test]
    fn a_sync_that_asks_for_nothing_resets_the_requeue_back_off() {
        let mut controller = controller(cronjob("0 2 * * *", true, SimTime::ZERO));
        let base = MODELLED.cronjob_controller.requeue_backoff;
        let fail = |controller: &mut CronJobController, now: SimTime| {
            controller.queue.timers.clear();
            controller.queue.finish(ID, SyncEnd::Failed, now);
            let (at, _) = controller.queue.timers[0];
            controller.queue.due(ID, at);
            assert_eq!(controller.queue.get(), Some(ID));
            at - now
        };
        let now = SimTime::ZERO;
        assert_eq!([fail(&mut controller, now), fail(&mut controller, now)], [base, base + base]);
        let (_, step) = controller.begin_sync(ID, &[], now, &mut CronJobOutbox::default()).expect("it is in the cache");
        assert_eq!(step, SyncStep::SUCCEEDED);
        controller.finish(ID, SyncEnd::Succeeded, now);
        controller.queue.add(ID);
        assert_eq!(controller.queue.get(), Some(ID));
        assert_eq!(fail(&mut controller, now), base);
        // Up to v1.36 the doubling goes on.
        controller.rules = Release::named("1.36").unwrap().0.profile.rules;
        controller.finish(ID, SyncEnd::Succeeded, now);
        controller.queue.add(ID);
        assert_eq!(controller.queue.get(), Some(ID));
        assert_eq!(fail(&mut controller, now), base + base);
    }

    /// Up to v1.36 the name of their controller is all that is looked at, so the Jobs that a deleted CronJob of the same name
    /// has left count against the limits of the new one.
    #[test]
    fn jobs_of_a_deleted_cronjob_of_the_same_name_count_up_to_v1_36() {
        const NEW: CronJobId = CronJobId(1);
        for (release, is_deleted) in [("1.36", true), ("1.37", false)] {
            let params = Release::named(release).unwrap().0.cronjob_controller;
            let mut controller = CronJobController::new(&params, WallClock::default());
            for job in [0, 1] {
                let (start, finished) = (Some(SimTime::ZERO), Some(Finished::Failed));
                let name = format!("nightly-{job}").into();
                let owned = OwnedJob { job: JobId(job), name, place: 0, start, finished, completion: None };
                controller.job_changed(JobId(job), Some((ID, owned)));
            }
            controller.cronjob_changed(NEW, cronjob("0 2 * * *", false, SimTime::ZERO), SimTime::ZERO);
            let mut out = CronJobOutbox::default();
            controller.begin_sync(NEW, &[ID], SimTime::ZERO, &mut out).expect("it is in the cache");
            assert_eq!(matches!(out.call, Some(CronJobCall::DeleteJob(..))), is_deleted, "{release}");
        }
    }

    /// The case 08-cronjob-2292-hang.yaml: the virtual clock ends before the next start.
    #[test]
    fn beyond_the_end_of_the_clock_no_wake_up_is_asked_for() {
        let now = SimTime::MAX - SimDuration::from_secs(3_600);
        let mut controller = controller(cronjob("0 2 * * *", false, now));
        let (_, step) = controller.begin_sync(ID, &[], now, &mut CronJobOutbox::default()).expect("it is in the cache");
        assert_eq!(step, SyncStep::SUCCEEDED);
        let mut edited = cronjob("0 3 * * *", false, now);
        edited.version = 2;
        controller.queue.timers.clear();
        controller.cronjob_changed(ID, edited, now);
        assert!(controller.queue.timers.is_empty());
    }

    /// Source: updateCronJob: a change of the schedule or of its zone asks for the next start, any other for a sync.
    #[test]
    fn a_changed_zone_moves_the_next_start() {
        let mut controller = controller(cronjob("0 2 * * *", false, SimTime::ZERO));
        controller.queue.done(ID);
        let mut changed = cronjob("0 2 * * *", false, SimTime::ZERO);
        let zone = Some("Asia/Tokyo".to_owned());
        changed.spec = Arc::new(CronJobSpec { time_zone: zone, ..CronJobSpec::clone(&changed.spec) });
        controller.cronjob_changed(ID, changed.clone(), SimTime::ZERO);
        assert_eq!((controller.queue.len(), controller.queue.timers.len()), (0, 1));
        controller.cronjob_changed(ID, changed, SimTime::ZERO);
        assert_eq!(controller.queue.len(), 1);
    }

    #[test]
    fn a_job_that_comes_or_goes_wakes_its_cronjob() {
        let mut controller = controller(cronjob("0 2 * * *", false, SimTime::ZERO));
        controller.queue.done(ID);
        let status = crate::api::JobStatus::default();
        let own = OwnedJob::new(JobId(0), "nightly-1".into(), &status);
        controller.job_changed(JobId(0), Some((ID, own)));
        assert_eq!(controller.queue.get(), Some(ID));
        controller.queue.done(ID);
        controller.job_gone(JobId(0), Some(ID));
        assert_eq!(controller.queue.get(), Some(ID));
    }
}
