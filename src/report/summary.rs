//! What kubectl cannot show: how long a Job took and why, what it waited for, and when more Pods ran than requested.

use super::answer_lines::AnswerLine;
use super::experiment::percent;
use super::kubectl::status_word;
use super::layout::Layout;
use crate::api::JobConditionType;
use crate::record::RecordedRun;
use crate::record::message_text;
use crate::record::{JobRecord, OvershootByCause, OvershootCause, pod_name};
use crate::text::{counted, thousands};
use crate::time::{SimDuration, SimTime};
use std::ops::Add;

/// An instant, counted from the Job's creation.
pub(super) fn since(job: &JobRecord, t: SimTime) -> String {
    format!("+{}", t - job.created.unwrap_or(SimTime::ZERO))
}

fn count(n: u32, one: &str) -> String {
    counted(n.into(), one)
}

/// The text about a Job, in addition to what kubectl shows.
pub fn summary(job: &JobRecord, run: &RecordedRun, layout: Layout) -> String {
    layout.table(&[vec![AnswerLine::Outcome.heading() + "  ", outcome(job, run)]], "", 2) + &details(job, run, layout)
}

/// The same text without the outcome.
pub(super) fn details(job: &JobRecord, run: &RecordedRun, layout: Layout) -> String {
    let mut rows = Vec::new();
    let line = |rows: &mut Vec<Vec<String>>, line: AnswerLine, text: String| rows.push(vec![line.heading(), text]);
    line(&mut rows, AnswerLine::Pods, pods(job));
    if job.pod_time.is_positive() {
        line(&mut rows, AnswerLine::PodTime, pod_time(job));
    }
    if job.creations_refused > 0 {
        line(&mut rows, AnswerLine::Refused, format!("{} refused", count(job.creations_refused, "creation")));
    }
    for (n, (at, text)) in job.refusals.iter().enumerate() {
        let text = format!("refused at {}: {text}", since(job, *at));
        if n == 0 { line(&mut rows, AnswerLine::Edits, text) } else { rows.push(further(text)) }
    }
    if job.syncs_failed > 0 {
        line(
            &mut rows,
            AnswerLine::Syncs,
            format!("{} in error, each repeated after a requeue back-off", thousands(job.syncs_failed.into())),
        );
    }
    line(&mut rows, AnswerLine::BackOff, back_off(job, run));
    rows.extend(waits(job, layout).into_iter().map(further));
    if job.restarts > 0 {
        line(&mut rows, AnswerLine::Restarts, restarts(job));
        rows.extend(restart_waits(job, layout).into_iter().map(further));
    }
    line(&mut rows, AnswerLine::Overshoot, overshoot(job));
    rows.extend(overshoot_causes(job).into_iter().map(further));
    layout.table(&rows, "", 2)
}

/// A line that belongs to the one above.
fn further(text: String) -> Vec<String> {
    vec![String::new(), text]
}

pub(super) fn outcome(job: &JobRecord, run: &RecordedRun) -> String {
    let Some(facts) = &job.facts else { return "the Job was never created".to_owned() };
    let word = status_word(&facts.status, facts.deleting);
    match (job.duration(), facts.status.finished()) {
        (Some(duration), Some(end)) => {
            let message = message_text(end.message, job, run);
            // A Job that was read from a cluster may have ended already.
            let after = if duration.is_positive() { format!("after {duration}") } else { "from the start".to_owned() };
            let gone = job.gone.map_or(String::new(), |t| format!("; deleted at {}", since(job, t)));
            let why = match end.reason_text() {
                "" => String::new(),
                reason => format!(": {reason}: {message}"),
            };
            format!("{word} {after}{why}{gone}")
        }
        _ if job.gone.is_some() => format!("deleted at {}", since(job, job.gone.unwrap_or(run.end))),
        _ if run.cut => format!("{word} when the run was stopped at {}", since(job, run.end)),
        _ => {
            let last = run.recorder.settled.unwrap_or(run.end);
            format!("{word} for ever: nothing happens after {}{}", since(job, last), why_stuck(job))
        }
    }
}

/// Why nothing more happens to a Job that has not ended.
fn why_stuck(job: &JobRecord) -> &'static str {
    let Some(facts) = &job.facts else { return "" };
    let status = &facts.status;
    if facts.spec.is_managed_elsewhere() {
        " (another controller manages it)"
    } else if status.is_true(JobConditionType::Suspended) {
        " (it is suspended)"
    } else if status.active > 0 {
        match job.unbound_pods() {
            0 => " (its Pods never end)",
            all if all == status.active => " (its Pods are never bound to a node)",
            _ => " (some of its Pods are never bound to a node, the others never end)",
        }
    } else if facts.spec.parallelism == 0 {
        " (parallelism is 0)"
    } else {
        ""
    }
}

