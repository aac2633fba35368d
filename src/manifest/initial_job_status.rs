//! The status of a Job in a cluster, parsed so that a run can begin with it. It contains what the object says. What the
//! controller had only in memory is missing ([`super::SeenPod`] may know it), and the user is told what that loses.

use crate::api::{Intervals, JobConditionType, JobMessage, JobReason, JobStatus, UncountedTerminatedPods};
use crate::apiserver::rules::{given, int, list, member, status as rules, text};
use crate::apiserver::server_fields::Taken;
use crate::apiserver::{ErrorType, FieldError, JobObject, written_condition};
use crate::text::time_text::instant;
use crate::time::SimTime;
use serde_json::Value;

/// The status that a Job begins with.
#[derive(Clone, Debug)]
pub struct InitialJobStatus {
    /// The status without what it says of Pods that run: none is active or ready in it. Finished Pods that the object
    /// lists as uncounted are counted.
    pub status: JobStatus,
    /// The latest time that the object shows. It was read at this time or later.
    pub latest: SimTime,
    /// The name of the CronJob that controls the Job.
    pub cronjob: Option<String>,
    /// When the Job was created, if the object says so.
    pub created: Option<SimTime>,
    /// When its status was last written, if the object says so.
    pub status_written: Option<SimTime>,
    /// Its UID; empty if there is none.
    pub uid: String,
    /// Whether it was being deleted.
    pub deleting: bool,
    /// How many Pods were active; they are not part of the object.
    pub active: i32,
    /// The UIDs of finished Pods that the status lists as uncounted and that are counted here.
    pub uncounted: Vec<String>,
    /// Notices for the user, one per line.
    pub notices: Vec<String>,
}

impl InitialJobStatus {
    /// Parses what was taken from an object that comes from a cluster.
    ///
    /// # Errors
    /// Everything that no release of the API server would have stored, or that a simulation cannot begin with.
    pub(crate) fn read(job: &JobObject, seen: &Taken) -> Result<Self, Vec<FieldError>> {
        let nothing = Value::Object(serde_json::Map::new());
        let status = seen.status.as_ref().unwrap_or(&nothing);
        let mut object = job.object.clone();
        object["status"] = status.clone();
        let errors = rules::stored(&object);
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut errors = Vec::new();
        let mut starting = InitialJobStatus {
            status: JobStatus::default(),
            latest: SimTime::ZERO,
            cronjob: None,
            created: instant(&seen.created),
            status_written: seen.status_written.as_deref().and_then(instant),
            uid: seen.uid.clone(),
            deleting: seen.deleting,
            active: 0,
            uncounted: Vec::new(),
            notices: Vec::new(),
        };
        let owners = list(member(&job.object, "metadata"), "ownerReferences").iter();
        let mut owners = owners.filter(|owner| text(owner, "kind") == "CronJob" && owner["controller"] == true);
        starting.cronjob = owners.next().map(|owner| text(owner, "name").to_owned());
        starting.counters(job, status, &mut errors);
        starting.times(status, &seen.written, &mut errors);
        for (n, condition) in list(status, "conditions").iter().enumerate() {
            starting.condition(n, condition, &mut errors);
        }
        if errors.is_empty() { Ok(starting) } else { Err(errors) }
    }

    fn counters(&mut self, job: &JobObject, json: &Value, errors: &mut Vec<FieldError>) {
        let mut number = |name: &str| {
            i32::try_from(int(json, name).unwrap_or_default()).unwrap_or_else(|_| {
                let path = format!("status.{name}");
                errors.push(invalid(path, member(json, name), "is no 32-bit number"));
                0
            })
        };
        let (active, succeeded, failed) = (number("active"), number("succeeded"), number("failed"));
        let mut indexes = |name: &str| match Intervals::parse(text(json, name)) {
            Ok(intervals) => intervals,
            Err(part) => {
                let why = format!("{part:?} is no index");
                errors.push(invalid(format!("status.{name}"), member(json, name), why));
                Intervals::new()
            }
        };
        let (completed, failed_indexes) = (indexes("completedIndexes"), indexes("failedIndexes"));
        let uncounted = member(json, "uncountedTerminatedPods");
        let waiting = |name: &str| list(uncounted, name).len() as i32;
        self.status = JobStatus {
            ready: Some(0),
            terminating: Some(0),
            succeeded: succeeded + waiting("succeeded"),
            failed: failed + waiting("failed"),
            completed_indexes: completed,
            failed_indexes: given(json, "failedIndexes").map(|_| failed_indexes),
            uncounted: UncountedTerminatedPods::default(),
            ..JobStatus::default()
        };
        self.active = active;
        let uids = ["succeeded", "failed"].into_iter().flat_map(|name| list(uncounted, name));
        self.uncounted = uids.filter_map(|uid| uid.as_str().map(str::to_owned)).collect();
        if self.deleting {
            let what = "it was being deleted: no Pods are created for it, and it goes";
            self.notices.push(format!("Job {}: {what}", job.name));
        }
    }

