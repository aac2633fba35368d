//! What the distributions of a scenario mean: the mean and some quantiles of each stage that is random.

use super::layout::Layout;
use super::table::row;
use crate::experiment::Setup;
use crate::model::{Distribution, ExitCode, OutcomeModel, PodModel, Stages};
use crate::time::SimDuration;
use serde_json::{Value, json};

/// The quantiles that are shown.
const SHOWN: [f64; 3] = [0.5, 0.95, 0.99];

/// A random time in a scenario, or how long containers run, with the path of its field.
struct ModelLine {
    path: String,
    /// `None`: never.
    distribution: Option<Distribution>,
}

/// The most Jobs that are named.
const NAMED: usize = 3;

/// The distributions, one line each, and how Pods end.
pub fn models(setup: &Setup, layout: Layout) -> String {
    let mut rows = vec![row(["", "", "MEAN", "P50", "P95", "P99"])];
    let (lines, ends) = lines(setup);
    for ModelLine { path, distribution } in &lines {
        let mut cells = vec![path.clone()];
        match distribution {
            None => cells.push("never".to_owned()),
            Some(distribution) => {
                cells.push(distribution.brief());
                cells.push(distribution.mean().map_or("none".to_owned(), shown));
                cells.extend(SHOWN.map(|p| shown(distribution.quantile(p))));
            }
        }
        rows.push(cells);
    }
    let ends: Vec<Vec<String>> = ends.into_iter().map(|(path, what)| vec![path, what]).collect();
    let times = if lines.is_empty() { String::new() } else { layout.blocks(&rows, 1, "  ", 3) };
    times + &layout.table(&ends, "  ", 3)
}

/// The same as a list: times in seconds, the mean left out if there is none.
pub fn models_json(setup: &Setup) -> Value {
    let (lines, ends) = lines(setup);
    let times = lines.iter().map(|ModelLine { path, distribution }| {
        let Some(distribution) = distribution else { return json!({"field": path, "distribution": "never"}) };
        let [p50, p95, p99] = SHOWN.map(|p| distribution.quantile(p));
        json!({
            "field": path, "distribution": distribution.to_string(), "mean": distribution.mean(),
            "p50": p50, "p95": p95, "p99": p99,
        })
    });
    times.chain(ends.iter().map(|(path, what)| json!({"field": path, "outcome": what}))).collect()
}

fn shown(seconds: f64) -> String {
    if seconds.is_finite() { SimDuration::from_secs_f64(seconds).to_string() } else { "none".to_owned() }
}

/// All times, and how runs end.
fn lines(setup: &Setup) -> (Vec<ModelLine>, Vec<(String, String)>) {
    let (mut lines, mut ends) = (Vec::new(), Vec::new());
    for (n, model) in setup.models.iter().enumerate() {
        let prefix = if n == 0 { "pods".to_owned() } else { format!("{}: pods", names(setup, n)) };
        let base = (n > 0).then(|| &setup.models[0]);
        of_model(&prefix, model, base, (&mut lines, &mut ends));
    }
    for (field, latency) in [("apiLatency", &setup.config.api_latency), ("watchLatency", &setup.config.watch_latency)] {
        let random = latency.distribution();
        lines.extend(random.map(|d| ModelLine { path: format!("cluster.{field}"), distribution: Some(d.clone()) }));
    }
    (lines, ends)
}

/// The Jobs that use a model.
fn names(setup: &Setup, model: usize) -> String {
    let assigned = setup.assignment.jobs.iter().chain(&setup.assignment.cronjobs);
    let mut names: Vec<&str> = assigned.filter(|(_, of)| **of == model).map(|((_, name), _)| name.as_str()).collect();
    names.sort_unstable();
    let more = if names.len() > NAMED { " …" } else { "" };
    names.truncate(NAMED);
    format!("{}{more}", names.join(", "))
}

/// Where lines go: times, and ends of runs with their fields.
type ModelLists<'a> = (&'a mut Vec<ModelLine>, &'a mut Vec<(String, String)>);

