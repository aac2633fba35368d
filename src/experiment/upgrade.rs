//! What an upgrade can change: the outcomes of Jobs, and which of their fields a rule is about. The runs that are
//! compared are made in [`super::paired_runs()`].

use super::outcome::{JobEnd, Outcome};
use super::setup::Setup;
use crate::api::{JobReason, JobSpec, RestartPolicy};
use crate::record::{JobRecord, RecordedRun};
use crate::time::SimDuration;
use serde::Serialize;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

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

/// The largest number of differences of a replication that are kept.
const MOST_DIFFERENCES: usize = 20;

/// How the outcomes of two runs differ, Job by Job.
pub(super) fn outcome_changes(before: &JobOutcomes, after: &JobOutcomes) -> Vec<OutcomeChange> {
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

/// The outcomes of the Jobs of a run, by name.
pub(super) type JobOutcomes = BTreeMap<String, Outcome>;

pub(super) fn outcomes(run: &RecordedRun<'_>) -> JobOutcomes {
    let jobs = run.recorder.jobs.iter().filter(|job| job.created.is_some());
    jobs.map(|job: &JobRecord| (job.name.to_string(), Outcome::of(job, run.end))).collect()
}

/// The parts of an outcome that may change: how and when the Job ends, what becomes of its Pods, what users are
/// refused.
fn changes_of(a: &Outcome, b: &Outcome) -> Vec<(&'static str, String, String)> {
    let mut changes = Vec::new();
    let end = |outcome: &Outcome| match reason_of(outcome) {
        Some(reason) => format!("{} ({})", outcome.end.as_str(), reason.as_str()),
        None => outcome.end.as_str().to_owned(),
    };
    let mut say = |what, from: String, to: String| {
        if from != to {
            changes.push((what, from, to));
        }
    };
    say("end", end(a), end(b));
    for (what, (from, to)) in COUNTED.into_iter().zip(counts_of(a).into_iter().zip(counts_of(b))) {
        say(what, from.to_string(), to.to_string());
    }
    if let (Some(from), Some(to)) = (a.duration, b.duration)
        && (from - to >= NOTICED || to - from >= NOTICED)
    {
        say("duration", from.to_string(), to.to_string());
    }
    changes
}

/// A release that gives no reason for success does not end the Job differently.
fn reason_of(outcome: &Outcome) -> Option<JobReason> {
    outcome.reason.filter(|_| outcome.end == JobEnd::Failed)
}

/// What [`counts_of`] counts.
const COUNTED: [&str; 6] = [
    "Pods created",
    "Pods succeeded",
    "Pods failed",
    "Pods deleted before they finished",
    "container restarts",
    "edits refused",
];

fn counts_of(o: &Outcome) -> [u32; 6] {
    [o.pods_created, o.pods_succeeded, o.pods_failed, o.pods_deleted, o.container_restarts, o.actions_refused]
}

/// A digest of all that [`outcome_changes`] compares. Outcomes with different digests may differ by less than it
/// notices.
pub(super) fn digest(outcomes: &JobOutcomes) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (name, outcome) in outcomes {
        let end = (outcome.end.as_str(), reason_of(outcome).map(JobReason::as_str));
        (name, end, counts_of(outcome), outcome.duration.map(SimDuration::as_nanos)).hash(&mut hasher);
    }
    hasher.finish()
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
