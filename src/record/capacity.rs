//! What the Jobs of a cluster waited for (room, tokens, back-off), and how full the cluster was. It is computed from
//! observations alone. The part about each Job is in [`super::JobRecord::capacity`].
//!
//! Invariants: what begins and ends in one instant counts neither as a wait nor as occupancy; the spans of a Job's
//! [`super::Stage`]s add up to the time from its creation to its end.

use super::stages::StageAccumulator;
use super::{Client, JobFacts};
use crate::api::Pod;
use crate::id::JobId;
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
    /// Adds a wait, unless it took no time.
    pub fn enter(&mut self, wait: SimDuration) {
        assert!(wait >= SimDuration::ZERO, "a wait of {wait:?}");
        if wait.is_positive() {
            self.count += 1;
            self.total += wait;
            self.longest = self.longest.max(wait);
        }
    }
}

/// A count that holds from one instant to the next: a time-persistent statistic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimePersistent {
    value: u32,
    since: SimTime,
    /// Σ value × nanoseconds. 128 bits are needed: a million Pods over a century overflow 64.
    area: i128,
    most: u32,
    busy: SimDuration,
}

impl TimePersistent {
    /// The count now.
    pub fn value(&self) -> u32 {
        self.value
    }

    /// The highest count that lasted longer than an instant.
    pub fn most(&self) -> u32 {
        self.most
    }

    /// How long the count was above zero.
    pub fn busy(&self) -> SimDuration {
        self.busy
    }

    /// The integral over time, such as Pod-time; saturates at the largest duration.
    pub fn area(&self) -> SimDuration {
        SimDuration::from_nanos(i64::try_from(self.area).unwrap_or(i64::MAX))
    }

    /// The mean over a span, which must include every change of the count.
    pub fn mean(&self, over: SimDuration) -> f64 {
        if over.is_positive() { self.area as f64 / over.as_nanos() as f64 } else { 0.0 }
    }

    /// The count changes by `by` at `now`.
    pub fn change(&mut self, now: SimTime, by: i32) {
        self.advance(now);
        let value = self.value.checked_add_signed(by);
        self.value = value.unwrap_or_else(|| panic!("a level of {} cannot change by {by}", self.value));
    }

    /// The clock has come to `now`.
    pub fn advance(&mut self, now: SimTime) {
        let lasted = now - self.since;
        assert!(lasted >= SimDuration::ZERO, "a level goes back from {:?} to {now:?}", self.since);
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

/// The total time covered by at least one of several spans. Spans are added in the order of their beginnings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Covered {
    /// The beginning of the latest stretch without a gap.
    since: SimTime,
    until: SimTime,
    total: SimDuration,
}

impl Covered {
    /// Adds a span.
    pub fn enter(&mut self, from: SimTime, to: SimTime) {
        assert!(
            self.since <= from && from <= to,
            "a span from {from:?} to {to:?} after one that began at {:?}",
            self.since
        );
        if from > self.until {
            self.since = from;
        }
        self.total += (to - from.max(self.until)).max(SimDuration::ZERO);
        self.until = self.until.max(to);
    }

    /// Ends the run: spans that reach further are cut off.
    pub fn close(&mut self, at: SimTime) {
        self.total = self.total - (self.until - at).max(SimDuration::ZERO);
        self.until = self.until.min(at);
        assert!(self.total >= SimDuration::ZERO, "{:?} are covered", self.total);
    }

    /// The part of the given span that lies in the latest stretch without a gap.
    pub fn part_of(&self, from: SimTime, to: SimTime) -> (SimTime, SimTime) {
        let begins = self.since.clamp(from, to);
        (begins, self.until.clamp(begins, to))
    }

    /// The end of the latest stretch without a gap.
    #[inline]
    pub fn until(&self) -> SimTime {
        self.until
    }

