//! Builds a run's timeline, as the saved result has it, from the changes that a recorder kept: the lives of Pods, waits
//! and levels.

use super::{
    ContainerRun, EventEntry, JobChange, JobTimeline, Outcome, PodLevels, PodTimeline, Setup, Timeline, Trouble, Wait,
};
use crate::api::{ExitCodeTable, JobConditionType, Pod};
use crate::id::PodId;
use crate::record::RecordedRun;
use crate::record::{JobFacts, TimelineChange, TimelineEntry, is_running, is_warning, pod_name};
use crate::record::{event_text, message_text};
use crate::release::MODELLED;
use crate::time::{SimDuration, SimTime, WallClock};

/// Everything that happened in a run of `setup` that was recorded with its timeline. Times count from the setup's start.
pub fn build_timeline(run: &RecordedRun, codes: &ExitCodeTable, setup: &Setup, replication: u32) -> Timeline {
    let start = setup.start;
    let seconds = |t: SimTime| (t - start).as_secs_f64();
    let jobs = run.recorder.jobs.iter().map(|job| {
        let outcome = Outcome::of(job, run.end);
        let end = job.facts.as_ref().and_then(|facts| facts.status.finished());
        JobTimeline {
            name: job.name.clone(),
            namespace: job.namespace.clone(),
            end: outcome.end,
            reason: end.map_or(String::new(), |c| c.reason.as_str().to_owned()),
            message: end.map_or(String::new(), |c| message_text(c.message, job, run)),
            created: job.created.map(seconds),
            finished: job.finished.map(seconds),
            gone: job.gone.map(seconds),
            completions: job.facts.as_ref().and_then(|facts| facts.spec.completions),
            indexed: job.facts.as_ref().is_some_and(|facts| facts.spec.is_indexed()),
            first_running: job.first_running.map(seconds),
            ..JobTimeline::default()
        }
    });
    let (end, clock) = (seconds(run.end), WallClock::default().unix(start));
    let [backoff, restart] = [setup.config.params.max_pod_failure_backoff, setup.kubelet.delays.max];
    let unusual = |cap: SimDuration, usual: SimDuration| (cap != usual).then(|| cap.as_secs_f64());
    let timeline = Timeline {
        replication,
        start: Some(clock),
        end,
        cut: run.cut,
        jobs: jobs.collect(),
        max_backoff: unusual(backoff, MODELLED.job_controller.max_pod_failure_backoff),
        max_restart_backoff: unusual(restart, MODELLED.kubelet.max_restart_backoff),
        ..Timeline::default()
    };
    let levels = vec![PodLevels::default(); timeline.jobs.len()];
    let mut builder = TimelineBuilder { run, codes, start, timeline, levels, pods: Vec::new(), room: Vec::new() };
    run.recorder.timeline.iter().for_each(|entry| builder.enter(entry));
    let (mut timeline, pods) = builder.finish();
    super::timeline_capacity::enter(run, start, &mut timeline);
    super::timeline_nodes::enter(run, start, &mut timeline, &pods);
    timeline
}

struct TimelineBuilder<'a> {
    run: &'a RecordedRun<'a>,
    codes: &'a ExitCodeTable,
    start: SimTime,
    timeline: Timeline,
    /// The current levels of each Job.
    levels: Vec<PodLevels>,
    /// By [`PodId`]: the index of the Job, and of the Pod in it.
    pods: Vec<Option<(usize, usize)>>,
    /// Pods that are waiting for a free slot, and since when.
    room: Vec<(PodId, f64)>,
}

