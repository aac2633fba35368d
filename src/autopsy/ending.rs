//! How a Job ended: by which limit, when that was decided, what it waited for afterwards, and which limit would have
//! been next.

use super::course::{CourseCondition, CourseEnd, JobCourse};
use super::creation::{ControllerTraffic, clock};
use super::waits::{ObservedWait, SHORTEST, SLACK, WaitCause};
use crate::api::{JobConditionType, RestartPolicy};
use crate::controller::job::backoff_for;
use crate::release::JobControllerParams;
use crate::text::{clock_beside, thousands};
use crate::time::{SimDuration, SimTime};

/// How a Job ended, or how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndFinding {
    /// `Complete`, `Failed`, `Suspended`, `Deleting`, `Ending` or `Running`.
    pub state: &'static str,
    /// The reason of the condition; empty while there is none.
    pub reason: String,
    /// What led to it, with its numbers.
    pub because: String,
    /// The limit that ended it, as a field; empty for a Job that completed or is still going on.
    pub limit: &'static str,
    /// When events decided the end.
    pub decided: Option<SimTime>,
    /// When it was announced (FailureTarget, SuccessCriteriaMet).
    pub announced: Option<SimTime>,
    /// When Failed or Complete was set.
    pub at: Option<SimTime>,
    /// What would have ended it next.
    pub next_limits: Vec<NextLimit>,
}

/// A limit that was not, or is not yet, reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextLimit {
    /// The field.
    pub field: &'static str,
    /// How far away it was, in words.
    pub left: String,
    /// When it will be reached at the latest, if time alone decides that.
    pub at: Option<SimTime>,
}

impl EndFinding {
    pub(super) fn new(course: &JobCourse, params: &JobControllerParams) -> Self {
        let announced = [JobConditionType::FailureTarget, JobConditionType::SuccessCriteriaMet];
        let announced = announced.into_iter().find_map(|kind| course.holds(kind));
        let finished = course.finished();
        let state = match finished {
            Some(end) if end.kind == "Failed" => "Failed",
            Some(_) => "Complete",
            None if course.deleting => "Deleting",
            None if announced.is_some() => "Ending",
            None if course.spec.suspend || course.holds(JobConditionType::Suspended).is_some() => "Suspended",
            None => "Running",
        };
        let mut end = EndFinding {
            state,
            reason: String::new(),
            because: String::new(),
            limit: "",
            decided: None,
            announced: announced.map(|condition| condition.at),
            at: finished.map(|condition| condition.at),
            next_limits: Vec::new(),
        };
        if let Some(condition) = finished.or(announced) {
            end.reason = condition.reason.clone();
            end.judge(course, condition);
        }
        end.next_limits = next_limits(course, end.limit, params);
        end
    }

    fn judge(&mut self, course: &JobCourse, condition: &CourseCondition) {
        let spec = &course.spec;
        let failed = course.numbers.failed + course.numbers.uncounted[1];
        match condition.reason.as_str() {
            "BackoffLimitExceeded" => {
                self.limit = "backoffLimit";
                let limit = spec.backoff_limit;
                let restarts: i64 =
                    course.pods.iter().filter_map(|pod| pod.seen.as_ref()).map(|seen| i64::from(seen.restarts)).sum();
                if spec.template.restart_policy == RestartPolicy::OnFailure && failed <= i64::from(limit) {
                    self.because = format!(
                        "the containers of its Pods were restarted {restarts} times as far as is known, and with \
                         restartPolicy OnFailure backoffLimit {limit} bounds the restarts of all Pods together"
                    );
                } else {
                    self.because = format!("{failed} Pods failed, and backoffLimit {limit} bears {limit}");
                    self.decided = nth_failure(course, limit);
                }
            }
            "DeadlineExceeded" => {
                self.limit = "activeDeadlineSeconds";
                let seconds = spec.active_deadline_seconds.unwrap_or_default();
                let since = course.started.unwrap_or(course.created);
                self.decided = Some(since + SimDuration::from_secs(seconds));
                self.because = format!(
                    "it had been active for activeDeadlineSeconds, {}, counted from {}, waits included",
                    SimDuration::from_secs(seconds),
                    clock(since)
                );
            }
            "PodFailurePolicy" => {
                self.limit = "podFailurePolicy";
                self.because = format!("a rule of its podFailurePolicy with action FailJob: {}", condition.message);
                let named = course.pods.iter().find(|pod| condition.message.contains(&format!("/{} ", pod.name)));
                self.decided = named.and_then(|pod| pod.ended);
            }
            "FailedIndexes" => {
                self.limit = "backoffLimitPerIndex";
                let (n, limit) = (course.indexes[1].total(), spec.backoff_limit_per_index.unwrap_or_default());
                self.because = format!(
                    "every index had ended, and {n} of them had failed ({}): more failures than backoffLimitPerIndex {limit}",
                    course.indexes[1]
                );
                self.decided = last_end(course);
            }
            "MaxFailedIndexesExceeded" => {
                self.limit = "maxFailedIndexes";
                let (n, most) = (course.indexes[1].total(), spec.max_failed_indexes.unwrap_or_default());
                self.because = format!("{n} indexes failed ({}), and maxFailedIndexes is {most}", course.indexes[1]);
                self.decided = last_end(course);
            }
            "SuccessPolicy" => {
                self.because = format!("its successPolicy was met: {}", condition.message);
                self.decided = last_success(course);
            }
            "CompletionsReached" | "" if condition.kind != "Failed" => {
                let wanted = spec.completions.map_or("a Pod".to_owned(), |n| format!("{n} of {n} completions"));
                self.because = match spec.completions {
                    Some(_) => format!("{wanted} have succeeded"),
                    None => "a Pod of the work queue succeeded, and the others have ended".to_owned(),
                };
                self.decided = last_success(course);
                if spec.completions.is_none() {
                    self.decided = last_end(course);
                }
            }
            other => self.because = format!("{other}: {}", condition.message),
        }
    }
}

