//! What comes next for a Job of a dump: its simulation is continued in many replications, with models fitted to its own
//! Pods, and with edits of its fields. What happened before is analysed in [`crate::autopsy`].

use crate::autopsy::{Dump, JobAutopsy};
use crate::calibrate::{Calibration, objects};
use crate::experiment::{Budget, JobEnd, Plan, Replication, RunControl, replicate};
use crate::limits::{EVENTS_AHEAD, MOST_PODS_AHEAD};
use crate::release::Release;
use crate::report::{AutopsyForecast, ForecastEdit, calibrated_scenario};
use crate::scenario::source::Source;
use crate::scenario::{Input, Setting};
use crate::stats::interval::wilson;
use crate::text::rfc3339;
use crate::time::{SimDuration, SimTime, WallClock};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::PathBuf;

/// How many replications continue a Job.
const REPLICATIONS: u32 = 400;

/// The Pods of a Job in the dump.
fn pods_of(dump: &Dump, job: &JobAutopsy) -> Vec<Value> {
    let course = &job.course;
    let names: HashSet<&str> = course.pods.iter().filter(|pod| pod.is_there).map(|pod| pod.name.as_str()).collect();
    let mut pods = dump.pods_as_read(&course.namespace, &course.name);
    pods.retain(|pod| names.contains(pod["metadata"]["name"].as_str().unwrap_or_default()));
    for pod in &mut pods {
        (pod["kind"], pod["apiVersion"]) = ("Pod".into(), "v1".into());
    }
    pods
}

/// A scenario with fitted models, its settings, and words about the observations behind it.
struct FittedModels {
    scenario: String,
    settings: Vec<(String, String)>,
    words: String,
}

fn models(pods: &[Value], job: &JobAutopsy) -> Option<FittedModels> {
    let now = WallClock::default().unix(job.course.taken) as f64;
    let read = objects(pods.to_vec()).ok()?;
    let calibration = Calibration::new(&read, Some(&job.course.name), Some(now));
    let ended: u64 = calibration.seen.exit_codes.values().sum();
    // Unless at least one run has ended, it is unknown how long runs take.
    if ended == 0 {
        return None;
    }
    let failed = ended - calibration.seen.exit_codes.get(&0).copied().unwrap_or(0);
    let mut settings = Vec::new();
    let (_, of_all) = calibration.failed()?;
    let mut words = format!(
        "its Pods go on like the {ended} runs that have ended, of which {failed} failed; of many alike between {:.0} % and {:.0} % \
         would",
        of_all.low * 100.0,
        of_all.high * 100.0
    );
    if calibration.run.fit.is_none() {
        let runs: Vec<f64> = calibration.seen.run.iter().filter(|run| run.ended).map(|run| run.duration).collect();
        let mean = runs.iter().sum::<f64>() / runs.len().max(1) as f64;
        let mean = SimDuration::from_secs_f64(mean);
        settings.push(("pods.run".to_owned(), format!("\"{mean}\"")));
        words += &format!("; each lasts {mean}, their mean");
    }
    Some(FittedModels { scenario: calibrated_scenario(&calibration), settings, words })
}

/// The ends of replications with some settings; `None` if one of them does not end.
fn ends(
    job: &Value,
    pods: &[Value],
    models: &FittedModels,
    (taken, release): (SimTime, &Release),
    edit: Option<&str>,
) -> Option<Vec<Replication>> {
    let items: Vec<&Value> = std::iter::once(job).chain(pods).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let source = |name: &str, text: String| Source { name: name.to_owned(), folder: PathBuf::new(), text };
    let sources = vec![source("models", models.scenario.clone()), source("dump", list.to_string())];
    let mut input = Input::of_sources(sources).ok()?;
    input.from_status = true;
    input.budget = Budget { events: EVENTS_AHEAD, ..Budget::default() };
    input.release = Some(*release);
    let start = ("start".to_owned(), format!("{:?}", rfc3339(taken)));
    for (path, value) in models.settings.iter().chain([&start]) {
        input.set(Setting::new(path, value).ok()?).ok()?;
    }
    if let Some(edit) = edit {
        input.set(Setting::parse(edit).ok()?).ok()?;
    }
    let setup = input.resolve().ok()?.setup;
    let plan = Plan { replications: REPLICATIONS, keep_records: true, ..Plan::default() };
    let mut replicated = replicate(&[&setup], &plan, RunControl::NOBODY);
    if replicated.exhausted.is_some() {
        return Some(Vec::new());
    }
    Some(std::mem::take(&mut replicated.points.first_mut()?.records))
}

