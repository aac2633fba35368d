//! Rules for a write of a Job's status, in the API server's order. They apply to what a controller writes, so a
//! simulated controller must follow them too.
//!
//! Source: `validateJobStatus`, `ValidateJobStatusUpdate` in `pkg/apis/batch/validation`, and which of them are asked
//! when: `getStatusValidationOptions` in `pkg/registry/batch/job/strategy.go`.

use super::indexes::{count, interval};
use super::job::is_indexed;
use super::{Errors, given, int, list, member, meta, text};
use crate::apiserver::FieldError;
use serde_json::Value;
use std::collections::HashSet;

/// A status, with the parts that several rules need.
struct StatusView<'a> {
    json: &'a Value,
}

impl<'a> StatusView<'a> {
    fn is_condition(&self, condition: &str, status: &str) -> bool {
        list(self.json, "conditions").iter().any(|c| text(c, "type") == condition && text(c, "status") == status)
    }

    fn is_true(&self, condition: &str) -> bool {
        self.is_condition(condition, "True")
    }

    fn is_finished(&self) -> bool {
        self.is_true("Complete") || self.is_true("Failed")
    }

    fn time(&self, name: &str) -> Option<&'a str> {
        given(self.json, name).and_then(Value::as_str)
    }

    fn int(&self, name: &str) -> i64 {
        int(self.json, name).unwrap_or_default()
    }

    fn indexes(&self, name: &str) -> Option<&'a str> {
        given(self.json, name).and_then(Value::as_str)
    }

    fn uncounted(&self) -> usize {
        let pods = member(self.json, "uncountedTerminatedPods");
        list(pods, "succeeded").len() + list(pods, "failed").len()
    }
}

/// A write of a status. Most rules apply only if the part that they are about changes.
struct StatusWrite<'a> {
    spec: &'a Value,
    new: StatusView<'a>,
    old: StatusView<'a>,
}

/// Rules for a Job whose status replaces that of `old`; the spec is the old one. Without `is_strict`, they are the few
/// rules of servers without the feature gate JobManagedBy.
pub(crate) fn updated(job: &Value, old: &Value, is_strict: bool) -> Vec<FieldError> {
    let mut errors = Errors::default();
    meta::updated(member(job, "metadata"), member(old, "metadata"), &mut errors);
    let status = |job| StatusView { json: member(job, "status") };
    let write = StatusWrite { spec: member(old, "spec"), new: status(job), old: status(old) };
    write.counters(&mut errors);
    if is_strict {
        write.endings(&mut errors);
        write.finished(&mut errors);
        write.indexes(&mut errors);
        write.pods(&mut errors);
    }
    write.success(&mut errors);
    if is_strict {
        write.against_old(&mut errors);
    }
    write.success_against_old(&mut errors);
    errors.once()
}

/// Rules for a Job whose status is already stored. Most rules apply only to changes, so a status that an older release
/// wrote is accepted: Complete without SuccessCriteriaMet, Failed without FailureTarget, more Pods ready than active.
/// What remains is what no release has ever written.
pub(crate) fn stored(job: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    let spec = member(job, "spec");
    let status = || StatusView { json: member(job, "status") };
    StatusWrite { spec, new: status(), old: status() }.counters(&mut errors);
    StatusWrite { spec, new: status(), old: StatusView { json: &Value::Null } }.indexes(&mut errors);
    errors.once()
}

