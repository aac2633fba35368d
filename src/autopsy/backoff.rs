//! The failures in a row that the Job controller had in memory when it created a Pod. It counts Pods that ended while
//! it was running; a controller that restarts begins with none. Here they are derived from the Pods of a course.

use super::course::{CourseEnd, CoursePod, JobCourse};
use super::waits::{RESOLUTION, SLACK};
use crate::controller::job::backoff_for;
use crate::release::JobControllerParams;
use crate::time::{SimDuration, SimTime};

/// Failures and successes of a Job over time.
#[derive(Clone, Debug, Default)]
pub(super) struct FailureMemory {
    failures: Vec<SimTime>,
    successes: Vec<SimTime>,
    /// Failures that are known to have happened, at unknown times.
    unseen: i32,
    /// How many failures of the current streak the controller has forgotten, and since when.
    forgotten: Option<(SimTime, i32)>,
}

/// A back-off as it follows from the controller's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecalledBackoff {
    /// Failures in a row.
    pub failures: i32,
    /// When the last of them ended.
    pub last: SimTime,
    /// When the back-off is over.
    pub until: SimTime,
    /// Whether the number is certain, and not only the best fit.
    pub is_certain: bool,
}

/// How the controller's memory fits the creation of a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemoryFit {
    /// No back-off was due.
    Nothing,
    /// The Pod was created when this back-off was over, or later.
    Over(RecalledBackoff),
    /// The Pod was created this much before the back-off was over.
    Early(RecalledBackoff, SimDuration),
    /// The Pod was created when the shorter back-off of fewer failures was over: the others had been forgotten.
    Forgot(RecalledBackoff, i32),
}

impl MemoryFit {
    /// The same with the end of the back-off on the API server's clock, if the controller's clock is ahead by `ahead`.
    pub fn by_the_server(self, ahead: SimDuration) -> Self {
        let moved = |backoff: RecalledBackoff| RecalledBackoff { until: backoff.until - ahead, ..backoff };
        match self {
            Self::Nothing => Self::Nothing,
            Self::Over(backoff) => Self::Over(moved(backoff)),
            Self::Early(backoff, by) => Self::Early(moved(backoff), by),
            Self::Forgot(backoff, left) => Self::Forgot(moved(backoff), left),
        }
    }
}

/// What happened less than this before a creation may not have been seen by the sync that created the Pod.
const UNSEEN_FOR: SimDuration = SimDuration::from_secs(2);

/// A Pod that comes too early by no more than this may be due to differing clocks; clocks that contradict one another
/// by more have been aligned before (`clocks`).
const FARTHEST_CLOCK: SimDuration = SimDuration::from_secs(15);

impl FailureMemory {
    /// The memory of a course.
    pub fn of(course: &JobCourse) -> Self {
        let mut memory = FailureMemory { unseen: course.unseen_failures as i32, ..FailureMemory::default() };
        for pod in &course.pods {
            // The controller uses the nodes' own timestamps.
            let stamped =
                pod.seen.as_ref().and_then(|seen| seen.finished).filter(|_| pod.is_there && pod.ended.is_some());
            let pod = &CoursePod { ended: stamped.or(pod.ended), seen: None, ..pod.clone() };
            match (pod.end, failure(pod, course.waits_for_terminating())) {
                (CourseEnd::Succeeded, _) => memory.successes.extend(pod.ended),
                (_, Some(at)) => memory.failures.push(at),
                _ => {}
            }
        }
        memory.failures.sort_unstable();
        memory.successes.sort_unstable();
        memory
    }

    /// The last success before or at an instant.
    fn success_before(&self, upto: SimTime) -> Option<SimTime> {
        let count = self.successes.partition_point(|at| *at <= upto);
        count.checked_sub(1).map(|last| self.successes[last])
    }

    /// The failures in a row up to an instant, and when the last of them happened.
    fn streak(&self, upto: SimTime) -> Option<(i32, SimTime)> {
        let success = self.success_before(upto);
        let from = success.map_or(0, |success| self.failures.partition_point(|at| *at <= success));
        let to = self.failures.partition_point(|at| *at <= upto);
        let last = *self.failures.get(from..to)?.last()?;
        let mut count = (to - from) as i32;
        if let Some((since, forgotten)) = self.forgotten
            && success.is_none_or(|success| success <= since)
        {
            count = (count - forgotten).max(1);
        }
        Some((count, last))
    }

