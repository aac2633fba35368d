//! What a cluster's Jobs waited for: room, tokens, back-off; and how full the cluster was. It is told what is observed,
//! reads no world, and makes no text.
//!
//! Invariants: what begins and ends in one instant is no wait and no occupancy; the spans of a Job's [`Stage`]s sum up to
//! the time from its creation to its end.

use super::stages::Stages;
use super::{Client, JobFacts, Observation};
use crate::api::Pod;
use crate::id::{JobId, PodId};
use crate::time::{SimDuration, SimTime};

/// Waits of one kind, as a tally.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// How many there were.
    pub count: u64,
    /// Their sum.
    pub total: SimDuration,
    /// The longest.
    pub longest: SimDuration,
}

impl Waits {
    /// Enters a wait; none if it took no time.
    pub fn enter(&mut self, wait: SimDuration) {
        if wait.is_positive() {
            self.count += 1;
            self.total += wait;
            self.longest = self.longest.max(wait);
        }
    }
}

/// A count that holds from one instant to the next: a time-persistent statistic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    value: u32,
    since: SimTime,
    /// Σ value × nanoseconds; wide enough for a million Pods over a century.
    area: i128,
    most: u32,
    busy: SimDuration,
}

impl Level {
    /// The count now.
    pub fn value(&self) -> u32 {
        self.value
    }

    /// The highest count that lasted.
    pub fn most(&self) -> u32 {
        self.most
    }

    /// How long the count was above zero.
    pub fn busy(&self) -> SimDuration {
        self.busy
    }

    /// The sum over time, such as Pod-time; it saturates.
    pub fn area(&self) -> SimDuration {
        SimDuration::from_nanos(i64::try_from(self.area).unwrap_or(i64::MAX))
    }

    /// The mean over a span that begins with the level's first change or before.
    pub fn mean(&self, over: SimDuration) -> f64 {
        if over.is_positive() { self.area as f64 / over.as_nanos() as f64 } else { 0.0 }
    }

    /// The count changes by `by` at `now`.
    pub fn change(&mut self, now: SimTime, by: i32) {
        self.advance(now);
        self.value = self.value.saturating_add_signed(by);
    }

    /// The clock has come to `now`.
    pub fn advance(&mut self, now: SimTime) {
        let lasted = now - self.since;
        if lasted.is_positive() {
            self.area += i128::from(self.value) * i128::from(lasted.as_nanos());
            self.most = self.most.max(self.value);
            if self.value > 0 {
                self.busy += lasted;
            }
            self.since = now;
        }
    }
}

/// What one Job waited for and took.
#[derive(Clone, Debug, Default)]
pub struct JobCapacity {
    /// Its Pods' waits for room; who still waits at the end has waited so long.
    pub room: Waits,
    /// Its requests' waits for tokens, by [`Client`].
    pub tokens: [Waits; Client::COUNT],
    /// Its Pods that were bound and unfinished.
    pub occupancy: Level,
    /// Its Pods that waited for room.
    pub queue: Level,
    /// What it came to over time.
    pub stages: Stages,
}

/// A change of what a Job takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: SimTime,
    /// Whose.
    pub job: JobId,
    /// Its bound and unfinished Pods from then on.
    pub occupancy: u32,
    /// Its Pods that wait for room from then on.
    pub queue: u32,
}

/// The capacity facts of a run.
#[derive(Clone, Debug, Default)]
pub struct Capacity {
    /// By [`JobId`].
    pub jobs: Vec<JobCapacity>,
    /// Pods that were bound and unfinished, in all.
    pub occupancy: Level,
    /// Pods that waited for room, in all.
    pub queue: Level,
    /// Waits for tokens, by [`Client`]; those of Events, which are sent on behalf of no Job, are here only.
    pub tokens: [Waits; Client::COUNT],
    /// Every change of occupancy and queue; empty unless it is kept.
    pub course: Vec<Step>,
    keep_course: bool,
    pods: Vec<(PodState, JobId)>,
    end: SimTime,
}

/// Where a Pod stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PodState {
    Unbound,
    Waiting(SimTime),
    Bound,
    Running,
    Over,
}

impl PodState {
    /// The state that a Pod object shows.
    fn of(pod: &Pod, gone: bool, before: PodState) -> PodState {
        if gone || pod.phase.is_terminal() {
            return PodState::Over;
        }
        match before {
            _ if super::recorder::is_running(pod) => PodState::Running,
            _ if pod.bound => PodState::Bound,
            // It has lost its turn.
            PodState::Waiting(_) if pod.deleting() => PodState::Unbound,
            PodState::Over => PodState::Unbound,
            before => before,
        }
    }

