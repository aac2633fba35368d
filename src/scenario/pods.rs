//! Models of Pods from what a user wrote: each level is laid over the one above it, and what is given nowhere has its
//! default.

use super::csv_column;
use super::document::{DisruptionSpec, ExitSpec, JobEntrySpec, OutcomeSpec, PodsSpec, ScenarioDocument};
use super::precedence::most_specific_first;
use super::problem::FieldProblem;
use super::scalars::{Dist, DistSource};
use crate::api::Intervals;
use crate::experiment::AssumedPods;
use crate::model::{self, DisruptionKind, Distribution, ExitCode, PodModel, Stages};
use std::collections::BTreeMap;
use std::path::Path;

/// Always so many seconds.
fn constant(seconds: f64) -> Distribution {
    Distribution::constant(seconds).expect("a number from 0 on is a time")
}

/// Pods without a model: bound 6 ms after their creation and running 0.5 s later, as measured on a v1.37 control plane;
/// they run a minute, succeed, and stop a second after SIGTERM.
pub fn default_stages() -> Stages {
    Stages {
        bind: Some(constant(0.006)),
        pull: constant(0.0),
        start: constant(0.5),
        ready: Some(constant(0.0)),
        run: Some(constant(60.0)),
        outcome: model::OutcomeModel {
            exit_code: ExitCode::Fail(vec![0.0]),
            fail_exit_code: 1,
            time_to_failure: None,
            hang: 0.0,
        },
        terminate: constant(1.0),
        terminate_exit_code: 143,
        unschedulable: 0.0,
        disruptions: Vec::new(),
    }
}

/// What of the behaviour of Pods a scenario does not tell of some Job.
pub fn assumed(scenario: &ScenarioDocument) -> AssumedPods {
    let tells = |pods: &PodsSpec, told: &dyn Fn(&PodsSpec) -> bool| {
        told(pods) || pods.by_index.values().chain(pods.by_attempt.values()).any(told)
    };
    let is_untold = |told: &dyn Fn(&PodsSpec) -> bool| {
        let is_silent = |entry: &JobEntrySpec| !tells(&entry.pods, told);
        !tells(&scenario.pods, told) && (scenario.jobs.is_empty() || scenario.jobs.iter().any(is_silent))
    };
    let never_ends_otherwise = scenario.disruptions.is_empty() && scenario.outages.is_empty();
    AssumedPods {
        run: is_untold(&|pods| pods.run.is_some()),
        outcome: never_ends_otherwise && is_untold(&|pods| pods.outcome.is_some()),
    }
}

/// The stages with disruptions of a scenario.
///
/// # Errors
/// More kinds than there are streams of random numbers for.
pub fn with_disruptions(stages: Stages, disruptions: &[DisruptionSpec]) -> Result<Stages, FieldProblem> {
    let kind = |disruption: &DisruptionSpec| match disruption {
        DisruptionSpec::Eviction(often) | DisruptionSpec::Preemption(often) => (DisruptionKind::Eviction, often.rate.0),
        DisruptionSpec::Kubelet(often) => (DisruptionKind::Kubelet, often.rate.0),
        DisruptionSpec::NodeLoss(often) => (DisruptionKind::PodGc, often.rate.0),
        DisruptionSpec::Deletion(often) => (DisruptionKind::Delete, often.rate.0),
    };
    // A disruption that never comes draws no random number.
    let all: Vec<_> = disruptions.iter().map(kind).filter(|&(_, rate)| rate > 0.0).collect();
    if all.len() > model::purpose::DISRUPTIONS as usize {
        return Err(FieldProblem::new("", format!("at most {} entries", model::purpose::DISRUPTIONS)));
    }
    Ok(Stages { disruptions: all, ..stages })
}

/// What a user wrote, laid over what holds above.
///
/// # Errors
/// Indexes or attempts that are none, weights that are none, a CSV file that cannot be read, and levels that may not
/// stand inside one another.
pub fn overlay(base: &PodModel, pods: &PodsSpec, folder: &Path) -> Result<PodModel, FieldProblem> {
    let stages = lay(&base.stages, pods, folder)?;
    let by_index = |key: &str| {
        Intervals::parse(key).ok().filter(|set| !set.is_empty()).ok_or_else(|| {
            FieldProblem::new(
                "byIndex",
                format!("{key:?} is no list of completion indexes: write such as \"17\" or \"0-4,9\""),
            )
        })
    };
    let mut model = PodModel { stages: stages.clone(), by_index: Vec::new(), by_attempt: Vec::new() };
    model.by_attempt = attempts(&stages, &pods.by_attempt, folder)?;
    let mut by_indexes = Vec::new();
    for (key, below) in &pods.by_index {
        let set = by_index(key)?;
        if !below.by_index.is_empty() {
            return Err(FieldProblem::new(format!("byIndex[{key}].byIndex"), "byIndex cannot stand inside byIndex"));
        }
        let deeper = |problem: FieldProblem| problem.below(&format!("byIndex[{key}]"));
        let own = lay(&stages, below, folder).map_err(deeper)?;
        let by_attempt = match below.by_attempt.is_empty() {
            true => model.by_attempt.clone(),
            false => attempts(&own, &below.by_attempt, folder).map_err(deeper)?,
        };
        let ranges = set.iter().map(|(from, to)| (from.into(), to.into())).collect();
        let of_index = (set, PodModel { stages: own, by_index: Vec::new(), by_attempt });
        by_indexes.push((key.clone(), ranges, of_index));
    }
    model.by_index = most_specific_first("byIndex", by_indexes)?;
    if pods.by_index.is_empty() {
        model.by_index.clone_from(&base.by_index);
    }
    if pods.by_attempt.is_empty() {
        model.by_attempt.clone_from(&base.by_attempt);
    }
    Ok(model)
}

