//! The rows of an autopsy, for text and for a page: what stands in them, not how they are laid out.

use super::autopsy_next::{AutopsyForecast, forecast_rows, next_rows};
use super::change::change_for_reason;
use super::table::row;
use crate::api::JobReason;
use crate::autopsy::{
    Autopsy, CourseDifference, CourseEnd, CoursePod, CronAutopsy, JobAutopsy, JobCourse, LikelyCause, ObservedWait,
    StartFate, WaitCause,
};
use crate::text::{clock_beside, rfc3339, thousands};
use crate::time::{SimDuration, SimTime};
use std::collections::BTreeMap;

/// The time of day.
pub(super) fn clock(at: SimTime) -> String {
    rfc3339(at).get(11..19).unwrap_or_default().to_owned()
}

/// Why, what to change, and what comes next.
pub(super) fn summary_rows(job: &JobAutopsy, forecast: Option<&AutopsyForecast>, now: SimTime) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    if !job.end.because.is_empty() {
        rows.push(row(["Why:", &job.end.because]));
    }
    rows.extend(slowest(job, now).map(|what| row(["Waited:", &what])));
    rows.extend(change(job).map(|what| row(["Change:", &what])));
    for limit in job.end.next_limits.iter().filter(|_| job.end.state != "Complete") {
        rows.push(row(["Next limit:", &format!("{}: {}", limit.field, limit.left)]));
    }
    rows.extend(next_rows(job, now));
    rows.extend(forecast.into_iter().flat_map(|forecast| forecast_rows(forecast, now)));
    rows
}

/// What no rule explains, and by how much.
pub(super) fn difference_row(difference: &CourseDifference) -> Vec<String> {
    let words = if difference.likely == LikelyCause::ClockSkew { ["behind", "ahead"] } else { ["early", "late"] };
    let word = |by: SimDuration| words[usize::from(by >= SimDuration::ZERO)];
    let by = difference.by.map_or(String::new(), |by| format!("{} {}", span(by), word(by)));
    vec![by, capital(&difference.what)]
}

/// What happened, in order of time: when, and what.
pub(super) fn course_rows(course: &JobCourse) -> Vec<Vec<String>> {
    let mut lines: Vec<(SimTime, usize, String)> = vec![(course.created, 0, "Job created".to_owned())];
    for (from, to) in &course.suspended {
        if *from > course.created {
            lines.push((*from, 1, "suspended".to_owned()));
        }
        lines.extend(to.map(|to| (to, 1, "resumed".to_owned())));
    }
    for (place, pod) in course.pods.iter().enumerate() {
        let what = if course.lacks_pods { format!("Pod {} created, by an Event", pod.name) } else { life(pod) };
        lines.push((pod.created, 2 + place, what));
    }
    for condition in course.conditions.iter().filter(|condition| condition.is_true && condition.kind != "Suspended") {
        let why = if condition.reason.is_empty() { String::new() } else { format!(" ({})", condition.reason) };
        lines.push((condition.at, usize::MAX, format!("Job {}{why}", condition.kind)));
    }
    // The API keeps whole seconds. Within one, the order is that of cause and effect: the Job, its suspension, its Pods
    // in the order of their creation, its conditions.
    lines.sort_by_key(|(at, place, _)| (*at, *place));
    lines.into_iter().map(|(at, _, what)| vec![clock(at), what]).collect()
}

/// A wait: from when, until when, for what, and by which rule.
pub(super) fn wait_row(wait: &ObservedWait, course: &JobCourse) -> Vec<String> {
    let now = course.taken;
    let likely = if wait.is_certain { "" } else { " (likely)" };
    let also: Vec<String> =
        wait.also.iter().map(|(cause, span)| format!("of this {span} for {}", named(*cause))).collect();
    let also = if also.is_empty() { String::new() } else { format!("; {}", also.join(", ")) };
    let late = match wait.to {
        Some(_) => format!("{} waited {}", whom(wait, course), wait.lasted(now)),
        None => format!("{} has waited {} so far", whom(wait, course), wait.lasted(now)),
    };
    let due = match (wait.to, wait.expected) {
        (None, Some(until)) if until > now => format!(" It is over at {}.", clock_beside(until, now)),
        _ => String::new(),
    };
    vec![
        clock(wait.from),
        wait.to.map_or("now".to_owned(), clock),
        format!("{}{likely}. {}: {}{also}.{due}", capital(wait.cause.as_str()), capital(&late), wait.rule),
    ]
}