    fn times(&mut self, json: &Value, written: &[String], errors: &mut Vec<FieldError>) {
        let mut time = |name: &str| time(json, name, errors);
        (self.status.start_time, self.status.completion_time) = (time("startTime"), time("completionTime"));
        let read = written.iter().filter_map(|text| instant(text));
        self.latest =
            read.chain(self.status.start_time).chain(self.status.completion_time).max().unwrap_or(self.latest);
    }

    fn condition(&mut self, n: usize, json: &Value, errors: &mut Vec<FieldError>) {
        let path = format!("status.conditions[{n}]");
        let mut condition = match written_condition(&path, json, SimTime::ZERO) {
            Ok(condition) => condition,
            Err(error) => return errors.push(*error),
        };
        if given(json, "lastTransitionTime").is_none() {
            let (field, why) = ("lastTransitionTime", "must be a time (RFC 3339) from the year 2000 on");
            return errors.push(invalid(format!("{path}.{field}"), member(json, field), why));
        }
        self.latest = self.latest.max(condition.last_transition_time);
        let named = JobReason::ALL.into_iter().find(|reason| reason.as_str() == text(json, "reason"));
        // Releases before v1.31 completed Jobs without a reason.
        let reason = named.or(match condition.condition_type {
            JobConditionType::Complete if text(json, "reason").is_empty() => Some(JobReason::CompletionsReached),
            _ => None,
        });
        // Conditions that others than the Job controller wrote stay unchanged.
        if let Some(reason) = reason.filter(|_| condition.condition_type != JobConditionType::Custom) {
            (condition.reason, condition.message) = (reason, JobMessage::read(text(json, "message")));
        }
        self.status.conditions.push(condition);
    }
}

/// A time in a status, if it is given. A time that the virtual clock does not reach is an error.
pub(crate) fn time(status: &Value, name: &str, errors: &mut Vec<FieldError>) -> Option<SimTime> {
    let text = given(status, name).and_then(Value::as_str)?;
    let at = instant(text);
    if at.is_none() {
        let why = "is before the year 2000 or too far ahead";
        errors.push(invalid(format!("status.{name}"), member(status, name), why));
    }
    at
}