type ByAttempt = Vec<((u32, u32), Stages)>;

fn attempts(
    stages: &Stages,
    by_attempt: &BTreeMap<String, PodsSpec>,
    folder: &Path,
) -> Result<ByAttempt, FieldProblem> {
    let mut all = Vec::new();
    for (key, below) in by_attempt {
        let range = range(key).ok_or_else(|| {
            FieldProblem::new(
                "byAttempt",
                format!("{key:?} is no range of attempts: write such as \"1\", \"2-4\" or \"3-\""),
            )
        })?;
        if !below.by_index.is_empty() || !below.by_attempt.is_empty() {
            return Err(FieldProblem::new(
                format!("byAttempt[{key}]"),
                "byIndex and byAttempt cannot stand inside byAttempt",
            ));
        }
        let deeper = |problem: FieldProblem| problem.below(&format!("byAttempt[{key}]"));
        let ranges = vec![(range.0.into(), range.1.into())];
        all.push((key.clone(), ranges, (range, lay(stages, below, folder).map_err(deeper)?)));
    }
    most_specific_first("byAttempt", all)
}

/// `3`, `1-3` or `3-`; the first attempt is 1.
fn range(text: &str) -> Option<(u32, u32)> {
    let (from, to) = match text.split_once('-') {
        None => (text.trim().parse().ok()?, text.trim().parse().ok()?),
        Some((from, "")) => (from.trim().parse().ok()?, u32::MAX),
        Some((from, to)) => (from.trim().parse().ok()?, to.trim().parse().ok()?),
    };
    (1 <= from && from <= to).then_some((from, to))
}

/// One level of stages over another.
fn lay(base: &Stages, pods: &PodsSpec, folder: &Path) -> Result<Stages, FieldProblem> {
    let mut stages = base.clone();
    let optional = |field: &str, into: &mut Option<Distribution>, dist: &Option<Dist>| match dist {
        Some(dist) => distribution(dist, folder).map(|d| *into = d).map_err(|e| FieldProblem::new(field, e)),
        None => Ok(()),
    };
    let needed = |field: &str, into: &mut Distribution, dist: &Option<Dist>| match dist {
        Some(dist) => match distribution(dist, folder).map_err(|e| FieldProblem::new(field, e))? {
            Some(d) => {
                *into = d;
                Ok(())
            }
            None => Err(FieldProblem::new(field, "`never` is not allowed here: write a time or a distribution")),
        },
        None => Ok(()),
    };
    optional("bind", &mut stages.bind, &pods.bind)?;
    needed("pull", &mut stages.pull, &pods.pull)?;
    needed("start", &mut stages.start, &pods.start)?;
    optional("ready", &mut stages.ready, &pods.ready)?;
    optional("run", &mut stages.run, &pods.run)?;
    needed("terminate", &mut stages.terminate, &pods.terminate)?;
    if let Some(code) = pods.terminate_exit_code {
        stages.terminate_exit_code = code;
    }
    if let Some(outcome) = &pods.outcome {
        if let Some(share) = outcome.unschedulable {
            stages.unschedulable = share.0;
        }
        stages.outcome = lay_outcome(&stages.outcome, outcome, folder)?;
    }
    Ok(stages)
}

fn lay_outcome(
    base: &model::OutcomeModel,
    outcome: &OutcomeSpec,
    folder: &Path,
) -> Result<model::OutcomeModel, FieldProblem> {
    let mut result = base.clone();
    match &outcome.exit {
        Some(ExitSpec::ExitCodes(codes)) => {
            let code = |(key, weight): (&String, &f64)| match key.parse::<i32>() {
                Ok(code @ 0..=255) => Ok((code, *weight)),
                _ => Err(format!("{key:?} is no exit code: a whole number from 0 to 255")),
            };
            let codes = codes.iter().map(code).collect::<Result<Vec<_>, String>>();
            let weighted = codes.and_then(|codes| ExitCode::weighted(codes).map_err(|e| e.to_string()));
            result.exit_code = weighted.map_err(|e| FieldProblem::new("outcome.exitCodes", e))?;
        }
        Some(ExitSpec::Fail(shares)) => result.exit_code = ExitCode::Fail(shares.0.clone()),
        None => {}
    }
    if let Some(code) = outcome.fail_exit_code {
        result.fail_exit_code = code.0;
    }
    if let Some(dist) = &outcome.time_to_failure {
        result.time_to_failure =
            distribution(dist, folder).map_err(|e| FieldProblem::new("outcome.timeToFailure", e))?;
    }
    if let Some(share) = outcome.hang {
        result.hang = share.0;
    }
    Ok(result)
}

/// The distribution itself; `None` for never.
pub fn distribution(dist: &Dist, folder: &Path) -> Result<Option<Distribution>, String> {
    match &dist.0 {
        None => Ok(None),
        Some(DistSource::Here(distribution)) => Ok(Some(distribution.clone())),
        Some(DistSource::Csv { file, column, unit }) => {
            let seconds = csv_column::column(&folder.join(file), column.as_deref(), unit.as_deref())?;
            Distribution::samples(seconds).map(Some).map_err(|e| e.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_attempts() {
        for (text, expected) in [
            ("1", Some((1, 1))),
            ("2-4", Some((2, 4))),
            ("3-", Some((3, u32::MAX))),
            ("0", None),
            ("4-2", None),
            ("x", None),
        ] {
            assert_eq!(range(text), expected, "{text}");
        }
    }
}
