//! What comes next for a Job that has not ended: what rules and times say, and what a simulation from here on says.

use super::experiment::percent;
use super::table::row;
use crate::autopsy::JobAutopsy;
use crate::limits::EVENTS_AHEAD;
use crate::stats::Interval;
use crate::text::{clock_beside, rfc3339, thousands};
use crate::time::SimTime;
use serde_json::{Value, json};

/// What a simulation says that begins with the state in the dump, with models fitted to the Job's own Pods.
#[derive(Clone, Debug)]
pub struct AutopsyForecast {
    /// How many replications there were.
    pub replications: u32,
    /// The share of them in which the Job completed, with its interval.
    pub complete: Option<(f64, Interval)>,
    /// When it has ended in half of the replications, and in nineteen of twenty; `None` if it does not end in that
    /// many.
    pub ends: [Option<SimTime>; 2],
    /// The number of the Job's runs that the models are fitted to, and what was left at its default.
    pub models: String,
    /// What an edit would change.
    pub edits: Vec<ForecastEdit>,
}

/// An edit, and what it would change.
#[derive(Clone, Debug)]
pub struct ForecastEdit {
    /// The field and its value.
    pub setting: String,
    /// The share of replications in which the Job completes with it.
    pub complete: f64,
    /// When it has ended in half of them.
    pub ends: Option<SimTime>,
}

/// What rules and times say.
pub(super) fn next_rows(job: &JobAutopsy, now: SimTime) -> Vec<Vec<String>> {
    let Some(next) = &job.next else { return Vec::new() };
    let mut rows = Vec::new();
    match next.next_pod {
        Some(at) if at > now => {
            rows.push(row(["Next Pod:", &format!("at {} ({})", clock_beside(at, now), next.waits_for)]))
        }
        _ if !next.waits_for.is_empty() => rows.push(row(["Next:", &next.waits_for])),
        _ => {}
    }
    let mut parts = Vec::new();
    if let Some(at) = next.failed_earliest {
        parts.push(format!("{} if every Pod from now on fails at once", clock_beside(at, now)));
    }
    if let Some(at) = next.failed_latest {
        parts.push(format!("{} at the latest (activeDeadlineSeconds)", clock_beside(at, now)));
    }
    if !parts.is_empty() {
        rows.push(row(["Failed at:", &parts.join("; ")]));
    }
    rows
}

/// What the simulation says.
pub(super) fn forecast_rows(forecast: &AutopsyForecast, now: SimTime) -> Vec<Vec<String>> {
    let Some((share, interval)) = &forecast.complete else {
        let why = "not told: a run from here has no end in sight";
        return vec![row(["Chance:", &format!("{why} ({} events; {})", thousands(EVENTS_AHEAD), forecast.models)])];
    };
    let mut chance = format!(
        "{} to complete, between {} and {} ({} replications from here; {})",
        percent(*share),
        percent(interval.low),
        percent(interval.high),
        forecast.replications,
        forecast.models
    );
    if let Some(at) = forecast.ends[0] {
        chance += &format!("; ended by {} in half of them", clock_beside(at, now));
    }
    if let Some(at) = forecast.ends[1] {
        chance += &format!(", by {} in 95 %", clock_beside(at, now));
    }
    let mut rows = vec![row(["Chance:", &chance])];
    for edit in &forecast.edits {
        let ends = edit.ends.map_or(String::new(), |at| format!(", ended by {} in half", clock_beside(at, now)));
        rows.push(row(["What if:", &format!("{}: {} to complete{ends}", edit.setting, percent(edit.complete))]));
    }
    rows
}

/// The same as JSON.
pub(super) fn forecast_json(forecast: &AutopsyForecast) -> Value {
    let (share, interval) = forecast.complete.unzip();
    let edits = forecast
        .edits
        .iter()
        .map(|edit| json!({"setting": edit.setting, "complete": edit.complete, "medianEnd": edit.ends.map(rfc3339)}));
    json!({
        "replications": forecast.replications, "complete": share,
        "low": interval.map(|interval| interval.low), "high": interval.map(|interval| interval.high),
        "medianEnd": forecast.ends[0].map(rfc3339), "p95End": forecast.ends[1].map(rfc3339),
        "models": forecast.models, "edits": edits.collect::<Vec<_>>(),
    })
}