    /// The total time covered.
    pub fn total(&self) -> SimDuration {
        self.total
    }
}

/// What one Job waited for and took.
#[derive(Clone, Debug, Default)]
pub struct JobCapacity {
    /// Its Pods' waits for room; a wait that lasts at the end of the run counts up to the end.
    pub room: Waits,
    /// Its requests' waits for tokens, by [`Client`].
    pub tokens: [Waits; Client::COUNT],
    /// How many of its Pods were bound and unfinished.
    pub occupancy: TimePersistent,
    /// How many of its Pods waited for room.
    pub queue: TimePersistent,
    /// When at least one of its requests waited for its token.
    pub throttled: Covered,
    /// Its stages over time.
    pub stages: StageAccumulator,
}

impl JobCapacity {
    /// The Job was written.
    pub(super) fn job_written(&mut self, at: SimTime, facts: &JobFacts, held_up: &Covered) {
        let over = facts.gone || facts.status.finished().is_some();
        self.stages.job_written(at, facts.spec.suspend, over, held_up);
    }

    /// The run ends.
    pub(super) fn close(&mut self, at: SimTime, held_up: &Covered) {
        self.occupancy.advance(at);
        self.queue.advance(at);
        self.throttled.close(at);
        self.stages.close(at, held_up);
    }
}

/// A change of a Job's occupancy or queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapacityStep {
    /// When.
    pub at: SimTime,
    /// Whose.
    pub job: JobId,
    /// The number of its bound and unfinished Pods from then on.
    pub occupancy: u32,
    /// The number of its Pods that wait for room from then on.
    pub queue: u32,
}

/// Occupancy and waits of a run, over all Jobs.
#[derive(Clone, Debug, Default)]
pub struct Capacity {
    /// How many Pods were bound and unfinished.
    pub occupancy: TimePersistent,
    /// How many Pods waited for room.
    pub queue: TimePersistent,
    /// Waits of Pods for room.
    pub room: Waits,
    /// Waits for tokens, by [`Client`]. Waits of Events are in no [`JobCapacity`], because no Job waits for an Event.
    pub tokens: [Waits; Client::COUNT],
    /// When at least one request of the Job controller waited for its token.
    pub throttled: Covered,
    /// Every change of occupancy and queue; empty unless the recorder keeps it.
    pub course: Vec<CapacityStep>,
    keep_course: bool,
    end: SimTime,
}

/// How a Pod counts: as waiting, as occupying a place, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PodOccupancy {
    Unbound,
    Waiting(SimTime),
    Bound,
    Running,
    Over,
}

impl PodOccupancy {
    /// The state that a Pod object shows.
    pub fn of(pod: &Pod, gone: bool, before: PodOccupancy) -> PodOccupancy {
        if gone || pod.phase.is_terminal() {
            return PodOccupancy::Over;
        }
        match before {
            _ if super::is_running(pod) => PodOccupancy::Running,
            _ if pod.bound => PodOccupancy::Bound,
            // A Pod that is deleted while it waits gives up its turn.
            PodOccupancy::Waiting(_) if pod.deleting() => PodOccupancy::Unbound,
            PodOccupancy::Over => PodOccupancy::Unbound,
            before => before,
        }
    }

    fn takes_slot(self) -> bool {
        matches!(self, PodOccupancy::Bound | PodOccupancy::Running)
    }

    fn waits(self) -> bool {
        matches!(self, PodOccupancy::Waiting(_))
    }
}

fn moved(was: bool, is: bool) -> i32 {
    i32::from(is) - i32::from(was)
}

impl Capacity {
    /// Nothing observed yet. The course takes an entry for each change, so it is kept only on demand.
    pub fn new(keep_course: bool) -> Self {
        Capacity { keep_course, ..Capacity::default() }
    }

    /// The mean share (0 to 1) of the slots that was taken, from `from` to the end of the run.
    pub fn utilisation(&self, slots: u32, from: SimTime) -> f64 {
        if slots == 0 { 0.0 } else { self.occupancy.mean(self.end - from) / f64::from(slots) }
    }

