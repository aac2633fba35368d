//! CronJobs for people: the lines of `kubectl get cronjobs`, the timeline's lines, and what kubectl cannot show: which
//! starts were made, how late, which were skipped, and why. All of it comes from the record.

use super::answer_lines::AnswerLine;
use super::experiment::percent;
use super::kubectl::human_duration;
use super::layout::Layout;
use super::table::row;
use crate::experiment::{Outcome, StartCounts};
use crate::record::RecordedRun;
use crate::record::{CronFacts, CronRecord, SkipReason, TimelineChange};
use crate::text::{counted, thousands};
use crate::time::SimDuration;
use serde_json::{Value, json};
use std::sync::Arc;

/// A line of the timeline about a CronJob or the whole cluster: the object, and what changed.
pub(super) fn line(what: &TimelineChange, run: &RecordedRun) -> Option<(String, String)> {
    let cronjob = |id: crate::id::CronJobId| format!("cronjob/{}", run.recorder.cronjobs[id.ix()].name);
    let cluster = |text: &str| Some(("cluster".to_owned(), text.to_owned()));
    match what {
        TimelineChange::ControllersDown => cluster("the controllers died, with all that they knew"),
        TimelineChange::ControllersUp => cluster("new controllers started"),
        TimelineChange::Node(name, text) => Some((format!("node/{name}"), text.clone())),
        TimelineChange::ActRefused(text) => cluster(&format!("refused: {text}")),
        TimelineChange::CronJob(id, before, now) => Some((cronjob(*id), change(before.as_ref(), now)?)),
        TimelineChange::CronNotice(notice) => {
            let raised = if notice.count > 1 { " (count raised)" } else { "" };
            let (reason, message) = (notice.emission.reason, &notice.emission.message);
            Some((cronjob(notice.cronjob), format!("Event {reason}: {message}{raised}")))
        }
        _ => None,
    }
}

