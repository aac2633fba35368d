//! Which limits would end a Job in the worst case, and in which order: the limit that ends it is removed and the Job is
//! simulated again, until no limit ends it.

use super::seconds;
use super::steps::WorstCaseEnd;
use super::what_if::{VariantRun, VariantRunner, with_spec};
use crate::api::{JobReason, JobSpec, PodFailurePolicyAction};
use crate::experiment::Setup;
use crate::time::SimDuration;
use serde::Serialize;

/// How many limits are removed at most.
const LIFTED: usize = 4;

/// A limit, and when it ends the Job without the limits before it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobLimit {
    /// The field.
    pub field: &'static str,
    /// Its value.
    pub value: String,
    /// The reason in the Job's condition.
    pub reason: &'static str,
    /// When it ends the Job, counted from the Job's creation.
    #[serde(rename = "atSeconds", serialize_with = "seconds")]
    pub at: SimDuration,
    /// Pods created until then.
    pub pods: u32,
}

/// The limits of a Job with this end, in the order in which they take effect.
pub fn limits(job: usize, worst: &Setup, end: &WorstCaseEnd, runner: &VariantRunner<'_>) -> Vec<JobLimit> {
    let mut limits = Vec::new();
    let (mut setup, mut end) = (worst.clone(), end.clone());
    while let Some(code) = end.code
        && limits.len() < LIFTED
    {
        let spec = &setup.jobs[job].object.spec;
        let Some((field, value)) = field_of(code, spec) else { break };
        limits.push(JobLimit { field, value, reason: code.as_str(), at: end.at, pods: end.pods });
        setup = with_spec(&setup, job, |spec| lift(code, spec));
        let Some(later) = runner.end_of(job, &setup) else { break };
        end = later;
    }
    limits
}

/// The field that ended a Job for this reason.
fn field_of(code: JobReason, spec: &JobSpec) -> Option<(&'static str, String)> {
    let number = |n: Option<i64>| n.map_or(String::new(), |n| n.to_string());
    Some(match code {
        JobReason::BackoffLimitExceeded => ("backoffLimit", spec.backoff_limit.to_string()),
        JobReason::DeadlineExceeded => ("activeDeadlineSeconds", number(spec.active_deadline_seconds)),
        JobReason::MaxFailedIndexesExceeded => ("maxFailedIndexes", number(spec.max_failed_indexes.map(i64::from))),
        JobReason::FailedIndexes => ("backoffLimitPerIndex", number(spec.backoff_limit_per_index.map(i64::from))),
        JobReason::PodFailurePolicy => ("podFailurePolicy", "a FailJob rule".to_owned()),
        _ => return None,
    })
}

/// Removes the limit that ended a Job for this reason.
fn lift(code: JobReason, spec: &mut JobSpec) {
    match code {
        JobReason::BackoffLimitExceeded => spec.backoff_limit = i32::MAX,
        JobReason::DeadlineExceeded => spec.active_deadline_seconds = None,
        JobReason::MaxFailedIndexesExceeded => spec.max_failed_indexes = None,
        JobReason::FailedIndexes => spec.backoff_limit_per_index = Some(i32::MAX),
        JobReason::PodFailurePolicy => {
            if let Some(policy) = &mut spec.pod_failure_policy {
                policy.rules.retain(|rule| rule.action != PodFailurePolicyAction::FailJob);
            }
        }
        _ => {}
    }
}

/// When the controllers would restart (half-way through the longest wait), and how the Job then ends, because the
/// controllers have lost their back-offs.
pub fn end_after_restart(
    job: usize,
    worst: &Setup,
    ran: &VariantRun,
    runner: &VariantRunner<'_>,
) -> Option<(SimDuration, WorstCaseEnd)> {
    use crate::experiment::PlannedAction;
    use crate::world::Action;
    let wait = ran.record(job).waits.iter().max_by_key(|w| w.wait.until - w.since)?;
    let middle = SimDuration::from_nanos((wait.wait.until - wait.since).as_nanos() / 2);
    let at = (wait.since + middle) - worst.start;
    let mut setup = worst.clone();
    setup.actions.push(PlannedAction { at, action: Action::RestartControllers(SimDuration::from_secs(2)) });
    Some((at, runner.end_of(job, &setup)?))
}
