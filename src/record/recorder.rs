//! The recorder: takes observations in order and keeps a record for each Job. It reads no world: whoever drives the
//! world hands it what was written.

use super::capacity::PodState;
use super::seen::{Seen, is_running};
use super::shelf::Shelf;
use super::{
    Capacity, CronFacts, CronNotice, CronRecord, DeletionCause, Entry, JobFacts, JobRecord, Notice, NoticeRecord,
    Observation, RequestKind, WaitRecord, What,
};
use crate::api::{ExitCodeTable, Pod, PodPhase};
use crate::controller::cronjob::DeletionReason;
use crate::controller::job::{BackoffWait, Emission, match_pod_failure_policy};
use crate::id::{Arena, CronJobId, JobId, PodId};
use crate::time::{SimTime, WallClock};

/// The name under which a Pod is shown. A cluster ends names in five random letters; here they say which Pod it is.
pub fn pod_name(job: &str, pod: &Pod) -> String {
    match pod.index {
        -1 => format!("{job}-{}", pod.ordinal),
        index => format!("{job}-{index}-{}", pod.ordinal),
    }
}

/// Records of all Jobs of a run, and its timeline if that is wanted.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    /// In the order of their ids once the run is over; all of them unless some are retired.
    pub jobs: Vec<JobRecord>,
    /// By [`CronJobId`].
    pub cronjobs: Vec<CronRecord>,
    /// Every change; empty unless it is kept.
    pub timeline: Vec<Entry>,
    /// How full the cluster was, and what its requests waited for.
    pub capacity: Capacity,
    /// What users tried with objects that were not there, or with CronJobs, and the API server refused, with its text.
    pub refusals: Vec<(SimTime, String)>,
    /// When virtual time began.
    pub start: SimTime,
    keep_timeline: bool,
    clock: WallClock,
    shelf: Shelf,
    pods: Arena<Seen>,
}

/// The CronJob that created a Job, and the scheduled time (seconds since the Unix epoch) if its controller did.
pub type Owner = (CronJobId, Option<i64>);

