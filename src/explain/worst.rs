//! The worst case of a setup: every attempt fails, and nothing is random. Each random time is replaced by its median;
//! disruptions, outages and random arrivals are left out.

use crate::experiment::Setup;
use crate::model::{Distribution, ExitCode, PodModel, StageFaults, Stages};
use crate::time::SimDuration;
use std::sync::Arc;

/// The setup in which every attempt fails after its median time.
pub fn worst_case(setup: &Setup) -> Setup {
    Setup {
        models: setup.models.iter().map(|model| model.map(&doomed)).collect(),
        outages: Arc::from([]),
        arrivals: Vec::new(),
        ..setup.clone()
    }
}

fn doomed(stages: &Stages) -> Stages {
    let mut doomed = stages.clone();
    for time in [&mut doomed.pull, &mut doomed.start, &mut doomed.terminate] {
        *time = at_median(time);
    }
    for time in [&mut doomed.bind, &mut doomed.ready, &mut doomed.run, &mut doomed.outcome.time_to_failure] {
        *time = time.as_ref().map(at_median);
    }
    doomed.outcome.fail_exit_code = exit_code(stages);
    doomed.outcome.exit_code = ExitCode::Fail(vec![1.0]);
    // A certain hang is kept; a merely possible one is not part of the worst case.
    doomed.outcome.hang = f64::from(u8::from(stages.outcome.hang >= 1.0));
    doomed.unschedulable = f64::from(u8::from(stages.unschedulable >= 1.0));
    doomed.disruptions.clear();
    doomed.disrupted_after = None;
    doomed.runs.clear();
    let certain = |share: f64| f64::from(u8::from(share >= 1.0));
    let faults = doomed.faults;
    doomed.faults =
        StageFaults { pull: certain(faults.pull), config: certain(faults.config), start: certain(faults.start) };
    doomed
}

fn at_median(d: &Distribution) -> Distribution {
    Distribution::constant(d.quantile(0.5).max(0.0)).unwrap_or_else(|_| d.clone())
}

/// The exit code of a failure: the most likely of the configured ones.
fn exit_code(stages: &Stages) -> i32 {
    let ExitCode::Weighted(codes) = &stages.outcome.exit_code else { return stages.outcome.fail_exit_code };
    let mut likeliest = (stages.outcome.fail_exit_code, 0.0);
    let mut before = 0.0;
    for &(code, upto) in codes {
        if code != 0 && upto - before > likeliest.1 {
            likeliest = (code, upto - before);
        }
        before = upto;
    }
    likeliest.0
}

/// The model of a Job's Pods.
pub fn model_of(job: usize, setup: &Setup) -> &PodModel {
    let object = &setup.jobs[job].object;
    let name = (object.namespace.clone(), object.name.clone());
    &setup.models[setup.assignment.jobs.get(&name).copied().unwrap_or(0)]
}

/// The assumptions about a Job's Pods, in sentences.
pub fn supposes(job: usize, setup: &Setup, worst: &Setup) -> Vec<String> {
    let model = model_of(job, worst);
    let stages = &model.stages;
    let varies = model_of(job, setup).stages.run.as_ref().is_some_and(|d| d.as_constant().is_none());
    let span = |d: &Distribution| SimDuration::from_secs_f64(d.quantile(0.5)).to_string();
    let mut all = Vec::new();
    all.push(match stages.run.as_ref().filter(|_| stages.outcome.hang == 0.0) {
        _ if stages.unschedulable > 0.0 || stages.bind.is_none() => "No Pod is ever bound to a node.".to_owned(),
        Some(run) => format!(
            "Every attempt runs {} and fails with exit code {}{}.",
            span(run),
            stages.outcome.fail_exit_code,
            if varies { " (the median)" } else { "" }
        ),
        None => "Every attempt hangs until it is killed.".to_owned(),
    });
    let start = SimDuration::from_secs_f64(stages.pull.quantile(0.5) + stages.start.quantile(0.5));
    all.push(format!(
        "A Pod's containers run {start} after it is bound, and stop {} after SIGTERM.",
        span(&stages.terminate)
    ));
    if !model.by_index.is_empty() || !model.by_attempt.is_empty() {
        all.push("Some indexes or attempts take other times, as the scenario says.".to_owned());
    }
    all
}
