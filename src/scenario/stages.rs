//! One level of a scenario's settings for Pods: which fields it gives. Laying it over stages sets these fields and
//! leaves all others unchanged. Which levels apply to a Pod is decided elsewhere.

use super::csv_column;
use super::document::{ContainerSpec, DisruptedSpec, ExitSpec, OutcomeSpec, PodsSpec, RunSpec};
use super::problem::FieldProblem;
use super::scalars::{Dist, DistSource, OOM_KILLED};
use crate::model::{
    ContainerModel, DisruptionKind, Distribution, ExitCode, OOM_KILLED_CODE, OutcomeModel, ScriptedRun, Stages,
};
use std::path::Path;

/// A time; `None` is `never`. The `Option` around it in a patch says whether the level gives the field at all.
type TimeOrNever = Option<Distribution>;

/// The fields that one level gives.
#[derive(Clone, Debug, Default)]
pub(super) struct StagesPatch {
    bind: Option<TimeOrNever>,
    pull: Option<TimeOrNever>,
    start: Option<Distribution>,
    ready: Option<TimeOrNever>,
    run: Option<TimeOrNever>,
    outcome: OutcomePatch,
    terminate: Option<Distribution>,
    terminate_exit_code: Option<i32>,
    outlives_grace: Option<bool>,
    runs: Option<Vec<ScriptedRun>>,
    disrupted: Option<(DisruptionKind, Distribution)>,
    containers: Vec<(String, ContainerPatch)>,
    together: Option<bool>,
}

/// The fields of an outcome that one level gives.
#[derive(Clone, Debug, Default)]
struct OutcomePatch {
    exit_code: Option<ExitCode>,
    fail_exit_code: Option<i32>,
    time_to_failure: Option<TimeOrNever>,
    hang: Option<f64>,
    out_of_memory: Option<f64>,
    unschedulable: Option<f64>,
    pull_failure: Option<f64>,
    config_error: Option<f64>,
    start_error: Option<f64>,
}

/// The fields of a container that one level gives.
#[derive(Clone, Debug, Default)]
struct ContainerPatch {
    start: Option<Distribution>,
    startup: Option<TimeOrNever>,
    ready: Option<TimeOrNever>,
    run: Option<TimeOrNever>,
    outcome: Option<OutcomePatch>,
    ends_after_main: Option<Distribution>,
    runs: Option<Vec<ScriptedRun>>,
    terminate: Option<Distribution>,
    terminate_exit_code: Option<i32>,
}

/// Reads the times of a level; file names are relative to its folder.
struct TimeReader<'a>(&'a Path);

impl TimeReader<'_> {
    /// A time, or never.
    fn any(&self, field: &str, dist: &Option<Dist>) -> Result<Option<TimeOrNever>, FieldProblem> {
        let read = |dist| distribution(dist, self.0).map_err(|e| FieldProblem::new(field, e));
        dist.as_ref().map(read).transpose()
    }

    /// A time.
    fn time(&self, field: &str, dist: &Option<Dist>) -> Result<Option<Distribution>, FieldProblem> {
        let refuse = || FieldProblem::new(field, "`never` is not allowed here: write a time or a distribution");
        self.any(field, dist)?.map(|time| time.ok_or_else(refuse)).transpose()
    }
}

/// The distribution itself; `None` for never.
pub(super) fn distribution(dist: &Dist, folder: &Path) -> Result<Option<Distribution>, String> {
    match &dist.0 {
        None => Ok(None),
        Some(DistSource::Here(distribution)) => Ok(Some(distribution.clone())),
        Some(DistSource::Csv { file, column, unit }) => {
            let seconds = csv_column::column(&folder.join(file), column.as_deref(), unit.as_deref())?;
            Distribution::samples(seconds).map(Some).map_err(|e| e.to_string())
        }
    }
}