    fn takes_slot(self) -> bool {
        matches!(self, PodState::Bound | PodState::Running)
    }

    fn waits(self) -> bool {
        matches!(self, PodState::Waiting(_))
    }
}

fn moved(was: bool, is: bool) -> i32 {
    i32::from(is) - i32::from(was)
}

impl Capacity {
    /// Nothing observed yet. The course is one entry for each change, so it is kept only on demand.
    pub fn new(keep_course: bool) -> Self {
        Capacity { keep_course, ..Capacity::default() }
    }

    /// The share of the slots that was taken, over the time from `from` to the end.
    pub fn utilisation(&self, slots: u32, from: SimTime) -> f64 {
        if slots == 0 { 0.0 } else { self.occupancy.mean(self.end - from) / f64::from(slots) }
    }

    fn job(&mut self, id: JobId) -> &mut JobCapacity {
        if self.jobs.len() <= id.ix() {
            self.jobs.resize_with(id.ix() + 1, JobCapacity::default);
        }
        &mut self.jobs[id.ix()]
    }

    /// A Job was written.
    pub fn job_written(&mut self, at: SimTime, id: JobId, facts: &JobFacts) {
        let over = facts.gone || facts.status.finished().is_some();
        self.job(id).stages.job_written(at, facts.spec.suspend, over);
    }

    /// A Pod was written, or (`gone`) has disappeared. Pods come in the order of their ids.
    pub fn pod_written(&mut self, at: SimTime, id: PodId, job: JobId, pod: &Pod, gone: bool) {
        if self.pods.len() <= id.ix() {
            self.pods.resize(id.ix() + 1, (PodState::Over, job));
        }
        let now = PodState::of(pod, gone, self.pods[id.ix()].0);
        self.move_pod(at, id, now);
    }

    fn move_pod(&mut self, at: SimTime, id: PodId, now: PodState) {
        let Some(entry) = self.pods.get_mut(id.ix()) else { return };
        let (before, job) = *entry;
        entry.0 = now;
        if before == now {
            return;
        }
        let occupancy = moved(before.takes_slot(), now.takes_slot());
        let queue = moved(before.waits(), now.waits());
        let stage = |pod: PodState| (pod == PodState::Running, pod.waits(), pod != PodState::Over);
        let (was, is) = (stage(before), stage(now));
        let entry = self.job(job);
        entry.occupancy.change(at, occupancy);
        entry.queue.change(at, queue);
        entry.stages.pods_changed(at, [moved(was.0, is.0), moved(was.1, is.1), moved(was.2, is.2)]);
        if let PodState::Waiting(since) = before {
            entry.room.enter(at - since);
        }
        let step = Step { at, job, occupancy: entry.occupancy.value(), queue: entry.queue.value() };
        self.occupancy.change(at, occupancy);
        self.queue.change(at, queue);
        if self.keep_course && (occupancy, queue) != (0, 0) {
            self.enter_step(step);
        }
    }

    /// Of several changes of a Job in one instant the last holds.
    fn enter_step(&mut self, step: Step) {
        match self.course.last_mut().filter(|last| (last.at, last.job) == (step.at, step.job)) {
            Some(last) => *last = step,
            None => self.course.push(step),
        }
    }

    /// Anything else was observed.
    pub fn observe(&mut self, at: SimTime, observation: &Observation) {
        match *observation {
            Observation::TokenWait(client, job, wait) => {
                self.tokens[client as usize].enter(wait);
                if let Some(job) = job {
                    let entry = self.job(job);
                    entry.tokens[client as usize].enter(wait);
                    entry.stages.throttled(at, wait);
                }
            }
            Observation::RoomWait(pod) => self.move_pod(at, pod, PodState::Waiting(at)),
            Observation::Wait(job, wait) => self.job(job).stages.backs_off(at, wait.until),
            _ => {}
        }
    }

