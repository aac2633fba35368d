//! How a [`Recorder`] takes observations other than writes of objects: Kubernetes Events, waits, refusals, requests,
//! and controllers that stop or start.

use super::capacity::PodOccupancy;
use super::pod_path::follow;
use super::{
    CronNotice, DeletionCause, KubeEvent, NodeLedger, Notice, NoticeRecord, Observation, Recorder, RequestKind,
    TimelineChange, TimelineEntry, WaitRecord,
};
use crate::controller::cronjob::DeletionReason;
use crate::controller::job::{BackoffWait, Emission};
use crate::id::{JobId, PodId};
use crate::time::SimTime;

impl Recorder {
    /// A Pod's deletion was asked for.
    fn pod_deleted(&mut self, at: SimTime, id: PodId, cause: DeletionCause) {
        // The Pod is over, and no timeline is kept that would show its deletion.
        let Some(seen) = self.pods.get_mut(id) else { return };
        if seen.deletion.is_some() {
            // Another client may have asked for the deletion before: the first cause holds.
            return;
        }
        seen.deletion = Some(cause);
        let (job, pod, runs) = (seen.job, seen.pod, seen.runs_since.is_some());
        let record = self.job_mut(job);
        if runs {
            record.overshoot.stopping(at, cause);
        }
        if cause == DeletionCause::Disrupted && !pod.phase.is_terminal() {
            // It is lost already now, because its replacement may be created before it has stopped.
            record.attempts.lose(pod.index);
        }
        self.note(at, Some(job), || TimelineChange::PodDeleted(id, pod, cause));
    }

    /// Records that a controller's request was applied or refused.
    pub fn request(&mut self, job: JobId, kind: RequestKind) {
        self.job_mut(job).requests.count(kind);
    }

    /// Records an observation; objects that were written are handed over by other functions.
    pub fn observe(&mut self, at: SimTime, observation: Observation) {
        match observation {
            Observation::PodDeleted(pod, cause) => self.pod_deleted(at, pod, cause),
            Observation::Notice(notice) => self.notice(at, notice),
            Observation::Wait(job, wait) => self.wait(at, job, wait),
            Observation::Refused(job, text) => {
                self.job_mut(job).refusals.push((at, text.clone()));
                self.note(at, Some(job), || TimelineChange::Refused(text));
            }
            Observation::CreateRefused(job, id, why) => {
                self.job_mut(job).creations_refused += 1;
                if self.creation_refusals.get(id).is_none() {
                    *self.creation_refusals.reach(id) = why;
                }
                self.note(at, Some(job), || TimelineChange::CreateRefused(id));
            }
            Observation::SyncFailed(job) => {
                self.job_mut(job).syncs_failed += 1;
                self.note(at, Some(job), || TimelineChange::SyncFailed);
            }
            Observation::Request(job, kind) => self.request(job, kind),
            Observation::TokenWait(client, job, wait) => {
                let mut record = job.map(|job| &mut self.jobs[self.retirement.place_of(job)]);
                if let Some(record) = &mut record {
                    record.throttle_wait += wait;
                }
                self.capacity.token_wait(at, client, record.map(|record| &mut record.capacity), wait);
                if job.is_some() {
                    self.note(at, job, || TimelineChange::Throttled(wait));
                }
            }
            Observation::RoomWait(pod) => self.waits_for_room(at, pod),
            Observation::PodEvent(id, event) => self.pod_event(at, id, event),
            Observation::Queue(job, step) => self.queue_step(at, job, step),
            Observation::QueueHead(queue, first) => {
                self.queue_head(queue, first.map(|(job, misfit)| (job, *misfit)));
            }
            Observation::NodeAsked(id, pool) => self.node_ledger(|nodes| nodes.node_asked(at, id, pool)),
            Observation::NodeReclaimed(_) => self.node_ledger(NodeLedger::node_reclaimed),
            // Changes of nodes are handed over by `node_written`, and Events about nodes tell nothing more.
            Observation::Node(_) | Observation::NodeEvent(..) => {}
            Observation::ControllersDown | Observation::ControllersUp => {
                self.controllers(at, observation == Observation::ControllersDown);
            }
            Observation::CronEmitted(id, emission) => {
                let clock = self.clock;
                self.enter_starts(id.ix(), |record| record.emitted(at, emission.reason, clock));
            }
            Observation::CronNotice(notice) => self.cron_notice(at, *notice),
            Observation::JobDeleted(job, DeletionReason::Replace) => {
                let record = self.job_mut(job);
                record.replaced = true;
                // A CronJob also deletes a Job that is not its own but has the name of one of its Jobs.
                if let Some((owner, _)) = record.owner {
                    self.cronjobs[owner.ix()].replaced += 1;
                }
            }
            Observation::ActRefused(_, text) => {
                self.refusals.push((at, text.clone()));
                self.note(at, None, || TimelineChange::ActRefused(text));
            }
            Observation::Job(_) | Observation::Pod(_) | Observation::CronJob(_) => {}
            Observation::JobDeleted(_, DeletionReason::History) => {}
        }
    }