impl StatusWrite<'_> {
    fn changes(&self, name: &str) -> bool {
        member(self.new.json, name) != member(self.old.json, name)
    }

    fn changes_condition(&self, condition: &str) -> bool {
        self.new.is_true(condition) != self.old.is_true(condition)
    }

    fn is_suspended(&self) -> bool {
        self.spec.get("suspend") == Some(&Value::Bool(true))
    }

    fn ends(&self) -> bool {
        self.new.is_finished() != self.old.is_finished()
    }

    fn counters(&self, errors: &mut Errors) {
        for name in ["active", "succeeded", "failed", "ready", "terminating"] {
            errors.nonnegative(format!("status.{name}"), int(self.new.json, name));
        }
        let mut seen = HashSet::new();
        for name in ["succeeded", "failed"] {
            let uids = list(member(self.new.json, "uncountedTerminatedPods"), name).iter().filter_map(Value::as_str);
            for (n, uid) in uids.enumerate() {
                let path = format!("status.uncountedTerminatedPods.{name}[{n}]");
                if uid.is_empty() {
                    errors.invalid(path, uid, "must not be empty");
                } else if !seen.insert(uid) {
                    errors.duplicate(path, uid);
                }
            }
        }
    }

    fn condition_error(errors: &mut Errors, detail: impl Into<String>) {
        errors.invalid_unshown("status.conditions", detail);
    }

    fn endings(&self, errors: &mut Errors) {
        let (new, complete) = (&self.new, self.new.is_true("Complete"));
        let changes = |names: [&str; 2]| names.iter().any(|name| self.changes_condition(name));
        if complete && new.is_true("Failed") && changes(["Complete", "Failed"]) {
            Self::condition_error(errors, "cannot set Complete=True and Failed=true conditions");
        }
        if complete && new.is_true("FailureTarget") && changes(["Complete", "FailureTarget"]) {
            Self::condition_error(errors, "cannot set Complete=True and FailureTarget=true conditions");
        }
        let completion = new.time("completionTime");
        if self.changes_condition("Complete") || self.changes("completionTime") {
            if let Some(time) = completion.filter(|_| !complete) {
                let detail = "cannot set completionTime when there is no Complete=True condition";
                errors.invalid("status.completionTime", time, detail);
            }
            if completion.is_none() && complete {
                errors.required("status.completionTime", "completionTime is required for Complete jobs");
            }
        }
        // Both are in the API's canonical form, in which lexical order is chronological order.
        let is_early = completion.zip(new.time("startTime")).is_some_and(|(completion, start)| completion < start);
        if is_early && (self.changes("startTime") || self.changes("completionTime")) {
            errors.invalid(
                "status.completionTime",
                completion.unwrap_or_default(),
                "must be equal to or after `startTime`",
            );
        }
        let looked_at = self.changes_condition("Failed") || self.changes("failedIndexes");
        if new.is_true("Failed") && !new.is_true("FailureTarget") && looked_at {
            Self::condition_error(errors, "cannot set Failed=True condition without the FailureTarget=true condition");
        }
        if complete && !new.is_true("SuccessCriteriaMet") && changes(["Complete", "SuccessCriteriaMet"]) {
            Self::condition_error(
                errors,
                "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
            );
        }
    }

    fn finished(&self, errors: &mut Errors) {
        let new = &self.new;
        if !new.is_finished() {
            return;
        }
        if new.int("active") > 0 && (self.ends() || self.changes("active")) {
            errors.invalid("status.active", new.int("active"), "active>0 is invalid for finished job");
        }
        // A Job that was suspended from the start and needs no completions never starts.
        let never_starts = self.is_suspended() && int(self.spec, "completions") == Some(0);
        if new.time("startTime").is_none() && !never_starts && (self.ends() || self.changes("startTime")) {
            errors.required("status.startTime", "startTime is required for finished job");
        }
        if new.uncounted() > 0 && (self.ends() || self.changes("uncountedTerminatedPods")) {
            let pods = member(new.json, "uncountedTerminatedPods").clone();
            errors.invalid("status.uncountedTerminatedPods", pods, "must be empty for finished job");
        }
    }

    fn indexes(&self, errors: &mut Errors) {
        let (done, failed) =
            (self.new.indexes("completedIndexes").unwrap_or_default(), self.new.indexes("failedIndexes"));
        let (done_changes, failed_changes) = (self.changes("completedIndexes"), self.changes("failedIndexes"));
        let completions = int(self.spec, "completions");
        let per_index = given(self.spec, "backoffLimitPerIndex").is_some();
        let read = |name: &str, text: &str, errors: &mut Errors| {
            if let Some(Err(why)) = completions.map(|completions| count(text, completions)) {
                errors.invalid(format!("status.{name}"), text, format!("error parsing {name}: {why}"));
            }
        };
        if done_changes {
            read("completedIndexes", done, errors);
        }
        if let Some(failed) = failed.filter(|_| failed_changes && per_index) {
            read("failedIndexes", failed, errors);
        }
        if done_changes && !done.is_empty() && !is_indexed(self.spec) {
            let detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
            errors.invalid("status.completedIndexes", done, detail);
        }
        let Some(failed) = failed else { return };
        if failed_changes && !per_index {
            let detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
            errors.invalid("status.failedIndexes", failed, detail);
        }
        let overlap = completions.and_then(|completions| first_overlap(done, failed, completions));
        if let Some(index) = overlap.filter(|_| done_changes || failed_changes) {
            let detail = format!("failedIndexes and completedIndexes overlap at index: {index}");
            errors.invalid("status.failedIndexes", failed, detail);
        }
    }

    fn pods(&self, errors: &mut Errors) {
        let new = &self.new;
        if new.int("terminating") > 0 && new.is_finished() && (self.ends() || self.changes("terminating")) {
            let detail = "terminating>0 is invalid for finished job";
            errors.invalid("status.terminating", new.int("terminating"), detail);
        }
        if new.int("ready") > new.int("active")
            && given(new.json, "ready").is_some()
            && (self.changes("ready") || self.changes("active"))
        {
            errors.invalid("status.ready", new.int("ready"), "cannot set more ready pods than active");
        }
    }

    fn success(&self, errors: &mut Errors) {
        let new = &self.new;
        if new.is_true("SuccessCriteriaMet") {
            for (condition, name) in [("Failed", "Failed"), ("FailureTarget", "FailureTarget")] {
                if new.is_true(condition) {
                    Self::condition_error(
                        errors,
                        format!("cannot set SuccessCriteriaMet=True and {name}=true conditions"),
                    );
                }
            }
        } else if given(self.spec, "successPolicy").is_some() && new.is_true("Complete") {
            let detail = "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True";
            Self::condition_error(errors, detail);
        }
    }

    /// Checks what must not be taken back.
    fn against_old(&self, errors: &mut Errors) {
        let (new, old) = (&self.new, &self.old);
        for condition in ["Failed", "Complete", "FailureTarget"] {
            if old.is_true(condition) && !new.is_true(condition) {
                Self::condition_error(errors, format!("cannot disable the terminal {condition}=True condition"));
            }
        }
        if new.int("failed") < old.int("failed") {
            errors.invalid("status.failed", new.int("failed"), "cannot decrease the failed counter");
        }
        // An elastic Indexed Job can be scaled down together with its succeeded indexes.
        let is_elastic = is_indexed(self.spec) && int(self.spec, "completions") == int(self.spec, "parallelism");
        if new.int("succeeded") < old.int("succeeded") && !is_elastic {
            errors.invalid("status.succeeded", new.int("succeeded"), "cannot decrease the succeeded counter");
        }
        if let (Some(time), Some(before)) = (new.time("completionTime"), old.time("completionTime"))
            && time != before
        {
            errors.invalid("status.completionTime", time, "field is immutable");
        }
        let resumes = old.is_true("Suspended") && new.is_condition("Suspended", "False");
        let may_move = self.is_suspended() || resumes;
        if old.time("startTime").is_some() && self.changes("startTime") && !may_move {
            let time = member(new.json, "startTime").clone();
            errors.invalid("status.startTime", time, "field is immutable for unsuspended job once set");
        }
    }

    /// Checks what must not be taken back about success, whatever the other options are.
    fn success_against_old(&self, errors: &mut Errors) {
        let (new, old) = (&self.new, &self.old);
        let (met, was_met) = (new.is_true("SuccessCriteriaMet"), old.is_true("SuccessCriteriaMet"));
        if was_met && !met {
            Self::condition_error(errors, "cannot disable the SuccessCriteriaMet=True condition");
        }
        if old.is_true("Complete") && !was_met && met {
            let detail = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
            Self::condition_error(errors, detail);
        }
    }
}

/// The first index that occurs in both texts; malformed parts are skipped.
fn first_overlap(done: &str, failed: &str, completions: i64) -> Option<i64> {
    let read = |text: &str| -> Vec<(i64, i64)> {
        text.split(',').filter_map(|part| interval(part, completions).ok()).collect()
    };
    let (done, failed) = (read(done), read(failed));
    let (mut i, mut j) = (0, 0);
    while let (Some(a), Some(b)) = (done.get(i), failed.get(j)) {
        if a.0 <= b.1 && b.0 <= a.1 {
            return Some(a.0.max(b.0));
        }
        if a.0 <= b.0 {
            i += 1;
        } else {
            j += 1;
        }
    }
    None
}