impl TimelineBuilder<'_> {
    fn enter(&mut self, entry: &TimelineEntry) {
        let at = (entry.at - self.start).as_secs_f64();
        let Some(job) = entry.job.map(|id| id.ix()) else {
            if let TimelineChange::ControllersDown | TimelineChange::ControllersUp = entry.what {
                self.timeline.controllers.push((at, matches!(entry.what, TimelineChange::ControllersUp)));
            }
            return;
        };
        match &entry.what {
            TimelineChange::Job(before, now) => self.job(at, job, before.as_ref(), now),
            TimelineChange::Pod(id, before, now, gone) => self.pod(at, job, *id, before.as_ref(), (now, *gone)),
            TimelineChange::PodDeleted(id, _, cause) => {
                if let Some(pod) = self.pod_mut(*id).filter(|pod| pod.deletion.is_none()) {
                    pod.deletion = Some(at);
                    pod.deletion_cause = cause.as_str().to_owned();
                }
            }
            TimelineChange::RoomWait(id) => self.room.push((*id, at)),
            other => self.event(at, job, other),
        }
    }

    /// Handles entries that are neither a Pod's nor a change of the Job.
    fn event(&mut self, at: f64, job: usize, what: &TimelineChange) {
        let record = &self.run.recorder.jobs[job];
        let timeline = &mut self.timeline.jobs[job];
        let mut trouble = |what: &str, message: &str| {
            timeline.troubles.push(Trouble { at, what: what.to_owned(), message: message.to_owned() });
        };
        match what {
            TimelineChange::Refused(text) => trouble("editRefused", text),
            TimelineChange::CreateRefused(why) => trouble("createRefused", self.run.recorder.creation_refusal(*why)),
            TimelineChange::SyncFailed => trouble("syncFailed", ""),
            TimelineChange::Notice(notice) => {
                let (reason, message) = event_text(notice.emission, record, self.run);
                let kind = if is_warning(notice.emission) { "Warning" } else { "Normal" };
                timeline.events.push(EventEntry { at, kind: kind.to_owned(), reason: reason.to_owned(), message });
            }
            TimelineChange::Wait(wait) => timeline.waits.push(Wait {
                from: at,
                to: (wait.until - self.start).as_secs_f64(),
                what: "backoff".to_owned(),
                backoff: Some(wait.backoff.as_secs_f64()),
                failures: Some(wait.failures),
                index: wait.index,
            }),
            TimelineChange::Throttled(wait) => {
                let to = at + wait.as_secs_f64();
                // Requests of a Job that wait at the same time are one wait.
                match timeline.waits.iter_mut().rev().find(|w| w.what == "throttle").filter(|w| at <= w.to) {
                    Some(last) => last.to = last.to.max(to),
                    None => timeline.waits.push(Wait { from: at, to, what: "throttle".to_owned(), ..Wait::default() }),
                }
            }
            _ => {}
        }
    }

    fn job(&mut self, at: f64, job: usize, before: Option<&JobFacts>, now: &JobFacts) {
        let (status, spec) = (&now.status, &now.spec);
        let was_true = |t: JobConditionType| before.is_some_and(|b| b.status.is_true(t));
        let conditions = status.conditions.iter().filter(|c| c.status && !was_true(c.condition_type));
        self.timeline.jobs[job].changes.push(JobChange {
            at,
            active: status.active,
            ready: status.ready.unwrap_or(0),
            terminating: status.terminating.unwrap_or(0),
            succeeded: status.succeeded,
            failed: status.failed,
            parallelism: spec.parallelism,
            suspend: spec.suspend,
            completed_indexes: status.completed_indexes.to_string(),
            failed_indexes: status.failed_indexes.as_ref().map_or(String::new(), ToString::to_string),
            uncounted: (status.uncounted.succeeded.len() + status.uncounted.failed.len()) as u32,
            conditions: conditions.map(|c| format!("{}/{}", c.condition_type.as_str(), c.reason.as_str())).collect(),
        });
        self.level(at, job, |level| level.parallelism = spec.parallelism);
    }

    fn pod_mut(&mut self, id: PodId) -> Option<&mut PodTimeline> {
        let (job, place) = self.pods.get(id.ix()).copied().flatten()?;
        self.timeline.jobs[job].pods.get_mut(place)
    }

    fn pod(&mut self, at: f64, job: usize, id: PodId, before: Option<&Pod>, (now, gone): (&Pod, bool)) {
        if before.is_none() {
            self.created(at, job, id, now);
        }
        if now.bound && !before.is_some_and(|b| b.bound) {
            self.has_room(at, job, id);
        }
        let code = now.containers.exit_codes().and_then(|exit_codes| {
            let codes = self.codes.get(exit_codes);
            codes.iter().find(|&&code| code != 0).or(codes.first()).copied()
        });
        let mut restart = None;
        if let Some(pod) = self.pod_mut(id) {
            stages(pod, at, before, (now, gone), code);
            restart = restart_wait(pod, at);
        }
        self.timeline.jobs[job].waits.extend(restart);
        let counts = |pod: Option<&Pod>| {
            pod.map_or([0; 3], |p| [is_running(p), p.is_active(), p.is_terminating()].map(i32::from))
        };
        let (was, is) = (counts(before), counts(Some(now).filter(|_| !gone)));
        self.level(at, job, |level| {
            for (n, count) in [&mut level.running, &mut level.active, &mut level.terminating].into_iter().enumerate() {
                *count = count.saturating_add_signed(is[n] - was[n]);
            }
        });
    }

    fn created(&mut self, at: f64, job: usize, id: PodId, pod: &Pod) {
        let name = pod_name(&self.run.recorder.jobs[job].name, pod);
        let pods = &mut self.timeline.jobs[job].pods;
        self.pods.resize(self.pods.len().max(id.ix() + 1), None);
        self.pods[id.ix()] = Some((job, pods.len()));
        let index = pod.index.map(u32::from);
        let retry = Some(self.run.recorder.is_retry(id));
        pods.push(PodTimeline { name, index, attempt: pod.ordinal, retry, created: at, ..PodTimeline::default() });
    }

    /// A Pod that waited for a slot has got one.
    fn has_room(&mut self, at: f64, job: usize, id: PodId) {
        if let Some(place) = self.room.iter().position(|(waiting, _)| *waiting == id) {
            let (_, from) = self.room.remove(place);
            let wait = Wait { from, to: at, what: "room".to_owned(), ..Wait::default() };
            self.timeline.jobs[job].waits.push(wait);
        }
    }

    /// Records the levels after a change; of several changes in one instant the last one counts.
    fn level(&mut self, at: f64, job: usize, change: impl FnOnce(&mut PodLevels)) {
        let now = &mut self.levels[job];
        let before = *now;
        change(now);
        now.at = before.at;
        if *now == before {
            return;
        }
        now.at = at;
        let levels = &mut self.timeline.jobs[job].levels;
        match levels.last_mut().filter(|last| last.at == at) {
            Some(last) => *last = *now,
            None => levels.push(*now),
        }
    }

    /// Pods that are still waiting at the end of the run have waited until then. Also returns the position of each Pod.
    fn finish(mut self) -> (Timeline, Vec<Option<(usize, usize)>>) {
        let end = self.timeline.end;
        for (id, _) in self.room.clone() {
            if let Some((job, _)) = self.pods.get(id.ix()).copied().flatten() {
                self.has_room(end, job, id);
            }
        }
        (self.timeline, self.pods)
    }
}