impl Recorder {
    /// A recorder of Jobs with these namespaces and names, in the order of their ids.
    pub fn new<'a>(jobs: impl Iterator<Item = (&'a str, &'a str)>, keep_timeline: bool) -> Self {
        let mut recorder = Recorder::default();
        recorder.restart(jobs, keep_timeline, WallClock::default());
        recorder
    }

    /// Forgets everything but the Jobs' names; keeps the memory.
    pub fn restart<'a>(
        &mut self,
        jobs: impl Iterator<Item = (&'a str, &'a str)>,
        keep_timeline: bool,
        clock: WallClock,
    ) {
        self.shelf.clear();
        self.timeline.clear();
        self.cronjobs.clear();
        self.refusals.clear();
        self.pods.clear();
        (self.keep_timeline, self.clock) = (keep_timeline, clock);
        self.capacity = Capacity::new(keep_timeline);
        for (namespace, name) in jobs {
            let place = self.shelf.known();
            if place == self.jobs.len() {
                self.jobs.push(JobRecord::default());
            }
            self.jobs[place].reset(namespace, name);
            self.jobs[place].id = self.shelf.add(place);
        }
        self.jobs.truncate(self.shelf.known());
    }

    /// Takes records of CronJobs' Jobs that are gone out of `jobs` once there are many, for [`Recorder::take_retired`];
    /// without effect where a timeline is kept.
    pub fn retire_jobs(&mut self) {
        self.shelf.retires = !self.keep_timeline;
    }

    /// The records that were taken out since this was last asked.
    pub fn take_retired(&mut self) -> impl Iterator<Item = JobRecord> + '_ {
        self.shelf.retired.drain(..)
    }

    /// How many Jobs there were so far.
    pub fn known_jobs(&self) -> usize {
        self.shelf.known()
    }

    /// Adds a Job, the next in the order of ids.
    pub fn add_job(&mut self, namespace: &str, name: &str, owner: Option<Owner>) {
        let id = self.shelf.add(self.jobs.len());
        let (name, namespace) = (name.to_owned(), namespace.to_owned());
        self.jobs.push(JobRecord { id, name, namespace, owner, ..JobRecord::default() });
    }

    /// Adds a CronJob, the next in the order of ids; whether each of its starts is listed.
    pub fn add_cronjob(&mut self, namespace: &str, name: &str, keeps_starts: bool) {
        self.cronjobs.push(CronRecord::new(namespace, name, keeps_starts || self.keep_timeline));
    }

    /// The record of a Job, unless it was retired.
    pub fn job(&self, id: JobId) -> Option<&JobRecord> {
        self.jobs.get(self.shelf.place(id)?)
    }

    fn job_mut(&mut self, id: JobId) -> Option<&mut JobRecord> {
        let place = self.shelf.place(id)?;
        self.jobs.get_mut(place)
    }

    /// The world has forgotten a Job and its Pods: nothing more will be observed of them.
    pub fn forget(&mut self, id: JobId, pods: Vec<PodId>) {
        if self.job(id).is_some_and(|job| job.owner.is_some()) {
            self.shelf.leaves(id, pods);
        }
        while let Some(pods) = self.shelf.retire(&mut self.jobs) {
            for pod in pods {
                self.pods.forget(pod.ix());
            }
        }
    }

    /// The Pod as it was last seen.
    pub fn pod(&self, id: PodId) -> Option<&Pod> {
        self.pods.get(id.ix()).map(|p| &p.pod)
    }

    fn note(&mut self, at: SimTime, job: Option<JobId>, what: impl FnOnce() -> What) {
        if self.keep_timeline {
            self.timeline.push(Entry { at, job, what: what() });
        }
    }

    /// A Job was written.
    pub fn job_written(&mut self, at: SimTime, id: JobId, facts: JobFacts) {
        let Some(record) = self.job_mut(id) else { return };
        let (was_there, was_over) = (record.created.is_some(), record.is_over());
        record.capacity.job_written(at, &facts);
        if !was_there {
            record.created = Some(at);
            record.succeeded_before = u32::try_from(facts.status.succeeded).unwrap_or(0);
        }
        if facts.status.finished().is_some() {
            record.finished.get_or_insert(at);
        }
        record.most_parallelism = record.most_parallelism.max(facts.spec.parallelism);
        record.overshoot.set_parallelism(at, facts.spec.parallelism.max(0) as u32);
        let before = record.facts.replace(facts.clone());
        if facts.gone {
            record.gone = Some(at);
        }
        let (owner, is_over) = (record.owner, record.is_over());
        if let Some(owner) = owner {
            self.owned_job_written(at, id, owner, [was_there, was_over, is_over]);
        }
        self.note(at, Some(id), || What::Job(before, facts));
    }

    /// A Job of a CronJob was written: whether it was there before, and over, and whether it is over now.
    fn owned_job_written(&mut self, at: SimTime, id: JobId, (owner, scheduled): Owner, states: [bool; 3]) {
        let clock = self.clock;
        let Some(cronjob) = self.cronjobs.get_mut(owner.ix()) else { return };
        let [was_there, was_over, is_over] = states;
        if let Some(scheduled) = scheduled.filter(|_| !was_there) {
            cronjob.job_started(at, id, scheduled, clock);
        }
        match (was_there && !was_over, !is_over) {
            (false, true) => cronjob.unfinished_changed(at, 1),
            (true, false) => cronjob.unfinished_changed(at, -1),
            _ => {}
        }
    }

    /// A CronJob was written.
    pub fn cronjob_written(&mut self, at: SimTime, id: CronJobId, facts: CronFacts) {
        let clock = self.clock;
        let Some(record) = self.cronjobs.get_mut(id.ix()) else { return };
        let before = record.facts.clone();
        record.written(at, facts.clone(), clock);
        self.note(at, None, || What::CronJob(id, before, facts));
    }

    /// A Pod was written, or (`gone`) has disappeared.
    pub fn pod_written(
        &mut self,
        at: SimTime,
        id: PodId,
        job: JobId,
        (pod, gone): (&Pod, bool),
        codes: &ExitCodeTable,
    ) {
        let before = self.pods.get(id.ix()).map(|p| p.pod);
        match before {
            None => self.pod_created(at, job, pod),
            Some(before) => self.pod_changed(at, id, &before, (pod, gone), codes),
        }
        let seen = &mut self.pods[id.ix()];
        seen.pod = *pod;
        // Two writes of one instant are seen alike, as both show the Pod as it is after them.
        let was_gone = std::mem::replace(&mut seen.gone, gone);
        let states = (seen.state, PodState::of(pod, gone, seen.state));
        seen.state = states.1;
        if let Some(record) = self.shelf.place(job).and_then(|place| self.jobs.get_mut(place)) {
            self.capacity.move_pod(at, (job, &mut record.capacity), states);
        }
        if !was_gone {
            self.note(at, Some(job), || What::Pod(id, before, *pod, gone));
        }
    }

    /// Pods come in the order of their ids, so a new one has the next place.
    fn pod_created(&mut self, at: SimTime, job: JobId, pod: &Pod) {
        self.pods.push(Seen::new(job, *pod));
        let Some(record) = self.job_mut(job) else { return };
        record.pods_created += 1;
        record.last_pod_created = Some(at);
        record.repeated_indexes += u32::from(pod.index >= 0 && pod.ordinal > 1);
    }

    fn pod_changed(&mut self, at: SimTime, id: PodId, before: &Pod, (pod, gone): (&Pod, bool), codes: &ExitCodeTable) {
        let seen = &mut self.pods[id.ix()];
        let Some(record) = self.shelf.place(seen.job).and_then(|place| self.jobs.get_mut(place)) else { return };
        let (ran, runs) = (is_running(before), is_running(pod) && !gone);
        if ran != runs {
            record.overshoot.count(at, if runs { 1 } else { -1 }, seen.deletion);
            if let Some(since) = seen.runs_since.take() {
                seen.ran += at - since;
            }
            seen.runs_since = runs.then_some(at);
            if runs {
                record.first_running.get_or_insert(at);
            }
            record.most_running = record.most_running.max(record.overshoot.running());
        }
        let restarts = (pod.restarts - before.restarts).max(0) as u32;
        record.restarts += restarts;
        record.failures.application += restarts;
        let ended = (gone || pod.phase.is_terminal()) && !before.phase.is_terminal();
        if ended {
            let tally = match pod.phase {
                PodPhase::Succeeded => &mut record.pods_succeeded,
                PodPhase::Failed => &mut record.pods_failed,
                _ => &mut record.pods_removed,
            };
            *tally += 1;
            record.pod_time += seen.ran;
            if pod.phase != PodPhase::Succeeded {
                let spec = record.facts.as_ref().map(|facts| &facts.spec);
                let ignored = spec.is_some_and(|spec| !match_pod_failure_policy(spec, pod, codes).counts());
                record.failures.count(pod, seen.deletion, ignored);
                record.wasted_pod_time += seen.ran;
            }
        }
    }

    /// A Pod's deletion was asked for.
    fn pod_deleted(&mut self, at: SimTime, id: PodId, cause: DeletionCause) {
        let Some(seen) = self.pods.get_mut(id.ix()).filter(|p| p.deletion.is_none()) else { return };
        seen.deletion = Some(cause);
        let (job, pod) = (seen.job, seen.pod);
        if seen.runs_since.is_some()
            && let Some(record) = self.job_mut(job)
        {
            record.overshoot.stopping(at, cause);
        }
        self.note(at, Some(job), || What::PodDeleted(id, pod, cause));
    }

    /// Anything else.
    pub fn observe(&mut self, at: SimTime, observation: Observation) {
        match observation {
            Observation::PodDeleted(pod, cause) => self.pod_deleted(at, pod, cause),
            Observation::Notice(notice) => self.notice(at, notice),
            Observation::Wait(job, wait) => self.wait(at, job, wait),
            Observation::Refused(job, text) => {
                self.count(job, |record| record.refusals.push((at, text.clone())));
                self.note(at, Some(job), || What::Refused(text));
            }
            Observation::CreateRefused(job) => {
                self.count(job, |record| record.creations_refused += 1);
                self.note(at, Some(job), || What::CreateRefused);
            }
            Observation::SyncFailed(job) => {
                self.count(job, |record| record.syncs_failed += 1);
                self.note(at, Some(job), || What::SyncFailed);
            }
            Observation::Request(job, kind) => self.count(job, |record| record.requests.count(kind)),
            Observation::TokenWait(client, job, wait) => {
                let place = job.and_then(|job| self.shelf.place(job));
                let mut record = place.and_then(|place| self.jobs.get_mut(place));
                if let Some(record) = &mut record {
                    record.throttle_wait += wait;
                }
                self.capacity.token_wait(at, client, record.map(|record| &mut record.capacity), wait);
                if job.is_some() {
                    self.note(at, job, || What::Throttled(wait));
                }
            }
            Observation::RoomWait(pod) => self.waits_for_room(at, pod),
            Observation::ControllersDown | Observation::ControllersUp => {
                self.controllers(at, observation == Observation::ControllersDown);
            }
            Observation::CronEmitted(id, emission) => {
                let clock = self.clock;
                self.count_cron(id, |record| record.emitted(at, emission.reason, clock));
            }
            Observation::CronNotice(notice) => self.cron_notice(at, *notice),
            Observation::JobDeleted(job, DeletionReason::Replace) => {
                let owner = self.job(job).and_then(|record| record.owner);
                if let Some((owner, _)) = owner {
                    self.count_cron(owner, |record| record.replaced += 1);
                }
                self.count(job, |record| record.replaced = true);
            }
            Observation::ActRefused(_, text) => {
                self.refusals.push((at, text.clone()));
                self.note(at, None, || What::ActRefused(text));
            }
            Observation::Job(_) | Observation::Pod(_) | Observation::CronJob(_) => {}
            Observation::JobDeleted(_, DeletionReason::History) => {}
        }
    }

    fn count(&mut self, job: JobId, enter: impl FnOnce(&mut JobRecord)) {
        if let Some(record) = self.job_mut(job) {
            enter(record);
        }
    }

    fn count_cron(&mut self, id: CronJobId, enter: impl FnOnce(&mut CronRecord)) {
        if let Some(record) = self.cronjobs.get_mut(id.ix()) {
            enter(record);
        }
    }

    fn waits_for_room(&mut self, at: SimTime, pod: PodId) {
        let Some(seen) = self.pods.get_mut(pod.ix()) else { return };
        let job = seen.job;
        let before = std::mem::replace(&mut seen.state, PodState::Waiting(at));
        if let Some(record) = self.shelf.place(job).and_then(|place| self.jobs.get_mut(place)) {
            self.capacity.move_pod(at, (job, &mut record.capacity), (before, PodState::Waiting(at)));
        }
        self.note(at, Some(job), || What::RoomWait(pod));
    }

    fn controllers(&mut self, at: SimTime, down: bool) {
        if down {
            self.jobs.iter_mut().for_each(|j| j.overshoot.restarted(at));
        }
        let clock = self.clock;
        self.cronjobs.iter_mut().for_each(|record| record.controllers(at, down, clock));
        self.note(at, None, || if down { What::ControllersDown } else { What::ControllersUp });
    }

    fn cron_notice(&mut self, at: SimTime, notice: CronNotice) {
        if self.keep_timeline {
            self.timeline.push(Entry { at, job: None, what: What::CronNotice(Box::new(notice.clone())) });
        }
        self.count_cron(notice.cronjob, |record| record.notice(at, notice));
    }

    fn notice(&mut self, at: SimTime, notice: Notice) {
        let Some(record) = self.job_mut(notice.job) else { return };
        record.requests.count(RequestKind::Event);
        let notices = &mut record.notices;
        let is_same = |n: &&mut NoticeRecord| match notice.combined {
            true => n.combined && is_same_reason(n.emission, notice.emission),
            false => !n.combined && n.emission == notice.emission,
        };
        match notices.iter_mut().rev().find(is_same).filter(|_| notice.repeated) {
            Some(n) => (n.emission, n.count, n.last) = (notice.emission, n.count + 1, at),
            None => notices.push(NoticeRecord {
                emission: notice.emission,
                combined: notice.combined,
                count: 1,
                first: at,
                last: at,
            }),
        }
        self.note(at, Some(notice.job), || What::Notice(notice));
    }

    /// Several syncs may find the same wait: it is one.
    fn wait(&mut self, at: SimTime, job: JobId, wait: BackoffWait) {
        let Some(record) = self.job_mut(job) else { return };
        record.capacity.stages.backs_off(at, wait.until);
        let waits = &mut record.waits;
        if waits.iter().rev().take(64).any(|w| w.wait == wait) {
            return;
        }
        waits.push(WaitRecord { since: at, wait });
        self.note(at, Some(job), || What::Wait(wait));
    }

    /// The run ends at `at`.
    pub fn close(&mut self, at: SimTime) {
        self.shelf.sort(&mut self.jobs);
        self.capacity.close(at);
        for record in &mut self.jobs {
            record.overshoot.close(at);
            record.capacity.close(at);
        }
        let clock = self.clock;
        self.cronjobs.iter_mut().for_each(|record| record.close(at, clock));
        let (jobs, shelf) = (&mut self.jobs, &self.shelf);
        self.pods.for_each_mut(|seen| {
            let Some(place) = shelf.place(seen.job) else { return };
            let record = &mut jobs[place];
            if let Some(since) = seen.runs_since.take() {
                record.pod_time += seen.ran + (at - since);
                record.wasted_pod_time += seen.ran + (at - since);
            }
            if let PodState::Waiting(since) = seen.state {
                record.capacity.room.enter(at - since);
            }
        });
    }
}

fn is_same_reason(a: Emission, b: Emission) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}
