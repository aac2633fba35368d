//! Writes to a Job's status by anybody but the Job controller: a patch of the status subresource, as `kubectl patch
//! --subresource=status` sends it. Conditions are merged by type (their `patchMergeKey`), everything else is replaced;
//! then the server's rules apply.
//!
//! Source: `jobStatusStrategy` in `pkg/registry/batch/job/strategy.go`. Divergence: a condition is True or False, never
//! Unknown; without a `lastTransitionTime` it has the time of the write.

use super::rules::{given, int, list, member, status as rules, text};
use super::{ErrorType, FieldError, JobObject};
use crate::api::{
    Intervals, JobCondition, JobConditionType, JobMessage, JobReason, JobStatus, UncountedTerminatedPods, WrittenText,
};
use crate::release::ReleaseRule;
use crate::text::{merge, rfc3339, time_text::instant};
use crate::time::SimTime;
use serde_json::{Map, Value, json};

/// A status as the API shows it. Uncounted Pods have made-up UIDs, and texts that name Pods are left out.
fn status_json(status: &JobStatus) -> Value {
    let time = |t: SimTime| json!(rfc3339(t));
    let UncountedTerminatedPods { succeeded, failed } = &status.uncounted;
    let uids = |pods: &[crate::id::PodId]| pods.iter().map(|pod| json!(format!("{pod:?}"))).collect::<Vec<_>>();
    let uncounted = json!({"succeeded": uids(succeeded), "failed": uids(failed)});
    let conditions: Vec<Value> = status.conditions.iter().map(condition_json).collect();
    let indexes = Some(status.completed_indexes.to_string()).filter(|text| !text.is_empty());
    let count = |n: i32| (n > 0).then(|| json!(n));
    let fields = [
        ("conditions", (!conditions.is_empty()).then(|| json!(conditions))),
        ("startTime", status.start_time.map(time)),
        ("completionTime", status.completion_time.map(time)),
        ("active", count(status.active)),
        ("ready", status.ready.map(Value::from)),
        ("terminating", status.terminating.map(Value::from)),
        ("succeeded", count(status.succeeded)),
        ("failed", count(status.failed)),
        ("completedIndexes", indexes.map(Value::from)),
        ("failedIndexes", status.failed_indexes.as_ref().map(|indexes| json!(indexes.to_string()))),
        ("uncountedTerminatedPods", Some(uncounted)),
    ];
    Value::Object(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}

fn condition_json(condition: &JobCondition) -> Value {
    json!({
        "type": condition.type_text(),
        "status": if condition.status { "True" } else { "False" },
        "reason": condition.reason_text(),
        "message": condition.message.as_static().unwrap_or_default(),
        "lastTransitionTime": rfc3339(condition.last_transition_time),
    })
}

/// A condition written at an instant.
///
/// # Errors
/// A status other than True and False, or a time that the virtual clock does not reach.
pub(crate) fn written_condition(path: &str, json: &Value, now: SimTime) -> Result<JobCondition, Box<FieldError>> {
    let invalid = |field: &str, why: &str| {
        let value = member(json, field).clone();
        Box::new(FieldError::new(ErrorType::Invalid, format!("{path}.{field}"), value, why))
    };
    let kind = text(json, "type");
    if kind.is_empty() {
        return Err(Box::new(FieldError::new(ErrorType::Required, format!("{path}.type"), Value::Null, "")));
    }
    let status = match text(json, "status") {
        "True" => true,
        "False" => false,
        _ => return Err(invalid("status", "a condition is \"True\" or \"False\" here")),
    };
    let last_transition_time = match given(json, "lastTransitionTime").and_then(Value::as_str) {
        None => now,
        Some(text) => {
            let why = "must be a time (RFC 3339) from the year 2000 on";
            instant(text).ok_or_else(|| invalid("lastTransitionTime", why))?
        }
    };
    let (reason, message) = (text(json, "reason"), text(json, "message"));
    let written = |text: &str| WrittenText::new(text);
    Ok(JobCondition {
        condition_type: JobConditionType::ALL
            .into_iter()
            .find(|known| known.as_str() == kind)
            .unwrap_or(JobConditionType::Custom),
        status,
        reason: JobReason::Custom,
        message: JobMessage::Written {
            condition_type: written(kind),
            reason: written(reason),
            message: written(message),
        },
        last_transition_time,
    })
}

impl JobObject {
    /// The status after a patch of the status subresource at an instant.
    ///
    /// # Errors
    /// The API server's errors, in its order; and what is not modelled.
    pub fn patch_status(&self, old: &JobStatus, patch: &Value, now: SimTime) -> Result<JobStatus, Vec<FieldError>> {
        debug_assert!(self.object.is_object(), "a copy is made whole before it is edited");
        let before = status_json(old);
        let mut after = before.clone();
        let mut rest = patch.clone();
        let patched = rest.as_object_mut().and_then(|fields| fields.remove("conditions")).unwrap_or_default();
        merge::merge_patch(&mut after, &rest);
        let (mut status, mut errors) = (old.clone(), Vec::new());
        for (n, json) in patched.as_array().into_iter().flatten().enumerate() {
            match written_condition(&format!("status.conditions[{n}]"), json, now) {
                Ok(condition) => put(&mut status, condition),
                Err(error) => errors.push(*error),
            }
        }
        let conditions: Vec<Value> = status.conditions.iter().map(condition_json).collect();
        after["conditions"] = if conditions.is_empty() { Value::Null } else { json!(conditions) };
        if after.get("uncountedTerminatedPods") != before.get("uncountedTerminatedPods") {
            let (path, detail) =
                ("status.uncountedTerminatedPods", "cannot be set here: only the controller knows the UIDs");
            errors.push(FieldError::new(ErrorType::Forbidden, path, Value::Null, detail));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        self.asks_rules(&before, &after)?;
        set_fields(&mut status, &after, &mut errors);
        if errors.is_empty() { Ok(status) } else { Err(errors) }
    }

    /// Applies the server's rules to a status that replaces another.
    fn asks_rules(&self, before: &Value, after: &Value) -> Result<(), Vec<FieldError>> {
        let with = |status: &Value| {
            let mut object = Map::new();
            object.insert("metadata".to_owned(), self.object["metadata"].clone());
            object.insert("spec".to_owned(), self.object["spec"].clone());
            object.insert("status".to_owned(), status.clone());
            Value::Object(object)
        };
        let is_strict = self.release.rules.has(ReleaseRule::ValidatesStatusWrites);
        let errors = rules::updated(&with(after), &with(before), is_strict);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// Puts a condition in place of the one with its type.
fn put(status: &mut JobStatus, condition: JobCondition) {
    match status.conditions.iter_mut().find(|known| known.type_text() == condition.type_text()) {
        Some(known) => {
            // Kubernetes' clients keep the time as long as the status stays the same.
            let since = if known.status == condition.status {
                known.last_transition_time
            } else {
                condition.last_transition_time
            };
            *known = JobCondition { last_transition_time: since, ..condition };
        }
        None => status.conditions.push(condition),
    }
}

/// Sets everything but conditions and uncounted Pods.
fn set_fields(status: &mut JobStatus, json: &Value, errors: &mut Vec<FieldError>) {
    let number = |name: &str| int(json, name).and_then(|n| i32::try_from(n).ok());
    let mut invalid = |name: &str, why: String| {
        let value = member(json, name).clone();
        errors.push(FieldError::new(ErrorType::Invalid, format!("status.{name}"), value, why));
    };
    (status.active, status.ready, status.terminating) =
        (number("active").unwrap_or(0), number("ready"), number("terminating"));
    (status.succeeded, status.failed) = (number("succeeded").unwrap_or(0), number("failed").unwrap_or(0));
    let mut time = |name: &str| {
        let written = given(json, name).and_then(Value::as_str)?;
        let at = instant(written);
        if at.is_none() {
            invalid(name, "must be a time (RFC 3339) from the year 2000 on".to_owned());
        }
        at
    };
    (status.start_time, status.completion_time) = (time("startTime"), time("completionTime"));
    let mut indexes = |name: &str| {
        Intervals::parse(text(json, name)).unwrap_or_else(|part| {
            invalid(name, format!("{part:?} is no index"));
            Intervals::new()
        })
    };
    status.completed_indexes = indexes("completedIndexes");
    status.failed_indexes = given(json, "failedIndexes").map(|_| indexes("failedIndexes"));
    debug_assert!(list(json, "conditions").len() == status.conditions.len(), "conditions are entered before");
}
