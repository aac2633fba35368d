//! The recorder: takes observations in order and keeps a record for each Job. It reads no world: whoever drives the
//! world hands it what was written.

use super::{
    Capacity, DeletionCause, Entry, JobFacts, JobRecord, Notice, NoticeRecord, Observation, RequestKind, WaitRecord,
    What,
};
use crate::api::{Containers, ExitCodeTable, Pod, PodPhase};
use crate::controller::job::{BackoffWait, Emission, match_pod_failure_policy};
use crate::id::{JobId, PodId};
use crate::time::SimTime;

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
    /// By [`JobId`].
    pub jobs: Vec<JobRecord>,
    /// Every change; empty unless it is kept.
    pub timeline: Vec<Entry>,
    /// What the Jobs waited for and how full the cluster was, if that is wanted.
    pub capacity: Option<Capacity>,
    /// When virtual time began.
    pub start: SimTime,
    keep_timeline: bool,
    pods: Vec<Seen>,
}

/// A Pod as it was last.
#[derive(Clone, Copy, Debug)]
struct Seen {
    pod: Pod,
    job: JobId,
    gone: bool,
    deletion: Option<DeletionCause>,
    runs_since: Option<SimTime>,
    ran: crate::time::SimDuration,
}

/// Whether a Pod's containers run.
pub(super) fn is_running(pod: &Pod) -> bool {
    pod.phase == PodPhase::Running && pod.containers == Containers::Running
}

impl Recorder {
    /// A recorder of Jobs with these namespaces and names, in the order of their ids.
    pub fn new(jobs: impl Iterator<Item = (String, String)>, keep_timeline: bool) -> Self {
        let mut recorder = Recorder { keep_timeline, ..Recorder::default() };
        jobs.for_each(|(namespace, name)| recorder.add_job(namespace, name));
        recorder
    }

    /// Forgets everything but the Jobs' names; keeps the memory.
    pub fn restart<'a>(&mut self, jobs: impl Iterator<Item = (&'a str, &'a str)>, keep_timeline: bool) {
        let mut count = 0;
        for (namespace, name) in jobs {
            if count == self.jobs.len() {
                self.jobs.push(JobRecord::default());
            }
            self.jobs[count].reset(namespace, name);
            count += 1;
        }
        self.jobs.truncate(count);
        self.timeline.clear();
        self.pods.clear();
        self.capacity = None;
        self.keep_timeline = keep_timeline;
    }

    /// Adds a Job, the next in the order of ids.
    pub fn add_job(&mut self, namespace: String, name: String) {
        self.jobs.push(JobRecord { name, namespace, ..JobRecord::default() });
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
        if let Some(capacity) = &mut self.capacity {
            capacity.job_written(at, id, &facts);
        }
        let record = &mut self.jobs[id.ix()];
        if record.created.is_none() {
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
        self.note(at, Some(id), || What::Job(before, facts));
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
        if let Some(capacity) = &mut self.capacity {
            capacity.pod_written(at, id, job, pod, gone);
        }
        let before = self.pods.get(id.ix()).map(|p| p.pod);
        match before {
            None => self.pod_created(at, job, pod),
            Some(before) => self.pod_changed(at, id, &before, (pod, gone), codes),
        }
        let seen = &mut self.pods[id.ix()];
        seen.pod = *pod;
        // Two writes of one instant are seen alike, as both show the Pod as it is after them.
        if !std::mem::replace(&mut seen.gone, gone) {
            self.note(at, Some(job), || What::Pod(id, before, *pod, gone));
        }
    }

    /// Pods come in the order of their ids, so a new one has the next place.
    fn pod_created(&mut self, at: SimTime, job: JobId, pod: &Pod) {
        let ran = crate::time::SimDuration::ZERO;
        self.pods.push(Seen { pod: *pod, job, gone: false, deletion: None, runs_since: None, ran });
        let record = &mut self.jobs[job.ix()];
        record.pods_created += 1;
        record.last_pod_created = Some(at);
        record.repeated_indexes += u32::from(pod.index >= 0 && pod.ordinal > 1);
    }

    fn pod_changed(&mut self, at: SimTime, id: PodId, before: &Pod, (pod, gone): (&Pod, bool), codes: &ExitCodeTable) {
        let seen = &mut self.pods[id.ix()];
        let record = &mut self.jobs[seen.job.ix()];
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
        if seen.runs_since.is_some() {
            self.jobs[job.ix()].overshoot.stopping(at, cause);
        }
        self.note(at, Some(job), || What::PodDeleted(id, pod, cause));
    }

    /// Anything else.
    pub fn observe(&mut self, at: SimTime, observation: Observation) {
        if let Some(capacity) = &mut self.capacity {
            capacity.observe(at, &observation);
        }
        match observation {
            Observation::PodDeleted(pod, cause) => self.pod_deleted(at, pod, cause),
            Observation::Notice(notice) => self.notice(at, notice),
            Observation::Wait(job, wait) => self.wait(at, job, wait),
            Observation::Refused(job, text) => {
                self.jobs[job.ix()].refusals.push((at, text.clone()));
                self.note(at, Some(job), || What::Refused(text));
            }
            Observation::CreateRefused(job) => {
                self.jobs[job.ix()].creations_refused += 1;
                self.note(at, Some(job), || What::CreateRefused);
            }
            Observation::SyncFailed(job) => {
                self.jobs[job.ix()].syncs_failed += 1;
                self.note(at, Some(job), || What::SyncFailed);
            }
            Observation::Request(job, kind) => self.jobs[job.ix()].requests.count(kind),
            Observation::TokenWait(_, Some(job), wait) => {
                self.jobs[job.ix()].throttle_wait += wait;
                self.note(at, Some(job), || What::Throttled(wait));
            }
            Observation::RoomWait(pod) => {
                let job = self.pods.get(pod.ix()).map(|seen| seen.job);
                self.note(at, job, || What::RoomWait(pod));
            }
            Observation::ControllersDown => {
                self.jobs.iter_mut().for_each(|j| j.overshoot.restarted(at));
                self.note(at, None, || What::ControllersDown);
            }
            Observation::ControllersUp => self.note(at, None, || What::ControllersUp),
            Observation::TokenWait(_, None, _) | Observation::Job(_) | Observation::Pod(_) => {}
            Observation::CronJob(_) | Observation::CronEmitted(..) | Observation::CronNotice(_) => {}
            Observation::JobDeleted(..) | Observation::ActRefused(..) => {}
        }
    }

    fn notice(&mut self, at: SimTime, notice: Notice) {
        self.jobs[notice.job.ix()].requests.count(RequestKind::Event);
        let notices = &mut self.jobs[notice.job.ix()].notices;
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
        let waits = &mut self.jobs[job.ix()].waits;
        if waits.iter().rev().take(64).any(|w| w.wait == wait) {
            return;
        }
        waits.push(WaitRecord { since: at, wait });
        self.note(at, Some(job), || What::Wait(wait));
    }

    /// The run ends at `at`.
    pub fn close(&mut self, at: SimTime) {
        if let Some(capacity) = &mut self.capacity {
            capacity.close(at);
        }
        for record in &mut self.jobs {
            record.overshoot.close(at);
        }
        for seen in &mut self.pods {
            if let Some(since) = seen.runs_since.take() {
                let record = &mut self.jobs[seen.job.ix()];
                record.pod_time += seen.ran + (at - since);
                record.wasted_pod_time += seen.ran + (at - since);
            }
        }
    }
}

fn is_same_reason(a: Emission, b: Emission) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}
