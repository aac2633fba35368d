//! Two setups side by side in the same replications: whether a Job's outcome changes, and how. This is not a comparison
//! of means ([`super::replicate()`]): it asks for each replication whether anybody would notice.

use super::budget::Exhausted;
use super::outcome::{JobEnd, Outcome};
use super::setup::Setup;
use super::simulator::{Simulated, Simulator};
use crate::api::{ExitCodeTable, JobSpec, RestartPolicy};
use crate::record::{JobRecord, RecordedRun};
use crate::time::SimDuration;
use serde::Serialize;
use std::collections::BTreeMap;

/// From this difference on, a Job's duration counts as changed: the API shows times in whole seconds.
const NOTICED: SimDuration = SimDuration::from_secs(1);

/// When a setup has a field of a Job, a CronJob or a Pod.
enum FieldUse {
    /// Always: every Job has it, explicitly or by default.
    Always,
    /// If it has a CronJob.
    OfCronJobs,
    /// If the spec of one of its Jobs says so.
    OfJobs(fn(&JobSpec) -> bool),
    /// The same, or if a user edits it.
    OfJobsOrEdited(fn(&JobSpec) -> bool),
}

/// When a setup has the field of a rule; `None` for a field that no rule is about.
fn field_use(field: &str) -> Option<FieldUse> {
    use FieldUse::*;
    Some(match field {
        "suspend" => OfJobsOrEdited(|spec| spec.suspend),
        "template" => OfJobsOrEdited(|_| false),
        "restartPolicy" => OfJobs(|spec| spec.template.restart_policy == RestartPolicy::OnFailure),
        "managedBy" => OfJobs(|spec| spec.managed_by.is_some()),
        "successPolicy" => OfJobs(|spec| spec.success_policy.is_some()),
        "podFailurePolicy" => OfJobs(|spec| spec.pod_failure_policy.is_some()),
        "backoffLimitPerIndex" | "maxFailedIndexes" => OfJobs(|spec| spec.backoff_limit_per_index.is_some()),
        "activeDeadlineSeconds" => OfJobs(|spec| spec.active_deadline_seconds.is_some()),
        "parallelism" | "completions" | "backoffLimit" => Always,
        "schedule" | "concurrencyPolicy" | "jobTemplate" => OfCronJobs,
        "successfulJobsHistoryLimit" | "failedJobsHistoryLimit" => OfCronJobs,
        _ => return None,
    })
}

/// Whether a setup has a field of a Job, a CronJob or a Pod, so that a rule about it could matter.
pub fn uses_field(setup: &Setup, field: &str) -> bool {
    let jobs = setup.jobs.iter().map(|job| &job.object.spec);
    let mut specs = jobs.chain(setup.cronjobs.iter().map(|cronjob| &cronjob.object.job_spec));
    match field_use(field) {
        None | Some(FieldUse::Always) => true,
        Some(FieldUse::OfCronJobs) => !setup.cronjobs.is_empty(),
        Some(FieldUse::OfJobs(has)) => specs.any(|spec| has(spec)),
        Some(FieldUse::OfJobsOrEdited(has)) => specs.any(|spec| has(spec)) || setup.edits(field),
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
    /// The first in which anything differs.
    pub first_parting: Option<(u32, P)>,
}

/// A replication in which the outcome of a Job changes.
#[derive(Clone, Debug)]
pub struct ChangedRun<P> {
    /// The replication.
    pub replication: u32,
    /// Where the two runs diverge.
    pub parting: Option<P>,
    /// How the outcomes differ; the first differences only.
    pub differences: Vec<OutcomeChange>,
}

/// A change in the outcome of a Job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutcomeChange {
    /// The Job.
    pub job: String,
    /// The part of the outcome, such as `end`.
    pub what: &'static str,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

/// A run, with the table of its exit codes.
pub type RunView<'a> = (&'a RecordedRun<'a>, &'a ExitCodeTable);

/// The largest number of differences of a replication that are kept.
const MOST_DIFFERENCES: usize = 20;

/// Runs two setups in the same replications, on the same random numbers. `parting` finds where two runs diverge.
///
/// # Errors
/// If a replication would use more than its budget.
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

/// How the outcomes of two runs differ, Job by Job.
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

/// The parts of an outcome that may change: how and when the Job ends, what becomes of its Pods, what users are
/// refused.
fn changes_of(a: &Outcome, b: &Outcome) -> Vec<(&'static str, String, String)> {
    let mut changes = Vec::new();
    // A release that gives no reason for success does not end the Job differently.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::ReleaseRule;

    #[test]
    fn it_is_known_which_setups_have_the_field_of_a_rule() {
        for field in ReleaseRule::all().flat_map(|rule| rule.row().fields) {
            assert!(field_use(field).is_some(), "which setups have {field}, which a rule is about?");
        }
    }
}