impl StagesPatch {
    /// Reads a level; `byStart`, `byIndex` and `byAttempt` are levels of their own.
    ///
    /// # Errors
    /// Invalid weights, a CSV file that cannot be read, or fields that exclude each other.
    pub fn read(pods: &PodsSpec, folder: &Path) -> Result<Self, FieldProblem> {
        let times = TimeReader(folder);
        let together = pods.together;
        let outcome = pods.outcome.as_ref().map(|outcome| OutcomePatch::read(outcome, &times)).transpose()?;
        let other = runs_exclude(pods.run.is_some(), outcome.as_ref());
        let runs = pods.runs.as_deref().map(|runs| scripted(runs, other, true)).transpose()?;
        let containers = pods.containers.iter().map(|(name, container)| {
            let read = ContainerPatch::read(container, &times);
            let patch = read.map_err(|problem| problem.below(&format!("containers[{name}]")))?;
            Ok((name.clone(), patch))
        });
        Ok(StagesPatch {
            bind: times.any("bind", &pods.bind)?,
            pull: times.any("pull", &pods.pull)?,
            start: times.time("start", &pods.start)?,
            ready: times.any("ready", &pods.ready)?,
            run: times.any("run", &pods.run)?,
            outcome: outcome.unwrap_or_default(),
            terminate: times.time("terminate", &pods.terminate)?,
            terminate_exit_code: pods.terminate_exit_code,
            outlives_grace: pods.outlives_grace,
            runs,
            disrupted: pods.disrupted.as_ref().map(|disrupted| disruption(disrupted, &times)).transpose()?,
            containers: containers.collect::<Result<_, FieldProblem>>()?,
            together,
        })
    }

    /// Lays the level over stages.
    pub fn lay_over(&self, stages: &mut Stages) {
        set(&mut stages.bind, &self.bind);
        match &self.pull {
            None => {}
            Some(None) => stages.faults.pull = 1.0,
            // A time takes back the `never` of a weaker level, which is a pull that always fails. A `pullFailure` that
            // is less than certain stays.
            Some(Some(pull)) => {
                stages.pull = pull.clone();
                if stages.faults.pull >= 1.0 {
                    stages.faults.pull = 0.0;
                }
            }
        }
        set(&mut stages.start, &self.start);
        set(&mut stages.ready, &self.ready);
        set(&mut stages.run, &self.run);
        set(&mut stages.terminate, &self.terminate);
        set(&mut stages.terminate_exit_code, &self.terminate_exit_code);
        set(&mut stages.outlives_grace, &self.outlives_grace);
        set(&mut stages.is_together, &self.together);
        if let Some(disrupted) = &self.disrupted {
            stages.disrupted_after = Some(disrupted.clone());
        }
        let outcome = &self.outcome;
        outcome.lay_over(&mut stages.outcome);
        set(&mut stages.unschedulable, &outcome.unschedulable);
        set(&mut stages.faults.pull, &outcome.pull_failure);
        set(&mut stages.faults.config, &outcome.config_error);
        set(&mut stages.faults.start, &outcome.start_error);
        lay_runs(&mut stages.runs, &self.runs, self.run.is_some() || outcome.says_how_it_ends());
        for (name, patch) in &self.containers {
            let place = stages.containers.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                stages.containers.push((name.clone(), ContainerModel::default()));
                stages.containers.len() - 1
            });
            patch.lay_over(&mut stages.containers[place].1);
        }
    }
}

/// Sets a value if it is given.
fn set<T: Clone>(into: &mut T, given: &Option<T>) {
    if let Some(given) = given {
        *into = given.clone();
    }
}

/// Scripted runs apply until a stronger level says how containers run in another way.
fn lay_runs(into: &mut Vec<ScriptedRun>, runs: &Option<Vec<ScriptedRun>>, says_otherwise: bool) {
    match runs {
        Some(runs) => into.clone_from(runs),
        None if says_otherwise => into.clear(),
        None => {}
    }
}

