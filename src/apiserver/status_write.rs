//! Whether the API server takes the status that a Job controller writes. Of the server's rules (all are in
//! [`super::rules::status`], for objects as JSON) these are the ones that a Job controller can break; they are asked at
//! every write, so they read values.
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
    // A Job that was suspended from the start and wants nothing never starts.
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