/// What a write changed in a CronJob, apart from its status, which its Events describe.
fn change(before: Option<&CronFacts>, now: &CronFacts) -> Option<String> {
    let Some(before) = before else { return Some("created".to_owned()) };
    if now.gone {
        return Some("gone".to_owned());
    }
    let (old, new) = (&before.spec, &now.spec);
    let mut parts = Vec::new();
    if now.deleting && !before.deleting {
        parts.push("marked for deletion".to_owned());
    }
    // Most writes are of the status alone, and a schedule may be a long text.
    if !Arc::ptr_eq(old, new) {
        let mut field = |name: &str, was: String, is: String| {
            if was != is {
                parts.push(format!("edited: {name} {was} → {is}"));
            }
        };
        let zone = |spec: &crate::api::CronJobSpec| spec.time_zone.clone().unwrap_or_else(|| "unset".to_owned());
        let seconds = |n: Option<i64>| n.map_or("unset".to_owned(), |n| n.to_string());
        let policy = |spec: &crate::api::CronJobSpec| spec.concurrency_policy.as_str().to_owned();
        field("suspend", old.suspend.to_string(), new.suspend.to_string());
        field("schedule", old.schedule.clone(), new.schedule.clone());
        field("timeZone", zone(old), zone(new));
        field("concurrencyPolicy", policy(old), policy(new));
        field(
            "startingDeadlineSeconds",
            seconds(old.starting_deadline_seconds),
            seconds(new.starting_deadline_seconds),
        );
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The lines of `kubectl get cronjobs`; empty without CronJobs.
pub(super) fn get(run: &RecordedRun, layout: Layout) -> String {
    let mut rows = vec![row(["NAME", "SCHEDULE", "TIMEZONE", "SUSPEND", "ACTIVE", "LAST SCHEDULE", "AGE"])];
    for cronjob in run.recorder.cronjobs.iter().filter(|cronjob| cronjob.gone.is_none()) {
        let (Some(facts), Some(created)) = (&cronjob.facts, cronjob.created) else { continue };
        let (spec, status) = (&facts.spec, &facts.status);
        let last = status.last_schedule_time.map(|last| human_duration(run.end - last));
        rows.push(vec![
            format!("cronjob.batch/{}", cronjob.name),
            spec.schedule.clone(),
            spec.time_zone.clone().unwrap_or_else(|| "<none>".to_owned()),
            if spec.suspend { "True" } else { "False" }.to_owned(),
            status.active.len().to_string(),
            last.unwrap_or_else(|| "<none>".to_owned()),
            human_duration(run.end - cronjob.created_before.unwrap_or(created)),
        ]);
    }
    if rows.len() > 1 { layout.blocks(&rows, 1, "", 3) } else { String::new() }
}

/// The text about the starts of a CronJob. `outcome` is the sum over its Jobs.
pub fn starts(cronjob: &CronRecord, outcome: Option<&Outcome>, run: &RecordedRun, layout: Layout) -> String {
    let Some(created) = cronjob.created else { return format!("CronJob {}: not created\n", cronjob.name) };
    let starts = StartCounts::of(cronjob);
    let age = cronjob.gone.unwrap_or(run.end) - created;
    let mut text = format!(
        "{} {}: {} due in {age}",
        AnswerLine::StartsOf.label(),
        cronjob.name,
        counted(starts.due.into(), "start")
    );
    text += &format!(", {} made", thousands(starts.started.into()));
    text += &format!(", {} left out", thousands(starts.skipped().into()));
    if cronjob.open() > 0 {
        text += ", one may yet be made";
    }
    let mut rows = left_out(cronjob, &starts);
    let mut line = |line: AnswerLine, text: String| rows.push(vec![line.heading(), text]);
    if starts.started > 0 {
        line(AnswerLine::Late, late(&starts));
        line(AnswerLine::Overlap, overlap(&starts, age));
    }
    if let Some(edited) = cronjob.edited.filter(|_| cronjob.made_after_edit > 0) {
        line(AnswerLine::Edited, after_edit(cronjob, edited - created));
    }
    if starts.replaced > 0 {
        line(
            AnswerLine::Replaced,
            format!("{} deleted for a new one before they had ended", counted(starts.replaced.into(), "Job")),
        );
    }
    if starts.too_many_missed > 0 {
        line(
            AnswerLine::Warned,
            format!("{} of more than 100 missed starts", counted(starts.too_many_missed.into(), "time")),
        );
    }
    if let Some(outcome) = outcome.filter(|outcome| outcome.jobs > 0) {
        line(AnswerLine::Jobs, jobs(outcome));
    }
    text + "\n" + &layout.table(&rows, "  ", 2)
}

fn left_out(cronjob: &CronRecord, starts: &StartCounts) -> Vec<Vec<String>> {
    let reasons = SkipReason::ALL.into_iter().zip(cronjob.skipped).filter(|(_, n)| *n > 0);
    let line = |(place, (reason, n)): (usize, (SkipReason, u32))| {
        let name = if place == 0 { AnswerLine::LeftOut.heading() } else { String::new() };
        let share = percent(f64::from(n) / f64::from(starts.due));
        vec![name, format!("{} ({share}): {}", thousands(n.into()), reason.as_str())]
    };
    reasons.enumerate().map(line).collect()
}

fn late(starts: &StartCounts) -> String {
    let mut text = format!("p50 {}, longest {}", starts.median_delay, starts.longest_delay);
    if starts.delayed > 0 {
        text += &format!("; {} held back and made when that was over", counted(starts.delayed.into(), "start"));
    }
    text
}

/// Why a start was made for a time that lies before an edit.
fn after_edit(cronjob: &CronRecord, edited: SimDuration) -> String {
    let those = counted(cronjob.made_after_edit.into(), "start");
    format!(
        "{those} made for a time before the edit at +{edited}: by the new schedule it was due after the last start, so the \
         controller takes it for missed and makes up for it at its next pass, which an edit of the schedule does not bring \
         forward; a real controller manager also looks at every CronJob at its resync, every 12 to 24 h, which may come first"
    )
}

fn overlap(starts: &StartCounts, age: SimDuration) -> String {
    if !starts.overlap.is_positive() {
        return "never more than one Job at a time".to_owned();
    }
    let share = percent(starts.overlap.as_secs_f64() / age.as_secs_f64());
    format!("more than one Job for {} ({share} of the time), at most {} at a time", starts.overlap, starts.most_at_once)
}

fn jobs(outcome: &Outcome) -> String {
    let ends = &outcome.ends;
    let known = [
        (ends.complete, "Complete"),
        (ends.failed, "Failed"),
        (ends.deleted, "deleted before they had ended"),
        (ends.unfinished, "not ended yet"),
    ];
    let parts: Vec<String> =
        known.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", thousands((*n).into()))).collect();
    let longest =
        if ends.longest.is_positive() { format!("; the longest took {}", ends.longest) } else { String::new() };
    format!("{}{longest}", parts.join(", "))
}

/// Edits that the API server refused, other than edits of Jobs.
pub(super) fn refused(run: &RecordedRun, layout: Layout) -> String {
    let rows: Vec<Vec<String>> = run
        .recorder
        .refusals
        .iter()
        .map(|(at, text)| vec![AnswerLine::Refused.heading(), format!("at +{}: {text}", *at - run.recorder.start)])
        .collect();
    layout.table(&rows, "", 2)
}

/// The CronJobs as JSON: times are seconds since the start of the run.
pub fn cronjobs_json(run: &RecordedRun) -> Value {
    let seconds = |t: crate::time::SimTime| (t - run.recorder.start).as_secs_f64();
    let one = |cronjob: &CronRecord| {
        let facts = cronjob.facts.as_ref();
        json!({
            "name": cronjob.name,
            "namespace": cronjob.namespace,
            "schedule": facts.map(|f| &f.spec.schedule),
            "timeZone": facts.map(|f| &f.spec.time_zone),
            "concurrencyPolicy": facts.map(|f| f.spec.concurrency_policy.as_str()),
            "suspend": facts.map(|f| f.spec.suspend),
            "active": facts.map(|f| f.status.active.iter().map(|a| &*a.name).collect::<Vec<_>>()),
            "lastScheduleSeconds": facts.and_then(|f| f.status.last_schedule_time).map(seconds),
            "lastSuccessfulSeconds": facts.and_then(|f| f.status.last_successful_time).map(seconds),
            "createdAtSeconds": cronjob.created.map(seconds),
            "goneAtSeconds": cronjob.gone.map(seconds),
            "open": cronjob.open(),
            "madeAfterEdit": cronjob.made_after_edit,
            "summary": StartCounts::of(cronjob),
            "starts": crate::experiment::timeline_starts(cronjob, run, &seconds),
            "events": cronjob.notices.iter().map(|n| json!({
                "type": if n.emission.warning { "Warning" } else { "Normal" },
                "reason": n.emission.reason, "message": n.emission.message, "count": n.count,
                "firstSeconds": seconds(n.first), "lastSeconds": seconds(n.last),
            })).collect::<Vec<_>>(),
        })
    };
    run.recorder.cronjobs.iter().map(one).collect()
}