fn pods(job: &JobRecord) -> String {
    let [created, succeeded, failed] =
        [job.pods_created, job.pods_succeeded, job.pods_failed].map(|n| thousands(n.into()));
    let mut text = format!("{created} created, {succeeded} succeeded, {failed} failed");
    if job.pods_deleted > 0 {
        text += &format!(", {} deleted before they finished", thousands(job.pods_deleted.into()));
    }
    if job.pods_removed > 0 {
        // The garbage collector deletes a Job's Pods after the Job, so if the Job is gone, that may have removed them,
        // too.
        let how = if job.gone.is_some() { ", a scale-down or with the Job" } else { " or a scale-down" };
        text += &format!(", {} removed by a suspension{how}", thousands(job.pods_removed.into()));
    }
    text += match job.retries() {
        0 => "; no retries".to_owned(),
        1 => "; 1 retry".to_owned(),
        n => format!("; {} retries", thousands(n.into())),
    }
    .as_str();
    if job.restarts > 0 {
        text += &format!("; {}", count(job.restarts, "container restart"));
    }
    if let Some(t) = job.last_pod_created {
        text += &format!("; last created at {}", since(job, t));
    }
    text
}

fn pod_time(job: &JobRecord) -> String {
    let mut text = format!("{} in all", job.pod_time);
    if job.wasted_pod_time.is_positive() {
        let share = percent(job.wasted_pod_time.as_secs_f64() / job.pod_time.as_secs_f64());
        text += &format!(", {} ({share}) of it in Pods that did not succeed", job.wasted_pod_time);
    }
    text
}

fn back_off(job: &JobRecord, run: &RecordedRun) -> String {
    let longest = job.waits.iter().map(|w| w.wait.until - w.since).max();
    match (job.waits.len() as u32, longest) {
        (0, _) | (_, None) => "none was waited for".to_owned(),
        (n, Some(longest)) => {
            let (wait, life) =
                (job.backoff_wait(run.end), job.path.spans().into_iter().fold(SimDuration::ZERO, Add::add));
            let times = format!("waited {}, longest {longest}", count(n, "time"));
            if n == 1 || !life.is_positive() {
                return times;
            }
            let share = percent(wait.as_secs_f64() / life.as_secs_f64());
            format!("{times}; at least one was waited for in {wait} ({share}) of its life, also while Pods ran")
        }
    }
}

fn waits(job: &JobRecord, layout: Layout) -> Vec<String> {
    let listed = layout.listed();
    let shown = job.waits.iter().take(listed).map(|w| {
        let (left, whole) = (w.wait.until - w.since, w.wait.backoff);
        let index = w.wait.index.map_or(String::new(), |ix| format!(" of index {ix}"));
        let (at, until) = (since(job, w.since), since(job, w.wait.until));
        let failures = count(w.wait.failures.max(0) as u32, "failure");
        format!("at {at}: {left} until {until} (back-off {whole} after {failures}{index})")
    });
    let mut lines: Vec<String> = shown.collect();
    if job.waits.len() > listed {
        lines.push(format!("… {} more (--all)", thousands((job.waits.len() - listed) as u64)));
    }
    lines
}

/// What the kubelet waited for before it restarted containers.
fn restarts(job: &JobRecord) -> String {
    let waits = &job.restart_waits;
    let restarts = count(job.restarts, "container restart");
    if waits.tally.count == 0 {
        return restarts;
    }
    let (total, longest) = (waits.tally.total, waits.tally.longest);
    format!("{restarts}; the kubelet's restart back-off took {total} in all, longest {longest}")
}

fn restart_waits(job: &JobRecord, layout: Layout) -> Vec<String> {
    let waits = &job.restart_waits;
    let shown = waits.first.iter().take(layout.listed());
    let mut lines: Vec<String> = shown
        .map(|w| {
            let (at, until) = (since(job, w.since), since(job, w.until));
            format!("at {at}: {} until {until} ({})", w.until - w.since, pod_name(&job.name, &w.pod))
        })
        .collect();
    let more = waits.tally.count.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(format!("… {} more (--timeline)", thousands(more)));
    }
    lines
}

fn overshoot(job: &JobRecord) -> String {
    match &job.overshoot.total {
        o if o.episodes == 0 => "never more Pods running than parallelism".to_owned(),
        o => episodes(o) + " above parallelism",
    }
}

fn episodes(o: &OvershootByCause) -> String {
    let time: SimDuration = o.time;
    format!("{}, {time} in all, up to {}", count(o.episodes, "time"), count(o.most, "Pod"))
}

fn overshoot_causes(job: &JobRecord) -> Vec<String> {
    let causes = OvershootCause::ALL.iter().zip(&job.overshoot.by_cause);
    causes.filter(|(_, o)| o.episodes > 0).map(|(c, o)| format!("{}: {}", c.as_str(), episodes(o))).collect()
}
