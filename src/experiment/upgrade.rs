//! Two setups side by side in the same replications: whether a Job's outcome changes, and in what. It is not a comparison of
//! means ([`super::replicate()`]): it asks of each replication whether anybody would notice.

use super::budget::Exhausted;
use super::outcome::{JobEnd, Outcome};
use super::setup::Setup;
use super::simulator::{Simulated, Simulator};
use crate::api::{ExitCodeTable, JobSpec, RestartPolicy};
use crate::record::{JobRecord, RecordedRun};
use crate::time::SimDuration;
use serde::Serialize;
use std::collections::BTreeMap;

/// From this much on a Job's duration has changed: the API shows times in whole seconds.
const NOTICED: SimDuration = SimDuration::from_secs(1);

/// Whether a setup has a field of a Job, a CronJob or a Pod, so that a rule about it could matter.
pub fn uses_field(setup: &Setup, field: &str) -> bool {
    let jobs = setup.jobs.iter().map(|job| &job.object.spec);
    let specs = || jobs.clone().chain(setup.cronjobs.iter().map(|cronjob| &cronjob.object.job_spec));
    let any = |has: &dyn Fn(&JobSpec) -> bool| specs().any(|spec| has(spec));
    match field {
        "suspend" => any(&|spec| spec.suspend) || setup.edits(field),
        "template" => setup.edits(field),
        "restartPolicy" => any(&|spec| spec.template.restart_policy == RestartPolicy::OnFailure),
        "managedBy" => any(&|spec| spec.managed_by.is_some()),
        "successPolicy" => any(&|spec| spec.success_policy.is_some()),
        "podFailurePolicy" => any(&|spec| spec.pod_failure_policy.is_some()),
        "backoffLimitPerIndex" | "maxFailedIndexes" => any(&|spec| spec.backoff_limit_per_index.is_some()),
        "activeDeadlineSeconds" => any(&|spec| spec.active_deadline_seconds.is_some()),
        // Every Job has these, with or without being told.
        "parallelism" | "completions" | "backoffLimit" => true,
        _ => !setup.cronjobs.is_empty(),
    }
}

/// What two setups do in the same replications.
#[derive(Clone, Debug, Default)]
pub struct PairedRuns<P> {
    /// Replications in which both were run.
    pub replications: u32,
    /// Those in which the outcome of a Job changes.
    pub changed: u32,
    /// The first of these.
    pub first_changed: Option<ChangedRun<P>>,
    /// The first in which anything is different.
    pub first_parting: Option<(u32, P)>,
}

/// A replication in which the outcome of a Job changes.
#[derive(Clone, Debug)]
pub struct ChangedRun<P> {
    /// The replication.
    pub replication: u32,
    /// Where the two part.
    pub parting: Option<P>,
    /// In what the outcomes differ; the first ones.
    pub differences: Vec<OutcomeChange>,
}

/// In what the outcome of a Job changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutcomeChange {
    /// The Job.
    pub job: String,
    /// What, such as `end`.
    pub what: &'static str,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

/// A run, with what its exit codes stand for.
pub type RunView<'a> = (&'a RecordedRun<'a>, &'a ExitCodeTable);

/// The most differences of a replication that are kept.
const MOST_DIFFERENCES: usize = 20;

/// Runs two setups in the same replications, on the same random numbers; `parting` finds where two runs part.
///
/// # Errors
/// A replication that would use more than its budget.
pub fn paired_runs<P: Clone>(
    from: &Setup,
    to: &Setup,
    replications: u32,
    parting: impl Fn(RunView<'_>, RunView<'_>) -> Option<P>,
) -> Result<PairedRuns<P>, (u32, Exhausted)> {
    let (mut before, mut after) = (Simulator::new(from), Simulator::new(to));
    let mut paired = PairedRuns { replications, changed: 0, first_changed: None, first_parting: None };
    for replication in 0..replications {
        let ends = [before.run(replication, true), after.run(replication, true)];
        if let Some(why) = ends.iter().find_map(|end| end.exhausted) {
            return Err((replication, why));
        }
        let (a, b) = (recorded(&before, ends[0]), recorded(&after, ends[1]));
        let differences = outcome_changes(&a, &b);
        let parts_first = paired.first_parting.is_none() || (!differences.is_empty() && paired.first_changed.is_none());
        let parting = parts_first.then(|| parting((&a, &before.world().env.codes), (&b, &after.world().env.codes)));
        let parting = parting.flatten();
        if let (None, Some(at)) = (&paired.first_parting, &parting) {
            paired.first_parting = Some((replication, at.clone()));
        }
        if differences.is_empty() {
            continue;
        }
        paired.changed += 1;
        paired.first_changed.get_or_insert(ChangedRun { replication, parting, differences });
    }
    Ok(paired)
}

fn recorded<'a>(simulator: &'a Simulator<'_>, end: Simulated) -> RecordedRun<'a> {
    RecordedRun { recorder: simulator.recorder(), end: end.end, cut: end.cut }
}

/// In what the outcomes of two runs differ, Job by Job.
fn outcome_changes(from: &RecordedRun<'_>, to: &RecordedRun<'_>) -> Vec<OutcomeChange> {
    let (before, after) = (outcomes(from), outcomes(to));
    let names: Vec<&String> = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))).collect();
    let never = Outcome::default();
    let mut changes = Vec::new();
    for name in names {
        let (a, b) = (before.get(name).unwrap_or(&never), after.get(name).unwrap_or(&never));
        for (what, from, to) in changes_of(a, b) {
            changes.push(OutcomeChange { job: name.clone(), what, from, to });
        }
        if changes.len() >= MOST_DIFFERENCES {
            changes.truncate(MOST_DIFFERENCES);
            break;
        }
    }
    changes
}

fn outcomes(run: &RecordedRun<'_>) -> BTreeMap<String, Outcome> {
    let jobs = run.recorder.jobs.iter().filter(|job| job.created.is_some());
    jobs.map(|job: &JobRecord| (job.name.to_string(), Outcome::of(job, run.end))).collect()
}

/// What of an outcome changes: how the Job ends and when, what becomes of its Pods, what users are refused.
fn changes_of(a: &Outcome, b: &Outcome) -> Vec<(&'static str, String, String)> {
    let mut changes = Vec::new();
    // A release that gives no reason for success does not end the Job otherwise.
    let end = |outcome: &Outcome| match outcome.reason.filter(|_| outcome.end == JobEnd::Failed) {
        Some(reason) => format!("{} ({})", outcome.end.as_str(), reason.as_str()),
        None => outcome.end.as_str().to_owned(),
    };
    let mut say = |what, from: String, to: String| {
        if from != to {
            changes.push((what, from, to));
        }
    };
    say("end", end(a), end(b));
    let counts = [
        ("Pods created", a.pods_created, b.pods_created),
        ("Pods succeeded", a.pods_succeeded, b.pods_succeeded),
        ("Pods failed", a.pods_failed, b.pods_failed),
        ("Pods deleted before they finished", a.pods_deleted, b.pods_deleted),
        ("container restarts", a.container_restarts, b.container_restarts),
        ("edits refused", a.actions_refused, b.actions_refused),
    ];
    for (what, from, to) in counts {
        say(what, from.to_string(), to.to_string());
    }
    if let (Some(from), Some(to)) = (a.duration, b.duration)
        && (from - to >= NOTICED || to - from >= NOTICED)
    {
        say("duration", from.to_string(), to.to_string());
    }
    changes
}