    /// The run ends at `at`.
    pub fn close(&mut self, at: SimTime) {
        self.end = at;
        self.occupancy.advance(at);
        self.queue.advance(at);
        for job in &mut self.jobs {
            job.occupancy.advance(at);
            job.queue.advance(at);
            job.stages.close(at);
        }
        for &(state, job) in &self.pods {
            if let PodState::Waiting(since) = state {
                self.jobs[job.ix()].room.enter(at - since);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Containers, PodPhase};
    use crate::time::WholeSecond;

    fn at(secs: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    fn secs(secs: i64) -> SimDuration {
        SimDuration::from_secs(secs)
    }

    fn pod(phase: PodPhase, bound: bool) -> Pod {
        let mut pod = Pod::new(WholeSecond::default(), -1, 0, 0);
        (pod.phase, pod.bound) = (phase, bound);
        if phase == PodPhase::Running {
            pod.containers = Containers::Running;
        }
        pod
    }

    #[test]
    fn a_level_is_weighted_with_time() {
        let mut level = Level::default();
        level.change(at(2), 1);
        level.change(at(4), 3);
        level.change(at(4), -1);
        level.change(at(5), -3);
        level.advance(at(10));
        assert_eq!((level.value(), level.most()), (0, 3), "four lasted no time");
        assert_eq!((level.area(), level.busy()), (secs(2 + 3), secs(3)));
        assert_eq!(level.mean(secs(10)), 0.5);
    }

    /// Two Jobs of one Pod each and one slot: the second Pod waits until the first has finished.
    fn two_pods_and_one_slot() -> Capacity {
        let mut c = Capacity::new(true);
        let (a, b) = ((PodId(0), JobId(0)), (PodId(1), JobId(1)));
        for (id, job) in [a, b] {
            c.pod_written(at(0), id, job, &pod(PodPhase::Pending, false), false);
        }
        c.pod_written(at(1), a.0, a.1, &pod(PodPhase::Pending, true), false);
        c.observe(at(1), &Observation::RoomWait(b.0));
        c.pod_written(at(2), a.0, a.1, &pod(PodPhase::Running, true), false);
        c.pod_written(at(9), a.0, a.1, &pod(PodPhase::Succeeded, true), false);
        c.pod_written(at(9), b.0, b.1, &pod(PodPhase::Pending, true), false);
        c
    }

    #[test]
    fn waits_for_room_end_with_the_binding() {
        let mut c = two_pods_and_one_slot();
        c.close(at(11));
        assert_eq!(c.jobs[0].room, Waits::default());
        assert_eq!(c.jobs[1].room, Waits { count: 1, total: secs(8), longest: secs(8) });
        assert_eq!((c.queue.area(), c.queue.most()), (secs(8), 1));
        assert_eq!((c.occupancy.area(), c.occupancy.most()), (secs(10), 1), "the slot passes on in one instant");
        assert_eq!(c.utilisation(1, at(1)), 1.0);
        let course: Vec<_> = c.course.iter().map(|s| (s.at, s.job.0, s.occupancy, s.queue)).collect();
        assert_eq!(course, [(at(1), 0, 1, 0), (at(1), 1, 0, 1), (at(9), 0, 0, 0), (at(9), 1, 1, 0)]);
    }

    #[test]
    fn a_pod_that_is_deleted_while_it_waits_waits_no_more() {
        let mut c = Capacity::new(false);
        c.pod_written(at(0), PodId(0), JobId(0), &pod(PodPhase::Pending, false), false);
        c.observe(at(1), &Observation::RoomWait(PodId(0)));
        let mut deleted = pod(PodPhase::Pending, false);
        deleted.deletion_began = Some(WholeSecond::default());
        c.pod_written(at(4), PodId(0), JobId(0), &deleted, false);
        c.pod_written(at(5), PodId(0), JobId(0), &deleted, true);
        c.close(at(9));
        assert_eq!(c.jobs[0].room, Waits { count: 1, total: secs(3), longest: secs(3) });
        assert_eq!((c.queue.value(), c.queue.area(), c.occupancy.area()), (0, secs(3), secs(0)));
        assert!(c.course.is_empty());
    }

    #[test]
    fn waits_for_tokens_by_client_and_by_job() {
        let mut c = Capacity::new(false);
        c.observe(at(1), &Observation::TokenWait(Client::Jobs, Some(JobId(1)), secs(2)));
        c.observe(at(1), &Observation::TokenWait(Client::Jobs, None, secs(3)));
        c.observe(at(1), &Observation::TokenWait(Client::Ttl, Some(JobId(1)), secs(4)));
        let jobs = Client::Jobs as usize;
        assert_eq!(c.tokens[jobs], Waits { count: 2, total: secs(5), longest: secs(3) });
        assert_eq!(c.jobs[1].tokens[jobs], Waits { count: 1, total: secs(2), longest: secs(2) });
        assert_eq!(c.jobs[1].tokens[Client::Ttl as usize].total, secs(4));
    }
}
