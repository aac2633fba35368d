//! What is bound to happen if nothing changes, as far as rules and times alone say it. How likely the Job completes is found by
//! simulation, elsewhere.

use super::course::JobCourse;
use super::waits::{ObservedWait, WaitCause};
use crate::controller::job::backoff_for;
use crate::release::JobControllerParams;
use crate::time::{SimDuration, SimTime};

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextSteps {
    /// When the next Pod is created, if a rule says it.
    pub next_pod: Option<SimTime>,
    /// What that waits for, in words.
    pub waits_for: String,
    /// When the Job fails if each Pod from now on fails the moment it is created.
    pub failed_earliest: Option<SimTime>,
    /// When the Job has failed at the latest.
    pub failed_latest: Option<SimTime>,
}

/// With more failures to come than this, nobody asks how long they would take.
const MOST_FAILURES: i64 = 10_000;

impl NextSteps {
    /// `None` for a Job that has ended, or that nobody will go on with.
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
        let failed_earliest =
            (spec.backoff_limit_per_index.is_none() && !suspended && (1..=MOST_FAILURES).contains(&left)).then(|| {
                let streak = i32::try_from(failed).unwrap_or(i32::MAX);
                let waits = (1..left).map(|n| backoff_for(streak.saturating_add(n as i32), params));
                let first = next_pod.unwrap_or(now).max(now);
                waits.fold(first, |at, wait| at + wait)
            });
        Some(NextSteps { next_pod, waits_for, failed_earliest, failed_latest })
    }
}
