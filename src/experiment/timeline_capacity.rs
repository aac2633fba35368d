//! Adds to a timeline what a batch shares: the stages of each Job, what it used of the cluster, and the starts of
//! CronJobs.

use super::{CronStartEntry, CronTimeline, EventEntry, Occupancy, StageEntry, Timeline};
use crate::record::RecordedRun;
use crate::record::{CronRecord, Fate, TimelineChange};
use crate::time::SimTime;

/// Adds it to a timeline whose times count from `start`.
pub fn enter(run: &RecordedRun, start: SimTime, timeline: &mut Timeline) {
    let seconds = |t: SimTime| (t - start).as_secs_f64();
    let recorder = run.recorder;
    for (into, job) in timeline.jobs.iter_mut().zip(&recorder.jobs) {
        let span = |s: &crate::record::StageSpan| StageEntry {
            from: seconds(s.from),
            to: seconds(s.to),
            stage: s.stage.key().to_owned(),
        };
        into.stages = job.capacity.stages.course().iter().map(span).collect();
        if let Some((owner, scheduled)) = job.owner {
            into.cron_job = recorder.cronjobs.get(owner.ix()).map_or(String::new(), |c| c.name.clone());
            into.scheduled = scheduled.map(|unix| seconds(recorder.clock().at(unix)));
        }
    }
    for step in &recorder.capacity.course {
        if let Some(job) = timeline.jobs.get_mut(step.job.ix()) {
            job.occupancy.push(Occupancy { at: seconds(step.at), taken: step.occupancy, waiting: step.queue });
        }
    }
    timeline.cron_jobs = recorder.cronjobs.iter().map(|cronjob| of_cronjob(cronjob, run, &seconds)).collect();
    for entry in &recorder.timeline {
        let TimelineChange::CronNotice(notice) = &entry.what else { continue };
        let kind = if notice.emission.warning { "Warning" } else { "Normal" };
        let (reason, message) = (notice.emission.reason.to_owned(), notice.emission.message.clone());
        timeline.cron_jobs[notice.cronjob.ix()].events.push(EventEntry {
            at: seconds(entry.at),
            kind: kind.to_owned(),
            reason,
            message,
        });
    }
}

fn of_cronjob(cronjob: &CronRecord, run: &RecordedRun, seconds: &dyn Fn(SimTime) -> f64) -> CronTimeline {
    let spec = cronjob.facts.as_ref().map(|facts| &facts.spec);
    CronTimeline {
        name: cronjob.name.clone(),
        namespace: cronjob.namespace.clone(),
        schedule: spec.map_or(String::new(), |spec| spec.schedule.clone()),
        time_zone: spec.and_then(|spec| spec.time_zone.clone()).unwrap_or_default(),
        concurrency_policy: spec.map_or(String::new(), |spec| spec.concurrency_policy.as_str().to_owned()),
        created: cronjob.created.map(seconds),
        gone: cronjob.gone.map(seconds),
        starts: starts(cronjob, run, seconds),
        events: Vec::new(),
    }
}

/// Every due start that the record lists.
pub(crate) fn starts(cronjob: &CronRecord, run: &RecordedRun, seconds: &dyn Fn(SimTime) -> f64) -> Vec<CronStartEntry> {
    let entry = |start: &crate::record::Start| {
        let due = seconds(start.due);
        let entry = |fate: &str| CronStartEntry { due, fate: fate.to_owned(), ..CronStartEntry::default() };
        match start.fate {
            Fate::Open => entry("open"),
            Fate::Skipped(reason) => CronStartEntry { reason: reason.key().to_owned(), ..entry("skipped") },
            Fate::Started(id, at) => {
                let job = run.recorder.job(id);
                let minute = run.recorder.clock().unix(start.due) / 60;
                CronStartEntry {
                    job: format!("{}-{minute}", cronjob.name),
                    started: Some(seconds(at)),
                    over: job.and_then(|job| job.finished.or(job.gone)).map(seconds),
                    replaced: job.is_some_and(|job| job.replaced),
                    ..entry("started")
                }
            }
        }
    };
    cronjob.starts.iter().map(entry).collect()
}