/// How many replications completed, and how many there were.
fn complete(records: &[Replication]) -> (u64, u64) {
    let complete = records.iter().filter(|record| record.all.end == JobEnd::Complete).count();
    (complete as u64, records.len() as u64)
}

fn ended_by(records: &[Replication], taken: SimTime, share: f64) -> Option<SimTime> {
    let mut ends: Vec<SimDuration> = records.iter().filter_map(|record| record.all.duration).collect();
    ends.sort_unstable();
    let rank = (share * records.len() as f64).ceil() as usize;
    Some(taken + *ends.get(rank.max(1) - 1)?)
}

/// Edits that the API server accepts for a running Job, and that may change its end.
fn edits(job: &JobAutopsy) -> Vec<String> {
    let spec = &job.course.spec;
    let mut edits = Vec::new();
    if spec.backoff_limit_per_index.is_none() && spec.backoff_limit < i32::MAX / 2 {
        edits.push(format!("spec.backoffLimit={}", spec.backoff_limit + 2.max(spec.backoff_limit / 2)));
    }
    if let Some(seconds) = spec.active_deadline_seconds {
        edits.push(format!("spec.activeDeadlineSeconds={}", seconds.saturating_mul(2)));
    }
    if spec.completions.is_some_and(|completions| completions > spec.parallelism) {
        edits.push(format!("spec.parallelism={}", spec.parallelism.saturating_mul(2)));
    }
    edits
}

/// Continues a Job from the dump; `None` if it cannot be continued, or if no run of its Pods has ended.
pub fn forecast(dump: &Dump, job: &JobAutopsy, release: &Release) -> Option<AutopsyForecast> {
    let course = &job.course;
    if job.next.is_none() || course.spec.suspend || course.pods.len() > MOST_PODS_AHEAD {
        return None;
    }
    let is_it = |object: &&Value| {
        object["metadata"]["name"] == *course.name
            && object["metadata"]["namespace"].as_str().unwrap_or("default") == course.namespace
    };
    let mut object = dump.jobs.iter().find(is_it)?.clone();
    (object["kind"], object["apiVersion"]) = ("Job".into(), "batch/v1".into());
    let pods = pods_of(dump, job);
    let models = models(&pods, job)?;
    let at = (course.taken, release);
    let records = ends(&object, &pods, &models, at, None)?;
    if records.is_empty() {
        let (replications, models) = (0, models.words);
        return Some(AutopsyForecast { replications, complete: None, ends: [None; 2], models, edits: Vec::new() });
    }
    let (done, all) = complete(&records);
    let edits = edits(job).into_iter().filter_map(|setting| {
        let records = ends(&object, &pods, &models, at, Some(&setting)).filter(|records| !records.is_empty())?;
        let (done, all) = complete(&records);
        let ends = ended_by(&records, course.taken, 0.5);
        Some(ForecastEdit { setting, complete: done as f64 / all.max(1) as f64, ends })
    });
    // Edits without an effect are not listed.
    let share = done as f64 / all.max(1) as f64;
    let half = ended_by(&records, course.taken, 0.5);
    let edits = edits.filter(|edit| (edit.complete - share).abs() >= 0.01 || edit.ends != half);
    Some(AutopsyForecast {
        replications: REPLICATIONS,
        complete: Some((done as f64 / all.max(1) as f64, wilson(done, all, 0.95))),
        ends: [0.5, 0.95].map(|share| ended_by(&records, course.taken, share)),
        edits: edits.collect(),
        models: models.words,
    })
}