    /// Moves a Pod of a Job from one state to another.
    pub(super) fn move_pod(
        &mut self,
        at: SimTime,
        (id, job): (JobId, &mut JobCapacity),
        (before, now): (PodOccupancy, PodOccupancy),
    ) {
        if before == now {
            return;
        }
        let occupancy = moved(before.takes_slot(), now.takes_slot());
        let queue = moved(before.waits(), now.waits());
        let stage = |pod: PodOccupancy| (pod == PodOccupancy::Running, pod.waits(), pod != PodOccupancy::Over);
        let (was, is) = (stage(before), stage(now));
        job.stages.pods_changed(at, [moved(was.0, is.0), moved(was.1, is.1), moved(was.2, is.2)], &self.throttled);
        if (occupancy, queue) == (0, 0) {
            return;
        }
        job.occupancy.change(at, occupancy);
        job.queue.change(at, queue);
        if let PodOccupancy::Waiting(since) = before {
            job.room.enter(at - since);
            self.room.enter(at - since);
        }
        self.occupancy.change(at, occupancy);
        self.queue.change(at, queue);
        debug_assert!(
            job.occupancy.value() <= self.occupancy.value() && job.queue.value() <= self.queue.value(),
            "{id:?} has more Pods than there are"
        );
        if self.keep_course {
            self.enter_step(CapacityStep { at, job: id, occupancy: job.occupancy.value(), queue: job.queue.value() });
        }
    }

    /// Adds a step. Of several steps of one Job in the same instant only the last is kept.
    fn enter_step(&mut self, step: CapacityStep) {
        debug_assert!(
            self.course.last().is_none_or(|last| last.at <= step.at),
            "the course goes back to {:?}",
            step.at
        );
        match self.course.last_mut().filter(|last| (last.at, last.job) == (step.at, step.job)) {
            Some(last) => *last = step,
            None => self.course.push(step),
        }
    }

    /// A request waits for its token; `job` is the Job on whose behalf it is made.
    pub(super) fn token_wait(&mut self, at: SimTime, client: Client, job: Option<&mut JobCapacity>, wait: SimDuration) {
        self.tokens[client as usize].enter(wait);
        if client == Client::Jobs {
            self.throttled.enter(at, at + wait);
        }
        if let Some(job) = job {
            job.tokens[client as usize].enter(wait);
            job.throttled.enter(at, at + wait);
            job.stages.throttled(at, wait, &self.throttled);
        }
    }

    /// The run ends at `at`.
    pub(super) fn close(&mut self, at: SimTime) {
        assert!(self.end <= at, "a run that ended at {:?} ends at {at:?}", self.end);
        self.end = at;
        self.occupancy.advance(at);
        self.queue.advance(at);
        self.throttled.close(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    fn secs(secs: i64) -> SimDuration {
        SimDuration::from_secs(secs)
    }

    #[test]
    fn a_level_is_weighted_with_time() {
        let mut level = TimePersistent::default();
        level.change(at(2), 1);
        level.change(at(4), 3);
        level.change(at(4), -1);
        level.change(at(5), -3);
        level.advance(at(10));
        assert_eq!((level.value(), level.most()), (0, 3), "four lasted no time");
        assert_eq!((level.area(), level.busy()), (secs(2 + 3), secs(3)));
        assert_eq!(level.mean(secs(10)), 0.5);
    }

    #[test]
    fn spans_that_overlap_count_once() {
        let mut covered = Covered::default();
        for (from, to) in [(1, 4), (2, 3), (3, 6), (8, 20)] {
            covered.enter(at(from), at(to));
        }
        assert_eq!(covered.total(), secs(5 + 12));
        assert_eq!(covered.part_of(at(5), at(12)), (at(8), at(12)), "the gap before 8 is not looked into");
        assert_eq!(covered.part_of(at(18), at(30)), (at(18), at(20)));
        covered.close(at(10));
        assert_eq!(covered.total(), secs(5 + 2));
    }

    #[test]
    fn a_span_that_follows_at_once_goes_on_and_one_that_is_over_is_not_cut() {
        let mut covered = Covered::default();
        covered.enter(at(1), at(4));
        covered.enter(at(4), at(6));
        assert_eq!(covered.part_of(at(2), at(9)), (at(2), at(6)));
        covered.close(at(10));
        assert_eq!(covered.total(), secs(5));
    }

    #[test]
    fn the_longest_wait_need_not_be_the_last() {
        let mut waits = Waits::default();
        [5, 0, 3].into_iter().for_each(|wait| waits.enter(secs(wait)));
        assert_eq!(waits, Waits { count: 2, total: secs(8), longest: secs(5) });
    }
}