    /// A Kubernetes Event about a Pod.
    fn pod_event(&mut self, at: SimTime, id: PodId, event: Box<KubeEvent>) {
        if let Some(pod) = self.pods.get(id).filter(|_| self.keep_timeline) {
            let (job, pod) = (pod.job, pod.pod);
            self.note(at, Some(job), || TimelineChange::PodEvent(id, pod, event));
        }
    }

    /// Runs `enter` on the ledger of nodes, if the cluster has nodes.
    fn node_ledger(&mut self, enter: impl FnOnce(&mut NodeLedger)) {
        if let Some(nodes) = &mut self.nodes {
            enter(nodes);
        }
    }

    fn waits_for_room(&mut self, at: SimTime, pod: PodId) {
        let seen = self.pods.get_mut(pod).expect("only a Pod that is not over waits for room");
        assert!(!seen.pod.bound && !seen.gone, "{pod:?} waits for room and has it, or is gone");
        let job = seen.job;
        let before = std::mem::replace(&mut seen.state, PodOccupancy::Waiting(at));
        let record = &mut self.jobs[self.retirement.place_of(job)];
        let states = (before, PodOccupancy::Waiting(at));
        self.capacity.move_pod(at, (job, &mut record.capacity), states);
        follow(at, record, seen, states, (false, self.nodes.is_some()));
        self.note(at, Some(job), || TimelineChange::RoomWait(pod));
    }

    fn controllers(&mut self, at: SimTime, down: bool) {
        if down {
            self.jobs.iter_mut().for_each(|j| j.overshoot.restarted(at));
        }
        let clock = self.clock;
        let every = 0..self.cronjobs.len();
        every.for_each(|place| self.enter_starts(place, |record| record.controllers(at, down, clock)));
        self.note(at, None, || if down { TimelineChange::ControllersDown } else { TimelineChange::ControllersUp });
    }

    fn cron_notice(&mut self, at: SimTime, notice: CronNotice) {
        if self.keep_timeline {
            self.timeline.push(TimelineEntry {
                at,
                job: None,
                what: TimelineChange::CronNotice(Box::new(notice.clone())),
            });
        }
        self.cronjobs[notice.cronjob.ix()].notice(at, notice);
    }

    fn notice(&mut self, at: SimTime, notice: Notice) {
        let record = self.job_mut(notice.job);
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
        self.note(at, Some(notice.job), || TimelineChange::Notice(notice));
    }

    /// Records a wait. Several syncs may find the same one, which counts once.
    fn wait(&mut self, at: SimTime, job: JobId, wait: BackoffWait) {
        let held_up = self.capacity.throttled;
        let record = self.job_mut(job);
        record.capacity.stages.backs_off(at, wait.until, &held_up);
        let waits = &mut record.waits;
        if waits.iter().rev().take(64).any(|w| w.wait == wait) {
            return;
        }
        waits.push(WaitRecord { since: at, wait });
        self.note(at, Some(job), || TimelineChange::Wait(wait));
    }
}

fn is_same_reason(a: Emission, b: Emission) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}
