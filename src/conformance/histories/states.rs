//! Jobs and Pods of a world, compared with recorded ones, and as JSON in the form of the records. It knows no instants:
//! each corpus decides what was written when.

use super::record::{RecordedCondition, RecordedJob, RecordedKey, RecordedPhase, RecordedPod};
use crate::api::{JobCondition, JobMessage, JobStatus, PodPhase};
use crate::controller::job::Emission;
use crate::id::{JobId, PodId};
use crate::record::is_warning;
use crate::time::SimTime;
use crate::world::{ApiPod, PodKey, Store};
use serde_json::{Map, Value, json};
use smallvec::SmallVec;

impl From<RecordedKey> for PodKey {
    fn from(key: RecordedKey) -> PodKey {
        PodKey { index: key.index, attempt: key.attempt }
    }
}

/// The key of a Pod.
pub fn key_of(id: PodId, store: &Store) -> RecordedKey {
    let pod = &store.pods[id];
    RecordedKey { index: pod.pod.index.map(u32::from), attempt: pod.pod.ordinal }
}

/// Whether a Job is as recorded.
pub fn is_job_equal(id: JobId, expected: &RecordedJob, store: &Store) -> bool {
    let job = &store.jobs[id];
    if job.gone {
        return expected.gone;
    }
    let s: &JobStatus = &job.status;
    let seconds = |t: Option<SimTime>| t.map(SimTime::as_secs);
    (s.active, s.ready, s.terminating) == (expected.active, expected.ready, expected.terminating)
        && (s.succeeded, s.failed) == (expected.succeeded, expected.failed)
        && (job.deleting, job.gone) == (expected.deleting, expected.gone)
        && s.completed_indexes == expected.completed_indexes
        && s.failed_indexes == expected.failed_indexes
        && are_keys(&s.uncounted.succeeded, &expected.uncounted_succeeded, store)
        && are_keys(&s.uncounted.failed, &expected.uncounted_failed, store)
        && seconds(s.start_time) == expected.start_time.map(|t| t.0)
        && seconds(s.completion_time) == expected.completion_time.map(|t| t.0)
        && s.conditions.len() == expected.conditions.len()
        && s.conditions.iter().zip(&expected.conditions).all(|(g, e)| is_condition_equal(id, g, e, store))
}

/// Whether the uncounted Pods are the recorded ones: records list them in the order of their keys as text.
fn are_keys(got: &[PodId], expected: &[RecordedKey], store: &Store) -> bool {
    let mut got: SmallVec<[RecordedKey; 16]> = got.iter().map(|&id| key_of(id, store)).collect();
    got.sort_unstable_by_key(RecordedKey::text_order);
    got[..] == *expected
}

fn is_condition_equal(id: JobId, got: &JobCondition, expected: &RecordedCondition, store: &Store) -> bool {
    got.condition_type.as_str() == expected.condition_type
        && (if got.status { "True" } else { "False" }) == expected.status
        && got.reason.as_str() == expected.reason
        && got.last_transition_time.as_secs() == expected.since.0
        && match got.message.as_static() {
            Some(text) => text == expected.message,
            None => message_text(id, got.message, store) == expected.message,
        }
}

/// A message in which Pods are named by key.
pub fn message_text(id: JobId, message: JobMessage, store: &Store) -> String {
    let spec = &store.jobs[id].spec;
    let names = || spec.template.containers.iter().chain(&spec.template.init_containers);
    let namespace = &store.jobs[id].object.namespace;
    message.text(
        |pod| format!("{namespace}/<{}>", key_of(pod, store)),
        |n| names().nth(usize::from(n)).cloned().unwrap_or_default(),
    )
}

/// The text of an Event, as the records write it; `None` for those that they leave out.
pub fn event_text(id: JobId, emission: Emission, store: &Store) -> Option<String> {
    let (reason, message) = match emission {
        Emission::SuccessfulCreate(_) | Emission::SuccessfulDelete(_) | Emission::FailedCreate(_) => return None,
        Emission::Suspended => ("Suspended", "Job suspended".to_owned()),
        Emission::Resumed => ("Resumed", "Job resumed".to_owned()),
        Emission::Completed => ("Completed", "Job completed".to_owned()),
        Emission::TooManySucceededPods => {
            ("TooManySucceededPods", "Too many succeeded pods running after completion count reached".to_owned())
        }
        Emission::Failed(reason, message) => (reason.as_str(), message_text(id, message, store)),
    };
    let kind = if is_warning(emission) { "Warning" } else { "Normal" };
    Some(format!("{kind} {reason}: {message}"))
}

