//! What is bound to happen if nothing changes, as far as rules and times alone determine it. How likely the Job
//! completes is found by simulation, elsewhere.

use super::backoff::FailureMemory;
use super::course::{CourseEnd, JobCourse};
use super::waits::{ObservedWait, WaitCause};
use crate::api::RestartPolicy;
use crate::controller::job::backoff_for;
use crate::release::JobControllerParams;
use crate::time::{SimDuration, SimTime};

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextSteps {
    /// When the next Pod is created, if a rule determines it.
    pub next_pod: Option<SimTime>,
    /// What it is waiting for, in words.
    pub waits_for: String,
    /// When the Job fails if each Pod from now on fails as soon as it is created.
    pub failed_earliest: Option<SimTime>,
    /// When the Job will have failed at the latest.
    pub failed_latest: Option<SimTime>,
}

/// With more failures to come than this, the time until then is of no interest.
const MOST_FAILURES: i64 = 10_000;

impl NextSteps {
    /// `None` for a Job that has ended, or that nobody will continue.
    pub(super) fn new(course: &JobCourse, open: &[ObservedWait], params: &JobControllerParams) -> Option<Self> {
        if course.finished().is_some() || course.deleting {
            return None;
        }
        let (spec, now) = (&course.spec, course.taken);
        let suspended = spec.suspend;
        let next = open.iter().find(|wait| wait.cause == WaitCause::Backoff);
        let waits_for = match open.first() {
            _ if suspended => "nothing happens until somebody resumes it".to_owned(),
            Some(wait) => wait.rule.clone(),
            None => String::new(),
        };
        let failed_latest = course.started.zip(spec.active_deadline_seconds).filter(|_| !suspended);
        let failed_latest = failed_latest.map(|(at, seconds)| at + SimDuration::from_secs(seconds));
        let next_pod = next.and_then(|wait| wait.expected).filter(|_| !suspended);
        let failed = course.numbers.failed + course.numbers.uncounted[1];
        let left = i64::from(spec.backoff_limit) + 1 - failed;
        let counts = spec.backoff_limit_per_index.is_none() && spec.template.restart_policy == RestartPolicy::Never;
        let failed_earliest = (counts && !suspended && !course.lacks_pods && (1..=MOST_FAILURES).contains(&left))
            .then(|| earliest(course, left, next_pod.unwrap_or(now).max(now), params))
            .filter(|at| failed_latest.is_none_or(|latest| *at < latest));
        Some(NextSteps { next_pod, waits_for, failed_earliest, failed_latest })
    }
}

/// When this many more Pods have failed, if each fails as soon as it is created and the active ones fail now.
fn earliest(course: &JobCourse, left: i64, next_pod: SimTime, params: &JobControllerParams) -> SimTime {
    let active =
        course.pods.iter().filter(|pod| pod.end == CourseEnd::Unfinished && pod.deleted.is_none()).count() as i64;
    let mut streak = FailureMemory::of(course).at(course.taken, params).map_or(0, |backoff| backoff.failures);
    let (mut at, mut left) = (if active > 0 { course.taken } else { next_pod }, left);
    let at_once = i64::from(course.spec.parallelism).max(1);
    let mut fail = if active > 0 { active } else { at_once };
    loop {
        let failing = fail.min(left);
        left -= failing;
        streak = streak.saturating_add(i32::try_from(failing).unwrap_or(i32::MAX));
        if left <= 0 {
            return at;
        }
        at = at + backoff_for(streak, params);
        fail = at_once;
    }
}
