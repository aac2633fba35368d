//! The stages of a Job over time. At each instant of its life a Job is at exactly one stage: the furthest that any of
//! its Pods has reached, or, without Pods, what it waits for. So the spans add up to the Job's life.
//!
//! This is not a sum over Pods: such sums are in [`super::capacity`].

use super::Covered;
use crate::time::{SimDuration, SimTime};

/// A stage of a Job's life. If several apply, the Job is at the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// At least one Pod runs.
    Running,
    /// No Pod runs, but one is being scheduled, started or stopped.
    Starting,
    /// All Pods that exist wait for room.
    Room,
    /// No unfinished Pod exists; a request of the Job waits for its token, or the controller waits for the tokens of
    /// other Jobs' requests.
    Throttle,
    /// No unfinished Pod exists; the Job waits for a Pod failure back-off.
    Backoff,
    /// No unfinished Pod exists; the Job is suspended.
    Suspended,
    /// None of these: changes or requests are on their way, the controller batches events, or it is down.
    Controller,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Stage; 7] = [
        Stage::Running,
        Stage::Starting,
        Stage::Room,
        Stage::Throttle,
        Stage::Backoff,
        Stage::Suspended,
        Stage::Controller,
    ];

    /// A few words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Running => "running",
            Stage::Starting => "starting",
            Stage::Room => "waiting for room",
            Stage::Throttle => "waiting for the throttle",
            Stage::Backoff => "back-off",
            Stage::Suspended => "suspended",
            Stage::Controller => "controller",
        }
    }

    /// The name in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Stage::Running => "running",
            Stage::Starting => "starting",
            Stage::Room => "room",
            Stage::Throttle => "throttle",
            Stage::Backoff => "backoff",
            Stage::Suspended => "suspended",
            Stage::Controller => "controller",
        }
    }
}

/// A span of time for which a Job was at one stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageSpan {
    /// Its beginning.
    pub from: SimTime,
    /// Its end.
    pub to: SimTime,
    /// The stage.
    pub stage: Stage,
}

/// How long creations of Pods were held up: by the throttle, by back-offs, by a suspension, by none of these; in this
/// order.
pub type HeldSpans = [SimDuration; 4];

/// How long a Job was at each stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageAccumulator {
    spans: [SimDuration; Stage::ALL.len()],
    held: HeldSpans,
    /// How long a request of the Job waited for its token while the Job had Pods, and was therefore at another stage.
    throttled_beside_pods: SimDuration,
    course: Vec<StageSpan>,
    keeps: bool,
    /// Since when the following fields hold; `None` before the Job's creation and after its end.
    since: Option<SimTime>,
    over: bool,
    suspended: bool,
    running: u32,
    waiting: u32,
    unfinished: u32,
    throttled_until: SimTime,
    backs_off_until: SimTime,
}

impl StageAccumulator {
    /// How long the Job was at a stage.
    pub fn span(&self, stage: Stage) -> SimDuration {
        self.spans[stage as usize]
    }

    /// How long the Job was held up by the throttle: one of its requests waited for a token, or it had no Pod while
    /// requests of others waited.
    pub fn held_up(&self) -> SimDuration {
        self.span(Stage::Throttle) + self.throttled_beside_pods
    }

    /// What has held up the creation of Pods since the Job's creation, regardless of existing Pods. The spans add up to
    /// the Job's life so far.
    pub fn held(&self) -> &HeldSpans {
        &self.held
    }

    /// Keeps every span from now on.
    pub(super) fn keep_course(&mut self) {
        self.keeps = true;
    }

    /// The stages in the order of time; empty unless they are kept.
    pub fn course(&self) -> &[StageSpan] {
        &self.course
    }

    /// The Job was written; `over` when it has finished or is gone.
    pub(super) fn job_written(&mut self, at: SimTime, suspended: bool, over: bool, held_up: &Covered) {
        self.advance(at, held_up);
        self.suspended = suspended;
        self.over |= over;
        self.since = (!self.over).then_some(at);
    }

    /// The numbers of its running, waiting and unfinished Pods have changed by these differences.
    pub(super) fn pods_changed(&mut self, at: SimTime, [running, waiting, unfinished]: [i32; 3], held_up: &Covered) {
        self.advance(at, held_up);
        self.running = changed(self.running, running);
        self.waiting = changed(self.waiting, waiting);
        self.unfinished = changed(self.unfinished, unfinished);
    }