/// A CronJob in a sentence.
pub(super) fn cronjob_headline(cronjob: &CronAutopsy) -> String {
    let count = |is: fn(&StartFate) -> bool| cronjob.starts.iter().filter(|start| is(&start.fate)).count();
    let in_time = count(|fate| *fate == StartFate::InTime);
    let late = count(|fate| matches!(fate, StartFate::Late(_)));
    let unknown = count(|fate| *fate == StartFate::Unknown);
    let open = count(|fate| *fate == StartFate::Open);
    let missed = cronjob.starts.len() - in_time - late - unknown - open;
    format!(
        "CronJob {}: {} starts were due: {in_time} made in time, {late} late, {missed} not at all{}{}",
        cronjob.name,
        thousands(cronjob.starts.len() as u64),
        if unknown > 0 { format!(", {unknown} not known") } else { String::new() },
        if open > 0 { ", 1 may yet be made" } else { "" },
    )
}

/// The starts of a CronJob that were not made in time, and the next one.
pub(super) fn start_rows(cronjob: &CronAutopsy) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for start in cronjob.starts.iter().filter(|start| start.fate != StartFate::InTime) {
        let likely = if start.is_certain { "" } else { " (likely)" };
        let what = match (start.fate, start.created) {
            (StartFate::Late(_), Some(created)) => format!("late by {}", created - start.due),
            (StartFate::Open, _) => "open".to_owned(),
            (StartFate::Unknown, _) => "not known".to_owned(),
            _ => "not made".to_owned(),
        };
        rows.push(vec![rfc3339(start.due), format!("{what}{likely}: {}", start.rule)]);
    }
    if let Some(next) = cronjob.next {
        rows.push(vec![rfc3339(next), "next start".to_owned()]);
    }
    rows
}

/// Whether a Job has a block of its own. Where there are several, those that completed without a wait have none.
pub(super) fn is_worth(job: &JobAutopsy, autopsy: &Autopsy) -> bool {
    autopsy.jobs.len() == 1 || job.end.state != "Complete" || !job.waits.is_empty() || !job.differences.is_empty()
}

/// The releases that fit.
pub(super) fn release(autopsy: &Autopsy) -> String {
    let fit = &autopsy.releases;
    let mut text = match (fit.clues.is_empty(), fit.fitting.is_empty()) {
        (true, _) => "nothing in the dump tells which release of Kubernetes the controllers have".to_owned(),
        (_, true) => "no modelled release (v1.30 to v1.37) fits all that is seen".to_owned(),
        _ if fit.tells_anything() => format!("{} fit what is seen", fit.fitting),
        _ => "all modelled releases fit what is seen".to_owned(),
    };
    if fit.has_old_cap {
        text += "; Pods waited 6m after seven failures or more, the longest back-off of releases older than those";
    }
    for clue in &fit.clues {
        text += &format!("; {} ({})", clue.what, clue.rule.id());
    }
    if !fit.told.is_empty() {
        text += &format!("; kubelets say {}", fit.told.join(", "));
    }
    text
}

