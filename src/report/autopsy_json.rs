//! An autopsy as JSON: everything that is found, with times as the API writes them and spans in seconds.

use super::autopsy_next::{AutopsyForecast, forecast_json};
use super::json::ANSWER_VERSION;
use crate::autopsy::{Autopsy, CourseEnd, CoursePod, CronAutopsy, JobAutopsy, ObservedWait, StartFate};
use crate::text::rfc3339;
use crate::time::SimTime;
use serde_json::{Value, json};

/// The whole answer.
pub fn autopsy_json(autopsy: &Autopsy, forecasts: &[Option<AutopsyForecast>]) -> Value {
    let fit = &autopsy.releases;
    let jobs = autopsy.jobs.iter().enumerate();
    json!({
        "format": "jobsim/autopsy",
        "formatVersion": ANSWER_VERSION,
        "taken": rfc3339(autopsy.taken),
        "jobs": jobs.map(|(n, job)| job_json(job, forecasts.get(n).and_then(Option::as_ref))).collect::<Vec<_>>(),
        "cronJobs": autopsy.cronjobs.iter().map(cronjob_json).collect::<Vec<_>>(),
        "release": {
            "fitting": fit.fitting, "tells": fit.tells_anything(), "newestFitting": fit.newest.map(|v| v.to_string()),
            "kubelets": fit.told, "hasSixMinuteCap": fit.has_old_cap,
            "clues": fit.clues.iter().map(|clue| json!({
                "rule": clue.rule.id(), "holds": clue.holds, "what": clue.what,
            })).collect::<Vec<_>>(),
        },
        "missing": autopsy.missing,
    })
}

fn time(at: Option<SimTime>) -> Option<String> {
    at.map(rfc3339)
}

fn job_json(job: &JobAutopsy, forecast: Option<&AutopsyForecast>) -> Value {
    let (course, end) = (&job.course, &job.end);
    json!({
        "name": course.name, "namespace": course.namespace,
        "created": rfc3339(course.created), "started": time(course.started),
        "cronJob": course.cronjob, "scheduled": time(course.scheduled),
        "end": {
            "state": end.state, "reason": end.reason, "because": end.because, "limit": end.limit,
            "decided": time(end.decided), "announced": time(end.announced), "at": time(end.at),
            "nextLimits": end.next_limits.iter().map(|limit| json!({
                "field": limit.field, "left": limit.left, "at": time(limit.at),
            })).collect::<Vec<_>>(),
        },
        "change": super::autopsy_rows::change(job),
        "suspended": course.suspended.iter().map(|(from, to)| json!({"from": rfc3339(*from), "to": time(*to)})).collect::<Vec<_>>(),
        "pods": course.pods.iter().map(pod_json).collect::<Vec<_>>(),
        "waits": job.waits.iter().map(|wait| wait_json(wait, job)).collect::<Vec<_>>(),
        "differences": job.differences.iter().map(|difference| json!({
            "what": difference.what, "bySeconds": difference.by.map(|by| by.as_secs_f64()),
            "likely": difference.likely.key(),
        })).collect::<Vec<_>>(),
        "next": job.next.as_ref().map(|next| json!({
            "nextPod": time(next.next_pod), "waitsFor": next.waits_for,
            "failedEarliest": time(next.failed_earliest), "failedLatest": time(next.failed_latest),
        })),
        "forecast": forecast.map(forecast_json),
    })
}

fn pod_json(pod: &CoursePod) -> Value {
    let end = match pod.end {
        CourseEnd::Unfinished => "unfinished",
        CourseEnd::Succeeded => "succeeded",
        CourseEnd::Failed => "failed",
        CourseEnd::Deleted => "deleted",
        CourseEnd::Unknown => "unknown",
    };
    json!({
        "name": pod.name, "index": pod.index, "inDump": pod.is_there, "end": end,
        "created": rfc3339(pod.created), "bound": time(pod.bound), "started": time(pod.started),
        "deleted": time(pod.deleted), "deletedByController": pod.deleted_by_controller, "ended": time(pod.ended),
        "exitCodes": pod.seen.as_ref().map(|seen| seen.exit_codes.iter().map(|(_, code)| *code).collect::<Vec<_>>()),
    })
}

fn wait_json(wait: &ObservedWait, job: &JobAutopsy) -> Value {
    json!({
        "from": rfc3339(wait.from), "to": time(wait.to), "seconds": wait.lasted(job.course.taken).as_secs_f64(),
        "cause": wait.cause.key(), "certain": wait.is_certain, "rule": wait.rule, "expected": time(wait.expected),
        "residualSeconds": wait.residual().map(|by| by.as_secs_f64()),
        "pods": wait.pods.iter().map(|place| &job.course.pods[*place].name).collect::<Vec<_>>(),
        "also": wait.also.iter().map(|(cause, span)| json!({
            "cause": cause.key(), "seconds": span.as_secs_f64(),
        })).collect::<Vec<_>>(),
    })
}

fn cronjob_json(cronjob: &CronAutopsy) -> Value {
    let starts = cronjob.starts.iter().map(|start| {
        let cause = if let StartFate::Late(cause) = start.fate { Some(cause.key()) } else { None };
        json!({
            "due": rfc3339(start.due), "fate": start.fate.key(), "cause": cause, "job": start.job,
            "created": time(start.created), "rule": start.rule, "certain": start.is_certain,
        })
    });
    json!({
        "name": cronjob.name, "namespace": cronjob.namespace, "schedule": cronjob.object.schedule,
        "starts": starts.collect::<Vec<_>>(), "next": time(cronjob.next),
    })
}