/// A field that a simulation cannot begin with.
fn invalid(path: String, value: &Value, why: impl Into<String>) -> FieldError {
    FieldError::new(ErrorType::Invalid, path, value.clone(), why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn job(spec: Value) -> JobObject {
        let mut job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": spec});
        job["spec"]["template"]["spec"] =
            json!({"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]});
        JobObject::from_value(&job).expect("it is valid")
    }

    fn read(spec: Value, status: Value) -> Result<InitialJobStatus, Vec<String>> {
        let written = vec!["2026-03-01T10:07:00Z".to_owned(), String::new()];
        InitialJobStatus::read(&job(spec), &Taken { status: Some(status), written, ..Taken::default() })
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_status_is_read_and_what_was_uncounted_is_counted() {
        let status = json!({
            "active": 2, "ready": 1, "succeeded": 3, "failed": 2, "completedIndexes": "0-2",
            "startTime": "2026-03-01T11:00:00+01:00", "uncountedTerminatedPods": {"failed": ["a", "b"]},
            "conditions": [{"type": "Suspended", "status": "False", "reason": "JobResumed", "message": "Job resumed",
                            "lastTransitionTime": "2026-03-01T10:05:00Z"},
                           {"type": "example.com/Held", "status": "True", "lastTransitionTime": "2026-03-01T10:05:00Z"}],
        });
        let read = read(json!({"completionMode": "Indexed", "completions": 5, "parallelism": 2}), status).unwrap();
        let status = &read.status;
        assert_eq!((status.active, status.succeeded, status.failed), (0, 3, 4));
        assert_eq!(status.completed_indexes.to_string(), "0-2");
        assert_eq!(status.start_time, instant("2026-03-01T10:00:00Z"));
        assert_eq!(status.conditions.len(), 2);
        assert_eq!(status.conditions[0].message, JobMessage::Resumed);
        assert_eq!(status.conditions[1].type_text(), "example.com/Held", "what others wrote is kept");
        assert_eq!(Some(read.latest), instant("2026-03-01T10:07:00Z"));
        assert_eq!((read.active, &read.uncounted[..]), (2, &["a".to_owned(), "b".to_owned()][..]));
    }

    #[test]
    fn a_job_that_completed_long_ago_needs_no_reason() {
        let status = json!({
            "succeeded": 1, "startTime": "2020-01-01T00:00:00Z", "completionTime": "2020-01-01T00:01:00Z",
            "conditions": [{"type": "SuccessCriteriaMet", "status": "True", "reason": "CompletionsReached",
                            "lastTransitionTime": "2020-01-01T00:01:00Z"},
                           {"type": "Complete", "status": "True", "lastTransitionTime": "2020-01-01T00:01:00Z"}],
        });
        let status = read(json!({}), status).unwrap().status;
        assert_eq!(status.finished().unwrap().reason, JobReason::CompletionsReached);
        assert_eq!(status.conditions[1].message, JobMessage::AsRead);
    }

    /// The case `from-status-old-complete.yaml`: such statuses exist in every cluster that has been upgraded.
    #[test]
    fn statuses_of_older_releases_are_taken_as_they_are() {
        let condition = |kind: &str, reason: &str| json!([{"type": kind, "status": "True", "reason": reason, "lastTransitionTime": "2026-11-28T07:10:00Z", "lastProbeTime": "2026-11-28T07:10:00Z"}]);
        let start = "2026-11-28T07:00:00Z";
        for status in [
            json!({"succeeded": 1, "startTime": start, "completionTime": "2026-11-28T07:10:00Z",
                "conditions": condition("Complete", "")}),
            json!({"failed": 7, "startTime": start, "conditions": condition("Failed", "BackoffLimitExceeded")}),
            json!({"active": 1, "ready": 2, "startTime": start}),
            json!({"active": 1, "failed": 1, "startTime": start, "conditions": condition("Failed", "DeadlineExceeded")}),
        ] {
            assert!(read(json!({}), status.clone()).is_ok(), "{status}");
        }
    }

    #[test]
    fn what_no_server_has_stored_is_refused() {
        let condition = |kind: &str, reason: &str, at: &str| json!({"conditions": [{"type": kind, "status": "True", "reason": reason, "lastTransitionTime": at}]});
        for (status, error) in [
            (json!({"active": -1}), "status.active: Invalid value: -1: must be greater than or equal to 0"),
            (json!({"failed": 1_i64 << 40}), "status.failed: Invalid value: 1099511627776: is no 32-bit number"),
            (
                json!({"startTime": "1999-12-31T23:59:59Z"}),
                "status.startTime: Invalid value: \"1999-12-31T23:59:59Z\": is before the year 2000 or too far ahead",
            ),
            (
                condition("FailureTarget", "FailedIndexes", "yesterday"),
                "status.conditions[0].lastTransitionTime: Invalid value: \"yesterday\": must be a time (RFC 3339) from \
                 the year 2000 on",
            ),
            (
                json!({"completedIndexes": "0"}),
                "status.completedIndexes: Invalid value: \"0\": cannot set non-empty completedIndexes when \
                 non-indexed completion mode",
            ),
        ] {
            assert_eq!(read(json!({}), status).unwrap_err(), [error]);
        }
    }
}
