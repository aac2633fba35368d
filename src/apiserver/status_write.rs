//! Whether the API server accepts the status that a Job controller writes. Of the server's rules (all of them are in
//! [`super::rules::status`], for objects as JSON) these are the ones that a Job controller can violate. They run at
//! every write, so they work on values.
//!
//! Source: `getStatusValidationOptions` in `pkg/registry/batch/job/strategy.go`, `validateJobStatus` and
//! `ValidateJobStatusUpdate` in `pkg/apis/batch/validation`.

use crate::api::{JobConditionType, JobSpec, JobStatus};
use crate::release::{ReleaseRule, ReleaseRules};

/// Whether a status may replace the stored one, by the rules of a release; times in whole seconds.
pub(crate) fn status_may_replace(spec: &JobSpec, old: &JobStatus, new: &JobStatus, rules: ReleaseRules) -> bool {
    !rules.has(ReleaseRule::ValidatesStatusWrites)
        || !(has_more_ready_than_active(old, new)
            || ends_without_start(spec, old, new, rules)
            || moves_start(spec, old, new, rules))
}

/// "cannot set more ready pods than active".
fn has_more_ready_than_active(old: &JobStatus, new: &JobStatus) -> bool {
    new.ready.is_some_and(|ready| ready > new.active) && (new.ready, new.active) != (old.ready, old.active)
}

/// "startTime is required for finished job".
fn ends_without_start(spec: &JobSpec, old: &JobStatus, new: &JobStatus, rules: ReleaseRules) -> bool {
    if new.start_time.is_some() || new.finished().is_none() {
        return false;
    }
    // A Job that was suspended from the start and needs no completions never starts.
    let never_starts = spec.suspend && spec.completions == Some(0);
    let is_changed = old.finished().is_none() || old.start_time.is_some();
    is_changed && !(never_starts && rules.has(ReleaseRule::AcceptsEndWithoutStart))
}

/// "field is immutable for unsuspended job once set".
fn moves_start(spec: &JobSpec, old: &JobStatus, new: &JobStatus, rules: ReleaseRules) -> bool {
    if spec.suspend || old.start_time.is_none() || new.start_time == old.start_time {
        return false;
    }
    let is_false = |status: &JobStatus| status.condition(JobConditionType::Suspended).is_some_and(|c| !c.status);
    let resumes = old.is_true(JobConditionType::Suspended) && is_false(new);
    !resumes || rules.has(ReleaseRule::RefusesStartTimeOnResume)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{JobCondition, JobMessage, JobReason};
    use crate::release::Release;
    use crate::time::{SimDuration, SimTime};

    fn at(seconds: i64) -> Option<SimTime> {
        Some(SimTime::ZERO + SimDuration::from_secs(seconds))
    }

    fn condition(condition_type: JobConditionType, status: bool) -> JobCondition {
        let (reason, message) = (JobReason::Empty, JobMessage::Empty);
        JobCondition { condition_type, status, reason, message, last_transition_time: SimTime::ZERO }
    }

    fn status(start: Option<SimTime>, conditions: &[JobCondition]) -> JobStatus {
        JobStatus { start_time: start, conditions: conditions.iter().copied().collect(), ..JobStatus::default() }
    }

    /// A suspended or running Job with this many completions.
    fn spec(suspend: bool, completions: i32) -> JobSpec {
        let job = serde_json::json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"},
            "spec": {"suspend": suspend, "completions": completions, "template": {"spec": {
                "restartPolicy": "Never", "containers": [{"name": "main", "image": "app"}],
            }}},
        });
        JobSpec::clone(&crate::apiserver::JobObject::from_value(&job).expect("it is valid").spec)
    }

    /// The releases among these that accept a status in place of another.
    fn taken_by(releases: &[&'static str], spec: &JobSpec, old: &JobStatus, new: &JobStatus) -> Vec<&'static str> {
        let rules = |name: &str| Release::named(name).expect("it is modelled").0.profile.rules;
        releases.iter().copied().filter(|name| status_may_replace(spec, old, new, rules(name))).collect()
    }

    #[test]
    fn more_ready_than_active_is_taken_up_to_v1_31() {
        let (old, releases) = (status(at(1), &[]), ["1.30", "1.31", "1.32", "1.37"]);
        let new = JobStatus { active: 0, ready: Some(1), ..status(at(1), &[]) };
        assert_eq!(taken_by(&releases, &spec(false, 1), &old, &new), ["1.30", "1.31"]);
        assert_eq!(taken_by(&releases, &spec(false, 1), &new, &new), releases, "nothing of it changes");
    }

    #[test]
    fn an_end_without_start_is_taken_of_a_suspended_job_that_wants_nothing() {
        let releases = ["1.31", "1.32.6", "1.32.7", "1.33.2", "1.33.3", "1.34.0", "1.37"];
        let end = status(None, &[condition(JobConditionType::Complete, true)]);
        let taken = |suspend, completions| taken_by(&releases, &spec(suspend, completions), &status(None, &[]), &end);
        assert_eq!(taken(true, 0), ["1.31", "1.32.7", "1.33.3", "1.34.0", "1.37"]);
        assert_eq!(taken(true, 1), ["1.31"]);
        assert_eq!(taken(false, 0), ["1.31"]);
    }

    #[test]
    fn a_resumed_job_starts_anew_but_for_a_few_releases() {
        let releases = ["1.31", "1.32.9", "1.32.10", "1.33.5", "1.33.6", "1.34.1", "1.34.2", "1.37"];
        let old = status(at(1), &[condition(JobConditionType::Suspended, true)]);
        let resumed = status(at(9), &[condition(JobConditionType::Suspended, false)]);
        let without = ["1.31", "1.32.10", "1.33.6", "1.34.2", "1.37"];
        assert_eq!(taken_by(&releases, &spec(false, 1), &old, &resumed), without);
        let moved = status(at(9), &[condition(JobConditionType::Suspended, true)]);
        assert_eq!(taken_by(&releases, &spec(false, 1), &old, &moved), ["1.31"], "it is not resumed");
        assert_eq!(taken_by(&releases, &spec(true, 1), &old, &moved), releases, "it is suspended");
    }
}