/// The text with a capital at its beginning. Only ASCII letters have one here: our own sentences begin with no others.
pub(super) fn capital(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

fn span(by: SimDuration) -> SimDuration {
    if by < SimDuration::ZERO { SimDuration::ZERO - by } else { by }
}

/// What became of a Job, in a sentence: its end or state, when, and with how many Pods. Pods that the dump lacks are
/// counted from the Job's status.
pub(super) fn headline(autopsy: &Autopsy, job: &JobAutopsy) -> String {
    let (course, end) = (&job.course, &job.end);
    let pods = course.pods.len() as i64 + course.unseen_failures + course.unseen_successes;
    let pods = if pods == 1 { "1 Pod".to_owned() } else { format!("{} Pods", thousands(pods.max(0) as u64)) };
    let after = |at: SimTime| format!("after {}, at {}", at - course.created, rfc3339(at));
    let what = match (end.state, end.at) {
        ("Complete", Some(at)) => format!("Complete {}", after(at)),
        ("Failed", Some(at)) => format!("Failed {} ({})", after(at), end.reason),
        ("Ending", _) => {
            let at = end.announced.unwrap_or(autopsy.taken);
            format!("ending since {} ({}): its Pods are still stopping", rfc3339(at), end.reason)
        }
        ("Suspended", _) => "suspended".to_owned(),
        ("Deleting", _) => "being deleted".to_owned(),
        _ => format!("goes on, {} after its creation", autopsy.taken - course.created),
    };
    format!("Job {}: {what}, with {pods}", course.name)
}

/// The cause that it waited for longest, with all waits of a cause added up.
fn slowest(job: &JobAutopsy, now: SimTime) -> Option<String> {
    let mut sums: BTreeMap<WaitCause, (SimDuration, usize)> = BTreeMap::new();
    for wait in &job.waits {
        let sum = sums.entry(wait.cause).or_default();
        *sum = (sum.0 + wait.lasted(now), sum.1 + 1);
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (span, _))| std::cmp::Reverse(*span));
    let parts: Vec<String> = sums
        .iter()
        .take(4)
        .map(|(cause, (span, n))| {
            let waits = if *n == 1 { "1 wait".to_owned() } else { format!("{n} waits") };
            format!("{span} for {} ({waits})", named(*cause))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A cause in a sentence.
fn named(cause: WaitCause) -> &'static str {
    match cause {
        WaitCause::Backoff => "the Pod failure back-off",
        WaitCause::Suspended => "the end of a suspension",
        WaitCause::Terminating => "Pods that were stopping",
        WaitCause::Throttle => "the client's rate limit",
        WaitCause::Refused => "creations that were refused",
        WaitCause::Parallelism => "a place among the Pods that parallelism allows",
        WaitCause::ControllerDown => "a controller that did nothing",
        WaitCause::SlowControlPlane => "a control plane that is slow",
        WaitCause::SchedulingGates => "scheduling gates",
        WaitCause::Room => "room on nodes",
        WaitCause::ImagePull => "images",
        WaitCause::Starting => "containers that did not start",
        WaitCause::Restart => "the kubelet's restart back-off",
        WaitCause::Forbid => "an earlier Job",
        WaitCause::Unknown => "what the dump does not tell",
    }
}

/// What would change the outcome.
pub(super) fn change(job: &JobAutopsy) -> Option<String> {
    let spec = &job.course.spec;
    let reason = JobReason::ALL.into_iter().find(|reason| reason.as_str() == job.end.reason);
    if let Some(change) =
        reason.filter(|_| job.end.state != "Complete").and_then(|reason| change_for_reason(spec, reason))
    {
        return Some(change);
    }
    let now = job.course.taken;
    let longest = job.waits.iter().max_by_key(|wait| wait.lasted(now))?;
    let what = match longest.cause {
        WaitCause::Backoff => {
            "fewer failures, or (Indexed) backoffLimitPerIndex, where an index waits for its own failures only; the back-off \
             itself cannot be set"
        }
        WaitCause::Suspended if longest.to.is_some() => return None,
        WaitCause::Suspended => "resume it: kubectl patch job NAME -p '{\"spec\":{\"suspend\":false}}'",
        WaitCause::Terminating => {
            "a shorter terminationGracePeriodSeconds, a process that ends on SIGTERM, or podReplacementPolicy TerminatingOrFailed"
        }
        WaitCause::Throttle => {
            "fewer Pods at once, or more than 20 requests a second (--kube-api-qps of the controller manager)"
        }
        WaitCause::Refused => "what the refusal says: a larger quota, or what the admission asks for",
        WaitCause::Parallelism => "a higher parallelism",
        WaitCause::ControllerDown => "look after the controller manager: its logs, its leader election, its load",
        WaitCause::SlowControlPlane => {
            "look after the API server and the controller manager: their load, their latency"
        }
        WaitCause::SchedulingGates => "whoever is to take the scheduling gates away",
        WaitCause::Room => "more or larger nodes, or smaller requests",
        WaitCause::ImagePull => "smaller images, images that are on the nodes already, or a registry that answers",
        WaitCause::Starting => "what the kubelet's message says",
        WaitCause::Restart => "fewer failures: the kubelet doubles its wait with each restart, up to 5m",
        WaitCause::Forbid => "shorter Jobs, or another concurrencyPolicy",
        WaitCause::Unknown => return None,
    };
    Some(what.to_owned())
}

/// A Pod's life in a line.
fn life(pod: &CoursePod) -> String {
    let mut parts = vec![format!("Pod {}", pod.name)];
    let at = |at: SimTime| clock(at);
    // A shorter time is the usual time to schedule a Pod, which nobody would call a wait.
    if let Some(bound) = pod.bound.filter(|bound| *bound - pod.created >= SimDuration::from_secs(3)) {
        parts.push(format!("on a node {}", at(bound)));
    }
    if let Some(started) = pod.started {
        parts.push(format!("ran {}", at(started)));
    }
    if let Some(deleted) = pod.deleted {
        let who = match pod.deleted_by_controller {
            Some(true) => " by the Job controller",
            Some(false) => " by somebody else",
            None => "",
        };
        parts.push(format!("deleted {}{who}", at(deleted)));
    }
    let code = pod.seen.as_ref().and_then(|seen| {
        let codes = seen.exit_codes.iter().map(|(_, code)| *code);
        // One code stands for all containers: any failure hides the zeros beside it.
        codes.max_by_key(|code| code.abs())
    });
    let code = code.map_or(String::new(), |code| format!(", exit code {code}"));
    let ended = pod.ended.map_or(String::new(), |ended| format!(" {}", at(ended)));
    match pod.end {
        CourseEnd::Succeeded => parts.push(format!("Succeeded{ended}")),
        CourseEnd::Failed => parts.push(format!("Failed{ended}{code}")),
        CourseEnd::Deleted if pod.ended.is_some() => parts.push(format!("gone before{ended}")),
        CourseEnd::Deleted => parts.push("gone".to_owned()),
        CourseEnd::Unknown => parts.push("gone (known from an Event)".to_owned()),
        CourseEnd::Unfinished if pod.deleted.is_some() => parts.push("is stopping".to_owned()),
        CourseEnd::Unfinished if pod.started.is_some() => parts.push("runs".to_owned()),
        CourseEnd::Unfinished => parts.push("has not run yet".to_owned()),
    }
    parts.join(", ")
}

/// Which Pods a wait concerns, or that it concerns the Job as a whole.
pub(super) fn whom(wait: &ObservedWait, course: &JobCourse) -> String {
    match wait.pods.len() {
        0 if wait.to.is_none() && wait.cause != WaitCause::Suspended => "the next Pod".to_owned(),
        0 => "the Job".to_owned(),
        1 => format!("Pod {}", course.pods[wait.pods[0]].name),
        2..=4 => {
            let names: Vec<&str> = wait.pods.iter().map(|place| course.pods[*place].name.as_str()).collect();
            let (last, first) = names.split_last().expect("there are some");
            format!("Pods {} and {last}", first.join(", "))
        }
        n => {
            let first = wait.pods.first().map_or("", |place| course.pods[*place].name.as_str());
            format!("{} Pods from {first} on", thousands(n as u64))
        }
    }
}