/// Whether a Pod is as recorded.
pub fn is_pod_equal(got: &ApiPod, expected: &RecordedPod, store: &Store) -> bool {
    let phase = match got.pod.phase {
        PodPhase::Pending => RecordedPhase::Pending,
        PodPhase::Running => RecordedPhase::Running,
        PodPhase::Succeeded => RecordedPhase::Succeeded,
        PodPhase::Failed => RecordedPhase::Failed,
    };
    if got.gone || expected.gone {
        return got.gone && expected.gone && phase == expected.phase;
    }
    let (failures, ignored) = annotations(got, store);
    (phase, got.pod.deleting(), got.pod.finalizer) == (expected.phase, expected.deleting, expected.finalizer)
        && (failures, ignored) == (expected.index_failure_count, expected.index_ignored_failure_count)
}

/// The values of a Pod's annotations about index failures.
fn annotations(pod: &ApiPod, store: &Store) -> (Option<i32>, Option<i32>) {
    let per_index = store.jobs[pod.job].spec.backoff_limit_per_index.is_some();
    let ignored = pod.pod.index_ignored_failure_count;
    (per_index.then_some(pod.pod.index_failure_count), (ignored > 0).then_some(ignored))
}

/// A Pod in the form of the records.
pub fn pod_json(pod: &ApiPod, store: &Store) -> Value {
    let mut state = Map::new();
    state.insert("phase".into(), pod.pod.phase.as_str().into());
    if pod.gone {
        state.insert("gone".into(), true.into());
        return Value::Object(state);
    }
    let (failures, ignored) = annotations(pod, store);
    for (name, set) in [("deleting", pod.pod.deleting()), ("finalizer", pod.pod.finalizer)] {
        if set {
            state.insert(name.into(), true.into());
        }
    }
    for (name, count) in [("index_failure_count", failures), ("index_ignored_failure_count", ignored)] {
        if let Some(n) = count {
            state.insert(name.into(), n.to_string().into());
        }
    }
    Value::Object(state)
}

/// A Job in the form of the records.
pub fn job_json(id: JobId, store: &Store) -> Value {
    let job = &store.jobs[id];
    if job.gone {
        return json!({"gone": true});
    }
    let s = &job.status;
    let keys = |list: &[PodId]| {
        let mut keys: Vec<String> = list.iter().map(|&id| key_of(id, store).to_string()).collect();
        keys.sort_unstable();
        (!keys.is_empty()).then(|| json!(keys))
    };
    let above_zero = |n: i32| (n > 0).then(|| json!(n));
    let indexes = Some(s.completed_indexes.to_string()).filter(|t| !t.is_empty());
    let conditions: Vec<Value> = s.conditions.iter().map(|c| condition_json(id, c, store)).collect();
    let fields = [
        ("deleting", job.deleting.then(|| json!(true))),
        ("startTime", s.start_time.map(time_json)),
        ("completionTime", s.completion_time.map(time_json)),
        ("active", above_zero(s.active)),
        ("ready", s.ready.map(Value::from)),
        ("terminating", s.terminating.map(Value::from)),
        ("succeeded", above_zero(s.succeeded)),
        ("failed", above_zero(s.failed)),
        ("completedIndexes", indexes.map(Value::from)),
        ("failedIndexes", s.failed_indexes.as_ref().map(|i| json!(i.to_string()))),
        ("uncountedSucceeded", keys(&s.uncounted.succeeded)),
        ("uncountedFailed", keys(&s.uncounted.failed)),
        ("conditions", (!conditions.is_empty()).then(|| json!(conditions))),
    ];
    Value::Object(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}

fn condition_json(id: JobId, c: &JobCondition, store: &Store) -> Value {
    json!({
        "type": c.condition_type.as_str(),
        "status": if c.status { "True" } else { "False" },
        "reason": c.reason.as_str(),
        "message": message_text(id, c.message, store),
        "since": time_json(c.last_transition_time),
    })
}

/// A time in the form of the records.
pub fn time_json(t: SimTime) -> Value {
    let time = jiff::Timestamp::from_second(t.as_secs() + super::record::CLOCK_START);
    time.map_or(Value::Null, |t| json!(t.to_string()))
}
