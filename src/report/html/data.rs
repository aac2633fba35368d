//! The data in the page: the timelines, the records as CSV, the summaries, and the command. What is too large for a
//! page is left out, and the data say how many records, timelines and Jobs are missing.

use crate::experiment::result::{Point, ResultFile};
use crate::experiment::{JobTimeline, Summary, Timeline};
use crate::plot::named_points;
use crate::record::Stage;
use crate::report::records_csv;
use crate::report::steps::add_steps;
use crate::text::visible;
use serde_json::{Value, json};
use std::borrow::Cow;

/// The most Pods of a timeline.
const PODS: usize = 3_000;
/// The most Pods of a timeline whose steps describe every Pod; with more, steps describe only the Job.
const STEPS_OF_PODS: usize = 300;
/// The greatest number of Jobs whose stages are shown in one view.
const FLEET: usize = 600;
/// The most bytes of all timelines of a page together, apart from the first one: a page should have at least one.
const BYTES: usize = 150_000;
/// The most records of a point.
const RECORDS: usize = 5_000;
/// The most records of all points together.
const ALL_RECORDS: usize = 10_000;
/// The most Events of a Job.
const EVENTS: usize = 500;

/// Whether a point has a timeline that the page can show.
pub fn has_timeline(point: &Point) -> bool {
    point.timelines.iter().any(|t| has_pods(t) || t.jobs.len() > 1)
}

/// The data as JSON that can be embedded in a page.
pub fn json(results: &[(String, ResultFile)]) -> String {
    let mut left = ALL_RECORDS;
    let mut space = None;
    let mut points = Vec::new();
    for one in &named_points(results) {
        let records = one.point.records.len().min(RECORDS).min(left);
        left -= records;
        let csv = records_csv(&one.point.records[..records], &one.point.summary.all.job).unwrap_or_default();
        let timelines = timelines(one.point, &mut space);
        points.push(json!({
            "name": one.name,
            "settings": one.point.settings,
            "summary": summary(one.point),
            "goals": one.point.goals,
            "recordsLeftOut": one.point.records.len() - records,
            "timelinesLeftOut": one.point.timelines.len() - timelines.len(),
            "timelines": timelines,
            "csv": String::from_utf8_lossy(&csv),
        }));
    }
    let runs: Vec<Value> = results
        .iter()
        .map(|(name, r)| json!({"name": name, "command": r.command, "seed": r.seed, "jobsim": r.jobsim, "files": r.files}))
        .collect();
    let mut data = json!({"runs": runs, "points": points});
    show_hidden(&mut data);
    // HTML ends a script at the first `</script>`, also within a string; JSON can write `<` as an escape.
    data.to_string().replace('<', "\\u003c")
}