    /// A request of the Job waits for its token.
    pub(super) fn throttled(&mut self, at: SimTime, wait: SimDuration, held_up: &Covered) {
        self.advance(at, held_up);
        self.throttled_until = self.throttled_until.max(at + wait);
    }

    /// The Job waits for a Pod failure back-off until `until`.
    pub(super) fn backs_off(&mut self, at: SimTime, until: SimTime, held_up: &Covered) {
        self.advance(at, held_up);
        self.backs_off_until = self.backs_off_until.max(until);
    }

    /// The run ends.
    pub(super) fn close(&mut self, at: SimTime, held_up: &Covered) {
        self.advance(at, held_up);
    }

    /// Moves the clock to `now`: adds the time since it last moved. `held_up` says when requests of any Job waited for
    /// their tokens.
    fn advance(&mut self, now: SimTime, held_up: &Covered) {
        assert!(self.since.is_none_or(|since| since <= now), "stages go back from {:?} to {now:?}", self.since);
        // There is nothing to add within an instant, before the Job's creation, or after its end.
        let Some(since) = self.since.filter(|&since| since < now) else { return };
        self.since = Some(now);
        self.hold(since, now, held_up);
        let pods = match (self.running, self.unfinished, self.waiting) {
            (0, 0, _) => None,
            (0, unfinished, waiting) if unfinished == waiting => Some(Stage::Room),
            (0, ..) => Some(Stage::Starting),
            _ => Some(Stage::Running),
        };
        if let Some(stage) = pods {
            if self.throttled_until > since {
                self.throttled_beside_pods += self.throttled_until.min(now) - since;
            }
            return self.enter(stage, since, now);
        }
        let throttled = self.throttled_until.clamp(since, now);
        // Without Pods the stage changes when a wait ends, without any observation.
        let backed_off = self.backs_off_until.clamp(throttled, now);
        self.enter(Stage::Throttle, since, throttled);
        self.enter(Stage::Backoff, throttled, backed_off);
        if self.suspended {
            return self.enter(Stage::Suspended, backed_off, now);
        }
        let (from, to) = held_up.part_of(backed_off, now);
        self.enter(Stage::Controller, backed_off, from);
        self.enter(Stage::Throttle, from, to);
        self.enter(Stage::Controller, to, now);
    }

    /// Adds what held up creations. A back-off comes before the throttle, because the request for a Pod is made only
    /// after the back-off.
    #[inline]
    fn hold(&mut self, since: SimTime, now: SimTime, held_up: &Covered) {
        let free_from = self.backs_off_until.max(self.throttled_until).max(held_up.until());
        if free_from <= since && !self.suspended {
            // The usual case, told apart for speed: what follows would come to the same.
            let [.., controller] = &mut self.held;
            *controller += now - since;
            return;
        }
        let backed_off = self.backs_off_until.clamp(since, now);
        let throttled = self.throttled_until.clamp(backed_off, now);
        let [throttle, backoff, suspended, controller] = &mut self.held;
        *backoff += backed_off - since;
        *throttle += throttled - backed_off;
        if self.suspended {
            *suspended += now - throttled;
            return;
        }
        let (from, to) = held_up.part_of(throttled, now);
        *throttle += to - from;
        *controller += (from - throttled) + (now - to);
    }

    fn enter(&mut self, stage: Stage, from: SimTime, to: SimTime) {
        assert!(from <= to, "a stage from {from:?} to {to:?}");
        self.spans[stage as usize] += to - from;
        if !self.keeps || to <= from {
            return;
        }
        match self.course.last_mut().filter(|last| last.stage == stage && last.to == from) {
            Some(last) => last.to = to,
            None => self.course.push(StageSpan { from, to, stage }),
        }
    }
}

