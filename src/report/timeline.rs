//! The timeline as text: one line per change, with its virtual time counted from the start of the run.

use super::kubectl::status_word;
use super::layout::Layout;
use crate::api::{Containers, ExitCodeTable, JobCondition, JobStatus, Pod, PodPhase, WaitingReason};
use crate::record::RecordedRun;
use crate::record::{JobFacts, JobRecord, TimelineChange, TimelineEntry, pod_name};
use crate::record::{event_text, message_text, name_of};
use crate::time::SimTime;

/// Every change of a run, one line each.
pub fn timeline(run: &RecordedRun, codes: &ExitCodeTable, layout: Layout) -> String {
    let lines = run.recorder.timeline.iter().filter_map(|entry| {
        let (object, text) = line(entry, run, codes)?;
        Some(vec![clock(entry.at, run), object, text])
    });
    layout.table(&lines.collect::<Vec<_>>(), "", 2)
}

/// Seconds since the start of the run, to the microsecond, padded so that the points of usual runs stand below one
/// another.
pub(super) fn clock(t: SimTime, run: &RecordedRun) -> String {
    let micros = t.as_micros_rounded() - run.recorder.start.as_micros_rounded();
    format!("{:>6}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// The object and what changed; `None` if nothing that is shown has changed.
pub fn line(entry: &TimelineEntry, run: &RecordedRun, codes: &ExitCodeTable) -> Option<(String, String)> {
    let Some(job) = entry.job.map(|id| &run.recorder.jobs[id.ix()]) else {
        return super::cron::line(&entry.what, run);
    };
    let this = format!("job/{}", job.name);
    let of_pod = |pod: &Pod| format!("pod/{}", pod_name(&job.name, pod));
    let text = match &entry.what {
        TimelineChange::Job(before, now) => job_change(before.as_ref(), now, job, run)?,
        TimelineChange::Pod(_, before, now, gone) => {
            return Some((of_pod(now), pod_change(before.as_ref(), now, *gone, codes)?));
        }
        TimelineChange::PodDeleted(_, pod, cause) => {
            return Some((of_pod(pod), format!("deletion asked for ({})", cause.as_str())));
        }
        TimelineChange::Notice(notice) => {
            let (reason, message) = event_text(notice.emission, job, run);
            let raised = if notice.repeated { " (count raised)" } else { "" };
            format!("Event {reason}: {message}{raised}")
        }
        TimelineChange::Wait(wait) => {
            let index = wait.index.map_or(String::new(), |ix| format!(" of index {ix}"));
            let (until, failures) = (clock(wait.until, run), wait.failures);
            format!("waits until {} (back-off {} after {failures} in a row{index})", until.trim(), wait.backoff)
        }
        TimelineChange::Refused(text) => format!("edit refused: {text}"),
        TimelineChange::CreateRefused(why) => {
            format!("creating a Pod was refused: {}", run.recorder.creation_refusal(*why))
        }
        TimelineChange::SyncFailed => "a sync ended in error and will be repeated".to_owned(),
        TimelineChange::PodEvent(_, pod, event) => {
            return Some((of_pod(pod), format!("Event {}: {}", event.reason, event.message)));
        }
        // Every request of a busy controller waits; these lines would hide all others.
        TimelineChange::Throttled(_) | TimelineChange::RoomWait(_) => return None,
        TimelineChange::CronJob(..) | TimelineChange::CronNotice(_) | TimelineChange::ActRefused(_) => return None,
        TimelineChange::ControllersDown | TimelineChange::ControllersUp | TimelineChange::Node(..) => return None,
    };
    Some((this, text))
}

fn job_change(before: Option<&JobFacts>, now: &JobFacts, job: &JobRecord, run: &RecordedRun) -> Option<String> {
    let Some(before) = before else { return Some("created".to_owned()) };
    if now.gone {
        return Some("gone".to_owned());
    }
    let mut parts = Vec::new();
    if now.deleting && !before.deleting {
        parts.push("marked for deletion".to_owned());
    }
    if now.spec != before.spec {
        parts.push(spec_change(before, now));
    }
    parts.extend(status_change(&before.status, &now.status));
    for c in &now.status.conditions {
        let same_type = |b: &&JobCondition| b.type_text() == c.type_text();
        let was = before.status.conditions.iter().find(same_type);
        if was.is_none_or(|b| (b.status, b.reason_text()) != (c.status, c.reason_text())) {
            let value = if c.status { "True" } else { "False" };
            let (kind, reason) = (c.type_text(), c.reason_text());
            let why = match reason.is_empty() {
                true => String::new(),
                false => format!(" ({reason}: {})", message_text(c.message, job, run)),
            };
            parts.push(format!("{kind}={value}{why}"));
        }
    }
    let is_over = now.status.finished().is_some() && before.status.finished().is_none();
    if is_over {
        parts.push(format!("now {}", status_word(&now.status, false)));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn spec_change(before: &JobFacts, now: &JobFacts) -> String {
    let (b, n) = (&before.spec, &now.spec);
    let mut parts = Vec::new();
    let mut field = |name: &str, b: Option<i64>, n: Option<i64>| {
        if b != n {
            let shown = |v: Option<i64>| v.map_or("unset".to_owned(), |v| v.to_string());
            parts.push(format!("{name} {} → {}", shown(b), shown(n)));
        }
    };
    field("parallelism", Some(b.parallelism.into()), Some(n.parallelism.into()));
    field("completions", b.completions.map(i64::from), n.completions.map(i64::from));
    field("backoffLimit", Some(b.backoff_limit.into()), Some(n.backoff_limit.into()));
    field("activeDeadlineSeconds", b.active_deadline_seconds, n.active_deadline_seconds);
    let ttl = |s: &crate::api::JobSpec| s.ttl_seconds_after_finished.map(i64::from);
    field("ttlSecondsAfterFinished", ttl(b), ttl(n));
    field("maxFailedIndexes", b.max_failed_indexes.map(i64::from), n.max_failed_indexes.map(i64::from));
    if b.suspend != n.suspend {
        parts.push(format!("suspend {} → {}", b.suspend, n.suspend));
    }
    if b.pod_replacement_policy != n.pod_replacement_policy {
        parts.push(format!("podReplacementPolicy → {}", n.pod_replacement_policy.as_str()));
    }
    // Whatever else differs is the template, some fields of which users can edit while the Job is suspended.
    format!("edited: {}", if parts.is_empty() { "template".to_owned() } else { parts.join(", ") })
}

/// The numbers of a status that changed.
fn status_change(before: &JobStatus, now: &JobStatus) -> Vec<String> {
    let uncounted = |s: &JobStatus| (s.uncounted.succeeded.len() + s.uncounted.failed.len()) as i32;
    let numbers = [
        ("active", before.active, now.active),
        ("ready", before.ready.unwrap_or(0), now.ready.unwrap_or(0)),
        ("terminating", before.terminating.unwrap_or(0), now.terminating.unwrap_or(0)),
        ("succeeded", before.succeeded, now.succeeded),
        ("failed", before.failed, now.failed),
        ("uncounted", uncounted(before), uncounted(now)),
    ];
    let mut parts: Vec<String> =
        numbers.iter().filter(|(_, b, n)| b != n).map(|(name, _, n)| format!("{name} {n}")).collect();
    if before.completed_indexes != now.completed_indexes {
        parts.push(format!("completedIndexes {}", now.completed_indexes));
    }
    match (&before.failed_indexes, &now.failed_indexes) {
        (b, Some(n)) if b.as_ref() != Some(n) && !n.is_empty() => parts.push(format!("failedIndexes {n}")),
        _ => {}
    }
    if before.start_time != now.start_time {
        parts.push(if now.start_time.is_some() { "started" } else { "startTime cleared" }.to_owned());
    }
    parts
}

fn pod_change(before: Option<&Pod>, now: &Pod, gone: bool, codes: &ExitCodeTable) -> Option<String> {
    let Some(before) = before else {
        return Some(match now.index {
            None => "created".to_owned(),
            Some(index) => format!("created for index {index}, attempt {}", now.ordinal),
        });
    };
    let mut parts = Vec::new();
    let mut say = |changed: bool, text: &str| {
        if changed {
            parts.push(text.to_owned());
        }
    };
    say(now.bound && !before.bound, "bound to a node");
    say(now.waiting.is_some() && now.waiting != before.waiting, now.waiting.map_or("", WaitingReason::as_str));
    say(now.disruption_target && !before.disruption_target, "DisruptionTarget=True");
    say(now.deleting() && !before.deleting(), "terminating");
    say(now.restarts > before.restarts, "restarted");
    say(now.phase == PodPhase::Running && before.phase == PodPhase::Pending, "running");
    say(now.is_ready() && !before.is_ready(), "ready");
    if now.containers != before.containers
        && let Some(exit_codes) = now.containers.exit_codes()
        && (before.containers.exit_codes() != Some(exit_codes)
            || matches!(now.containers, Containers::Terminated { .. }))
    {
        parts.push(ended(before, now, codes.get(exit_codes)));
    }
    if now.phase.is_terminal() && now.phase != before.phase {
        parts.push(now.phase.as_str().to_owned());
    }
    if before.finalizer && !now.finalizer {
        parts.push("finalizer removed".to_owned());
    }
    if gone {
        parts.push("gone".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What is new about exit codes. While other containers still run or wait, codes of 0 do not tell which container has
/// ended.
fn ended(before: &Pod, now: &Pod, codes: &[i32]) -> String {
    let is_mixed = matches!(now.containers, Containers::Mixed { .. });
    if is_mixed && codes.iter().all(|&code| code == 0) {
        let text = match before.containers {
            Containers::Waiting => "init containers run",
            Containers::Running => "a container has ended with exit code 0",
            Containers::Mixed { .. } | Containers::Terminated { .. } => "containers are started again",
        };
        return text.to_owned();
    }
    let list: Vec<String> = codes.iter().map(ToString::to_string).collect();
    format!("exit code {}", list.join(", "))
}

/// The name of the Pod that an entry is about, if it is about one.
pub(super) fn pod_of(entry: &TimelineEntry, job: &JobRecord, run: &RecordedRun) -> Option<String> {
    match entry.what {
        TimelineChange::Pod(id, ..) | TimelineChange::PodDeleted(id, ..) => Some(name_of(id, job, run)),
        _ => None,
    }
}