/// Makes control characters visible in all texts. JSON would escape most of them, but the script's parser turns such
/// escapes back into the characters.
fn show_hidden(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(shown) = visible(text) {
                *text = shown;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(show_hidden),
        Value::Object(fields) => fields.values_mut().for_each(show_hidden),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The summary without responses that are always 0, which are most of them.
fn summary(point: &Point) -> Summary {
    let mut summary = point.summary.clone();
    for series in std::iter::once(&mut summary.all).chain(&mut summary.series) {
        series.responses.retain(|s| s.max != Some(0.0));
    }
    summary
}

/// The timelines of a point: first the one of median length, then others as long as there is room. `space` is the room
/// that is left in the page, and `None` before its first timeline.
fn timelines(point: &Point, space: &mut Option<usize>) -> Vec<Value> {
    let mut timelines: Vec<&Timeline> = point.timelines.iter().filter(|t| has_pods(t) || t.jobs.len() > 1).collect();
    timelines.sort_by_key(|t| !t.chosen_as.iter().any(|c| c == "median"));
    let mut values = Vec::new();
    for timeline in timelines {
        let value = brief(timeline);
        let size = value.to_string().len();
        if space.is_some_and(|space| size > space) {
            continue;
        }
        *space = Some(space.map_or(BYTES, |space| space - size));
        values.push(value);
    }
    values
}

/// Whether the lives of the Pods are shown: there are some, and not too many.
fn has_pods(timeline: &Timeline) -> bool {
    (1..=PODS).contains(&timeline.jobs.iter().map(|j| j.pods.len()).sum::<usize>())
}

/// A timeline without the parts that only its pictures need.
fn without_parts(timeline: &Timeline) -> Timeline {
    let jobs = if has_pods(timeline) { timeline.jobs.iter().map(without_pictures).collect() } else { Vec::new() };
    let mut kept = Timeline { jobs, nodes: Vec::new(), ..timeline.clone() };
    kept.cron_jobs.iter_mut().for_each(|cronjob| cronjob.events.clear());
    kept
}

/// Adds the Jobs of a fleet to a timeline that is already JSON.
pub fn add_fleet(value: &mut Value, timeline: &Timeline) {
    let fleet = fleet(timeline);
    if !fleet.is_empty() {
        let created = timeline.jobs.iter().filter(|job| job.created.is_some()).count();
        value["fleetLeftOut"] = json!(created - fleet.len());
        value["fleet"] = json!(fleet);
    }
}

/// The Jobs of a fleet with their stages, each as the number of the stage, its beginning and its end.
fn fleet(timeline: &Timeline) -> Vec<Value> {
    if timeline.jobs.len() < 2 {
        return Vec::new();
    }
    let mut jobs: Vec<&JobTimeline> = timeline.jobs.iter().filter(|job| job.created.is_some()).collect();
    jobs.sort_by(|a, b| a.created.unwrap_or(0.0).total_cmp(&b.created.unwrap_or(0.0)));
    let job = |job: &&JobTimeline| {
        let stages = job.stages.iter().filter_map(|span| {
            let stage = Stage::ALL.iter().position(|stage| stage.key() == span.stage)?;
            Some(json!([stage, span.from, span.to]))
        });
        let stages: Vec<Value> = stages.collect();
        json!({"name": job.name, "end": job.end.as_str(), "reason": job.reason, "created": job.created,
            "finished": job.finished, "stages": stages})
    };
    jobs.iter().take(FLEET).map(job).collect()
}

fn without_pictures(job: &JobTimeline) -> JobTimeline {
    let (levels, stages, occupancy) = (Vec::new(), Vec::new(), Vec::new());
    let mut job = JobTimeline { levels, stages, occupancy, ..job.clone() };
    job.events.truncate(EVENTS);
    job
}

/// A timeline as compact JSON: times to the millisecond, absent values left out. Steps are made before times are
/// rounded: in steps of one millisecond different instants would fall together.
fn brief(timeline: &Timeline) -> Value {
    let kept = without_parts(timeline);
    let mut value = serde_json::to_value(&kept).unwrap_or_default();
    let pods = kept.jobs.iter().map(|job| job.pods.len()).sum::<usize>();
    add_steps(&mut value, &kept, pods <= STEPS_OF_PODS);
    add_fleet(&mut value, timeline);
    shorten(&mut value);
    value
}

/// Rounds all numbers to a thousandth and writes whole ones without a point; removes fields that are null or false.
fn shorten(value: &mut Value) {
    match value {
        Value::Number(n) if n.is_f64() => {
            let rounded = n.as_f64().map(|x| (x * 1e3).round() / 1e3);
            *value = rounded
                .map_or(Value::Null, |x| if x == x.trunc() && x.abs() < 1e15 { json!(x as i64) } else { json!(x) });
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(fields) => {
            // `false` means the same as a missing field.
            fields.retain(|_, field| !field.is_null() && *field != Value::Bool(false));
            fields.values_mut().for_each(shorten);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_are_brief() {
        let mut value = json!({"at": 0.511_000_001, "gone": null, "runs": [{"to": 3.0, "exitCode": 0}]});
        shorten(&mut value);
        assert_eq!(value, json!({"at": 0.511, "runs": [{"to": 3, "exitCode": 0}]}));
    }
}
