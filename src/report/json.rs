//! A run as JSON. Names are those of Kubernetes where it has them; times are seconds from the Job's creation
//! (`…Seconds`) unless stated otherwise.

use super::headline::assumed_fields;
use super::kubectl::status_word;
use super::timeline::{line, pod_of};
use crate::api::ExitCodeTable;
use crate::experiment::result::ResultFile;
use crate::experiment::{Replication, Setup};
use crate::record::RecordedRun;
use crate::record::{JobFacts, JobRecord, OvershootByCause, OvershootCause, TimelineEntry};
use crate::record::{message_text, notice_text};
use crate::text::rfc3339;
use crate::time::{SimDuration, SimTime};
use serde_json::{Map, Value, json};

/// A span in seconds, as a number.
fn seconds(d: SimDuration) -> Value {
    json!(d.as_secs_f64())
}

/// The `formatVersion` of an answer, raised when a field changes its meaning or disappears.
pub const ANSWER_VERSION: u32 = 2;

/// The head of every answer in JSON: its kind, what was asked, and the version that answered.
pub fn answer_json(result: &ResultFile) -> Value {
    json!({
        "format": "jobsim/answer",
        "formatVersion": ANSWER_VERSION,
        "jobsim": result.jobsim,
        "kubernetes": result.kubernetes,
        "kind": result.kind,
        "partial": result.partial,
        "seed": result.seed,
        "question": result.question,
    })
}

/// The answer of `jobsim run`, to one replication (then given as `run`) or to many.
pub fn run_answer(result: &ResultFile, setup: &Setup, run: Option<&RecordedRun>) -> Value {
    let point = &result.points[0];
    let mut answer = answer_json(result);
    answer["assumed"] = assumed_fields(setup).into();
    answer["summary"] = json!(point.summary);
    answer["goals"] = json!(point.goals);
    answer["measures"] = json!(point.measures);
    if let Some(run) = run {
        add_run_json(&mut answer, run, &point.records[0]);
    }
    answer
}

/// Adds what is known about a single replication: each Job and CronJob, and its flat record.
fn add_run_json(answer: &mut Value, run: &RecordedRun, record: &Replication) {
    let jobs: Vec<Value> = run.recorder.jobs.iter().map(|job| job_json(job, run)).collect();
    answer["start"] = json!(rfc3339(run.recorder.start));
    answer["endSeconds"] = seconds(run.end - run.recorder.start);
    if let Some(settled) = run.recorder.settled {
        answer["settledSeconds"] = seconds(settled - run.recorder.start);
    }
    answer["cut"] = json!(run.cut);
    answer["jobs"] = json!(jobs);
    answer["cronJobs"] = super::cron::cronjobs_json(run);
    answer["record"] = json!(record);
}

/// The record of one Job.
pub fn job_json(job: &JobRecord, run: &RecordedRun) -> Value {
    let created = job.created.unwrap_or(SimTime::ZERO);
    let at = |t: Option<SimTime>| t.map_or(Value::Null, |t| seconds(t - created));
    let end = job.facts.as_ref().and_then(|f| f.status.finished().copied());
    let status = job.facts.as_ref().map(|f| status_word(&f.status, f.deleting));
    json!({
        "name": job.name,
        "namespace": job.namespace,
        "status": status,
        "reason": end.map(|c| c.reason_text()),
        "message": end.map(|c| message_text(c.message, job, run)),
        "createdAtSeconds": job.created.map(|t| seconds(t - run.recorder.start)),
        "finishedSeconds": at(job.finished),
        "goneSeconds": at(job.gone),
        "lastPodCreatedSeconds": at(job.last_pod_created),
        "pods": {
            "created": job.pods_created,
            "succeeded": job.pods_succeeded,
            "failed": job.pods_failed,
            "deletedBeforeFinished": job.pods_deleted,
            "removed": job.pods_removed,
            "mostRunning": job.most_running,
            "runningSeconds": seconds(job.pod_time),
            "wastedSeconds": seconds(job.wasted_pod_time),
        },
        "retries": job.retries(),
        "containerRestarts": job.restarts,
        "creationsRefused": job.creations_refused,
        "syncsInError": job.syncs_failed,
        "backoffWaits": job.waits.iter().map(|w| json!({
            "sinceSeconds": seconds(w.since - created),
            "untilSeconds": seconds(w.wait.until - created),
            "backoffSeconds": seconds(w.wait.backoff),
            "failures": w.wait.failures,
            "index": w.wait.index,
        })).collect::<Vec<_>>(),
        "overshoot": overshoot_json(job),
        "refusedEdits": job.refusals.iter().map(|(t, text)| json!({
            "atSeconds": seconds(*t - created), "message": text,
        })).collect::<Vec<_>>(),
        "events": job.notices.iter().map(|n| {
            let (kind, reason, message) = notice_text(n, job, run);
            json!({
                "type": kind, "reason": reason, "message": message, "count": n.count,
                "firstSeconds": seconds(n.first - created), "lastSeconds": seconds(n.last - created),
            })
        }).collect::<Vec<_>>(),
        "jobStatus": job.facts.as_ref().map(|f| status_json(f, job, run)),
    })
}