fn changed(pods: u32, by: i32) -> u32 {
    pods.checked_add_signed(by).unwrap_or_else(|| panic!("{pods} Pods cannot change by {by}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    #[test]
    fn spans_sum_up_to_the_life() {
        let (mut s, free) = (StageAccumulator::default(), Covered::default());
        s.keep_course();
        s.pods_changed(at(1), [0, 0, 0], &free);
        s.job_written(at(2), false, false, &free);
        s.throttled(at(3), SimDuration::from_secs(4), &free);
        // 2..3 controller, 3..7 throttle, 7..8 controller.
        s.pods_changed(at(8), [0, 1, 1], &free);
        // 8..10 room, 10..11 starting, 11..20 running.
        s.pods_changed(at(10), [0, -1, 0], &free);
        s.pods_changed(at(11), [1, 0, 0], &free);
        s.pods_changed(at(20), [-1, 0, -1], &free);
        s.backs_off(at(21), at(31), &free);
        s.throttled(at(21), SimDuration::from_secs(1), &free);
        // 20..21 controller, 21..22 throttle, 22..31 back-off, 31..33 controller.
        s.job_written(at(33), true, false, &free);
        s.job_written(at(40), true, true, &free);
        s.close(at(99), &free);
        let spans = Stage::ALL.map(|stage| s.span(stage).as_nanos() / 1_000_000_000);
        assert_eq!(spans, [9, 1, 2, 5, 9, 7, 5]);
        assert_eq!(spans.iter().sum::<i64>(), 40 - 2);
        let course = s.course().iter().map(|span| (span.to.as_secs(), span.stage.key())).collect::<Vec<_>>();
        let first =
            [(3, "controller"), (7, "throttle"), (8, "controller"), (10, "room"), (11, "starting"), (20, "running")];
        assert_eq!(course[..6], first);
        assert_eq!(course.len(), 11);
    }

    #[test]
    fn a_job_waits_also_for_the_tokens_of_others() {
        let (mut s, mut held_up) = (StageAccumulator::default(), Covered::default());
        s.job_written(at(1), false, false, &held_up);
        held_up.enter(at(3), at(7));
        held_up.enter(at(5), at(12));
        s.pods_changed(at(10), [0, 0, 1], &held_up);
        s.pods_changed(at(11), [0, 0, -1], &held_up);
        s.close(at(15), &held_up);
        // 1..3 controller, 3..10 throttle, 10..11 starting, 11..12 throttle, 12..15 controller.
        let spans = [Stage::Throttle, Stage::Starting, Stage::Controller].map(|stage| s.span(stage));
        assert_eq!(spans, [8, 1, 5].map(SimDuration::from_secs));
    }

    #[test]
    fn a_shorter_wait_does_not_end_a_longer_one() {
        let (mut s, free) = (StageAccumulator::default(), Covered::default());
        s.job_written(at(0), false, false, &free);
        s.throttled(at(0), SimDuration::from_secs(10), &free);
        s.throttled(at(1), SimDuration::from_secs(2), &free);
        s.backs_off(at(12), at(40), &free);
        s.backs_off(at(13), at(20), &free);
        s.close(at(50), &free);
        let spans = [Stage::Throttle, Stage::Backoff, Stage::Controller].map(|stage| s.span(stage));
        assert_eq!(spans, [10, 28, 2 + 10].map(SimDuration::from_secs));
    }

    #[test]
    fn a_job_waits_for_room_only_with_all_its_pods_and_for_tokens_only_as_long_as_it_lives() {
        let (mut s, free) = (StageAccumulator::default(), Covered::default());
        s.job_written(at(0), false, false, &free);
        // Two Pods, one of which waits for room; at 4 s both do.
        s.pods_changed(at(1), [0, 1, 2], &free);
        s.pods_changed(at(4), [0, 1, 0], &free);
        s.throttled(at(7), SimDuration::from_secs(10), &free);
        s.job_written(at(9), false, true, &free);
        s.close(at(30), &free);
        let spans = [Stage::Starting, Stage::Room].map(|stage| s.span(stage));
        assert_eq!(spans, [3, 5].map(SimDuration::from_secs));
        assert_eq!(s.held_up(), SimDuration::from_secs(2), "from 7 s to the end at 9 s");
    }

    /// What would have held up a creation at any instant: a back-off, else the throttle, else the controller.
    #[test]
    fn what_holds_up_creations_adds_up_to_the_life() {
        let (mut s, mut others) = (StageAccumulator::default(), Covered::default());
        s.job_written(at(0), false, false, &others);
        s.throttled(at(0), SimDuration::from_secs(10), &others);
        s.backs_off(at(0), at(50), &others);
        others.enter(at(60), at(65));
        s.close(at(80), &others);
        // 0..50 back-off, 50..60 controller, 60..65 tokens of other Jobs, 65..80 controller.
        assert_eq!(*s.held(), [5, 50, 0, 25].map(SimDuration::from_secs));
    }
}
