//! What a [`Recorder`] makes of observations that are no writes of objects: Events, waits, refusals, requests, and who was
//! up or down.

use super::capacity::PodState;
use super::{
    CronNotice, CronRecord, DeletionCause, Entry, JobRecord, Notice, NoticeRecord, Observation, Recorder, RequestKind,
    WaitRecord, What,
};
use crate::controller::cronjob::DeletionReason;
use crate::controller::job::{BackoffWait, Emission};
use crate::id::{CronJobId, JobId, PodId};
use crate::time::SimTime;

impl Recorder {
    /// A Pod's deletion was asked for.
    fn pod_deleted(&mut self, at: SimTime, id: PodId, cause: DeletionCause) {
        let Some(seen) = self.pods.get_mut(id).filter(|p| p.deletion.is_none()) else { return };
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
        let Some(seen) = self.pods.get_mut(pod) else { return };
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
        let held_up = self.capacity.throttled;
        let Some(record) = self.job_mut(job) else { return };
        record.capacity.stages.backs_off(at, wait.until, &held_up);
        let waits = &mut record.waits;
        if waits.iter().rev().take(64).any(|w| w.wait == wait) {
            return;
        }
        waits.push(WaitRecord { since: at, wait });
        self.note(at, Some(job), || What::Wait(wait));
    }
}

fn is_same_reason(a: Emission, b: Emission) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}