    /// How many failures before the first known one may belong to the current streak.
    fn unknown_before(&self, upto: SimTime) -> i32 {
        if self.success_before(upto).is_some() { 0 } else { self.unseen }
    }

    /// The back-off that applies at an instant.
    pub fn at(&self, now: SimTime, params: &JobControllerParams) -> Option<RecalledBackoff> {
        let (failures, last) = self.streak(now)?;
        let failures = failures.saturating_add(self.unknown_before(now));
        Some(recalled((failures, last), params, self.unknown_before(now) == 0))
    }

    /// A back-off that a success ended early, just before a Pod was created.
    pub fn cut_short(&self, created: SimTime, params: &JobControllerParams) -> Option<RecalledBackoff> {
        let success = self.success_before(created + RESOLUTION)?;
        let held = recalled(self.streak(success - RESOLUTION)?, params, true);
        let is_cut = held.until > success && held.last + RESOLUTION < success && created - success <= SLACK;
        is_cut.then_some(RecalledBackoff { until: success.min(created), ..held })
    }

    /// What fits a Pod that was created at this second. Memory that was lost stays lost.
    pub fn fit(&mut self, created: SimTime, params: &JobControllerParams) -> MemoryFit {
        let latest = created + RESOLUTION;
        let Some(whole) = self.streak(created) else { return MemoryFit::Nothing };
        let unknown = self.unknown_before(created);
        let is_over = |backoff: &RecalledBackoff| backoff.until <= latest;
        let known = recalled(whole, params, unknown == 0);
        if is_over(&known) {
            // If some failures were not observed, the longest back-off that was over fits best.
            let more = (1..=unknown).rev().map(|n| recalled((whole.0.saturating_add(n), whole.1), params, true));
            let fits = more.filter(is_over).find(|backoff| created - backoff.until <= SLACK);
            return MemoryFit::Over(fits.unwrap_or(known));
        }
        let before = self.streak(created - UNSEEN_FOR).map(|streak| recalled(streak, params, unknown == 0));
        match before {
            Some(before) if is_over(&before) && before.last != known.last => return MemoryFit::Over(before),
            None if created - whole.1 <= UNSEEN_FOR => return MemoryFit::Nothing,
            _ => {}
        }
        self.fit_fewer(created, known, params)
    }

    /// A Pod that came too early: perhaps fewer failures were in memory.
    fn fit_fewer(&mut self, created: SimTime, known: RecalledBackoff, params: &JobControllerParams) -> MemoryFit {
        let fewer = (0..known.failures).rev().map(|n| (n, known.last + backoff_for(n, params)));
        let fit = fewer.into_iter().find(|(_, until)| {
            let late = created - *until;
            late >= SimDuration::ZERO - RESOLUTION && late <= SLACK
        });
        match fit {
            Some((left, _)) => {
                self.forget(created, known.failures - left);
                MemoryFit::Forgot(known, left)
            }
            // Clocks do not differ by that much: a new controller process creates at once.
            None if known.until - created > FARTHEST_CLOCK => {
                self.forget(created, known.failures);
                MemoryFit::Forgot(known, 0)
            }
            None => MemoryFit::Early(known, known.until - created),
        }
    }
}

impl FailureMemory {
    /// More failures of the current streak are forgotten from an instant on.
    fn forget(&mut self, at: SimTime, failures: i32) {
        let success = self.success_before(at);
        let before = self.forgotten.filter(|(since, _)| success.is_none_or(|success| success <= *since));
        self.forgotten = Some((at, before.map_or(0, |before| before.1) + failures));
    }
}

fn recalled((failures, last): (i32, SimTime), params: &JobControllerParams, is_certain: bool) -> RecalledBackoff {
    RecalledBackoff { failures, last, until: last + backoff_for(failures, params), is_certain }
}

/// When the controller considers a Pod failed; `None` if it does not.
fn failure(pod: &CoursePod, only_when_ended: bool) -> Option<SimTime> {
    // Pods that the controller deletes because it wants fewer have not failed.
    if pod.deleted_by_controller == Some(true) {
        return None;
    }
    match pod.end {
        CourseEnd::Succeeded => None,
        CourseEnd::Failed | CourseEnd::Deleted if only_when_ended => pod.ended,
        CourseEnd::Failed | CourseEnd::Deleted => pod.left(),
        CourseEnd::Unfinished => pod.deleted.filter(|_| !only_when_ended),
        CourseEnd::Unknown => None,
    }
}
