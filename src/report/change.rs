//! What would change a result: the field or condition that ended Jobs, or that held them up longest.

use crate::api::{JobReason, JobSpec, RestartPolicy};
use crate::experiment::{JobEnd, PathTimes, Setup};
use crate::record::PathCause;
use crate::text::thousands;
use std::sync::Arc;

/// What would change the result: of a Job that failed, what ended it; otherwise the cause on which most of the critical
/// path was spent. `None` if nothing that a user can set would help.
pub(super) fn change(setup: &Setup, end: JobEnd, reason: Option<JobReason>, path: PathTimes) -> Option<String> {
    let by_reason = match (end, reason) {
        (JobEnd::Failed, Some(reason)) => specs(setup).first().and_then(|spec| change_for_reason(spec, reason)),
        _ => None,
    };
    by_reason.or_else(|| {
        let (cause, span) = PathCause::ALL.into_iter().zip(path.each()).max_by_key(|(_, span)| *span)?;
        span.is_positive().then(|| of_cause(setup, cause)).flatten()
    })
}

/// The specs of the first Job that a user creates and of the Jobs of each CronJob. The answer names one field of one
/// Job, so the specs of further Jobs are left out.
fn specs(setup: &Setup) -> Vec<Arc<JobSpec>> {
    let cronjobs = setup.cronjobs.iter().filter_map(|c| c.object.job(&c.object.name).ok().map(|job| job.spec));
    let jobs = setup.jobs.iter().take(1).map(|job| job.object.spec.clone());
    jobs.chain(cronjobs).collect()
}

/// What would keep a Job from failing for a reason.
pub(super) fn change_for_reason(spec: &JobSpec, reason: JobReason) -> Option<String> {
    Some(match reason {
        JobReason::BackoffLimitExceeded if spec.template.restart_policy == RestartPolicy::OnFailure => format!(
            "a higher backoffLimit (now {}: with OnFailure the restarts of all its Pods count), or fewer failures",
            spec.backoff_limit
        ),
        JobReason::BackoffLimitExceeded => format!(
            "a higher backoffLimit (now {}), fewer failures, or a podFailurePolicy that ignores those that are nobody's \
             fault; `jobsim solve` finds the limit that a goal needs",
            spec.backoff_limit
        ),
        JobReason::DeadlineExceeded => {
            let seconds = spec.active_deadline_seconds.unwrap_or_default();
            format!("a longer activeDeadlineSeconds (now {seconds}), or less of what its time went into")
        }
        JobReason::FailedIndexes | JobReason::MaxFailedIndexesExceeded => format!(
            "a higher backoffLimitPerIndex (now {}), or fewer failures",
            spec.backoff_limit_per_index.map_or("unset".to_owned(), |limit| limit.to_string())
        ),
        JobReason::PodFailurePolicy => {
            "the rule of its podFailurePolicy with action FailJob, or the failure that it names".to_owned()
        }
        _ => return None,
    })
}

fn of_cause(setup: &Setup, cause: PathCause) -> Option<String> {
    let specs = specs(setup);
    let spec = specs.first()?;
    Some(match cause {
        PathCause::Running => match spec.completions.filter(|all| *all > spec.parallelism) {
            Some(all) => format!("a higher parallelism (now {} of {all} completions), or shorter Pods", spec.parallelism),
            None => return None,
        },
        PathCause::Lost => "fewer failures, or Pods that keep what they have done: each new Pod begins anew".to_owned(),
        PathCause::Backoff if spec.backoff_limit_per_index.is_none() => {
            "fewer failures; or completionMode Indexed with backoffLimitPerIndex, where an index waits for its own failures \
             only"
                .to_owned()
        }
        PathCause::Backoff => "fewer failures: the back-off doubles with each in a row, up to 10m".to_owned(),
        PathCause::Restart if spec.template.restart_policy == RestartPolicy::OnFailure => {
            "fewer failures: the kubelet doubles its wait with each restart, up to 5m".to_owned()
        }
        PathCause::Room if setup.config.nodes.is_some() => "more or larger nodes, or smaller requests".to_owned(),
        PathCause::Room => format!(
            "more slots (now {}): `jobsim solve --field cluster.slots=…` finds how many a goal needs",
            setup.config.slots.map_or("unbounded".to_owned(), |slots| thousands(slots.into()))
        ),
        PathCause::Throttle => match &setup.config.throttle {
            Some(limit) => format!(
                "fewer Pods or Jobs at once, or more than {} requests a second (--kube-api-qps of the controller manager; \
                 cluster.clientThrottle.qps here)",
                limit.qps
            ),
            None => return None,
        },
        PathCause::Suspended if setup.config.kueue.is_some() => {
            "more quota in the queue of Kueue (nominalQuota), or smaller or fewer Jobs before this one".to_owned()
        }
        PathCause::Suspended => "the suspension ends sooner".to_owned(),
        PathCause::Starting => "Pods that start faster (images at hand), or stop faster".to_owned(),
        PathCause::Restart | PathCause::Controller => return None,
    })
}