fn overshoot_json(job: &JobRecord) -> Value {
    let tally = |o: &OvershootByCause| json!({"episodes": o.episodes, "seconds": seconds(o.time), "mostPods": o.most});
    let causes = OvershootCause::ALL.iter().zip(&job.overshoot.by_cause).filter(|(_, o)| o.episodes > 0);
    let by_cause: Map<String, Value> = causes.map(|(c, o)| (c.key().to_owned(), tally(o))).collect();
    let mut total = tally(&job.overshoot.total);
    total["podSeconds"] = seconds(job.overshoot.pod_time);
    total["byCause"] = Value::Object(by_cause);
    total
}

/// The Job's `status` as the API would return it, without the UIDs of uncounted Pods. Counts of 0 are left out as the
/// API leaves them out (`omitempty`); `ready` and `terminating` are pointers there, so their 0 is kept.
pub(super) fn status_json(facts: &JobFacts, job: &JobRecord, run: &RecordedRun) -> Value {
    let s = &facts.status;
    let time = |t: SimTime| json!(rfc3339(t));
    let count = |n: i32| (n > 0).then(|| json!(n));
    let indexes = Some(s.completed_indexes.to_string()).filter(|t| !t.is_empty());
    let conditions: Vec<Value> = s
        .conditions
        .iter()
        .map(|c| {
            json!({
                "type": c.type_text(),
                "status": if c.status { "True" } else { "False" },
                "reason": c.reason.as_str(),
                "message": message_text(c.message, job, run),
                "lastTransitionTime": time(c.last_transition_time),
            })
        })
        .collect();
    let fields = [
        ("conditions", (!conditions.is_empty()).then(|| json!(conditions))),
        ("startTime", s.start_time.map(time)),
        ("completionTime", s.completion_time.map(time)),
        ("active", count(s.active)),
        ("ready", s.ready.map(Value::from)),
        ("terminating", s.terminating.map(Value::from)),
        ("succeeded", count(s.succeeded)),
        ("failed", count(s.failed)),
        ("completedIndexes", indexes.map(Value::from)),
        ("failedIndexes", s.failed_indexes.as_ref().map(|i| json!(i.to_string()))),
    ];
    Value::Object(fields.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?))).collect())
}

/// One change of the timeline; `None` if nothing that is shown has changed.
pub fn change_json(entry: &TimelineEntry, run: &RecordedRun, codes: &ExitCodeTable) -> Option<Value> {
    let (_, text) = line(entry, run, codes)?;
    let job = entry.job.map(|id| &run.recorder.jobs[id.ix()]);
    let pod = job.and_then(|job| pod_of(entry, job, run));
    let mut change =
        json!({"atSeconds": seconds(entry.at - run.recorder.start), "job": job.map(|j| &j.name), "change": text});
    if let Some(pod) = pod {
        change["pod"] = pod.into();
    }
    Some(change)
}