/// When the failure happened that exceeded a limit; `None` if not all failures are known.
fn nth_failure(course: &JobCourse, limit: i32) -> Option<SimTime> {
    if course.unseen_failures > 0 {
        return course.pods.iter().filter(|pod| pod.end == CourseEnd::Failed).filter_map(|pod| pod.ended).max();
    }
    let is_loss = |end: CourseEnd| matches!(end, CourseEnd::Failed | CourseEnd::Deleted);
    let ended = course.pods.iter().filter(|pod| is_loss(pod.end) && pod.deleted_by_controller != Some(true));
    let mut ended: Vec<SimTime> = ended.filter_map(|pod| pod.left()).collect();
    ended.sort_unstable();
    ended.get(limit.max(0) as usize).copied()
}

fn last_success(course: &JobCourse) -> Option<SimTime> {
    let succeeded = course.pods.iter().filter(|pod| pod.end == CourseEnd::Succeeded && pod.deleted.is_none());
    succeeded.filter_map(|pod| pod.ended).max()
}

fn last_end(course: &JobCourse) -> Option<SimTime> {
    course.pods.iter().filter(|pod| pod.deleted.is_none()).filter_map(|pod| pod.ended).max()
}

/// The limits other than the one that ended it.
fn next_limits(course: &JobCourse, reached: &str, params: &JobControllerParams) -> Vec<NextLimit> {
    let spec = &course.spec;
    let mut limits = Vec::new();
    let is_over = course.finished().is_some();
    let failed = course.numbers.failed + course.numbers.uncounted[1];
    let left = i64::from(spec.backoff_limit) + 1 - failed;
    if reached != "backoffLimit" && left > 0 && spec.backoff_limit != i32::MAX {
        let more = if left == 1 {
            "one more failed Pod".to_owned()
        } else {
            format!("{} more failed Pods", thousands(left.max(0) as u64))
        };
        let left = format!("{more} (backoffLimit {}, {} failed)", spec.backoff_limit, thousands(failed.max(0) as u64));
        limits.push(NextLimit { field: "backoffLimit", left, at: None });
    }
    let (deadline, started) = (spec.active_deadline_seconds, course.started);
    if let (Some(seconds), Some(started)) = (deadline.filter(|_| reached != "activeDeadlineSeconds"), started) {
        let at = started + SimDuration::from_secs(seconds);
        let whether = if is_over { "would have been" } else { "is" };
        let left = format!(
            "{} after {}: that {whether} {}",
            SimDuration::from_secs(seconds),
            clock(started),
            clock_beside(at, started)
        );
        limits.push(NextLimit { field: "activeDeadlineSeconds", left, at: Some(at) });
    }
    if let Some(most) = spec.max_failed_indexes.filter(|_| reached != "maxFailedIndexes") {
        let n = i64::from(most) + 1 - course.indexes[1].total();
        let left = format!("{n} more failed indexes (maxFailedIndexes {most})");
        limits.push(NextLimit { field: "maxFailedIndexes", left, at: None });
    }
    if reached == "backoffLimit" {
        let next = backoff_for(i32::try_from(failed).unwrap_or(i32::MAX), params);
        let left = format!("one more try would have waited {next} first");
        limits.push(NextLimit { field: "backoff", left, at: None });
    }
    limits
}

/// What the Job waited for between the decision and its end.
pub(super) fn waits(course: &JobCourse, end: &EndFinding, traffic: &ControllerTraffic) -> Vec<ObservedWait> {
    let mut waits = Vec::new();
    let first = end.announced.or(end.at);
    // A Job that is suspended or neglected when its end is decided ends later for that reason.
    if let (Some(decided), Some(first)) = (end.decided, first)
        && first - decided > SLACK + SLACK
        && !course.is_suspended_at(decided)
    {
        let acted = course.pods.iter().any(|pod| pod.created > decided + SLACK && pod.created < first);
        let rule = match acted {
            true => {
                "the end was decided, and the controller went on to create Pods: it had not counted the failures yet"
                    .to_owned()
            }
            false => format!(
                "the end was decided at {}, and the Job controller entered it only at {}: it was down, without a leader, cut off \
                 from the API server or far behind",
                clock(decided),
                clock(first)
            ),
        };
        let (cause, rule) = match traffic.busy(decided, first) {
            Some(busy) => (WaitCause::Throttle, busy),
            None if acted => (WaitCause::Unknown, rule),
            None => (WaitCause::ControllerDown, rule),
        };
        let wait = ObservedWait::new(decided, Some(first), cause, rule);
        waits.push(ObservedWait { expected: Some(decided), is_certain: false, ..wait });
    }
    let Some(announced) = end.announced else { return waits };
    let to = end.at.unwrap_or(course.taken);
    if to - announced < SHORTEST {
        return waits;
    }
    let is_last = |pod: &&super::CoursePod| pod.ended.is_none_or(|ended| ended > announced);
    let stopping = course.pods.iter().enumerate().filter(|(_, pod)| pod.deleted.is_some() && is_last(pod));
    let pods: Vec<usize> = stopping.map(|(place, _)| place).collect();
    let rule = "the Job ends only when its last Pod has stopped: its Pods were deleted, and had their grace period";
    let wait = ObservedWait::new(announced, end.at, WaitCause::Terminating, rule.to_owned());
    waits.push(ObservedWait { is_certain: !pods.is_empty(), pods, ..wait });
    waits
}