/// The field that cannot stand beside `runs` because it says how containers run too, if it is given.
fn runs_exclude(run: bool, outcome: Option<&OutcomePatch>) -> Option<&'static str> {
    match outcome {
        _ if run => Some("run"),
        Some(outcome) if outcome.says_how_it_ends() => Some("outcome"),
        _ => None,
    }
}

/// Scripted runs; `other` is a field that must not be given in addition. `lists` says whether a run may have an exit
/// code for each container.
fn scripted(runs: &[RunSpec], other: Option<&str>, lists: bool) -> Result<Vec<ScriptedRun>, FieldProblem> {
    if runs.is_empty() {
        return Err(FieldProblem::new("runs", "there is no run in it"));
    }
    if let Some(other) = other {
        return Err(FieldProblem::new(
            "runs",
            format!("`runs` says how each run ends: `{other}` cannot stand beside it"),
        ));
    }
    let run = |(n, run): (usize, &RunSpec)| {
        let codes = run.exit.as_ref().map_or_else(|| vec![0], |exit| exit.0.clone());
        if codes.len() > 1 && !lists {
            let what = "one exit code: a list is for all containers of a Pod that end together";
            return Err(FieldProblem::new(format!("runs[{n}].exit"), what));
        }
        if run.lasts.0.is_none() && run.exit.is_some() {
            return Err(FieldProblem::new(format!("runs[{n}].exit"), "a run that lasts for ever has no exit code"));
        }
        let codes = if run.lasts.0.is_none() { Vec::new() } else { codes };
        Ok(ScriptedRun { lasts: run.lasts.0, codes, restart_after: run.restart_after.map(|span| span.0) })
    };
    runs.iter().enumerate().map(run).collect()
}

fn disruption(
    disrupted: &DisruptedSpec,
    times: &TimeReader<'_>,
) -> Result<(DisruptionKind, Distribution), FieldProblem> {
    let (kind, after) = match disrupted {
        DisruptedSpec::Eviction(after) | DisruptedSpec::Preemption(after) => (DisruptionKind::Eviction, after),
        DisruptedSpec::Kubelet(after) => (DisruptionKind::Kubelet, after),
        DisruptedSpec::NodeLoss(after) => (DisruptionKind::PodGc, after),
        DisruptedSpec::Deletion(after) => (DisruptionKind::Delete, after),
    };
    match times.time("disrupted", &Some(after.clone()))? {
        Some(after) => Ok((kind, after)),
        None => unreachable!("a time was given"),
    }
}

impl OutcomePatch {
    fn read(outcome: &OutcomeSpec, times: &TimeReader<'_>) -> Result<Self, FieldProblem> {
        let share = |share: &Option<super::scalars::Share>| share.map(|share| share.0);
        Ok(OutcomePatch {
            exit_code: outcome.exit.as_ref().map(exit_code).transpose()?,
            fail_exit_code: outcome.fail_exit_code.map(|code| code.0),
            time_to_failure: times.any("outcome.timeToFailure", &outcome.time_to_failure)?,
            hang: share(&outcome.hang),
            out_of_memory: share(&outcome.oom_killed),
            unschedulable: share(&outcome.unschedulable),
            pull_failure: share(&outcome.pull_failure),
            config_error: share(&outcome.config_error),
            start_error: share(&outcome.start_error),
        })
    }

    fn says_how_it_ends(&self) -> bool {
        self.exit_code.is_some()
            || self.time_to_failure.is_some()
            || self.hang.is_some()
            || self.out_of_memory.is_some()
    }

    /// A field that concerns the Pod as a whole, if one is given.
    fn of_the_pod(&self) -> Option<&'static str> {
        let given = [
            ("unschedulable", self.unschedulable),
            ("pullFailure", self.pull_failure),
            ("configError", self.config_error),
            ("startError", self.start_error),
        ];
        given.into_iter().find(|(_, share)| share.is_some()).map(|(field, _)| field)
    }

    fn lay_over(&self, outcome: &mut OutcomeModel) {
        set(&mut outcome.exit_code, &self.exit_code);
        set(&mut outcome.fail_exit_code, &self.fail_exit_code);
        set(&mut outcome.time_to_failure, &self.time_to_failure);
        set(&mut outcome.hang, &self.hang);
        set(&mut outcome.out_of_memory, &self.out_of_memory);
    }
}