/// The lines of a model and of the models within it, each of which modifies the one around it.
fn of_model(prefix: &str, model: &PodModel, base: Option<&PodModel>, into: ModelLists) {
    let (lines, ends) = into;
    of_stages(prefix, &model.stages, base.map(|base| &base.stages), (lines, ends));
    for ((from, to), of_start) in &model.by_start {
        let starts = if from == to { from.to_string() } else { format!("{from}-{to}") };
        of_model(&format!("{prefix}.byStart.{starts}"), of_start, Some(model), (lines, ends));
    }
    for (indexes, of_index) in &model.by_index {
        of_model(&format!("{prefix}.byIndex.{indexes}"), of_index, Some(model), (lines, ends));
    }
    for ((from, to), stages) in &model.by_attempt {
        let attempts = if from == to { from.to_string() } else { format!("{from}-{to}") };
        of_stages(&format!("{prefix}.byAttempt.{attempts}"), stages, Some(&model.stages), (lines, ends));
    }
}

/// The stages of a model; if it modifies another model, only the stages that differ. Of the first model constants are
/// left out, apart from how long containers run: a constant says what it means.
fn of_stages(prefix: &str, stages: &Stages, base: Option<&Stages>, (lines, ends): ModelLists) {
    let times = |stages: &Stages| {
        [
            ("bind", stages.bind.clone()),
            ("pull", Some(stages.pull.clone())),
            ("start", Some(stages.start.clone())),
            ("ready", stages.ready.clone()),
            ("run", stages.run.clone()),
            ("terminate", Some(stages.terminate.clone())),
        ]
    };
    let of_base = base.map(times);
    for (n, (name, distribution)) in times(stages).into_iter().enumerate() {
        let is_shown = match &of_base {
            Some(of_base) => of_base[n].1 != distribution,
            None => name == "run" || distribution.as_ref().is_none_or(|d| d.as_constant().is_none()),
        };
        if is_shown {
            lines.push(ModelLine { path: format!("{prefix}.{name}"), distribution });
        }
    }
    for (name, container) in &stages.containers {
        let times = [
            ("run", container.run.clone()),
            ("endsAfterMain", container.ends_after_main.clone().map(Some)),
            ("start", container.start.clone().map(Some)),
            ("terminate", container.terminate.clone().map(Some)),
        ];
        let is_shown = base.is_none_or(|base| base.container(name) != Some(container));
        for (field, distribution) in times.into_iter().filter(|_| is_shown) {
            let path = format!("{prefix}.containers.{name}.{field}");
            lines.extend(distribution.map(|distribution| ModelLine { path, distribution }));
        }
        if let Some(outcome) = container.outcome.as_ref().filter(|_| is_shown) {
            ends.push((format!("{prefix}.containers.{name}.outcome"), outcome_text(outcome)));
        }
    }
    let outcome = &stages.outcome;
    if let Some(ttf) = outcome.time_to_failure.as_ref().filter(|_| base.is_none_or(|base| base.outcome != *outcome)) {
        lines.push(ModelLine { path: format!("{prefix}.outcome.timeToFailure"), distribution: Some(ttf.clone()) });
    }
    if base.is_none_or(|base| base.outcome != *outcome) {
        ends.push((format!("{prefix}.outcome"), outcome_text(outcome)));
    }
}

fn outcome_text(outcome: &OutcomeModel) -> String {
    // To a millionth of a percent: enough to hide the noise of binary fractions.
    let percent = |share: f64| format!("{}%", (share * 1e8).round() / 1e6);
    let mut parts = match &outcome.exit_code {
        ExitCode::Fail(shares) if shares.iter().all(|share| *share == 0.0) => vec!["exit code 0".to_owned()],
        ExitCode::Fail(shares) => {
            let shares: Vec<String> = shares.iter().map(|share| percent(*share)).collect();
            let by_attempt = if shares.len() > 1 { " by attempt, the last for all others" } else { "" };
            vec![format!("exit code {} in {}{by_attempt}", outcome.fail_exit_code, shares.join(", "))]
        }
        ExitCode::Weighted(codes) => {
            // The model keeps cumulative shares, which is what a draw needs.
            let mut before = 0.0;
            let part = |&(code, upto): &(i32, f64)| {
                let share = upto - std::mem::replace(&mut before, upto);
                format!("exit code {code} in {}", percent(share))
            };
            codes.iter().map(part).collect()
        }
    };
    if outcome.hang > 0.0 {
        parts.push(format!("hangs in {}", percent(outcome.hang)));
    }
    parts.join(", ")
}
