//! The failures in a row that the Job controller had in memory when it created a Pod. It has them from Pods that ended while it
//! ran; a controller that starts anew begins without any. Here they are worked out from the Pods of a course.

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
    /// Failures that are known to have been, at times that are not known.
    unseen: i32,
    /// How many failures of the present streak the controller has forgotten, and since when.
    forgotten: Option<(SimTime, i32)>,
}

/// A back-off as it follows from what was in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecalledBackoff {
    /// Failures in a row.
    pub failures: i32,
    /// When the last of them ended.
    pub last: SimTime,
    /// When the back-off is over.
    pub until: SimTime,
    /// Whether the number is known, and not only the one that fits best.
    pub is_certain: bool,
}

/// How what was in memory fits the creation of a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemoryFit {
    /// There was nothing to wait for.
    Nothing,
    /// The Pod came when this was over, or later.
    Over(RecalledBackoff),
    /// The Pod came while it was not over, by so much too early.
    Early(RecalledBackoff, SimDuration),
    /// The Pod came when the shorter back-off of fewer failures was over: the others were forgotten.
    Forgot(RecalledBackoff, i32),
}

impl MemoryFit {
    /// The same with the end of the back-off by the API server's clock, if the controller's is ahead by so much.
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

/// What happened less than this before a creation may not have been seen by the sync that created.
const UNSEEN_FOR: SimDuration = SimDuration::from_secs(2);

/// A Pod that comes too early by no more than this may be the work of clocks that differ; those that contradict one another by
/// more were brought together before (`clocks`).
const FARTHEST_CLOCK: SimDuration = SimDuration::from_secs(15);

impl FailureMemory {
    /// That of a course.
    pub fn of(course: &JobCourse) -> Self {
        let mut memory = FailureMemory { unseen: course.unseen_failures as i32, ..FailureMemory::default() };
        for pod in &course.pods {
            // The controller goes by the nodes' own stamps.
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

    /// The last success up to an instant.
    fn success_before(&self, upto: SimTime) -> Option<SimTime> {
        let count = self.successes.partition_point(|at| *at <= upto);
        count.checked_sub(1).map(|last| self.successes[last])
    }

    /// The failures in a row up to an instant, and when the last of them was.
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

    /// How often a failure before the first that is known may have been the first of the present streak.
    fn unknown_before(&self, upto: SimTime) -> i32 {
        if self.success_before(upto).is_some() { 0 } else { self.unseen }
    }

    /// The back-off that holds at an instant.
    pub fn at(&self, now: SimTime, params: &JobControllerParams) -> Option<RecalledBackoff> {
        let (failures, last) = self.streak(now)?;
        let failures = failures.saturating_add(self.unknown_before(now));
        Some(recalled((failures, last), params, self.unknown_before(now) == 0))
    }

    /// A back-off that a success ended before its time, just before a Pod was created.
    pub fn cut_short(&self, created: SimTime, params: &JobControllerParams) -> Option<RecalledBackoff> {
        let success = self.success_before(created + RESOLUTION)?;
        let held = recalled(self.streak(success - RESOLUTION)?, params, true);
        let is_cut = held.until > success && held.last + RESOLUTION < success && created - success <= SLACK;
        is_cut.then_some(RecalledBackoff { until: success.min(created), ..held })
    }

    /// What fits a Pod that was created at this second; a memory that was lost stays lost.
    pub fn fit(&mut self, created: SimTime, params: &JobControllerParams) -> MemoryFit {
        let latest = created + RESOLUTION;
        let Some(whole) = self.streak(created) else { return MemoryFit::Nothing };
        let unknown = self.unknown_before(created);
        let is_over = |backoff: &RecalledBackoff| backoff.until <= latest;
        let known = recalled(whole, params, unknown == 0);
        if is_over(&known) {
            // With failures that nobody saw, the longest back-off that was over fits best.
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
            // Clocks do not differ by so much: a new process creates at once.
            None if known.until - created > FARTHEST_CLOCK => {
                self.forget(created, known.failures);
                MemoryFit::Forgot(known, 0)
            }
            None => MemoryFit::Early(known, known.until - created),
        }
    }
}

impl FailureMemory {
    /// More failures of the present streak are forgotten from an instant on.
    fn forget(&mut self, at: SimTime, failures: i32) {
        let success = self.success_before(at);
        let before = self.forgotten.filter(|(since, _)| success.is_none_or(|success| success <= *since));
        self.forgotten = Some((at, before.map_or(0, |before| before.1) + failures));
    }
}

fn recalled((failures, last): (i32, SimTime), params: &JobControllerParams, is_certain: bool) -> RecalledBackoff {
    RecalledBackoff { failures, last, until: last + backoff_for(failures, params), is_certain }
}

/// When the controller takes a Pod for failed; `None` if it does not.
fn failure(pod: &CoursePod, only_when_ended: bool) -> Option<SimTime> {
    // What the controller deletes because it wants fewer Pods is no failure.
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