fn exit_code(exit: &ExitSpec) -> Result<ExitCode, FieldProblem> {
    let codes = match exit {
        ExitSpec::Fail(shares) => return Ok(ExitCode::Fail(shares.0.clone())),
        ExitSpec::ExitCodes(codes) => codes,
    };
    let code = |(key, weight): (&String, &f64)| match key.parse::<i32>() {
        Ok(code @ 0..=255) => Ok((code, *weight)),
        _ if key == OOM_KILLED => Ok((OOM_KILLED_CODE, *weight)),
        _ => Err(format!("{key:?} is no exit code: a whole number from 0 to 255, or {OOM_KILLED}")),
    };
    let codes = codes.iter().map(code).collect::<Result<Vec<_>, String>>();
    let weighted = codes.and_then(|codes| ExitCode::weighted(codes).map_err(|e| e.to_string()));
    weighted.map_err(|e| FieldProblem::new("outcome.exitCodes", e))
}

impl ContainerPatch {
    fn read(container: &ContainerSpec, times: &TimeReader<'_>) -> Result<Self, FieldProblem> {
        let outcome = container.outcome.as_ref().map(|outcome| OutcomePatch::read(outcome, times)).transpose()?;
        if let Some(field) = outcome.as_ref().and_then(OutcomePatch::of_the_pod) {
            return Err(FieldProblem::new(format!("outcome.{field}"), "this is said of a Pod, not of a container"));
        }
        if container.ends_after_main.is_some() && (container.run.is_some() || container.runs.is_some()) {
            return Err(FieldProblem::new("endsAfterMain", "it says when the container ends: run and runs do too"));
        }
        let other = runs_exclude(container.run.is_some(), outcome.as_ref());
        let runs = container.runs.as_deref().map(|runs| scripted(runs, other, false)).transpose()?;
        Ok(ContainerPatch {
            start: times.time("start", &container.start)?,
            startup: times.any("startup", &container.startup)?,
            ready: times.any("ready", &container.ready)?,
            run: times.any("run", &container.run)?,
            outcome,
            ends_after_main: times.time("endsAfterMain", &container.ends_after_main)?,
            runs,
            terminate: times.time("terminate", &container.terminate)?,
            terminate_exit_code: container.terminate_exit_code,
        })
    }

    fn lay_over(&self, container: &mut ContainerModel) {
        let given = |into: &mut Option<Distribution>, time: &Option<Distribution>| {
            if time.is_some() {
                into.clone_from(time);
            }
        };
        given(&mut container.start, &self.start);
        given(&mut container.terminate, &self.terminate);
        given(&mut container.ends_after_main, &self.ends_after_main);
        let or_never = [
            (&mut container.startup, &self.startup),
            (&mut container.ready, &self.ready),
            (&mut container.run, &self.run),
        ];
        for (into, time) in or_never {
            if time.is_some() {
                into.clone_from(time);
            }
        }
        container.terminate_exit_code = self.terminate_exit_code.or(container.terminate_exit_code);
        if let Some(outcome) = &self.outcome {
            outcome.lay_over(container.outcome.get_or_insert_with(OutcomeModel::success));
        }
        // Of the settings that say when the container ends, the strongest level's counts, so it removes the others.
        let says_otherwise = self.run.is_some() || self.outcome.as_ref().is_some_and(OutcomePatch::says_how_it_ends);
        lay_runs(&mut container.runs, &self.runs, says_otherwise || self.ends_after_main.is_some());
        if self.run.is_some() || self.runs.is_some() {
            container.ends_after_main = None;
        }
    }
}