/// The kubelet's back-off that ends now, as the containers of a Pod run again.
fn restart_wait(pod: &PodTimeline, at: f64) -> Option<Wait> {
    let [.., before, now] = &pod.runs[..] else { return None };
    let from = before.to.filter(|_| now.from == at && now.to.is_none())?;
    let failures = Some(pod.runs.len() as i32 - 1);
    Some(Wait { from, to: at, what: "restart".to_owned(), backoff: Some(at - from), failures, index: None })
}

/// Records a change of a Pod in its timeline.
fn stages(life: &mut PodTimeline, at: f64, before: Option<&Pod>, (now, gone): (&Pod, bool), code: Option<i32>) {
    let became = |is: fn(&Pod) -> bool| is(now) && !before.is_some_and(is);
    let first = |instant: &mut Option<f64>, came: bool| {
        if came {
            instant.get_or_insert(at);
        }
    };
    first(&mut life.bound, became(|p| p.bound));
    first(&mut life.running, became(is_running));
    first(&mut life.ready, became(Pod::is_ready));
    first(&mut life.finished, became(|p| p.phase.is_terminal()));
    first(&mut life.tracked, became(|p| !p.finalizer));
    first(&mut life.gone, gone);
    life.phase = now.phase.as_str().to_owned();
    life.disrupted = now.disruption_target;
    if became(is_running) {
        life.runs.push(ContainerRun { from: at, to: None, exit_code: None });
    }
    let stopped = before.is_some_and(is_running) && (gone || !is_running(now));
    if let Some(run) = life.runs.last_mut().filter(|run| stopped && run.to.is_none()) {
        (run.to, run.exit_code) = (Some(at), code);
    }
}
